"""Group commit: what queues up while a batch is being written becomes the next batch."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from engine.outcome import Err
from engine.port import Reply

BATCH_ROWS_MAX = 1000  # One statement's worth: about 30 ms of work, far under any timeout.
WAITING_MAX = 20_000  # units; at 5,000 rows a second nobody in it waits longer than four seconds


@dataclass(frozen=True, slots=True)
class Unit:
    """One request that succeeds or fails as a whole, and whom to tell."""

    request: Any
    reply: Reply
    rows: int


class Lane:
    """Writes units in the order they came, many at once, one batch at a time.

    Unless it lingers no timer holds anything back: a unit that finds the lane idle is written alone
    at once, and under load the time of one commit gathers the next batch by itself.

    Args:
        write: writes a batch and returns what then tells its units; never raises.
        linger_s: how long a unit that finds the lane idle waits for others.
    """

    def __init__(
        self, write: Callable[[list[Unit]], Awaitable[Callable[[], None]]], *, linger_s: float = 0.0
    ) -> None:
        self._write = write
        self._linger_s = linger_s
        self._waiting: deque[Unit] = deque()
        self._task: asyncio.Task[None] | None = None

    def add(self, unit: Unit) -> None:
        """Queue a unit; one too many is told so at once. In the asyncio loop only."""
        if len(self._waiting) >= WAITING_MAX:
            unit.reply(Err("the store is overloaded: too many writes are waiting"))
            return
        self._waiting.append(unit)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._drain())

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        if self._linger_s:
            await asyncio.sleep(self._linger_s)
        while self._waiting:
            tell = await self._write(self._next_batch())
            # The next batch goes out first: we make the answers while the database works on it.
            loop.call_soon(tell)
            if not self._waiting:
                await asyncio.sleep(0)
        self._task = None

    def _next_batch(self) -> list[Unit]:
        batch = [self._waiting.popleft()]
        rows = batch[0].rows
        while self._waiting and rows + self._waiting[0].rows <= BATCH_ROWS_MAX:
            batch.append(self._waiting.popleft())
            rows += batch[-1].rows
        return batch

    async def finished(self) -> None:
        """Wait until everything queued so far was written and told."""
        while self._task is not None:
            await asyncio.wait([self._task])
