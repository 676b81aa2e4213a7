"""The errand of earnings: what has waited long enough in escrow becomes the payee's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from actors.ledger.accounts import creator
from actors.ledger.book import Balance
from actors.ledger.messages import LedgerRead, Post, Posted, ReadLedger
from actors.ledger.refusals import IdempotencyConflict, InsufficientFunds
from actors.money.errands import Ask, Errand
from actors.money.escrow import Tranche, netted, release_command
from actors.money.policy import MoneyPolicies, Policy, Product
from actors.money.records import ListTranches
from actors.store_answers import RefusedByStore
from actors.wallet.disputing import Desk, finish_disputes

_PRODUCTS: Final[Mapping[str, Product]] = {"tip": "tip", "ticket": "space", "microphone": "space"}
"""By what a sale belongs to."""


def policy_of(tranche: Tranche, money: MoneyPolicies) -> Policy:
    """Return the policy of what was sold."""
    return money.products[_PRODUCTS.get(tranche.ref.partition(":")[0], "stream")]


def owed_by(account: str, asset: str) -> Errand:
    """Return the errand; it ends in what somebody owes, in minor units; 0: nothing."""
    pair = creator(account, "debt"), asset
    read: LedgerRead = yield Ask(ReadLedger(pairs=(pair,)))
    return max(0, -dict(read.balances).get(pair, Balance()).posted)


@dataclass(frozen=True, slots=True)
class Released:
    """What still waits, oldest first, and a time by which all that was due was released."""

    waiting: tuple[Tranche, ...]
    at_us: int


def release_due(desk: Desk, money: MoneyPolicies, now_us: int) -> Errand:
    """Return the errand; it ends in the tranches that still wait, oldest first."""
    released: Released = yield from released_by_now(desk, money, now_us)
    return released.waiting


def released_by_now(desk: Desk, money: MoneyPolicies, now_us: int) -> Errand:
    """Return the errand; it ends in `Released`.

    Deadlines are looked at here, on reading: nothing is released before its time, and a sweeper
    that sleeps costs nobody anything but the wait for their next look. Up to half of each release
    pays what the account owes. What is disputed is frozen before anything is released.
    """
    account = desk.account
    yield from finish_disputes(desk)
    tranches: tuple[Tranche, ...] = yield Ask(ListTranches(account=account))
    waiting, at_us = [], now_us
    owed: dict[str, int] = {}
    for tranche in tranches:
        due_us = tranche.release_at_us(policy_of(tranche, money))
        if due_us is None or due_us > now_us:
            waiting.append(tranche)
            continue
        asset = tranche.asset
        if asset not in owed:
            owed[asset] = yield from owed_by(account, asset)
        try:
            posted: Posted = yield Post(command=release_command(tranche, owed=owed[asset]))
        except RefusedByStore as refused:
            # It was refunded meanwhile; or an earlier try, when another sum was owed, released it.
            if refused.code not in (InsufficientFunds.code, IdempotencyConflict.code):
                raise
            del owed[asset]
        else:
            owed[asset] -= netted(tranche.amount, owed[asset])
            at_us = max(at_us, *(entry.at_us for entry in posted.entries))
    return Released(tuple(waiting), at_us)
