"""Tickets for money from outside: the quote, and the seller that booths and streams share.

A ticket costs tokens; in other money it costs what those tokens do in the smallest pack. While the
quote holds, its seat and the buyer's right to one are reserved: who pays in time has it. Who pays
late has it if there is one; else all of it is credit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from actors.ledger.messages import Post
from actors.ledger.transfer import Command
from actors.money.amounts import decimal_text
from actors.money.commands import RIGHT, TOKEN, right_command
from actors.money.errands import Ask, Errand
from actors.money.policy import MoneyPolicies
from actors.money.refusals import SoldOut
from actors.money.split import BPS
from actors.store_answers import RefusedByStore
from actors.subscriptions.commands import settle_id, settle_ticket_command
from actors.subscriptions.invoices import UNFINISHED_US, due_at, see_through, with_credit
from actors.subscriptions.messages import InvoiceState, OpenTicketInvoice
from actors.subscriptions.pricing import from_cents
from actors.subscriptions.records import (
    TICKET,
    Catalogue,
    Invoice,
    InvoiceRow,
    LookAgain,
    ReadCatalogue,
    ReadDueInvoices,
    ReadInvoice,
    SaveInvoice,
    TicketGoods,
)
from actors.subscriptions.refusals import (
    CannotPayWith,
    PriceChanged,
    TicketReserved,
    TooManyInvoices,
)
from actors.subscriptions.rules import Books, Settle

INVOICES_MAX = 20
"""Open quotes of one account: each is looked at when it ends."""

NAMED_BPS = 200
"""How far from the price a client's figure may be: it was rounded, or is a moment old."""

EVER_US = 2**62

Sold = Callable[[Invoice, str], Errand]
"""(invoice, the command's id): ends in the command that sells its ticket, None: not on sale."""

Granted = Callable[[Invoice], Errand]
"""What follows once a ticket is sold."""


def no_more(_invoice: Invoice) -> Errand:
    """Nothing else follows from it."""
    yield from ()


def price_of(
    tokens: int, asset: str, rates: dict[str, int], money: MoneyPolicies
) -> tuple[int, int]:
    """Return what tokens cost in an asset, and in the reserve's money, minor units, rounded up.

    20 tokens of a pack of 100 for 9.99 USD are 2.00 USD, and 6.667 HIVE at 0.30 USD.

    Raises:
        CannotPayWith: there is no rate for this asset, or no pack.
    """
    sale = money.token_sale
    if not sale.packs or asset == TOKEN:
        raise CannotPayWith(asset, [TOKEN])
    pack = sale.packs[0]
    worth = -(-tokens * pack.price // pack.tokens)
    if asset == sale.asset:
        return worth, worth
    if sale.asset != "USD":
        raise CannotPayWith(asset, [TOKEN, sale.asset])
    return from_cents(worth, asset, rates), worth


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSeller:
    """Sells the tickets of one actor, at a time; a `Seller`."""

    actor: str
    now_us: int
    money: MoneyPolicies
    sold: Sold
    granted: Granted
    pool: Granted

    def owns(self, invoice: Invoice) -> bool:
        return invoice.goods is not None and invoice.goods.seller == self.actor

    def price_now(self, invoice: Invoice) -> Errand:
        assert invoice.goods is not None
        catalogue: Catalogue = yield Ask(ReadCatalogue())
        try:
            return price_of(invoice.goods.tokens, invoice.asset, catalogue.rates, self.money)[0]
        except CannotPayWith:
            return invoice.full_price

    def prepare(self, invoice: Invoice) -> Errand:
        assert invoice.goods is not None
        yield from self.pool(invoice)
        yield Post(command=right_command(invoice.goods.sale, invoice.account))

    def opening_refused(self, refused: RefusedByStore) -> Errand:
        yield from ()
        raise TicketReserved if refused.details["asset"] == RIGHT else SoldOut

    def settlement(self, invoice: Invoice, step: Settle) -> Errand:
        ticket: Command | None = yield from self.sold(invoice, settle_id(invoice, step))
        if ticket is None:
            return None
        return settle_ticket_command(invoice, step, ticket, self.money.token_sale)

    def grant(self, invoice: Invoice, books: Books) -> Errand:
        yield from self.granted(invoice)
        yield Ask(LookAgain(invoice=invoice.id, at_us=None, closed=books.ended))


def open_ticket(
    wish: OpenTicketInvoice, offered: Callable[[OpenTicketInvoice], Errand], seller: TicketSeller
) -> Errand:
    """Return the errand; it ends in an `InvoiceState`, again for the same id.

    `offered` ends in the `TicketGoods` that are to be had, or raises why there are none.

    Raises:
        CannotPayWith: no price in this money, or it costs nothing.
        PriceChanged: it costs something else than the client says.
        TooManyInvoices: one pays before one opens more.
        SoldOut, TicketReserved: there is none left, or a quote for one is open.
        CreditGone: another purchase took the credit just now.
    """
    known: InvoiceRow | None = yield Ask(ReadInvoice(id=wish.invoice))
    if known is None:
        goods: TicketGoods = yield from offered(wish)
        waiting = yield Ask(ReadDueInvoices(account=wish.buyer, now_us=EVER_US))
        if len(waiting) >= INVOICES_MAX:
            raise TooManyInvoices(INVOICES_MAX)
        catalogue: Catalogue = yield Ask(ReadCatalogue())
        invoice: Invoice = yield from with_credit(_quoted(wish, goods, catalogue, seller))
        yield Ask(SaveInvoice(invoice=invoice))
        yield from due_at(seller.now_us + UNFINISHED_US)
    state: InvoiceState = yield from see_through(wish.invoice, seller)
    if state.closed == "refused":
        raise SoldOut
    return state


def _quoted(
    wish: OpenTicketInvoice, goods: TicketGoods, catalogue: Catalogue, seller: TicketSeller
) -> Invoice:
    if not goods.tokens:
        raise CannotPayWith(wish.asset, [TOKEN])
    now_us, policy = seller.now_us, seller.money.subscriptions
    price, worth = price_of(goods.tokens, wish.asset, catalogue.rates, seller.money)
    off = 0 if wish.amount is None else abs(wish.amount - price)
    if off * BPS > price * NAMED_BPS:
        raise PriceChanged(price=decimal_text(price, wish.asset), currency=wish.asset)
    dollar = from_cents(100, wish.asset, catalogue.rates)
    return Invoice(
        id=wish.invoice,
        account=wish.buyer,
        tier=TICKET,
        period="once",
        asset=wish.asset,
        price=price,
        full_price=price,
        worth=worth,
        full_worth=worth,
        length_us=0,
        extra_us=0,
        spare=min(price * policy.under_bps // BPS, dollar),
        promo=None,
        created_at_us=now_us,
        quoted_until_us=now_us + policy.quote_us,
        closes_us=now_us + policy.quote_us + policy.top_up_us,
        goods=goods,
    )
