"""A WebSocket on a raw stream: reads many frames at a time, writes directly, queues what blocks."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable

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
from adapters.realtime.websocket import (
    PING,
    PONG,
    Close,
    CloseCode,
    FrameParser,
    Ping,
    Pong,
    Violation,
    close_frame,
    frame,
)
from adapters.realtime.wire import Wire

Spawn = Callable[[Callable[[], Awaitable[None]]], None]

_PING_FRAME = frame(PING, b"")
_BROKEN = (OSError, trio.BrokenResourceError, trio.ClosedResourceError)


class WebSocketPipe:
    """One client's WebSocket after its handshake.

    Args:
        wire: the connection; the pipe closes it.
        leftover: bytes that arrived behind the client's handshake.
        message_bytes_max: larger messages close it with 1009.
        outbox_bytes_max: more bytes than this waiting close it with 4008.
        close_timeout_s: how long to wait for the client's close frame, or to flush ours.
        spawn: starts the task that writes what blocked; it runs only while something waits.
    """

    def __init__(
        self,
        wire: Wire,
        *,
        leftover: bytes,
        message_bytes_max: int,
        outbox_bytes_max: int,
        close_timeout_s: float,
        spawn: Spawn,
    ) -> None:
        self.receiver: Receiver = DEAF
        self.heard = False
        self._wire = wire
        self._leftover = leftover
        self._parser = FrameParser(message_bytes_max=message_bytes_max)
        self._outbox_bytes_max = outbox_bytes_max
        self._close_timeout_s = close_timeout_s
        self._spawn = spawn
        self._queue: deque[bytes] = deque()  # Its first item may be on its way.
        self._queued_bytes = 0
        self._flushed: trio.Event | None = None
        self._writing = False
        self._closing = False
        self._reading = trio.CancelScope()
        self._whole = trio.CancelScope()
        self._reason = TRANSPORT_CLOSE

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def send(self, outgoing: Outgoing) -> None:
        self.write(outgoing.frames)

    def write(self, data: bytes) -> None:
        """Write frames that are ready: what the socket takes now is gone when this returns."""
        if self._closing:
            return
        if not self._queue:
            try:
                sent = self._wire.send_now(data)
            except OSError:
                self._end(TRANSPORT_ERROR)
                return
            if sent == len(data):
                return
            if sent:
                data = data[sent:]
        self._queue.append(data)
        self._queued_bytes += len(data)
        if self._queued_bytes > self._outbox_bytes_max:
            self._overflow()
        self._start_writer()

    def close(self, code: int, reason: str = "") -> None:
        if self._closing:
            return
        self.write(close_frame(code, reason))
        self._closing = True
        self._reading.deadline = trio.current_time() + self._close_timeout_s

    def ping(self) -> bool:
        self.write(_PING_FRAME)
        return True

    def abort(self) -> None:
        self._end(TRANSPORT_CLOSE)
        self._whole.cancel()

    async def run(self) -> None:
        try:
            with self._whole:
                with self._reading:
                    await self._read()
                self._tell_end()
                with trio.move_on_after(self._close_timeout_s):
                    await self._say_goodbye()
        finally:
            self._closing = True
            self._queue.clear()
            self._tell_end()
            await self._wire.aclose()

    async def _read(self) -> None:
        if self._leftover:
            data, self._leftover = self._leftover, b""
            if not self._take(data):
                return
        while True:
            try:
                data = await self._wire.receive()
            except (trio.BrokenResourceError, trio.ClosedResourceError):
                self._end(TRANSPORT_ERROR)
                return
            if not data or not self._take(data):
                return

    def _take(self, data: bytes) -> bool:
        """Hand over what arrived; False when nothing more is to be read."""
        self.heard = True
        for event in self._parser.feed(data):
            if isinstance(event, (str, bytes)):
                if not self._closing:
                    self.receiver.received(event)
            elif isinstance(event, Ping):
                self.write(frame(PONG, event.payload))
            elif isinstance(event, Close):
                self.write(close_frame(event.code if event.code != 1005 else CloseCode.NORMAL))
                self._closing = True
                if event.code == CloseCode.GOING_AWAY:
                    self._reason = GOING_AWAY
                return False
            elif isinstance(event, Violation):
                self.write(close_frame(event.code, event.reason))
                self._closing = True
                self._reason = TRANSPORT_ERROR
                return False
            else:
                assert isinstance(event, Pong)  # An answer to our ping, or a greeting: heard.
        return True

    def _overflow(self) -> None:
        """Give up on a client that does not read; only what may be half written stays."""
        first = self._queue[0]
        self._queue.clear()
        self._queue.append(first)
        self._queue.append(close_frame(CloseCode.TOO_SLOW, "reads too slowly: come back, recover"))
        self._queued_bytes = 0
        self._end(TOO_SLOW)

    def _end(self, reason: str) -> None:
        """Stop; the reading task tells the receiver, so that no `send` calls back into the App."""
        if not self._closing:
            self._closing = True
            self._reason = reason
        self._reading.cancel()

    def _tell_end(self) -> None:
        receiver, self.receiver = self.receiver, DEAF
        receiver.ended(self._reason)

    def _start_writer(self) -> None:
        if not self._writing:
            self._writing = True
            self._spawn(self._write_queue)

    async def _write_queue(self) -> None:
        try:
            while self._queue:
                data = self._queue[0]
                await self._wire.send(data)
                if self._queue:
                    self._queue.popleft()
                    self._queued_bytes -= len(data)
        except _BROKEN:
            self._queue.clear()
            self._end(TRANSPORT_ERROR)
        finally:
            self._writing = False
            if self._flushed is not None:
                self._flushed.set()

    async def _say_goodbye(self) -> None:
        """Flush, then read on to the end, or the kernel's reset would eat our close frame."""
        if self._queue:
            self._flushed = trio.Event()
            await self._flushed.wait()
        if self._reason in (TRANSPORT_CLOSE, GOING_AWAY, TOO_SLOW):
            return
        self._wire.finish_sending()
        try:
            while await self._wire.receive():
                pass
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return
