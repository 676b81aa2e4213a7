"""`presence ledger verify`: a row changed behind the ledger's back is found and named."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
import trio

from actors.ledger.messages import CheckSeals, SealLedger
from adapters.postgres.database import Database
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.store import PostgresStore
from adapters.postgres.verify import Verdict, verify_database
from tests.actors.ledger.stories import HOLD_US, Author, long_story
from tests.adapters.test_cli import presence
from tests.contracts.teller import ADA, BOB, ISSUE, Teller, tip
from tests.support.postgres import embedded_database, execute, fresh_schema, run_asyncio


async def told(steps: int = 60, database: Database | None = None) -> Database:
    """Return a database in whose ledger a story has happened, all of it sealed."""
    database = database or fresh_schema(embedded_database())
    store = PostgresStore(database)
    await store.connect()
    teller, author = Teller(store), Author("t")
    for step in long_story(11, steps):
        teller.now_us += step.pass_us
        command = None if step.pass_us else author.command(step)
        await teller.batch(*([] if command is None else [command]))
    await teller.batch(tip(1, ISSUE, ADA, 9), tip(2, ADA, BOB, 5), tip(3, BOB, ADA, 100))
    await teller.batch(tip(4, ADA, BOB, 3, flag="pending", timeout_us=HOLD_US))
    while (await store.perform(SealLedger(batches_max=7))).behind:
        pass
    await store.aclose()
    return database


def verified(database: Database) -> Verdict:
    """Return what the check finds."""
    return run_asyncio(verify_database(database))


def behind_its_back(database: Database, sql: str, *arguments: Any) -> None:
    """Change something as the database's owner can, with the guards switched off."""
    tables = ("ledger_transfers", "ledger_commands", "ledger_seals", "ledger_batches")
    for table in tables:
        execute(database, f"alter table {table} disable trigger all")
    execute(database, sql, *arguments)
    for table in tables:
        execute(database, f"alter table {table} enable trigger all")


async def test_i6_i12_an_honest_ledger_verifies() -> None:
    """I6, I12: seals hold, every row follows from those before it, balances are their sums."""
    database = await told()

    verdict = verified(database)

    assert verdict.problems == ()
    assert verdict.rows == verdict.sealed > 10
    assert len(verdict.seal) == 64


CHANGES = [
    ("amount", "amount + 1"),
    ("debit", "'user:eve:main'"),
    ("credit", "'user:eve:main'"),
    ("asset", "'EUR'"),
    ("kind", "'gift'"),
    ("flag", "'pending'"),
    ("ref", "'call:1'"),
    ("details", """'{"note": 1}'"""),
    ("at", "at + interval '1 microsecond'"),
    ("debit_posted", "debit_posted + 1"),
    ("credit_posted", "credit_posted - 1"),
    ("released", "released + 1"),
    ("command_id", "gen_random_uuid()"),
    ("id", "gen_random_uuid()"),
]


@pytest.mark.parametrize(("column", "value"), CHANGES, ids=[column for column, _ in CHANGES])
async def test_i6_a_changed_row_is_named(column: str, value: str) -> None:
    """I6: whichever column of a sealed row was changed, the check says which row it was."""
    database = await told(12)
    [(sequence,)] = execute(
        database,
        "select sequence from ledger_transfers where kind = 'tip' and ref = ''"
        " and flag = 'plain' order by sequence desc limit 1",
    )
    behind_its_back(
        database, f"update ledger_transfers set {column} = {value} where sequence = $1", sequence
    )

    verdict = verified(database)

    assert verdict.problems[0].startswith(f"seals: row {sequence}: ")


@pytest.mark.parametrize(("column", "value"), CHANGES, ids=[column for column, _ in CHANGES])
async def test_i12_a_change_before_the_seal_is_found_by_the_replay(column: str, value: str) -> None:
    """I12: a row that was changed before anybody sealed it does not follow from the others."""
    database = await told(12)
    [(sequence,)] = execute(
        database,
        "select sequence from ledger_transfers where kind = 'tip' and ref = ''"
        " and flag = 'plain' order by sequence desc limit 1",
    )
    behind_its_back(
        database, f"update ledger_transfers set {column} = {value} where sequence = $1", sequence
    )
    behind_its_back(database, "delete from ledger_seals where last_sequence >= $1", sequence)

    verdict = verified(database)

    assert len(verdict.problems) == 1
    assert verdict.problems[0].startswith(f"replay: row {sequence}: ")


SEALED = "first_sequence <= (select max(last_sequence) from ledger_seals)"
COLUMNS = (
    "command_id, flag, kind, debit, credit, asset, amount, pending_id, released, expires_at, at,"
    " ref, details, debit_posted, credit_posted"
)
MISCHIEF = {
    "delete from ledger_transfers where sequence = 3": "seals: row 3: ",
    f"delete from ledger_commands where refusal is not null and {SEALED}": "put in or taken away",
    f"update ledger_commands set refusal = null where refusal is not null and {SEALED}": (
        "was changed after it was sealed"
    ),
    "update ledger_seals set seal = sha256(seal) where last_sequence = 1": "seal of the",
    "delete from ledger_seals where last_sequence = 1": "seals: row 1: ",
    "update ledger_accounts set posted = posted + 1 where account = 'user:bob:main'": (
        "account user:bob:main TOK: "
    ),
    "update ledger_accounts set pending_out = 0 where account = 'user:ada:main'": (
        "account user:ada:main TOK: "
    ),
    "delete from ledger_pendings": "pendings: ",
    f"insert into ledger_transfers (sequence, id, {COLUMNS}) select sequence + 1,"
    f" gen_random_uuid(), {COLUMNS} from ledger_transfers where pending_id is null"
    " order by sequence desc limit 1": "it belongs to no batch",
}


@pytest.mark.parametrize("sql", MISCHIEF)
async def test_whatever_else_was_done_by_hand_is_told(sql: str) -> None:
    """Rows taken away or put in, seals, commands, balances: each has its sentence."""
    database = await told(12)
    behind_its_back(database, sql)

    assert MISCHIEF[sql] in verified(database).problems[0]


async def test_i6_the_walk_along_the_seals_finds_the_row_too() -> None:
    """I6: a few batches at a time, from wherever it stands, without reading the whole ledger."""
    database = await told(30)
    store = PostgresStore(database)
    await store.connect()
    after, done = 0, False
    while not done:
        checked = await store.perform(CheckSeals(after=after, batches_max=3))
        assert checked.damage is None
        after, done = checked.last_sequence, checked.done
    assert after == verified(database).sealed

    change = "update ledger_transfers set ref = 'call:1' where sequence = $1"
    behind_its_back(database, change, after - 1)
    checked, place = await store.perform(CheckSeals(after=0, batches_max=3)), 0
    while checked.damage is None:
        place = checked.last_sequence
        checked = await store.perform(CheckSeals(after=place, batches_max=3))
    await store.aclose()

    assert checked.damage.startswith(f"row {after - 1}: transfer")


async def test_sealing_is_the_same_whoever_does_it() -> None:
    """Two nodes that seal at once write one chain."""
    database = await told(30)
    [(seal,)] = execute(
        database, "select seal from ledger_seals order by last_sequence desc limit 1"
    )
    behind_its_back(database, "delete from ledger_seals where last_sequence > 9")
    stores = [PostgresStore(database), PostgresStore(database)]
    for store in stores:
        await store.connect()
    seals = []
    for store in stores * 30:
        sealed = await store.perform(SealLedger(batches_max=1))
        seals.append(sealed.seal)
    for store in stores:
        await store.aclose()

    assert seals[-1] == seal
    assert verified(database).problems == ()


def test_the_command_names_the_row_and_ends_with_1(tmp_path: Path) -> None:
    """Beside a running server and after its stop: 0 when all is well, 1 and the row when not."""

    def verify() -> subprocess.CompletedProcess[str]:
        return presence("ledger", "verify", "--data", tmp_path, directory=tmp_path)

    with EmbeddedPostgres(tmp_path) as database:
        trio.run(told, 12, database)
        well = verify()
        behind_its_back(database, "update ledger_transfers set amount = 7 where sequence = 2")
        bad = verify()
    later = verify()

    assert (well.returncode, well.stderr) == (0, "")
    assert "sealed up to row" in well.stdout
    assert (bad.returncode, later.returncode) == (1, 1)
    assert "seals: row 2: transfer" in bad.stderr
    assert later.stderr == bad.stderr


def test_the_command_says_when_there_is_no_ledger(tmp_path: Path) -> None:
    """An empty data directory has nothing to verify, and is told so."""
    done = presence("ledger", "verify", "--data", tmp_path, directory=tmp_path)

    assert done.returncode == 1
    assert "no ledger yet" in done.stderr
