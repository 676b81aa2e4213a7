"""A WebSocket on a raw stream: reads many frames at a time, writes directly, queues what blocks."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

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

_PING_FRAME: Final = frame(PING, b"")
_TOO_SLOW_FRAME: Final = close_frame(CloseCode.TOO_SLOW, "reads too slowly: come back and recover")
_HELD_MAX: Final = 16
_HELD_BYTES_MAX: Final = 16 * 1024
_BROKEN: Final = (OSError, trio.BrokenResourceError, trio.ClosedResourceError)


class WebSocketPipe:
    """One client's WebSocket after its handshake.

    What is sent while a batch of sockets is being read leaves at its end: a write between every two
    poses would cost each of them its warm caches, and several messages are one write then.

    Args:
        wire: the connection; the pipe closes it.
        leftover: bytes that arrived behind the client's handshake.
        message_bytes_max: larger messages close it with 1009.
        outbox_bytes_max: more bytes than this waiting behind what is being written close it with
            4008, so one message may be larger: a crowd's roster is. While half of it waits, nothing
            is read: whoever leaves our answers unread asks no more.
        stalled_reader_s: waiting bytes of which none is taken for so long close it with 4008 too.
        close_timeout_s: how long to wait for the client's close frame, or to flush ours.
        farewell_s: the same for a client that was closed because it does not read.
        spawn: starts the task that writes what blocked; it runs only while something waits.
    """

    __slots__ = (
        "_close_timeout_s",
        "_closing",
        "_farewell_s",
        "_flushed",
        "_held",
        "_leftover",
        "_outbox_bytes_max",
        "_parser",
        "_paused",
        "_queue",
        "_queued_bytes",
        "_reading",
        "_reason",
        "_spawn",
        "_stalled_reader_s",
        "_whole",
        "_wire",
        "_writing",
        "heard",
        "receiver",
    )

    def __init__(
        self,
        wire: Wire,
        *,
        leftover: bytes,
        message_bytes_max: int,
        outbox_bytes_max: int,
        stalled_reader_s: float,
        close_timeout_s: float,
        farewell_s: float,
        spawn: Spawn,
    ) -> None:
        self.receiver: Receiver = DEAF
        self.heard = False
        self._wire = wire
        self._leftover = leftover
        self._parser = FrameParser(message_bytes_max=message_bytes_max)
        self._outbox_bytes_max = outbox_bytes_max
        self._stalled_reader_s = stalled_reader_s
        self._close_timeout_s = close_timeout_s
        self._farewell_s = farewell_s
        self._spawn = spawn
        self._held: list[bytes] = []  # Until the end of the batch; then nothing is in the queue.
        self._queue: deque[bytes | memoryview] = deque()  # Its first may be partly written.
        self._queued_bytes = 0
        self._paused = False
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

    def write(self, frames: bytes) -> None:
        """Write frames that are ready, now or at the end of the batch."""
        if self._closing:
            return
        if self._queue:
            self._write_now(frames)
        elif self._held or self._wire.after_batch(self._write_held):
            self._held.append(frames)
            if len(self._held) == _HELD_MAX or len(frames) > _HELD_BYTES_MAX:
                self._write_held()
        else:
            self._write_now(frames)

    def _write_held(self) -> None:
        held = self._held
        if held:
            frames = held[0] if len(held) == 1 else b"".join(held)
            held.clear()
            self._write_now(frames)

    def _write_now(self, frames: bytes) -> None:
        """Write what the socket takes, and queue the rest."""
        data: bytes | memoryview = frames
        if not self._queue:
            try:
                sent = self._wire.send_now(frames)
            except OSError:
                self._end(TRANSPORT_ERROR)
                return
            if sent == len(frames):
                return
            if sent:
                data = memoryview(frames)[sent:]  # Receivers share the frames.
        self._queue.append(data)
        self._queued_bytes += len(data)
        if self._queued_bytes - len(self._queue[0]) > self._outbox_bytes_max:
            self._give_up()
        elif self._queued_bytes * 2 > self._outbox_bytes_max and not self._paused:
            self._paused = True
            self._wire.pause()
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
                late = self._reason == TOO_SLOW
                with trio.move_on_after(self._farewell_s if late else self._close_timeout_s):
                    await self._say_goodbye()
        finally:
            self._closing = True
            self._queue.clear()
            self._tell_end()
            await self._wire.aclose()

    async def _read(self) -> None:
        data, self._leftover = self._leftover, b""
        if data and not self._take(data):
            return
        try:
            await self._wire.deliver(self._take)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self._end(TRANSPORT_ERROR)

    def _take(self, data: bytes) -> int:
        """Hand over what arrived; return how much can be used next, 0 for nothing."""
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
                return 0
            elif isinstance(event, Violation):
                self.write(close_frame(event.code, event.reason))
                self._closing = True
                self._reason = TRANSPORT_ERROR
                return 0
            else:
                assert isinstance(event, Pong)  # An answer to our ping, or a greeting: heard.
        return self._parser.wanted

    def _give_up(self) -> None:
        """Let go of a client that does not read; only what may be half written stays."""
        first = self._queue[0]
        self._queue.clear()
        self._queue += (first, _TOO_SLOW_FRAME)
        self._queued_bytes = len(first) + len(_TOO_SLOW_FRAME)
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
                await self._write_some()
        except _BROKEN:
            self._queue.clear()
            self._end(TRANSPORT_ERROR)
            self._whole.cancel()  # Nobody can be told goodbye.
        finally:
            self._writing = False
            if self._flushed is not None:
                self._flushed.set()

    async def _write_some(self) -> None:
        patience_s = math.inf if self._closing else self._stalled_reader_s
        written = 0
        with trio.move_on_after(patience_s) as patience:
            written = await self._wire.send_some(self._queue[0])
        if not self._queue:  # The connection was dropped meanwhile.
            return
        if patience.cancelled_caught:
            if not self._closing:
                self._give_up()
            return
        first = self._queue[0]
        if written < len(first):
            self._queue[0] = memoryview(first)[written:]
        else:
            self._queue.popleft()
        self._queued_bytes -= written
        if self._paused and self._queued_bytes * 4 < self._outbox_bytes_max:
            self._paused = False
            self._wire.resume()

    async def _say_goodbye(self) -> None:
        """Flush, then read on to the end, or the kernel's reset would eat our close frame."""
        if self._queue:
            self._flushed = trio.Event()
            await self._flushed.wait()
        if self._reason in (TRANSPORT_CLOSE, GOING_AWAY):
            return
        self._wire.finish_sending()
        self._wire.resume()
        try:
            await self._wire.deliver(len)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return
