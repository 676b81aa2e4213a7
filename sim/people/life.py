"""What happens to a person and what a person can do: the same in the simulator and live."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from actors.space.space_id import SpaceId
from engine.entropy import Chance
from sim.people.trades import Trade


@dataclass(frozen=True, slots=True)
class Begin:
    """The scenario begins."""


@dataclass(frozen=True, slots=True)
class Woken:
    """A time the person set has come."""

    what: str
    number: int = 0


@dataclass(frozen=True, slots=True)
class Connected:
    """The socket is open; `recovered`: it is the one that was lost, and goes on."""

    socket_id: str
    recovered: bool = False


@dataclass(frozen=True, slots=True)
class NotConnected:
    """An attempt to connect has failed."""

    reason: str


@dataclass(frozen=True, slots=True)
class Dropped:
    """The socket is gone; with `stay_away` the server does not want this client back."""

    reason: str
    stay_away: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """An event from the server; `text` is the packet it came in."""

    event: str
    payload: Any = field(repr=False, compare=False)
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The server's acknowledgement of event number `ack`."""

    ack: int
    answer: Any


@dataclass(frozen=True, slots=True)
class Fetched:
    """An HTTP answer; status 0 when none came."""

    tag: str
    status: int
    body: dict[str, Any]


Happening = Begin | Woken | Connected | NotConnected | Dropped | Received | Answered | Fetched


@dataclass(frozen=True, slots=True)
class AskToJoin:
    """POST /api/spaces/{type}/{id}/join."""

    space: SpaceId


@dataclass(frozen=True, slots=True)
class ReadHistory:
    """GET /api/chat/{type}/{id}/messages, the newest page."""

    space: SpaceId


@dataclass(frozen=True, slots=True)
class UseCall:
    """The calls' routes: ring `to`, or accept, pause, resume or end a call."""

    verb: str
    call_id: str
    to: str = ""
    rate: int = 0


Request = AskToJoin | ReadHistory | UseCall | Trade


class Life(Protocol):
    """What a person can do. Nothing waits: what follows comes back as a `Happening`."""

    @property
    def now_us(self) -> int:
        """Microseconds since the scenario's beginning."""
        ...

    def chance(self, purpose: str) -> Chance:
        """Return the person's own stream of chance for a purpose."""
        ...

    def dial(self) -> None:
        """Open a socket: `Connected` or `NotConnected` follows."""
        ...

    def hang_up(self) -> None:
        """Close the socket; nothing follows."""
        ...

    def emit(self, event: str, payload: Any, ack: int | None = None) -> None:
        """Send an event; with `ack`, `Answered` may follow. Without a socket it is lost."""
        ...

    def wake(self, delay_us: int, what: str, number: int = 0) -> None:
        """Have `Woken(what, number)` happen after a delay, in place of an earlier such wish."""
        ...

    def fetch(self, request: Request, tag: str) -> None:
        """Make an HTTP request: `Fetched(tag, ...)` follows."""
        ...
