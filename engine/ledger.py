"""Every message is accounted for: told = done + dead + conflated + rejected + still queued."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from engine.actor import Address


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that nobody will handle, and why."""

    now_us: int
    to: Address
    message: Any
    reason: str
    traceback: str | None = None


@dataclass(slots=True)
class Ledger:
    """Counts since the start; `done` includes refused messages, which were answered."""

    told: int = 0
    done: int = 0
    refused: int = 0
    conflated: int = 0
    rejected: int = 0
    late: int = 0
    """Answers that came twice, or for an incarnation that was gone; they are no messages."""
    dead: Counter[str] = field(default_factory=Counter)
    exits: Counter[str] = field(default_factory=Counter)
    """Ends of incarnations by reason: normal, crash, passive, killed, shutdown ..."""
    letters: deque[DeadLetter] = field(default_factory=lambda: deque(maxlen=1000))
    on_dead: Callable[[DeadLetter], None] | None = None

    def bury(self, letter: DeadLetter) -> None:
        """Count a dead letter and keep it for a while."""
        self.dead[letter.reason] += 1
        self.letters.append(letter)
        if self.on_dead is not None:
            self.on_dead(letter)

    def missing(self, queued: int) -> int:
        """Return how many messages are unaccounted for: 0, or the kernel has a bug."""
        accounted = self.done + self.dead.total() + self.conflated + self.rejected + queued
        return self.told - accounted
