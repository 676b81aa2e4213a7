"""When a delivery is tried again. Pure.

After 10 s, 1 min, 10 min, then 20 min, 40 min and so on, and a last time three days after the first
attempt.
"""

from __future__ import annotations

from typing import Final

from engine.clock import MINUTE_US, SECOND_US

FIRST_DELAYS_US: Final = (10 * SECOND_US, MINUTE_US, 10 * MINUTE_US)
GIVE_UP_US: Final = 3 * 24 * 60 * MINUTE_US


def delay_us(attempts: int) -> int:
    """Return how long after the attempt of this number, from 1, the next one is.

    The fourth is followed after 20 minutes, the fifth after 40.
    """
    if attempts <= len(FIRST_DELAYS_US):
        return FIRST_DELAYS_US[attempts - 1]
    return int(FIRST_DELAYS_US[-1] << (attempts - len(FIRST_DELAYS_US)))


def next_attempt_us(attempts: int, *, first_us: int, now_us: int) -> int | None:
    """Return when to try again after an attempt that failed now; None: that was the last.

    Args:
        attempts: made so far, this one too; from 1.
        first_us: when the first was made.
        now_us: not before `first_us`.
    """
    last_us = first_us + GIVE_UP_US
    if now_us >= last_us:
        return None
    return min(now_us + delay_us(attempts), last_us)
