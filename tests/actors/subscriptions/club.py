"""A node with subscribers: invoices opened, payments confirmed, time that passes."""

from __future__ import annotations

from typing import Any

from actors.ledger.book import Balance
from actors.ledger.transfer import derived_id
from actors.subscriptions.messages import (
    CancelSubscription,
    Check,
    ConfirmPayment,
    InvoiceState,
    LookAtInvoice,
    OpenInvoice,
    subscriber_address,
)
from actors.subscriptions.records import PromoCode, SavePromo, Subscription
from engine.outcome import Ok, Outcome
from engine.refusal import Refused
from sim.subscription_audit import SubscriptionAudit
from tests.actors.support import START_US, World

DAY_S = 86_400


def promo(code: str = "SPRING", **fields: Any) -> PromoCode:
    """Return a code of half the price, once for each of ten people, unless told otherwise."""
    usual = {"discount": "percentage", "value": 5_000, "max_uses": 10, "uses_per_user": 1}
    return PromoCode(
        **{"code": code, "created_by": "root", "created_at_us": START_US, **usual, **fields}
    )


class Club(World):
    """See the module's text."""

    def __init__(self, *, reply_us: int = 0) -> None:
        super().__init__(reply_us=reply_us)
        self.ids = 0

    def new_id(self) -> str:
        self.ids += 1
        return derived_id("club", str(self.ids))

    def offer(self, **fields: Any) -> PromoCode:
        made = promo(**fields)
        self.memory.answer(SavePromo(promo=made))
        return made

    def open(self, who: str, tier: str = "basic", period: Any = "monthly", *, asset: str = "HIVE",
             code: str | None = None, id_: str | None = None,
             amount: int | None = None) -> Outcome:  # fmt: skip
        message = OpenInvoice(
            invoice=id_ or self.new_id(), tier=tier, period=period, asset=asset, promo=code,
            amount=amount,
        )  # fmt: skip
        return self.ask(subscriber_address(who), message)

    def opened(self, who: str, *args: Any, **fields: Any) -> InvoiceState:
        return state(self.open(who, *args, **fields))

    def pay(self, who: str, invoice: str, amount: int | None = None, *, asset: str | None = None,
            reference: str | None = None, fee: int = 0) -> Outcome:  # fmt: skip
        message = ConfirmPayment(
            invoice=invoice, reference=reference or self.new_id(), amount=amount, asset=asset,
            fee=fee,
        )  # fmt: skip
        return self.ask(subscriber_address(who), message)

    def look(self, who: str, invoice: str) -> InvoiceState:
        return state(self.ask(subscriber_address(who), LookAtInvoice(invoice=invoice)))

    def buy(self, who: str, *args: Any, **fields: Any) -> InvoiceState:
        """Open and pay what is due."""
        invoice = self.opened(who, *args, **fields).invoice.id
        return state(self.pay(who, invoice))

    def cancel(self, who: str) -> Outcome:
        return self.ask(subscriber_address(who), CancelSubscription())

    def check(self, who: str) -> None:
        self.ask(subscriber_address(who), Check())

    def row(self, who: str) -> Subscription:
        return self.memory.subscriptions.rows[who]

    def posted(self, account: str, asset: str = "HIVE") -> int:
        return self.memory.ledger.balances.get((account, asset), Balance()).posted

    @property
    def audit(self) -> SubscriptionAudit:
        return SubscriptionAudit(self.memory.ledger, self.memory.subscriptions)

    def wrong(self) -> list[str]:
        """What the audit finds; nothing when all is well."""
        audit = self.audit
        return [
            *audit.promos(), *audit.settled_once(), *audit.money(), *audit.payments_in(),
            *audit.nothing_left(self.core.now_us),
        ]  # fmt: skip


def state(outcome: Outcome) -> InvoiceState:
    assert isinstance(outcome, Ok), outcome
    assert isinstance(outcome.value, InvoiceState)
    return outcome.value


def code(outcome: Outcome) -> str:
    """Return "ok", or the refusal's code."""
    if isinstance(outcome, Ok):
        return "ok"
    assert isinstance(outcome, Refused), outcome
    return outcome.code
