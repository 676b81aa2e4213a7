"""Postgres beside the simulated store: every request goes to both, and both must say the same.

So what a story proves of actors over the simulated store it proves of Postgres, and each store is
the other's second opinion. Stories need not know: they make their store with `watched`.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, TypeVar

from actors.calls.messages import ReadCall
from actors.ledger.book import Entry
from actors.ledger.messages import CheckSeals, LedgerOpened, LedgerRead, SealLedger
from actors.store import ActivateSpace, AppendMessages, FindMessages, ReadFacts, ReadMessages
from actors.store_hall import EndAudioSession, ReadStandings, StartAudioSession
from adapters.postgres.database import Database
from adapters.postgres.pool import Pool
from adapters.postgres.verify import Verdict, verify_ledger
from adapters.postgres.worker import Worker
from engine.outcome import Ok, Outcome
from engine.refusal import Refused
from sim.store import MemoryStore
from tests.support.postgres import embedded_database, fresh_schema

S = TypeVar("S", bound=MemoryStore)
T = TypeVar("T")

ANSWERS_WITHIN_S = 60.0
NOT_COMPARED: tuple[type, ...] = (
    *(ReadFacts, ReadStandings, StartAudioSession, EndAudioSession),
    *(AppendMessages, FindMessages, ReadMessages),
    *(SealLedger, CheckSeals),
)
"""What rests on content that stories put into one of them only, on Postgres' own clock, or on the
bytes of its JSON. Seals are checked at the end, by `verify_ledger`."""

_beside: list[Beside] | None = None


def watched(store: S) -> S:
    """Return the store; within `postgres_beside` a database is asked whatever it is asked."""
    if _beside is not None:
        _beside.append(Beside(store, _schema(len(_beside))))
    return store


@contextmanager
def postgres_beside() -> Iterator[list[Beside]]:
    """Watch every store that is made inside, and compare all that is durable at the end.

    Raises:
        AssertionError: an answer, a row or a sum differs; the text has the request.
    """
    global _beside  # noqa: PLW0603 - One process tells one story at a time.
    assert _beside is None
    _beside = []
    try:
        yield _beside
        for one in _beside:
            one.compare()
    finally:
        found = [one.difference for one in _beside if one.difference]
        _beside = None
        assert not found, found[0]


class Beside:
    """One simulated store and the schema that is told the same."""

    def __init__(self, memory: MemoryStore, schema: Schema) -> None:
        self._memory = memory
        self.schema = schema
        self._ours: Callable[[Any], Outcome] = memory.answer
        self._asked = 0
        self.difference = ""
        schema.empty()
        memory.answer = self._answer  # type: ignore[method-assign]

    def _answer(self, request: Any) -> Outcome:
        """Ask both; what the simulated store says is what the story goes on with."""
        self._asked += 1
        ours, theirs = self._ours(request), self.schema.ask(request)
        if not self.difference and said(request, theirs) != said(request, ours):
            self.difference = (  # Raised at the end: an actor that is told of it would only fall.
                f"request {self._asked} is answered differently by Postgres\n  {request}"
                f"\n  Postgres: {theirs}\n  simulated: {ours}"
            )
        return ours

    def compare(self) -> None:
        """Hold all that is durable against each other, and check the whole ledger."""
        for call_id in self._memory.calls.calls:
            self._answer(ReadCall(call_id=call_id))
        assert self.schema.rows() == [row_of(entry) for entry in self._memory.ledger.entries]
        self.seal()
        assert self.schema.problems() == ()

    def seal(self) -> None:
        """Put every row of the ledger under a seal."""
        while self.schema.ask(SealLedger(batches_max=100)).value.behind:  # type: ignore[union-attr]
            pass


def said(request: Any, outcome: Outcome) -> Any:
    """Return of an answer what both stores must agree on."""
    if isinstance(outcome, Refused):
        return outcome.code
    if not isinstance(outcome, Ok) or isinstance(request, NOT_COMPARED):
        return type(outcome)
    value = outcome.value
    if isinstance(value, LedgerRead):
        return (
            set(value.used),
            {each.command_id: each for each in value.decisions},
            dict(value.balances),
        )
    if isinstance(value, LedgerOpened):  # Which account comes first says nothing.
        return replace(value, balances=()), dict(value.balances)
    if isinstance(request, ActivateSpace):  # Posts and standings are put into one of them only.
        return value.epoch, value.hall, value.premium_until_us
    return value


def row_of(entry: Entry) -> tuple[Any, ...]:
    """Return a ledger's row as `Schema.rows` reads it."""
    one = entry.transfer
    return (
        entry.sequence, one.id, one.flag, one.kind, one.debit, one.credit, one.asset,
        str(one.amount), one.pending_id, str(entry.released), one.ref,
    )  # fmt: skip


class Schema:
    """A schema of the embedded database with every table, emptied for each store."""

    _ROWS = (
        "select sequence, id::text, flag, kind, debit, credit, asset, amount::text,"
        " pending_id::text, released::text, ref from ledger_transfers order by sequence"
    )
    _TABLES = "select tablename from pg_tables where schemaname = current_schema order by 1"
    _COLUMNS = (
        "select string_agg(quote_ident(column_name), ', ') from information_schema.columns"
        " where table_schema = current_schema and table_name = '{}' and is_generated = 'NEVER'"
    )
    _RESTART = (
        "select setval(format('%I.%I', schemaname, sequencename), start_value, false)"
        " from pg_sequences where schemaname = current_schema and last_value is not null"
    )

    def __init__(self, database: Database) -> None:
        self._worker = _run(Worker.open(database, patience_s=10.0, migrations=True))
        self._pool = _run(Pool.open(database, patience_s=10.0))
        self.tables = [name for (name,) in self.fetch(self._TABLES)]
        self._given: dict[str, str] = {}
        for name in self._filled():
            ((columns,),) = self.fetch(self._COLUMNS.format(name))
            self._given[name] = columns
            self.fetch(f"create table given_{name} as select {columns} from {name}")

    def empty(self) -> None:
        """Bring every table back to what the migrations left in it."""
        filled = self._filled()
        steps = [f"delete from {name}" for name in filled]
        steps += [
            f"insert into {name} ({columns}) select {columns} from given_{name}"
            for name, columns in self._given.items()
        ]

        async def carry_out() -> None:
            async with self._pool.connection() as connection, connection.transaction():
                await connection.execute("set local session_replication_role = replica")
                for step in (*steps, self._RESTART):  # Rows of money can't be deleted otherwise.
                    await connection.execute(step)

        _run(carry_out())

    def close(self) -> None:
        """Disconnect."""
        _run(self._pool.close())
        _run(self._worker.close())

    def ask(self, request: Any) -> Outcome:
        """Return what Postgres answers."""

        async def ask() -> Outcome:
            answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
            self._worker.begin(request, answer.set_result)
            return await answer

        return _run(ask())

    def rows(self) -> list[tuple[Any, ...]]:
        """Return every row of the ledger."""
        return self.fetch(self._ROWS)

    def problems(self) -> tuple[str, ...]:
        """Return what `presence ledger verify` finds."""

        async def verify() -> Verdict:
            async with self._pool.connection() as connection:
                return await verify_ledger(connection)

        return _run(verify()).problems

    def _filled(self) -> list[str]:
        looks = (f"select '{name}' where exists (select from {name})" for name in self.tables)
        return [name for (name,) in self.fetch(" union all ".join(looks))]

    def fetch(self, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Return the rows of one statement."""

        async def fetch() -> list[Any]:
            async with self._pool.connection() as connection:
                return await connection.fetch(sql, *arguments)

        return [tuple(row) for row in _run(fetch())]


@functools.cache
def _schema(_number: int) -> Schema:
    schema = Schema(fresh_schema(embedded_database()))
    atexit.register(schema.close)  # Before the server that `embedded_database` registered.
    return schema


@functools.cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="beside", daemon=True).start()
    return loop


def _run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run_coroutine_threadsafe(work, _loop()).result(ANSWERS_WITHIN_S)
