"""Transfers a second through the ledger, against pgbench with one transaction for each.

Run: python -m bench.ledger [--seconds 5] [--senders 500]

Many senders each have one command on its way and send the next when it is durable. Uniform: between
10,000 people; hot: all into one account. pgbench runs the usual way to write the same rows: a
transaction a transfer, in which the command is kept, both accounts are locked in order and moved
within their floors, and the transfer is inserted. Both on the same server and durable.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import asyncpg
import trio

from actors.kinds import product_kinds
from actors.ledger.accounts import user_main
from actors.ledger.messages import LEDGER, Post
from actors.ledger.transfer import Command, Transfer, derived_id, one
from actors.settings import ActorSettings
from actors.store import STORE
from adapters.compose import settle_memory
from adapters.postgres.binaries import choose_install
from adapters.postgres.database import Database
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.store import PostgresStore
from engine.clock import SECOND_US
from engine.kernel import Kernel
from engine.outcome import Ok

NAMESPACE = "00000000-0000-4000-8000-000000000000"
PATIENCE_US = 30 * SECOND_US
PEOPLE = 10_000
START = 10**12
GOAL_PER_S = 5_000
GOAL_HOT = 0.9
GOAL_RATIO = 10
HALF_LOAD_P99_MS = 50
"""Goals: transfers a second, hot against uniform, hot against pgbench, and of the latency."""

LOG_FILES = 150
"""Of 4 MB each: more than either side writes in its time."""

ROUNDS = 3
"""The rival's best of so many: who waits for a lock suffers most from whatever else is running."""

RIVAL_TABLES = f"""
create table rival_accounts (
    account text, asset text, floor numeric, posted numeric not null default 0,
    pending_out numeric not null default 0, total_in numeric not null default 0,
    total_out numeric not null default 0, primary key (account, asset),
    check (floor is null or posted - pending_out >= floor)) with (fillfactor = 50);
create table rival_commands (id uuid primary key, digest bytea not null, refusal jsonb,
    decided_at timestamptz not null default now());
create table rival_transfers (sequence bigserial primary key, id uuid not null unique,
    command_id uuid not null, kind text not null, debit text not null, credit text not null,
    asset text not null, amount numeric not null check (amount > 0),
    at timestamptz not null default now(), ref text not null default '',
    details jsonb not null default '{{}}', debit_posted numeric not null,
    credit_posted numeric not null);
create index on rival_transfers (debit, asset, sequence);
create index on rival_transfers (credit, asset, sequence);
insert into rival_accounts select 'user.fan' || n || '.main', 'TOK', 0, {START}
    from generate_series(0, {PEOPLE}) as n;
analyze rival_accounts;
"""
"""As ours: a row a command, for its idempotency, a row a transfer with the balances after it,
indexes for statements, and the floor in the account's row. No holds, batches or seals."""

RIVAL_TRANSFER = """\\set payer random(1, {people})
\\set payee {payee}
begin;
insert into rival_commands (id, digest) values (gen_random_uuid(), '{digest}')
    returning id as command_id \\gset
select posted from rival_accounts
    where account in ('user.fan' || :payer::int || '.main', 'user.fan' || :payee::int || '.main')
    and asset = 'TOK' order by account for update;
update rival_accounts set posted = posted - 1, total_out = total_out + 1
    where account = 'user.fan' || :payer::int || '.main' and asset = 'TOK'
    returning posted as debit_posted \\gset
update rival_accounts set posted = posted + 1, total_in = total_in + 1
    where account = 'user.fan' || :payee::int || '.main' and asset = 'TOK'
    returning posted as credit_posted \\gset
insert into rival_transfers
    (id, command_id, kind, debit, credit, asset, amount, debit_posted, credit_posted)
    values (gen_random_uuid(), :command_id::uuid, 'tip', 'user.fan' || :payer::int || '.main',
    'user.fan' || :payee::int || '.main', 'TOK', 1,
    :debit_posted::numeric, :credit_posted::numeric);
commit;
"""


class Load:
    """Senders on one kernel; counts what was made durable and how long it took."""

    def __init__(self, kernel: Kernel, *, hot: bool, tag: str) -> None:
        self._kernel = kernel
        self._hot = hot
        self._tag = tag
        self._made = 0
        self.took_s: list[float] = []

    def _transfer(self) -> Transfer:
        number = self._made = self._made + 1
        payer = number * 7919 % PEOPLE
        payee = 0 if self._hot else (payer + 1 + number % 97) % PEOPLE
        return Transfer(
            id=derived_id(NAMESPACE, f"{self._tag}/{number}"),
            kind="tip",
            debit=user_main(f"fan{payer}"),
            credit=user_main("star" if self._hot else f"fan{payee}"),
            asset="TOK",
            amount=1,
        )

    async def _send(self, until_s: float, pause_s: float, first_s: float) -> None:
        due_s = time.perf_counter() + first_s
        while due_s < until_s:
            await trio.sleep(max(0.0, due_s - time.perf_counter()))
            began_s = due_s if pause_s else time.perf_counter()
            command = one(self._transfer())
            outcome = await self._kernel.ask(LEDGER, Post(command=command), PATIENCE_US)
            assert isinstance(outcome, Ok), outcome
            now_s = time.perf_counter()
            self.took_s.append(now_s - began_s)
            due_s = due_s + pause_s if pause_s else now_s

    async def run(self, seconds: float, senders: int, per_s: float | None = None) -> float:
        """Return transfers a second; `per_s` sets a pace, else everybody sends all the time.

        Paced, a command is due at its own time, however late the one before was, and what it took
        counts from then.
        """
        self.took_s.clear()
        began_s = time.perf_counter()
        pause_s = senders / per_s if per_s else 0.0
        async with trio.open_nursery() as nursery:
            for number in range(senders):
                first_s = pause_s * number / senders
                nursery.start_soon(self._send, began_s + seconds, pause_s, first_s)
        return len(self.took_s) / (time.perf_counter() - began_s)

    def p99_ms(self) -> float:
        return 1000 * statistics.quantiles(self.took_s, n=100)[98]


async def fund(kernel: Kernel) -> None:
    """Give everybody enough to pay from."""
    for first in range(0, PEOPLE, 50):
        transfers = tuple(
            Transfer(
                id=derived_id(NAMESPACE, f"fund/{number}"),
                kind="purchase",
                debit="issuance:TOK",
                credit=user_main(f"fan{number}"),
                asset="TOK",
                amount=START,
            )
            for number in range(first, first + 50)
        )
        command = Command(id=derived_id(NAMESPACE, f"funds/{first}"), transfers=transfers)
        outcome = await kernel.ask(LEDGER, Post(command=command), PATIENCE_US)
        assert isinstance(outcome, Ok), outcome


async def ours(database: Database, seconds: float, senders: int) -> tuple[float, float, float]:
    """Return transfers a second, uniform and hot, and the 99th percentile at half load, ms."""
    store = PostgresStore(database)
    await store.connect()
    kernel = Kernel(product_kinds(ActorSettings()), seed=b"bench")
    kernel.core.ports[STORE] = store
    async with trio.open_nursery() as nursery:
        await nursery.start(kernel.run)
        await fund(kernel)
        settle_memory()
        uniform = Load(kernel, hot=False, tag="uniform")
        uniform_per_s = await uniform.run(seconds, senders)
        hot_per_s = await Load(kernel, hot=True, tag="hot").run(seconds, senders)
        half = Load(kernel, hot=False, tag="half")
        await half.run(seconds, senders, per_s=uniform_per_s / 2)
        await kernel.shutdown()
    await store.aclose()
    return uniform_per_s, hot_per_s, half.p99_ms()


def pgbench(url: str, bin_dir: Path, scripts: Path, seconds: float, *, hot: bool) -> float:
    """Return pgbench's transactions a second: eight connections, a transfer each."""
    script = scripts / "transfer.sql"
    payee = "0" if hot else f"random(1, {PEOPLE})"
    text = RIVAL_TRANSFER.format(people=PEOPLE, payee=payee, digest="\\x" + "ab" * 32)
    script.write_text(text, encoding="ascii")
    command = [str(bin_dir / "pgbench"), "-n", "-c", "8", "-T", f"{max(1, round(seconds))}"]
    command += ["-M", "prepared", "-f", str(script), url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"tps = ([0-9.]+)", said)
    assert found is not None, said
    return float(found[1])


def main() -> None:
    """Measure both and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--senders", type=int, default=500)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as data, EmbeddedPostgres(Path(data)) as database:
        asyncio.run(wear_in(database))
        uniform, hot, p99_ms = trio.run(ours, database, options.seconds, options.senders)
        asyncio.run(wear_in(database, RIVAL_TABLES))
        bin_dir = choose_install(Path(data)).bin
        url = libpq_url(database)
        rivals = [
            max(pgbench(url, bin_dir, Path(data), options.seconds, hot=hot) for _ in range(ROUNDS))
            for hot in (False, True)
        ]
    print(f"uniform  {uniform:>8,.0f}/s (goal {GOAL_PER_S:,}), {uniform / rivals[0]:.1f}x pgbench")
    print(
        f"hot      {hot:>8,.0f}/s ({hot / uniform:.0%} of uniform, goal {GOAL_HOT:.0%}),"
        f" {hot / rivals[1]:.1f}x pgbench (aim {GOAL_RATIO}x)"
    )
    print(f"half load: p99 {p99_ms:.1f} ms (goal {HALF_LOAD_P99_MS})")
    print(f"pgbench  {rivals[0]:>8,.0f}/s uniform, {rivals[1]:,.0f}/s hot")


async def wear_in(database: Database, tables: str = "select 1") -> None:
    """Make tables, and fill the write-ahead log once round.

    Its files are used again and again. A new server has to make each of them first, 20 ms in which
    nobody's transaction commits; one that has run for an hour has them.
    """
    connection = await asyncpg.connect(**database.options)
    await connection.execute(tables)
    for _ in range(LOG_FILES):
        await connection.execute("select pg_logical_emit_message(true, 'bench', '')")
        await connection.execute("select pg_switch_wal()")
    await connection.execute("checkpoint")
    await connection.close()


def libpq_url(database: Database) -> str:
    """Return the address as pgbench takes it."""
    options = database.options
    return f"host={options['host']} user={options['user']} dbname={options['database']}"


if __name__ == "__main__":
    main()
