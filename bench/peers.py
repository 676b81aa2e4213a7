"""What the kernel is held against: raw trio channels, asyncio queues, pykka, trio's own timers."""

from __future__ import annotations

import asyncio
import gc
import math
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pykka
import trio
import trio.testing

from engine.kernel import SimClock

MESSAGES = 20_000
SLOW_MESSAGES = 4_000
BURST = 100
ACTORS = 5_000

Rate = float
"""Operations a second."""


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


def trio_timers() -> Rate:
    async def main() -> Rate:
        async def tick() -> None:
            while True:  # noqa: ASYNC110 - It is what is measured.
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

            grew = await grown_by(make)
            nursery.cancel_scope.cancel()
        return grew

    return trio.run(main)


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


async def grown_by(make: Callable[[], None]) -> float:
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    make()
    await trio.testing.wait_all_tasks_blocked()
    gc.collect()
    after = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return (after - before) / ACTORS
