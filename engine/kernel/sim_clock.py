"""Virtual time for trio: it jumps to the next event whenever nobody can run."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import trio
from trio._core import _run  # The run loop's queues have no public face.

FAR_AWAY_S = 999_999_999.0


class Inner(Protocol):
    """What has events of its own on this clock: a kernel."""

    def drain(self, runnable: Callable[[], bool]) -> None:
        """Do what can be done now, until `runnable`."""
        ...

    def next_us(self) -> int | None:
        """Return when the next event is due, microseconds on this clock."""
        ...

    def advance(self, now_us: int) -> None:
        """Time has come to `now_us`: do what is due."""
        ...


class SimClock(trio.abc.Clock):
    """Pass to `trio.run(..., clock=SimClock())`; starts at 0 and stands still while tasks run.

    trio asks a clock how long to sleep only when no task is runnable, so that is where time moves.
    No real I/O may be waited for under it: time would jump past the answer.
    """

    def __init__(self) -> None:
        self.now_us = 0
        self.on_deadlock: Callable[[], None] | None = None
        """Called when nothing will ever happen again; may make a task runnable."""
        self._now_s = 0.0
        self._inner: list[Inner] = []

    def attach(self, inner: Inner) -> None:
        """Have a kernel's work done and its timers fired on this clock."""
        self._inner.append(inner)

    def detach(self, inner: Inner) -> None:
        self._inner.remove(inner)

    def start_clock(self) -> None:
        """Nothing to do: virtual time is there already."""

    def current_time(self) -> float:
        return self._now_s

    def deadline_to_sleep_time(self, deadline: float) -> float:
        """Move time on; called by trio when it has nothing to run."""
        run: Any = _run.GLOBAL_RUN_CONTEXT.runner

        def runnable() -> bool:
            return bool(run.runq)

        while True:
            for inner in self._inner:
                inner.drain(runnable)
                if run.runq:
                    return 0
            if deadline <= self._now_s:
                return 0
            if run.waiting_for_idle:
                return FAR_AWAY_S  # wait_all_tasks_blocked comes before any jump.
            if run.entry_queue.queue:
                return 0  # A real wake-up socket: only the real wait sees it.
            due_us = [when for inner in self._inner if (when := inner.next_us()) is not None]
            next_us = min(due_us, default=None)
            if next_us is not None and next_us / 1e6 <= deadline:
                self.now_us = max(self.now_us, next_us)
                self._now_s = max(self._now_s, self.now_us / 1e6)
                for inner in self._inner:
                    inner.advance(self.now_us)
                if run.runq:
                    return 0
                deadline = run.deadlines.next_deadline()
                continue
            if deadline == math.inf:
                return self._deadlock()
            self._now_s = deadline
            self.now_us = max(self.now_us, round(deadline * 1e6))
            for inner in self._inner:
                inner.advance(self.now_us)
            return 0

    async def reach(self, when_us: int) -> None:
        """Wait until everything due at or before `when_us` has happened."""
        # Between two microseconds: no kernel timer can tie with this one.
        await trio.sleep_until((when_us + 0.4) / 1e6)

    def _deadlock(self) -> float:
        if self.on_deadlock is None:
            return math.inf
        self.on_deadlock()
        return 0
