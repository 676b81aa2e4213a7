"""Quotas: how long a person may still use a microphone, within any 24 hours.

Every use of the last day is remembered, whether its microphone has a quota or not: one that is set
later counts them too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from actors.space.hall.state import DAY_US
from actors.store_hall import Usage
from engine.clock import SECOND_US

LEAST_US = SECOND_US
"""What is left of a quota and less than this is nothing: a use of it would be over as it begins."""

TURN_US = 10 * SECOND_US
"""A queue of questions that runs by itself gives nobody a turn shorter than this, or than a whole
quota: the question would be gone before it was asked."""


def turn_us(quota_us: int) -> int:
    """Return what of a quota is enough for a turn in a queue that runs by itself."""
    return min(quota_us, TURN_US)


def used_us(spent: Iterable[Usage], account: str, now_us: int) -> int:
    """Return for how long an account held the microphone in the 24 hours before `now_us`."""
    since_us = now_us - DAY_US
    return sum(
        max(0, end_us - max(start_us, since_us)) for start_us, end_us in _times(spent, account)
    )


def back_at_us(
    spent: Iterable[Usage], account: str, quota_us: int, least_us: int = LEAST_US
) -> int:
    """Return when `least_us` of a used-up quota is to be had again; any past time: it is now.

    Of 20 s, used from noon on, a second is back at one second past noon the next day.
    """
    times = _times(spent, account)
    over_us = sum(end_us - start_us for start_us, end_us in times) - (quota_us - least_us)
    for start_us, end_us in times:
        if over_us <= end_us - start_us:
            return start_us + over_us + DAY_US
        over_us -= end_us - start_us
    return 0


def remembered(spent: Sequence[Usage], ended: Usage, now_us: int) -> tuple[Usage, ...]:
    """Return the uses of a microphone that can count now or later, with the one that just ended.

    They are in the order in which they ended, so those of long ago are the first.
    """
    since_us = now_us - DAY_US
    first = next(
        (number for number, one in enumerate(spent) if (one.ended_at_us or 0) > since_us),
        len(spent),
    )
    return (*spent[first:], ended)


def _times(spent: Iterable[Usage], account: str) -> list[tuple[int, int]]:
    """Return when somebody's uses that count began and ended, oldest first.

    That of a host, who has no limit while they host, doesn't count, or they could ask nothing
    afterwards: they gave it to themselves, without an end.
    """
    return [
        (one.started_at_us, one.ended_at_us)
        for one in spent
        if one.user_account == account
        and one.ended_at_us is not None
        and not (one.until_us is None and one.granted_by == account)
    ]
