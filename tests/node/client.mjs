// The stock Socket.IO client, as a page would use it. Prints what happened as JSON, one object a line.
//   node client.mjs URL conversation|reconnect polling,websocket
import { io } from "socket.io-client";

const [url, scenario, transports] = process.argv.slice(2);
const options = { transports: transports.split(","), reconnectionDelay: 50, reconnectionDelayMax: 100 };
const say = (what) => console.log(JSON.stringify(what));
const once = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));

async function settled(socket) {
  const { engine } = socket.io;
  if (options.transports.length > 1 && engine.transport.name === "polling") await once(engine, "upgrade");
  return engine.transport.name;
}

async function conversation() {
  const socket = io(url, { ...options, auth: { token: "123" } });
  const auth = once(socket, "auth");
  let first;
  socket.io.once("open", () => (first = socket.io.engine.transport.name));
  await once(socket, "connect");
  say({ step: "connected", id: socket.id, first, auth: await auth });
  say({ step: "settled", transport: await settled(socket) });

  const back = once(socket, "message-back");
  socket.emit("message", 1, "zwölf 🎙", { deep: [true, null] });
  say({ step: "text", args: await back });

  const binary = once(socket, "message-back");
  socket.emit("message", Buffer.from([1, 2, 3]), { inner: Uint8Array.from([4, 5]) });
  const [plain, nested] = await binary;
  say({ step: "binary", args: [Array.from(new Uint8Array(plain)), Array.from(new Uint8Array(nested.inner))] });

  say({ step: "ack", answer: await socket.timeout(5000).emitWithAck("message-with-ack", "a") });
  const bytes = await socket.timeout(5000).emitWithAck("message-with-ack", Buffer.from([7]));
  say({ step: "binary ack", answer: Array.from(new Uint8Array(bytes)) });

  const asked = new Promise((resolve) =>
    socket.once("question", (what, answer) => (answer("the answer to " + what, Buffer.from([9])), resolve(what))));
  socket.emit("ask-me", "life");
  say({ step: "asked", what: await asked });

  const custom = io(new URL("/custom", url).href, options);
  await once(custom, "connect");
  say({ step: "custom", shared: custom.io === socket.io, other: custom.id !== socket.id });
  const wrong = io(new URL("/nowhere", url).href, options);
  const [error] = await once(wrong, "connect_error");
  say({ step: "nowhere", message: error.message, data: error.data ?? null });

  const dismissed = once(custom, "disconnect");
  custom.emit("leave");
  say({ step: "dismissed", reason: (await dismissed)[0], still: socket.connected });

  const many = [];
  const all = new Promise((resolve) =>
    socket.on("message-back", (n) => many.push(n) === 500 && resolve()));
  for (let n = 0; n < 500; n++) socket.emit("message", n);
  await all;
  say({ step: "many", ordered: many.every((n, at) => n === at) });
  socket.disconnect();
  wrong.disconnect();
}

async function reconnect() {
  const socket = io(url, options);
  await once(socket, "auth");
  await settled(socket);
  say({ step: "connected" });
  say({ step: "lost", reason: (await once(socket, "disconnect"))[0] });
  await once(socket, "connect");
  say({ step: "back", answer: await socket.timeout(5000).emitWithAck("message-with-ack", "again") });
  socket.disconnect();
}

await { conversation, reconnect }[scenario]();
