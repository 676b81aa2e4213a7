"""A WebSocket whose frames an ASGI server makes: for upgrades that arrive inside that server."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import trio

from adapters.realtime.outgoing import Outgoing
from adapters.realtime.pipe import (
    DEAF,
    GOING_AWAY,
    TOO_SLOW,
    TRANSPORT_CLOSE,
    TRANSPORT_ERROR,
    Receiver,
)
from adapters.realtime.websocket import CloseCode

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class AsgiPipe:
    """One accepted ASGI WebSocket. Slower than a raw one: every message is a task switch.

    Args:
        receive: the ASGI callable, after `websocket.connect`.
        send: the ASGI callable, after `websocket.accept`.
        message_bytes_max: larger messages close it with 1009; the ASGI server has a limit as well.
        outbox_bytes_max: more bytes than this waiting behind what is being sent close it with
            4008, so one message may be larger: a crowd's roster is.
        close_timeout_s: how long flushing may take once it is closing.
    """

    def __init__(
        self,
        receive: Receive,
        send: Send,
        *,
        message_bytes_max: int,
        outbox_bytes_max: int,
        close_timeout_s: float,
    ) -> None:
        self.receiver: Receiver = DEAF
        self.heard = False
        self._receive = receive
        self._send = send
        self._message_bytes_max = message_bytes_max
        self._outbox_bytes_max = outbox_bytes_max
        self._close_timeout_s = close_timeout_s
        self._queue: deque[Outgoing] = deque()
        self._queued_bytes = 0
        self._sending_bytes = 0
        self._more = trio.Event()
        self._closing: tuple[int, str] | None = None
        self._reading = trio.CancelScope()
        self._whole = trio.CancelScope()
        self._reason = TRANSPORT_CLOSE

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def send(self, outgoing: Outgoing) -> None:
        if self._closing is not None:
            return
        self._queue.append(outgoing)
        self._queued_bytes += len(outgoing.frames)
        first = self._sending_bytes or len(self._queue[0].frames)
        if self._queued_bytes - first > self._outbox_bytes_max:
            self._queue.clear()
            self._reason = TOO_SLOW
            self.close(CloseCode.TOO_SLOW, "reads too slowly: come back and recover")
        self._more.set()

    def close(self, code: int, reason: str = "") -> None:
        if self._closing is None:
            self._closing = (code, reason)
            self._more.set()
            self._reading.cancel()

    def ping(self) -> bool:
        return False

    def abort(self) -> None:
        self.close(CloseCode.GOING_AWAY)
        self._whole.cancel()

    async def run(self) -> None:
        try:
            with self._whole:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._write)
                    with self._reading:
                        await self._read()
                    self._tell_end()
                    self.close(CloseCode.NORMAL)
                    nursery.cancel_scope.deadline = trio.current_time() + self._close_timeout_s
        finally:
            self._closing = self._closing or (CloseCode.GOING_AWAY, "")
            self._queue.clear()
            self._tell_end()

    async def _read(self) -> None:
        while True:
            event = await self._receive()
            if event["type"] != "websocket.receive":
                if event.get("code") == CloseCode.GOING_AWAY and self._closing is None:
                    self._reason = GOING_AWAY
                return
            self.heard = True
            text = event.get("text")
            message: str | bytes = event.get("bytes") or b"" if text is None else text
            size = len(message) if text is None else len(text.encode("utf-8"))
            if size > self._message_bytes_max:
                self._reason = TRANSPORT_ERROR
                self.close(CloseCode.TOO_BIG, f"a message may have {self._message_bytes_max} bytes")
                return
            self.receiver.received(message)

    async def _write(self) -> None:
        while self._queue or self._closing is None:
            await self._more.wait()
            self._more = trio.Event()
            while self._queue:
                outgoing = self._queue.popleft()
                self._sending_bytes = len(outgoing.frames)
                for message in outgoing.messages:
                    kind = "text" if isinstance(message, str) else "bytes"
                    await self._send({"type": "websocket.send", kind: message})
                self._queued_bytes -= self._sending_bytes
                self._sending_bytes = 0
        code, reason = self._closing
        await self._send({"type": "websocket.close", "code": code, "reason": reason})

    def _tell_end(self) -> None:
        receiver, self.receiver = self.receiver, DEAF
        receiver.ended(self._reason)
