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
      say(who, "connect", { id: socket.id, transport: socket.io.engine.transport.name });
      if (join) socket.emit("join-space", join);
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
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const told = JSON.parse(line);
    actions[told.do](told);
  })
  .on("close", () => process.exit(0));
