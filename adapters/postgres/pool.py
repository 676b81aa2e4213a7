"""Connections to the database: how they are set up, waited for and given back."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from adapters.postgres.database import Database
from adapters.postgres.outcomes import is_lost

Connection: TypeAlias = PoolConnectionProxy

SIZE_MAX = 8  # three lanes, and five at once for everything else
CONNECT_S = 5.0
COMMAND_S = 15.0  # A little over the server's own limit, which answers more clearly.
_ACQUIRE_PAUSE_S = 0.05
_CLOSE_S = 5.0
_EPOCH_2000_US = 946_684_800_000_000  # Postgres counts microseconds from 2000-01-01 UTC.

SERVER_SETTINGS = {
    "application_name": "presence",
    "statement_timeout": "10s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "30s",
    "timezone": "UTC",
    "jit": "off",
    # Each statement is planned once, as for large tables: nothing here gains from the values, and
    # a plan made while a table was small must not scan it when it has grown.
    "plan_cache_mode": "force_generic_plan",
    "enable_seqscan": "off",
}


class PoolUnavailable(Exception):
    """No connection could be had in time: nothing was sent."""


class Pool:
    """A pool whose connections carry integer microseconds for times and Python values for jsonb.

    Args:
        pool: asyncpg's.
        database: what to call it when it is away.
        patience_s: how long work waits for a database that is away, such as one that restarts.
    """

    def __init__(self, pool: asyncpg.Pool, database: Database, patience_s: float) -> None:
        self._pool = pool
        self._database = database
        self._patience_s = patience_s

    @classmethod
    async def open(cls, database: Database, patience_s: float) -> Pool:
        """Connect once, so that a wrong address is told now and not at the first request."""
        options = dict(database.options)
        settings = {**SERVER_SETTINGS, **options.pop("server_settings", {})}
        pool = await asyncpg.create_pool(
            **options,
            min_size=1,
            max_size=SIZE_MAX,
            max_inactive_connection_lifetime=0,
            init=_prepare,
            reset=_keep,
            timeout=CONNECT_S,
            command_timeout=COMMAND_S,
            server_settings=settings,
        )
        return cls(pool, database, patience_s)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Yield a live connection.

        Raises:
            PoolUnavailable: none could be had within the patience.
        """
        connection = await self._acquire()
        try:
            yield connection
        finally:
            await self._pool.release(connection, timeout=_CLOSE_S)

    async def _acquire(self) -> Connection:
        deadline_s = time.monotonic() + self._patience_s
        while True:
            left_s = max(deadline_s - time.monotonic(), 0.001)
            try:
                connection: Connection = await self._pool.acquire(timeout=left_s)
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                if time.monotonic() + _ACQUIRE_PAUSE_S > deadline_s or not is_lost(error):
                    raise PoolUnavailable(self._database.explain(error)) from error
            else:
                if not connection.is_closed():
                    return connection
                await self._pool.release(connection, timeout=_CLOSE_S)
            await asyncio.sleep(_ACQUIRE_PAUSE_S)

    async def close(self) -> None:
        """Wait a little for work in flight, then close every connection."""
        try:
            await asyncio.wait_for(self._pool.close(), _CLOSE_S)
        except TimeoutError:
            self._pool.terminate()


async def _keep(_: asyncpg.Connection) -> None:
    """Skip asyncpg's clean-up on release: we set nothing on a connection that would outlive us."""


async def _prepare(connection: Any) -> None:
    await connection.set_type_codec(
        "timestamptz",
        schema="pg_catalog",
        encoder=lambda us: (us - _EPOCH_2000_US,),
        decoder=lambda parts: parts[0] + _EPOCH_2000_US,
        format="tuple",
    )
    await connection.set_type_codec(
        "jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads
    )
