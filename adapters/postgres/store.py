"""The store port over Postgres, as the trio side sees it."""

from __future__ import annotations

from functools import partial
from typing import Any

import asyncpg
import trio

from actors.store_answers import StoreUnavailable, value_of
from adapters.postgres.asyncio_thread import AsyncioThread
from adapters.postgres.database import Database
from adapters.postgres.failures import DatabaseUnreachable
from adapters.postgres.pool import PoolUnavailable
from adapters.postgres.worker import REQUESTS, Worker
from engine.outcome import Err, Outcome
from engine.port import Reply


class PostgresStore:
    """Every request of `actors/store.py`, durable when it is answered.

    Reads are tried again when a connection breaks; writes never are, since they may have happened.

    Args:
        database: from `EmbeddedPostgres.start` or `Database.from_url`.
        patience_s: how long a request waits for a database that is away before it is answered
            `Err`; three seconds cover a restart of the embedded one.
    """

    def __init__(self, database: Database, *, patience_s: float = 3.0) -> None:
        self._database = database
        self._patience_s = patience_s
        self._thread: AsyncioThread | None = None
        self._worker: Worker

    def __repr__(self) -> str:
        state = "connected" if self._thread else "closed"
        return f"<PostgresStore {self._database.name}, {state}>"

    async def connect(self, *, migrations: bool = True) -> None:
        """Connect, and bring the database's schema up to date unless told not to.

        Raises:
            DatabaseUnreachable: the text says what is wrong with the address or the server.
            MigrationRefused: the schema is not one this program may touch.
        """
        assert self._thread is None, "already connected"
        thread = AsyncioThread("presence-postgres")
        opening = Worker.open(self._database, patience_s=self._patience_s, migrations=migrations)
        try:
            self._worker = await thread.run(opening)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, ValueError) as error:
            await thread.aclose()
            raise DatabaseUnreachable(self._database.explain(error)) from error
        except BaseException:
            await thread.aclose()
            raise
        self._thread = thread

    async def aclose(self) -> None:
        """Finish what was begun, answer it, and disconnect. Later requests are answered `Err`."""
        thread, self._thread = self._thread, None
        if thread is not None:
            with trio.CancelScope(shield=True):
                await thread.run(self._worker.close())
                await thread.aclose()

    def start(self, request: Any, reply: Reply) -> None:
        """Begin a request; see `engine.port.Port`."""
        assert type(request) in REQUESTS, request
        thread = self._thread
        if thread is None:
            reply(Err("the store is not connected"))
            return
        thread.submit(self._worker.begin, request, partial(thread.answer, reply))

    async def perform(self, request: Any) -> Any:
        """Return the answer to a request. Cancelling stops the waiting, not the request.

        Raises:
            RefusedByStore: a refusal; `code` says which.
            StoreUnavailable: nothing happened; try again later.
            StoreUnknown: a write that may have happened; read its key again.
        """
        answered = trio.Event()
        outcomes: list[Outcome] = []

        def reply(outcome: Outcome) -> None:
            outcomes.append(outcome)
            answered.set()

        self.start(request, reply)
        await answered.wait()
        return value_of(outcomes[0])

    async def behind(self) -> list[str]:
        """Return the names of migrations that the database lacks, for readiness.

        Raises:
            StoreUnavailable: the database is away.
            MigrationRefused: its schema is not one this program knows.
        """
        if self._thread is None:
            raise StoreUnavailable("the store is not connected")
        try:
            return await self._thread.run(self._worker.behind())
        except (PoolUnavailable, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise StoreUnavailable(str(error)) from error
