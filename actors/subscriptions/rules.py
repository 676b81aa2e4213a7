"""What follows from an invoice's payments and from a subscription's time: pure, the same for all.

Nothing here remembers anything, so payments that come twice, late or in another order cannot matter
and what a crash left half done is found and done by looking again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from actors.money.policy import DAY_US, SubscriptionPolicy
from actors.money.split import BPS
from actors.subscriptions.messages import InvoiceState
from actors.subscriptions.records import Closed, Invoice, InvoiceRow, Notice, Subscription

REMINDERS_DAYS = (7, 3, 1)


# Invoices.


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What the ledger says of an invoice.

    Attributes:
        opened: whether its opening was carried out; None: not decided yet.
        paid: what lies in its account, minor units.
        ended: how it ended in the ledger.
        held: what its quote reserved (a promo code's use, credit, a seat) is so still, or taken.
    """

    opened: bool | None
    paid: int
    ended: Literal["settled", "given_back"] | None
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settle:
    """Take `taken` of what was paid, with what is `held`; the rest is the payer's credit."""

    taken: int
    surplus: int
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveBack:
    """All that was paid is the payer's credit. `ends`: and nothing can be bought with it now."""

    amount: int
    ends: bool


@dataclass(frozen=True, slots=True)
class Open:
    """Reserve what the quote promises and let the invoice be settled once."""


@dataclass(frozen=True, slots=True)
class LetGo:
    """The quote is over: somebody else may have what it reserved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteDown:
    """The ledger has ended it: what follows is written down."""

    closed: Closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing to do before `until_us`; None: ever, unless more is paid."""

    until_us: int | None


InvoiceStep = Open | Settle | GiveBack | LetGo | WriteDown | Wait


def next_step(
    row: InvoiceRow, books: Books, now_us: int, *, price_now: int, policy: SubscriptionPolicy
) -> InvoiceStep:
    """Return what is to be done next with an invoice.

    `price_now` is what it would cost without a promo code at this moment's rates.
    """
    invoice = row.invoice
    if row.closed is not None:
        if books.paid:
            return GiveBack(amount=books.paid, ends=False)
        return Wait(until_us=None)
    if books.opened is None:
        return Open()
    if not books.opened:
        return WriteDown(closed="refused")
    if books.ended is not None:
        return WriteDown(closed=books.ended)
    in_time = _is_in_time(row, now_us, policy)
    if books.held and not in_time:
        return LetGo()
    due = amount_due(row, books, now_us, price_now=price_now, policy=policy)
    there = books.paid + (invoice.credit if books.held else 0)
    if there >= due - min(invoice.spare, due):
        taken = min(there, due)
        return Settle(taken=taken, surplus=there - taken, held=books.held)
    if now_us >= invoice.closes_us:
        return GiveBack(amount=books.paid, ends=True)
    if books.held:
        return Wait(until_us=invoice.quoted_until_us + policy.late_us + 1)
    return Wait(until_us=invoice.closes_us)


def amount_due(
    row: InvoiceRow, books: Books, now_us: int, *, price_now: int, policy: SubscriptionPolicy
) -> int:
    """Return what an invoice costs: as quoted when enough came in time, else as it is now.

    A late payment is taken at the full quoted price as long as the price has not risen by more
    than the policy's slippage since.
    """
    invoice = row.invoice
    promo_lost = invoice.promo is not None and not books.held
    if _is_in_time(row, now_us, policy) and not promo_lost:
        return invoice.price
    full = invoice.full_price
    risen = price_now - full
    return price_now if risen * BPS > policy.slippage_bps * full else full


def as_listed(row: InvoiceRow, now_us: int, policy: SubscriptionPolicy) -> InvoiceState:
    """Return an invoice as its facts alone say, without the ledger and this moment's rates."""
    invoice = row.invoice
    held = invoice.reserves and row.closed is None and _is_in_time(row, now_us, policy)
    came = sum(each.amount for each in row.payments if each.asset == invoice.asset)
    books = Books(opened=True, paid=came, ended=None, held=held)
    due = amount_due(row, books, now_us, price_now=invoice.full_price, policy=policy)
    return InvoiceState(
        invoice=invoice,
        closed=row.closed,
        paid=came if row.closed is None else 0,
        due=due,
        credit=invoice.credit if held else 0,
    )


def is_expired(state: InvoiceState, now_us: int, policy: SubscriptionPolicy) -> bool:
    """Whether nothing came while the quote held, so that nothing is kept for its buyer."""
    over = now_us > state.invoice.quoted_until_us + policy.late_us
    return state.closed is None and not state.paid and over


def _is_in_time(row: InvoiceRow, now_us: int, policy: SubscriptionPolicy) -> bool:
    """Whether enough came while the quote held; while nothing did, whether it still holds."""
    crossed_us = crossed_at(row)
    moment_us = now_us if crossed_us is None else crossed_us
    return moment_us <= row.invoice.quoted_until_us + policy.late_us


def crossed_at(row: InvoiceRow) -> int | None:
    """Return when enough had come for the quoted price, with the credit; None: not yet."""
    invoice, came = row.invoice, row.invoice.credit
    if came >= invoice.price - invoice.spare:
        return invoice.created_at_us
    for payment in sorted(row.payments, key=lambda one: (one.at_us, one.reference)):
        if payment.asset == invoice.asset:
            came += payment.amount
            if came >= invoice.price - invoice.spare:
                return payment.at_us
    return None


# Subscriptions.


def counts(row: Subscription | None, now_us: int) -> bool:
    """Whether somebody has what their tier gives: paid for, or in the days of grace after it."""
    if row is None or row.status == "suspended":
        return False
    if row.expires_us is None:
        return row.status == "active"
    if row.status == "expired":
        return row.grace_us is not None and now_us < row.grace_us
    return now_us < (row.grace_us if row.grace_us is not None else row.expires_us)


def worth_left(row: Subscription, now_us: int) -> int:
    """Return the US cents of what was paid for and not had yet, rounded down."""
    if row.expires_us is None or now_us >= row.expires_us:
        return 0
    whole_us = row.expires_us - row.worth_from_us
    left_us = row.expires_us - max(now_us, row.worth_from_us)
    return row.worth * left_us // whole_us


def extended(
    row: Subscription | None,
    invoice: Invoice,
    now_us: int,
    *,
    with_promo: bool,
    policy: SubscriptionPolicy,
) -> Subscription:
    """Return the subscription after an invoice was settled.

    The same tier goes on where it ends, also out of the days of grace, which are then paid for.
    Another tier begins now; what is left of the old one, in money, buys time of the new one at its
    list price. So nothing paid is lost, and nothing is made.
    """
    length_us = invoice.length_us + (invoice.extra_us if with_promo else 0)
    paid = invoice.worth if with_promo or invoice.promo is None else invoice.full_worth
    if row is not None and row.expires_us is None and row.status == "active":
        return row
    fresh = Subscription(
        account=invoice.account,
        tier=invoice.tier,
        kind=invoice.period,
        status="active",
        started_us=now_us,
        expires_us=now_us + length_us,
        worth=paid,
        worth_from_us=now_us,
        periods=1 if row is None else row.periods + 1,
    )
    if row is not None and row.expires_us is not None and counts(row, now_us):
        left = worth_left(row, now_us)
        if row.tier == invoice.tier:
            begins_us = row.expires_us
            fresh = replace(fresh, started_us=row.started_us, expires_us=begins_us + length_us)
        elif invoice.full_worth:
            more_us = left * invoice.length_us // invoice.full_worth
            fresh = replace(fresh, expires_us=now_us + length_us + more_us)
        fresh = replace(fresh, worth=left + paid)
    assert fresh.expires_us is not None
    fresh = replace(fresh, grace_us=fresh.expires_us + policy.grace_us)
    return refreshed(fresh, now_us, quiet=True)[0]


def cancelled(row: Subscription) -> Subscription:
    """Return a subscription that is not to go on: it counts to its end, without days of grace."""
    row = replace(row, status="cancelled", auto_renew=False, grace_us=None)
    return replace(row, due_us=row.expires_us)


def refreshed(
    row: Subscription, now_us: int, *, quiet: bool = False
) -> tuple[Subscription, tuple[Notice, ...]]:
    """Return a subscription as it is now, and what its person is to be told.

    A `quiet` one tells nothing: reminders whose time is over already are passed over.
    """
    expires_us = row.expires_us
    if expires_us is None or row.status == "suspended":
        return replace(row, due_us=None), ()
    if now_us < expires_us:
        return _reminded(row, expires_us, now_us, quiet=quiet)
    notices: list[Notice] = []
    if row.status != "expired":
        row = replace(row, status="expired")
        notices.append(_notice(row, "expired", "Your subscription has run out.", now_us))
    over_us = row.grace_us if row.grace_us is not None else expires_us
    if now_us < over_us:
        return replace(row, due_us=over_us), tuple(notices)
    row = replace(row, status="suspended", due_us=None)
    notices.append(_notice(row, "suspended", "What came with your tier has ended.", now_us))
    return row, tuple(notices)


def _reminded(
    row: Subscription, expires_us: int, now_us: int, *, quiet: bool
) -> tuple[Subscription, tuple[Notice, ...]]:
    """Return the subscription with its next reminder ahead; one that was missed is not made up."""
    if row.status != "active":
        return replace(row, due_us=expires_us), ()
    times = {days: expires_us - days * DAY_US for days in REMINDERS_DAYS}
    ahead = [at_us for at_us in times.values() if at_us > now_us]
    row = replace(row, due_us=min(ahead, default=expires_us))
    begun = [days for days, at_us in times.items() if at_us <= now_us]
    if quiet or not begun:
        return row, ()
    days = min(begun)
    type_ = f"expires_in_{days}_days"
    if row.told == type_:
        return row, ()
    text = f"Your subscription runs out in {days} {'day' if days == 1 else 'days'}."
    return replace(row, told=type_), (_notice(row, type_, text, now_us),)


def _notice(row: Subscription, type_: str, text: str, now_us: int) -> Notice:
    return Notice(
        key=f"{row.periods}/{row.expires_us}/{type_}", type=type_, text=text, at_us=now_us
    )
