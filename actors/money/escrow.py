"""Earnings that wait: one escrow account a sale, released or given back, never both.

What lies in an escrow account can leave it once, so the ledger itself keeps a release and a refund
from both taking it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from actors.ledger.accounts import creator, user_main
from actors.ledger.book import Balance, Entry
from actors.ledger.transfer import Command, Transfer, derived_id
from actors.money.policy import Policy

TOKEN_ASSET = "TOK"  # noqa: S105 - an asset's code


def escrow_account(account: str, sale: str) -> str:
    """Return where a payee's share of one sale waits."""
    return f"{creator(account, 'escrow')}/{sale}"


def earnings_account(account: str, policy: Policy, sale: str) -> str:
    """Return where a payee's share goes: their wallet, or escrow until it is released."""
    return user_main(account) if policy.release_us == 0 else escrow_account(account, sale)


def released_to(account: str, asset: str) -> str:
    """Return where a share goes from escrow: tokens can be spent, other money is paid out."""
    return user_main(account) if asset == TOKEN_ASSET else creator(account, "available")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tranche:
    """A payee's share of one sale, as long as it is in escrow.

    Attributes:
        escrow: the account it is in.
        product: what was sold: `tip` or `ticket`.
        delivered_at_us: when what was sold had been given; None: not yet.
        frozen_at_us, resumed_at_us: from when to when a dispute stopped the clock, if one did.
    """

    sale: str
    account: str
    escrow: str
    asset: str
    amount: int
    product: str
    ref: str
    settled_at_us: int
    delivered_at_us: int | None
    frozen_at_us: int | None = None
    resumed_at_us: int | None = None

    def release_at_us(self, policy: Policy) -> int | None:
        """Return when it is the payee's: after delivery and the wait; None: not to be said yet."""
        if self.delivered_at_us is None:
            return None
        start_us = max(self.settled_at_us, self.delivered_at_us)
        stopped_us = 0
        if self.frozen_at_us is not None and self.resumed_at_us is not None:
            stopped_us = max(0, self.resumed_at_us - max(self.frozen_at_us, start_us))
        return start_us + stopped_us + policy.release_us


def netted(amount: int, owed: int) -> int:
    """Return how much of a release pays its payee's debt: up to half, never more than is owed.

    Of 45 with 40 owed 22; with 7 owed 7. What is released is never nothing.
    """
    return max(0, min(owed, amount // 2))


def release_command(tranche: Tranche, *, owed: int = 0) -> Command:
    """Return the command that gives the payee what waited, once however often it is sent.

    Part of it pays what the payee owes in the same asset.
    """
    again = "" if tranche.resumed_at_us is None else "/resumed"
    id_ = derived_id(tranche.sale, f"release/{tranche.account}{again}")
    pays = netted(tranche.amount, owed)
    share = Transfer(
        id=derived_id(id_, "share"),
        kind=f"{tranche.product}_release",
        debit=tranche.escrow,
        credit=released_to(tranche.account, tranche.asset),
        asset=tranche.asset,
        amount=tranche.amount - pays,
        ref=tranche.ref,
        details={"sale": tranche.sale},
    )
    if not pays:
        return Command(id=id_, transfers=(share,))
    debt = replace(
        share,
        id=derived_id(id_, "debt"),
        kind="debt",
        credit=creator(tranche.account, "debt"),
        amount=pays,
    )
    return Command(id=id_, transfers=(share, debt))


def sale_part(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Return the movements of a sale itself.

    A ticket's begin with the right to it; before that stands how money from outside bought the
    tokens, which stays as it is when the ticket is given back.
    """
    for number, entry in enumerate(entries):
        if entry.transfer.kind == "right_used":
            return entries[number:]
    return entries


def refund_command(
    refund: str, entries: Sequence[Entry], balances: Mapping[tuple[str, str], Balance]
) -> Command:
    """Return the command that takes a whole sale back: every movement, the other way round.

    A share that has left its escrow is asked of its payee's wallet. A seat that is no longer there
    makes the ledger refuse all of it, so nothing is refunded twice.
    """
    transfers = []
    for number, entry in enumerate(entries):
        sold = entry.transfer
        source = sold.credit
        in_escrow = source.startswith("creator:") and ":escrow/" in source
        if in_escrow and balances.get((source, sold.asset), Balance()).available < sold.amount:
            source = released_to(source.split(":")[1], sold.asset)
        transfers.append(
            Transfer(
                id=derived_id(refund, f"{number}"),
                kind="refund" if sold.kind.startswith("ticket") else f"{sold.kind}_back",
                debit=source,
                credit=sold.debit,
                asset=sold.asset,
                amount=sold.amount,
                ref=sold.ref,
            )
        )
    return Command(id=refund, transfers=tuple(transfers))
