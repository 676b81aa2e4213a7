"""An Engine.IO v4 server: usable alone, and what Socket.IO here stands on."""

from __future__ import annotations

import base64
from collections.abc import Callable
from contextlib import nullcontext

import trio

from adapters.realtime import engineio
from adapters.realtime.asgi_pipe import Receive, Scope, Send
from adapters.realtime.cors import cors_headers, origin_allowed, preflight_headers
from adapters.realtime.engineio import EngineError
from adapters.realtime.engineio_polling import Response, answer, opened
from adapters.realtime.engineio_session import (
    SHUTTING_DOWN,
    EngineSession,
    Handler,
    Origin,
    Table,
)
from adapters.realtime.head import RequestHead
from adapters.realtime.host import Attach, Host, HttpRefusal, origin_of_scope
from adapters.realtime.outgoing import Outgoing
from adapters.realtime.pipe import Pipe
from adapters.realtime.readiness import Together
from adapters.realtime.settings import RealtimeSettings
from adapters.realtime.websocket import CloseCode

_DRAIN_BATCH = 100  # Closed between two looks at everything else.


def random_id(entropy: Callable[[int], bytes]) -> str:
    """Return 20 URL-safe characters, 120 bits of chance."""
    return base64.urlsafe_b64encode(entropy(15)).decode("ascii")


class EngineServer:
    """Engine.IO sessions over long-polling, WebSocket, and from one to the other.

    Args:
        opened: called with each new session; returns what sits on it. It may send at once.
        settings: limits and intervals.
        entropy: returns that many random bytes, for session ids.
        together: surrounds what came from several sockets that were ready at the same moment.
    """

    def __init__(
        self,
        opened: Callable[[EngineSession], Handler],
        settings: RealtimeSettings,
        *,
        entropy: Callable[[int], bytes],
        together: Together = nullcontext,
    ) -> None:
        self.settings = settings
        self.host = Host(settings, together)
        self.table = Table(settings, self.host.timers, self.host.clients)
        self._opened = opened
        self._entropy = entropy

    async def run(self) -> None:
        """Run heartbeats until cancelled; everything served needs this to be running."""
        await self.host.run()

    async def serve_websocket(self, stream: trio.abc.Stream, head: RequestHead) -> None:
        """Answer a WebSocket upgrade read from a raw stream; the stream is closed at the end."""
        await self.host.serve_raw(stream, head, self.route)

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve polling requests and WebSockets under an ASGI server with trio."""
        if scope["type"] == "websocket":
            await self.host.serve_asgi(scope, receive, send, self.route)
        elif scope["type"] == "http":
            with self.host.answering():
                await self._http(scope, receive, send)

    async def drain(self, *, deadline_s: float) -> None:
        """Tell every client to connect again, wait for them to go, and take nobody in.

        Args:
            deadline_s: seconds from now after which connections that are still open are dropped.
        """
        self.host.draining = True
        with trio.move_on_after(deadline_s):
            for number, session in enumerate(list(self.table.sessions.values()), 1):
                session.close(
                    SHUTTING_DOWN, code=CloseCode.SERVICE_RESTART, text="restarting: reconnect"
                )
                if number % _DRAIN_BATCH == 0:
                    await trio.lowlevel.checkpoint()
            await self.table.fetched()
            await self.host.emptied()
        for pipe in list(self.host.pipes):
            pipe.abort()

    def route(self, origin: Origin) -> Attach:
        """Decide what a WebSocket is: a new session's, or one that takes over a polling session.

        Raises:
            HttpRefusal: it is neither.
        """
        self._check(origin, "websocket")
        sid = origin.query.get("sid")
        if sid is None:
            self.host.check_room()

            def direct(pipe: Pipe) -> None:
                self.open(origin, pipe)

            return direct
        session = self._session(sid)

        def probe(pipe: Pipe) -> None:
            if not session.attach_probe(pipe):
                pipe.close(CloseCode.POLICY_VIOLATION, "the session has a WebSocket already")

        return probe

    def open(self, origin: Origin, pipe: Pipe | None) -> EngineSession:
        """Open a session on a WebSocket, or on polling when `pipe` is None."""
        session = EngineSession(random_id(self._entropy), origin, self.table, pipe)
        settings = self.settings
        handshake = engineio.open_packet(
            session.id,
            upgrades=("websocket",) if pipe is None else (),
            ping_interval_s=settings.ping_interval_s,
            ping_timeout_s=settings.ping_timeout_s,
            payload_bytes_max=settings.payload_bytes_max,
        )
        session.send(Outgoing(handshake, prefix=b""))
        session.handler = self._opened(session)
        return session

    def _check(self, origin: Origin, transport: str) -> None:
        if origin.path.rstrip("/") != self.settings.path.rstrip("/"):
            raise HttpRefusal.worded(404, "not_found", f"Engine.IO is at {self.settings.path}.")
        if not origin_allowed(origin.headers, self.settings):
            raise refusal(engineio.FORBIDDEN)
        asked = origin.query.get("transport")
        if asked not in ("polling", "websocket"):
            raise refusal(engineio.TRANSPORT_UNKNOWN)
        if origin.query.get("EIO") != engineio.PROTOCOL:
            raise refusal(engineio.UNSUPPORTED_VERSION)
        if asked != transport:
            raise refusal(engineio.BAD_REQUEST)

    def _session(self, sid: str) -> EngineSession:
        session = self.table.sessions.get(sid)
        if session is not None and session.overdue(trio.current_time()):
            session.expire()
            session = None
        if session is None:
            raise refusal(engineio.SESSION_UNKNOWN)
        return session

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: list[tuple[str, str]] = []
        try:
            origin = origin_of_scope(scope)
            if scope["method"] == "OPTIONS" and origin_allowed(origin.headers, self.settings):
                await Response(204, b"", preflight_headers(origin.headers, self.settings)).send(
                    send
                )
                return
            if origin_allowed(origin.headers, self.settings):
                headers = cors_headers(origin.headers, self.settings)
            response = await self._polling(scope["method"], origin, receive)
        except HttpRefusal as no:
            response = Response(no.status, no.body, list(no.headers), "application/json")
        response.headers += headers
        await response.send(send)

    async def _polling(self, method: str, origin: Origin, receive: Receive) -> Response:
        self._check(origin, "polling")
        sid = origin.query.get("sid")
        if sid is None:
            if method != "GET":
                raise refusal(engineio.BAD_HANDSHAKE_METHOD)
            self.host.check_room()
            return opened(self.open(origin, None))
        farewell = self.table.fetch(sid) if method == "GET" else None
        if farewell is not None:
            return Response(200, farewell)
        return await answer(method, self._session(sid), receive)


def refusal(error: EngineError) -> HttpRefusal:
    """Return Engine.IO's own form of an error."""
    return HttpRefusal(error.status, error.body())
