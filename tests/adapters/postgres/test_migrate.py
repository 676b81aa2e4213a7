"""Migrations: whole, once, in order, and never under anybody's feet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest
import trio

from adapters.postgres.database import Database
from adapters.postgres.failures import MigrationRefused
from adapters.postgres.migrate import Migration, behind, migrate, read_migrations
from adapters.postgres.store import PostgresStore
from tests.support.postgres import (
    drop_schema,
    embedded_database,
    execute,
    fresh_schema,
    run_asyncio,
)

FIRST = Migration(1, "first", "create table a (x int); insert into a values (1)")
SECOND = Migration(2, "second", "alter table a add y int default 2")


@pytest.fixture
def database() -> Iterator[Database]:
    database = fresh_schema(embedded_database())
    yield database
    drop_schema(database)


def apply(database: Database, *migrations: Migration) -> list[str]:
    async def run() -> list[str]:
        connection = await asyncpg.connect(**database.options)
        try:
            return await migrate(connection, list(migrations))
        finally:
            await connection.close()

    return run_asyncio(run())


def missing(database: Database, *migrations: Migration) -> list[str]:
    async def run() -> list[str]:
        connection = await asyncpg.connect(**database.options)
        try:
            return await behind(connection, list(migrations))
        finally:
            await connection.close()

    return run_asyncio(run())


def test_each_is_applied_once_and_in_order(database: Database) -> None:
    """A second start finds only what is new."""
    assert missing(database, FIRST, SECOND) == ["first", "second"]
    assert apply(database, FIRST) == ["first"]
    assert missing(database, FIRST, SECOND) == ["second"]
    assert apply(database, FIRST, SECOND) == ["second"]
    assert apply(database, FIRST, SECOND) == []
    assert missing(database, FIRST, SECOND) == []
    assert execute(database, "select x, y from a") == [(1, 2)]


def test_a_failing_one_leaves_no_trace(database: Database) -> None:
    """Half a migration would be a schema that no program knows."""
    with pytest.raises(asyncpg.UndefinedTableError):
        apply(database, FIRST, Migration(2, "bad", "create table b (); alter table c add x int"))

    assert execute(database, "select to_regclass('a')::text, to_regclass('b')::text") == [
        (None, None)
    ]


def test_a_changed_file_is_refused(database: Database) -> None:
    """What ran and what the file says must be one thing."""
    apply(database, FIRST)

    with pytest.raises(MigrationRefused, match="changed after it was applied"):
        apply(database, replace(FIRST, sql="create table a (x bigint)"))


def test_a_newer_database_is_refused(database: Database) -> None:
    """An older program must not write to a schema it does not know."""
    apply(database, FIRST, SECOND)

    with pytest.raises(MigrationRefused, match="start the newer version"):
        missing(database, FIRST)


async def test_servers_that_start_together_take_turns(database: Database) -> None:
    """One of them works; the others then find nothing to do, and all are ready."""
    stores = [PostgresStore(database) for _ in range(4)]
    async with trio.open_nursery() as nursery:
        for store in stores:
            nursery.start_soon(store.connect)

    assert [await store.behind() for store in stores] == [[]] * 4
    for store in stores:
        await store.aclose()
    applied = execute(database, "select count(*) from schema_migrations")
    assert applied == [(len(read_migrations()),)]


def test_names_are_numbered_and_unique(tmp_path: Path) -> None:
    """The order is in the name, so it can't be in doubt."""
    (tmp_path / "0001_a.sql").write_text("")
    (tmp_path / "1_b.sql").write_text("")
    with pytest.raises(MigrationRefused, match=r"1_b\.sql: expected a number of its own"):
        read_migrations(tmp_path)
    (tmp_path / "1_b.sql").rename(tmp_path / "0001_b.sql")
    with pytest.raises(MigrationRefused, match="0001_b"):
        read_migrations(tmp_path)
