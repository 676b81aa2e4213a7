"""Many connections in one process: a few observers are read at once, all others in bulk.

A reader that is woken for each small write costs more than the server it is to measure. So only the
observers are on a selector; every other connection is read in turn, once in `DRAIN_S`, and what
came is counted. The kernel's buffer (128 kB at least) holds many times what comes meanwhile.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable, Sequence

from bench.load.wire import CLOSE_BYTES_MAX, PING, PONG

DRAIN_S = 0.04
_DRAINED_AT_ONCE = 16
_READ_BYTES = 1 << 16


class Member:
    """One connection.

    Attributes:
        rest: what was cut off at the end of a read.
        tail: the last bytes that came: once it is closed, they say why.
    """

    __slots__ = ("closed", "got_bytes", "number", "rest", "socket", "stalled", "tail", "updates")

    def __init__(self, client: socket.socket, number: int) -> None:
        self.socket = client
        self.number = number
        self.rest = self.tail = b""
        self.got_bytes = self.updates = 0
        self.closed = self.stalled = False

    def send(self, data: bytes) -> bool:
        """Send it, or nothing of it when there is no room."""
        try:
            return self.socket.send(data) == len(data)
        except OSError:
            return False


Take = Callable[[Member, bytes], None]


class Crowd:
    """Reads everybody; `observed` and `counted` take what came for the two kinds.

    Pings are answered here.
    """

    def __init__(
        self, members: Sequence[Member], observers: int, *, observed: Take, counted: Take
    ) -> None:
        self.members = members
        self.observers: list[Member] = []
        self._others = list(members)
        self._observed, self._counted = observed, counted
        self._selector = selectors.DefaultSelector()
        if observers:
            self.observe(members[:: max(1, len(members) // observers)][:observers])
        self._drained_s = time.perf_counter()
        self._next = 0

    def observe(self, members: Sequence[Member]) -> None:
        """Read these at once from now on."""
        chosen = {member.number for member in members}
        self.observers += members
        self._others = [member for member in self._others if member.number not in chosen]
        for member in members:
            self._selector.register(member.socket, selectors.EVENT_READ, member)

    def read_until(self, due_s: float) -> None:
        """Read until that moment of `time.perf_counter`, and once at least."""
        while True:
            self._drain()
            left_s = due_s - time.perf_counter()
            for key, _ in self._selector.select(max(0.0, min(left_s, 0.001))):
                if not self._take(key.data, self._observed):
                    self._selector.unregister(key.data.socket)
            if due_s <= time.perf_counter():
                return

    def take_now(self, member: Member) -> None:
        """Read one member out of turn."""
        self._take(member, self._counted)

    def _drain(self) -> None:
        if not self._others:
            return
        now_s = time.perf_counter()
        due = int((now_s - self._drained_s) / DRAIN_S * len(self._others))
        if not due:
            return
        if due > _DRAINED_AT_ONCE:
            due = min(_DRAINED_AT_ONCE, len(self._others))
            # Whoever comes late catches up a few at a time, but owes no more than one round.
            self._drained_s = max(
                self._drained_s + due * DRAIN_S / len(self._others), now_s - DRAIN_S
            )
        else:
            self._drained_s += due * DRAIN_S / len(self._others)
        for _ in range(due):
            self._next = (self._next + 1) % len(self._others)
            member = self._others[self._next]
            if not (member.closed or member.stalled):
                self._take(member, self._counted)

    def _take(self, member: Member, take: Take) -> bool:
        more = True
        while more:
            try:
                data = member.socket.recv(_READ_BYTES)
            except BlockingIOError:
                return True
            except OSError:
                data = b""
            if not data:
                member.closed = True
                return False
            more = len(data) == _READ_BYTES
            member.tail = data[-CLOSE_BYTES_MAX:]
            member.got_bytes += len(data)
            if PING in data:
                member.send(PONG)
            take(member, data)
        return True
