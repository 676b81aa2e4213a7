"""What checkers of durable rows share: they look again only when the rows have changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from engine.cell import Cell
from sim.checkers.base import Checker, Checks
from sim.store import MemoryStore


class RowChecker(Checker):
    """Complains of the first thing that is wrong with what is durable now.

    Attributes:
        invariant: its number in the money model, said with each complaint.
    """

    invariant: ClassVar[str]

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._seen = (0, 0)

    def changes(self, memory: MemoryStore) -> int:
        """Return how often the rows that are looked at have changed, the ledger's apart."""
        raise NotImplementedError

    def concerned(self, memory: MemoryStore) -> bool:
        """Whether there is anything to look at."""
        raise NotImplementedError

    def wrong(self) -> Iterable[str]:
        """Return what is wrong now."""
        raise NotImplementedError

    def every_step(self, cell: Cell) -> None:
        memory = self.scene.memory
        seen = (len(memory.ledger.entries), self.changes(memory))
        if seen != self._seen:
            self._seen = seen
            self._look()

    def at_end(self) -> None:
        self._look()

    def _look(self) -> None:
        if self.concerned(self.scene.memory):
            self.checked += 1
            for text in self.wrong():
                self.fail(f"{self.invariant}: {text}")
                return
