"""Seals on the ledger's batches: made after their commit and off its path, and checked."""

from __future__ import annotations

import logging
from typing import Any

from actors.ledger.messages import CheckSeals, Sealed, SealLedger, SealsChecked
from actors.ledger.replay import HistoryDiffers
from actors.ledger.seals import FIRST_SEAL, seal_of, split
from adapters.postgres.pool import Connection
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome

_log = logging.getLogger("presence.money")

_UNSEALED = statement("ledger_unsealed")
_SEALED = statement("ledger_sealed")
_ROW_AT = "select sequence, id::text from ledger_transfers where sequence between $1 and $2"
_COMMANDS_AT = (
    "select id::text from ledger_commands where first_sequence between $1 and $2"
    " order by first_sequence, id"
)
_SEAL_AT = "select seal from ledger_seals where last_sequence = $1"
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


async def check_seals(connection: Connection, request: CheckSeals) -> Outcome:
    """Check the next sealed batches against their rows."""
    after, previous = request.after, FIRST_SEAL
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        if after:
            previous = await connection.fetchval(_SEAL_AT, after) or FIRST_SEAL
        try:
            reached, _ = await check_chain(connection, after, previous, request.batches_max)
        except HistoryDiffers as differs:
            _log.critical("ledger: %s", differs)
            return Ok(SealsChecked(last_sequence=after, done=True, damage=str(differs)))
    return Ok(SealsChecked(last_sequence=reached, done=reached == after))


async def check_chain(
    connection: Connection, after: int, previous: bytes, batches_max: int
) -> tuple[int, bytes]:
    """Return the last sequence and the seal of the last of the next sealed batches.

    They are as given when nothing follows.

    Args:
        connection: sees one snapshot.
        after: the last sequence of the batch before.
        previous: its seal.
        batches_max: how many at most.

    Raises:
        HistoryDiffers: names the first row that is not what was sealed.
    """
    for row in await connection.fetch(_SEALED, after, batches_max):
        last = row["last_sequence"]
        if row["first_sequence"] != after + 1:
            raise HistoryDiffers(after + 1, "no batch with a seal begins here")
        if row["now"] != row["leaves"]:
            await _name(connection, row)
        expected = seal_of(previous, last, split(row["leaves"]))
        if row["previous"] != previous or row["seal"] != expected:
            raise HistoryDiffers(last, "the seal of the batch that ends here was changed")
        after, previous = last, expected
    return after, previous


async def _name(connection: Connection, batch: Any) -> None:
    """Name the first of a batch's rows that is not what was sealed.

    Raises:
        HistoryDiffers: always.
    """
    first, last = batch["first_sequence"], batch["last_sequence"]
    then, now = split(batch["leaves"]), split(batch["now"])
    pairs = enumerate(zip(then, now, strict=False))
    place = next((number for number, (was, stands) in pairs if was != stands), len(then))
    there = {row["sequence"]: row["id"] for row in await connection.fetch(_ROW_AT, first, last)}
    gone = next((sequence for sequence in range(first, last + 1) if sequence not in there), None)
    if gone is not None:
        raise HistoryDiffers(gone, "it was sealed and is gone")
    if place <= last - first:
        row = f"transfer {there[first + place]} was changed after it was sealed"
        raise HistoryDiffers(first + place, row)
    commands = [row["id"] for row in await connection.fetch(_COMMANDS_AT, first, last)]
    if len(then) != len(now):
        raise HistoryDiffers(last, "a command of its batch was put in or taken away")
    which = commands[place - (last - first + 1)]
    raise HistoryDiffers(last, f"command {which} of its batch was changed after it was sealed")
