"""The booth of one space: it sells tickets, and takes what microphones cost.

Sent to by the HTTP face and, for microphones, by the space itself. Owns the rows of its sales,
written under its epoch. Seats are the ledger's: right, seat and price are one command, so a ticket
is never sold twice to one person, never beyond the last seat, and never half. Promises that a
cancelled sale gives every ticket back, whatever falls over meanwhile.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, assert_never

from actors.booth.commands import space_policy, space_ticket_command
from actors.booth.credit import charge_credit, hold_credit
from actors.booth.messages import (
    BoothMessage,
    BuySpacePremium,
    BuySpaceTicket,
    ChargeCredit,
    CloseSale,
    GiveBack,
    HoldCredit,
    RefundSpaceTicket,
    SetSale,
    SpacePremiumSold,
    booth_address,
)
from actors.booth.ownership import Ownership, check_administers, read_ownership
from actors.booth.premium import sell_premium
from actors.booth.refusals import NothingOnSale, OwnTicket, SeatsAreSet
from actors.booth.tickets import check_refund, fill_pool, give_back, sell, whole_sale_back
from actors.directory.messages import DIRECTORY, TellSpaces
from actors.money.errands import Ask, Errand, Errands, Tell, TryAgain
from actors.money.policy import TOKENS_MAX
from actors.money.refusals import InvalidPrice, NoTicket, TicketAlreadyPurchased
from actors.money.space_records import (
    BoothOpened,
    FindHeld,
    HeldTicket,
    ReadSales,
    SaleRow,
    SaleStatus,
    SaleView,
    SaveSale,
)
from actors.settings import ActorSettings
from actors.space.hall.messages import ReloadStandings
from actors.space.messages import PremiumUntil
from actors.space.space_id import SpaceId
from actors.subscriptions.invoices import call_off, check_payment, confirm, see_through
from actors.subscriptions.messages import (
    CallOffInvoice,
    ConfirmPayment,
    LookAtInvoice,
    OpenTicketInvoice,
)
from actors.subscriptions.records import Invoice, TicketGoods
from actors.subscriptions.tickets import TicketSeller, open_ticket
from engine.actor import STAY, Actor, AskDone, IoDone
from engine.context import Context
from engine.refusal import BadInput

SEATS_MAX = 1_000_000
SALES_MAX = 1_000
"""How far back the sale of a ticket is looked for, whose payment was written down late."""
TYPE_LENGTH_MAX = 32


class Booth(Actor):
    """See the module's text. `sales` holds those that are open or owe refunds, by id."""

    def __init__(self, address: str, opened: BoothOpened, policy: ActorSettings) -> None:
        self.space = booth_space(address)
        self.epoch = opened.epoch
        self.sales: dict[str, SaleRow] = {row.id: row for row in opened.sales}
        self.policy = policy
        self.errands = Errands()
        self.pooled: set[str] = set()

    def __repr__(self) -> str:
        return f"<Booth of {self.space}, {len(self.sales)} sales, {len(self.errands)} errands>"

    def started(self, ctx: Context) -> None:
        self._give_back(ctx)

    def handle(self, message: BoothMessage, ctx: Context) -> None:
        errands = self.errands
        match message:
            case SetSale():
                check_sale(message)
                errands.begin(self._set(message, ctx.address, ctx.now_us), ctx, alone=True)
            case CloseSale():
                errands.begin(self._close(message, ctx.address, ctx.now_us), ctx, alone=True)
            case BuySpaceTicket():
                errands.begin(self._sell(message), ctx)
            case OpenTicketInvoice():
                errands.begin(open_ticket(message, self._offered, self._seller(ctx)), ctx)
            case ConfirmPayment():
                check_payment(message)
                errands.begin(confirm(message, self._seller(ctx)), ctx)
            case LookAtInvoice(invoice=invoice):
                errands.begin(see_through(invoice, self._seller(ctx)), ctx)
            case CallOffInvoice(invoice=invoice):
                errands.begin(call_off(invoice, self._seller(ctx)), ctx)
            case RefundSpaceTicket():
                errands.begin(self._refund(message, ctx.now_us), ctx)
            case BuySpacePremium():
                errands.begin(self._premium(message), ctx)
            case HoldCredit():
                errands.begin(hold_credit(message), ctx)
            case ChargeCredit():
                errands.begin(self._charge(message), ctx)
            case GiveBack():
                self._give_back(ctx)
            case IoDone() | AskDone() | TryAgain():
                errands.handle(message, ctx)
            case _:
                assert_never(message)

    def passivate(self) -> Any:
        return STAY if len(self.errands) else None

    # Sales.

    def _set(self, wish: SetSale, actor: str, now_us: int) -> Errand:
        ownership = yield from self._ownership()
        yield from check_administers(wish.by, ownership, self.space)
        row = self._open(wish.ticket_type)
        if row is None:
            row = SaleRow(
                id=wish.sale,
                space_type=self.space.type,
                space_id=self.space.id,
                ticket_type=wish.ticket_type,
                price=wish.price,
                seats=wish.seats,
                payee=ownership.owner,
                opened_by=wish.by,
                opened_at_us=now_us,
            )
        elif wish.seats not in (None, row.seats):
            raise SeatsAreSet(row.seats)
        else:
            row = replace(row, price=wish.price)
        return (yield from self._save(row, actor))

    def _close(self, wish: CloseSale, actor: str, now_us: int) -> Errand:
        ownership = yield from self._ownership()
        yield from check_administers(wish.by, ownership, self.space)
        row = self._open(wish.ticket_type)
        if row is None:
            row = self._cancelled(wish)
        else:
            status: SaleStatus = "cancelled" if wish.cancelled else "ended"
            row = replace(row, status=status, closed_at_us=now_us)
            yield from self._save(row, actor)
            yield self._reload(None)
        if wish.cancelled:
            yield from self._all_back(row)
        else:
            self.sales.pop(row.id, None)
        return row

    def _cancelled(self, wish: CloseSale) -> SaleRow:
        """Return the sale whose cancelling was under way when somebody asked again."""
        for row in self.sales.values():
            if wish.cancelled and row.ticket_type == wish.ticket_type and row.status != "open":
                return row
        raise NothingOnSale(wish.ticket_type)

    def _save(self, row: SaleRow, actor: str) -> Errand:
        yield Ask(SaveSale(actor=actor, epoch=self.epoch, row=row))
        self.sales[row.id] = row
        return row

    def _open(self, ticket_type: str) -> SaleRow | None:
        for row in self.sales.values():
            if row.status == "open" and row.ticket_type == ticket_type:
                return row
        return None

    def _on_sale(self, ticket_type: str) -> SaleRow:
        row = self._open(ticket_type)
        if row is None:
            raise NothingOnSale(ticket_type)
        return row

    def _ownership(self) -> Errand:
        return (
            yield from read_ownership(
                self.space,
                system_admins=self.policy.system_admins,
                open_unlisted=self.policy.open_unlisted,
            )
        )

    # Tickets.

    def _sell(self, wish: BuySpaceTicket) -> Errand:
        row = self._on_sale(wish.ticket_type)
        ownership: Ownership = yield from self._ownership()
        if wish.buyer == row.payee or wish.buyer in ownership.admins:
            raise OwnTicket
        if wish.price is not None and wish.price != row.price:
            raise InvalidPrice(price=row.price)
        money = self.policy.money.products["space"]
        sold = yield from sell(wish, row, money, ownership.sharing, self.pooled)
        now = self.sales.get(row.id)
        if now is None or now.status != "open":
            # The sale was closed while the tokens were on their way.
            yield from give_back(sold.ticket, row.payee)
            raise NothingOnSale(wish.ticket_type)
        yield self._reload((wish.buyer,))
        return sold

    # Tickets for money from outside.

    def _seller(self, ctx: Context) -> TicketSeller:
        return TicketSeller(
            actor=ctx.address, now_us=ctx.now_us, money=self.policy.money, sold=self._sold,
            granted=self._granted, pool=self._pool,
        )  # fmt: skip

    def _offered(self, wish: OpenTicketInvoice) -> Errand:
        row = self._on_sale(wish.ticket_type or "")
        ownership: Ownership = yield from self._ownership()
        if wish.buyer == row.payee or wish.buyer in ownership.admins:
            raise OwnTicket
        held: tuple[HeldTicket, ...] = yield Ask(FindHeld(sale=row.id, account=wish.buyer))
        if held:
            raise TicketAlreadyPurchased(held[0].id)
        return TicketGoods(
            seller=booth_address(self.space.type, self.space.id),
            sale=row.id,
            tokens=row.price,
            limited=row.seats is not None,
            space_type=self.space.type,
            space_id=self.space.id,
            ticket_type=row.ticket_type,
        )

    def _pool(self, invoice: Invoice) -> Errand:
        row = None if invoice.goods is None else self.sales.get(invoice.goods.sale)
        if row is not None:
            yield from fill_pool(row, self.pooled)

    def _sold(self, invoice: Invoice, ticket: str) -> Errand:
        assert invoice.goods is not None
        row = self.sales.get(invoice.goods.sale)
        if row is None or row.status != "open":
            return None
        ownership: Ownership = yield from self._ownership()
        money = self.policy.money.products["space"]
        shares = space_policy(money, row.payee, ownership.sharing)
        row = replace(row, price=invoice.goods.tokens)
        return space_ticket_command(ticket, shares, row, invoice.account)

    def _granted(self, invoice: Invoice) -> Errand:
        """Let the ticket count; one whose sale was called off meanwhile is given back."""
        goods, space = invoice.goods, self.space
        assert goods is not None
        row = self.sales.get(goods.sale)
        if row is None or row.status != "open":
            views: tuple[SaleView, ...] = yield Ask(
                ReadSales(space_type=space.type, space_id=space.id, limit=SALES_MAX)
            )
            cancelled = [view.row for view in views if view.row.status == "cancelled"]
            for sale in (one for one in cancelled if one.id == goods.sale):
                held = yield Ask(FindHeld(sale=sale.id, account=invoice.account))
                for ticket in held:
                    yield from give_back(ticket, sale.payee)
        yield self._reload((invoice.account,))

    def _refund(self, wish: RefundSpaceTicket, now_us: int) -> Errand:
        row = self._on_sale(wish.ticket_type)
        found: tuple[HeldTicket, ...] = yield Ask(FindHeld(sale=row.id, account=wish.holder))
        if not found:
            raise NoTicket
        if not wish.operator and wish.by != row.payee:
            ownership = yield from self._ownership()
            if wish.by not in ownership.admins:
                check_refund(wish, found[0], self.policy.money.products["space"], now_us)
        yield from give_back(found[0], row.payee)
        yield self._reload((wish.holder,))
        return found[0]

    def _give_back(self, ctx: Context) -> None:
        for row in self.sales.values():
            if row.status == "cancelled":
                self.errands.begin(self._all_back(row), ctx, alone=True)

    def _all_back(self, row: SaleRow) -> Errand:
        yield from whole_sale_back(row)
        self.sales.pop(row.id, None)
        return row

    def _reload(self, accounts: tuple[str, ...] | None) -> Tell:
        """What abilities rest on has changed: spaces look again, without anybody reconnecting."""
        return self._tell(ReloadStandings(accounts=accounts))

    def _tell(self, message: Any) -> Tell:
        tell = TellSpaces(space_type=self.space.type, space_id=self.space.id, message=message)
        return Tell(DIRECTORY, tell)

    # Premium.

    def _premium(self, wish: BuySpacePremium) -> Errand:
        ownership: Ownership = yield from self._ownership()
        price = self.policy.money.premium.price
        sold: SpacePremiumSold = yield from sell_premium(wish, self.space, ownership, price)
        yield self._tell(PremiumUntil(until_us=sold.until_us))
        return sold

    # Microphones.

    def _charge(self, wish: ChargeCredit) -> Errand:
        ownership: Ownership = yield from self._ownership()
        money = self.policy.money.products["space"]
        return (yield from charge_credit(wish, self.space, ownership, money))


def booth_space(address: str) -> SpaceId:
    """Return the space that a booth's address names; its subspace stands for all of them."""
    _, type_, id_ = address.split(":", 2)
    return SpaceId.checked(type_, id_)


def check_sale(wish: SetSale) -> None:
    """Check what is to be sold.

    Raises:
        BadInput: the field at fault is named.
    """
    name = wish.ticket_type
    if not (0 < len(name) <= TYPE_LENGTH_MAX and name.isascii() and name.isidentifier()):
        raise BadInput(
            f"ticket_type: expected 1 to {TYPE_LENGTH_MAX} letters, digits and underscores",
            field="ticket_type",
        )
    if not 0 <= wish.price <= TOKENS_MAX:
        raise BadInput(
            f"price_tokens: expected a whole number from 0 to {TOKENS_MAX}", field="price_tokens"
        )
    if wish.seats is not None and not 0 < wish.seats <= SEATS_MAX:
        raise BadInput(
            f"max_tickets: expected a whole number from 1 to {SEATS_MAX}, or none",
            field="max_tickets",
        )
