"""The kernel against its peers, in one run: raw trio channels, asyncio queues and pykka.

Rounds are interleaved, so that whatever else the machine does hits all alike; read the ratios, not
the rates. Each goal is printed with what was measured.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import trio

from bench.peers import (
    ACTORS,
    BURST,
    MESSAGES,
    SLOW_MESSAGES,
    Rate,
    asyncio_ask,
    asyncio_tell,
    channel_ask,
    channel_task_bytes,
    channel_tell,
    channel_tell_nowait,
    grown,
    grown_by,
    pykka_ask,
    pykka_tell,
    trio_timers,
)
from engine.actor import Actor
from engine.cell import Birth, Kind, Lane
from engine.context import Context
from engine.heap import HeapEngine
from engine.kernel import Kernel, SimClock
from engine.supervision import RestartPolicy

ROUNDS = 7


class Sink(Actor):
    """Counts, and answers who asks."""

    def __init__(self, _birth: Birth) -> None:
        self.count = 0

    def handle(self, message: Any, ctx: Context) -> None:
        self.count += 1
        if ctx.asker is not None:
            ctx.reply(message)


class Ticker(Actor):
    """Sets one timer after the other."""

    def __init__(self, _birth: Birth) -> None:
        self.count = 0

    def handle(self, message: Any, ctx: Context) -> None:
        self.count += 1
        ctx.after(1000, message)


class Faller(Actor):
    """Crashes at every message."""

    def __init__(self, _birth: Birth) -> None:
        pass

    def handle(self, message: Any, ctx: Context) -> None:
        raise RuntimeError(message)


class Sleeper(Actor):
    """Passivates whenever it may."""

    def __init__(self, birth: Birth) -> None:
        self.count = birth.kept or 0

    def handle(self, message: Any, ctx: Context) -> None:
        self.count += 1

    def passivate(self) -> int:
        return self.count


QUICK = RestartPolicy(restarts_max=10**9, delay_us=100, growth=1, delay_max_us=100)
KINDS = [
    Kind(name="sink", build=Sink, lane=Lane(size_max=10_000)),
    Kind(name="ticker", build=Ticker),
    Kind(name="faller", build=Faller, restart=QUICK),
    Kind(name="sleeper", build=Sleeper, idle_us=1000),
]


async def with_kernel(use: Callable[[Kernel], Awaitable[Rate]]) -> Rate:
    kernel = Kernel(KINDS, seed=b"bench")
    async with trio.open_nursery() as nursery:
        await nursery.start(kernel.run)
        rate = await use(kernel)
        nursery.cancel_scope.cancel()
    return rate


def sink_of(kernel: Kernel) -> Sink:
    actor = kernel.core.cells["sink:1"].actor
    assert isinstance(actor, Sink)
    return actor


def kernel_tell(burst: int) -> Rate:
    async def use(kernel: Kernel) -> Rate:
        await kernel.ask("sink:1", 0)
        sink = sink_of(kernel)
        sent = 1
        began = time.perf_counter()
        for _ in range(MESSAGES // burst):
            for _ in range(burst):
                kernel.tell("sink:1", 1)
            sent += burst
            await trio.lowlevel.checkpoint()
            while sink.count < sent - burst:  # One burst may wait, as in a channel's buffer.
                await trio.lowlevel.checkpoint()
        while sink.count < sent:
            await trio.lowlevel.checkpoint()
        return MESSAGES / (time.perf_counter() - began)

    return trio.run(with_kernel, use)


def kernel_ask() -> Rate:
    async def use(kernel: Kernel) -> Rate:
        began = time.perf_counter()
        for _ in range(SLOW_MESSAGES):
            await kernel.ask("sink:1", 1)
        return SLOW_MESSAGES / (time.perf_counter() - began)

    return trio.run(with_kernel, use)


def heap_tell() -> Rate:
    engine = HeapEngine(KINDS, seed=b"bench")
    began = time.perf_counter()
    for _ in range(MESSAGES // BURST):
        for _ in range(BURST):
            engine.core.tell("sink:1", 1)
        engine.settle()
    return MESSAGES / (time.perf_counter() - began)


def heap_timers() -> Rate:
    engine = HeapEngine(KINDS, seed=b"bench")
    for number in range(1000):
        engine.core.tell(f"ticker:{number}", "tick")
    engine.settle()
    began = time.perf_counter()
    engine.run_for(MESSAGES)
    return MESSAGES / (time.perf_counter() - began)


def kernel_timers(*, tasks: bool) -> Rate:
    clock = SimClock()

    async def main() -> Rate:
        kernel = Kernel(KINDS, seed=b"bench", clock=clock, tasks=tasks, now_us=0)
        async with trio.open_nursery() as nursery:
            await nursery.start(kernel.run)
            for number in range(1000):
                kernel.tell(f"ticker:{number}", "tick")
            await clock.reach(1)
            began = time.perf_counter()
            await clock.reach(MESSAGES)
            took = time.perf_counter() - began
            nursery.cancel_scope.cancel()
        return MESSAGES / took

    return trio.run(main, clock=clock)


def heap_crashes() -> Rate:
    engine = HeapEngine(KINDS, seed=b"bench")
    count = 1000
    began = time.perf_counter()
    for _ in range(count):
        engine.core.tell("faller:1", "fall")
        engine.run_for(200)
    return count / (time.perf_counter() - began)


def heap_passivations() -> Rate:
    engine = HeapEngine(KINDS, seed=b"bench")
    count = 2000
    began = time.perf_counter()
    for _ in range(count):
        engine.core.tell("sleeper:1", "wake")
        engine.run_for(1100)
    assert engine.core.ledger.exits["passive"] == count
    return count / (time.perf_counter() - began)


def kernel_cycles(address: str, span_us: int) -> Rate:
    clock = SimClock()
    count = 1000

    async def main() -> Rate:
        kernel = Kernel(KINDS, seed=b"bench", clock=clock, now_us=0)
        async with trio.open_nursery() as nursery:
            await nursery.start(kernel.run)
            began = time.perf_counter()
            for number in range(1, count + 1):
                kernel.tell(address, "go")
                await clock.reach(number * span_us)
            took = time.perf_counter() - began
            nursery.cancel_scope.cancel()
        return count / took

    return trio.run(main, clock=clock)


def sync_cell_bytes() -> float:
    engine = HeapEngine(KINDS, seed=b"bench")

    def make() -> None:
        for number in range(ACTORS):
            engine.core.tell(f"sink:{number}", 1)
        engine.settle()

    return grown(make) / ACTORS


def task_cell_bytes() -> float:
    async def use(kernel: Kernel) -> Rate:
        def make() -> None:
            for number in range(ACTORS):
                kernel.tell(f"sink:{number}", 1)

        return await grown_by(make)

    return trio.run(with_kernel, use)


@dataclass(frozen=True)
class Row:
    """One thing measured, and what it is held against."""

    name: str
    measure: Callable[[], float]
    against: str | None = None
    goal: float | None = None
    unit: str = "/s"


ROWS = [
    Row("tell, bursts of 100: kernel", lambda: kernel_tell(BURST), "channel burst", 6.0),
    Row("channel burst", lambda: channel_tell(BURST)),
    Row("channel burst, send_nowait", channel_tell_nowait, "channel burst"),
    Row("asyncio.Queue burst", lambda: asyncio_tell(BURST), "channel burst"),
    Row("pykka tell", pykka_tell, "channel burst"),
    Row("heap engine, bursts", heap_tell, "channel burst"),
    Row("tell, one by one: kernel", lambda: kernel_tell(1), "channel one by one", 1.0),
    Row("channel one by one", lambda: channel_tell(1)),
    Row("asyncio.Queue one by one", lambda: asyncio_tell(1), "channel one by one"),
    Row("ask: kernel", kernel_ask, "asyncio future ask", 0.6),
    Row("asyncio future ask", asyncio_ask),
    Row("trio channel ask", channel_ask, "asyncio future ask"),
    Row("pykka ask", pykka_ask, "asyncio future ask"),
    Row("timers: heap engine", heap_timers, "trio.sleep"),
    Row("timers: kernel without tasks", lambda: kernel_timers(tasks=False), "trio.sleep"),
    Row("timers: kernel with tasks", lambda: kernel_timers(tasks=True), "trio.sleep"),
    Row("trio.sleep", trio_timers),
    Row("crash and restart: heap engine", heap_crashes),
    Row("crash and restart: kernel", lambda: kernel_cycles("faller:1", 200)),
    Row("passivate and return: heap engine", heap_passivations),
    Row("passivate and return: kernel", lambda: kernel_cycles("sleeper:1", 1100)),
    Row("idle actor", sync_cell_bytes, goal=1024, unit=" B"),
    Row("idle actor with its task", task_cell_bytes, goal=4096, unit=" B"),
    Row("idle trio task with channel", channel_task_bytes, unit=" B"),
]


def main(rounds: int = ROUNDS) -> None:
    """Measure everything, and print it."""
    found: dict[str, list[float]] = {row.name: [] for row in ROWS}
    for _ in range(rounds):
        for row in ROWS:
            if row.unit != "/s" and found[row.name]:
                continue  # Weights do not vary.
            found[row.name].append(row.measure())
    print(f"{'':36}{'median':>12}  {'spread':>11}  {'ratio':>6}  goal")
    for row in ROWS:
        print(line(row, found))


def line(row: Row, found: dict[str, list[float]]) -> str:
    values = found[row.name]
    middle = statistics.median(values)
    spread = f"{min(values) / middle:.2f}..{max(values) / middle:.2f}"
    ratio, goal = "", ""
    if row.against is not None:
        # Of the same round: a slow moment slows both.
        pairs = zip(values, found[row.against], strict=True)
        measured = statistics.median(ours / theirs for ours, theirs in pairs)
        ratio = f"{measured:.2f}x"
        if row.goal is not None:
            goal = f">= {row.goal}x  {'met' if measured >= row.goal else 'MISSED'}"
    elif row.goal is not None:
        goal = f"<= {row.goal:.0f}{row.unit}  {'met' if middle <= row.goal else 'MISSED'}"
    return f"{row.name:36}{middle:>12,.0f}{row.unit:3}{spread:>11}  {ratio:>6}  {goal}"


if __name__ == "__main__":
    main()
