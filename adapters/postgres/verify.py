"""The whole ledger checked: seals, every row once more from zero, and what accounts hold.

Everything is read from one snapshot, so it may run beside a busy server.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actors.ledger.book import Balance, Pair
from actors.ledger.replay import HistoryDiffers, Replay, Row
from actors.ledger.seals import FIRST_SEAL
from adapters.postgres.database import Database
from adapters.postgres.ledger import entry_of
from adapters.postgres.pool import Connection, Pool
from adapters.postgres.seals import check_chain
from adapters.postgres.sql import statement
from engine.refusal import BadInput

_ROWS = statement("ledger_rows")
_BATCHES = (
    "select first_sequence, last_sequence from ledger_batches where last_sequence > $1"
    " order by last_sequence limit $2"
)
_ACCOUNTS = (
    "select account, asset, posted::text, pending_out::text, pending_in::text from ledger_accounts"
)
_PENDINGS = "select id::text from ledger_pendings order by sequence"
_OUTSIDE = """
select min(sequence) from ledger_transfers t where not exists (
    select from ledger_batches b where t.sequence between b.first_sequence and b.last_sequence)
    and sequence > (select coalesce(max(last_sequence), 0) from ledger_batches)
"""
_CHUNK = 200


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found. `problems` are sentences, the first bad row of each check in the first.

    `sealed` is the last sequence under a seal and `seal` that seal, in hex: worth writing down.
    """

    rows: int
    accounts: int
    sealed: int
    seal: str
    problems: tuple[str, ...]


async def verify_database(database: Database) -> Verdict:
    """Connect and check everything.

    Raises:
        asyncpg.PostgresError, OSError: the database cannot be reached or has no ledger.
    """
    pool = await Pool.open(database, patience_s=3.0)
    try:
        async with (
            pool.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            return await verify_ledger(connection)
    finally:
        await pool.close()


async def verify_ledger(connection: Connection) -> Verdict:
    """Check what a connection sees; take one snapshot before."""
    problems: list[str] = []
    sealed, seal = 0, FIRST_SEAL
    try:
        while (reached := await check_chain(connection, sealed, seal, _CHUNK)) != (sealed, seal):
            sealed, seal = reached
    except HistoryDiffers as differs:
        problems.append(f"seals: {differs}")
    replay = Replay()
    try:
        await _replay(connection, replay)
    except HistoryDiffers as differs:
        problems.append(f"replay: {differs}")
    accounts = {row[:2]: Balance(*map(int, row[2:])) for row in await _tuples(connection)}
    if not problems:
        problems += _differing(accounts, replay.balances)
        pendings = [row["id"] for row in await connection.fetch(_PENDINGS)]
        if pendings != replay.pendings:
            problems.append("pendings: the table holds others than the rows leave open")
    return Verdict(replay.sequence, len(accounts), sealed, seal.hex(), tuple(problems))


async def _tuples(connection: Connection) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await connection.fetch(_ACCOUNTS)]


async def _replay(connection: Connection, replay: Replay) -> None:
    after = 0
    while batches := await connection.fetch(_BATCHES, after, _CHUNK):
        begins, ends = batches[0]["first_sequence"], batches[-1]["last_sequence"]
        rows = await connection.fetch(_ROWS, begins, ends)
        at = 0
        for first, last in batches:
            if first != after + 1:
                raise HistoryDiffers(after + 1, "no batch begins here")
            batch = []
            while at < len(rows) and rows[at]["sequence"] <= last:
                batch.append(_row(rows[at]))
                at += 1
            replay.batch(batch)
            if replay.sequence != last:
                raise HistoryDiffers(replay.sequence + 1, "it is missing")
            after = last
    outside = await connection.fetchval(_OUTSIDE)
    if outside is not None:
        raise HistoryDiffers(outside, "it belongs to no batch")


def _row(row: Any) -> Row:
    try:
        entry = entry_of(row)
    except BadInput as wrong:
        raise HistoryDiffers(row["sequence"], wrong.text) from None
    return Row(entry=entry, command_id=row["command_id"], digest=row["digest"])


def _differing(stands: dict[Any, Balance], should: dict[Pair, Balance]) -> list[str]:
    problems = []
    for pair in sorted({*stands, *should}):
        is_now, ought = stands.get(pair, Balance()), should.get(pair, Balance())
        if is_now != ought:
            problems.append(f"account {pair[0]} {pair[1]}: {is_now} and its rows come to {ought}")
    return problems
