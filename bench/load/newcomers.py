"""Connections that come, stay idle, and then perhaps all join one space.

Run: python -m bench.load.newcomers PORT PID --clients 2000 [--idle 25] [--joins-in 10] [--core 1]

Prints one JSON object. With `--idle` the processor time is taken over that time, which holds one
heartbeat of every connection when it is the ping interval. With `--joins-in`, everybody asks to
join within that time; whoever has no answer is on the selector, all others are drained in bulk.
"""

from __future__ import annotations

import argparse
import json
import selectors
import time
from collections import Counter
from dataclasses import asdict, dataclass

import numpy as np
import psutil

from bench.load.crowd import Crowd, Member
from bench.load.process import processor_s, settle_in
from bench.load.wire import CLOSE_BYTES_MAX, JOINED, PING, PONG, close_code, connected, join_frame

ANSWER_WITHIN_S = 20.0
BASE_S = 2.0
USER_JOINED = b'["user-joined"'
_KEPT = max(len(JOINED), len(USER_JOINED)) - 1


@dataclass
class Figures:
    """What was seen; times of the server's processor are without what it uses when empty."""

    clients: int
    refused: int
    connect_s: float
    connect_p99_ms: float
    resident_bytes_each: float
    idle_us_s_each: float
    pings: int
    closed: int
    closed_with: dict[str, int]
    joined: int
    joins_took_s: float
    join_p50_ms: float
    join_p99_ms: float
    join_max_ms: float
    told: int
    got_mb: float
    server_s: float
    load_share: float


class Newcomers:
    """All clients of one run."""

    def __init__(self, port: int, pid: int, clients: int) -> None:
        self._server = psutil.Process(pid)
        before_s = processor_s(self._server)
        time.sleep(BASE_S)
        self._base_share = (processor_s(self._server) - before_s) / BASE_S
        resident = self._server.memory_info().rss
        self.members: list[Member] = []
        self.refused = self.pings = self._told = 0
        self._selector = selectors.DefaultSelector()
        took_s = []
        begun_s = time.perf_counter()
        for number in range(clients):
            began_s = time.perf_counter()
            try:
                member = Member(connected(port), number)
            except OSError:
                self.refused += 1
            else:
                self.members.append(member)
                self._selector.register(member.socket, selectors.EVENT_READ, member)
            took_s.append(time.perf_counter() - began_s)
            self._answer(0)  # On a busy machine the first are asked before the last have come.
        self.connect_s = time.perf_counter() - begun_s
        self.connect_p99_ms = float(np.percentile(took_s, 99)) * 1000
        time.sleep(0.5)
        grown = self._server.memory_info().rss - resident
        self.resident_bytes_each = grown / max(len(self.members), 1)

    def _answer(self, wait_s: float) -> None:
        """Answer the pings that have come, or the first within so long."""
        for key, _ in self._selector.select(wait_s):
            member: Member = key.data
            try:
                data = member.socket.recv(4096)
            except OSError:
                data = b""
            if not data:
                member.closed = True
                self._selector.unregister(member.socket)
                continue
            member.tail = data[-CLOSE_BYTES_MAX:]
            if PING in data:
                self.pings += member.send(PONG)

    def idle(self, seconds: float) -> float:
        """Answer pings for so long; return the server's microseconds a second and connection."""
        self.pings = 0
        before_s, began_s = processor_s(self._server), time.perf_counter()
        while (left_s := began_s + seconds - time.perf_counter()) > 0:
            self._answer(left_s)
        used = (processor_s(self._server) - before_s) / seconds - self._base_share
        return used * 1e6 / max(len(self.members), 1)

    def join(self, within_s: float) -> tuple[list[float], float]:
        """Let everybody join, spread over so long; return the seconds each waited, and all took."""
        asked_s: dict[int, float] = {}
        waited_s: list[float] = []
        pending = selectors.DefaultSelector()

        def take(member: Member, data: bytes) -> None:
            whole = member.rest + data
            self._told += whole.count(USER_JOINED) - member.rest.count(USER_JOINED)
            if member.number in asked_s and JOINED in whole:
                waited_s.append(time.perf_counter() - asked_s.pop(member.number))
                pending.unregister(member.socket)
            member.rest = whole[-_KEPT:]

        crowd = Crowd(self.members, 0, observed=take, counted=take)
        frame, began_s = join_frame(), time.perf_counter()
        asked = 0
        while True:
            now_s = time.perf_counter()
            due = min(len(self.members), int((now_s - began_s) / within_s * len(self.members)) + 1)
            for member in self.members[asked:due]:
                if not member.closed and member.send(frame):
                    asked_s[member.number] = time.perf_counter()
                    pending.register(member.socket, selectors.EVENT_READ, member)
            asked = due
            for key, _ in pending.select(0):
                crowd.take_now(key.data)
                if key.data.closed:
                    pending.unregister(key.fileobj)
                    del asked_s[key.data.number]
            crowd.read_until(now_s + 0.001)
            done = asked == len(self.members) and not asked_s
            if done or now_s > began_s + within_s + ANSWER_WITHIN_S:
                return waited_s, time.perf_counter() - began_s

    def run(self, idle_s: float, joins_in_s: float) -> Figures:
        """Idle, join, and say how it was."""
        idle_us_s = self.idle(idle_s) if idle_s else 0.0
        server_s, own_s = processor_s(self._server), time.process_time()
        waited_s, took_s = self.join(joins_in_s) if joins_in_s else ([], 1.0)
        return Figures(
            clients=len(self.members),
            refused=self.refused,
            connect_s=self.connect_s,
            connect_p99_ms=self.connect_p99_ms,
            resident_bytes_each=self.resident_bytes_each,
            idle_us_s_each=idle_us_s,
            pings=self.pings,
            closed=sum(member.closed for member in self.members),
            closed_with=self._reasons(),
            joined=len(waited_s),
            joins_took_s=took_s,
            join_p50_ms=float(np.percentile(waited_s or [0], 50)) * 1000,
            join_p99_ms=float(np.percentile(waited_s or [0], 99)) * 1000,
            join_max_ms=max(waited_s, default=0.0) * 1000,
            told=self._told,
            got_mb=sum(member.got_bytes for member in self.members) / 1e6,
            server_s=processor_s(self._server) - server_s,
            load_share=(time.process_time() - own_s) / took_s,
        )

    def _reasons(self) -> dict[str, int]:
        """Return with which codes the server closed how many."""
        closed = [str(close_code(member.tail)) for member in self.members if member.closed]
        return dict(Counter(closed))


def main() -> None:
    """Run once and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("pid", type=int)
    parser.add_argument("--clients", type=int, default=2000)
    parser.add_argument("--idle", type=float, default=0.0)
    parser.add_argument("--joins-in", type=float, default=0.0)
    parser.add_argument("--core", type=int)
    options = parser.parse_args()
    settle_in(options.core)
    newcomers = Newcomers(options.port, options.pid, options.clients)
    print(json.dumps(asdict(newcomers.run(options.idle, options.joins_in))))


if __name__ == "__main__":
    main()
