"""What of somebody's earnings pays their debt at a cash-out: at most half, each token once.

Shares that waited in escrow have paid when they were released. The others are counted: a payment
says how far, so another request, however soon, starts where the last one stopped.
"""

from __future__ import annotations

from dataclasses import dataclass

from actors.money.escrow import netted


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDirectEarnings:
    """Answer: `DirectEarnings`. `locked_since_us`: what was earned after it has no say yet."""

    account: str
    locked_since_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectEarnings:
    """What somebody earned that waited in no escrow, tokens.

    Attributes:
        earned: ever, up to the time asked for.
        counted: how many of them can pay no debt any more: they have, or they were gone before
            the debt arose.
    """

    earned: int = 0
    counted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What pays a debt now, and how many of the direct earnings are counted after it."""

    tokens: int
    counted: int


def payment(direct: DirectEarnings, *, cashable: int, owed: int) -> Payment | None:
    """Return what a cash-out pays of a debt; None: nothing.

    Of 100 earned and still there, with 70 owed: 50, and nothing more at the next request. The odd
    token counts the next time, though it may have been cashed out; so does what a small debt
    leaves.
    """
    fresh = direct.earned - direct.counted
    if fresh > cashable + 1:
        fresh = cashable  # The others are spent.
    tokens = netted(fresh, owed)
    if not tokens:
        return None
    return Payment(tokens=tokens, counted=direct.earned - (fresh - 2 * tokens))
