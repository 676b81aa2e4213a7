"""Many timers, one task: a wheel of time slots, so that a ping costs no task of its own."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from typing import NoReturn

import trio

from adapters.realtime.guard import guarded


class Timer:
    """One action at one time; made by `Timers.at`."""

    __slots__ = ("_action", "_slot", "deadline_s")

    def __init__(self, deadline_s: float, action: Callable[[], None], slot: int) -> None:
        self.deadline_s = deadline_s
        self._action: Callable[[], None] | None = action
        self._slot = slot


class Timers:
    """Runs synchronous actions at their times, never early and at most one slot late.

    Adding and cancelling cost the same for ten timers and for ten thousand, and a cancelled timer
    holds no memory.

    Args:
        slot_s: how fine time is cut, seconds; actions of one slot run together.
    """

    def __init__(self, *, slot_s: float) -> None:
        self._slot_s = slot_s
        self._slots: dict[int, set[Timer]] = {}
        self._order: list[int] = []  # A heap of the keys of `_slots`.
        self._earlier = trio.Event()  # A slot before the one slept for has come into use.
        self._asleep_until = math.inf

    def __len__(self) -> int:
        """How many timers are pending."""
        return sum(map(len, self._slots.values()))

    def at(self, deadline_s: float, action: Callable[[], None]) -> Timer:
        """Run `action` at `deadline_s` on trio's clock; now when that is past."""
        slot = math.ceil(deadline_s / self._slot_s)
        timer = Timer(deadline_s, action, slot)
        timers = self._slots.get(slot)
        if timers is None:
            self._slots[slot] = {timer}
            heapq.heappush(self._order, slot)
            if slot * self._slot_s < self._asleep_until:
                self._earlier.set()
        else:
            timers.add(timer)
        return timer

    def after(self, delay_s: float, action: Callable[[], None]) -> Timer:
        """Run `action` once `delay_s` seconds have passed."""
        return self.at(trio.current_time() + delay_s, action)

    def cancel(self, timer: Timer) -> None:
        """Forget a timer; one that ran or was cancelled already is passed over."""
        timer._action = None
        timers = self._slots.get(timer._slot)
        if timers is not None:
            timers.discard(timer)

    async def run(self) -> NoReturn:
        """Run due actions until cancelled. One that raises is logged and harms no other."""
        while True:
            self._run_due(trio.current_time())
            self._asleep_until = self._order[0] * self._slot_s if self._order else math.inf
            self._earlier = trio.Event()
            with trio.CancelScope(deadline=self._asleep_until):
                await self._earlier.wait()

    def _run_due(self, now_s: float) -> None:
        while self._order and self._order[0] * self._slot_s <= now_s:
            for timer in self._slots.pop(heapq.heappop(self._order)):
                action, timer._action = timer._action, None
                if action is not None:  # It is None when one of the same slot cancelled it.
                    guarded("a timer's action", action)
