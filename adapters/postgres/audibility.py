"""The audibility ledger in its table."""

from __future__ import annotations

from collections.abc import Sequence

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

_SAVE = statement("save_audibility")
_FORGET = statement("forget_audibility")
_READ = statement("read_audibility")

FORGOTTEN_EACH = 100


async def save(connection: Connection, requests: Sequence[SaveAudibility]) -> list[Outcome]:
    """Append batches whose actors' epochs still hold, and delete some that are too old."""
    async with connection.transaction():
        held = await connection.fetch(
            _SAVE,
            [one.actor for one in requests],
            [one.epoch for one in requests],
            [one.space.type for one in requests],
            [one.space.id for one in requests],
            [one.space.subspace for one in requests],
            [one.batch.number for one in requests],
            [one.batch.key_number for one in requests],
            [one.batch.from_us for one in requests],
            [one.batch.until_us for one in requests],
            [one.batch.data for one in requests],
        )
        keep_from_us = min(one.keep_from_us for one in requests)
        await connection.execute(_FORGET, keep_from_us, FORGOTTEN_EACH * len(requests))
    epochs = {record["actor"]: record["epoch"] for record in held}
    return [
        Ok(None) if epochs.get(one.actor) == one.epoch else fenced(one.actor, one.epoch)
        for one in requests
    ]


async def read_audibility(connection: Connection, request: ReadAudibility) -> Outcome:
    """Answer with the chain of batches that leads to a moment."""
    space = request.space
    records = await connection.fetch(
        _READ, space.type, space.id, space.subspace, request.at_us, BEGUN_LAST, CHAIN_MAX
    )
    return Ok(tuple(Batch(**dict(record)) for record in records))
