"""Quotas: how long a person may still use a microphone, within any 24 hours."""

from __future__ import annotations

from collections.abc import Iterable

from actors.space.hall.state import DAY_US
from actors.store_hall import Usage
from engine.clock import SECOND_US


def used_us(spent: Iterable[Usage], account: str, now_us: int) -> int:
    """Return for how long an account held the microphone in the 24 hours before `now_us`."""
    since_us = now_us - DAY_US
    return sum(
        one.ended_at_us - max(one.started_at_us, since_us)
        for one in counted(spent, now_us)
        if one.user_account == account and one.ended_at_us is not None
    )


def free_again_us(spent: Iterable[Usage], account: str, now_us: int) -> int:
    """Return when some of the quota comes back: a day after the oldest use that counts began."""
    began = [one.started_at_us for one in counted(spent, now_us) if one.user_account == account]
    return max(min(began, default=now_us) + DAY_US, now_us + SECOND_US)


def counted(spent: Iterable[Usage], now_us: int) -> tuple[Usage, ...]:
    """Return those uses that can count against a quota now or later.

    A use without an end is that of a host, who has no limit while they host; it doesn't count, or
    they could ask nothing afterwards.
    """
    since_us = now_us - DAY_US
    return tuple(
        one
        for one in spent
        if one.until_us is not None and one.ended_at_us is not None and one.ended_at_us > since_us
    )
