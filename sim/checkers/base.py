"""What a checker is, and the observer that shows every step of a run to all of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from actors.clients import CLIENTS, Acknowledge, Emit, EmitMany
from actors.session.actor import Session
from actors.settings import ActorSettings
from actors.space.actor import Space
from engine.actor import Address, ReplyTo
from engine.cell import Birth, Cell
from engine.context import Effect
from engine.core import Core
from engine.observer import Observer
from sim.network import Network
from sim.payers import Payer
from sim.people.actor import PersonActor
from sim.people.visitor import Visitor
from sim.receivers import Received
from sim.scenario import Scenario
from sim.store import MemoryStore

TRAIL = 50
"""Deliveries kept for each address, to be shown when it fails."""


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant that broke.

    Attributes:
        checker: its name.
        text: what was seen.
        address: the actor concerned; empty when it is none in particular.
        now_us: kernel time.
        trail: the last deliveries to that actor, oldest first: (time, message).
    """

    checker: str
    text: str
    address: Address
    now_us: int
    trail: tuple[tuple[int, Any], ...]


@dataclass(slots=True)
class Scene:
    """What checkers may look at."""

    core: Core
    network: Network
    memory: MemoryStore
    scenario: Scenario
    policy: ActorSettings = field(default_factory=ActorSettings)
    received: list[Received] = field(default_factory=list)

    def people(self) -> list[Visitor]:
        """Return everybody, in the order of the scenario."""
        names = (part.name for part in self.scenario.people)
        actors = [self.core.cells[f"person:{name}"].actor for name in names]
        return [actor.person for actor in actors if isinstance(actor, PersonActor)]

    def payers(self) -> list[Payer]:
        """Return every payer, in the order of the scenario."""
        names = (part.name for part in self.scenario.payers)
        actors = [self.core.cells[f"payer:{name}"].actor for name in names]
        return [actor for actor in actors if isinstance(actor, Payer)]

    def spaces(self) -> dict[Address, Space]:
        """Return the spaces that are awake, by address."""
        cells = self.core.cells
        return {a: c.actor for a, c in cells.items() if isinstance(c.actor, Space)}

    def sessions(self) -> dict[Address, Session]:
        """Return the sessions, by address."""
        cells = self.core.cells
        return {a: c.actor for a, c in cells.items() if isinstance(c.actor, Session)}


class Checker:
    """One invariant. Override what is of interest; count in `checked`, complain with `fail`."""

    name: ClassVar[str]
    sentence: ClassVar[str]

    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self.checked = 0

    @property
    def scene(self) -> Scene:
        """What may be looked at."""
        return self._checks.scene

    @property
    def inside(self) -> dict[Address, dict[str, None]]:
        """Who is in each space, as its events have said up to now."""
        return self._checks.inside

    def fail(self, text: str, address: Address = "") -> None:
        """The invariant is broken."""
        self._checks.report(self.name, text, address)

    def every_step(self, cell: Cell) -> None:
        """Any actor is about to be told something."""

    def space_born(self, cell: Cell) -> None:
        """An incarnation of a space begins."""

    def space_gone(self, cell: Cell, reason: str) -> None:
        """An incarnation of a space has ended."""

    def space_told(self, cell: Cell, message: Any) -> None:
        """A space is about to handle a message."""

    def space_put(self, cell: Cell, key: Any, value: Any) -> None:
        """A pose lies in a space's lane."""

    def space_emitted(self, cell: Cell, emit: Emit) -> None:
        """A space has sent an event."""

    def space_handled(self, cell: Cell, space: Space) -> None:
        """A space has handled any message."""

    def space_settled(self, cell: Cell, space: Space) -> None:
        """A space has handled a message that may have changed who is in it."""

    def channel_emitted(self, cell: Cell, emit: Emit) -> None:
        """A channel has told those who watch it something."""

    def acknowledged(self, cell: Cell, acknowledge: Acknowledge) -> None:
        """A session has answered its client."""

    def person_acted(self, cell: Cell, person: Visitor) -> None:
        """Something has happened to a person."""

    def at_end(self) -> None:
        """The faults are over, and time enough has passed."""


class Checks(Observer):
    """Shows a run to its checkers. The first violation is kept; the world stops when it sees it."""

    def __init__(self, kinds: Iterable[type[Checker]]) -> None:
        self.scene: Scene
        self.violation: Violation | None = None
        self.inside: dict[Address, dict[str, None]] = {}
        self.steps = 0
        self.checkers = [kind(self) for kind in kinds]
        self._trails: dict[Address, deque[tuple[int, Any]]] = {}
        self._every_step = self._hooks("every_step")
        self._space_born = self._hooks("space_born")
        self._space_gone = self._hooks("space_gone")
        self._space_told = self._hooks("space_told")
        self._space_put = self._hooks("space_put")
        self._space_emitted = self._hooks("space_emitted")
        self._space_handled = self._hooks("space_handled")
        self._space_settled = self._hooks("space_settled")
        self._channel_emitted = self._hooks("channel_emitted")
        self._acknowledged = self._hooks("acknowledged")
        self._person_acted = self._hooks("person_acted")

    def _hooks(self, name: str) -> list[Callable[..., None]]:
        plain = getattr(Checker, name)
        return [getattr(c, name) for c in self.checkers if getattr(type(c), name) is not plain]

    def report(self, checker: str, text: str, address: Address) -> None:
        """Keep a violation, if it is the first."""
        if self.violation is None:
            trail = tuple(self._trails.get(address, ()))
            now_us = self.scene.core.now_us
            self.violation = Violation(checker, text, address, now_us, trail)

    def at_end(self) -> None:
        """Check what must hold when everything has calmed down."""
        for checker in self.checkers:
            checker.at_end()

    # The observer.

    def born(self, now_us: int, cell: Cell, birth: Birth) -> None:
        if isinstance(cell.actor, Space):
            self.inside[cell.address] = {}
            for hook in self._space_born:
                hook(cell)

    def exited(self, now_us: int, cell: Cell, reason: str) -> None:
        if cell.kind.name == "space":
            self.inside.pop(cell.address, None)
            for hook in self._space_gone:
                hook(cell, reason)
        if cell.kind.one_life:
            self._trails.pop(cell.address, None)

    def put(self, now_us: int, cell: Cell, key: Any, value: Any) -> None:
        if cell.kind.name == "space":
            for hook in self._space_put:
                hook(cell, key, value)

    def delivering(self, now_us: int, cell: Cell, message: Any, asked: ReplyTo | None) -> None:
        self.steps += 1
        trail = self._trails.get(cell.address)
        if trail is None:
            trail = self._trails[cell.address] = deque(maxlen=TRAIL)
        trail.append((now_us, message))
        for hook in self._every_step:
            hook(cell)
        if cell.kind.name == "space":
            for hook in self._space_told:
                hook(cell, message)

    def delivered(self, now_us: int, cell: Cell, effects: list[Effect]) -> None:
        actor = cell.actor
        if isinstance(actor, PersonActor):
            for hook in self._person_acted:
                hook(cell, actor.person)
        elif isinstance(actor, Space):
            self._space_did(cell, actor, effects)
        elif cell.kind.name == "channel":
            for effect in effects:
                if effect[0] == "io" and isinstance(effect[2], Emit):
                    for hook in self._channel_emitted:
                        hook(cell, effect[2])
        else:
            for effect in effects:
                if effect[0] == "io" and isinstance(effect[2], Acknowledge):
                    for hook in self._acknowledged:
                        hook(cell, effect[2])

    def _space_did(self, cell: Cell, space: Space, effects: list[Effect]) -> None:
        inside = self.inside[cell.address]
        changed = False
        for emit in _emits(effects):
            if emit.event == "user-left":
                changed = True
                for hook in self._space_emitted:
                    hook(cell, emit)
                inside.pop(emit.payload["socketId"], None)
                continue
            if emit.event == "user-joined":
                changed = True
                inside[emit.payload["socketId"]] = None
            elif emit.event == "space-joined":
                changed = True
                inside |= dict.fromkeys(user["socketId"] for user in emit.payload["users"])
            for hook in self._space_emitted:
                hook(cell, emit)
        for hook in self._space_handled:
            hook(cell, space)
        bodies = space.state.roster.bodies
        leaving = dict.fromkeys(socket_id for socket_id, _ in space.state.departures)
        if changed or (bodies.keys() | leaving.keys()) != inside.keys():
            self.inside[cell.address] = dict.fromkeys(bodies) | leaving
            for hook in self._space_settled:
                hook(cell, space)


def _emits(effects: list[Effect]) -> Iterator[Emit]:
    """Yield what a space says to its people, event by event."""
    for effect in effects:
        if effect[0] == "io" and effect[1] == CLIENTS:
            match effect[2]:
                case Emit() as emit:
                    yield emit
                case EmitMany(to=to, event=event, payloads=payloads):
                    for but, payload in payloads:
                        yield Emit(to=to, event=event, payload=payload, but=but)
