// Stock Socket.IO clients that do as they are told and report what they hear. Both ways one JSON
// object a line: {do, who, ...} on standard input, {who, event, args} on standard output.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const people = new Map();
const say = (who, event, ...args) => process.stdout.write(JSON.stringify({ who, event, args }) + "\n");

const actions = {
  connect({ who, url, options, join }) {
    const socket = io(url, { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200, ...options });
    people.set(who, socket);
    socket.on("connect", () => {
      const { id, recovered, io: { engine } } = socket;
      say(who, "connect", { id, recovered: recovered === true, transport: engine.transport.name });
      if (join && !recovered) socket.emit("join-space", join);
    });
    socket.on("connect_error", ({ message, data }) => say(who, "connect_error", { message, data: data ?? null }));
    socket.on("disconnect", (reason) => say(who, "disconnect", { reason }));
    socket.onAny((event, ...args) => say(who, event, ...args));
  },
  async emit({ who, event, args, ack }) {
    const socket = people.get(who);
    if (ack === null) return socket.emit(event, ...args);
    const answer = await socket.timeout(8000).emitWithAck(event, ...args).catch((error) => ({ lost: error.message }));
    say(who, "ack", { ack, answer });
  },
  disconnect({ who }) {
    people.get(who).disconnect();
  },
  // Lose the connection: "close" is noticed at both ends; "cut" resets it (a WebSocket's); after
  // "vanish" the server believes it open. With `away` the client stays away until `return`.
  drop({ who, how, away }) {
    const { io: manager } = people.get(who);
    const { engine } = manager;
    manager.reconnection(!away);
    const webSocket = engine.transport.ws;
    if (how === "cut" && webSocket) return webSocket.terminate();
    if (how === "vanish") engine.transport.close = () => engine.transport;
    engine._onClose("transport error");
  },
  return({ who }) {
    const socket = people.get(who);
    socket.io.reconnection(true);
    socket.connect();
  },
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const told = JSON.parse(line);
    actions[told.do](told);
  })
  .on("close", () => process.exit(0));
