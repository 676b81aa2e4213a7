"""The kernel against its peers, in one run: raw trio channels, asyncio queues and pykka.

Rounds are interleaved, so that whatever else the machine does hits all alike; read the ratios, not
the rates. Each goal is printed with what was measured.
"""

from __future__ import annotations

import asyncio
import gc
import math
import statistics
import time
import tracemalloc
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pykka
import trio
import trio.testing

from engine.actor import Actor
from engine.cell import Birth, Kind, Lane
from engine.clock import SECOND_US
from engine.context import Context
from engine.heap import HeapEngine
from engine.kernel import Kernel, SimClock
from engine.supervision import RestartPolicy

ROUNDS = 7
MESSAGES = 20_000
SLOW_MESSAGES = 4_000
BURST = 100
ACTORS = 5_000

Rate = float
"""Operations a second."""


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


def channel_tell(burst: int) -> Rate:
    async def main() -> Rate:
        send, receive = trio.open_memory_channel[int](0 if burst == 1 else burst)

        async def consume() -> None:
            count = 0
            async for _ in receive:
                count += 1

        began = time.perf_counter()
        async with trio.open_nursery() as nursery, send:
            nursery.start_soon(consume)
            for _ in range(MESSAGES):
                await send.send(1)
        return MESSAGES / (time.perf_counter() - began)

    return trio.run(main)


def channel_tell_nowait() -> Rate:
    async def main() -> Rate:
        send, receive = trio.open_memory_channel[int](math.inf)

        async def consume() -> None:
            count = 0
            async for _ in receive:
                count += 1

        began = time.perf_counter()
        async with trio.open_nursery() as nursery, send:
            nursery.start_soon(consume)
            for _ in range(MESSAGES // BURST):
                for _ in range(BURST):
                    send.send_nowait(1)
                await trio.lowlevel.checkpoint()
        return MESSAGES / (time.perf_counter() - began)

    return trio.run(main)


def asyncio_tell(burst: int) -> Rate:
    async def main() -> Rate:
        queue: asyncio.Queue[int] = asyncio.Queue(burst)

        async def consume() -> None:
            for _ in range(MESSAGES):
                await queue.get()

        began = time.perf_counter()
        consumer = asyncio.create_task(consume())
        for _ in range(MESSAGES):
            await queue.put(1)
        await consumer
        return MESSAGES / (time.perf_counter() - began)

    return asyncio.run(main())


class PykkaSink(pykka.ThreadingActor):
    def on_receive(self, message: Any) -> Any:
        return message


def pykka_tell() -> Rate:
    sink = PykkaSink.start()
    began = time.perf_counter()
    for _ in range(SLOW_MESSAGES):
        sink.tell(1)
    sink.ask(1)
    took = time.perf_counter() - began
    sink.stop()
    return SLOW_MESSAGES / took


def kernel_ask() -> Rate:
    async def use(kernel: Kernel) -> Rate:
        began = time.perf_counter()
        for _ in range(SLOW_MESSAGES):
            await kernel.ask("sink:1", 1)
        return SLOW_MESSAGES / (time.perf_counter() - began)

    return trio.run(with_kernel, use)


def asyncio_ask() -> Rate:
    async def main() -> Rate:
        queue: asyncio.Queue[tuple[int, asyncio.Future[int]]] = asyncio.Queue()

        async def serve() -> None:
            while True:
                message, future = await queue.get()
                future.set_result(message)

        server = asyncio.create_task(serve())
        loop = asyncio.get_running_loop()
        began = time.perf_counter()
        for _ in range(SLOW_MESSAGES):
            future = loop.create_future()
            queue.put_nowait((1, future))
            await future
        took = time.perf_counter() - began
        server.cancel()
        return SLOW_MESSAGES / took

    return asyncio.run(main())


def channel_ask() -> Rate:
    async def main() -> Rate:
        send, receive = trio.open_memory_channel[tuple[int, Any]](math.inf)

        async def serve() -> None:
            async for message, reply in receive:
                reply.send_nowait(message)

        async with trio.open_nursery() as nursery, send:
            nursery.start_soon(serve)
            began = time.perf_counter()
            for _ in range(SLOW_MESSAGES):
                reply, answer = trio.open_memory_channel[int](1)
                send.send_nowait((1, reply))
                with trio.fail_after(5):
                    await answer.receive()
            return SLOW_MESSAGES / (time.perf_counter() - began)

    return trio.run(main)


def pykka_ask() -> Rate:
    sink = PykkaSink.start()
    began = time.perf_counter()
    for _ in range(SLOW_MESSAGES // 4):
        sink.ask(1)
    took = time.perf_counter() - began
    sink.stop()
    return SLOW_MESSAGES / 4 / took


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


def trio_timers() -> Rate:
    async def main() -> Rate:
        async def tick() -> None:
            while True:
                await trio.sleep(0.001)

        async with trio.open_nursery() as nursery:
            for _ in range(1000):
                nursery.start_soon(tick)
            await trio.sleep(0.0001)
            began = time.perf_counter()
            await trio.sleep(MESSAGES / 1e6)
            took = time.perf_counter() - began
            nursery.cancel_scope.cancel()
        return MESSAGES / took

    return trio.run(main, clock=SimClock())


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


def grown(make: Callable[[], None]) -> float:
    """Return how many bytes `make` adds."""
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    make()
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return after - before


def sync_cell_bytes() -> float:
    engine = HeapEngine(KINDS, seed=b"bench")

    def make() -> None:
        for number in range(ACTORS):
            engine.core.tell(f"sink:{number}", 1)
        engine.settle()

    return grown(make) / ACTORS


async def _grown_by(make: Callable[[], None]) -> float:
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    make()
    await trio.testing.wait_all_tasks_blocked()
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) / ACTORS


def task_cell_bytes() -> float:
    async def use(kernel: Kernel) -> Rate:
        def make() -> None:
            for number in range(ACTORS):
                kernel.tell(f"sink:{number}", 1)

        return await _grown_by(make)

    return trio.run(with_kernel, use)


def channel_task_bytes() -> float:
    async def main() -> float:
        async with trio.open_nursery() as nursery:
            sends = []

            async def consume(receive: trio.MemoryReceiveChannel[int]) -> None:
                async for _ in receive:
                    pass

            def make() -> None:
                for _ in range(ACTORS):
                    send, receive = trio.open_memory_channel[int](100)
                    sends.append(send)
                    nursery.start_soon(consume, receive)

            grew = await _grown_by(make)
            nursery.cancel_scope.cancel()
        return grew

    return trio.run(main)


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
