"""The cell: what belongs to an address and outlives the actor that lives there now.

It owns the mailbox and the message in hand. That is what makes crashes, cancellation and
passivation lossless: a new incarnation finds everything the old one had not finished.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal, cast

from engine.actor import Actor, Address, ReplyTo
from engine.clock import SECOND_US, Timer
from engine.entropy import Chance
from engine.supervision import Backoff, Crashes, RestartPolicy


class State(Enum):
    """Where a cell is in its life. Only `engine.lifecycle` moves it."""

    LOADING = "loading"
    RUNNING = "running"
    BACKOFF = "backoff"
    PASSIVATING = "passivating"
    PASSIVE = "passive"
    STOPPING = "stopping"
    DEAD = "dead"


# Looked up once: finding a member of an Enum takes as long as the rest of a delivery's checks.
_RUNNING: Final = State.RUNNING
_PASSIVATING: Final = State.PASSIVATING
_STOPPING: Final = State.STOPPING


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """The bound of an ordered lane and what happens at it.

    refuse: the teller learns of it (`Undelivered`, an `Err`, or MailboxFull outside actors).
    drop_newest, drop_oldest: dead-lettered; the oldest leave a `Gap` in their place.
    shed: the message with the lowest `priority` (a class attribute, 0 when absent) goes.

    Of the conflated lane: `keys_max` bounds its keys; with `wakes` the first value in an empty lane
    sends the actor `Filled`; `merge` says what becomes of a value that meets a newer one, which
    replaces it when there is no rule. A merged value takes no more room than one of the two.
    """

    size_max: int = 1024
    overflow: Literal["refuse", "drop_newest", "drop_oldest", "shed"] = "refuse"
    keys_max: int = 16_384  # more than the people a space can hold
    wakes: bool = False
    merge: Callable[[Any, Any], Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Birth:
    """What an incarnation is built from.

    Attributes:
        address: its own.
        init: what `spawn` gave; None when started by its first message.
        loaded: the answer to the kind's load request, read anew for each incarnation.
        kept: what `passivate` returned, when the last incarnation passivated in memory.
    """

    address: Address
    init: Any = None
    loaded: Any = None
    kept: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """How actors of one kind live. The kind is the address up to the first colon.

    Attributes:
        build: makes an incarnation.
        load: (port, request) to perform before each incarnation; a failure counts as a crash.
        save: (port, request) that makes a passivated state durable; the next incarnation finds it
            with `load`. Without it the state is kept in memory.
        starts_on_tell: the first message to an unknown address starts it; else it must be spawned.
        one_life: an address is used once, so nothing is remembered of it after its death.
        lifetime: permanent comes back after crashes until its supervisor gives up; temporary dies.
        children: how children's crashes are handled.
        restart: how often and how fast children (an actor without a parent: itself) come back.
        lane: the mailbox's bounds.
        turn_max: how many messages it handles before all others have had their turn. Sixteen spread
            a turn's fixed cost and hold up nobody; more for one whom everybody waits for, and who
            is quick at each.
        retries: how often a message that crashed the actor is tried again before it is dead.
        idle_us: passivate after this long without mail (timers and outcomes do not count); None
            never.
        stop_within_us: how long an orderly stop may take before the actor is killed.
        trap_exits: a linked actor's end arrives as `Exited` instead of felling this one.
    """

    name: str
    build: Callable[[Birth], Actor]
    load: Callable[[Address], tuple[str, Any]] | None = None
    save: Callable[[Address, Any], tuple[str, Any]] | None = None
    starts_on_tell: bool = True
    one_life: bool = False
    lifetime: Literal["permanent", "temporary"] = "permanent"
    children: Literal["one_for_one", "one_for_all", "rest_for_one"] = "one_for_one"
    restart: RestartPolicy = field(default_factory=RestartPolicy)
    lane: Lane = field(default_factory=Lane)
    turn_max: int = 16
    retries: int = 0
    idle_us: int | None = None
    stop_within_us: int = 5 * SECOND_US
    trap_exits: bool = False


class Envelope:
    """A message that is more than itself: asked, tried again, or meant for one incarnation."""

    __slots__ = ("asker", "message", "only", "tries")

    def __init__(self, message: Any, asker: ReplyTo | None = None, only: int = 0) -> None:
        self.message = message
        self.asker = asker
        self.only = only  # The one incarnation that it concerns; 0 for all.
        self.tries = 0


Mail = Any
"""What lies in a lane: an `Envelope`, or the bare message when there is nothing more to say."""


class _Nothing(dict[Any, Any]):
    """An empty dict that stays so."""

    def __setitem__(self, key: Any, value: Any) -> None:
        raise TypeError("shared by all that have nothing: make a dict of your own")


# An idle cell should weigh little: what it does not use is one of these, shared and unwritable.
NO_MAIL: Final = cast("deque[Mail]", ())
NO_TIES: Final[dict[Address, None]] = _Nothing()
NO_VALUES: Final[dict[Any, Any]] = _Nothing()


class Cell:
    """One address's mailbox, state and ties.

    Plain data: `engine.core` and `engine.lifecycle` act on it.
    """

    __slots__ = (
        "actor", "address", "asks", "backoff", "birth", "chances", "child_crashes", "children",
        "control", "crashes", "gap", "idle_timer", "in_hand", "incarnation", "init", "kept",
        "kind", "last_mail_us", "latest", "links", "lost", "mail", "number", "parent", "saving",
        "scheduled", "size_max", "state", "stop_reason", "stop_timer", "system", "task", "timers",
        "waits", "watchers", "watching",
    )  # fmt: skip

    def __init__(
        self, number: int, address: Address, kind: Kind, birth: int, parent: Address | None
    ) -> None:
        self.number = number  # Counts all cells of the node: an identity that replays.
        self.address = address
        self.kind = kind
        self.birth = birth
        self.parent = parent
        self.state = State.LOADING
        self.incarnation = 0
        self.actor: Actor | None = None
        self.lost = False  # What an incarnation held in memory is gone; watchers will hear of it.
        self.init: Any = None
        self.kept: Any = None
        self.saving = False
        self.control: deque[Callable[[], None]] = NO_MAIL
        self.system: deque[Mail] = NO_MAIL
        self.mail: deque[Mail] = NO_MAIL
        self.size_max = kind.lane.size_max  # 0 once it takes no more.
        self.latest: dict[Any, Any] = NO_VALUES
        self.gap = 0
        self.in_hand: Mail = None
        self.scheduled = False
        self.task: Any = None  # The engine's: what gives this cell its turns.
        self.asks: dict[int, None] = NO_VALUES  # Asked of this incarnation, not yet answered.
        self.waits = 0  # Asks and requests of this incarnation, not yet answered.
        self.watchers: dict[Address, None] = NO_TIES
        self.watching: dict[Address, None] = NO_TIES
        self.links: dict[Address, None] = NO_TIES
        self.children: dict[Address, None] = NO_TIES
        self.timers: dict[Any, tuple[Timer, bool]] = NO_VALUES
        self.idle_timer: Timer | None = None
        self.stop_timer: Timer | None = None
        self.stop_reason: str | None = None
        self.last_mail_us = 0
        self.crashes: Crashes | None = None  # Its own, when it has no parent.
        self.child_crashes: Crashes | None = None
        self.backoff: Backoff | None = None
        self.chances: dict[str, Chance] = NO_VALUES

    @property
    def has_work(self) -> bool:
        """Whether a turn would do something now."""
        if self.control:
            return True
        state = self.state
        if state is _RUNNING or state is _PASSIVATING:
            return bool(self.system or self.mail)
        return state is _STOPPING

    @property
    def queued(self) -> int:
        """Messages that wait, conflated ones not counted."""
        return len(self.system) + len(self.mail) + (self.in_hand is not None)

    def __repr__(self) -> str:
        lane = self.kind.lane
        return f"<{self.address} {self.state.value}, mailbox {len(self.mail)}/{lane.size_max}>"


def tie(ties: dict[Address, None], address: Address) -> dict[Address, None]:
    """Return `ties` with `address`, in a dict of its own if it had none."""
    if ties is NO_TIES:
        return {address: None}
    ties[address] = None
    return ties


def untie(ties: dict[Address, None], address: Address) -> None:
    """Take `address` out of `ties`, if it is there."""
    if ties:
        ties.pop(address, None)
