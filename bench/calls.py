"""Ten thousand calls metered at once: how late blocks are charged, how soon all are taken over.

Run: python -m bench.calls [--calls 10000] [--seconds 70]

Everything is the product's: one kernel, the ledger's single writer, an embedded Postgres with
durable commits. Only people are left out: both sides of every call are proved to be there by
messages, as their accounts' actors would. Lag: from a block's end to when its charge is committed,
by Postgres's own record of commits.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import trio

from actors.calls.messages import (
    CALL_DESK,
    AcceptCall,
    Evidence,
    StartCall,
    Sweep,
    call_address,
)
from actors.calls.state import SIDES
from actors.clients import CLIENTS
from actors.kinds import product_kinds
from actors.ledger.accounts import user_main
from actors.ledger.messages import LEDGER, Post
from actors.ledger.transfer import Command, Transfer, derived_id
from actors.settings import ActorSettings
from actors.store import STORE
from adapters.compose import settle_memory
from adapters.postgres.database import Database
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.store import PostgresStore
from engine.clock import SECOND_US
from engine.kernel import Kernel
from engine.outcome import Ok
from engine.port import Reply

PATIENCE_US = 120 * SECOND_US
BEAT_S = 2.0
RATE = 25
TOKENS = 100_000
AT_ONCE = 200
GOAL_LAG_P99_MS = 1_000
GOAL_TAKEOVER_S = 5
NAMESPACE = "00000000-0000-4000-8000-000000000000"

_LAG = """
select extract(epoch from pg_xact_commit_timestamp(t.xmin) - b.due_at) * 1000 as ms
from call_blocks b join ledger_transfers t
    on t.ref = 'call:' || b.call_id and t.flag in ('post', 'plain')
    and (t.details ->> 'block')::int = b.number
"""
_PAUSES = "select count(*) from call_intervals where ended_at is not null"
_NOT_WRITTEN = "select 1 from calls where status = 'active' limit 1"


class Silence:
    """The clients port: there is nobody to tell."""

    def start(self, _request: object, reply: Reply) -> None:
        reply(Ok(None))


def call_id(number: int) -> str:
    """Return the id of a call."""
    return derived_id(NAMESPACE, f"call/{number}")


async def fund(kernel: Kernel, calls: int) -> None:
    """Give every fan enough."""
    for first in range(0, calls, 50):
        transfers = tuple(
            Transfer(
                id=derived_id(NAMESPACE, f"fund/{number}"),
                kind="purchase",
                debit="issuance:TOK",
                credit=user_main(f"fan{number}"),
                asset="TOK",
                amount=TOKENS,
            )
            for number in range(first, min(first + 50, calls))
        )
        command = Command(id=derived_id(NAMESPACE, f"funds/{first}"), transfers=transfers)
        outcome = await kernel.ask(LEDGER, Post(command=command), PATIENCE_US)
        assert isinstance(outcome, Ok), outcome


async def begin(kernel: Kernel, calls: int, spread_s: float, begun: list[str]) -> None:
    """Ring and take every call, spread over a block so that ends of blocks are spread too."""
    limit = trio.CapacityLimiter(AT_ONCE)

    async def one(number: int) -> None:
        address = call_address(call_id(number))
        start = StartCall(
            fan=f"fan{number}", creator=f"star{number % 1_000}", initiator="fan", rate=RATE
        )
        async with limit:
            for message in (start, AcceptCall(by=start.creator)):
                outcome = await kernel.ask(address, message, PATIENCE_US)
                assert isinstance(outcome, Ok), outcome
        begun.append(address)
        prove(kernel, address)

    began_s = trio.current_time()
    async with trio.open_nursery() as nursery:
        for number in range(calls):
            nursery.start_soon(one, number)
            due_s = began_s + spread_s * number / calls
            if due_s > trio.current_time() or number % 50 == 0:
                await trio.sleep_until(due_s)


def prove(kernel: Kernel, address: str) -> None:
    """Tell a call that both sides are there."""
    now_us = kernel.core.now_us
    for side in SIDES:
        kernel.core.tell(address, Evidence(side=side, at_us=now_us))


async def be_there(kernel: Kernel, begun: list[str]) -> None:
    """Prove both sides of every call again and again, a slice at a time."""
    slices = 40
    while True:
        for part in range(slices):
            now_us = kernel.core.now_us
            for address in begun[part::slices]:
                for side in SIDES:
                    kernel.core.mail.put(address, side, Evidence(side=side, at_us=now_us))
            await trio.sleep(BEAT_S / slices)


def node(store: PostgresStore) -> Kernel:
    """Return a node's kernel over a store."""
    kernel = Kernel(product_kinds(ActorSettings()), seed=b"bench", now_us=time.time_ns() // 1000)
    kernel.core.ports = {STORE: store, CLIENTS: Silence()}
    return kernel


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was measured.

    Attributes:
        lags_ms: of each block that was charged.
        pauses: of calls whose both sides were there all the time: there should be none.
        busy: of our process while it metered, processor seconds a second.
        takeover_s: until every call was the successor's and durably frozen.
    """

    lags_ms: list[float]
    pauses: int
    busy: float
    takeover_s: float


async def measure(database: Database, calls: int, seconds: float) -> Result:
    """Meter so many calls for a time, fall, and take them over."""
    store = PostgresStore(database)
    await store.connect()
    kernel = node(store)
    with trio.CancelScope() as first_life:
        async with trio.open_nursery() as nursery:
            await nursery.start(kernel.run)
            await fund(kernel, calls)
            settle_memory()
            begun: list[str] = []
            nursery.start_soon(be_there, kernel, begun)
            await begin(kernel, calls, 30.0, begun)
            used_s, began_s = time.process_time(), time.perf_counter()
            await trio.sleep(seconds)
            busy = (time.process_time() - used_s) / (time.perf_counter() - began_s)
            first_life.cancel()  # As by kill -9: nothing is said to anybody, nothing is finished.
    await store.aclose()
    lags_ms, pauses = await _query(database, _LAG), await _query(database, _PAUSES)
    del kernel, begun
    takeover_s = await take_over(database, calls)
    return Result(lags_ms=lags_ms, pauses=int(pauses[0]), busy=busy, takeover_s=takeover_s)


async def take_over(database: Database, calls: int) -> float:
    """Start a successor; return after how long every call is its own and durably frozen, s."""
    store = PostgresStore(database)
    await store.connect()
    kernel = node(store)
    settle_memory()
    async with trio.open_nursery() as nursery:
        await nursery.start(kernel.run)
        began_s = time.perf_counter()
        kernel.tell(CALL_DESK, Sweep())  # As the server does.
        await trio.to_thread.run_sync(asyncio.run, all_frozen(database))
        took_s = time.perf_counter() - began_s
        owned = sum(address.startswith("call:") for address in kernel.core.cells)
        assert owned == calls, owned
        nursery.cancel_scope.cancel()
    await store.aclose()
    return took_s


async def all_frozen(database: Database) -> None:
    """Wait until no call is active any more: each was taken over, and that is durable."""
    connection = await asyncpg.connect(**database.options)
    while await connection.fetch(_NOT_WRITTEN):  # noqa: ASYNC110 - a database tells nobody.
        await asyncio.sleep(0.1)
    await connection.close()


async def _query(database: Database, sql: str) -> list[float]:
    async def read() -> list[float]:
        connection = await asyncpg.connect(**database.options)
        try:
            return [float(row[0]) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    return await trio.to_thread.run_sync(asyncio.run, read())


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=70.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as data:
        with EmbeddedPostgres(Path(data)) as database:
            asyncio.run(note_commits(database))
        with EmbeddedPostgres(Path(data)) as database:
            result = trio.run(measure, database, options.calls, options.seconds)
    cuts = statistics.quantiles(result.lags_ms, n=100)
    load = os.getloadavg()[0]
    print(f"{options.calls:,} calls, {len(result.lags_ms):,} blocks charged, load {load:.1f}")
    print(
        f"lag: median {cuts[49]:.0f} ms, p99 {cuts[98]:.0f} ms (goal {GOAL_LAG_P99_MS:,}),"
        f" worst {max(result.lags_ms):.0f} ms; {result.pauses} pauses (goal 0)"
    )
    print(f"our process was busy for {result.busy:.0%} of the time")
    print(f"taken over after kill -9 in {result.takeover_s:.1f} s (goal {GOAL_TAKEOVER_S})")


async def note_commits(database: Database) -> None:
    """Have Postgres write down when each transaction was committed, from its next start on."""
    connection = await asyncpg.connect(**database.options)
    await connection.execute("alter system set track_commit_timestamp = on")
    await connection.close()


if __name__ == "__main__":
    main()
