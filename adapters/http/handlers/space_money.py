"""Spaces' money over HTTP: tickets at the space's own price, and how a space shares."""

from __future__ import annotations

from typing import Any

from actors.booth.messages import (
    BuySpaceTicket,
    CloseSale,
    RefundSpaceTicket,
    SetSale,
    SpaceTicketSold,
    booth_address,
)
from actors.booth.ownership import owner_of
from actors.limits import CHECKOUTS
from actors.money.policy import Policy
from actors.money.space_records import (
    HeldTicket,
    ReadSales,
    ReadSharing,
    SaleRow,
    SaleView,
    SaveSharing,
    Sharing,
)
from actors.money.split import BPS, PAYEE
from actors.space.entry import check_exists
from actors.space.hall.refusals import NotPermitted
from actors.space.space_id import SpaceId
from actors.store import ReadFacts, SpaceRead
from actors.store_hall import ReadStandings, StandingRow
from actors.wire_time import iso_utc
from adapters.http import space_money as shapes
from adapters.http.call import Call
from adapters.http.handlers.common import ask, audit
from adapters.http.money_problems import OperatorsOnly
from adapters.http.once import once, proven
from adapters.http.routing import Nothing
from engine.refusal import BadInput

PLATFORM = "platform:revenue"


async def listed(call: Call, query: shapes.SalesQuery, _body: Nothing) -> shapes.Sales:
    """List what tickets a space sells and has sold, newest first, and which the caller holds."""
    space = await _existing(call)
    request = ReadSales(
        space_type=space.type, space_id=space.id, limit=query.limit + 1, offset=query.offset
    )
    views: tuple[SaleView, ...] = await call.services.store.perform(request)
    account = (await call.caller()).person.account
    mine: list[str] = []
    if account is not None:
        rows: tuple[StandingRow, ...] = await call.services.store.perform(
            ReadStandings(space=space, accounts=(account,))
        )
        mine = list(rows[0].tickets)
    page = views[: query.limit]
    return shapes.Sales(
        tickets=[_sale(view) for view in page], mine=mine, has_more=len(views) > len(page)
    )


async def put_on_sale(call: Call, _query: Nothing, body: shapes.SaleBody) -> shapes.SaleAnswer:
    """Sell tickets of a type, or change their price.

    Raises:
        Refusal: the booth's own.
    """
    account = await proven(call)
    space = call.space()
    message = SetSale(
        sale=call.new_id(),
        by=account,
        ticket_type=call.parameters["ticket_type"],
        price=body.price_tokens,
        seats=body.max_tickets,
    )
    row: SaleRow = await ask(call, booth_address(space.type, space.id), message)
    await audit(call, "ticket_price", account=account, space=space, price_tokens=row.price,
                ticket_type=row.ticket_type)  # fmt: skip
    return shapes.SaleAnswer(ticket=await _shown(call, row))


async def end(call: Call, _query: Nothing, _body: Nothing) -> shapes.SaleAnswer:
    """End a sale: its session is over and its tickets are used."""
    return await _close(call, cancelled=False)


async def cancel(call: Call, _query: Nothing, _body: Nothing) -> shapes.SaleAnswer:
    """Call a session off: everybody has their tokens back."""
    return await _close(call, cancelled=True)


async def _close(call: Call, *, cancelled: bool) -> shapes.SaleAnswer:
    account = await proven(call)
    space = call.space()
    ticket_type = call.parameters["ticket_type"]
    message = CloseSale(by=account, ticket_type=ticket_type, cancelled=cancelled)
    row: SaleRow = await ask(call, booth_address(space.type, space.id), message)
    action = "tickets_cancelled" if cancelled else "tickets_ended"
    await audit(call, action, account=account, space=space, ticket_type=ticket_type)
    return shapes.SaleAnswer(ticket=await _shown(call, row))


@once
async def checkout(
    call: Call, _query: Nothing, body: shapes.SpaceCheckoutBody
) -> shapes.SpaceTicketBought:
    """Buy a ticket at the space's own price.

    Raises:
        Refusal: the booth's own.
    """
    account = await proven(call)
    call.limit_account(CHECKOUTS, account)
    space = call.space()
    message = BuySpaceTicket(
        ticket=call.request_id,
        buyer=account,
        ticket_type=body.ticket_type,
        price=body.price_tokens,
    )
    sold: SpaceTicketSold = await ask(call, booth_address(space.type, space.id), message)
    return shapes.SpaceTicketBought(
        ticket_id=sold.ticket.id,
        ticket_type=sold.ticket_type,
        price_tokens=sold.ticket.price,
        new_balance=sold.balance,
    )


@once
async def refund(
    call: Call, _query: Nothing, body: shapes.SpaceRefundBody
) -> shapes.SpaceTicketBack:
    """Give a ticket's price back and take the ticket.

    Raises:
        Refusal: the booth's own.
    """
    account = await proven(call)
    space = call.space()
    message = RefundSpaceTicket(
        holder=body.account if body.account is not None else account,
        by=account,
        ticket_type=body.ticket_type,
        operator=(await call.caller()).admin,
    )
    ticket: HeldTicket = await ask(call, booth_address(space.type, space.id), message)
    return shapes.SpaceTicketBack(
        ticket_id=ticket.id,
        ticket_type=body.ticket_type,
        price_tokens=ticket.price,
        account=ticket.account,
    )


# Shares.


async def sharing(call: Call, _query: Nothing, _body: Nothing) -> shapes.ProfitSharing:
    """Show how a space shares what it takes in."""
    space = await _existing(call)
    return _shares(space, await _owner(call, space), await _sharing(call, space), _policy(call))


async def share(call: Call, _query: Nothing, body: shapes.SharingBody) -> shapes.ProfitSharing:
    """Set how a space shares from now on.

    Raises:
        NotPermitted: the caller neither owns the space nor operates this server.
        OperatorsOnly: what only operators set.
        BadInput: the shares are more than there is, or nobody owns the space.
    """
    account = await proven(call)
    operator = (await call.caller()).admin
    space = await _existing(call)
    known, owner = await _sharing(call, space), await _owner(call, space)
    if not operator:
        if account != owner:
            raise NotPermitted("admin")
        if body.space_owner is not None or body.platform_fee_percent is not None:
            raise OperatorsOnly
    owner = body.space_owner or owner
    if owner is None:
        raise BadInput("space_owner: required, since nobody owns this space", field="space_owner")
    policy = _policy(call)
    platform_bps = _bps(body.platform_fee_percent, "platform_fee_percent")
    creator_bps = _bps(body.creator_share_percent, "creator_share_percent")
    whole = _shared(known, policy)
    new = Sharing(
        space_type=space.type,
        space_id=space.id,
        owner=owner,
        platform_bps=whole[0] if platform_bps is None else platform_bps,
        creator_bps=whole[1] if creator_bps is None else creator_bps,
    )
    most = BPS - new.platform_bps if operator else max(_shared(None, policy)[1], whole[1])
    if new.creator_bps > most:
        raise BadInput(
            f"creator_share_percent: expected at most {most / 100:g}", field="creator_share_percent"
        )
    await call.services.store.perform(SaveSharing(sharing=new))
    await audit(call, "profit_sharing", account=account, space=space, owner=new.owner,
                platform_bps=new.platform_bps, creator_bps=new.creator_bps)  # fmt: skip
    return _shares(space, new.owner, new, policy)


def _bps(percent: float | None, name: str) -> int | None:
    if percent is None:
        return None
    bps = round(percent * 100)
    if abs(bps - percent * 100) > 1e-6:
        raise BadInput(f"{name}: expected at most two digits after the point", field=name)
    return bps


def _shared(sharing: Sharing | None, policy: Policy) -> tuple[int, int]:
    """Return the platform's and the owner's basis points."""
    if sharing is not None:
        return sharing.platform_bps, sharing.creator_bps
    parts = dict(policy.split.parts)
    return parts.get(PLATFORM, 0), parts.get(PAYEE, 0)


def _shares(
    space: SpaceId, owner: str | None, sharing: Sharing | None, policy: Policy
) -> shapes.ProfitSharing:
    platform_bps, creator_bps = _shared(sharing, policy)
    return shapes.ProfitSharing(
        space_type=space.type,
        space_id=space.id,
        space_owner=owner,
        platform_fee_percent=platform_bps / 100,
        creator_share_percent=creator_bps / 100,
    )


def _policy(call: Call) -> Policy:
    return call.services.money.products["space"]


async def _existing(call: Call) -> SpaceId:
    space = call.space()
    found: SpaceRead = await call.services.store.perform(ReadFacts(space=space))
    check_exists(space, found.facts, open_unlisted=call.services.settings.open_unlisted)
    return space


async def _owner(call: Call, space: SpaceId) -> str | None:
    found: SpaceRead = await call.services.store.perform(ReadFacts(space=space))
    return owner_of(found, await _sharing(call, space))


async def _sharing(call: Call, space: SpaceId) -> Sharing | None:
    known: Sharing | None = await call.services.store.perform(
        ReadSharing(space_type=space.type, space_id=space.id)
    )
    return known


async def _shown(call: Call, row: SaleRow) -> shapes.Sale:
    request = ReadSales(space_type=row.space_type, space_id=row.space_id, limit=1_000)
    views: tuple[SaleView, ...] = await call.services.store.perform(request)
    sold = next((view.sold for view in views if view.row.id == row.id), 0)
    return _sale(SaleView(row=row, sold=sold))


def _sale(view: SaleView) -> shapes.Sale:
    row: Any = view.row
    return shapes.Sale(
        id=row.id,
        ticket_type=row.ticket_type,
        price_tokens=row.price,
        max_tickets=row.seats,
        sold=view.sold,
        status=row.status,
        opened_at=iso_utc(row.opened_at_us),
        closed_at=None if row.closed_at_us is None else iso_utc(row.closed_at_us),
    )
