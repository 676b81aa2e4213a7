"""People who lose their connections under chat and come back: the load of the resume benchmark.

Run: python -m bench.load.droppers PORT PID --drops 200 [--people 40] [--rate 200] [--core 1]

One talker sends numbered messages; a witness hears them all, and the others lose their connections
in turn. Whoever comes back says, as the stock client does, which connection it was and the last
position it had. It is back when it has all that the witness had at that moment. Prints one JSON
object.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import selectors
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
import psutil

from bench.load.process import processor_s, settle_in
from bench.load.wire import CLOSE, PONG, UPGRADE, event, frames, join_frame, masked

AWAY_S_MAX = 0.3
SETTLE_S = 10.0
UNHEARD_MAX = 16
"""Messages under way: half of what a session takes before it refuses one, which nobody would hear.
"""
WAYS = ("cut", "close", "vanish")
"""A reset; a goodbye of the machine, not of the client; and nothing at all: the server finds out by
the return. Socket.IO then knows no such session, or, of one that had come back before, takes the
new socket out of its room when the old connection ends."""

_CONTENT = re.compile(rb'"content":"m(\d+)"')
_OFFSET = re.compile(rb'\},"([^"\\]+)"\]$')
_RESET = struct.pack("ii", 1, 0)


@dataclass
class Figures:
    """What was seen.

    Attributes:
        resumed: came back as the same socket; `resynced` as another, and so were told to join anew.
        missed, twice: messages that a socket lacked, or was handed again.
        late: who had not heard the last message `SETTLE_S` after it was sent.
        back_p50_ms, back_p99_ms: from a new connection's first byte to all that the witness had
            then, of those who resumed.
    """

    people: int
    drops: int
    resumed: int
    resynced: int
    sent: int
    heard: int
    missed: int
    twice: int
    late: int
    back_p50_ms: float
    back_p99_ms: float
    seconds: float
    server_s: float
    load_share: float


class Client:
    """One person, over all connections."""

    def __init__(self, port: int, selector: selectors.BaseSelector) -> None:
        self._port = port
        self._selector = selector
        self._socket: socket.socket | None = None
        self._vanished: socket.socket | None = None
        self._rest = b""
        self._upgraded = False
        self._id = self._pid = self._offset = ""
        self.connected = self.joined = self.closed = False
        self.last = self.heard = self.missed = self.twice = 0
        self.resumed = self.resynced = 0
        self.owed = 0
        """The message with which it is back; 0 when it does not come back."""
        self.began_s = 0.0
        self.back_s: list[float] = []

    def connect(self) -> None:
        """Begin a new connection."""
        self.began_s = time.perf_counter()
        self._rest, self._upgraded = b"", False
        client = self._socket = socket.create_connection(("127.0.0.1", self._port))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(UPGRADE)
        client.settimeout(0)
        self._selector.register(client, selectors.EVENT_READ, self)

    def drop(self, way: str) -> None:
        """Lose the connection."""
        assert self._socket is not None, "it has one"
        self._selector.unregister(self._socket)
        self.connected = False
        if way == "vanish":
            self._vanished = self._socket
            return
        if way == "cut":
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._socket.close()

    def come_back(self, newest: int) -> None:
        """Connect again; whoever has message `newest` is back."""
        self.owed = max(newest, self.last)
        self.connect()

    def say(self, number: int) -> None:
        """Send a message."""
        assert self._socket is not None, "the talker keeps its connection"
        self._socket.sendall(event("chat-message", {"content": f"m{number}"}))

    def read(self) -> None:
        """Take what has come."""
        assert self._socket is not None, "it is on the selector"
        try:
            data = self._socket.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._selector.unregister(self._socket)
            self.closed, self.connected = True, False
            return
        data, end = self._rest + data, 0
        if not self._upgraded:
            end = data.find(b"\r\n\r\n") + 4
            if end < 4:
                self._rest = data
                return
            self._upgraded = True
        data, end = data[end:], 0
        for kind, begin, end in frames(data):
            if kind != CLOSE:
                self._take(data[begin:end])
        self._rest = data[end:]

    def _take(self, packet: bytes) -> None:
        assert self._socket is not None, "it is being read"
        if packet.startswith(b"42"):
            self._event(packet)
        elif packet == b"2":
            self._socket.sendall(PONG)
        elif packet.startswith(b"0{"):
            claim = {"pid": self._pid} | ({"offset": self._offset} if self._offset else {})
            self._socket.sendall(masked("40" + (json.dumps(claim) if self._pid else "")))
        elif packet.startswith(b"40{"):
            self._accepted(json.loads(packet[2:]))
        elif packet.startswith(b"430"):
            self.joined = True

    def _accepted(self, answer: dict[str, str]) -> None:
        assert self._socket is not None, "it is being read"
        if self._vanished is not None:
            self._vanished.close()
            self._vanished = None
        again, self._id, self._pid = self._id, answer["sid"], answer.get("pid", "")
        self.connected = True
        if again == self._id:
            self.resumed += 1
            self._see_whether_back()
            return
        self.resynced += bool(again)
        self.owed = self.last = 0
        self.joined = False
        self._socket.sendall(join_frame(subspace="resume"))

    def _event(self, packet: bytes) -> None:
        offset = _OFFSET.search(packet)
        if offset is not None:
            self._offset = offset[1].decode()
        content = _CONTENT.search(packet)
        if content is None:
            return
        number = int(content[1])
        self.heard += 1
        if self.last and number <= self.last:
            self.twice += 1
            return
        self.missed += number - self.last - 1 if self.last else 0
        self.last = number
        self._see_whether_back()

    def _see_whether_back(self) -> None:
        if self.owed and self.connected and self.last >= self.owed:
            self.back_s.append(time.perf_counter() - self.began_s)
            self.owed = 0


class Drops:
    """All people of one run."""

    def __init__(self, port: int, pid: int, people: int, rate: float) -> None:
        self._server = psutil.Process(pid)
        self._rate = rate
        self._selector = selectors.DefaultSelector()
        self._chance = random.Random(3)
        self._talker, self._witness, *self._people = (
            Client(port, self._selector) for _ in range(people + 2)
        )
        self._sent = 0
        self._away: list[tuple[float, Client]] = []
        self._all = [self._talker, self._witness, *self._people]
        for client in self._all:
            client.connect()
            self._read_for(0.002)
        self._read_until_all(lambda client: client.joined)
        self._began_s = _now_s()

    def run(self, drops: int, each_s: float) -> Figures:
        """Drop so many, one each so often, while the talker talks."""
        self._talk(0.5)
        server_s, own_s, began_s = processor_s(self._server), time.process_time(), _now_s()
        dropped = 0
        while dropped < drops and _now_s() < began_s + 10 * drops * each_s:
            person = self._people[self._chance.randrange(len(self._people))]
            if person.connected and person.joined and not person.owed:
                person.drop(WAYS[dropped % len(WAYS)])
                back_s = _now_s() + self._chance.uniform(0, AWAY_S_MAX)
                self._away.append((back_s, person))
                dropped += 1
            self._talk(each_s)
        self._talk(2 * AWAY_S_MAX)
        took_s = _now_s() - began_s
        server_s = processor_s(self._server) - server_s
        load_share = (time.process_time() - own_s) / took_s
        hearers = [self._witness, *self._people]
        self._read_until_all(lambda client: client is self._talker or client.last == self._sent)
        back_ms = np.array([s for client in hearers for s in client.back_s] or [np.inf]) * 1000
        return Figures(
            people=len(self._people),
            drops=dropped,
            resumed=sum(client.resumed for client in hearers),
            resynced=sum(client.resynced for client in hearers),
            sent=self._sent,
            heard=sum(client.heard for client in hearers),
            missed=sum(client.missed for client in hearers),
            twice=sum(client.twice for client in hearers),
            late=sum(client.last != self._sent for client in hearers),
            back_p50_ms=float(np.percentile(back_ms, 50, method="lower")),
            back_p99_ms=float(np.percentile(back_ms, 99, method="lower")),
            seconds=took_s,
            server_s=server_s,
            load_share=load_share,
        )

    def _talk(self, seconds: float) -> None:
        """Send each message at its moment, let those come back whose time it is, and read."""
        end_s = _now_s() + seconds
        while (now_s := _now_s()) < end_s:
            due = (now_s - self._began_s) * self._rate
            while self._sent < min(due, self._talker.last + UNHEARD_MAX):
                self._sent += 1
                self._talker.say(self._sent)
            back = [person for due_s, person in self._away if due_s <= now_s]
            self._away = [one for one in self._away if one[0] > now_s]
            for person in back:
                person.come_back(self._witness.last)
            self._read_for(0.001)

    def _read_for(self, seconds: float) -> None:
        for key, _ in self._selector.select(seconds):
            key.data.read()

    def _read_until_all(self, done: Callable[[Client], bool]) -> None:
        end_s = _now_s() + SETTLE_S
        while not all(done(client) for client in self._all) and _now_s() < end_s:
            self._read_for(0.01)


def _now_s() -> float:
    return time.perf_counter()


def main() -> None:
    """Run once and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("pid", type=int)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--drops", type=int, default=200)
    parser.add_argument("--each", type=float, default=0.025, help="seconds from drop to drop")
    parser.add_argument("--rate", type=float, default=200.0, help="messages a second")
    parser.add_argument("--core", type=int)
    options = parser.parse_args()
    settle_in(options.core)
    drops = Drops(options.port, options.pid, options.people, options.rate)
    print(json.dumps(asdict(drops.run(options.drops, options.each))))


if __name__ == "__main__":
    main()
