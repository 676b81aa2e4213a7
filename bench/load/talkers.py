"""People who chat in one space: the load of the chat benchmark.

Run: python -m bench.load.talkers PORT PID --people 10 (--rate 1000 | --window 4) [--core 1]

The first `TALKERS` send. With a rate, messages leave at their moments whatever comes back; with a
window, each talker has so many of its own messages under way. A message says when it was sent, and
observers, all of them talkers, say when it came. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from dataclasses import asdict, dataclass

import numpy as np
import psutil

from bench.load.crowd import Crowd, Member
from bench.load.process import processor_s, settle_in
from bench.load.wire import JOINED, connected, event, join_frame

TALKERS = 10
SETTLE_S = 1.0
WARM_UP_S = 1.0
MESSAGE = b'["chat-message"'
_CONTENT = re.compile(rb'"content":"m(\d+) (\d+)"')


@dataclass
class Figures:
    """What was seen in the measured part; `arrived` of all sent, counted to the end."""

    people: int
    joined: int
    sent: int
    delivered: int
    seconds: float
    p50_ms: float
    p99_ms: float
    arrived: float
    server_s: float
    load_share: float


class Talk:
    """All people of one run."""

    def __init__(self, port: int, pid: int, people: int) -> None:
        self._server = psutil.Process(pid)
        self._members = [Member(connected(port), number) for number in range(people)]
        self._crowd = Crowd(self._members, 0, observed=self._count, counted=self._count)
        self._joined = self._sent = 0
        join = join_frame(subspace="chat")
        for member in self._members:
            member.send(join)
            self._crowd.read_until(time.perf_counter() + 0.004)
        deadline_s = time.perf_counter() + 20
        while self._joined < people and time.perf_counter() < deadline_s:
            self._crowd.read_until(time.perf_counter() + 0.05)
        for member in self._members:
            member.updates = 0
        ordered = self._members
        self._talkers = ordered[:TALKERS]
        self._crowd = Crowd(ordered, 0, observed=self._hear, counted=self._count)
        self._crowd.observe(self._talkers)
        self._waits_s: list[float] = []
        self._open = [0] * people
        self._began_s = time.perf_counter()

    def run(self, seconds: float, rate: float, window: int) -> Figures:
        """Warm up, measure, settle."""
        talk = self._at_rate if rate else self._in_window
        pace = rate or window
        talk(WARM_UP_S, pace)
        self._waits_s.clear()
        sent, delivered = self._sent, self._delivered()
        server_s, own_s, began_s = processor_s(self._server), time.process_time(), self._now_s()
        talk(seconds, pace)
        took_s = self._now_s() - began_s
        server_s = processor_s(self._server) - server_s
        load_share = (time.process_time() - own_s) / took_s
        sent, delivered = self._sent - sent, self._delivered() - delivered
        waits_ms = np.array(self._waits_s or [float("inf")]) * 1000
        self._crowd.read_until(time.perf_counter() + SETTLE_S)
        return Figures(
            people=len(self._members),
            joined=self._joined,
            sent=sent,
            delivered=delivered,
            seconds=took_s,
            p50_ms=float(np.percentile(waits_ms, 50, method="lower")),
            p99_ms=float(np.percentile(waits_ms, 99, method="lower")),
            arrived=self._delivered() / max(self._sent * len(self._members), 1),
            server_s=server_s,
            load_share=load_share,
        )

    def _now_s(self) -> float:
        return time.perf_counter() - self._began_s

    def _delivered(self) -> int:
        return sum(member.updates for member in self._members)

    def _say(self, member: Member) -> None:
        text = f"m{round(self._now_s() * 1e6)} {member.number}"
        sent = member.send(event("chat-message", {"content": text}))
        self._sent += sent
        self._open[member.number] += sent

    def _at_rate(self, seconds: float, rate: float) -> None:
        began_s = time.perf_counter()
        for number in range(int(seconds * rate)):
            self._crowd.read_until(began_s + number / rate)
            self._say(self._talkers[number % len(self._talkers)])

    def _in_window(self, seconds: float, window: float) -> None:
        end_s = time.perf_counter() + seconds
        while time.perf_counter() < end_s:
            for member in self._talkers:
                while self._open[member.number] < window and not member.closed:
                    before = self._sent
                    self._say(member)
                    if self._sent == before:
                        break
            self._crowd.read_until(time.perf_counter() + 0.001)

    def _count(self, member: Member, data: bytes) -> None:
        self._joined += data.count(JOINED)
        keep = len(MESSAGE) - 1
        member.updates += data.count(MESSAGE) + (member.rest + data[:keep]).count(MESSAGE)
        member.rest = (member.rest + data)[-keep:] if len(data) < keep else data[-keep:]

    def _hear(self, member: Member, data: bytes) -> None:
        data, end = member.rest + data, 0
        now_s = self._now_s()
        for match in _CONTENT.finditer(data):
            end = match.end()
            member.updates += 1
            if int(match[2]) == member.number:
                self._open[member.number] -= 1
            else:
                self._waits_s.append(now_s - int(match[1]) / 1e6)
        member.rest = data[end:][-4096:]


def main() -> None:
    """Run once and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("pid", type=int)
    parser.add_argument("--people", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rate", type=float, default=0.0)
    parser.add_argument("--window", type=int, default=4)
    parser.add_argument("--core", type=int)
    options = parser.parse_args()
    settle_in(options.core)
    talk = Talk(options.port, options.pid, options.people)
    print(json.dumps(asdict(talk.run(options.seconds, options.rate, options.window))))


if __name__ == "__main__":
    main()
