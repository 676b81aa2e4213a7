"""The errands of an invoice: opened, paid, settled or given back, and written down, step by step.

They only look at what there is and do what follows next (`rules.next_step`), until there is
nothing more to do. So they may begin anywhere: at a payment, after a crash, or twice at once. What
is sold, a tier or a ticket, is the `Seller`'s to say.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, Protocol

from actors.ledger.accounts import user_credit
from actors.ledger.book import Balance
from actors.ledger.messages import LedgerRead, Post, ReadLedger
from actors.ledger.refusals import InsufficientFunds, PendingNotFound, PendingResolved
from actors.ledger.transfer import Command
from actors.money.commands import RIGHT as SEAT_RIGHT
from actors.money.commands import SEAT
from actors.money.errands import Ask, Errand, Tell
from actors.money.policy import MoneyPolicies
from actors.store_answers import RefusedByStore
from actors.subscriptions.commands import (
    DUE,
    deposit_command,
    ended_account,
    give_back_command,
    hold_until,
    invoice_account,
    open_command,
    open_id,
    unhold_command,
    unhold_id,
)
from actors.subscriptions.messages import (
    SUBSCRIPTIONS_DESK,
    ConfirmPayment,
    DueAt,
    InvoiceState,
)
from actors.subscriptions.records import (
    Invoice,
    InvoiceRow,
    LookAgain,
    Payment,
    ReadInvoice,
    SavePayment,
)
from actors.subscriptions.refusals import (
    CreditGone,
    InvoiceNotFound,
    InvoiceOver,
    InvoicePaid,
    PaymentDiffers,
)
from actors.subscriptions.rules import (
    Books,
    GiveBack,
    LetGo,
    Open,
    Settle,
    Wait,
    WriteDown,
    amount_due,
    next_step,
)
from actors.user.messages import TellUser, user_address
from engine.clock import MINUTE_US
from engine.refusal import BadInput

STEPS_MAX = 16
"""More than an invoice ever has to do at once; beyond this, two disagree about the ledger."""

UNFINISHED_US = MINUTE_US
"""By then what was begun is done, or a crash came between and the desk has it taken up again."""

AMOUNT_MAX = 10**30
REFERENCE_LENGTH_MAX = 200

_OVERTAKEN = (InsufficientFunds.code, PendingResolved.code, PendingNotFound.code)
"""Refusals that say: look again, somebody else was here."""


class Seller(Protocol):
    """Who carries invoices on, at a time: an actor for a while of its life."""

    @property
    def now_us(self) -> int: ...

    @property
    def money(self) -> MoneyPolicies: ...

    def owns(self, invoice: Invoice) -> bool:
        """Whether this invoice is carried on here."""
        ...

    def price_now(self, invoice: Invoice) -> Errand:
        """Return the errand; it ends in what it would cost at this moment's rates."""
        ...

    def prepare(self, invoice: Invoice) -> Errand:
        """Return the errand that lets the invoice be opened."""
        ...

    def opening_refused(self, refused: RefusedByStore) -> Errand:
        """Return the errand that raises what it means that something could not be reserved."""
        ...

    def settlement(self, invoice: Invoice, step: Settle) -> Errand:
        """Return the errand; it ends in the command that sells it, None: it cannot be had."""
        ...

    def grant(self, invoice: Invoice, books: Books) -> Errand:
        """Return the errand that writes down that it was settled, with all that follows."""
        ...


def see_through(invoice: str, seller: Seller) -> Errand:
    """Return the errand; it ends in an `InvoiceState`.

    Raises:
        InvoiceNotFound: there is none that is carried on here.
        Refusal: what it promises could not be reserved.
    """
    moved = False
    for _ in range(STEPS_MAX):
        row: InvoiceRow | None = yield Ask(ReadInvoice(id=invoice))
        if row is None or not seller.owns(row.invoice):
            raise InvoiceNotFound
        for payment in row.payments:
            yield Post(command=deposit_command(row.invoice, payment))
        books: Books = yield from _look(row.invoice, seller.now_us)
        price_now: int = yield from seller.price_now(row.invoice)
        policy = seller.money.subscriptions
        step = next_step(row, books, seller.now_us, price_now=price_now, policy=policy)
        if isinstance(step, Wait):
            yield Ask(LookAgain(invoice=invoice, at_us=step.until_us, closed=row.closed))
            yield from due_at(step.until_us)
            due = amount_due(row, books, seller.now_us, price_now=price_now, policy=policy)
            used = books.held and row.closed in (None, "settled")
            state = InvoiceState(
                invoice=row.invoice,
                closed=row.closed,
                paid=books.paid,
                due=due,
                credit=row.invoice.credit if used else 0,
            )
            if moved:
                yield tell_buyer(state)
            return state
        yield from _do(row, books, step, seller)
        moved = True
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
        held=invoice.reserves
        and now_us < hold_until(invoice)
        and not decisions.get(unhold_id(invoice), False),
    )


def _do(
    row: InvoiceRow,
    books: Books,
    step: Open | Settle | GiveBack | LetGo | WriteDown,
    seller: Seller,
) -> Errand:
    invoice = row.invoice
    match step:
        case Open():
            yield from _open(invoice, seller)
        case WriteDown(closed="settled"):
            yield from seller.grant(invoice, books)
        case WriteDown(closed=closed):
            yield Ask(LookAgain(invoice=invoice.id, at_us=None, closed=closed))
        case Settle():
            yield from _settle(row, books, step, seller)
        case GiveBack():
            yield from _give_back(row, books, step)
        case LetGo():
            yield from _post(unhold_command(invoice))


def _settle(row: InvoiceRow, books: Books, step: Settle, seller: Seller) -> Errand:
    """Sell it, or make all of it the payer's credit when it cannot be had any more."""
    command: Command | None = yield from seller.settlement(row.invoice, step)
    if command is not None:
        try:
            yield Post(command=command)
        except RefusedByStore as refused:
            gone = refused.details.get("asset") in (SEAT, SEAT_RIGHT)
            if refused.code not in _OVERTAKEN:
                raise
            if not gone:
                return
        else:
            return
    yield from _give_back(row, books, GiveBack(amount=books.paid, ends=True))


def _give_back(row: InvoiceRow, books: Books, step: GiveBack) -> Errand:
    payments = len(row.payments)
    yield from _post(give_back_command(row.invoice, step, payments=payments, held=books.held))


def _post(command: Command) -> Errand:
    """Post a command, or find out that somebody else has done its work."""
    try:
        yield Post(command=command)
    except RefusedByStore as refused:
        if refused.code not in _OVERTAKEN:
            raise


def _open(invoice: Invoice, seller: Seller) -> Errand:
    yield from seller.prepare(invoice)
    try:
        yield Post(command=open_command(invoice))
    except RefusedByStore as refused:
        if refused.code != InsufficientFunds.code:
            raise
        yield Ask(LookAgain(invoice=invoice.id, at_us=None, closed="refused"))
        if refused.details["asset"] == invoice.asset:
            raise CreditGone from None
        yield from seller.opening_refused(refused)
        raise


def with_credit(invoice: Invoice) -> Errand:
    """Return the errand; it ends in the invoice, to be paid with what credit there is."""
    pair = (user_credit(invoice.account), invoice.asset)
    read: LedgerRead = yield Ask(ReadLedger(pairs=(pair,)))
    there = dict(read.balances).get(pair, Balance()).available
    return replace(invoice, credit=min(max(there, 0), invoice.price))


def confirm(said: ConfirmPayment, seller: Seller) -> Errand:
    """Return the errand that takes a payment in; it ends in an `InvoiceState`.

    Raises:
        InvoiceNotFound: there is none that is carried on here.
        InvoiceOver: no amount is named and nothing is due.
        PaymentDiffers: the reference was used with other figures.
    """
    row: InvoiceRow | None = yield Ask(ReadInvoice(id=said.invoice))
    if row is None or not seller.owns(row.invoice):
        raise InvoiceNotFound
    state: InvoiceState = yield from see_through(said.invoice, seller)
    if said.amount is None and state.closed is not None:
        if any(payment.reference == said.reference for payment in row.payments):
            return state
        raise InvoiceOver
    payment = Payment(
        reference=said.reference,
        invoice=said.invoice,
        amount=said.amount if said.amount is not None else max(state.to_pay, 1),
        asset=said.asset if said.asset is not None else row.invoice.asset,
        fee=said.fee,
        source=said.source,
        at_us=seller.now_us,
    )
    kept: Payment = yield Ask(SavePayment(payment=payment))
    yield from due_at(seller.now_us + UNFINISHED_US)
    same = replace(kept, at_us=payment.at_us, source=payment.source)
    if said.amount is None:
        same = replace(same, amount=payment.amount)
    if same != payment:
        raise PaymentDiffers
    after: InvoiceState = yield from see_through(said.invoice, seller)
    if after.closed is None:
        yield tell_buyer(after)
    return after


def tell_buyer(state: InvoiceState) -> Tell:
    """Return the step that lets a buyer's pages know that a purchase of theirs has moved."""
    invoice = state.invoice
    payload = {"payment_channel_id": invoice.id, "closed": state.closed}
    return Tell(user_address(invoice.account), TellUser(event="payment-changed", payload=payload))


def call_off(invoice: str, seller: Seller) -> Errand:
    """Return the errand that ends an invoice before its time; it ends in an `InvoiceState`.

    Raises:
        InvoiceNotFound: there is none that is carried on here.
        InvoicePaid: it was settled before.
    """
    state: InvoiceState = yield from see_through(invoice, seller)
    if state.closed is None:
        row: InvoiceRow = yield Ask(ReadInvoice(id=invoice))
        books: Books = yield from _look(row.invoice, seller.now_us)
        yield from _give_back(row, books, GiveBack(amount=books.paid, ends=True))
        state = yield from see_through(invoice, seller)
    if state.closed == "settled":
        raise InvoicePaid
    return state


def due_at(at_us: int | None) -> Errand:
    """Return the step that lets the desk know when something is due."""
    if at_us is not None:
        yield Tell(SUBSCRIPTIONS_DESK, DueAt(at_us=at_us))


def check_payment(said: ConfirmPayment) -> None:
    """Check what somebody says was paid.

    Raises:
        BadInput: the field at fault is named.
    """
    check_reference(said.reference)
    if said.amount is not None and not 0 < said.amount <= AMOUNT_MAX:
        raise BadInput(f"amount: expected 1 to {AMOUNT_MAX} minor units", field="amount")
    if not 0 <= said.fee <= AMOUNT_MAX:
        raise BadInput(f"fee: expected 0 to {AMOUNT_MAX} minor units", field="fee")


def check_reference(reference: str) -> None:
    """Check how somebody says that something was paid.

    Raises:
        BadInput: it is empty, too long, or has something in it that cannot be seen.
    """
    if not (0 < len(reference) <= REFERENCE_LENGTH_MAX and reference.isprintable()):
        raise BadInput(
            f"reference: expected 1 to {REFERENCE_LENGTH_MAX} characters that can be seen",
            field="reference",
        )
