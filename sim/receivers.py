"""Who receives webhooks in a run: servers that are down, hang, answer late, or are gone.

A receiver keeps what reached it. What it was told twice it took twice: it is the checker that knows
what may come again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from actors.webhooks.messages import Answered, PostEvent
from engine.clock import SECOND_US
from engine.core import Core
from engine.entropy import Chance, chance
from engine.outcome import Err, Ok, Outcome, Unknown
from engine.port import Reply
from sim.reading import Table

WITHIN_US = 10 * SECOND_US
"""How long the adapter waits for an answer."""

LATENCY_US = 20_000
LATE_US = 8 * SECOND_US


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverPart:
    """One `[[webhooks]]` table; times are microseconds from the scenario's beginning.

    Attributes:
        owner: whose endpoint it is.
        all: it is told of everybody's money.
        at_us: when it is made.
        events: the types it wants; none: every one.
        fails, hangs, loses, late: chances that a request is answered 500, is never read, is taken
            and never answered, is answered after seconds.
        down: from when to when nobody listens.
        gone: from when to when it answers 410; then its owner enables it again.
        rotates_us: when its owner takes a new secret.
    """

    owner: str
    all: bool = False
    at_us: int = 0
    events: tuple[str, ...] = ()
    fails: float = 0.0
    hangs: float = 0.0
    loses: float = 0.0
    late: float = 0.0
    down: tuple[tuple[int, int], ...] = ()
    gone: tuple[int, int] | None = None
    rotates_us: tuple[int, ...] = ()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"https://hooks.example/{self.owner}{'/all' if self.all else ''}"


def read_receiver(table: Table) -> ReceiverPart:
    """Return the receiver that a `[[webhooks]]` table describes.

    Raises:
        ScenarioError: names the key and what was expected.
    """
    part = ReceiverPart(
        owner=table.text("owner"),
        all=table.flag("all", default=False),
        at_us=table.seconds("at_s", 0),
        events=table.words("events", ()),
        fails=table.share("fails", 0.0),
        hangs=table.share("hangs", 0.0),
        loses=table.share("loses", 0.0),
        late=table.share("late", 0.0),
        down=_spells(table, "down_s"),
        gone=table.seconds_between("gone_s"),
        rotates_us=tuple(begin for begin, _ in _spells(table, "rotates_s")),
    )
    table.done()
    return part


def _spells(table: Table, key: str) -> tuple[tuple[int, int], ...]:
    value = table.take(key, [])
    if not isinstance(value, list):
        table.wrong(key, "a list of seconds, or of [from, to]", value)
    spells = [Table({key: one}, table.path(key)).seconds_between(key) for one in value]
    return tuple(spell for spell in spells if spell is not None)


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it arrived; `status` is what it was answered, whether or not that came back."""

    url: str
    at_us: int
    headers: dict[str, str]
    body: bytes
    status: int

    @property
    def taken(self) -> bool:
        """Whether it need not come again."""
        return 200 <= self.status < 300


Behaviour = Callable[[PostEvent, int], str]
"""What becomes of a request at a time: ok, fails, hangs, loses, late, down or gone."""

STATUS = {"fails": 500, "gone": 410}


@dataclass(slots=True)
class Receivers:
    """The webhooks port of a run.

    Attributes:
        received: everything that arrived, in order.
        behave: what becomes of a request.
    """

    core: Core
    behave: Behaviour
    seed: bytes = b""
    received: list[Received] = field(default_factory=list)
    _latency: Chance = field(init=False)

    def __post_init__(self) -> None:
        """Draw how long requests take."""
        self._latency = chance(self.seed, "webhooks", "latency")

    def start(self, request: PostEvent, reply: Reply) -> None:
        """Carry a request there, or fail to."""
        way_us = LATENCY_US + self._latency.below(2 * LATENCY_US)
        self._later(way_us, lambda: self._arrive(request, reply, way_us))

    def _arrive(self, request: PostEvent, reply: Reply, way_us: int) -> None:
        now_us = self.core.now_us
        what = self.behave(request, now_us)
        status = STATUS.get(what, 200)
        if what not in ("down", "hangs"):
            headers = dict(request.headers)
            self.received.append(Received(request.url, now_us, headers, request.body, status))
        outcome: Outcome = Ok(Answered(status))
        if what == "down":
            outcome = Err("nobody listens")
        elif what in ("hangs", "loses"):
            outcome = Unknown("no answer in time")
            way_us = WITHIN_US
        elif what == "late":
            way_us = LATE_US
        self._later(way_us, lambda: reply(outcome))

    def _later(self, delay_us: int, action: Callable[[], None]) -> None:
        self.core.timers.at(self.core.now_us + delay_us, action)


class AsWritten:
    """The behaviour of a scenario's receivers, until it heals."""

    def __init__(self, parts: tuple[ReceiverPart, ...], begins_us: int, heals_us: int,
                 seed: bytes) -> None:  # fmt: skip
        self._parts = {part.url: part for part in parts}
        self._begins_us = begins_us
        self._heals_us = heals_us
        self._luck = chance(seed, "webhooks", "luck")

    def __call__(self, request: PostEvent, now_us: int) -> str:
        part, at_us = self._parts[request.url], now_us - self._begins_us
        drawn = self._luck.unit()
        if at_us >= self._heals_us:
            return "ok"
        if any(begin <= at_us < end for begin, end in part.down):
            return "down"
        if part.gone is not None and part.gone[0] <= at_us < part.gone[1]:
            return "gone"
        for what in ("fails", "hangs", "loses", "late"):
            share: float = getattr(part, what)
            if drawn < share:
                return what
            drawn -= share
        return "ok"
