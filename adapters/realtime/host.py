"""Runs WebSockets for whoever wants them: handshake, pipe, and the tasks that all pipes share."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import trio

from adapters.realtime import json_text
from adapters.realtime.asgi_pipe import AsgiPipe, Receive, Scope, Send
from adapters.realtime.engineio_session import Origin
from adapters.realtime.guard import guarded
from adapters.realtime.head import RequestHead, http_response, joined, parse_query
from adapters.realtime.pipe import Pipe
from adapters.realtime.readiness import Readiness, Together
from adapters.realtime.settings import RealtimeSettings
from adapters.realtime.timers import Timers
from adapters.realtime.websocket import CloseCode, accept_token, handshake_reply
from adapters.realtime.websocket_pipe import WebSocketPipe
from adapters.realtime.wire import Wire, remote_address, wire

Attach = Callable[[Pipe], None]
"""Takes a WebSocket that has just opened, and sets its receiver."""


class HttpRefusal(Exception):
    """A request that is answered with an HTTP error instead of what it asked for."""

    def __init__(self, status: int, body: bytes, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = headers

    @classmethod
    def worded(
        cls, status: int, code: str, text: str, headers: tuple[tuple[str, str], ...] = ()
    ) -> HttpRefusal:
        """Return a refusal in the server's usual error form."""
        return cls(status, json_text.write({"error": text, "code": code}), headers)


def origin_of_head(head: RequestHead, address: str) -> Origin:
    """Return where a raw request comes from.

    Raises:
        HttpRefusal: its query has too many fields.
    """
    try:
        query = head.query
    except ValueError:
        raise _bad_query() from None
    return Origin(head.path, query, head.fields, address)


def origin_of_scope(scope: Scope) -> Origin:
    """Return where an ASGI request comes from.

    Raises:
        HttpRefusal: its query has too many fields.
    """
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]
    ]
    try:
        query = parse_query(scope["query_string"].decode("latin-1"))
    except ValueError:
        raise _bad_query() from None
    client = scope.get("client")
    return Origin(scope["path"], query, joined(headers), str(client[0]) if client else "")


class Host:
    """The open WebSockets of one server.

    Attributes:
        timers: run by `run`.
        pipes: what is open, closing ones included.
        clients: everybody connected, counted against the limit.
        draining: whether the server is going down and takes nobody in.
    """

    def __init__(self, settings: RealtimeSettings, together: Together) -> None:
        self.settings = settings
        # A fortieth of the ping timeout: late enough to run pings together, too little to matter.
        self.timers = Timers(slot_s=min(max(settings.ping_timeout_s / 40, 0.001), 0.25))
        self.pipes: set[Pipe] = set()
        self.clients: set[object] = set()
        self.draining = False
        self._readiness = Readiness(together) if sys.platform == "linux" else None
        self._nursery: trio.Nursery | None = None
        self._has_run = False
        self._requests = 0
        self._fewer = trio.Event()

    async def run(self) -> None:
        """Run heartbeats, reads and queued writes until cancelled.

        Everything served needs this to be running.
        """
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            self._has_run = True
            if self._readiness is not None:
                nursery.start_soon(self._readiness.run)
            try:
                await self.timers.run()
            finally:
                self._nursery = None

    def check_room(self) -> None:
        """Refuse a newcomer when the server is full or going down.

        Raises:
            HttpRefusal: 503 with `Retry-After`.
        """
        if self.draining:
            raise HttpRefusal.worded(
                503,
                "draining",
                "This server is restarting; connect again.",
                (("retry-after", "1"),),
            )
        # A WebSocket that is closing is nobody's any more, and holds a file all the same.
        if max(len(self.clients), len(self.pipes)) >= self.settings.connections_max:
            raise HttpRefusal.worded(
                503, "full", "This server is full; try again later.", (("retry-after", "10"),)
            )

    async def serve_raw(
        self, stream: trio.abc.Stream, head: RequestHead, route: Callable[[Origin], Attach]
    ) -> None:
        """Answer an upgrade on a raw stream and carry its WebSocket to the end.

        Args:
            stream: positioned behind `head.leftover`; closed when this returns.
            head: the request.
            route: decides what the WebSocket is for, or raises `HttpRefusal`.
        """
        line = wire(stream, self._readiness)
        try:
            try:
                attach = route(origin_of_head(head, remote_address(stream)))
                reply = _handshake(head)
            except HttpRefusal as refusal:
                await self._refuse(stream, line, refusal)
                return
            pipe = WebSocketPipe(
                line,
                leftover=head.leftover,
                message_bytes_max=self.settings.payload_bytes_max,
                outbox_bytes_max=self.settings.outbox_bytes_max,
                stalled_reader_s=self.settings.stalled_reader_s,
                close_timeout_s=self.settings.close_timeout_s,
                farewell_s=self.settings.farewell_s,
                spawn=self._spawn,
            )
            pipe.write(reply)
            await self._run(pipe, attach)
        finally:
            await line.aclose()

    async def serve_asgi(
        self, scope: Scope, receive: Receive, send: Send, route: Callable[[Origin], Attach]
    ) -> None:
        """Answer an ASGI `websocket` scope and carry it to the end."""
        if (await receive())["type"] != "websocket.connect":
            return
        try:
            attach = route(origin_of_scope(scope))
        except HttpRefusal as refusal:
            await _refuse_asgi(scope, send, refusal)
            return
        await send({"type": "websocket.accept"})
        pipe = AsgiPipe(
            receive,
            send,
            message_bytes_max=self.settings.payload_bytes_max,
            outbox_bytes_max=self.settings.outbox_bytes_max,
            close_timeout_s=self.settings.close_timeout_s,
        )
        await self._run(pipe, attach)

    @property
    def watched(self) -> int:
        """How many sockets share the one task that reads."""
        return 0 if self._readiness is None else len(self._readiness)

    async def emptied(self) -> None:
        """Wait until no WebSocket is open and no request is being answered."""
        while self.pipes or self._requests:
            await self._fewer.wait()

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Count an HTTP request while it is being answered."""
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1
            self._one_less()

    def _one_less(self) -> None:
        self._fewer.set()
        self._fewer = trio.Event()

    async def _run(self, pipe: Pipe, attach: Attach) -> None:
        self.pipes.add(pipe)
        try:
            if not guarded("opening a WebSocket's receiver", attach, pipe):
                pipe.close(CloseCode.SERVER_ERROR, "internal error")
            await pipe.run()
        finally:
            self.pipes.discard(pipe)
            self._one_less()

    def _spawn(self, task: Callable[[], Awaitable[None]]) -> None:
        if self._nursery is not None:
            self._nursery.start_soon(task)
        elif not self._has_run:
            raise RuntimeError("the realtime server is not running: start its run() first")
        # After its end nothing is written any more: the process is going down.

    async def _refuse(self, stream: trio.abc.Stream, line: Wire, refusal: HttpRefusal) -> None:
        response = http_response(refusal.status, refusal.body, refusal.headers)
        with trio.move_on_after(self.settings.close_timeout_s):
            try:
                await stream.send_all(response)
                line.finish_sending()
            except (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
                return


def _handshake(head: RequestHead) -> bytes:
    fields = head.fields
    connection = [token.strip() for token in fields.get("connection", "").lower().split(",")]
    if head.method != "GET" or head.http_version != "1.1" or "upgrade" not in connection:
        raise HttpRefusal.worded(400, "bad_handshake", "A WebSocket opens with GET over HTTP/1.1.")
    if fields.get("sec-websocket-version") != "13":
        raise HttpRefusal.worded(
            426,
            "bad_handshake",
            "This server speaks WebSocket version 13.",
            (("sec-websocket-version", "13"),),
        )
    token = accept_token(fields.get("sec-websocket-key", ""))
    if token is None:
        raise HttpRefusal.worded(400, "bad_handshake", "Sec-WebSocket-Key must be 16 bytes.")
    return handshake_reply(token)


async def _refuse_asgi(scope: Scope, send: Send, refusal: HttpRefusal) -> None:
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    # The ASGI server closes after a refused upgrade; a client must not send more on it meanwhile.
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    headers += [(name.encode(), value.encode("latin-1")) for name, value in refusal.headers]
    await send(
        {"type": "websocket.http.response.start", "status": refusal.status, "headers": headers}
    )
    await send({"type": "websocket.http.response.body", "body": refusal.body})


def _bad_query() -> HttpRefusal:
    return HttpRefusal.worded(400, "bad_request", "The query has too many fields.")
