"""People who walk in one space: the load of the pose benchmark, in a process of its own.

Run: python -m bench.load.walkers PORT PID --people 100 [--binary] [--seconds 3] [--core 1]

Everybody walks along x at one metre a second from the start of the run, so a pose's x tells when it
was sent and the millimetres of either form are milliseconds of age. Prints one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import selectors
import socket
import struct
import time
from dataclasses import asdict, dataclass

import numpy as np
import psutil

from adapters.realtime.websocket import TEXT, frame
from bench.socket_echo import ENGINE_QUERY, Peer, connect

HZ = 10
JOINS_PER_S = 250
JOIN_WITHIN_S = 30.0
WARM_UP_S = 1.5
SAMPLE_EVERY = 8
"""Of so many reads one is searched for ages; all are counted."""

_EVENT = b'["aframe-update"'
_X = re.compile(rb'"x":(\d+\.?\d*)')
_JOINED = b'430[{"success":true'
_PING = b"\x81\x012"
_PONG = b"\x81\x81\0\0\0\0003"
_POSES_HEADER = struct.Struct("<BxHII3i")
_NEAR_BYTES, _FAR_BYTES = 14, 20


@dataclass
class Figures:
    """What one run saw; seconds of processor time are of the measured part only."""

    people: int
    joined: int
    closed: int
    sent: int
    updates: int
    bytes: int
    seconds: float
    p50_ms: float
    p99_ms: float
    server_s: float
    load_share: float


class Walker:
    """One connection; keeps what was cut off at the end of a read."""

    __slots__ = ("head", "rest", "socket", "tail")

    def __init__(self, client: socket.socket, number: int) -> None:
        self.socket = client
        self.rest = b""
        y, z = divmod(number, 32)
        self.head = b'42["aframe-update",{"position":{"x":'
        self.tail = b',"y":%d,"z":%d},"rotation":{"x":0,"y":1.5,"z":0},"voice_enabled":false}]' % (
            y,
            z,
        )

    def pose(self, now_s: float) -> bytes:
        """Return the masked frame of where this person is."""
        text = b"%b%.3f%b" % (self.head, now_s, self.tail)
        return b"\x81\xfe" + len(text).to_bytes(2, "big") + bytes(4) + text


class Walk:
    """All walkers on one selector."""

    def __init__(self, port: int, pid: int, people: int, *, binary: bool) -> None:
        peer = Peer("walker", [], "/socket.io/" + ENGINE_QUERY, "", "40")
        self._selector = selectors.DefaultSelector()
        self._server = psutil.Process(pid)
        self._binary = binary
        self._walkers = [Walker(connect(port, peer), number) for number in range(people)]
        for walker in self._walkers:
            self._selector.register(walker.socket, selectors.EVENT_READ, walker)
        self._began_s = time.perf_counter()
        self._reads = self._joined = self._closed = 0
        self._updates = self._bytes = self._sent = 0
        self._ages: list[float] = []

    def _now_s(self) -> float:
        return time.perf_counter() - self._began_s

    def run(self, seconds: float) -> Figures:
        """Join, warm up, measure."""
        self._join()
        self._walk(WARM_UP_S)
        self._updates = self._bytes = self._sent = 0
        self._ages.clear()
        server_s, own_s = self._server_s(), time.process_time()
        began_s = self._now_s()
        self._walk(seconds)
        took_s = self._now_s() - began_s
        ages = np.array(self._ages or [float("inf")]) * 1000
        return Figures(
            people=len(self._walkers),
            joined=self._joined,
            closed=self._closed,
            sent=self._sent,
            updates=self._updates,
            bytes=self._bytes,
            seconds=took_s,
            p50_ms=float(np.percentile(ages, 50, method="lower")),
            p99_ms=float(np.percentile(ages, 99, method="lower")),
            server_s=self._server_s() - server_s,
            load_share=(time.process_time() - own_s) / took_s,
        )

    def _server_s(self) -> float:
        times = self._server.cpu_times()
        return float(times.user + times.system)

    def _join(self) -> None:
        where: dict[str, str] = {"spaceType": "global", "spaceId": "lobby", "subspace": "bench"}
        if self._binary:
            where["poses"] = "binary"
        text = "420" + json.dumps(["join-space", where])
        plain = frame(TEXT, text.encode())
        head = len(plain) - len(text)
        join = plain[:1] + bytes([plain[1] | 0x80]) + plain[2:head] + bytes(4) + text.encode()
        for number, walker in enumerate(self._walkers):
            self._send(walker, join)
            self._read_until(number / JOINS_PER_S)
        deadline_s = self._now_s() + JOIN_WITHIN_S
        while self._joined < len(self._walkers) and self._now_s() < deadline_s:
            self._read_until(self._now_s() + 0.05)

    def _walk(self, seconds: float) -> None:
        """Send each one's pose at its own moment of the period, and read between."""
        people = len(self._walkers)
        began_s = self._now_s()
        for number in range(int(seconds * HZ * people)):
            due_s = began_s + number / (HZ * people)
            if due_s > self._now_s():
                self._read_until(due_s)
            elif number % 64 == 0:
                self._read(0)
            if self._now_s() > began_s + seconds:
                return
            walker = self._walkers[number % people]
            self._sent += self._send(walker, walker.pose(self._now_s()))

    def _send(self, walker: Walker, data: bytes) -> bool:
        try:
            return walker.socket.send(data) == len(data)
        except OSError:
            return False

    def _read_until(self, due_s: float) -> None:
        self._read(0)
        while (left_s := due_s - self._now_s()) > 0:
            self._read(left_s)

    def _read(self, timeout_s: float) -> None:
        for key, _ in self._selector.select(timeout_s):
            walker: Walker = key.data
            try:
                data = walker.socket.recv(1 << 18)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if not data:
                self._selector.unregister(walker.socket)
                walker.socket.close()
                self._closed += 1
                continue
            self._bytes += len(data)
            self._reads += 1
            if _PING in data:
                self._send(walker, _PONG)
            if self._joined < len(self._walkers):
                self._joined += data.count(_JOINED)
            (self._frames if self._binary else self._events)(walker, data)

    def _events(self, walker: Walker, data: bytes) -> None:
        whole = walker.rest + data
        self._updates += whole.count(_EVENT)
        walker.rest = whole[-len(_EVENT) + 1 :]
        if self._reads % SAMPLE_EVERY == 0:
            now_s = self._now_s()
            # Every event holds the rotation's x as well, which is 0.
            self._ages += [now_s - float(x) for x in _X.findall(data) if x != b"0"]

    def _frames(self, walker: Walker, data: bytes) -> None:
        data = walker.rest + data
        at, end = 0, len(data)
        while end - at >= 2:
            size, head = data[at + 1], 2
            if size == 126:
                size, head = int.from_bytes(data[at + 2 : at + 4], "big"), 4
            elif size == 127:
                size, head = int.from_bytes(data[at + 2 : at + 10], "big"), 10
            if end - at < head + size:
                break
            if data[at] == 0x82:
                self._poses(data[at + head : at + head + size])
            at += head + size
        walker.rest = data[at:]

    def _poses(self, message: bytes) -> None:
        _, near, _, _, x_mm, _, _ = _POSES_HEADER.unpack_from(message)
        far_at = _POSES_HEADER.size + near * _NEAR_BYTES
        self._updates += near + (len(message) - far_at) // _FAR_BYTES
        if self._reads % SAMPLE_EVERY == 0 and near:
            now_s = self._now_s()
            rows = np.frombuffer(message, "<i2", near * 7, _POSES_HEADER.size)
            offsets_mm = rows.reshape(near, 7)[:, 1]
            self._ages += (now_s - (offsets_mm + x_mm) / 1000).tolist()


def main() -> None:
    """Run once and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("pid", type=int)
    parser.add_argument("--people", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--binary", action="store_true")
    parser.add_argument("--core", type=int)
    options = parser.parse_args()
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    walk = Walk(options.port, options.pid, options.people, binary=options.binary)
    print(json.dumps(asdict(walk.run(options.seconds))))


if __name__ == "__main__":
    main()
