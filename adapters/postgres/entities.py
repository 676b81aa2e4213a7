"""Persistent entities of spaces, fenced like every write."""

from __future__ import annotations

import json
from collections.abc import Sequence

from actors.space.space_id import SpaceId
from actors.store import EntityRow, SaveEntities
from adapters.postgres.fence import fenced
from adapters.postgres.pool import Connection
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome

_SAVE = statement("save_entities")

_READ = statement("read_entities")


async def write(connection: Connection, requests: Sequence[SaveEntities]) -> list[Outcome]:
    """Apply requests in order and commit them together; a fenced one changes nothing."""
    if len(requests) == 1:
        return [await _write_one(connection, requests[0])]
    async with connection.transaction():
        return [await _write_one(connection, request) for request in requests]


async def read(connection: Connection, space: SpaceId) -> tuple[EntityRow, ...]:
    """Return what was saved last of a space."""
    records = await connection.fetch(_READ, space.type, space.id, space.subspace)
    return tuple(EntityRow(**record) for record in records)


async def _write_one(connection: Connection, request: SaveEntities) -> Outcome:
    space = request.space
    # One statement may write a row once, and must not write and remove it.
    rows = {row.id: row for row in request.present if row.id not in set(request.gone)}.values()
    written = await connection.fetchval(
        _SAVE,
        request.actor,
        request.epoch,
        space.type,
        space.id,
        space.subspace,
        request.gone,
        [row.id for row in rows],
        [row.owner for row in rows],
        [row.owner_account for row in rows],
        [row.owned_at_ms for row in rows],
        [row.time_ms for row in rows],
        [row.creator for row in rows],
        [row.template for row in rows],
        [row.parent for row in rows],
        [row.locked for row in rows],
        [json.dumps(row.components) for row in rows],
    )
    return Ok(None) if written else fenced(request.actor, request.epoch)
