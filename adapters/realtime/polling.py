"""Long-polling's side of a session: packets wait here until the client asks for them."""

from __future__ import annotations

from collections.abc import Callable

import trio

from adapters.realtime.engineio import CLOSE, NOOP, SEPARATOR
from adapters.realtime.outgoing import Outgoing

CLOSE_PACKET = Outgoing(CLOSE.encode(), prefix=b"")
NOOP_PACKET = Outgoing(NOOP.encode(), prefix=b"")


class Polling:
    """The buffer of one polling session and the request that waits on it.

    Args:
        bytes_max: more than this waiting beside the largest packet calls `on_overflow` and drops
            all, so one packet may be larger: a crowd's roster is.
        on_overflow: must not call back into the sender.
    """

    def __init__(self, *, bytes_max: int, on_overflow: Callable[[], None]) -> None:
        self.polled: trio.Event | None = None
        """Set to let the waiting GET answer; None while none waits."""
        self.posting = False
        """A POST's body is being read."""
        self.upgrading = False
        """A WebSocket is taking over: a GET is answered at once, so that the client may go."""
        self._bytes_max = bytes_max
        self._on_overflow = on_overflow
        self._buffer: list[Outgoing] = []
        self._bytes = self._largest = 0
        self._last = False

    @property
    def ready(self) -> bool:
        """Whether a GET would be answered at once."""
        return bool(self._buffer) or self.upgrading

    @property
    def waiting(self) -> int:
        """How many packets wait."""
        return len(self._buffer)

    def send(self, outgoing: Outgoing) -> None:
        """Keep a packet for the next GET, or answer the waiting one."""
        if self._last:
            return
        self._buffer.append(outgoing)
        self._bytes += len(outgoing.payload)
        self._largest = max(self._largest, len(outgoing.payload))
        if self._bytes - self._largest > self._bytes_max:
            self._buffer.clear()
            self._last = True
            self._on_overflow()
        self._wake()

    def close(self, code: int, reason: str = "") -> None:
        """Let the last GET end with a close packet; the codes are WebSocket's."""
        self.finish(CLOSE_PACKET)

    def finish(self, packet: Outgoing) -> None:
        """Make `packet` the last one."""
        if not self._last:
            self._last = True
            self._buffer.append(packet)
        self._wake()

    def begin_upgrade(self) -> None:
        """Release the waiting GET, and from now on every other, at once."""
        self.upgrading = True
        self._wake()

    def abandon_upgrade(self) -> None:
        """The WebSocket did not take over: GETs wait again."""
        self.upgrading = False

    def take(self) -> list[Outgoing]:
        """Return what waits, for another transport to send."""
        packets, self._buffer = self._buffer, []
        self._bytes = self._largest = 0
        return packets

    def take_payload(self) -> bytes:
        """Return what waits as one payload: a noop when nothing does.

        A close packet comes in a payload of its own: the stock client acts on it before it hands
        out the events that came with it, and keeps those for the time after its reconnect.
        """
        packets = self.take() or [NOOP_PACKET]
        if len(packets) > 1 and packets[-1] is CLOSE_PACKET:
            self._buffer.append(packets.pop())
        return SEPARATOR.join([each.payload for each in packets])

    def _wake(self) -> None:
        if self.polled is not None:
            self.polled.set()
