"""Webhooks that leave us: endpoints, their deliveries, and the herald's cursor over the ledger."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from actors.webhooks.events import Group
from actors.webhooks.records import (
    KEPT_FOR_DISABLED_US,
    AddEndpoint,
    AddPing,
    Delivery,
    Due,
    EndpointOpened,
    EndpointRow,
    FanOut,
    ForgetDeliveries,
    ListDeliveries,
    ListEndpoints,
    NewDelivery,
    News,
    OpenEndpoint,
    OpenHerald,
    ReadConcerned,
    ReadDue,
    ReadEndpoint,
    ReadNews,
    ReadWaiting,
    RemoveEndpoint,
    SaveAttempt,
    SaveSecrets,
    SendAgain,
    SetDisabled,
    Told,
)
from adapters.postgres.fence import fenced
from adapters.postgres.ledger import entry_of
from adapters.postgres.pool import Connection
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome

_BUMP = statement("bump_epoch")
_FENCE = statement("fence")
_ENDPOINTS = statement("webhook_endpoints")
_ENDPOINT = f"{_ENDPOINTS} where id = $1::text::uuid"
_OWNED = (
    f"{_ENDPOINTS} where $1::text is null or owner = $1 order by created_at, webhook_endpoints.id"
    " limit $2"
)
_SINCE = "select min(since) from webhook_endpoints where disabled is null or disabled_at > $1"
_CONCERNED = (
    f"{_ENDPOINTS} where (for_all or owner = any ($1)) and (disabled is null or disabled_at > $2)"
    " order by created_at, webhook_endpoints.id"
)
_ONE_OWNER = "select pg_advisory_xact_lock(hashtextextended('webhooks of ' || $1, 0))"
_ADD = statement("webhook_add")
_SAVE_SECRETS = statement("webhook_save_secrets")
_SET_DISABLED = statement("webhook_set_disabled")
_REMOVE = statement("webhook_remove")
_DELIVERIES = statement("webhook_deliveries")
_DUE = statement("webhook_due")
_NEXT = (
    "select min(next_at) from webhook_deliveries"
    " where endpoint = $1::text::uuid and state = 'pending' and next_at > $2"
)
_LISTED = (
    f"{_DELIVERIES} where endpoint = $1::text::uuid and ($2::text is null or state = $2)"
    ' order by created_at desc, aggregate collate "C" desc, seq desc limit $3'
)
_SAVE_ATTEMPT = statement("webhook_save_attempt")
_SEND_AGAIN = statement("webhook_send_again")
_KEEP = statement("webhook_add_ping")
_FAN_OUT = (
    "select webhook_fan_out($1, $2, $3, $4, $5, $6::text[]::uuid[], $7::text[]::uuid[], $8::text[],"
    " $9::text[], $10::text[])"
)
_CURSOR = "select sequence from webhook_cursor"
_NEWS = statement("webhook_news")
_WAITING = statement("webhook_waiting")
_FORGET = statement("webhook_forget")


async def open_endpoint(connection: Connection, request: OpenEndpoint) -> Outcome:
    """Take an endpoint over, then read it."""
    epoch = await connection.fetchval(_BUMP, request.actor)
    return Ok(EndpointOpened(epoch=epoch, row=await _read(connection, request.id)))


async def read_endpoint(connection: Connection, request: ReadEndpoint) -> Outcome:
    """Answer with the endpoint, or None."""
    return Ok(await _read(connection, request.id))


async def list_endpoints(connection: Connection, request: ListEndpoints) -> Outcome:
    """Answer with somebody's, or everybody's, oldest first."""
    rows = await connection.fetch(_OWNED, request.owner, request.limit)
    return Ok(tuple(_endpoint(row) for row in rows))


async def add_endpoint(connection: Connection, request: AddEndpoint) -> Outcome:
    """Keep a new one, unless its owner has enough; two at once are counted one after the other."""
    row = request.row
    async with connection.transaction():
        await connection.execute(_ONE_OWNER, row.owner)
        if not await connection.fetchval(_FENCE, request.actor, request.epoch):
            return fenced(request.actor, request.epoch)
        await connection.execute(
            _ADD,
            request.actor,
            request.epoch,
            row.id,
            row.owner,
            row.all,
            row.url,
            list(row.events),
            row.secret,
            row.created_at_us,
            request.endpoints_max,
        )
        return Ok(await _read(connection, row.id))


async def save_secrets(connection: Connection, request: SaveSecrets) -> Outcome:
    """Write which secrets sign."""
    row = request.row
    secrets = (row.secret, row.previous_secret, row.previous_until_us)
    return await _written(connection, _SAVE_SECRETS, request, row.id, *secrets)


async def set_disabled(connection: Connection, request: SetDisabled) -> Outcome:
    """Disable an endpoint, or enable it."""
    lapsed_us = request.at_us - KEPT_FOR_DISABLED_US
    changes = (request.id, request.because, request.at_us, lapsed_us)
    return await _written(connection, _SET_DISABLED, request, *changes)


async def remove_endpoint(connection: Connection, request: RemoveEndpoint) -> Outcome:
    """Delete an endpoint and its deliveries."""
    return await _written(connection, _REMOVE, request, request.id)


async def save_attempt(connection: Connection, request: SaveAttempt) -> Outcome:
    """Write what came of an attempt."""
    one = request.delivery
    return await _written(
        connection,
        _SAVE_ATTEMPT,
        request,
        one.endpoint,
        one.event,
        one.state,
        one.attempts,
        one.next_us,
        one.first_us,
        one.last_us,
        one.status,
        one.error,
        request.disables,
    )


async def add_ping(connection: Connection, request: AddPing) -> Outcome:
    """Keep an event for one endpoint alone."""
    columns = _columns([request.delivery])
    rows = await connection.fetch(_KEEP, request.actor, request.at_us, *columns, request.epoch)
    return Ok(None) if rows else fenced(request.actor, request.epoch)


async def send_again(connection: Connection, request: SendAgain) -> Outcome:
    """Let a delivery begin anew; answer whether there is one."""
    row = await connection.fetchrow(
        _SEND_AGAIN,
        request.actor,
        request.epoch,
        request.endpoint,
        request.event,
        request.at_us,
    )
    return fenced(request.actor, request.epoch) if row is None else Ok(row["found"])


async def read_due(connection: Connection, request: ReadDue) -> Outcome:
    """Answer with what is to be sent now, and when there will be more."""
    endpoint, now_us = request.endpoint, request.now_us
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        rows = await connection.fetch(_DUE, endpoint, now_us, request.limit)
        next_us = await connection.fetchval(_NEXT, endpoint, now_us)
    return Ok(Due(deliveries=tuple(Delivery(**row) for row in rows), next_us=next_us))


async def list_deliveries(connection: Connection, request: ListDeliveries) -> Outcome:
    """Answer with an endpoint's deliveries, newest first."""
    rows = await connection.fetch(_LISTED, request.endpoint, request.state, request.limit)
    return Ok(tuple(Delivery(**row) for row in rows))


async def open_herald(connection: Connection, request: OpenHerald) -> Outcome:
    """Take the herald over."""
    return Ok(await connection.fetchval(_BUMP, request.actor))


async def read_news(connection: Connection, request: ReadNews) -> Outcome:
    """Answer with rows behind the cursor, whole groups, from one snapshot."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        follows = await connection.fetchval(_CURSOR)
        since = await connection.fetchval(_SINCE, request.now_us - KEPT_FOR_DISABLED_US)
        if since is None:
            return Ok(News(follows=follows, cursor=follows, told=(), wanted=False, more=False))
        begin = max(follows, since)
        rows = await connection.fetch(_NEWS, begin, request.rows_max + 1)
    whole, more = _whole(rows, request.rows_max)
    return Ok(
        News(
            follows=follows,
            cursor=whole[-1]["sequence"] if whole else begin,
            told=_told(whole),
            wanted=True,
            more=more,
        )
    )


async def read_concerned(connection: Connection, request: ReadConcerned) -> Outcome:
    """Answer with the endpoints of some accounts, and those that are told everything."""
    lapsed_us = request.now_us - KEPT_FOR_DISABLED_US
    rows = await connection.fetch(_CONCERNED, list(request.owners), lapsed_us)
    return Ok(tuple(map(_endpoint, rows)))


async def fan_out(connection: Connection, request: FanOut) -> Outcome:
    """Keep deliveries and move the cursor."""
    done = await connection.fetchval(
        _FAN_OUT,
        request.actor,
        request.epoch,
        request.follows,
        request.cursor,
        request.at_us,
        *_columns(request.deliveries),
    )
    return Ok(None) if done else fenced(request.actor, request.epoch)


async def read_waiting(connection: Connection, request: ReadWaiting) -> Outcome:
    """Answer with the enabled endpoints that have something due."""
    rows = await connection.fetch(_WAITING, request.now_us, request.limit)
    return Ok(tuple(row["id"] for row in rows))


async def forget_deliveries(connection: Connection, request: ForgetDeliveries) -> Outcome:
    """Delete what ended long ago."""
    status = await connection.execute(_FORGET, request.before_us, request.limit)
    return Ok(int(status.rpartition(" ")[2]))


async def _written(connection: Connection, sql: str, request: Any, *columns: Any) -> Outcome:
    fence = await connection.fetchval(sql, request.actor, request.epoch, *columns)
    return Ok(None) if fence else fenced(request.actor, request.epoch)


async def _read(connection: Connection, endpoint: str) -> EndpointRow | None:
    row = await connection.fetchrow(_ENDPOINT, endpoint)
    return None if row is None else _endpoint(row)


def _endpoint(row: Any) -> EndpointRow:
    return EndpointRow(**dict(row) | {"events": tuple(row["events"])})


def _columns(deliveries: Sequence[NewDelivery]) -> tuple[list[str], ...]:
    return (
        [each.endpoint for each in deliveries],
        [each.event for each in deliveries],
        [each.type for each in deliveries],
        [each.aggregate for each in deliveries],
        [each.until_seq for each in deliveries],
    )


def _whole(rows: Sequence[Any], rows_max: int) -> tuple[Sequence[Any], bool]:
    """Return the rows without a group that goes on behind them, and whether there are more."""
    if len(rows) <= rows_max:
        return rows, False
    end, cut = rows_max, rows[rows_max]["command_id"]
    while end and cut is not None and rows[end - 1]["command_id"] == cut:
        end -= 1
    return rows[:end], True


def _told(rows: Sequence[Any]) -> tuple[Told, ...]:
    """Return groups in their order; what the ledger did by itself belongs to none."""
    groups: dict[str, list[Any]] = {}
    for row in rows:
        if row["command_id"] is not None:
            groups.setdefault(row["command_id"], []).append(row)
    return tuple(
        Told(
            sequence=members[0]["sequence"],
            group=Group(command_id=id_, entries=tuple(map(entry_of, members))),
        )
        for id_, members in groups.items()
    )


_Work = Callable[[Connection, Any], Awaitable[Outcome]]

READS: dict[type, _Work] = {
    ReadEndpoint: read_endpoint,
    ListEndpoints: list_endpoints,
    ReadDue: read_due,
    ListDeliveries: list_deliveries,
    ReadNews: read_news,
    ReadConcerned: read_concerned,
    ReadWaiting: read_waiting,
}
WRITES: dict[type, _Work] = {
    OpenEndpoint: open_endpoint,
    AddEndpoint: add_endpoint,
    SaveSecrets: save_secrets,
    SetDisabled: set_disabled,
    RemoveEndpoint: remove_endpoint,
    SaveAttempt: save_attempt,
    AddPing: add_ping,
    SendAgain: send_again,
    OpenHerald: open_herald,
    FanOut: fan_out,
    ForgetDeliveries: forget_deliveries,
}
