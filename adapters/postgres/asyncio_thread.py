"""One asyncio loop in a thread of its own, and the two ways across: bursts, never single steps.

asyncpg speaks asyncio and the kernel speaks trio. Whatever crosses is queued on this side; the
first of a burst wakes the other side, which then takes all that has come. So a thousand requests
made in one trio step cost one wake-up, and a thousand rows made durable by one commit another.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import trio

T = TypeVar("T")


class AsyncioThread:
    """Runs coroutines for the trio thread in which it was made and started.

    Args:
        name: the thread's, as operators see it.
    """

    def __init__(self, name: str) -> None:
        self._token = trio.lowlevel.current_trio_token()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._inward: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._inward_awake = False
        self._outward: deque[tuple[Callable[..., object], tuple[Any, ...]]] = deque()
        self._outward_awake = False
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()

    def submit(self, call: Callable[..., object], *arguments: Any) -> None:
        """Run `call` in the asyncio loop, after what was submitted before. From the trio thread."""
        self._inward.append((call, arguments))
        if not self._inward_awake:
            self._inward_awake = True
            self._loop.call_soon_threadsafe(self._take_in)

    def _take_in(self) -> None:
        self._inward_awake = False  # First: what comes from here on wakes us again.
        while self._inward:
            call, arguments = self._inward.popleft()
            call(*arguments)

    def answer(self, call: Callable[..., object], *arguments: Any) -> None:
        """Run `call` in the trio thread, after what was answered before. From the asyncio loop.

        Dropped when trio has ended: nobody is left to hear it.
        """
        self._outward.append((call, arguments))
        if not self._outward_awake:
            self._outward_awake = True
            # One turn of the loop later, so that all of a batch's answers cross together.
            self._loop.call_soon(self._send_out)

    def _send_out(self) -> None:
        try:
            self._token.run_sync_soon(self._take_out)
        except trio.RunFinishedError:
            self._outward.clear()

    def _take_out(self) -> None:
        self._outward_awake = False
        while self._outward:
            call, arguments = self._outward.popleft()
            call(*arguments)

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Await a coroutine in the asyncio loop; cancelling us cancels it and waits for its end."""
        done = trio.Event()
        tasks: list[asyncio.Task[T]] = []

        def finished(task: asyncio.Task[T]) -> None:
            if not task.cancelled():
                task.exception()  # Seen, even if whoever waits is cancelled.
            self.answer(done.set)

        def begin() -> None:
            task = self._loop.create_task(work)
            task.add_done_callback(finished)
            tasks.append(task)

        self.submit(begin)
        try:
            await done.wait()
        except trio.Cancelled:
            self.submit(lambda: [task.cancel() for task in tasks])
            with trio.CancelScope(shield=True):
                await done.wait()
            raise
        return tasks[0].result()

    async def aclose(self) -> None:
        """Stop the loop and wait for the thread; finish the work in it first."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        with trio.CancelScope(shield=True):
            await trio.to_thread.run_sync(self._thread.join)
