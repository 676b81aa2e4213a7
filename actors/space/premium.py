"""Space premium: until when it lasts, and how many fit into such a space. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from engine.clock import MINUTE_US

PERIOD_US = 30 * 24 * 60 * MINUTE_US
"""What one purchase buys: a month, as of subscriptions."""


def premium_until(bought_us: Iterable[int]) -> int | None:
    """Return when premium ends that was bought at these times, in order; None: never bought.

    A purchase goes on where the one before ends; after that it begins when it is made. Two of one
    moment are 60 days; one at day 0 and one at day 40 end at days 30 and 70.
    """
    until_us: int | None = None
    for at_us in bought_us:
        until_us = (at_us if until_us is None else max(until_us, at_us)) + PERIOD_US
    return until_us


def users_max(
    owners: int, *, default: int, premium: int, premium_until_us: int | None, now_us: int
) -> int:
    """Return how many people fit into a space.

    Args:
        owners: the number in the space's settings; the default where its owner set none.
        default: of spaces whose owner set none.
        premium: of those that are premium; never fewer than by default.
        premium_until_us: premium counts before this time.
        now_us: the time.
    """
    if owners != default or premium_until_us is None or now_us >= premium_until_us:
        return owners
    return max(default, premium)
