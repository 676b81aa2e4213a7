"""The kernel on trio: production, and the simulator when real adapters take part."""

from __future__ import annotations

import time  # noqa: TID251 - here, and only here, the world's clock enters.
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import Any

import trio
from trio.lowlevel import Abort, current_task, in_trio_run, wait_task_rescheduled

from engine.actor import Address
from engine.cell import Cell, Kind, State
from engine.clock import SECOND_US
from engine.core import Core, MailboxFull
from engine.kernel import waiting
from engine.kernel.sim_clock import SimClock
from engine.kernel.together import Together
from engine.outcome import Outcome

STOPPED_AT_ONCE = 500
"""Stopping a whole space at once would hold up everybody else for tens of milliseconds."""

FAR_AWAY_US = 2**62
PASSIVE, DEAD = State.PASSIVE, State.DEAD  # Looked up here once: an Enum is slow at it.
OTHER_THREAD = "the kernel belongs to the thread that trio runs in; use trio.from_thread"


class Kernel:
    """Runs actors. Every call is for the thread that trio runs in.

    `core.ports` takes the ports by name; set them before actors use them.
    """

    def __init__(
        self,
        kinds: Iterable[Kind],
        *,
        seed: bytes,
        clock: SimClock | None = None,
        tasks: bool = True,
        now_us: int | None = None,
        **options: Any,
    ) -> None:
        """Make a kernel; nothing happens before `run`.

        Args:
            kinds: every kind of actor it can run.
            seed: decides every draw of chance that actors make.
            clock: the virtual clock that trio runs on; None for the real one.
            tasks: one trio task a cell; without, cells run in the virtual clock's idle hook.
            now_us: kernel time at the start, microseconds since the Unix epoch; default: it is
                read from the system's clock, once. Time then only moves forward.
            options: observer, faults, before_delivery (see `Core`).
        """
        if not tasks and clock is None:
            raise ValueError("cells without tasks need a SimClock")
        if now_us is None:
            now_us = time.time_ns() // 1000
        self._queue: deque[Cell] = deque()
        self._tasks = tasks
        self.core = Core(
            kinds, seed=seed, now_us=now_us, ready=self._queue.append, ended=self._ended, **options
        )
        self._sim_clock = clock
        self._clock: trio.abc.Clock | None = None  # The real one, while it runs.
        self._post = self.core.mail.post
        self._start_us = now_us
        self._start_s = 0.0
        self._alarm = trio.CancelScope()
        self._alarm_us = FAR_AWAY_US
        self._doors = waiting.Doors(self.core)
        self._together = Together(self.core, self._enter, self._turn_here, self._wake)
        self.read_now_us = self._together.now_us
        """`now_us` as a function, for those who ask often."""
        self._cells: trio.Nursery | None = None
        self._io: trio.Nursery | None = None
        self._io_count = 0
        self._io_idle = trio.Event()
        self._stopping: dict[Cell, None] = {}
        self._slice_stopped = trio.Event()
        self._stopped = trio.Event()

    # What adapters call.

    @property
    def now_us(self) -> int:
        """Kernel time, brought up to date: microseconds since the Unix epoch."""
        return self.read_now_us()

    def tell(self, to: Address, message: Any) -> None:
        """Send a message.

        Raises:
            MailboxFull: the receiver refuses more; nothing was sent.
        """
        assert in_trio_run() or self._clock is None, OTHER_THREAD
        if not self._post(to, message):
            raise MailboxFull(f"{to} takes no more messages now")

    def put(self, to: Address, key: Any, value: Any) -> None:
        """Set the newest value of `key` in a conflated lane; see `Lane`."""
        assert in_trio_run() or self._clock is None, OTHER_THREAD
        self.core.put(to, key, value)

    def spawn(self, address: Address, init: Any = None) -> None:
        """Start a top-level actor.

        Raises:
            ValueError: there is one at this address already.
        """
        self._enter()
        self.core.spawn(address, init)

    async def ask(self, to: Address, message: Any, timeout_us: int = 5 * SECOND_US) -> Outcome:
        """Send a message and wait for its outcome; `Unknown` after `timeout_us`."""
        self._enter()
        core = self.core
        slot = waiting.Slot(core.asks)
        cell = core.cells.get(to)
        if cell is None or cell.scheduled or cell.task is None or self._clock is None:
            slot.number = core.ask(to, message, slot.answer, timeout_us=timeout_us)
        else:
            # It is idle: its turn may as well be now, which saves a trip through the scheduler.
            # In virtual time it takes the trip, so that schedules are explored.
            cell.scheduled = True
            slot.number = core.ask(to, message, slot.answer, timeout_us=timeout_us)
            self._turn_here((cell,))
        return await slot.wait()

    async def send(self, to: Address, message: Any) -> None:
        """Send a message, waiting while the mailbox is full."""
        self._enter()
        await self._doors.send(to, message)

    def together(self) -> AbstractContextManager[None]:
        """Surround several tells and puts: the turns they cause are taken, cheaply, at its end.

        In virtual time they take the trip through the scheduler, so that schedules are explored.
        """
        return self._together if self._clock is not None else nullcontext()

    def kill(self, address: Address) -> None:
        """End an actor at once; what is queued becomes dead letters."""
        self._enter()
        self.core.lifecycle.kill(address)

    def start_task(
        self, work: Callable[..., Awaitable[Any]], *args: Any, name: str | None = None
    ) -> None:
        """Run a coroutine beside the actors, such as a port's request.

        Shutdown waits for it, within its budget. An error in it ends the kernel.

        Raises:
            RuntimeError: the kernel is not running.
        """
        if self._io is None:
            raise RuntimeError("start_task needs a running kernel")
        self._io_count += 1
        self._io.start_soon(self._work, work, args, name=name or work)

    async def run(self, *, task_status: trio.TaskStatus[Kernel] = trio.TASK_STATUS_IGNORED) -> None:
        """Run until `shutdown` is done. Cancelled, it ends every actor at once instead."""
        try:
            async with trio.open_nursery() as self._io:
                async with trio.open_nursery() as self._cells:
                    self._begin()
                    task_status.started(self)
                    await self._stopped.wait()
                    self._cells.cancel_scope.cancel()
                self._io.cancel_scope.cancel()
        finally:
            self._finish()

    async def shutdown(self, *, within_us: int = 10 * SECOND_US) -> None:
        """Stop every actor, last started first, then end `run`.

        Each handles what is queued and runs `stopping`; requests that this starts are waited for.
        What is not done within the budget is ended at once. Calling it twice waits for the first.
        """
        if self.core.closing:
            await self._stopped.wait()
            return
        self.core.closing = True
        try:
            with trio.move_on_after(within_us / 1e6):
                while self.core.cells:
                    await self._stop_slice()
                while self._io_count:
                    self._io_idle = trio.Event()
                    await self._io_idle.wait()
        finally:
            self._end_all("killed")
            self._stopped.set()

    def _end_all(self, reason: str) -> None:
        self.core.closing = True
        for cell in reversed(tuple(self.core.cells.values())):
            self.core.lifecycle.end(cell, reason)

    # The virtual clock's side (see `sim_clock.Inner`).

    def drain(self, runnable: Callable[[], bool]) -> None:
        """Give cells their turns until a trio task can run; tasks' cells are none of these."""
        queue = self._queue
        while queue and not runnable():
            cell = queue.popleft()
            if self.core.turn(cell):
                queue.append(cell)
            if self._doors.waiting:
                self._doors.open(cell)

    def next_us(self) -> int | None:
        """Return when the next kernel timer is due, microseconds on the clock."""
        when_us = self.core.timers.next_us()
        return None if when_us is None else when_us - self._start_us

    def advance(self, now_us: int) -> None:
        """Move kernel time to `now_us` on the clock and fire what is due."""
        self.core.now_us = max(self.core.now_us, self._start_us + now_us)
        self.core.timers.fire_due(self.core.now_us)

    # Running.

    def _begin(self) -> None:
        assert not self.core.closing, "a kernel runs once"
        if self._sim_clock is None:
            assert self._cells is not None
            self._clock = trio.lowlevel.current_clock()
            self._start_s = self._clock.current_time()
            self._cells.start_soon(self._keep_time, name="timers")
            self.core.timers.on_first = self._first_timer_changed
        else:
            self._start_us -= self._sim_clock.now_us
            self._sim_clock.attach(self)
        if self._tasks:
            self.core.ready = self._together.wake
            while self._queue:
                self._wake(self._queue.popleft())

    def _finish(self) -> None:
        self.core.timers.on_first = None
        if self._sim_clock is not None:
            self._sim_clock.detach(self)
        self._end_all("cancelled")
        self._stopped.set()
        self._cells = self._io = None

    def _enter(self) -> None:
        """Bring kernel time up to date before an outside call."""
        assert in_trio_run() or self._clock is None, OTHER_THREAD
        self._read_clock()

    def _read_clock(self) -> None:
        if self._clock is not None:
            now_us = self._start_us + int((self._clock.current_time() - self._start_s) * 1e6)
            if now_us > self.core.now_us:  # noqa: PLR1730 - max() takes twice as long.
                self.core.now_us = now_us

    async def _keep_time(self) -> None:
        timers = self.core.timers
        while True:
            with trio.CancelScope() as self._alarm:
                self._set_alarm(timers.next_us())
                await trio.sleep_forever()
            self._read_clock()
            timers.fire_due(self.core.now_us)

    def _first_timer_changed(self, when_us: int) -> None:
        if when_us < self._alarm_us:
            self._set_alarm(when_us)

    def _set_alarm(self, when_us: int | None) -> None:
        self._alarm_us = FAR_AWAY_US if when_us is None else when_us
        # One more microsecond: rounding must not wake us just before the time.
        self._alarm.deadline = self._start_s + (self._alarm_us + 1 - self._start_us) / 1e6

    def _wake(self, cell: Cell) -> None:
        if cell.task is not None:
            trio.lowlevel.reschedule(cell.task)
        elif self._cells is not None:
            self._cells.start_soon(self._live, cell, name=cell.address)

    @trio.lowlevel.enable_ki_protection
    def _turn_here(self, cells: Iterable[Cell]) -> None:
        """Give cells whose tasks are parked their turns in the task that runs now."""
        turn, doors = self.core.turn, self._doors
        for cell in cells:
            more = turn(cell)
            if doors.waiting:
                doors.open(cell)
            if more:
                trio.lowlevel.reschedule(cell.task)
            elif cell.state is PASSIVE or cell.state is DEAD:
                self._ended(cell)

    @trio.lowlevel.enable_ki_protection
    async def _live(self, cell: Cell) -> None:
        """Give one cell its turns, from its first mail until it sleeps or dies."""
        core = self.core
        turn = core.turn
        doors = self._doors
        cell.task = task = current_task()

        def abort(_raise_cancel: Any) -> Abort:
            cell.scheduled = True  # Nobody may wake this task a second time.
            return Abort.SUCCEEDED

        try:
            while cell.task is task:
                self._read_clock()
                more = turn(cell)
                if doors.waiting:
                    doors.open(cell)
                if more:
                    await trio.lowlevel.checkpoint()
                elif cell.state is PASSIVE or cell.state is DEAD:
                    return
                else:
                    await wait_task_rescheduled(abort)
        except trio.Cancelled:
            # Nobody cancels one cell: the kernel is. trio wakes its tasks in the order of a set.
            self._end_all("cancelled")
            raise
        finally:
            if cell.task is task:
                cell.task = None

    def _ended(self, cell: Cell) -> None:
        """A cell fell asleep or died: its task, if it is parked, is let go."""
        if cell.task is not None and not cell.scheduled:
            trio.lowlevel.reschedule(cell.task)
            cell.task = None
        if cell.state is DEAD:
            if self._doors.waiting:
                self._doors.open(cell)
            if self._stopping.pop(cell, self) is None and not self._stopping:
                self._slice_stopped.set()

    # Stopping.

    async def _stop_slice(self) -> None:
        cells = list(islice(reversed(self.core.cells.values()), STOPPED_AT_ONCE))
        self._stopping = dict.fromkeys(cells)
        self._slice_stopped = trio.Event()
        self._read_clock()
        for cell in cells:
            self.core.lifecycle.stop(cell, "shutdown")
        await self._slice_stopped.wait()

    async def _work(self, work: Callable[..., Awaitable[Any]], args: tuple[Any, ...]) -> None:
        try:
            await work(*args)
        finally:
            self._io_count -= 1
            if not self._io_count:
                self._io_idle.set()
