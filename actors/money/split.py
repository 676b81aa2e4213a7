"""How an amount is shared, and how parts of it are taken back: integers, exact, nothing lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from engine.refusal import BadInput

BPS: Final = 10_000
"""Basis points in a whole."""

PAYEE: Final = "creator"
"""The name in a split that stands for whoever is paid."""

FeeBearer = Literal["platform", "creator"]


@dataclass(frozen=True, slots=True)
class Share:
    """What one party gets, minor units; `party` is `creator` or an account."""

    party: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Who gets how much of every amount.

    Attributes:
        parts: (party, basis points), each rounded down; together at most 10,000.
        remainder_to: gets all the rest, so that nothing is ever unassigned.
        fee_bearer: who pays the network's fee out of their share.
    """

    parts: tuple[tuple[str, int], ...] = ()
    remainder_to: str = PAYEE
    fee_bearer: FeeBearer = "platform"

    def shares(self, amount: int) -> tuple[Share, ...]:
        """Return the shares of `amount`, one a party, in the order of the parts; they add up.

        999 at 1,000 and 8,500 basis points: 99, 849, and 51 for the remainder.
        """
        shares = {party: 0 for party, _ in self.parts} | {self.remainder_to: 0}
        left = amount
        for party, bps in self.parts:
            part = amount * bps // BPS
            shares[party] += part
            left -= part
        shares[self.remainder_to] += left
        return tuple(Share(party, part) for party, part in shares.items())

    def next_shares(self, before: int, amount: int) -> tuple[Share, ...]:
        """Return the shares of `amount` that comes on top of `before`; no share is nothing.

        Over all parts of a payment together each party has its basis points, within a unit for
        each party before it: 10 % of blocks of 13, 12, 13 and 12 are 1, 1, 1 and 2. They add up
        each time, and nobody's is ever less than nothing.
        """
        old, new = self._running(before), self._running(before + amount)
        shares = (Share(party, new[party] - old[party]) for party in new)
        return tuple(share for share in shares if share.amount)

    def _running(self, total: int) -> dict[str, int]:
        """Return what each party has of a payment that has come to `total`; grows with it.

        Each takes its part of what those before it have left. Parts of the whole, rounded by
        themselves, may all grow at once, by more than the total did.
        """
        running = {party: 0 for party, _ in self.parts} | {self.remainder_to: 0}
        left, left_bps = total, BPS
        for party, bps in self.parts:
            part = left * bps // left_bps if left_bps else 0
            running[party] += part
            left -= part
            left_bps -= bps
        running[self.remainder_to] += left
        return running

    def payee_gets(self, amount: int, *, network_fee: int = 0) -> int:
        """Return what is left for the payee when the network has taken its fee.

        Raises:
            BadInput: the payee bears a fee that is more than their share.
        """
        share = sum(each.amount for each in self.shares(amount) if each.party == PAYEE)
        if self.fee_bearer == "platform":
            return share
        if network_fee > share:
            raise BadInput(
                f"amount: the network's fee of {network_fee} is more than the share of {share}",
                field="amount",
            )
        return share - network_fee


def give_back(shares: Sequence[Share], given_back: Sequence[int], amount: int) -> tuple[int, ...]:
    """Return what each party gives back of `amount`, after what they gave back before.

    Each gives back by its share, rounded down over all refunds together; what rounding leaves is
    given by the last parties first. Nobody ever gives back more than they got, and a full refund
    returns everything, however it was cut up.

    Raises:
        BadInput: more than is left of the payment.
    """
    paid = sum(share.amount for share in shares)
    before = sum(given_back)
    if not 0 < amount <= paid - before:
        raise BadInput(
            f"amount: expected 1 to {paid - before}, what is left of the payment", field="amount"
        )
    after = before + amount
    left = amount
    gives = []
    for share, already in zip(shares, given_back, strict=True):
        give = min(max(share.amount * after // paid - already, 0), left)
        gives.append(give)
        left -= give
    for number in reversed(range(len(shares))):
        more = min(shares[number].amount - given_back[number] - gives[number], left)
        gives[number] += more
        left -= more
    return tuple(gives)
