"""The Postgres store when the database misbehaves, and what others find in its tables."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import trio

from actors.space.space_id import SpaceId
from actors.store import (
    ActivateChat,
    ActivateSpace,
    AppendMessages,
    ChatActivated,
    FindMessages,
    NewMessage,
    ReadFacts,
    ReadMessages,
    RecordAudit,
    SaveSessions,
    SessionRow,
)
from actors.store_answers import StoreUnavailable, StoreUnknown
from adapters.postgres import postmaster
from adapters.postgres.asyncio_thread import AsyncioThread
from adapters.postgres.database import Database
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.failures import DatabaseUnreachable
from adapters.postgres.lane import WAITING_MAX
from adapters.postgres.store import PostgresStore
from engine.outcome import Err, Ok, Outcome
from tests.support.postgres import drop_schema, embedded_database, execute, fresh_schema
from tests.support.waiting import eventually

SPACE = SpaceId("post", "ada/harbour")
ACTOR = SPACE.chat_address
HALF_WAY = (
    "insert into chat_messages (space_type, space_id, idempotency_key, content)"
    " values ('post', 'ada/harbour', 'k1', 'never committed')"
)
"""An append of the key k1 passes its fence, then waits for whoever holds this open."""
WAITING = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like $1"


@pytest.fixture
def database() -> Iterator[Database]:
    database = fresh_schema(embedded_database())
    yield database
    drop_schema(database)


@pytest.fixture
async def store(database: Database) -> AsyncIterator[PostgresStore]:
    store = PostgresStore(database, patience_s=0.5)
    await store.connect()
    await store.perform(ActivateChat(actor=ACTOR, space=SPACE))
    yield store
    await store.aclose()


def append(*keys: str) -> AppendMessages:
    messages = tuple(NewMessage(key=key, account="ada", guest_id=None, content="x") for key in keys)
    return AppendMessages(actor=ACTOR, epoch=1, space=SPACE, messages=messages)


@asynccontextmanager
async def holding(database: Database, lock: str) -> AsyncIterator[None]:
    """Hold a lock in an open transaction, so that a statement of the store stops half way."""
    thread = AsyncioThread("test-lock")
    connection = await thread.run(asyncpg.connect(**database.options))
    try:
        await thread.run(connection.execute("begin"))
        await thread.run(connection.execute(lock))
        yield
    finally:
        await thread.run(connection.close())
        await thread.aclose()


async def cut_off(database: Database, statement: str) -> None:
    """Wait for the store's statement to stop at the lock, then end its connection."""
    pattern = f"%{statement}%"
    await eventually(lambda: execute(database, WAITING, pattern) == [(1,)])
    execute(
        database,
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where wait_event_type = 'Lock' and query like $1",
        pattern,
    )


async def test_a_write_whose_connection_breaks_is_unknown(
    store: PostgresStore, database: Database
) -> None:
    """It may have happened: here it had not, and reading its key again tells so."""
    async with trio.open_nursery() as nursery:

        async def write() -> None:
            with pytest.raises(StoreUnknown):
                await store.perform(append("k1"))

        async with holding(database, HALF_WAY):
            nursery.start_soon(write)
            await cut_off(database, "Appends the messages")

    assert await store.perform(FindMessages(space=SPACE, keys=("k1",))) == ()
    [row] = await store.perform(append("k1"))
    assert row.key == "k1"


async def test_a_read_whose_connection_breaks_is_made_again(
    store: PostgresStore, database: Database
) -> None:
    """Reading twice harms nobody, so the asker never hears of it."""
    answers: list[Any] = []
    async with trio.open_nursery() as nursery:

        async def read() -> None:
            answers.append(await store.perform(ReadFacts(space=SPACE)))

        async with holding(database, "lock table presence_space_settings in access exclusive mode"):
            nursery.start_soon(read)
            await cut_off(database, "presence_space_settings")
            assert answers == []

    assert len(answers) == 1


async def test_an_activation_waits_for_the_write_it_will_fence(
    store: PostgresStore, database: Database
) -> None:
    """So the new owner reads everything that its predecessor was told is durable."""
    answers: list[Outcome] = []
    async with holding(database, HALF_WAY):
        store.start(append("k1"), answers.append)
        await eventually(lambda: execute(database, WAITING, "%Appends the%") == [(1,)])
        store.start(ActivateChat(actor=ACTOR, space=SPACE), answers.append)
        await eventually(lambda: execute(database, WAITING, "%epoch + 1%") == [(1,)])
        assert not answers

    await eventually(lambda: len(answers) == 2)
    assert Ok(ChatActivated(epoch=2)) in answers
    [row] = await store.perform(FindMessages(space=SPACE, keys=("k1",)))
    assert Ok((row,)) in answers


async def test_everything_is_unavailable_while_the_database_is_away(data: Path) -> None:
    """Requests that were never sent say so after a short patience; the next start serves them."""
    server = EmbeddedPostgres(data)
    store = PostgresStore(server.start(), patience_s=0.2)
    await store.connect()
    await store.perform(ActivateChat(actor=ACTOR, space=SPACE))
    await store.perform(append("k1"))
    server.stop()

    for request in (append("k2"), ReadMessages(space=SPACE), RecordAudit(entries=())):
        with pytest.raises(StoreUnavailable, match="embedded Postgres in"):
            await store.perform(request)
    with pytest.raises(StoreUnavailable):
        await store.behind()

    server.start()
    [row] = await store.perform(append("k2"))
    assert row.key == "k2"
    await store.aclose()
    server.stop()


async def test_a_restart_within_the_patience_goes_unnoticed_by_new_requests(
    data: Path,
) -> None:
    """A kill -9 of the postmaster costs those who come after it a short wait, nothing else."""
    server = EmbeddedPostgres(data)
    store = PostgresStore(server.start(), patience_s=10)
    await store.connect()
    await store.perform(ActivateChat(actor=ACTOR, space=SPACE))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.supervise)
        await store.perform(append("k1"))
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        postmaster.wait_gone(server.pid, 5)

        page = await store.perform(ReadMessages(space=SPACE))

        assert [row.key for row in page.messages] == ["k1"]
        await store.aclose()
        server.stop()


async def test_a_closing_store_answers_what_was_begun(database: Database) -> None:
    """A drain loses nothing: every reply comes before `aclose` returns, later requests fail."""
    store = PostgresStore(database)
    await store.connect()
    await store.perform(ActivateChat(actor=ACTOR, space=SPACE))
    outcomes: list[Outcome] = []
    for number in range(300):
        store.start(append(f"k{number}"), outcomes.append)
        store.start(ReadFacts(space=SPACE), outcomes.append)

    await store.aclose()
    await trio.testing.wait_all_tasks_blocked()

    assert [type(outcome) for outcome in outcomes] == [Ok] * 600
    with pytest.raises(StoreUnavailable, match="not connected"):
        await store.perform(append("late"))


async def test_a_cancelled_wait_neither_stops_the_write_nor_harms_the_store(
    store: PostgresStore,
) -> None:
    """Cancelled is not undone; connections come back to the pool all the same."""
    for number in range(30):
        with trio.move_on_after(0.0005):
            await store.perform(append(f"k{number}"))

    [last] = await store.perform(append("last"))
    page = await store.perform(ReadMessages(space=SPACE, limit=100))
    assert page.messages[-1] == last
    assert len(page.messages) == 31


async def test_too_many_waiting_writes_are_refused_at_once(
    store: PostgresStore, database: Database
) -> None:
    """The queue is bounded: a stuck database can't eat the memory."""
    outcomes: list[Outcome] = []
    async with holding(database, HALF_WAY):
        store.start(append("k1"), outcomes.append)
        await eventually(lambda: execute(database, WAITING, "%Appends the%") == [(1,)])
        request = append()
        for _ in range(WAITING_MAX + 1):
            store.start(request, outcomes.append)
        await eventually(lambda: len(outcomes) > 0)
        assert outcomes == [Err("the store is overloaded: too many writes are waiting")]
    await eventually(lambda: len(outcomes) == WAITING_MAX + 2)
    assert sum(isinstance(outcome, Ok) for outcome in outcomes) == WAITING_MAX + 1


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://localhost/x", "expected postgresql://user:password@host:5432/database"),
        ("postgresql://localhost:port/x", "Port could not be cast"),
        ("postgresql://ada:secret@localhost:1/x", "localhost:1/x: nothing answers there"),
        ("postgresql://ada:secret@no-such-host.invalid/x", "host name is not known"),
    ],
)
async def test_a_wrong_url_is_explained(url: str, says: str) -> None:
    """The operator reads which database, what is wrong and what to do, but no password."""
    with pytest.raises(DatabaseUnreachable, match=says) as refused:
        await PostgresStore(Database.from_url(url)).connect()

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"database": "missing"}, 'database "missing" does not exist: create it'),
        ({"user": "nobody"}, 'role "nobody" does not exist.*check user name and password'),
    ],
)
async def test_a_refusing_server_is_explained(options: dict[str, str], says: str) -> None:
    """Whatever the server said is passed on with a remedy."""
    database = Database({**embedded_database().options, **options}, "db.example/presence")

    with pytest.raises(DatabaseUnreachable, match=f"db.example/presence: .*{says}"):
        await PostgresStore(database).connect()


async def test_the_operators_queries_run_as_written(
    store: PostgresStore, database: Database
) -> None:
    """The product document's monitoring statements find the people and the messages."""
    activated = await store.perform(ActivateSpace(actor=SPACE.address, space=SPACE))
    [(now_us,)] = execute(database, "select (extract(epoch from now()) * 1000000)::bigint")
    row = SessionRow(
        socket_id="s1",
        space=SPACE,
        account="ada",
        guest_id=None,
        position={"x": 1},
        avatar_data={"model": "cat"},
        voice_enabled=True,
        connected_at_us=now_us,
        last_activity_us=now_us,
    )
    await store.perform(
        SaveSessions(actor=SPACE.address, epoch=activated.epoch, space=SPACE, present=(row,))
    )
    await store.perform(append("k1", "k2"))

    people = """
      SELECT space_type, space_id, COUNT(*) as users
      FROM presence_sessions
      WHERE last_activity > NOW() - INTERVAL '5 minutes'
      GROUP BY space_type, space_id;
    """
    talk = """
      SELECT space_type, space_id, COUNT(*) as messages
      FROM chat_messages
      WHERE created_at > NOW() - INTERVAL '1 hour'
      GROUP BY space_type, space_id;
    """
    assert execute(database, people) == [("post", "ada/harbour", 1)]
    assert execute(database, talk) == [("post", "ada/harbour", 2)]
    columns = "user_account, position->>'x', avatar_data->>'model', voice_enabled"
    assert execute(database, f"select {columns} from presence_sessions") == [
        ("ada", "1", "cat", True)
    ]


async def test_reactions_are_counted_with_their_message(
    store: PostgresStore, database: Database
) -> None:
    """Rows that another host wrote are read too: most frequent first."""
    [row] = await store.perform(append("k1"))
    for account, reaction in [("ada", "wow so big"), ("ada", "🎈"), ("bob", "🎈")]:
        execute(
            database,
            "insert into message_reactions (message_id, user_account, reaction)"
            " values ($1, $2, $3)",
            row.id,
            account,
            reaction,
        )

    page = await store.perform(ReadMessages(space=SPACE))

    assert page.messages[0].reactions == (("🎈", 2), ("wow so big", 1))


async def test_a_cancelled_connect_leaves_nothing_behind() -> None:
    """A server that accepts and never answers can be given up on at any time."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        store = PostgresStore(Database.from_url(f"postgresql://ada@127.0.0.1:{port}/x"))
        with trio.move_on_after(0.1) as waiting:
            await store.connect()

    assert waiting.cancelled_caught
    assert "presence-postgres" not in {thread.name for thread in threading.enumerate()}
