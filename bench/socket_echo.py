"""Echoes a second and processor time an echo, next to what a user would otherwise pick.

Run: python -m bench.socket_echo [--seconds 2] [--clients 20] [--window 8]

Each server runs in a process of its own; this process is the load. Every client keeps a window of
messages under way. The figure that counts is the server's processor time an echo: the rate depends
on how much of its core the machine spares. Plain echoes send a 100-byte text back; Socket.IO ones
parse a pose event and emit it again.
"""

from __future__ import annotations

import argparse
import os
import selectors
import socket
import subprocess
import sys
import time
from dataclasses import dataclass

import psutil
import trio
from trio_websocket import ConnectionClosed, WebSocketRequest, serve_websocket

from adapters.realtime import (
    App,
    EngineServer,
    EngineSession,
    Handshake,
    Json,
    Outgoing,
    RealtimeServer,
    RealtimeSettings,
    Socket,
    read_request_head,
)
from adapters.realtime.websocket import TEXT, frame
from engine.refusal import Refused
from tests.support.node import node, node_project

TEXT_BYTES = 100
POSE = (
    '42["message",{"position":[1.25,1.6,-3.5],"rotation":[0,0.7071,0,0.7071],'
    '"entities":{},"voice_enabled":true}]'
)
ENGINE_QUERY = "?EIO=4&transport=websocket"

NODE_WS = """
const { WebSocketServer } = require("ws");
const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
server.on("listening", () => console.log(server.address().port));
server.on("connection", (ws) => ws.on("message", (data, binary) => ws.send(data, { binary })));
"""
NODE_SOCKET_IO = """
const http = require("http").createServer();
const io = new (require("socket.io").Server)(http);
io.on("connection", (s) => s.on("message", (...args) => s.emit("message", ...args)));
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
"""


class EchoApp(App):
    def __init__(self) -> None:
        self.server: RealtimeServer | None = None

    def connect(self, socket: Socket, handshake: Handshake) -> Refused | None:
        return None

    def event(self, socket: Socket, name: str, args: list[Json], ack: int | None) -> None:
        assert self.server is not None
        socket.emit(self.server.encode(name, *args))

    def disconnect(self, socket: Socket, reason: str) -> None:
        return


class EngineEcho:
    def __init__(self, session: EngineSession) -> None:
        self.session = session

    def message(self, data: str | bytes) -> None:
        assert isinstance(data, str)
        self.session.send(Outgoing(data.encode()))

    def closed(self, reason: str) -> None:
        return


async def serve_ours(kind: str) -> None:
    server: EngineServer | RealtimeServer
    if kind == "engineio":
        server = EngineServer(EngineEcho, RealtimeSettings(path="/"), entropy=os.urandom)
    else:
        app = EchoApp()
        server = app.server = RealtimeServer(app, RealtimeSettings(path="/"), entropy=os.urandom)

    async def connection(stream: trio.SocketStream) -> None:
        head = await read_request_head(stream)
        if head is not None:
            await server.serve_websocket(stream, head)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.run)
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        print(listeners[0].socket.getsockname()[1], flush=True)
        await trio.serve_listeners(connection, listeners)


async def serve_trio_websocket() -> None:
    async def echo(request: WebSocketRequest) -> None:
        websocket = await request.accept()
        try:
            while True:
                await websocket.send_message(await websocket.get_message())
        except ConnectionClosed:
            return

    async with trio.open_nursery() as nursery:
        server = await nursery.start(serve_websocket, echo, "127.0.0.1", 0, None)
        print(server.port, flush=True)


def masked(text: str) -> bytes:
    """A client's frame with a mask of zeros."""
    plain = bytearray(frame(TEXT, text.encode()))
    plain[1] |= 0x80
    header = len(plain) - len(text.encode())
    return bytes(plain[:header]) + bytes(4) + bytes(plain[header:])


@dataclass
class Peer:
    name: str
    command: list[str]
    path: str
    message: str
    greeting: str | None = None  # What a client sends before it may speak.


@dataclass
class Result:
    echoes_per_s: float
    server_us: float  # processor time an echo


def connect(port: int, peer: Peer) -> socket.socket:
    """Open a WebSocket and pass its greeting."""
    client = socket.create_connection(("127.0.0.1", port))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.settimeout(5)
    client.sendall(
        f"GET {peer.path} HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    received = b""
    while b"\r\n\r\n" not in received:
        received += client.recv(1)
    for expected in ("0{", "40{") if peer.greeting else ("0{",) if "EIO" in peer.path else ():
        if expected == "40{":
            client.sendall(masked(peer.greeting or ""))
        size = client.recv(2)[1]
        size = int.from_bytes(client.recv(2), "big") if size == 126 else size
        assert client.recv(size).startswith(expected.encode())
    client.settimeout(0)
    return client


def load(port: int, pid: int, peer: Peer, *, clients: int, window: int, seconds: float) -> Result:
    """Keep `window` messages of each client under way for `seconds`."""
    request = masked(peer.message)
    answer_bytes = len(frame(TEXT, peer.message.encode()))
    selector = selectors.DefaultSelector()
    missing: dict[socket.socket, int] = {}
    for _ in range(clients):
        client = connect(port, peer)
        missing[client] = 0
        selector.register(client, selectors.EVENT_READ)
        client.send(request * window)
    server = psutil.Process(pid)
    begun_s, spent_s = time.perf_counter(), sum(server.cpu_times()[:2])
    echoes = 0
    while (now_s := time.perf_counter()) < begun_s + seconds:
        for key, _ in selector.select(timeout=0.1):
            assert isinstance(key.fileobj, socket.socket)
            client = key.fileobj
            got, missing[client] = divmod(missing[client] + len(client.recv(1 << 16)), answer_bytes)
            if got:
                client.send(request * got)
                echoes += got
    cpu_s = sum(server.cpu_times()[:2]) - spent_s
    for client in missing:
        client.close()
    return Result(echoes / (now_s - begun_s), cpu_s / echoes * 1e6)


def measured(peer: Peer, *, clients: int, window: int, seconds: float) -> Result:
    """Start the peer's server, load it, stop it."""
    process = subprocess.Popen(peer.command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        return load(port, process.pid, peer, clients=clients, window=window, seconds=seconds)
    finally:
        process.terminate()
        process.wait()


def node_command(script: str) -> list[str]:
    where = str(node_project())
    return [
        node(),
        "-e",
        f"process.chdir({where!r});"
        + script.replace("require(", "load(").replace(
            "const ", f"const load = require('module').createRequire({where + '/'!r});\nconst ", 1
        ),
    ]


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--window", type=int, default=8)
    parser.add_argument("--serve", choices=["engineio", "socketio", "trio-websocket"])
    options = parser.parse_args()
    if options.serve == "trio-websocket":
        trio.run(serve_trio_websocket)
        return
    if options.serve:
        trio.run(serve_ours, options.serve)
        return

    def own(kind: str) -> list[str]:
        return [sys.executable, "-m", "bench.socket_echo", "--serve", kind]

    text = "4" + "x" * (TEXT_BYTES - 1)
    rows: list[tuple[Peer, str]] = [
        (Peer("Engine.IO, ours", own("engineio"), "/" + ENGINE_QUERY, text), "plain"),
        (Peer("trio-websocket", own("trio-websocket"), "/", text), "plain"),
        (Peer("Node ws", node_command(NODE_WS), "/", text), "plain"),
        (Peer("Socket.IO, ours", own("socketio"), "/" + ENGINE_QUERY, POSE, "40"), "pose"),
        (
            Peer(
                "Socket.IO, Node",
                node_command(NODE_SOCKET_IO),
                "/socket.io/" + ENGINE_QUERY,
                POSE,
                "40",
            ),
            "pose",
        ),
    ]
    ours: dict[str, Result] = {}
    print(f"{'server':<18}{'echo':<8}{'echoes/s':>10}{'server µs':>11}{'ours is':>12}")
    for peer, kind in rows:
        result = measured(
            peer, clients=options.clients, window=options.window, seconds=options.seconds
        )
        ours.setdefault(kind, result)
        ratio = result.server_us / ours[kind].server_us
        verdict = "" if ours[kind] is result else f"{ratio:.2f}x as fast"
        print(
            f"{peer.name:<18}{kind:<8}{result.echoes_per_s:>10,.0f}{result.server_us:>11.1f}"
            f"  {verdict}"
        )


if __name__ == "__main__":
    main()
