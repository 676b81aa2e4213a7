"""What spaces sell: rows beside the ledger, and views of what it holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from actors.booth.premium import PREMIUM, premium_ref
from actors.ledger.accounts import user_main
from actors.money.space_records import (
    BillingStats,
    BoothOpened,
    FindHeld,
    HeldTicket,
    ListUnreturned,
    OpenBooth,
    ReadBillingStats,
    ReadPremium,
    ReadSales,
    ReadSharing,
    SaleRow,
    SaleView,
    SaveSale,
    SaveSharing,
    Sharing,
)
from actors.space.premium import premium_until
from adapters.postgres.fence import fenced
from adapters.postgres.pool import Connection
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome

_BUMP = statement("bump_epoch")
_SALES = statement("space_sales")
_OPEN = (
    f"{_SALES} where s.space_type = $1 and s.space_id = $2"
    " and (s.status = 'open' or (s.status = 'cancelled' and held.sold > 0))"
    " order by s.opened_at, s.id"
)
_PAGE = (
    f"{_SALES} where s.space_type = $1 and s.space_id = $2"
    " order by s.opened_at desc, s.id desc limit $3 offset $4"
)
_UNRETURNED = statement("list_unreturned")
_SAVE = statement("save_sale")
_HELD = statement("find_held")
_SHARING = (
    "select space_type, space_id, space_owner as owner,"
    " (platform_fee_percent * 100)::integer as platform_bps,"
    " (creator_share_percent * 100)::integer as creator_bps"
    " from profit_sharing_config where space_type = $1 and space_id = $2"
)
_SAVE_SHARING = (
    "insert into profit_sharing_config"
    " (space_type, space_id, space_owner, platform_fee_percent, creator_share_percent)"
    " values ($1, $2, $3, $4::integer / 100.0, $5::integer / 100.0)"
    " on conflict (space_type, space_id) do update set space_owner = excluded.space_owner,"
    " platform_fee_percent = excluded.platform_fee_percent,"
    " creator_share_percent = excluded.creator_share_percent, updated_at = now()"
)
_PREMIUM = (
    "select at as at_us from ledger_transfers where ref = $1 and kind = $2 and flag = 'plain'"
    " order by sequence"
)
_STATS = statement("billing_stats")


async def open_booth(connection: Connection, request: OpenBooth) -> Outcome:
    """Take a booth over, then read its sales."""
    epoch = await connection.fetchval(_BUMP, request.actor)
    rows = await connection.fetch(_OPEN, request.space_type, request.space_id)
    return Ok(BoothOpened(epoch=epoch, sales=tuple(_sale(row).row for row in rows)))


async def save_sale(connection: Connection, request: SaveSale) -> Outcome:
    """Write a sale under its booth's epoch."""
    row = request.row
    saved = await connection.fetchval(
        _SAVE,
        request.actor,
        request.epoch,
        row.id,
        row.space_type,
        row.space_id,
        row.ticket_type,
        row.price,
        row.seats,
        row.status,
        row.payee,
        row.opened_by,
        row.opened_at_us,
        row.closed_at_us,
    )
    return Ok(None) if saved else fenced(request.actor, request.epoch)


async def read_sales(connection: Connection, request: ReadSales) -> Outcome:
    """Answer with one page of a space's sales."""
    rows = await connection.fetch(
        _PAGE, request.space_type, request.space_id, request.limit, request.offset
    )
    return Ok(tuple(_sale(row) for row in rows))


async def find_held(connection: Connection, request: FindHeld) -> Outcome:
    """Answer with the tickets of a sale that are held."""
    rows = await connection.fetch(_HELD, request.sale, request.account, request.limit)
    return Ok(tuple(HeldTicket(**row) for row in rows))


async def list_unreturned(connection: Connection, request: ListUnreturned) -> Outcome:
    """Answer with the spaces that owe somebody a refund."""
    rows = await connection.fetch(_UNRETURNED, request.limit)
    return Ok(tuple((row["space_type"], row["space_id"]) for row in rows))


async def read_sharing(connection: Connection, request: ReadSharing) -> Outcome:
    """Answer with how a space shares, or None."""
    row = await connection.fetchrow(_SHARING, request.space_type, request.space_id)
    return Ok(Sharing(**row) if row else None)


async def save_sharing(connection: Connection, request: SaveSharing) -> Outcome:
    """Set how a space shares."""
    new = request.sharing
    await connection.execute(
        _SAVE_SHARING, new.space_type, new.space_id, new.owner, new.platform_bps, new.creator_bps
    )
    return Ok(None)


async def premium_of(connection: Connection, space_type: str, space_id: str) -> int | None:
    """Return until when a space is premium."""
    rows = await connection.fetch(_PREMIUM, premium_ref(space_type, space_id), PREMIUM)
    return premium_until(row["at_us"] for row in rows)


async def read_premium(connection: Connection, request: ReadPremium) -> Outcome:
    """Answer with until when a space is premium."""
    return Ok(await premium_of(connection, request.space_type, request.space_id))


async def read_billing_stats(connection: Connection, request: ReadBillingStats) -> Outcome:
    """Answer with sums over the movements of somebody's tokens."""
    rows = await connection.fetch(_STATS, user_main(request.account), request.since_us)
    return Ok(
        BillingStats(
            spent_count=sum(row["spent_count"] for row in rows),
            spent=sum(row["spent"] for row in rows),
            earned_count=sum(row["earned_count"] for row in rows),
            earned=sum(row["earned"] for row in rows),
            breakdown=tuple((row["reason"], row["movements"], row["total"]) for row in rows),
        )
    )


def _sale(row: Any) -> SaleView:
    fields = dict(row)
    sold = fields.pop("sold")
    return SaleView(row=SaleRow(**fields), sold=sold)


READS: dict[type, Callable[[Connection, Any], Awaitable[Outcome]]] = {
    ReadSales: read_sales,
    FindHeld: find_held,
    ListUnreturned: list_unreturned,
    ReadSharing: read_sharing,
    ReadBillingStats: read_billing_stats,
    ReadPremium: read_premium,
}
WRITES: dict[type, Callable[[Connection, Any], Awaitable[Outcome]]] = {
    OpenBooth: open_booth,
    SaveSale: save_sale,
    SaveSharing: save_sharing,
}
