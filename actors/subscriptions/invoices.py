"""The errand of an invoice: opened, paid, settled or given back, and written down, step by step.

It only looks at what there is and does what follows next (`rules.next_step`), until there is
nothing more to do. So it may begin anywhere: at a payment, after a crash, or twice at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from actors.ledger.messages import LedgerRead, Post, ReadLedger
from actors.ledger.refusals import InsufficientFunds, PendingNotFound, PendingResolved
from actors.ledger.transfer import Command
from actors.money.errands import Ask, Errand, Tell
from actors.money.policy import MoneyPolicies
from actors.store_answers import RefusedByStore
from actors.subscriptions.commands import (
    DUE,
    RIGHT,
    USE,
    deposit_command,
    ended_account,
    give_back_command,
    hold_until,
    invoice_account,
    open_command,
    open_id,
    promo_commands,
    settle_command,
    unhold_command,
    unhold_id,
)
from actors.subscriptions.messages import SUBSCRIPTIONS_DESK, DueAt, InvoiceState
from actors.subscriptions.pricing import list_price
from actors.subscriptions.records import (
    Catalogue,
    Invoice,
    InvoiceRow,
    LookAgain,
    Notice,
    PromoCode,
    ReadCatalogue,
    ReadInvoice,
    ReadPromo,
    ReadSubscription,
    SaveSubscription,
    Subscription,
)
from actors.subscriptions.refusals import CannotPayWith, InvoiceNotFound, PromoUsedUp
from actors.subscriptions.rules import (
    Books,
    GiveBack,
    LetPromoGo,
    Open,
    Settle,
    Wait,
    WriteDown,
    amount_due,
    extended,
    next_step,
)
from actors.user.messages import StandingChanged, TellUser, user_address
from actors.wire_time import iso_utc

STEPS_MAX = 16
"""More than an invoice ever has to do at once; beyond this, two disagree about the ledger."""

_OVERTAKEN = (InsufficientFunds.code, PendingResolved.code, PendingNotFound.code)
"""Refusals that say: look again, somebody else was here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Who carries invoices on: an actor under its epoch, at a time."""

    account: str
    actor: str
    epoch: int
    now_us: int
    money: MoneyPolicies

    def saving(
        self,
        row: Subscription,
        *,
        invoice: Invoice | None = None,
        notices: tuple[Notice, ...] = (),
    ) -> SaveSubscription:
        """Return the request that writes a subscription."""
        return SaveSubscription(
            actor=self.actor, epoch=self.epoch, row=row, at_us=self.now_us, invoice=invoice,
            notices=notices,
        )  # fmt: skip


def see_through(invoice: str, teller: Teller) -> Errand:
    """Return the errand; it ends in an `InvoiceState`.

    Raises:
        InvoiceNotFound: there is none, or it is another account's.
        PromoUsedUp: its promo code was used as often as it may be.
    """
    for _ in range(STEPS_MAX):
        row: InvoiceRow | None = yield Ask(ReadInvoice(id=invoice))
        if row is None or row.invoice.account != teller.account:
            raise InvoiceNotFound
        for payment in row.payments:
            yield Post(command=deposit_command(row.invoice, payment))
        books: Books = yield from _look(row.invoice, teller.now_us)
        price_now: int = yield from _price_now(row.invoice)
        policy = teller.money.subscriptions
        step = next_step(row, books, teller.now_us, price_now=price_now, policy=policy)
        if isinstance(step, Wait):
            yield Ask(LookAgain(invoice=invoice, at_us=step.until_us, closed=row.closed))
            yield from due_at(step.until_us)
            due = amount_due(row, books, teller.now_us, price_now=price_now, policy=policy)
            return InvoiceState(invoice=row.invoice, closed=row.closed, paid=books.paid, due=due)
        yield from _do(row, books, step, teller)
    raise AssertionError(f"invoice {invoice} does not come to an end")


def _look(invoice: Invoice, now_us: int) -> Errand:
    account = invoice_account(invoice.id)
    settled, given_back = (ended_account(invoice.id, how) for how in ("settled", "given_back"))
    pairs = ((account, invoice.asset), (account, DUE), (settled, DUE), (given_back, DUE))
    commands = (open_id(invoice), unhold_id(invoice))
    read: LedgerRead = yield Ask(ReadLedger(pairs=pairs, commands=commands))
    balances = {pair: balance.posted for pair, balance in read.balances}
    decisions = {each.command_id: each.refused is None for each in read.decisions}
    ended: Literal["settled", "given_back"] | None = None
    if balances.get((settled, DUE)):
        ended = "settled"
    elif balances.get((given_back, DUE)):
        ended = "given_back"
    return Books(
        opened=decisions.get(open_id(invoice)),
        paid=balances.get((account, invoice.asset), 0),
        ended=ended,
        promo_held=invoice.promo is not None
        and now_us < hold_until(invoice)
        and not decisions.get(unhold_id(invoice), False),
    )


def _price_now(invoice: Invoice) -> Errand:
    catalogue: Catalogue = yield Ask(ReadCatalogue())
    tier = catalogue.tier(invoice.tier)
    if tier is None:
        return invoice.full_price
    try:
        return list_price(tier, invoice.period, invoice.asset, catalogue.rates)
    except CannotPayWith:
        return invoice.full_price


def _do(
    row: InvoiceRow,
    books: Books,
    step: Open | Settle | GiveBack | LetPromoGo | WriteDown,
    teller: Teller,
) -> Errand:
    invoice = row.invoice
    match step:
        case Open():
            yield from _open(invoice)
        case WriteDown(closed="settled"):
            yield from _grant(invoice, books, teller)
        case WriteDown(closed=closed):
            yield Ask(LookAgain(invoice=invoice.id, at_us=None, closed=closed))
        case Settle():
            policy = teller.money.products["subscription"]
            yield from _post(settle_command(invoice, step, policy))
        case GiveBack():
            held, payments = books.promo_held, len(row.payments)
            yield from _post(give_back_command(invoice, step, payments=payments, held=held))
        case LetPromoGo():
            yield from _post(unhold_command(invoice))


def _post(command: Command) -> Errand:
    """Post a command, or find out that somebody else has done its work."""
    try:
        yield Post(command=command)
    except RefusedByStore as refused:
        if refused.code not in _OVERTAKEN:
            raise


def _open(invoice: Invoice) -> Errand:
    if invoice.promo is not None:
        promo: PromoCode = yield Ask(ReadPromo(code=invoice.promo))
        for command in promo_commands(promo, invoice.account):
            yield Post(command=command)
    try:
        yield Post(command=open_command(invoice))
    except RefusedByStore as refused:
        if refused.code == InsufficientFunds.code and refused.details["asset"] in (USE, RIGHT):
            yield Ask(LookAgain(invoice=invoice.id, at_us=None, closed="refused"))
            raise PromoUsedUp(by_you=refused.details["asset"] == RIGHT) from None
        raise


def _grant(invoice: Invoice, books: Books, teller: Teller) -> Errand:
    before: Subscription | None = yield Ask(ReadSubscription(account=invoice.account))
    policy = teller.money.subscriptions
    row = extended(before, invoice, teller.now_us, with_promo=books.promo_held, policy=policy)
    notice = Notice(
        key=f"invoice/{invoice.id}",
        type="activated",
        text=f"Your {invoice.tier} subscription is active.",
        at_us=teller.now_us,
    )
    yield Ask(teller.saving(row, invoice=invoice, notices=(notice,)))
    yield from due_at(row.due_us)
    yield from tell_change(row)


def due_at(at_us: int | None) -> Errand:
    """Return the step that lets the desk know when something is due."""
    if at_us is not None:
        yield Tell(SUBSCRIPTIONS_DESK, DueAt(at_us=at_us))


def tell_change(row: Subscription) -> Errand:
    """Return the steps that let a subscription's change count where its person is now."""
    user = user_address(row.account)
    payload = {
        "tier_code": row.tier,
        "status": row.status,
        "expires_at": None if row.expires_us is None else iso_utc(row.expires_us),
    }
    yield Tell(user, StandingChanged())
    yield Tell(user, TellUser(event="subscription-changed", payload=payload))
