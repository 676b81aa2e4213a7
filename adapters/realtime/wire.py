"""The one place that touches sockets: how bytes are read and written, and what that costs.

A trio `SocketStream` is read and written by its file descriptor. A write that the kernel takes at
once costs one system call (2 µs against 18 µs for `send_all`); reads cost one each too, as one task
watches all sockets (`readiness`). Any other stream goes through its own methods.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final, Protocol

import trio

from adapters.realtime.readiness import Readiness

TURN_BYTES: Final = 4 * 1024
"""Read from a socket before the others have their turn: some 25 poses."""
READ_BYTES_MAX: Final = 64 * 1024
"""Read at once of a message that is known to be larger than `TURN_BYTES`."""
_PIECE_BYTES: Final = 16 * 1024

Take = Callable[[bytes], int]
"""Takes what arrived. Returns how many bytes it can use next, 0 when it wants no more at all."""


class Wire(Protocol):
    """A byte stream with a write that never waits."""

    async def deliver(self, take: Take) -> None:
        """Hand over all that arrives, until `take` wants no more or the stream ends.

        Raises:
            trio.BrokenResourceError, trio.ClosedResourceError: the connection broke.
            Exception: whatever `take` raised.
        """
        ...

    def pause(self) -> None:
        """Leave what arrives unread, so that the peer has to wait."""
        ...

    def resume(self) -> None:
        """Undo `pause`."""
        ...

    def after_batch(self, action: Callable[[], None]) -> bool:
        """Have this called when what arrived together is handled; False: now is as good.

        Args:
            action: must neither wait nor raise.
        """
        ...

    def send_now(self, data: bytes) -> int:
        """Write what can be written without waiting; return how many bytes that was.

        Raises:
            OSError: the connection broke.
        """
        ...

    async def send_some(self, data: bytes | memoryview) -> int:
        """Wait until something can be written; return how many bytes that was.

        When it is cancelled, a socket can still be written to; any other stream is broken.

        Raises:
            OSError, trio.BrokenResourceError, trio.ClosedResourceError: the connection broke.
        """
        ...

    def finish_sending(self) -> None:
        """Tell the peer that nothing more will come, if this stream can; reading goes on."""
        ...

    async def aclose(self) -> None:
        """Close the stream."""
        ...


class SocketWire:
    """A TCP or Unix socket, used through its file descriptor.

    Args:
        stream: the socket.
        readiness: says when it can be read.
    """

    __slots__ = ("_ended", "_error", "_fd", "_paused", "_readiness", "_stream", "_take", "_wanted")

    def __init__(self, stream: trio.SocketStream, readiness: Readiness) -> None:
        self._stream = stream
        self._fd = stream.socket.fileno()
        self._readiness = readiness
        self._take: Take = _ignored
        self._wanted = TURN_BYTES
        self._paused = False
        self._ended: trio.Event | None = None
        self._error: Exception | None = None

    async def deliver(self, take: Take) -> None:
        self._take = take
        ended = self._ended = trio.Event()
        self._readiness.watch(self._fd, self._turn)
        if self._paused:
            self._readiness.pause(self._fd)
        try:
            await ended.wait()
        finally:
            self._readiness.forget(self._fd)
        if self._error is not None:
            raise self._error

    def _turn(self) -> None:
        """Read once. No error leaves this: it belongs to the task in `deliver`."""
        try:
            data = os.read(self._fd, self._wanted)
            wanted = self._take(data) if data else 0
        except BlockingIOError:
            return
        except OSError as error:
            self._error = trio.BrokenResourceError()
            self._error.__cause__ = error
            wanted = 0
        except Exception as error:  # noqa: BLE001  Raised where this socket's own task waits.
            self._error = error
            wanted = 0
        if wanted > TURN_BYTES:
            self._wanted = min(wanted, READ_BYTES_MAX)
        elif wanted:
            self._wanted = TURN_BYTES
        elif self._ended is not None:
            self._readiness.forget(self._fd)
            self._ended.set()

    def pause(self) -> None:
        self._paused = True
        self._readiness.pause(self._fd)

    def resume(self) -> None:
        self._paused = False
        self._readiness.resume(self._fd)

    def after_batch(self, action: Callable[[], None]) -> bool:
        return self._readiness.after_batch(action)

    def send_now(self, data: bytes) -> int:
        try:
            return os.write(self._fd, data)
        except BlockingIOError:
            return 0

    async def send_some(self, data: bytes | memoryview) -> int:
        while True:
            try:
                return os.write(self._fd, data)
            except BlockingIOError:
                await trio.lowlevel.wait_writable(self._fd)

    def finish_sending(self) -> None:
        try:
            self._stream.socket.shutdown(trio.socket.SHUT_WR)
        except OSError:
            return  # It broke already.

    async def aclose(self) -> None:
        self._fd = -1  # The number will soon mean another connection.
        await trio.aclose_forcefully(self._stream)


class StreamWire:
    """Any other trio stream: TLS, memory, or one with bytes pushed back."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream
        self._resumed = trio.Event()
        self._resumed.set()
        self._cut = False  # Cancelling a write leaves nobody knowing what was written.

    async def deliver(self, take: Take) -> None:
        while True:
            await self._resumed.wait()
            data = bytes(await self._stream.receive_some(READ_BYTES_MAX))
            if not data or not take(data):
                return

    def pause(self) -> None:
        self._resumed = trio.Event()

    def resume(self) -> None:
        self._resumed.set()

    def after_batch(self, action: Callable[[], None]) -> bool:
        return False

    def send_now(self, data: bytes) -> int:
        return 0

    async def send_some(self, data: bytes | memoryview) -> int:
        if self._cut:
            raise trio.BrokenResourceError("a write was given up in its middle")
        piece = data[:_PIECE_BYTES]
        self._cut = True
        await self._stream.send_all(piece)
        self._cut = False
        return len(piece)

    def finish_sending(self) -> None:
        """Such streams can only be closed whole."""

    async def aclose(self) -> None:
        await trio.aclose_forcefully(self._stream)


def wire(stream: trio.abc.Stream, readiness: Readiness | None) -> Wire:
    """Return the cheapest wire for this stream; without a `readiness` every stream is alike."""
    if readiness is not None and isinstance(stream, trio.SocketStream):
        return SocketWire(stream, readiness)
    return StreamWire(stream)


def remote_address(stream: trio.abc.Stream) -> str:
    """Return the peer's IP address; empty when the stream is no socket or its peer has gone."""
    if not isinstance(stream, trio.SocketStream):
        return ""
    try:
        name = stream.socket.getpeername()
    except OSError:
        return ""
    return str(name[0]) if isinstance(name, tuple) else ""


def _ignored(_data: bytes) -> int:
    return TURN_BYTES
