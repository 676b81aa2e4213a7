"""Creators, tips and streams: rows beside the ledger, and views of what it holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from actors.ledger.accounts import user_main
from actors.money.commands import seat_account
from actors.money.escrow import Tranche
from actors.money.records import (
    CreatorRow,
    FindTicket,
    ListStreams,
    ListTips,
    ListTranches,
    OpenStream,
    PrepareTip,
    ReadCreator,
    ReadStream,
    ReadTipStats,
    SaveCreator,
    SaveStream,
    StreamOpened,
    StreamRow,
    StreamView,
    TicketRow,
    TipPage,
    TipRow,
    TipStats,
)
from adapters.postgres.fence import fenced
from adapters.postgres.pool import Connection
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome

_BUMP = statement("bump_epoch")
_CREATOR = (
    "select account, display_name, profile_pic, created_at as created_at_us from creators"
    " where account = $1"
)
_SAVE_CREATOR = (
    "insert into creators (account, display_name, profile_pic, created_at)"
    " values ($1, $2, $3, $4) on conflict (account) do update"
    " set display_name = excluded.display_name, profile_pic = excluded.profile_pic"
    " returning account, display_name, profile_pic, created_at as created_at_us"
)
_PREPARE = statement("prepare_tips")
_TIPS = statement("list_tips")
_TIP_TOTALS = statement("tip_totals")
_TIP_STATS = statement("tip_stats")
_TRANCHES = statement("list_tranches")
_STREAMS = statement("read_stream")
_STREAM = f"{_STREAMS} where s.id = $1::text::uuid or s.channel = $2"
_STREAMS_OF = (
    f"{_STREAMS} where ($1::text is null or s.creator_id = $1)"
    " and ($2::text is null or s.status = $2)"
    " order by s.created_at desc, s.id desc limit $3 offset $4"
)
_SAVE_STREAM = statement("save_stream")
_TICKET = (
    "select t.id::text, t.stream_id::text as stream, t.user_id as account,"
    " t.price_tokens as price, t.purchased_at as purchased_at_us"
    " from stream_tickets t join ledger_accounts a on a.account = t.credit and a.asset = t.asset"
    " where t.credit = $1 and t.asset = 'SEAT' and a.posted > 0"
    " order by t.sequence desc limit 1"
)


async def read_creator(connection: Connection, request: ReadCreator) -> Outcome:
    """Answer with the creator, or None."""
    row = await connection.fetchrow(_CREATOR, request.account)
    return Ok(CreatorRow(**row) if row else None)


async def save_creator(connection: Connection, request: SaveCreator) -> Outcome:
    """Enrol a creator, or change how they are shown."""
    new = request.creator
    row: Any = await connection.fetchrow(
        _SAVE_CREATOR, new.account, new.display_name, new.profile_pic, new.created_at_us
    )
    return Ok(CreatorRow(**row))


async def prepare_tips(connection: Connection, requests: Sequence[PrepareTip]) -> list[Outcome]:
    """Keep the words of many tips in one statement, of those whose creator there is."""
    rows = await connection.fetch(
        _PREPARE,
        [request.tip for request in requests],
        [request.message for request in requests],
        [request.creator for request in requests],
    )
    known = {row["account"] for row in rows}
    return [Ok(request.creator in known) for request in requests]


async def list_tips(connection: Connection, request: ListTips) -> Outcome:
    """Answer with one page of tips, and how many there are."""
    who = request.account
    wanted = (
        user_main(who),
        request.side != "received",
        request.side != "sent",
        who,
    )
    totals: Any = await connection.fetchrow(_TIP_TOTALS, *wanted)
    rows = await connection.fetch(_TIPS, *wanted, request.limit, request.offset)
    tips = tuple(
        TipRow(
            id=row["id"],
            tipper=row["tipper_id"],
            creator=row["creator_id"],
            amount=row["amount_tokens"],
            creator_cut=row["creator_cut"],
            platform_fee=row["platform_fee"],
            message=row["message"],
            context=row["context"],
            created_at_us=row["created_at"],
            reversed=row["reversed"],
        )
        for row in rows
    )
    page = TipPage(
        tips=tips,
        total=totals["total"],
        amount=int(totals["amount"]),
        reversed=totals["reversed"],
    )
    return Ok(page)


async def read_tip_stats(connection: Connection, request: ReadTipStats) -> Outcome:
    """Answer with sums over what a creator was tipped."""
    rows = await connection.fetch(_TIP_STATS, request.creator, request.since_us)
    first = rows[0] if rows else {"all_tips": 0, "all_amount": 0, "largest": 0, "tippers": 0}
    return Ok(
        TipStats(
            tips=first["all_tips"],
            amount=first["all_amount"],
            largest=first["largest"],
            tippers=first["tippers"],
            top=tuple((row["tipper_id"], row["amount"], row["tips"]) for row in rows),
        )
    )


async def list_tranches(connection: Connection, request: ListTranches) -> Outcome:
    """Answer with what of somebody's earnings is in escrow."""
    rows = await connection.fetch(_TRANCHES, request.account, request.limit)
    return Ok(tuple(Tranche(**dict(row) | {"amount": int(row["amount"])}) for row in rows))


async def open_stream(connection: Connection, request: OpenStream) -> Outcome:
    """Take a stream over, then read it."""
    epoch = await connection.fetchval(_BUMP, request.actor)
    row = await connection.fetchrow(_STREAM, request.id, None)
    return Ok(StreamOpened(epoch=epoch, row=_stream(row) if row else None))


async def save_stream(connection: Connection, request: SaveStream) -> Outcome:
    """Write a stream under its actor's epoch."""
    row = request.row
    saved = await connection.fetchval(
        _SAVE_STREAM,
        request.actor,
        request.epoch,
        row.id,
        row.creator,
        row.channel,
        row.title,
        row.description,
        row.category,
        row.type,
        row.status,
        row.price,
        row.seats,
        row.created_at_us,
        row.started_at_us,
        row.ended_at_us,
    )
    return Ok(None) if saved else fenced(request.actor, request.epoch)


async def read_stream(connection: Connection, request: ReadStream) -> Outcome:
    """Answer with a stream and how many tickets are held, or None."""
    row = await connection.fetchrow(_STREAM, request.id, request.channel)
    return Ok(_view(row) if row else None)


async def list_streams(connection: Connection, request: ListStreams) -> Outcome:
    """Answer with one page of streams."""
    rows = await connection.fetch(
        _STREAMS_OF, request.creator, request.status, request.limit, request.offset
    )
    return Ok(tuple(_view(row) for row in rows))


async def find_ticket(connection: Connection, request: FindTicket) -> Outcome:
    """Answer with the ticket that somebody holds, or None."""
    row = await connection.fetchrow(_TICKET, seat_account(request.stream, request.account))
    return Ok(TicketRow(**row) if row else None)


def _view(row: Any) -> StreamView:
    shown = None
    if row["display_name"] is not None:
        shown = CreatorRow(
            account=row["creator"],
            display_name=row["display_name"],
            profile_pic=row["profile_pic"],
            created_at_us=row["enrolled_at"],
        )
    return StreamView(row=_stream(row), creator=shown, sold=row["sold"])


def _stream(row: Any) -> StreamRow:
    beside = ("display_name", "profile_pic", "enrolled_at", "sold")
    return StreamRow(**{name: value for name, value in row.items() if name not in beside})


READS: dict[type, Callable[[Connection, Any], Awaitable[Outcome]]] = {
    ReadCreator: read_creator,
    ListTips: list_tips,
    ReadTipStats: read_tip_stats,
    ListTranches: list_tranches,
    ReadStream: read_stream,
    ListStreams: list_streams,
    FindTicket: find_ticket,
}
WRITES: dict[type, Callable[[Connection, Any], Awaitable[Outcome]]] = {
    SaveCreator: save_creator,
    OpenStream: open_stream,
    SaveStream: save_stream,
}
