"""L0, the fastest engine: a run queue and a heap of timers, no event loop.

For capacity planning, swarms of seeds and property tests. Time jumps to the next timer whenever
nobody has work.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

from engine.cell import Cell, Kind
from engine.core import Core


class HeapEngine:
    """Runs a `Core` in virtual time. `core` takes tells, asks, spawns and ports."""

    def __init__(self, kinds: Iterable[Kind], *, seed: bytes, now_us: int = 0, **options: Any):
        self._ready: deque[Cell] = deque()
        self.core = Core(kinds, seed=seed, now_us=now_us, ready=self._ready.append, **options)

    def settle(self) -> None:
        """Run until nobody has work; time stands still."""
        ready = self._ready
        turn = self.core.turn
        while ready:
            cell = ready.popleft()
            if turn(cell):
                ready.append(cell)

    def run_until(self, end_us: int) -> None:
        """Run everything due up to and at `end_us`, and leave the clock there."""
        core = self.core
        self.settle()
        while (when_us := core.timers.next_us()) is not None and when_us <= end_us:
            core.now_us = max(core.now_us, when_us)
            core.timers.fire_due(core.now_us)
            self.settle()
        core.now_us = max(core.now_us, end_us)

    def run_for(self, duration_us: int) -> None:
        """Run for a span of virtual time."""
        self.run_until(self.core.now_us + duration_us)
