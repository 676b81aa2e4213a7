"""One account's subscription: its invoices, what was paid on them, and its time.

Sent to by the HTTP face, webhooks and the desk. Owns the account's row, written under its epoch;
money and promo codes are the ledger's. Promises that an invoice is settled once however often it is
confirmed, that what settled it is granted once, and that no payment is lost.
"""

from __future__ import annotations

from typing import Any, assert_never

from actors.ledger.accounts import user_credit
from actors.ledger.messages import LedgerRead, Post, ReadLedger
from actors.ledger.refusals import IdempotencyConflict, InsufficientFunds
from actors.money.amounts import decimal_text
from actors.money.errands import Ask, Errand, Errands, Tell, TryAgain
from actors.money.policy import MoneyPolicies
from actors.money.split import BPS
from actors.store_answers import RefusedByStore
from actors.subscriptions.commands import pay_back_command
from actors.subscriptions.invoices import (
    UNFINISHED_US,
    call_off,
    check_payment,
    check_reference,
    confirm,
    due_at,
    see_through,
    with_credit,
)
from actors.subscriptions.messages import (
    CallOffInvoice,
    CancelSubscription,
    Check,
    ConfirmPayment,
    InvoiceState,
    LookAtInvoice,
    OpenInvoice,
    PayBackCredit,
    SubscriberMessage,
)
from actors.subscriptions.pricing import Order, check_promo, quoted
from actors.subscriptions.records import (
    Catalogue,
    Invoice,
    InvoiceRow,
    PromoCode,
    ReadCatalogue,
    ReadDueInvoices,
    ReadInvoice,
    ReadPromo,
    ReadSubscription,
    SaveInvoice,
    Subscription,
)
from actors.subscriptions.refusals import (
    AlreadyForLife,
    NoSubscription,
    NoSuchTier,
    NotSoMuchCredit,
    PaymentDiffers,
    PriceChanged,
    PromoUsedUp,
    TooManyInvoices,
)
from actors.subscriptions.rules import cancelled, counts, refreshed
from actors.subscriptions.tickets import EVER_US, INVOICES_MAX, NAMED_BPS
from actors.subscriptions.tiers import TierSeller, tell_change
from actors.user.messages import TellUser, user_address
from engine.actor import STAY, Actor, AskDone, IoDone
from engine.context import Context


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
                self.errands.begin(self._open(message, self._seller(ctx)), ctx, alone=True)
            case ConfirmPayment():
                check_payment(message)
                self.errands.begin(confirm(message, self._seller(ctx)), ctx, alone=True)
            case LookAtInvoice(invoice=invoice):
                errand = see_through(invoice, self._seller(ctx))
                self.errands.begin(errand, ctx, alone=True)
            case CallOffInvoice(invoice=invoice):
                errand = call_off(invoice, self._seller(ctx))
                self.errands.begin(errand, ctx, alone=True)
            case PayBackCredit():
                check_reference(message.reference)
                self.errands.begin(self._pay_back(message), ctx, alone=True)
            case CancelSubscription():
                self.errands.begin(self._cancel(self._seller(ctx)), ctx, alone=True)
            case Check():
                self.errands.begin(self._check(self._seller(ctx)), ctx, alone=True)
            case IoDone() | AskDone() | TryAgain():
                self.errands.handle(message, ctx)
            case _:
                assert_never(message)

    def passivate(self) -> Any:
        return STAY if len(self.errands) else None

    def _seller(self, ctx: Context) -> TierSeller:
        return TierSeller(
            account=self.account,
            actor=ctx.address,
            epoch=self.epoch,
            now_us=ctx.now_us,
            money=self.money,
        )

    def _open(self, wish: OpenInvoice, seller: TierSeller) -> Errand:
        known: InvoiceRow | None = yield Ask(ReadInvoice(id=wish.invoice))
        if known is None:
            invoice: Invoice = yield from self._quote(wish, seller.now_us)
            yield Ask(SaveInvoice(invoice=invoice))
            yield from due_at(seller.now_us + UNFINISHED_US)
        state: InvoiceState = yield from see_through(wish.invoice, seller)
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
        waiting = yield Ask(ReadDueInvoices(account=self.account, now_us=EVER_US))
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
        return (yield from with_credit(invoice))

    def _pay_back(self, said: PayBackCredit) -> Errand:
        pair = (user_credit(self.account), said.asset)
        command = pay_back_command(self.account, said.reference, said.asset, said.amount)
        try:
            yield Post(command=command)
        except RefusedByStore as refused:
            if refused.code == IdempotencyConflict.code:
                raise PaymentDiffers from None
            if refused.code == InsufficientFunds.code:
                there = int(refused.details["available"])
                raise NotSoMuchCredit(decimal_text(there, said.asset)) from None
            raise
        read: LedgerRead = yield Ask(ReadLedger(pairs=(pair,)))
        left = dict(read.balances)[pair].available
        payload = {"currency": said.asset, "available": decimal_text(left, said.asset)}
        told = TellUser(event="credit-changed", payload=payload)
        yield Tell(user_address(self.account), told)
        return left

    def _cancel(self, seller: TierSeller) -> Errand:
        row: Subscription | None = yield Ask(ReadSubscription(account=self.account))
        if row is None or not counts(row, seller.now_us) or row.expires_us is None:
            raise NoSubscription
        if row.status == "cancelled":
            return row
        if row.status != "active":
            raise NoSubscription
        row = cancelled(row)
        yield Ask(seller.saving(row))
        yield from due_at(row.due_us)
        yield from tell_change(row)
        return row

    def _carry_on(self, invoice: str, seller: TierSeller) -> Errand:
        """Carry an invoice on, or have whoever sells what it is for do so."""
        row: InvoiceRow | None = yield Ask(ReadInvoice(id=invoice))
        if row is not None and row.invoice.goods is not None:
            yield Tell(row.invoice.goods.seller, LookAtInvoice(invoice=invoice))
        else:
            yield from see_through(invoice, seller)

    def _check(self, seller: TierSeller) -> Errand:
        invoices = yield Ask(ReadDueInvoices(account=self.account, now_us=seller.now_us))
        for invoice in invoices:
            yield from self._carry_on(invoice, seller)
        before: Subscription | None = yield Ask(ReadSubscription(account=self.account))
        if before is None or before.due_us is None or before.due_us > seller.now_us:
            return None
        row, notices = refreshed(before, seller.now_us)
        yield Ask(seller.saving(row, notices=notices))
        yield from due_at(row.due_us)
        if row.status != before.status:
            yield from tell_change(row)
        return None
