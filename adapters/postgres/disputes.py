"""Disputes of sales."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from actors.money.dispute_records import (
    UNFINISHED,
    DisputeRow,
    ListDisputes,
    ReadDispute,
    SaveDispute,
)
from adapters.postgres.fence import fenced
from adapters.postgres.pool import Connection
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome

_ROWS = (
    "select id::text, sale::text, kind, account, reason, status, opened_by,"
    " opened_at as opened_at_us, closed_by, closed_at as closed_at_us from disputes"
)
_ROW = f"{_ROWS} where id = $1::text::uuid"
_PAGE = (
    f"{_ROWS} where ($1::text is null or account = $1)"
    " order by opened_at desc, id desc limit $2 offset $3"
)
_LEFT = (
    f"{_ROWS} where ($1::text is null or account = $1)"
    f" and status in ({', '.join(repr(status) for status in UNFINISHED)})"
    " order by opened_at desc, id desc limit $2 offset $3"
)
_OPEN = (
    f"{_ROWS} where ($1::text is null or account = $1) and status not in ('won', 'lost')"
    " order by opened_at desc, id desc limit $2 offset $3"
)
_SAVE = statement("save_dispute")


async def save_dispute(connection: Connection, request: SaveDispute) -> Outcome:
    """Write a dispute under its wallet's epoch."""
    row = request.row
    saved = await connection.fetchval(
        _SAVE,
        request.actor,
        request.epoch,
        row.id,
        row.sale,
        row.kind,
        row.account,
        row.reason,
        row.status,
        row.opened_by,
        row.opened_at_us,
        row.closed_by,
        row.closed_at_us,
    )
    return Ok(None) if saved else fenced(request.actor, request.epoch)


async def read_dispute(connection: Connection, request: ReadDispute) -> Outcome:
    """Answer with the dispute, or None."""
    row = await connection.fetchrow(_ROW, request.id)
    return Ok(DisputeRow(**row) if row else None)


async def list_disputes(connection: Connection, request: ListDisputes) -> Outcome:
    """Answer with one page, newest first."""
    which = _LEFT if request.unfinished else _OPEN if request.undecided else _PAGE
    rows = await connection.fetch(which, request.account, request.limit, request.offset)
    return Ok(tuple(DisputeRow(**row) for row in rows))


READS: dict[type, Callable[[Connection, Any], Awaitable[Outcome]]] = {
    ReadDispute: read_dispute,
    ListDisputes: list_disputes,
}
WRITES: dict[type, Callable[[Connection, Any], Awaitable[Outcome]]] = {SaveDispute: save_dispute}
