"""The audibility ledger in its table."""

from __future__ import annotations

from actors.store_audibility import (
    BEGUN_LAST,
    CHAIN_MAX,
    Batch,
    ReadAudibility,
    SaveAudibility,
)
from adapters.postgres.fence import fenced
from adapters.postgres.pool import Connection
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome

_FENCE = statement("fence")
_SAVE = statement("save_audibility")
_FORGET = statement("forget_audibility")
_READ = statement("read_audibility")


async def save_audibility(connection: Connection, request: SaveAudibility) -> Outcome:
    """Append a batch if the actor's epoch still holds, and delete some that are too old."""
    space, batch = request.space, request.batch
    async with connection.transaction():
        if not await connection.fetchval(_FENCE, request.actor, request.epoch):
            return fenced(request.actor, request.epoch)
        await connection.execute(
            _SAVE,
            space.type,
            space.id,
            space.subspace,
            request.epoch,
            batch.number,
            batch.key_number,
            batch.from_us,
            batch.until_us,
            batch.data,
        )
        await connection.execute(_FORGET, request.keep_from_us)
    return Ok(None)


async def read_audibility(connection: Connection, request: ReadAudibility) -> Outcome:
    """Answer with the chain of batches that leads to a moment."""
    space = request.space
    records = await connection.fetch(
        _READ, space.type, space.id, space.subspace, request.at_us, BEGUN_LAST, CHAIN_MAX
    )
    return Ok(tuple(Batch(**dict(record)) for record in records))
