"""One stream: announced, live, ended; and the sale of its tickets.

Sent to by the HTTP face. Owns the stream's row, written under its epoch. Seats are the ledger's:
right, seat and price are one command, so a ticket is never sold twice to one person, never beyond
the last seat, and never half.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, assert_never

from actors.channel.messages import Announce, channel_address
from actors.ledger.accounts import user_main
from actors.ledger.messages import LedgerRead, Post, Posted, ReadLedger
from actors.ledger.refusals import InsufficientFunds
from actors.ledger.transfer import Command
from actors.money.commands import (
    RIGHT,
    SEAT,
    TOKEN,
    pool_command,
    right_command,
    ticket_command,
)
from actors.money.errands import Ask, Errand, Errands, Tell, TryAgain
from actors.money.escrow import refund_command, sale_part
from actors.money.policy import TOKENS_MAX, MoneyPolicies
from actors.money.records import (
    FindTicket,
    ReadCreator,
    ReadWallet,
    SaveStream,
    StreamOpened,
    StreamRow,
    TicketRow,
    WalletRow,
)
from actors.money.refusals import (
    InsufficientTokens,
    InvalidPrice,
    NoTicket,
    NoTicketNeeded,
    NotRefundable,
    NotTheCreator,
    OnlyCreators,
    RefundOver,
    SoldOut,
    StreamNotFound,
    StreamOver,
    TicketAlreadyPurchased,
)
from actors.store_answers import RefusedByStore
from actors.stream.messages import (
    BuyTicket,
    CreateStream,
    EndStream,
    RefundTicket,
    StartStream,
    StreamMessage,
    TicketSold,
    stream_address,
)
from actors.subscriptions.invoices import call_off, check_payment, confirm, see_through
from actors.subscriptions.messages import (
    CallOffInvoice,
    ConfirmPayment,
    LookAtInvoice,
    OpenTicketInvoice,
)
from actors.subscriptions.records import Invoice, TicketGoods
from actors.subscriptions.refusals import TicketReserved
from actors.subscriptions.tickets import TicketSeller, no_more, open_ticket
from actors.wire_time import iso_utc
from engine.actor import STAY, Actor, AskDone, IoDone
from engine.context import Context
from engine.refusal import BadInput

SEATS_MAX = 1_000_000
TEXT_LENGTHS_MAX = {"title": 200, "description": 2000, "category": 64}


class Stream(Actor):
    """See the module's text. `row` is None until it has been announced."""

    def __init__(self, address: str, opened: StreamOpened, money: MoneyPolicies) -> None:
        self.id = address.partition(":")[2]
        self.epoch = opened.epoch
        self.row = opened.row
        self.money = money
        self.policy = money.products["stream"]
        self.errands = Errands()
        self.pooled = False

    def __repr__(self) -> str:
        state = self.row.status if self.row is not None else "unknown"
        return f"<Stream {self.id} {state}, {len(self.errands)} errands>"

    def handle(self, message: StreamMessage, ctx: Context) -> None:
        errands = self.errands
        match message:
            case CreateStream():
                check_stream(message)
                channel = f"stream_{ctx.chance('channel').bits(48):012x}"
                errand = self._create(message, channel, ctx.address, ctx.now_us)
                errands.begin(errand, ctx, alone=True)
            case StartStream(by=by):
                errands.begin(self._start(by, ctx.address, ctx.now_us), ctx, alone=True)
            case EndStream(by=by):
                errands.begin(self._end(by, ctx.address, ctx.now_us), ctx, alone=True)
            case BuyTicket():
                errands.begin(self._sell(message), ctx)
            case OpenTicketInvoice():
                errand = open_ticket(message, self._offered, self._seller(ctx))
                errands.begin(errand, ctx)
            case ConfirmPayment():
                check_payment(message)
                errands.begin(confirm(message, self._seller(ctx)), ctx)
            case LookAtInvoice(invoice=invoice):
                errands.begin(see_through(invoice, self._seller(ctx)), ctx)
            case CallOffInvoice(invoice=invoice):
                errands.begin(call_off(invoice, self._seller(ctx)), ctx)
            case RefundTicket():
                errands.begin(self._refund(message, ctx.now_us), ctx)
            case IoDone() | AskDone() | TryAgain():
                errands.handle(message, ctx)
            case _:
                assert_never(message)

    def passivate(self) -> Any:
        return STAY if len(self.errands) else None

    def _create(self, wish: CreateStream, channel: str, actor: str, now_us: int) -> Errand:
        if self.row is not None:
            self._owned(wish.creator)
            return self.row
        if (yield Ask(ReadCreator(account=wish.creator))) is None:
            raise OnlyCreators
        row = StreamRow(
            id=self.id,
            creator=wish.creator,
            channel=channel,
            title=wish.title,
            description=wish.description,
            category=wish.category,
            type=wish.type,
            status="scheduled",
            price=wish.price,
            seats=wish.seats,
            created_at_us=now_us,
        )
        return (yield from self._save(row, actor))

    def _start(self, by: str, actor: str, now_us: int) -> Errand:
        row = self._owned(by)
        if row.status == "ended":
            raise StreamOver
        if row.status == "live":
            return row
        row = replace(row, status="live", started_at_us=now_us)
        return (yield from self._save(row, actor))

    def _end(self, by: str, actor: str, now_us: int) -> Errand:
        row = self._owned(by)
        if row.status == "ended":
            return row
        return (yield from self._save(replace(row, status="ended", ended_at_us=now_us), actor))

    def _save(self, row: StreamRow, actor: str) -> Errand:
        yield Ask(SaveStream(actor=actor, epoch=self.epoch, row=row))
        self.row = row
        at_us = row.ended_at_us or row.started_at_us or row.created_at_us
        payload = {"streamId": row.id, "status": row.status, "timestamp": iso_utc(at_us)}
        yield Tell(channel_address(row.channel), Announce(event="stream-status", payload=payload))
        return row

    def _owned(self, by: str) -> StreamRow:
        if self.row is None:
            raise StreamNotFound
        if self.row.creator != by:
            raise NotTheCreator
        return self.row

    def _on_sale(self, buyer: str) -> StreamRow:
        row = self.row
        if row is None:
            raise StreamNotFound
        if row.type == "public" or row.creator == buyer:
            raise NoTicketNeeded
        if row.status == "ended":
            raise StreamOver
        return row

    def _pool(self, row: StreamRow) -> Errand:
        if row.seats is not None and not self.pooled:
            yield Post(command=pool_command(row.id, row.seats))
            self.pooled = True

    def _ticket(self, ticket: str, row: StreamRow, buyer: str, price: int) -> Command:
        return ticket_command(
            ticket,
            self.policy,
            stream=row.id,
            buyer=buyer,
            payee=row.creator,
            price=price,
            limited=row.seats is not None,
        )

    # Tickets for money from outside.

    def _seller(self, ctx: Context) -> TicketSeller:
        return TicketSeller(
            actor=ctx.address, now_us=ctx.now_us, money=self.money, sold=self._sold,
            granted=no_more, pool=self._pool_for,
        )  # fmt: skip

    def _pool_for(self, _invoice: Invoice) -> Errand:
        if self.row is not None:
            yield from self._pool(self.row)

    def _offered(self, wish: OpenTicketInvoice) -> Errand:
        row = self._on_sale(wish.buyer)
        held: TicketRow | None = yield Ask(FindTicket(stream=row.id, account=wish.buyer))
        if held is not None:
            raise TicketAlreadyPurchased(held.id)
        return TicketGoods(
            seller=stream_address(row.id), sale=row.id, tokens=row.price,
            limited=row.seats is not None,
        )  # fmt: skip

    def _sold(self, invoice: Invoice, ticket: str) -> Errand:
        yield from ()
        row, goods = self.row, invoice.goods
        if row is None or row.status == "ended" or goods is None:
            return None
        return self._ticket(ticket, row, invoice.account, goods.tokens)

    def _sell(self, wish: BuyTicket) -> Errand:
        row = self._on_sale(wish.buyer)
        if wish.price is not None and wish.price != row.price:
            raise InvalidPrice(price=row.price)
        yield from self._pool(row)
        yield Post(command=right_command(row.id, wish.buyer))
        command = self._ticket(wish.ticket, row, wish.buyer, row.price)
        try:
            posted: Posted = yield Post(command=command)
        except RefusedByStore as refused:
            yield from self._explain(wish.buyer, row, refused)
            raise
        ticket = TicketRow(
            id=wish.ticket,
            stream=row.id,
            account=wish.buyer,
            price=row.price,
            purchased_at_us=posted.entries[0].at_us,
        )
        if row.price:
            return TicketSold(ticket=ticket, balance=posted.posted(user_main(wish.buyer), TOKEN))
        wallet: WalletRow = yield Ask(ReadWallet(account=wish.buyer))
        return TicketSold(ticket=ticket, balance=wallet.balance)

    def _refund(self, wish: RefundTicket, now_us: int) -> Errand:
        row = self.row
        if row is None:
            raise StreamNotFound
        held: TicketRow | None = yield Ask(FindTicket(stream=row.id, account=wish.holder))
        if held is None:
            raise NoTicket
        if not wish.operator and wish.by != row.creator:
            self._check_refund(wish, row, now_us)
        sale: LedgerRead = yield Ask(ReadLedger(pairs=(), commands=(held.id,)))
        entries = sale_part(sale.decisions[0].entries)
        pairs = tuple((each.transfer.credit, each.transfer.asset) for each in entries)
        there: LedgerRead = yield Ask(ReadLedger(pairs=pairs))
        try:
            yield Post(command=refund_command(wish.refund, entries, dict(there.balances)))
        except RefusedByStore as refused:
            if refused.code == InsufficientFunds.code:
                raise NotRefundable from None
            raise
        return held

    def _check_refund(self, wish: RefundTicket, row: StreamRow, now_us: int) -> None:
        """Let a holder have it back within the time that the policy gives.

        Raises:
            NotTheCreator: it is somebody else's ticket.
            RefundOver: there is no such time, or it is over.
        """
        if wish.by != wish.holder:
            raise NotTheCreator
        within_us = self.policy.refund_within_us
        over = row.ended_at_us is not None and now_us > row.ended_at_us + within_us
        if within_us == 0 or over:
            raise RefundOver

    def _explain(self, buyer: str, row: StreamRow, refused: RefusedByStore) -> Errand:
        """Say what the ledger's refusal means to somebody who wants a ticket."""
        if refused.code != InsufficientFunds.code:
            return
        match refused.details["asset"]:
            case asset if asset == RIGHT:
                held: TicketRow | None = yield Ask(FindTicket(stream=row.id, account=buyer))
                raise TicketAlreadyPurchased(held.id) if held else TicketReserved() from None
            case asset if asset == SEAT:
                raise SoldOut from None
            case _:
                balance = int(refused.details["available"])
                raise InsufficientTokens(balance=balance, required=row.price) from None


def check_stream(wish: CreateStream) -> None:
    """Check what a stream is to be.

    Raises:
        BadInput: the field at fault is named.
    """
    for name, longest in TEXT_LENGTHS_MAX.items():
        text = getattr(wish, name)
        whole = "\0" not in text and not any("\ud800" <= one <= "\udfff" for one in text)
        if len(text) > longest or not whole:
            raise BadInput(f"{name}: expected at most {longest} characters without NUL", field=name)
    if not wish.title.strip():
        raise BadInput("title: expected some text", field="title")
    if not 0 <= wish.price <= TOKENS_MAX:
        raise BadInput(
            f"ticketPrice: expected a whole number from 0 to {TOKENS_MAX}", field="ticketPrice"
        )
    if wish.type == "public" and (wish.price or wish.seats is not None):
        raise BadInput("ticketPrice: a public stream sells no tickets", field="ticketPrice")
    if wish.seats is not None and not 0 < wish.seats <= SEATS_MAX:
        raise BadInput(
            f"maxTickets: expected a whole number from 1 to {SEATS_MAX}", field="maxTickets"
        )
