"""One direction of one connection: packets get lost, doubled and overtaken; a stream comes out.

As over TCP, what is sent arrives in order and exactly once, or the connection ends. A lost packet
only costs time (a retransmission after RTO * 2^k) and holds up what follows it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from engine.clock import SECOND_US, Timer
from engine.core import Core
from engine.entropy import Chance, chance

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """What a person's link to the server is like; times in microseconds, sizes in bytes.

    Attributes:
        latency_us: one way.
        jitter_us: up to so much is added to a packet's way, uniformly.
        loss: chance that a packet is lost.
        duplicated: chance that a packet arrives twice.
        reordered: chance that a packet takes three times as long as the others.
        bytes_per_s: what the line carries.
        rto_us: the first retransmission; each further one waits twice as long up to `rto_max_us`.
        window_bytes: what may be under way and unread; the rest waits at the sender.
        outbox_bytes_max: what may wait at the server for one client (`outbox_bytes_max` of the
            realtime settings); more closes it.
        ping_interval_us, ping_timeout_us: Engine.IO's heartbeat.
    """

    latency_us: int = 30_000
    jitter_us: int = 10_000
    loss: float = 0.0
    duplicated: float = 0.0
    reordered: float = 0.0
    bytes_per_s: int = 1_000_000
    rto_us: int = 200_000
    rto_max_us: int = 3 * SECOND_US
    window_bytes: int = 64 * 1024
    outbox_bytes_max: int = 1 << 20
    ping_interval_us: int = 25 * SECOND_US
    ping_timeout_us: int = 20 * SECOND_US


@dataclass(slots=True)
class Traffic:
    """What went over all links, for the report."""

    messages: int = 0
    bytes: int = 0
    retransmissions: int = 0
    duplicates: int = 0
    overtaken: int = 0


@dataclass(slots=True)
class Line:
    """One direction of a person's link. It and its streams of chance outlive connections."""

    settings: LinkSettings
    lost: Chance
    doubled: Chance
    delayed: Chance
    traffic: Traffic = field(default_factory=Traffic)
    cut: bool = False
    """Partitioned: every packet is lost."""
    reads_bytes_per_s: int | None = None
    """How fast the receiver reads; None: at once."""
    free_us: int = 0

    @classmethod
    def of(cls, settings: LinkSettings, seed: bytes, who: str, direction: str) -> Line:
        """Return the line of a person with chances of its own."""

        def stream(purpose: str) -> Chance:
            return chance(seed, "link", who, direction, purpose)

        return cls(settings, stream("lost"), stream("doubled"), stream("delayed"))

    def way_us(self, now_us: int, size: int) -> int:
        """Return how long a packet of `size` bytes that leaves now takes to arrive."""
        settings = self.settings
        begins_us = max(now_us, self.free_us)
        self.free_us = begins_us + size * SECOND_US // settings.bytes_per_s
        way_us = self.free_us - now_us + settings.latency_us
        if settings.jitter_us:
            way_us += self.delayed.below(settings.jitter_us + 1)
        if settings.reordered and self.delayed.happens(settings.reordered):
            way_us += 2 * settings.latency_us
        return way_us

    def loses(self) -> bool:
        """Whether the packet that leaves now is lost."""
        return self.cut or (self.settings.loss > 0 and self.lost.happens(self.settings.loss))

    def doubles(self) -> bool:
        """Whether the packet that leaves now arrives twice."""
        doubled = self.settings.duplicated
        return doubled > 0 and self.doubled.happens(doubled)

    def rto_us(self, attempt: int) -> int:
        """Return how long after attempt number `attempt` (from 0) the next one is made."""
        settings = self.settings
        return min(settings.rto_us << min(attempt, 20), settings.rto_max_us)


class Stream(Generic[T]):
    """A one-way stream of messages over a line.

    Args:
        core: whose timers it runs on.
        line: the line it goes over.
        deliver: is called for each message, in order, once.
    """

    def __init__(self, core: Core, line: Line, deliver: Callable[[T], None]) -> None:
        self._core = core
        self._line = line
        self._deliver = deliver
        self.closed = False
        self.black_hole = False
        """The far end is gone without a word: nothing arrives any more."""
        self.waiting_bytes = 0
        self._waiting: deque[tuple[T, int]] = deque()
        self._under_way_bytes = 0
        self._sent = 0
        self._expected = 0
        self._early: dict[int, tuple[T, int]] = {}
        self._unread: deque[tuple[T, int]] = deque()
        self._reading: Timer | None = None

    def send(self, message: T, size: int) -> None:
        """Send a message of `size` bytes."""
        if not self.closed:
            self._waiting.append((message, size))
            self.waiting_bytes += size
            self._pump()

    def close(self) -> None:
        """End at once: nothing more arrives."""
        self.closed = True
        self._waiting.clear()
        self._early.clear()
        self._unread.clear()
        self.waiting_bytes = 0

    def _pump(self) -> None:
        window = self._line.settings.window_bytes
        while self._waiting and not self.closed:
            message, size = self._waiting[0]
            if self._under_way_bytes and self._under_way_bytes + size > window:
                return
            self._waiting.popleft()
            self.waiting_bytes -= size
            self._under_way_bytes += size
            traffic = self._line.traffic
            traffic.messages += 1
            traffic.bytes += size
            self._transmit(self._sent, message, size, 0)
            self._sent += 1

    def _transmit(self, number: int, message: T, size: int, attempt: int) -> None:
        if self.closed:
            return
        core, line = self._core, self._line
        if self.black_hole or line.loses():
            line.traffic.retransmissions += 1
            again_us = core.now_us + line.rto_us(attempt)
            core.timers.at(again_us, lambda: self._transmit(number, message, size, attempt + 1))
            return
        for _copy in range(2 if line.doubles() else 1):
            arrives_us = core.now_us + line.way_us(core.now_us, size)
            core.timers.at(arrives_us, lambda: self._arrive(number, message, size))

    def _arrive(self, number: int, message: T, size: int) -> None:
        if self.closed or self.black_hole:
            return
        if number < self._expected or number in self._early:
            self._line.traffic.duplicates += 1
            return
        if number > self._expected:
            self._line.traffic.overtaken += 1
        self._early[number] = (message, size)
        while self._expected in self._early:
            self._unread.append(self._early.pop(self._expected))
            self._expected += 1
        self._read()

    def _read(self) -> None:
        """Hand on what is there, as fast as the receiver reads."""
        while self._unread and self._reading is None and not self.closed:
            rate = self._line.reads_bytes_per_s
            if rate is None:
                self._take()
            else:
                done_us = self._core.now_us + self._unread[0][1] * SECOND_US // rate
                self._reading = self._core.timers.at(done_us, self._read_one)

    def _read_one(self) -> None:
        self._reading = None
        if self._unread and not self.closed:
            self._take()
            self._read()

    def _take(self) -> None:
        message, size = self._unread.popleft()
        self._under_way_bytes -= size
        self._pump()
        self._deliver(message)
