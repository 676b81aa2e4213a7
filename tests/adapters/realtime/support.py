"""A realtime server on a loopback port, and a small App behind it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx
import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream

from adapters.listener import PushedBack
from adapters.realtime import (
    INVALID_NAMESPACE,
    App,
    Encoded,
    EngineServer,
    EngineSession,
    Handshake,
    HeadError,
    Json,
    Outgoing,
    RealtimeServer,
    RealtimeSettings,
    Socket,
    read_request_head,
)
from engine.refusal import Refused

QUICK = RealtimeSettings(ping_interval_s=0.3, ping_timeout_s=0.2)
"""The intervals of the public protocol suites."""


UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
"""The headers of a WebSocket handshake, for refusals that an HTTP client is to read."""


async def close_code(websocket: WebSocketConnection) -> int:
    """Wait for the close frame; return its code."""
    with trio.fail_after(5), contextlib.suppress(ConnectionClosed):
        while True:
            await websocket.get_message()
    assert websocket.closed is not None
    return int(websocket.closed.code)


async def text(websocket: WebSocketConnection) -> str:
    """Return the next message, which must be text."""
    message = await websocket.get_message()
    assert isinstance(message, str)
    return message


class EchoApp(App):
    """Says back what it is told, in `/` and `/custom`; remembers who came and went."""

    def __init__(self, namespaces: tuple[str, ...] | None = ("/", "/custom")) -> None:
        self.namespaces = namespaces  # None: any.
        self.sockets: list[Socket] = []
        self.handshakes: list[Handshake] = []
        self.events: list[tuple[str, list[Json]]] = []
        self.gone: list[tuple[str, str]] = []  # socket id, reason
        self.answers: list[list[Json]] = []
        self.refuse: Refused | None = None
        self._changed = trio.Event()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something that happens here makes the condition true."""
        with trio.fail_after(10):
            while not condition():
                await self._changed.wait()

    def changed(self) -> None:
        self._changed.set()
        self._changed = trio.Event()

    def connect(self, socket: Socket, handshake: Handshake) -> Refused | None:
        namespaces = None if handshake.transport == "json" else self.namespaces
        if namespaces is not None and handshake.namespace not in namespaces:
            return INVALID_NAMESPACE
        if self.refuse is not None:
            return self.refuse
        self.sockets.append(socket)
        self.handshakes.append(handshake)
        socket.emit(Encoded("auth", (handshake.auth,)))
        self.changed()
        return None

    def event(self, socket: Socket, name: str, args: list[Json], ack: int | None) -> None:
        self.events.append((name, args))
        if name == "message":
            socket.emit(Encoded("message-back", tuple(args)))
        elif name == "message-with-ack":
            assert ack is not None
            socket.acknowledge(ack, *args)
        elif name == "ask-me":
            socket.emit_with_ack(Encoded("question", tuple(args)), self.answered)
        elif name == "leave":
            socket.disconnect(close=bool(args and args[0]))
        elif name == "fail":
            raise RuntimeError("the App has a bug")
        self.changed()

    def disconnect(self, socket: Socket, reason: str) -> None:
        self.sockets.remove(socket)
        self.gone.append((socket.id, reason))
        self.changed()

    def answered(self, args: list[Json]) -> None:
        self.answers.append(args)
        self.changed()


@dataclass
class EngineEcho:
    """Engine.IO alone: every message goes back."""

    closed: list[tuple[str, str]] = field(default_factory=list)  # sid, reason

    def opened(self, session: EngineSession) -> EngineEchoHandler:
        return EngineEchoHandler(session, self)


@dataclass
class EngineEchoHandler:
    session: EngineSession
    echo: EngineEcho

    def message(self, data: str | bytes) -> None:
        if isinstance(data, str):
            self.session.send(Outgoing(data.encode()))
        else:
            self.session.send(Outgoing(None, (data,)))

    def closed(self, reason: str) -> None:
        self.echo.closed.append((self.session.id, reason))


@dataclass
class Served:
    """A running server and how to reach it."""

    port: int
    server: RealtimeServer
    engine: EngineServer
    app: EchoApp
    echo: EngineEcho
    listening: trio.CancelScope
    stopped: trio.Event
    connections: int = 0

    async def stop(self) -> None:
        """Stop listening and drop who is still connected, so that the port is free."""
        self.listening.cancel()
        await self.stopped.wait()

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self.http, timeout=10)

    @asynccontextmanager
    async def websocket(
        self,
        path: str = "/socket.io/?EIO=4&transport=websocket",
        headers: list[tuple[bytes, bytes]] | None = None,
    ) -> AsyncIterator[WebSocketConnection]:
        """Connect trio-websocket, which shares no code with us."""
        stream = await trio.open_tcp_stream("127.0.0.1", self.port)
        try:
            async with trio.open_nursery() as nursery:
                websocket = await wrap_client_stream(
                    nursery, stream, f"127.0.0.1:{self.port}", path, extra_headers=headers
                )
                yield websocket
                with trio.move_on_after(5):
                    await websocket.aclose()
                nursery.cancel_scope.cancel()
        finally:
            await trio.aclose_forcefully(stream)


@asynccontextmanager
async def serving(
    settings: RealtimeSettings = QUICK,
    app: EchoApp | None = None,
    *,
    raw: bool = True,
    port: int = 0,
    head_timeout_s: float = 5.0,
) -> AsyncIterator[Served]:
    """Serve Socket.IO, JSON rooms and, at /engine.io/, an echo on one loopback port.

    Polling goes through Hypercorn; WebSockets too unless `raw`.
    """
    app = app or EchoApp()
    echo = EngineEcho()
    server = RealtimeServer(app, settings, entropy=os.urandom)
    engine_settings = RealtimeSettings(
        path="/engine.io/",
        ping_interval_s=settings.ping_interval_s,
        ping_timeout_s=settings.ping_timeout_s,
    )
    engine = EngineServer(echo.opened, engine_settings, entropy=os.urandom)

    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        chosen = engine.asgi if scope["path"].startswith("/engine.io") else server.asgi
        await chosen(scope, receive, send)

    config = Config()
    config.errorlog = None
    context = WorkerContext(None)

    async def connection(served: Served, stream: trio.SocketStream) -> None:
        served.connections += 1
        try:
            head = await read_request_head(stream, timeout_s=head_timeout_s)
            if head is None:
                await stream.aclose()
            elif raw and head.is_websocket_upgrade:
                chosen = engine if head.path.startswith("/engine.io") else server
                await chosen.serve_websocket(stream, head)
            else:
                pushed = PushedBack(stream, head.raw, stalled_reader_s=settings.stalled_reader_s)
                await TCPServer(
                    ASGIWrapper(asgi),
                    config,
                    context,
                    ConnectionState({}),
                    pushed,  # type: ignore[arg-type]
                )
        except HeadError as error:
            await stream.send_all(error.response())
            await stream.aclose()
        except trio.BrokenResourceError:
            await stream.aclose()
        finally:
            served.connections -= 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.run)
        nursery.start_soon(engine.run)
        listeners = await trio.open_tcp_listeners(port, host="127.0.0.1")
        bound = listeners[0].socket.getsockname()[1]
        served = Served(bound, server, engine, app, echo, trio.CancelScope(), trio.Event())

        async def listen() -> None:
            with served.listening:
                await trio.serve_listeners(partial(connection, served), listeners)
            served.stopped.set()

        nursery.start_soon(listen)
        try:
            yield served
        finally:
            nursery.cancel_scope.cancel()
