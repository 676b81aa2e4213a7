// The usual relay: every pose and chat message is sent on at once to the others in the room.
// Run: node relay.mjs DIRECTORY [recovers], where DIRECTORY holds node_modules; prints its port.
// `recovers`: it keeps what is sent, so that lost connections can be recovered.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const { Server } = createRequire(process.argv[2] + "/")("socket.io");
const http = createServer();
const recovers = process.argv[3] === "recovers";
const io = new Server(http, recovers ? { connectionStateRecovery: {} } : {});
let messages = 0;
io.on("connection", (socket) => {
  let room = "";
  socket.on("join-space", ({ spaceType, spaceId, subspace }, done) => {
    room = [spaceType, spaceId, subspace].join("/");
    socket.join(room);
    socket.to(room).emit("user-joined", {
      socketId: socket.id, userAccount: null, position: null, avatar_data: null, timestamp: Date.now(),
    });
    done?.({ success: true });
  });
  socket.on("aframe-update", (entityData) => {
    socket.to(room).emit("aframe-update", {
      socketId: socket.id, userAccount: null, entityData, timestamp: Date.now(),
    });
  });
  // As a server that keeps nothing: the row of a stored message, without the store.
  socket.on("chat-message", ({ content }) => {
    io.to(room).emit("chat-message", {
      id: ++messages, user_account: null, message_type: "text", content, timestamp: Date.now(),
    });
  });
});
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
