"""People who walk in spaces: the load of the pose benchmarks, in a process of its own.

Run: python -m bench.load.walkers PORT PID --people 100 [--rooms 1] [--binary] [--stalled 10]

Everybody walks along x at one metre a second from the start of the run, so a pose's x tells when
it was sent; y and z, whole metres, tell whose it is. A pose's age is taken at its first
arrival at an observer: repeats count as updates, not as ages. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from bench.load.crowd import Crowd, Member
from bench.load.process import processor_s, settle_in
from bench.load.wire import (
    BINARY,
    JOINED,
    UPDATE,
    close_code,
    connected,
    entries,
    event_positions,
    frame_positions,
    frames,
    join_frame,
    masked,
)

HZ = 10
OBSERVERS = 16
ROW = 32
NEAR = 32
JOINS_PER_S = 250
JOIN_WITHIN_S = 30.0
JOINS_SETTLE_S = 1.5
"""A server may write down who came a little later."""
WARM_UP_S = 1.5
SETTLE_WITHIN_S = 5.0
STALLED_RECEIVE_BYTES = 4096


@dataclass
class Figures:
    """What one run saw; rates and processor time are of the measured part only.

    Attributes:
        people: in all rooms.
        updates: bodies shown, to all receivers, repeats included.
        fresh_each_s: poses that an observer saw for the first time, a second.
        near_p99_ms: of the movers who are among an observer's `NEAR` nearest.
        delivered: over the whole run, updates of all receivers for each pose sent and receiver.
        last_seen: share of (observer, mover) pairs in which the mover's last pose arrived.
        evenness: of what the others in the room sent over the whole run, the share that the
            receiver with the least got, to that of the one with the most.
        stalled_named: of the stalled, those closed with 4008; `stalled_closed` however.
    """

    people: int
    rooms: int
    joined: int
    closed: int
    sent: int
    updates: int
    fresh_each_s: float
    bytes: int
    seconds: float
    p50_ms: float
    p99_ms: float
    near_p99_ms: float
    server_s: float
    server_rss_mb: float
    load_share: float
    delivered: float
    last_seen: float
    evenness: float
    stalled: int
    stalled_closed: int
    stalled_named: int


class Walk:
    """All walkers of one run."""

    def __init__(
        self, port: int, pid: int, people: int, *, rooms: int, binary: bool, stalled: int
    ) -> None:
        self._server = psutil.Process(pid)
        self._binary = binary
        self._rooms = rooms
        room = np.arange(people) % rooms
        self._together = room[:, None] == room
        step = people // stalled if stalled else 0
        chosen = set(range(1, people, step or people)) if stalled else set()
        self._members = [
            Member(connected(port, receive_bytes=STALLED_RECEIVE_BYTES if n in chosen else 0), n)
            for n in range(people)
        ]
        self._crowd = Crowd(
            self._members,
            min(OBSERVERS, people),
            observed=self._see_frames if binary else self._see_events,
            counted=self._count_frames if binary else self._count_events,
        )
        watched = {member.number for member in self._crowd.observers}
        self._stalling = [self._members[n] for n in sorted(chosen - watched)]
        self._seen_mm = np.zeros((people, people), np.int64)  # observer, mover
        self._sent_mm = np.zeros(people, np.int64)
        self._sent_by = np.zeros(people, np.int64)
        self._ages_mm: list[NDArray[Any]] = []
        self._near_ages_mm: list[NDArray[Any]] = []
        self._near = _nearest(self._together)
        self._joined = self._sent = self._rss = 0
        self._began_s = time.perf_counter()

    def _now_s(self) -> float:
        return time.perf_counter() - self._began_s

    def run(self, seconds: float) -> Figures:
        """Join, warm up, measure, settle."""
        self._join()
        for member in self._stalling:
            member.stalled = True
        self._walk(WARM_UP_S)
        sent, updates, got_bytes = self._sent, self._updates(), self._bytes()
        self._ages_mm.clear()
        self._near_ages_mm.clear()
        server_s, own_s, began_s = processor_s(self._server), time.process_time(), self._now_s()
        self._walk(seconds)
        took_s = self._now_s() - began_s
        server_s = processor_s(self._server) - server_s
        load_share = (time.process_time() - own_s) / took_s
        measured = (self._sent - sent, self._updates() - updates, self._bytes() - got_bytes)
        ages_ms, near_ms = _joined(self._ages_mm), _joined(self._near_ages_mm)
        self._settle()
        named, closed = self._closings()
        reading = [m for m in self._members if not m.stalled]
        counts = np.array([m.updates for m in reading])
        shares = counts / np.maximum(self._meant_for()[[m.number for m in reading]], 1)
        rows = [m.number for m in self._crowd.observers]
        shown = self._together[rows]
        arrived = self._arrived() & shown
        return Figures(
            people=len(self._members),
            rooms=self._rooms,
            joined=self._joined,
            closed=sum(m.closed for m in reading),
            sent=measured[0],
            updates=measured[1],
            fresh_each_s=len(ages_ms) / len(rows) / took_s,
            bytes=measured[2],
            seconds=took_s,
            p50_ms=_percentile(ages_ms, 50),
            p99_ms=_percentile(ages_ms, 99),
            near_p99_ms=_percentile(near_ms, 99),
            server_s=server_s,
            server_rss_mb=self._rss / 1e6,
            load_share=load_share,
            delivered=float(counts.sum()) / max(self._sent * self._share(len(reading)), 1),
            last_seen=float(arrived.sum() - len(rows)) / max(shown.sum() - len(rows), 1),
            evenness=float(shares.min() / max(shares.max(), 1e-9)),
            stalled=len(self._stalling),
            stalled_closed=closed,
            stalled_named=named,
        )

    def _meant_for(self) -> NDArray[np.int64]:
        """Return how many poses of others in the room each one was to see: int64 (people,)."""
        meant: NDArray[np.int64] = self._together @ self._sent_by - self._sent_by
        return meant

    def _share(self, reading: int) -> float:
        """Return how many receivers a pose has, when so many of all read."""
        people = len(self._members)
        return reading * float(self._together.sum() - people) / people**2

    def _arrived(self) -> NDArray[np.bool_]:
        """Return which mover's last pose each observer has: (observer, mover).

        Other rooms' movers have nothing to show. The stalled are cut off in the middle of what
        they send.
        """
        rows = [member.number for member in self._crowd.observers]
        arrived: NDArray[np.bool_] = self._seen_mm[rows] >= self._sent_mm[None, :]
        arrived |= ~self._together[rows]
        arrived[range(len(rows)), rows] = True
        arrived[:, [member.number for member in self._stalling]] = True
        return arrived

    def _settle(self) -> None:
        """Read on until every last pose has arrived, or is late."""
        deadline_s = time.perf_counter() + SETTLE_WITHIN_S
        self._crowd.read_until(time.perf_counter() + 1)
        while not self._arrived().all() and time.perf_counter() < deadline_s:
            self._crowd.read_until(time.perf_counter() + 0.1)

    def _updates(self) -> int:
        return sum(member.updates for member in self._members)

    def _bytes(self) -> int:
        return sum(member.got_bytes for member in self._members)

    def _join(self) -> None:
        for number, member in enumerate(self._members):
            room = f"bench-{number % self._rooms}"
            member.send(join_frame(binary=self._binary, subspace=room))
            # As pages do: who comes says where. It counts for nothing.
            member.send(pose(number, 1))
            self._crowd.read_until(self._began_s + number / JOINS_PER_S)
        deadline_s = self._now_s() + JOIN_WITHIN_S
        while self._joined < len(self._members) and self._now_s() < deadline_s:
            self._crowd.read_until(time.perf_counter() + 0.05)
        self._crowd.read_until(time.perf_counter() + JOINS_SETTLE_S)
        for member in self._members:
            member.updates = 0

    def _walk(self, seconds: float) -> None:
        """Send each one's pose at its own moment of the period, and read between."""
        people = len(self._members)
        began_s, measured_s = self._now_s(), 0.0
        for number in range(int(seconds * HZ * people)):
            due_s = began_s + number / (HZ * people)
            now_s = self._now_s()
            if due_s > now_s or number % 32 == 0:
                self._crowd.read_until(self._began_s + due_s)
                now_s = self._now_s()
            if now_s > began_s + seconds:
                return
            if now_s > measured_s + 0.5:
                measured_s = now_s
                self._rss = max(self._rss, self._server.memory_info().rss)
            member = self._members[number % people]
            x_mm = round(now_s * 1000)
            if not member.closed and member.send(pose(member.number, x_mm)):
                self._sent += 1
                self._sent_mm[member.number] = x_mm
                self._sent_by[member.number] += 1

    def _closings(self) -> tuple[int, int]:
        """Read the stalled to their end; return who was closed with 4008, and who at all."""
        named = closed = 0
        for member in self._stalling:
            tail = b""
            deadline_s = time.perf_counter() + 0.5
            while time.perf_counter() < deadline_s:
                try:
                    data = member.socket.recv(1 << 16)
                except BlockingIOError:
                    time.sleep(0.005)
                    continue
                except OSError:
                    data = b""
                if not data:
                    closed += 1
                    break
                tail = (tail + data)[-256:]
            named += close_code(tail) == 4008
        return named, closed

    def _count_joined(self, data: bytes) -> None:
        if self._joined < len(self._members):
            self._joined += data.count(JOINED)

    def _count_events(self, member: Member, data: bytes) -> None:
        self._count_joined(data)
        keep = len(UPDATE) - 1
        # What straddles the two reads is counted apart, so that data need not be copied.
        member.updates += data.count(UPDATE) + (member.rest + data[:keep]).count(UPDATE)
        member.rest = (member.rest + data)[-keep:] if len(data) < keep else data[-keep:]

    def _see_events(self, member: Member, data: bytes) -> None:
        self._count_joined(data)
        positions_mm, member.rest = event_positions(member.rest + data)
        member.rest = member.rest[-4096:]
        member.updates += len(positions_mm)
        self._see(member, positions_mm)

    def _count_frames(self, member: Member, data: bytes) -> None:
        self._count_joined(data)
        data, end = member.rest + data, 0
        for kind, begin, end in frames(data):
            if kind == BINARY:
                member.updates += entries(data, begin, end)
        member.rest = data[end:]

    def _see_frames(self, member: Member, data: bytes) -> None:
        self._count_joined(data)
        data, end = member.rest + data, 0
        for kind, begin, end in frames(data):
            if kind == BINARY:
                positions_mm = frame_positions(data[begin:end])
                member.updates += len(positions_mm)
                self._see(member, positions_mm)
        member.rest = data[end:]

    def _see(self, member: Member, positions_mm: NDArray[Any]) -> None:
        if not len(positions_mm):
            return
        x_mm = positions_mm[:, 0]
        movers = (positions_mm[:, 1] * ROW + positions_mm[:, 2]) // 1000
        known = (movers >= 0) & (movers < len(self._members)) & (x_mm > 0)
        x_mm, movers = x_mm[known], movers[known]
        seen = self._seen_mm[member.number]
        new = x_mm > seen[movers]
        x_mm, movers = x_mm[new], movers[new]
        seen[movers] = x_mm
        ages = round(self._now_s() * 1000) - x_mm
        self._ages_mm.append(ages)
        self._near_ages_mm.append(ages[self._near[member.number][movers]])


def pose(number: int, x_mm: int) -> bytes:
    """Return the masked frame of where this person is."""
    y, z = divmod(number, ROW)
    text = (
        b'42["aframe-update",{"position":{"x":%d.%03d,"y":%d,"z":%d},'
        b'"rotation":{"x":0,"y":1.5,"z":0},"voice_enabled":false}]'
    ) % (*divmod(x_mm, 1000), y, z)
    return masked(text.decode())


def _nearest(together: NDArray[np.bool_]) -> NDArray[Any]:
    """Return who is among whose `NEAR` nearest in the same room: bool (people, people)."""
    y, z = np.divmod(np.arange(len(together)), ROW)
    squares = (y[:, None] - y) ** 2.0 + (z[:, None] - z) ** 2
    squares[~together] = np.inf
    if len(together) <= NEAR:
        return together
    near: NDArray[Any] = squares <= np.partition(squares, NEAR - 1, axis=1)[:, NEAR - 1 : NEAR]
    return near


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _percentile(ages_ms: NDArray[Any], share: float) -> float:
    return float(np.percentile(ages_ms, share, method="lower")) if len(ages_ms) else float("inf")


def main() -> None:
    """Run once and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("pid", type=int)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--rooms", type=int, default=1, help="all of the same size")
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--stalled", type=int, default=0, help="how many stop reading")
    parser.add_argument("--binary", action="store_true")
    parser.add_argument("--core", type=int)
    options = parser.parse_args()
    settle_in(options.core)
    walk = Walk(
        options.port,
        options.pid,
        options.people,
        rooms=options.rooms,
        binary=options.binary,
        stalled=options.stalled,
    )
    print(json.dumps(asdict(walk.run(options.seconds))))


if __name__ == "__main__":
    main()
