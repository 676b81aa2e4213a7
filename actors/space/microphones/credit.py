"""What the use of a microphone costs: pure rules, whole tokens.

Time is paid by the unit: a use, or a minute of it. Each unit is reserved before it begins and taken
when it is over, as far as it was used.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from actors.ledger.transfer import derived_id
from actors.money.commands import TOKEN
from actors.space.hall.state import Draft
from actors.store_hall import Microphone, Usage, Waiting
from engine.clock import MINUTE_US, SECOND_US

PRICE_PER: Final = ("use", "minute")
LEAD_US: Final = 10 * SECOND_US
"""How long before a minute is over the next one is reserved."""


def must_pay(draft: Draft, microphone: Microphone, account: str) -> bool:
    """Return whether somebody pays for a microphone: all but those who moderate the space."""
    priced = microphone.price_minor > 0 and microphone.price_currency == TOKEN
    return priced and not draft.room.abilities(account).moderate


def first_hold(microphone: Microphone, place: Waiting) -> str:
    """Return the id of the reservation for a place in the queue: another price is another one."""
    price = f"{microphone.price_per}/{microphone.price_minor}"
    return derived_id(microphone.id, f"place/{place.arrival}/{place.tries}/{price}")


def next_hold(usage: Usage, attempt: int) -> str:
    """Return the id of the reservation for the next minute of a use."""
    unit = units(usage) + 1
    return derived_id(usage.microphone_id, f"use/{usage.number}/{unit}/{attempt}")


def units(usage: Usage) -> int:
    """Return how many units of a use have been reserved."""
    return usage.charged + len(usage.holds)


def paid_until_us(usage: Usage) -> int | None:
    """Return until when a use is paid; None: it has no end of this kind."""
    if not usage.price_minor or usage.price_per == "use":
        return None
    return usage.started_at_us + units(usage) * MINUTE_US


def ends_at_us(usage: Usage) -> int | None:
    """Return when a use is over: its time, or what is paid."""
    ends = [at for at in (usage.until_us, paid_until_us(usage)) if at is not None]
    return min(ends, default=None)


def wants_next_at_us(usage: Usage) -> int | None:
    """Return when the next minute is to be reserved; None: no more is needed."""
    paid_us = paid_until_us(usage)
    if paid_us is None or (usage.until_us is not None and usage.until_us <= paid_us):
        return None
    return paid_us - LEAD_US


def cost(usage: Usage, seconds: int) -> int:
    """Return what a use of so many whole seconds costs: at most all that was reserved.

    By the minute a fraction of a token is one: 20 s at 10 a minute are 4.
    """
    price = usage.price_minor
    if usage.price_per == "use":
        return price
    return min(-(-price * seconds // 60), price * units(usage))


def charge_at_us(usage: Usage) -> int | None:
    """Return when the oldest reservation is to be settled; None: there is none, or not yet known.

    A use is paid as soon as it begins, a minute when it is over.
    """
    if not usage.holds:
        return None
    if usage.ended_at_us is not None:
        return usage.ended_at_us
    if usage.price_per == "use":
        return usage.started_at_us
    return usage.started_at_us + (usage.charged + 1) * MINUTE_US


def charge(usage: Usage) -> int:
    """Return what is taken of the oldest reservation when it is settled."""
    if usage.duration_seconds is None:
        return usage.price_minor
    left = cost(usage, usage.duration_seconds) - usage.price_minor * usage.charged
    return max(0, min(usage.price_minor, left))


def settled(usage: Usage, paid: int) -> Usage:
    """Return a use whose oldest reservation is settled: what was paid is its cost so far."""
    return replace(
        usage,
        holds=usage.holds[1:],
        charged=usage.charged + 1,
        cost_minor=usage.cost_minor + paid,
    )
