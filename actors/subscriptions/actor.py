"""One account's subscription: its invoices, what was paid on them, and its time.

Sent to by the HTTP face, webhooks and the desk. Owns the account's row, written under its epoch;
money and promo codes are the ledger's. Promises that an invoice is settled once however often it is
confirmed, that what settled it is granted once, and that no payment is lost.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, assert_never

from actors.money.amounts import decimal_text
from actors.money.errands import Ask, Errand, Errands, TryAgain
from actors.money.policy import MoneyPolicies
from actors.money.split import BPS
from actors.subscriptions.invoices import Teller, due_at, see_through, tell_change
from actors.subscriptions.messages import (
    CancelSubscription,
    Check,
    ConfirmPayment,
    InvoiceState,
    LookAtInvoice,
    OpenInvoice,
    SubscriberMessage,
)
from actors.subscriptions.pricing import Order, check_promo, quoted
from actors.subscriptions.records import (
    Catalogue,
    Invoice,
    InvoiceRow,
    Payment,
    PromoCode,
    ReadCatalogue,
    ReadDueInvoices,
    ReadInvoice,
    ReadPromo,
    ReadSubscription,
    SaveInvoice,
    SavePayment,
    Subscription,
)
from actors.subscriptions.refusals import (
    AlreadyForLife,
    InvoiceNotFound,
    InvoiceOver,
    NoSubscription,
    NoSuchTier,
    PaymentDiffers,
    PriceChanged,
    PromoUsedUp,
    TooManyInvoices,
)
from actors.subscriptions.rules import cancelled, counts, refreshed
from engine.actor import STAY, Actor, AskDone, IoDone
from engine.clock import MINUTE_US
from engine.context import Context
from engine.refusal import BadInput

INVOICES_MAX = 20
"""Open quotes of one account: each is looked at when it ends."""

NAMED_BPS = 200
"""How far from the price a client's figure may be: it was rounded, or is a moment old."""

UNFINISHED_US = MINUTE_US
"""By then what was begun is done, or a crash came between and the desk has it taken up again."""

AMOUNT_MAX = 10**30
REFERENCE_LENGTH_MAX = 200
_EVER_US = 2**62


class Subscriber(Actor):
    """See the module's text."""

    def __init__(self, address: str, epoch: int, money: MoneyPolicies) -> None:
        self.account = address.partition(":")[2]
        self.epoch = epoch
        self.money = money
        self.errands = Errands()

    def __repr__(self) -> str:
        return f"<Subscriber {self.account}, {len(self.errands)} errands>"

    def handle(self, message: SubscriberMessage, ctx: Context) -> None:
        match message:
            case OpenInvoice():
                self.errands.begin(self._open(message, self._teller(ctx)), ctx, alone=True)
            case ConfirmPayment():
                check_payment(message)
                self.errands.begin(self._confirm(message, self._teller(ctx)), ctx, alone=True)
            case LookAtInvoice(invoice=invoice):
                errand = see_through(invoice, self._teller(ctx))
                self.errands.begin(errand, ctx, alone=True)
            case CancelSubscription():
                self.errands.begin(self._cancel(self._teller(ctx)), ctx, alone=True)
            case Check():
                self.errands.begin(self._check(self._teller(ctx)), ctx, alone=True)
            case IoDone() | AskDone() | TryAgain():
                self.errands.handle(message, ctx)
            case _:
                assert_never(message)

    def passivate(self) -> Any:
        return STAY if len(self.errands) else None

    def _teller(self, ctx: Context) -> Teller:
        return Teller(
            account=self.account,
            actor=ctx.address,
            epoch=self.epoch,
            now_us=ctx.now_us,
            money=self.money,
        )

    def _open(self, wish: OpenInvoice, teller: Teller) -> Errand:
        known: InvoiceRow | None = yield Ask(ReadInvoice(id=wish.invoice))
        if known is None:
            invoice: Invoice = yield from self._quote(wish, teller.now_us)
            yield Ask(SaveInvoice(invoice=invoice))
            yield from due_at(teller.now_us + UNFINISHED_US)
        state: InvoiceState = yield from see_through(wish.invoice, teller)
        if state.closed == "refused":
            raise PromoUsedUp(by_you=False)
        return state

    def _quote(self, wish: OpenInvoice, now_us: int) -> Errand:
        catalogue: Catalogue = yield Ask(ReadCatalogue())
        tier = catalogue.tier(wish.tier)
        if tier is None or tier.is_free or not tier.active:
            sold = [one.code for one in catalogue.tiers if one.active and not one.is_free]
            raise NoSuchTier(sold)
        promo: PromoCode | None = None
        if wish.promo is not None:
            promo = yield Ask(ReadPromo(code=wish.promo))
            promo = check_promo(promo, tier, wish.period, now_us)
        row: Subscription | None = yield Ask(ReadSubscription(account=self.account))
        if row is not None and row.expires_us is None and counts(row, now_us):
            raise AlreadyForLife
        waiting = yield Ask(ReadDueInvoices(account=self.account, now_us=_EVER_US))
        if len(waiting) >= INVOICES_MAX:
            raise TooManyInvoices(INVOICES_MAX)
        order = Order(
            id=wish.invoice, account=self.account, tier=tier, period=wish.period,
            asset=wish.asset, promo=promo,
        )  # fmt: skip
        invoice = quoted(order, catalogue, self.money.subscriptions, now_us)
        off = None if wish.amount is None else abs(wish.amount - invoice.price)
        if off is not None and off * BPS > invoice.price * NAMED_BPS:
            raise PriceChanged(
                price=decimal_text(invoice.price, invoice.asset), currency=invoice.asset
            )
        return invoice

    def _confirm(self, said: ConfirmPayment, teller: Teller) -> Errand:
        row: InvoiceRow | None = yield Ask(ReadInvoice(id=said.invoice))
        if row is None or row.invoice.account != self.account:
            raise InvoiceNotFound
        state: InvoiceState = yield from see_through(said.invoice, teller)
        if said.amount is None and state.closed is not None:
            if any(payment.reference == said.reference for payment in row.payments):
                return state
            raise InvoiceOver
        payment = Payment(
            reference=said.reference,
            invoice=said.invoice,
            amount=said.amount if said.amount is not None else max(state.due - state.paid, 1),
            asset=said.asset if said.asset is not None else row.invoice.asset,
            fee=said.fee,
            source=said.source,
            at_us=teller.now_us,
        )
        kept: Payment = yield Ask(SavePayment(payment=payment))
        yield from due_at(teller.now_us + UNFINISHED_US)
        same = replace(kept, at_us=payment.at_us, source=payment.source)
        if said.amount is None:
            same = replace(same, amount=payment.amount)
        if same != payment:
            raise PaymentDiffers
        return (yield from see_through(said.invoice, teller))

    def _cancel(self, teller: Teller) -> Errand:
        row: Subscription | None = yield Ask(ReadSubscription(account=self.account))
        if row is None or not counts(row, teller.now_us) or row.expires_us is None:
            raise NoSubscription
        if row.status == "cancelled":
            return row
        if row.status != "active":
            raise NoSubscription
        row = cancelled(row)
        yield Ask(teller.saving(row))
        yield from due_at(row.due_us)
        yield from tell_change(row)
        return row

    def _check(self, teller: Teller) -> Errand:
        invoices = yield Ask(ReadDueInvoices(account=self.account, now_us=teller.now_us))
        for invoice in invoices:
            yield from see_through(invoice, teller)
        before: Subscription | None = yield Ask(ReadSubscription(account=self.account))
        if before is None or before.due_us is None or before.due_us > teller.now_us:
            return None
        row, notices = refreshed(before, teller.now_us)
        yield Ask(teller.saving(row, notices=notices))
        yield from due_at(row.due_us)
        if row.status != before.status:
            yield from tell_change(row)
        return None


def check_payment(said: ConfirmPayment) -> None:
    """Check what somebody says was paid.

    Raises:
        BadInput: the field at fault is named.
    """
    if not (0 < len(said.reference) <= REFERENCE_LENGTH_MAX and said.reference.isprintable()):
        raise BadInput(
            f"reference: expected 1 to {REFERENCE_LENGTH_MAX} characters that can be seen",
            field="reference",
        )
    if said.amount is not None and not 0 < said.amount <= AMOUNT_MAX:
        raise BadInput(f"amount: expected 1 to {AMOUNT_MAX} minor units", field="amount")
    if not 0 <= said.fee <= AMOUNT_MAX:
        raise BadInput(f"fee: expected 0 to {AMOUNT_MAX} minor units", field="fee")
