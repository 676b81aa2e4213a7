"""Engine.IO's long-polling requests, once their session is known."""

from __future__ import annotations

from dataclasses import dataclass, field

import trio

from adapters.realtime import engineio, json_text
from adapters.realtime.asgi_pipe import Receive, Send
from adapters.realtime.engineio_session import EngineSession
from adapters.realtime.host import HttpRefusal
from adapters.realtime.pipe import TRANSPORT_CLOSE
from adapters.realtime.polling import Polling

_TEXT = "text/plain; charset=UTF-8"


@dataclass(slots=True)
class Response:
    """An HTTP response to a polling request."""

    status: int
    body: bytes
    headers: list[tuple[str, str]] = field(default_factory=list)
    content_type: str = _TEXT

    async def send(self, send: Send) -> None:
        """Write it to the ASGI server."""
        headers = [
            ("content-type", self.content_type),
            ("content-length", str(len(self.body))),
            ("cache-control", "no-store"),
            *self.headers,
        ]
        await send(
            {
                "type": "http.response.start",
                "status": self.status,
                "headers": [
                    (name.encode("latin-1"), value.encode("latin-1")) for name, value in headers
                ],
            }
        )
        await send({"type": "http.response.body", "body": self.body})


def opened(session: EngineSession) -> Response:
    """Return the answer to the request that opened a session: its handshake, and what followed."""
    assert isinstance(session.carrier, Polling)
    return Response(200, session.carrier.take_payload())


async def answer(method: str, session: EngineSession, receive: Receive) -> Response:
    """Answer a request that names a live session.

    Raises:
        HttpRefusal: it is not one that a polling client may make.
    """
    polling = session.carrier
    if not isinstance(polling, Polling):
        raise _bad_request("the session has moved to its WebSocket")
    if method == "GET":
        return await _poll(session, polling, receive)
    if method == "POST":
        return await _push(session, polling, receive)
    raise _bad_request("a polling client sends GET and POST")


async def _poll(session: EngineSession, polling: Polling, receive: Receive) -> Response:
    if polling.polled is not None:
        session.reject("a second GET while one is waiting")
        raise _bad_request("a second GET while one is waiting")
    if not polling.ready:
        polling.polled = trio.Event()
        try:
            left = await _wait_or_leave(polling.polled, receive)
        finally:
            polling.polled = None
        if left:
            # What was sent meanwhile would be lost, so the session cannot go on.
            session.ended(TRANSPORT_CLOSE)
    return Response(200, polling.take_payload())


async def _wait_or_leave(polled: trio.Event, receive: Receive) -> bool:
    """Wait for packets; True when the client went away first."""
    left = False

    async def watch(scope: trio.CancelScope) -> None:
        nonlocal left
        while (await receive())["type"] != "http.disconnect":
            pass
        left = True
        scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(watch, nursery.cancel_scope)
        await polled.wait()
        nursery.cancel_scope.cancel()
    return left and not polled.is_set()


async def _push(session: EngineSession, polling: Polling, receive: Receive) -> Response:
    if polling.posting:
        session.reject("a second POST while one is arriving")
        raise _bad_request("a second POST while one is arriving")
    polling.posting = True
    try:
        body = await _body(session, receive)
    finally:
        polling.posting = False
    if session.over:
        raise HttpRefusal(engineio.SESSION_UNKNOWN.status, engineio.SESSION_UNKNOWN.body())
    try:
        packets = engineio.split_payload(body)
    except engineio.BadPacket as error:
        session.reject(str(error))
        raise _bad_request(str(error)) from None
    for packet in packets:
        session.received(packet)
    if session.fault is not None:
        raise _bad_request(session.fault)
    return Response(200, b"ok", content_type="text/html")


async def _body(session: EngineSession, receive: Receive) -> bytes:
    settings = session.settings
    body = bytearray()
    # A body that arrives more slowly than this belongs to a session that has timed out meanwhile.
    with trio.move_on_after(settings.ping_interval_s + settings.ping_timeout_s):
        while True:
            event = await receive()
            if event["type"] == "http.disconnect":
                session.ended(TRANSPORT_CLOSE)
                return b""
            body += event.get("body", b"")
            if len(body) > settings.payload_bytes_max:
                raise HttpRefusal.worded(
                    413,
                    "payload_too_large",
                    f"A payload may have {settings.payload_bytes_max} bytes.",
                    (("connection", "close"),),  # The rest of the body is not read.
                )
            if not event.get("more_body", False):
                return bytes(body)
    raise HttpRefusal.worded(408, "request_timeout", "The body did not arrive in time.")


def _bad_request(why: str) -> HttpRefusal:
    error = engineio.BAD_REQUEST
    body = {"code": error.code, "message": error.message, "error": why}
    return HttpRefusal(error.status, json_text.write(body))
