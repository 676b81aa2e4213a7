"""Who is present where: rows written for monitoring and other hosts, fenced like every write."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from actors.store import ClearSpaceSessions, SaveSessions, SessionRow
from adapters.postgres.fence import fenced
from adapters.postgres.pool import Connection
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome

_SAVE = statement("save_sessions")

_CLEAR = statement("clear_sessions")


async def write(
    connection: Connection, requests: Sequence[SaveSessions | ClearSpaceSessions]
) -> list[Outcome]:
    """Apply requests in order and commit them together; a fenced one changes nothing.

    In order, because somebody who moves from one space to another is written by both.
    """
    if len(requests) == 1:
        return [await _write_one(connection, requests[0])]
    async with connection.transaction():
        return [await _write_one(connection, request) for request in requests]


async def _write_one(connection: Connection, request: SaveSessions | ClearSpaceSessions) -> Outcome:
    space = request.space
    who = (request.actor, request.epoch, space.type, space.id, space.subspace)
    if isinstance(request, SaveSessions):
        written = await connection.fetchval(_SAVE, *who, *_columns(request))
    else:
        written = await connection.fetchval(_CLEAR, *who)
    return Ok(None) if written else fenced(request.actor, request.epoch)


def _columns(request: SaveSessions) -> list[Sequence[Any]]:
    gone = set(request.gone)
    # One statement may write a row once: of two rows for a socket the later one counts.
    present: list[SessionRow] = list(
        {row.socket_id: row for row in request.present if row.socket_id not in gone}.values()
    )
    return [
        request.gone,
        [row.socket_id for row in present],
        [row.account for row in present],
        [row.guest_id for row in present],
        [_json(row.position) for row in present],
        [_json(row.avatar_data) for row in present],
        [row.voice_enabled for row in present],
        [row.connected_at_us for row in present],
        [row.last_activity_us for row in present],
    ]


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)
