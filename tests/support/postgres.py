"""A Postgres for tests: one embedded server a test process, a fresh schema for whoever asks."""

from __future__ import annotations

import asyncio
import atexit
import functools
import itertools
import os
import shutil
import tempfile
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from adapters.postgres.database import Database
from adapters.postgres.embedded import EmbeddedPostgres

T = TypeVar("T")

_schemas = itertools.count(1)


@functools.cache
def embedded_database() -> Database:
    """Start the process's embedded server on first use; it ends with the process."""
    data = Path(tempfile.mkdtemp(prefix="presence-test-"))
    server = EmbeddedPostgres(data)
    atexit.register(shutil.rmtree, data, ignore_errors=True)
    atexit.register(server.stop)
    return server.start()


def fresh_schema(database: Database) -> Database:
    """Return `database` as seen through a new, empty schema of its own."""
    name = f"test_{os.getpid()}_{next(_schemas)}"
    execute(database, f"create schema {name}")
    settings = {**database.options.get("server_settings", {}), "search_path": name}
    return replace(database, options={**database.options, "server_settings": settings})


def drop_schema(database: Database) -> None:
    """Remove a schema that `fresh_schema` made."""
    execute(database, f"drop schema {database.options['server_settings']['search_path']} cascade")


def execute(database: Database, sql: str, *arguments: Any) -> list[Any]:
    """Run one statement on a connection of its own and return its rows as tuples."""

    async def run() -> list[Any]:
        connection = await asyncpg.connect(**database.options)
        try:
            return [tuple(row) for row in await connection.fetch(sql, *arguments)]
        finally:
            await connection.close()

    return run_asyncio(run())


def run_asyncio(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end in a thread of its own, so that trio's thread stays trio's."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
