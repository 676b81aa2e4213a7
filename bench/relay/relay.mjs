// The usual relay: every pose is sent on at once to everybody else in the room.
// Run: node relay.mjs DIRECTORY, where DIRECTORY holds node_modules; prints its port.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const { Server } = createRequire(process.argv[2] + "/")("socket.io");
const http = createServer();
const io = new Server(http);
io.on("connection", (socket) => {
  let room = "";
  socket.on("join-space", ({ spaceType, spaceId, subspace }, done) => {
    room = [spaceType, spaceId, subspace].join("/");
    socket.join(room);
    done?.({ success: true });
  });
  socket.on("aframe-update", (entityData) => {
    socket.to(room).emit("aframe-update", {
      socketId: socket.id, userAccount: null, entityData, timestamp: Date.now(),
    });
  });
});
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
