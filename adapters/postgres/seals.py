"""Seals on the ledger's batches, made after their commit and off its path."""

from __future__ import annotations

from actors.ledger.messages import Sealed, SealLedger
from actors.ledger.seals import FIRST_SEAL, seal_of, split
from adapters.postgres.pool import Connection
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome

_UNSEALED = statement("ledger_unsealed")
_LAST_SEAL = "select last_sequence, seal from ledger_seals order by last_sequence desc limit 1"
_LAST_BATCH = "select max(last_sequence) from ledger_batches"
# Whoever seals a batch writes the same: two nodes that do so at once do no harm.
_SEAL = """
insert into ledger_seals (last_sequence, previous, seal, leaves)
select * from unnest($1::bigint[], $2::bytea[], $3::bytea[], $4::bytea[]) on conflict do nothing
"""


async def seal_ledger(connection: Connection, request: SealLedger) -> Outcome:
    """Seal the next batches that have none."""
    async with connection.transaction(isolation="repeatable_read"):
        last = await connection.fetchrow(_LAST_SEAL)
        previous = last["seal"] if last else FIRST_SEAL
        sequence = last["last_sequence"] if last else 0
        columns: tuple[list[int], list[bytes], list[bytes], list[bytes]] = ([], [], [], [])
        for row in await connection.fetch(_UNSEALED, request.batches_max):
            sequence = row["last_sequence"]
            seal = seal_of(previous, sequence, split(row["leaves"]))
            values = (sequence, previous, seal, row["leaves"])
            for column, value in zip(columns, values, strict=True):
                column.append(value)  # type: ignore[attr-defined]
            previous = seal
        if columns[0]:
            await connection.execute(_SEAL, *columns)
        newest = await connection.fetchval(_LAST_BATCH)
    return Ok(Sealed(last_sequence=sequence, seal=previous, behind=(newest or 0) - sequence))
