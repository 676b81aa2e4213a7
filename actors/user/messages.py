"""What an account's actor is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actors.calls.state import Side
from actors.ledger.messages import BalanceIs
from engine.actor import Down, Restarted


def user_address(account: str) -> str:
    """Return the address of an account's actor."""
    return f"user:{account}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketHere:
    """Told by a session whose person has proved to be this account, and when this changes.

    Attributes:
        connected: whether its connection is there; a lost one may yet be taken up again.
    """

    socket_id: str
    connected: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketGone:
    """Told by a session that ends, or whose person is somebody else now."""

    socket_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TellUser:
    """Send an event to every socket of the account."""

    event: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingChanged:
    """Told by whoever changed what an account is: its spaces read it again, without reconnecting.

    Passed on to each of its sessions, and by these to the space they are in.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUser:
    """Told by a call: prove to it, as `side`, that this account is there while it is."""

    call: str
    side: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfollowUser:
    """Told by a call that is over."""

    call: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The account's own timer."""


@dataclass(frozen=True, slots=True)
class TellBalance:
    """The account's own timer: what it has now may be told again."""


UserMessage = (
    SocketHere | SocketGone | TellUser | StandingChanged | FollowUser | UnfollowUser | Beat
    | BalanceIs | TellBalance | Down | Restarted
)  # fmt: skip
