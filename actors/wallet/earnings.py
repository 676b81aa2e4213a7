"""The errand of earnings: what has waited long enough in escrow becomes the payee's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from actors.ledger.messages import Post
from actors.ledger.refusals import InsufficientFunds
from actors.money.errands import Ask, Errand
from actors.money.escrow import Tranche, release_command
from actors.money.policy import MoneyPolicies, Policy, Product
from actors.money.records import ListTranches
from actors.store_answers import RefusedByStore

_PRODUCTS: Final[Mapping[str, Product]] = {"tip": "tip", "ticket": "space", "microphone": "space"}
"""By what a sale belongs to."""


def policy_of(tranche: Tranche, money: MoneyPolicies) -> Policy:
    """Return the policy of what was sold."""
    return money.products[_PRODUCTS.get(tranche.ref.partition(":")[0], "stream")]


def release_due(account: str, money: MoneyPolicies, now_us: int) -> Errand:
    """Return the errand; it ends in the tranches that still wait, oldest first.

    Deadlines are looked at here, on reading: nothing is released before its time, and a sweeper
    that sleeps costs nobody anything but the wait for their next look.
    """
    tranches: tuple[Tranche, ...] = yield Ask(ListTranches(account=account))
    waiting = []
    for tranche in tranches:
        due_us = tranche.release_at_us(policy_of(tranche, money))
        if due_us is None or due_us > now_us:
            waiting.append(tranche)
            continue
        try:
            yield Post(command=release_command(tranche))
        except RefusedByStore as refused:
            if refused.code != InsufficientFunds.code:  # It was refunded meanwhile.
                raise
    return tuple(waiting)
