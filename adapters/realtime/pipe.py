"""What carries WebSocket messages, and who receives them."""

from __future__ import annotations

from typing import Final, Protocol

from adapters.realtime.outgoing import Outgoing

TRANSPORT_CLOSE: Final = "transport close"
TRANSPORT_ERROR: Final = "transport error"
GOING_AWAY: Final = "client going away"
"""The page was closed or left: a browser says so with 1001, and its script cannot come back."""
PING_TIMEOUT: Final = "ping timeout"
TOO_SLOW: Final = "too slow"

LOST: Final = frozenset({PING_TIMEOUT, TOO_SLOW, TRANSPORT_CLOSE, TRANSPORT_ERROR})
"""Ends of a connection that nobody wished: its client may come back and go on."""


class Receiver(Protocol):
    """Takes what a pipe brings."""

    def received(self, message: str | bytes) -> None:
        """Take one message."""
        ...

    def ended(self, reason: str) -> None:
        """Learn, once, that no message will come any more."""
        ...


class Pipe(Protocol):
    """An open WebSocket, whoever makes its frames. Its `receiver` may be exchanged at any time."""

    receiver: Receiver
    heard: bool
    """Set whenever anything arrives; cleared by whoever watches for silence."""

    @property
    def waiting(self) -> int:
        """How many writes wait for the client to read."""
        ...

    def send(self, outgoing: Outgoing) -> None:
        """Write now, or queue within the outbox's bound; never waits, never raises."""
        ...

    def close(self, code: int, reason: str = "") -> None:
        """Close after what was sent before; nothing can be sent, or is received, afterwards."""
        ...

    def ping(self) -> bool:
        """Send a WebSocket ping; False when this pipe cannot, and silence proves nothing."""
        ...

    def abort(self) -> None:
        """Drop the connection without ceremony."""
        ...

    async def run(self) -> None:
        """Carry messages until the end; the connection is closed when this returns."""
        ...


class Deaf:
    """A receiver that is no longer interested."""

    def received(self, message: str | bytes) -> None:
        """Ignore it."""

    def ended(self, reason: str) -> None:
        """Ignore it."""


DEAF: Final = Deaf()
