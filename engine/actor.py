"""What an actor is, and the messages that the kernel itself sends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from engine.outcome import Outcome

if TYPE_CHECKING:
    from engine.context import Context

Address = str
"""`kind:name`, such as `space:global:lobby:main`. It outlives crashes and passivation."""


class Stay:
    """What `Actor.passivate` returns to go on running."""

    __slots__ = ()


STAY: Final = Stay()


class Actor:
    """Decides; never waits, reads no clock, opens nothing.

    State has one owner. What an actor wants done it asks of `ctx`, which records it; the kernel
    performs the effects when `handle` returns, all of them, or none when it raises.
    """

    def started(self, ctx: Context) -> None:
        """Run first in every incarnation: after a start, a crash or a rehydration."""

    def handle(self, message: Any, ctx: Context) -> None:
        """Decide what follows from one message.

        Raises:
            Refusal: the answer is no; effects are dropped, an asker gets the refusal.
            Exception: a bug; effects are dropped, the supervisor decides what happens.
        """
        raise NotImplementedError

    def stopping(self, ctx: Context) -> None:
        """Run last in an orderly stop. Effects count; answers to them do not arrive."""

    def passivate(self) -> Any:
        """Return the state to keep while idle, or STAY to go on running (the default)."""
        return STAY


@dataclass(frozen=True, slots=True)
class IoDone:
    """What became of `ctx.io(..., tag=tag)`."""

    tag: Any
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class AskDone:
    """What became of `ctx.ask(..., tag=tag)`."""

    tag: Any
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Down:
    """A watched actor is gone for good. Sent exactly once a watch."""

    address: Address
    reason: str


@dataclass(frozen=True, slots=True)
class Restarted:
    """A watched actor has begun a new incarnation; what it held in memory is lost."""

    address: Address


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A message this actor told was turned away by a full mailbox that refuses."""

    to: Address
    message: Any


@dataclass(frozen=True, slots=True)
class Filled:
    """This actor's conflated lane was empty and holds a value now (kinds whose lane `wakes`).

    It comes ahead of ordinary mail, like a timer, and comes again to an incarnation that finds
    values there; an actor that has seen it must not count on an empty lane staying empty.
    """


@dataclass(frozen=True, slots=True)
class Gap:
    """`count` older messages were dropped here from a mailbox that drops its oldest."""

    count: int


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """Where the answer to an ask goes; keep it to answer later. Good for one answer."""

    ask: int


@dataclass(frozen=True, slots=True)
class Exited:
    """A linked actor crashed or ended; kinds with `trap_exits` get this instead of falling too."""

    address: Address
    reason: str


class LinkedExit(Exception):
    """A linked actor ended abnormally, so this one ends too."""

    def __init__(self, origin: Address, reason: str) -> None:
        super().__init__(f"{origin}: {reason}")
        self.origin = origin
