"""Streams: announced, live, ended; who may watch, and the sale of tickets."""

from __future__ import annotations

import re

from actors.channel.messages import CountViewers, channel_address
from actors.limits import CHECKOUTS
from actors.money.records import (
    FindTicket,
    ListStreams,
    ReadStream,
    StreamRow,
    StreamView,
    TicketRow,
)
from actors.money.refusals import StreamNotFound
from actors.stream.messages import (
    BuyTicket,
    CreateStream,
    EndStream,
    RefundTicket,
    StartStream,
    TicketSold,
    stream_address,
)
from actors.wire_time import iso_utc
from adapters.http import money_answers as answers
from adapters.http.call import Call
from adapters.http.handlers.common import ask
from adapters.http.handlers.creators import named_creator
from adapters.http.money_requests import (
    AccessBody,
    CheckoutBody,
    LiveQuery,
    RefundBody,
    StreamBody,
    StreamsQuery,
)
from adapters.http.once import once, proven
from adapters.http.routing import Nothing

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@once
async def create(call: Call, _query: Nothing, body: StreamBody) -> answers.StreamAnswer:
    """Announce a stream; its channel is new.

    Raises:
        Refusal: the stream's own.
    """
    account = await proven(call)
    message = CreateStream(
        creator=account,
        type=body.type,
        title=body.title,
        description=body.description or "",
        category=body.category or "",
        price=body.ticket_price or 0,
        seats=body.max_tickets,
    )
    row: StreamRow = await ask(call, stream_address(call.request_id), message)
    return answers.StreamAnswer(stream=_stream(await _view(call, row.id)))


async def start(call: Call, _query: Nothing, _body: Nothing) -> answers.StreamAnswer:
    """Go live; a second time changes nothing."""
    stream = _named(call)
    await ask(call, stream_address(stream), StartStream(by=await proven(call)))
    return answers.StreamAnswer(stream=_stream(await _view(call, stream)))


async def end(call: Call, _query: Nothing, _body: Nothing) -> answers.StreamAnswer:
    """End it for good; a second time changes nothing."""
    stream = _named(call)
    await ask(call, stream_address(stream), EndStream(by=await proven(call)))
    return answers.StreamAnswer(stream=_stream(await _view(call, stream)))


async def show(call: Call, _query: Nothing, _body: Nothing) -> answers.StreamAnswer:
    """Show a stream and how many watch it.

    Raises:
        StreamNotFound: there is none.
    """
    view = await _view(call, _named(call))
    viewers: int = await ask(call, channel_address(view.row.channel), CountViewers())
    return answers.StreamAnswer(stream=_stream(view, viewers))


async def of_creator(call: Call, query: StreamsQuery, _body: Nothing) -> answers.Streams:
    """List a creator's streams, newest first."""
    request = ListStreams(
        creator=named_creator(call), status=query.status, limit=query.limit, offset=query.offset
    )
    views: tuple[StreamView, ...] = await call.services.store.perform(request)
    return answers.Streams(streams=[_stream(view) for view in views], count=len(views))


async def listed(call: Call, query: LiveQuery, _body: Nothing) -> answers.Streams:
    """List everybody's streams, newest first."""
    request = ListStreams(status=query.status, limit=query.limit, offset=query.offset)
    views: tuple[StreamView, ...] = await call.services.store.perform(request)
    return answers.Streams(streams=[_stream(view) for view in views], count=len(views))


async def access(call: Call, _query: Nothing, _body: Nothing) -> answers.Access:
    """Say whether the caller may watch.

    Raises:
        StreamNotFound: there is none.
    """
    account = await proven(call)
    return await _access(call, await _view(call, _named(call)), account)


async def validate_access(call: Call, _query: Nothing, body: AccessBody) -> answers.Access:
    """Say whether the caller may watch the stream of a channel.

    Raises:
        StreamNotFound: no stream has it.
    """
    account = await proven(call)
    view: StreamView | None = await call.services.store.perform(ReadStream(channel=body.channel))
    if view is None:
        raise StreamNotFound
    return await _access(call, view, account)


@once
async def checkout(call: Call, _query: Nothing, body: CheckoutBody) -> answers.TicketSold:
    """Buy a ticket at the stream's own price.

    Raises:
        Refusal: the stream's own.
    """
    account = await proven(call)
    call.limit_account(CHECKOUTS, account)
    message = BuyTicket(ticket=call.request_id, buyer=account, price=body.price_tokens)
    sold: TicketSold = await ask(call, stream_address(_named(call)), message)
    return answers.TicketSold(
        ticket_id=sold.ticket.id, price_tokens=sold.ticket.price, new_balance=sold.balance
    )


@once
async def refund(call: Call, _query: Nothing, body: RefundBody) -> answers.Refunded:
    """Give a ticket's price back and take the ticket.

    Raises:
        Refusal: the stream's own.
    """
    account = await proven(call)
    message = RefundTicket(
        refund=call.request_id,
        holder=body.account if body.account is not None else account,
        by=account,
        operator=(await call.caller()).admin,
    )
    ticket: TicketRow = await ask(call, stream_address(_named(call)), message)
    return answers.Refunded(ticket_id=ticket.id, price_tokens=ticket.price, account=ticket.account)


def _named(call: Call) -> str:
    stream = call.parameters["stream_id"].lower()
    if not _UUID.fullmatch(stream):
        raise StreamNotFound
    return stream


async def _view(call: Call, stream: str) -> StreamView:
    view: StreamView | None = await call.services.store.perform(ReadStream(id=stream))
    if view is None:
        raise StreamNotFound
    return view


async def _access(call: Call, view: StreamView, account: str) -> answers.Access:
    row = view.row
    if row.type == "public":
        return answers.Access(has_access=True, reason="public_stream")
    if row.creator == account:
        return answers.Access(has_access=True, reason="creator")
    ticket: TicketRow | None = await call.services.store.perform(
        FindTicket(stream=row.id, account=account)
    )
    if ticket is None:
        return answers.Access(has_access=False, reason="no_ticket")
    return answers.Access(has_access=True, reason="ticket_purchased")


def _stream(view: StreamView, viewers: int | None = None) -> answers.Stream:
    row, creator = view.row, view.creator
    stream = answers.Stream(
        id=row.id,
        creator_id=row.creator,
        channel=row.channel,
        title=row.title,
        description=row.description,
        category=row.category,
        type=row.type,
        status=row.status,
        ticket_price=row.price,
        price_tokens=row.price,
        max_tickets=row.seats,
        created_at=iso_utc(row.created_at_us),
        started_at=None if row.started_at_us is None else iso_utc(row.started_at_us),
        ended_at=None if row.ended_at_us is None else iso_utc(row.ended_at_us),
        creator_username=row.creator,
        creator_display_name=creator.display_name if creator is not None else row.creator,
        creator_profile_pic=creator.profile_pic if creator is not None else None,
        tickets_sold=view.sold,
    )
    if viewers is not None:
        stream.viewers = viewers
    return stream
