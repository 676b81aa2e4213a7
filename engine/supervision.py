"""When a crashed actor comes back, and when its supervisor gives up on it."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from engine.clock import SECOND_US
from engine.entropy import Chance


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartPolicy:
    """At most `restarts_max` restarts in `window_us`; the delay grows while crashes go on.

    Restarts are counted for all children of one supervisor together, delays for each child. A delay
    starts at `delay_us`, is multiplied by `growth` at each further crash up to `delay_max_us`, and
    returns to the start once an incarnation has lived for `healthy_us`: without that, a service
    that crashes hourly would end at the longest delay.
    """

    restarts_max: int = 3
    window_us: int = 5 * SECOND_US
    delay_us: int = 10_000
    growth: int = 2
    delay_max_us: int = 10 * SECOND_US
    healthy_us: int = 30 * SECOND_US


class Crashes:
    """The recent crashes under one supervisor, newest last."""

    __slots__ = ("_recent",)

    def __init__(self) -> None:
        self._recent: deque[int] = deque()

    def too_many(self, now_us: int, policy: RestartPolicy) -> bool:
        """Count a crash; return whether the supervisor gives up."""
        recent = self._recent
        recent.append(now_us)
        while recent[0] <= now_us - policy.window_us:
            recent.popleft()
        return len(recent) > policy.restarts_max


class Backoff:
    """How long one cell waits before it comes back."""

    __slots__ = ("_back_us", "_streak")

    def __init__(self) -> None:
        self._streak = 0
        self._back_us = 0

    def delay_us(self, now_us: int, policy: RestartPolicy, chance: Chance) -> int:
        """Count a crash; return the delay before the restart.

        It is drawn between half and all of its nominal length, so that actors felled by one cause
        do not come back in one instant.
        """
        if now_us - self._back_us >= policy.healthy_us:
            self._streak = 0
        nominal_us = policy.delay_us
        for _ in range(self._streak):
            nominal_us *= policy.growth
            if nominal_us >= policy.delay_max_us:
                break
        nominal_us = min(nominal_us, policy.delay_max_us)
        self._streak += 1
        delay_us = nominal_us - chance.below(nominal_us // 2 + 1)
        self._back_us = now_us + delay_us
        return delay_us
