"""Kernel time: integer microseconds since the Unix epoch, and the one heap of timers."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any, Final

SECOND_US: Final = 1_000_000
MINUTE_US: Final = 60 * SECOND_US


class Timer:
    """A pending action; `cancel` makes it nothing. Reprs and hashes never show its identity."""

    __slots__ = ("_timers", "action", "args")

    def __init__(self, timers: Timers, action: Callable[..., None], args: tuple[Any, ...]) -> None:
        self._timers = timers
        self.action: Callable[..., None] | None = action
        self.args = args

    def cancel(self) -> None:
        """Let go of the action; the heap's entry goes when it is due or in the way."""
        if self.action is not None:
            self.action = None
            self.args = ()
            self._timers.cancelled += 1


class Timers:
    """Timers fire by (when, sequence number), so equal times keep their order of creation."""

    __slots__ = ("_heap", "_sequence", "cancelled", "on_first")

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Timer]] = []
        self._sequence = 0
        self.cancelled = 0
        self.on_first: Callable[[int], None] | None = None
        """Called with the time of a timer that is now the earliest: an engine may be asleep."""

    def __len__(self) -> int:
        return len(self._heap)

    def at(self, when_us: int, action: Callable[..., None], *args: Any) -> Timer:
        """Run `action(*args)` when kernel time reaches `when_us`."""
        timer = Timer(self, action, args)
        self._sequence += 1
        heap = self._heap
        heappush(heap, (when_us, self._sequence, timer))
        # Answered asks would otherwise fill the heap for their whole time-out.
        if self.cancelled > 64 and self.cancelled * 2 > len(heap):
            self._compact()
            heap = self._heap
        if self.on_first is not None and heap[0][2] is timer:
            self.on_first(when_us)
        return timer

    def next_us(self) -> int | None:
        """Return the time of the earliest live timer."""
        heap = self._heap
        while heap and heap[0][2].action is None:
            heappop(heap)
            self.cancelled -= 1
        return heap[0][0] if heap else None

    def fire_due(self, now_us: int) -> int:
        """Run every timer due by `now_us` that existed at the call; return how many ran.

        Those that the actions add wait for the next call even when they are due at once.
        """
        heap = self._heap
        due: list[Timer] = []
        while heap and heap[0][0] <= now_us:
            due.append(heappop(heap)[2])
        fired = 0
        for timer in due:
            action, args = timer.action, timer.args
            if action is None:  # An earlier one of this batch may have cancelled it.
                self.cancelled -= 1
                continue
            timer.action, timer.args = None, ()
            action(*args)
            fired += 1
        return fired

    def _compact(self) -> None:
        self._heap = [entry for entry in self._heap if entry[2].action is not None]
        heapify(self._heap)
        self.cancelled = 0
