"""ASGI around Quart: what Hypercorn and Quart-Trio between them do not settle.

Three cases bit us, all with stock versions:

* `GET http://[/` makes Quart's own URL parsing fail before any handler, which was a 500.
* An answer that is ready before the request's body has arrived (too large, for one) ended in a
  connection that was neither closed nor served: so the rest of the body is let in first.
* Hypercorn recycles or closes the connection inside the last `send`, and reports the disconnect to
  Quart, which cancels the very task that is sending: so that send is shielded, or kept-alive
  connections would lose their idle timeout.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import trio

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

UNREAD_BYTES_MAX = 16_000_000
"""How much of a refused body is let in before the connection is closed instead."""


class Doorman:
    """Stands before an ASGI app and keeps each connection in a state that can go on."""

    def __init__(self, app: Asgi, *, patience_s: float) -> None:
        """Guard `app`; an answered request's body may take `patience_s` more to arrive."""
        self._app = app
        self._patience_s = patience_s

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if not scope["path"].startswith("/"):
            scope = {**scope, "path": "/"}  # Our router reads `raw_path`.
        visit = _Visit(receive, send, self._patience_s)
        await self._app(scope, visit.receive, visit.send)


class _Visit:
    """One request: knows whether its body has arrived."""

    def __init__(self, receive: Receive, send: Send, patience_s: float) -> None:
        self._receive = receive
        self._send = send
        self._patience_s = patience_s
        self._bytes = 0
        self._arrived = trio.Event()
        self._enough = trio.Event()

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._bytes += len(message.get("body", b""))
            if not message.get("more_body", False):
                self._arrived.set()
        if self._arrived.is_set() or self._bytes > UNREAD_BYTES_MAX or _ends(message):
            self._enough.set()
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            with trio.move_on_after(self._patience_s):
                await self._enough.wait()
            if not self._arrived.is_set():
                headers = [*message.get("headers", []), (b"connection", b"close")]
                message = {**message, "headers": headers}
        last = message["type"] == "http.response.body" and not message.get("more_body", False)
        with trio.CancelScope(shield=last):
            await self._send(message)


def _ends(message: Message) -> bool:
    return bool(message["type"] == "http.disconnect")
