"""Chat rows a second through the store, against asyncpg's own executemany on the same table.

Run: python -m bench.store_append [--rows 20000] [--chats 200] [--rounds 3]

Many chats each have one request on its way, of one message or of ten, and send the next when it
is durable; the rival writes the same rows in batches of fifty, checks nothing and tells nobody.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from functools import partial
from pathlib import Path

import asyncpg
import trio

from actors.space.space_id import SpaceId
from actors.store import ActivateChat, AppendMessages, NewMessage
from adapters.postgres.database import Database
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.store import PostgresStore
from engine.outcome import Ok, Outcome

GOAL_RATIO = 0.65
BATCH_ROWS = 50
CONTENT = "What a view from up here, come and stand beside me for a moment."

INSERT = """
insert into chat_messages (space_type, space_id, subspace, idempotency_key, user_account, content)
values ($1, $2, $3, $4, $5, $6)
"""


async def through_the_store(
    store: PostgresStore, rows: int, chats: int, each: int, tag: str
) -> float:
    """Return rows a second when `chats` chats each have a request of `each` messages on its way."""
    spaces = [SpaceId("post", f"ada/{tag}-{number}") for number in range(chats)]
    requests = rows // chats // each
    for space in spaces:
        await store.perform(ActivateChat(actor=space.chat_address, space=space))

    waiting = chats
    done = trio.Event()

    def send(space: SpaceId, number: int, outcome: Outcome | None = None) -> None:
        nonlocal waiting
        assert outcome is None or isinstance(outcome, Ok)
        if number < requests:
            messages = tuple(
                NewMessage(key=f"k{number}.{place}", account="ada", guest_id=None, content=CONTENT)
                for place in range(each)
            )
            request = AppendMessages(
                actor=space.chat_address, epoch=1, space=space, messages=messages
            )
            store.start(request, partial(send, space, number + 1))
            return
        waiting -= 1
        if not waiting:
            done.set()

    began_s = time.perf_counter()
    for space in spaces:
        send(space, 0)
    await done.wait()
    return requests * each * chats / (time.perf_counter() - began_s)


async def natively(database: Database, rows: int, chats: int, tag: str) -> float:
    """Return rows a second of executemany on one connection."""
    connection = await asyncpg.connect(**database.options)
    data = [
        ("post", f"ada/{tag}-{number % chats}", "main", f"k{number}", "ada", CONTENT)
        for number in range(rows)
    ]
    began_s = time.perf_counter()
    for begin in range(0, rows, BATCH_ROWS):
        await connection.executemany(INSERT, data[begin : begin + BATCH_ROWS])
    took_s = time.perf_counter() - began_s
    await connection.close()
    return rows / took_s


async def one_at_a_time(store: PostgresStore, tag: str, number: int = 500) -> float:
    """Return the median milliseconds of an append that nothing else accompanies."""
    space = SpaceId("post", f"ada/{tag}")
    await store.perform(ActivateChat(actor=space.chat_address, space=space))
    took_s = []
    for index in range(number):
        message = NewMessage(key=f"k{index}", account="ada", guest_id=None, content=CONTENT)
        began_s = time.perf_counter()
        await store.perform(
            AppendMessages(actor=space.chat_address, epoch=1, space=space, messages=(message,))
        )
        took_s.append(time.perf_counter() - began_s)
    return 1000 * statistics.median(took_s)


async def compare(database: Database, rows: int, chats: int, rounds: int) -> None:
    """Run all in turn and print the figures."""
    store = PostgresStore(database)
    await store.connect()
    figures: dict[str, list[float]] = {"native": [], "1 a request": [], "10 a request": []}
    for number in range(rounds):
        for each in (1, 10):
            figures[f"{each} a request"].append(
                await through_the_store(store, rows, chats, each, f"ours{each}-{number}")
            )
        figures["native"].append(
            await trio.to_thread.run_sync(
                asyncio.run, natively(database, rows, chats, f"theirs{number}")
            )
        )
    rival = statistics.median(figures["native"])
    for name, speeds in figures.items():
        speed = statistics.median(speeds)
        print(f"{name:>12} {speed:>9,.0f} rows/s, ratio {speed / rival:.2f} (goal {GOAL_RATIO})")
    print(f"one alone: {await one_at_a_time(store, 'alone'):.2f} ms")
    await store.aclose()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--chats", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as data, EmbeddedPostgres(Path(data)) as database:
        trio.run(compare, database, options.rows, options.chats, options.rounds)


if __name__ == "__main__":
    main()
