"""Which sockets have something to read: one task watches them all, so that none has to wake up.

Every watched socket is in one epoll set, and the set's own descriptor is all that trio waits for.
One wake-up then serves every socket that is ready, each by a plain call (a task switch costs 20 µs
and more). A call takes a bounded part of what has arrived; the rest makes its socket ready again,
behind the others.
"""

from __future__ import annotations

import select
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import NoReturn

import trio

from adapters.realtime.alarm import Alarm

SOCKETS_PER_BATCH = 64
"""Served between two looks at all other tasks: some 2 ms when each has brought one pose."""
SOCKETS_TOGETHER = 32
"""Waited for while sockets are busy. A wake-up finds its caches cold and costs as much as five
poses (250 µs), and nobody sees whether a pose is some milliseconds older."""
GATHER_MIN_S = 0.004
GATHER_MAX_S = 0.008
"""The least and the most to wait for them, from the end of a batch, unless it was full."""
BUSY_PER_S = 1_000
"""Turns a second from which on gathering pays: eight a batch. Below it all is heard at once."""
JUDGE_EVERY_S = 0.05

Together = Callable[[], AbstractContextManager[None]]


class Readiness:
    """Calls back for each watched descriptor that can be read, or whose peer has gone.

    Linux only; elsewhere sockets are read by tasks of their own (`wire.StreamWire`).

    Args:
        together: surrounds the turns of a batch.
    """

    def __init__(self, together: Together = nullcontext) -> None:
        self._together = together
        self._epoll = select.epoll()
        self._turns: dict[int, Callable[[], None]] = {}
        self._afterwards: list[Callable[[], None]] | None = None

    def __len__(self) -> int:
        """How many descriptors are watched."""
        return len(self._turns)

    def watch(self, fd: int, turn: Callable[[], None]) -> None:
        """Call `turn` whenever `fd` can be read, until `forget`.

        Args:
            fd: non-blocking; call `forget` before it is closed, as its number will be reused.
            turn: must neither wait nor raise. It is called again while bytes are left.
        """
        self._epoll.register(fd, select.EPOLLIN)
        self._turns[fd] = turn

    def pause(self, fd: int) -> None:
        """Leave what arrives at a watched descriptor where it is; only its end is told."""
        if fd in self._turns:
            self._epoll.modify(fd, 0)

    def resume(self, fd: int) -> None:
        """Undo `pause`."""
        if fd in self._turns:
            self._epoll.modify(fd, select.EPOLLIN)

    def forget(self, fd: int) -> None:
        """Watch no longer; what is not watched is passed over."""
        if self._turns.pop(fd, None) is not None and not self._epoll.closed:
            self._epoll.unregister(fd)

    def after_batch(self, action: Callable[[], None]) -> bool:
        """Have this called when all turns of the batch are taken; False when none is under way.

        Args:
            action: must neither wait nor raise.
        """
        if self._afterwards is None:
            return False
        self._afterwards.append(action)
        return True

    async def run(self) -> NoReturn:
        """Call back until cancelled. Sockets can be watched before this runs."""
        ready, gathered = self._epoll.fileno(), Alarm()
        gather_s, turns, since_s = 0.0, 0, trio.current_time()
        try:
            while True:
                now_s = trio.current_time()
                batch = self._epoll.poll(0, SOCKETS_PER_BATCH)
                turns += len(batch)
                if now_s - since_s >= JUDGE_EVERY_S:
                    gather_s = gathering_s(turns / (now_s - since_s))
                    turns, since_s = 0, now_s
                afterwards = self._afterwards = []
                with self._together():
                    for fd, _events in batch:
                        turn = self._turns.get(fd)
                        if turn is not None:  # An earlier turn of this batch may have ended it.
                            turn()
                self._afterwards = None
                for action in afterwards:
                    action()
                if not gather_s or not batch:
                    await trio.lowlevel.wait_readable(ready)
                elif len(batch) < SOCKETS_PER_BATCH:
                    await gathered.ring(gather_s)
                else:
                    await trio.lowlevel.checkpoint()
        finally:
            gathered.close()
            self._epoll.close()


def gathering_s(turns_per_s: float) -> float:
    """Return how long to wait after a batch, seconds; 0: until the first socket is ready."""
    if turns_per_s < BUSY_PER_S:
        return 0.0
    return min(max(SOCKETS_TOGETHER / turns_per_s, GATHER_MIN_S), GATHER_MAX_S)
