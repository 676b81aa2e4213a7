"""What must hold in every run, watched from outside while it goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import trio

from engine.actor import AskDone, Down, IoDone, ReplyTo
from engine.cell import Cell, State
from engine.context import Effect
from engine.core import Core
from engine.observer import Observer
from tests.engine.programs import Tick


@dataclass(frozen=True, slots=True)
class Numbered:
    """The n-th message of a sender, from 1."""

    sender: str
    number: int


class Oracles(Observer):
    """Collects violations; a run is good when there are none."""

    def __init__(self) -> None:
        self.core: Core | None = None
        self.violations: list[str] = []
        self._seen: dict[tuple[int, str], int] = {}
        self._handled: Counter[tuple[int, str, int]] = Counter()
        self._watches: Counter[tuple[int, str]] = Counter()
        self._downs: Counter[tuple[int, str]] = Counter()
        self._asked: Counter[tuple[int, Any]] = Counter()
        self._busy: int | None = None
        self._living: set[int] = set()
        self._exits: dict[int, str] = {}

    def expect(self, truth: object, otherwise: str) -> None:
        if not truth:
            self.violations.append(otherwise)

    def born(self, now_us: int, cell: Cell, birth: object) -> None:
        self.expect(cell.number not in self._living, f"{cell.address} was born alive")
        self._living.add(cell.number)
        known = self.core is None or self.core.cells.get(cell.address) is cell
        self.expect(known, f"{cell.address} was born outside the node")

    def exited(self, now_us: int, cell: Cell, reason: str) -> None:
        self._busy = None
        self._exits[cell.number] = reason
        self._living.discard(cell.number)

    def crashed(self, now_us: int, cell: Cell, error: BaseException) -> None:
        self.expect(isinstance(error, Exception), f"{error!r} counted as a crash")
        self.expect(not isinstance(error, trio.Cancelled), "a cancellation counted as a crash")

    def delivering(self, now_us: int, cell: Cell, message: Any, asked: ReplyTo | None) -> None:
        self.expect(self._busy is None, f"{cell.address} handles while another does")
        self.expect(cell.number in self._living, f"{cell.address} handles mail while dead")
        self._busy = cell.number
        match message:
            case Numbered(sender=sender, number=number):
                last = self._seen.get((cell.number, sender), 0)
                self._handled[(cell.number, sender, number)] += 1
                tries = cell.kind.retries + 1
                again = number == last and self._handled[(cell.number, sender, number)] <= tries
                self.expect(number > last or again, f"{message} after {last} at {cell.address}")
                self._seen[(cell.number, sender)] = number
            case Tick(incarnation=incarnation, keep=False):
                self.expect(
                    incarnation == cell.incarnation, f"{cell.address}: a timer outlived its actor"
                )
            case Down(address=address):
                self._downs[(cell.number, address)] += 1
                self.expect(
                    self._downs[(cell.number, address)] <= self._watches[(cell.number, address)],
                    f"{cell.address} was told twice that {address} is down",
                )
            case AskDone(tag=tag) | IoDone(tag=tag):
                # Deliveries that crash are tried again where the kind says so.
                self._asked[(cell.number, tag)] -= 1
                known = self._asked[(cell.number, tag)] >= -cell.kind.retries
                self.expect(known, f"{cell.address} was answered twice: {message}")

    def delivered(self, now_us: int, cell: Cell, effects: list[Effect]) -> None:
        self._busy = None
        for effect in effects:
            match effect:
                case ("watch", address):
                    self._watches[(cell.number, address)] += 1
                case ("ask", _, _, tag, _) | ("io", _, _, tag):
                    self._asked[(cell.number, tag)] += 1

    def refused(self, now_us: int, cell: Cell, code: str) -> None:
        self._busy = None

    def check_balance(self, core: Core) -> None:
        """Nothing is lost or invented."""
        self.expect(core.missing() == 0, f"{core.missing()} messages are unaccounted for")

    def check_kill(self, core: Core, address: str, kill: Callable[[str], None]) -> None:
        """A kill ends at once, and as a kill."""
        cell = core.cells[address]
        lived = cell.number in self._living
        kill(address)
        self.expect(core.cells.get(address) is not cell, f"{address} survived its kill")
        reason = self._exits.get(cell.number)
        self.expect(not lived or reason == "killed", f"{address} was killed, exited: {reason}")

    def check_quiet(self, core: Core) -> None:
        """Long after all that was asked for, nobody waits for a turn, a start or an answer."""
        self.check_balance(core)
        self.expect(len(core.asks) == 0, "asks are open")
        for cell in core.cells.values():
            quiet = cell.state in {State.RUNNING, State.PASSIVE} and not cell.has_work
            self.expect(quiet and cell.stop_reason is None, f"{cell} is not quiet")
            self.expect(not cell.mail and not cell.system, f"{cell} sleeps on its mail")
            self.expect(not cell.timers, f"{cell} has timers that never fire")
            self.expect(cell.waits == 0, f"{cell} still waits for {cell.waits}")
            for watched in cell.watching:
                self.expect(watched in core.cells, f"{cell} watches {watched}, which is gone")
