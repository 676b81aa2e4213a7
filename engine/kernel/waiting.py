"""How trio tasks wait for actors: asks with a slot for the answer, sends that wait for room."""

from __future__ import annotations

from collections import deque
from typing import Any

import trio
from trio.lowlevel import Abort, Task

from engine.actor import Address
from engine.asks import Asks
from engine.cell import Cell
from engine.core import Core
from engine.outcome import Outcome


class Slot:
    """Where one answer is put, and who is parked beside it."""

    __slots__ = ("_asks", "number", "outcome", "task")

    def __init__(self, asks: Asks) -> None:
        self._asks = asks
        self.number = 0
        self.outcome: Outcome | None = None
        self.task: Task | None = None

    def answer(self, outcome: Outcome) -> None:
        self.outcome = outcome
        task, self.task = self.task, None
        if task is not None:
            trio.lowlevel.reschedule(task)

    def abort(self, _raise_cancel: Any) -> Abort:
        # The asker is gone: a late answer must find neither the slot nor the task.
        self.task = None
        self._asks.abandon(self.number)
        return Abort.SUCCEEDED

    async def wait(self) -> Outcome:
        """Park until the answer is here. Its deadline is a kernel timer: no cancel scope an ask."""
        if self.outcome is None:
            self.task = trio.lowlevel.current_task()
            await trio.lowlevel.wait_task_rescheduled(self.abort)
        else:
            await trio.lowlevel.checkpoint()
        assert self.outcome is not None
        return self.outcome


class Doors:
    """Tasks that wait until a mailbox has room, first come, first served."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self.waiting: dict[Address, deque[Task]] = {}

    async def send(self, to: Address, message: Any) -> None:
        """Tell as soon as the mailbox takes it."""
        await trio.lowlevel.checkpoint()
        if to in self.waiting or not self._core.has_room(to):
            await self._queue(to)
            while not self._core.has_room(to):
                await self._queue(to, first=True)
        self._core.tell(to, message)

    def open(self, cell: Cell) -> None:
        """Let in as many as there is room for now, or everybody once the cell is gone."""
        queue = self.waiting.get(cell.address)
        if queue is None:
            return
        gone = cell.address not in self._core.cells
        room = len(queue) if gone else cell.size_max - len(cell.mail)
        for _ in range(min(room, len(queue))):
            trio.lowlevel.reschedule(queue.popleft())
        if not queue:
            del self.waiting[cell.address]

    async def _queue(self, to: Address, *, first: bool = False) -> None:
        task = trio.lowlevel.current_task()
        queue = self.waiting.setdefault(to, deque())
        if first:
            queue.appendleft(task)
        else:
            queue.append(task)

        def abort(_raise_cancel: Any) -> Abort:
            queue.remove(task)
            if not queue and self.waiting.get(to) is queue:
                del self.waiting[to]
            return Abort.SUCCEEDED

        await trio.lowlevel.wait_task_rescheduled(abort)
