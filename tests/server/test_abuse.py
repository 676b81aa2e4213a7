"""Whatever comes in, the server stays well and nobody else notices.

The server runs in this process, so that the tests see what it holds.
"""

from __future__ import annotations

import gc
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Any

import psutil
import pytest
import trio

from actors.space.actor import Space
from adapters.compose import Server
from adapters.postgres.pool import SIZE_MAX
from adapters.realtime.server import Snapshot
from adapters.settings import Settings
from tests.server.bare import connection
from tests.server.people import LOBBY, Crowd, Person, open_room, websocket_url
from tests.server.visits import (
    UPGRADE,
    WEBSOCKET,
    open_engine,
    polite,
    polled,
    polling_desertion,
    polling_visit,
    read_all,
    room_visit,
    rude,
)
from tests.support.postgres import drop_schema, embedded_database, fresh_schema
from tests.support.waiting import eventually

pytestmark = pytest.mark.alone


@dataclass
class Running:
    """The server and how to reach it."""

    server: Server
    url: str

    def holds_only(self, people: int) -> bool:
        """Return whether so many are connected by WebSocket and nothing is left of others."""
        alone = Snapshot(
            sessions=people,
            json_rooms=0,
            websockets=people,
            watched=people,
            lingering=0,
            timers=people,
        )
        sessions = [each for each in self.server.kernel.core.cells if each.startswith("session:")]
        counts = {len(self.server.bridge), len(sessions), self.server.listener.connections}
        return self.server.realtime.snapshot() == alone and counts == {people}


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Running]:
    """A server on a schema of its own, impatient with those who do not say what they want."""
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    database = fresh_schema(embedded_database())
    settings = Settings(
        host="127.0.0.1",
        port=port,
        data=tmp_path,
        handshake_timeout_s=1,
        payload_bytes_max=100_000,
        ping_interval_ms=500,
        ping_timeout_ms=2000,
        recovery_grace_s=1,
        space_users_max=200,
        chat_per_s=100_000,
        joins_per_s=100_000,
        signals_per_s=100_000,
        events_per_s=100_000,
    )
    server = Server(settings, database, None, record=None)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.run)
        await eventually(lambda: not server.why_not_ready())
        yield Running(server, f"http://127.0.0.1:{port}")
        assert server.kernel.core.missing() == 0, "every message is accounted for"
        assert "crash" not in server.kernel.core.ledger.dead, server.kernel.core.ledger.letters
        nursery.cancel_scope.cancel()
    drop_schema(database)


class Pair:
    """Two people who talk all the while, and notice when they cannot."""

    def __init__(self, ann: Person, ben: Person) -> None:
        self.ann = ann
        self.ben = ben
        self.exchanges = 0
        self.slowest_s = 0.0

    async def talk(self) -> None:
        """Say something and hear it, over and over."""
        for number in itertools.count():
            began_s = trio.current_time()
            speaker, listener = (self.ann, self.ben) if number % 2 else (self.ben, self.ann)
            await speaker.emit("aframe-update", {"position": {"x": number, "y": 0, "z": 0}})
            assert (await speaker.say(f"exchange {number}"))["success"]
            await listener.hear("chat-message", content=f"exchange {number}")
            await listener.hear(
                "aframe-update", entityData={"position": {"x": number, "y": 0, "z": 0}}
            )
            self.slowest_s = max(self.slowest_s, trio.current_time() - began_s)
            self.exchanges += 1


@asynccontextmanager
async def undisturbed(running: Running, crowd: Crowd) -> AsyncIterator[Pair]:
    """Two people talk during the block: none is disconnected, nothing takes seconds."""
    space = {"spaceType": "document", "spaceId": "a quiet room"}
    ann = await crowd.connect("ann", running.url, transports=["websocket"])
    ben = await crowd.connect("ben", running.url, transports=["websocket"])
    await ann.join(**space)
    await ben.join(**space)
    pair = Pair(ann, ben)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pair.talk)
        yield pair
        at_the_end = pair.exchanges
        await eventually(lambda: pair.exchanges > at_the_end + 1)
        nursery.cancel_scope.cancel()
    assert pair.slowest_s < 3
    for person in (ann, ben):
        assert not person.all("disconnect")
        assert len(person.all("connect")) == 1


WRONG: list[Any] = [
    None, True, 0, -1, 1e308, "", "x" * 3000, "\x00", [], [[]], {}, {"x": 1}, {"": None},
    {"x": "1", "y": 2, "z": 3}, {"x": 1e300, "y": 0, "z": 0}, {"__proto__": {}}, [{}] * 50,
]  # fmt: skip
FIELDS = {
    "join-space": (
        "spaceType", "spaceId", "subspace", "userAccount", "position", "avatar_data",
        "session_token", "token",
    ),
    "leave-space": ("reason",),
    "chat-message": ("content", "message_type", "type", "parent_message_id", "key"),
    "aframe-update": ("position", "rotation", "entities", "voice_enabled"),
    "webrtc-offer": ("targetSocketId", "offer"),
    "webrtc-answer": ("targetSocketId", "answer"),
    "webrtc-ice-candidate": ("targetSocketId", "candidate"),
}  # fmt: skip
GOOD: dict[str, dict[str, Any]] = {
    "join-space": {**LOBBY},
    "leave-space": {},
    "chat-message": {"content": "fine"},
    "aframe-update": {"position": {"x": 0, "y": 0, "z": 0}},
    "webrtc-offer": {"targetSocketId": "x" * 20, "offer": {}},
    "webrtc-answer": {"targetSocketId": "x" * 20, "answer": {}},
    "webrtc-ice-candidate": {"targetSocketId": "x" * 20, "candidate": {}},
}


async def test_wrong_types_everywhere_are_answered_in_words(running: Running, crowd: Crowd) -> None:
    """Every value in every field of every event: a yes or a no with a code, and life goes on."""
    ann = await crowd.connect("ann", running.url)
    answers = []
    for event, fields in FIELDS.items():
        payloads = [*WRONG]
        payloads += [{**GOOD[event], field: wrong} for field in fields for wrong in WRONG]
        for payload in payloads:
            await ann.emit("join-space", LOBBY)
            await ann.emit(event, payload)
            await ann.emit(event)
        answers += [await ann.ask(event, payload) for payload in WRONG if event != "aframe-update"]
    for name in ("no-such-event", "message", "__proto__", "toString", "x" * 500, " "):
        answers.append(await ann.ask(name, {}))
        assert answers[-1]["code"] == "unknown_event"
    assert all(answer.get("success") is True or answer.get("code") for answer in answers), answers
    assert not any(answer.get("code") == "internal_error" for answer in answers)
    await ann.join()
    assert (await ann.say("still here"))["success"]
    assert len(ann.all("connect")) == 1


async def test_malformed_packets_end_their_connection_only(running: Running, crowd: Crowd) -> None:
    """Engine.IO, Socket.IO and WebSocket garbage, oversized frames: closed, or told, not 5xx."""
    packets = [
        "", "9", "x", "2", "3", "5", "2probe", "4", "4x", "49", "42", "42{", "42[]", "42[1]",
        '42["join-space"', '451-["x",{"_placeholder":true,"num":9}]', "45", "459999999-[]",
        "43", "430[]", '42/nowhere,["x"]', "40/a,{", "44", "41", '42["connect"]',
        '42["disconnect",{}]', f'42["join-space",{"[" * 5000}{"]" * 5000}]', "4" + "x" * 200_000,
    ]  # fmt: skip
    frames = [b"\x81\x00", b"\xff\xff", b"\xc1\x80\0\0\0\0", b"\x89\xff" + bytes(12), b"\x83\x80"]
    frames += [b"\x82\xff\x7f" + b"\xff" * 7 + bytes(4), b"\x81\x81\0\0\0\0\xff"]
    requests = [
        b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 100,
        b"GET / HTTP/1.1\r\nHost: h\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
        b"POST /api/auth/guest HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\n\r\n" + bytes(9),
        b"POST /api/auth/guest HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n",
        b"POST /api/auth/guest HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        f"GET {WEBSOCKET} HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n".encode(),
        f"GET {WEBSOCKET.replace('4', '3', 1)} HTTP/1.1\r\n{UPGRADE}".encode(),
        b"GET /../../etc/passwd HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /%00%ff HTTP/1.1\r\nHost: h\r\n\r\n",
    ]  # fmt: skip
    async with undisturbed(running, crowd):
        for packet in packets:
            async with open_engine(running.url) as send:
                await send(packet)
            status = await polled(running.url, packet)
            assert status in {200, 400, 413}, (packet, status)
        for frame in frames:
            async with connection(running.url) as stream:
                await stream.send_all(f"GET / HTTP/1.1\r\n{UPGRADE}".encode() + frame)
                await stream.send_eof()
                assert (await read_all(stream)).startswith(b"HTTP/1.1 101 ")
        for request in requests:
            async with connection(running.url) as stream:
                await stream.send_all(request)
                await stream.send_eof()
                answer = await read_all(stream)
            assert answer[:10] in {b"", b"HTTP/1.1 4", b"HTTP/1.1 2"}, (request[:60], answer)


async def test_those_who_never_finish_are_let_go(running: Running, crowd: Crowd) -> None:
    """No word, half a head, half an upgrade: closed after the handshake's second."""
    heads = [b"", b"GET / HT", b"GET /socket.io/?EIO=4 HTTP/1.1\r\nUpgrade: websocket\r\n"]
    async with undisturbed(running, crowd):
        began_s = trio.current_time()
        for head in heads:
            async with connection(running.url) as stream:
                await stream.send_all(head)
                answer = await read_all(stream)
                assert answer[:12] in {b"", b"HTTP/1.1 408"}
        assert trio.current_time() - began_s < 3 * len(heads)
        before = running.server.listener.connections
        async with connection(running.url) as stream:
            half = b"POST /api/auth/guest HTTP/1.1\r\nHost: h\r\nContent-Length: 50\r\n\r\n{"
            await stream.send_all(half)
            await eventually(lambda: running.server.listener.connections == before + 1)
        await eventually(lambda: running.server.listener.connections == before)


async def test_a_thousand_come_and_go_in_ten_seconds_and_leave_nothing(
    running: Running, crowd: Crowd
) -> None:
    """Every transport, joining or not, leaving politely or not, while two others talk.

    Then tasks, sockets, descriptors, sessions and memory are where they were.
    """
    visits = [polite, rude, room_visit, polling_visit, polling_desertion]

    async def rush(count: int) -> None:
        limit = trio.CapacityLimiter(25)

        async def one(number: int) -> None:
            async with limit:
                await visits[number % len(visits)](running.url, bool(number % 3))

        async with trio.open_nursery() as nursery:
            for number in range(count):
                nursery.start_soon(one, number)

    async with undisturbed(running, crowd) as pair:
        await rush(150)  # What is made once, is made now.
    await eventually(lambda: running.holds_only(2))
    gc.collect()
    memory, files = psutil.Process().memory_info().rss, psutil.Process().num_fds()
    tasks = trio.lowlevel.current_statistics().tasks_living
    async with undisturbed_again(pair):
        began_s = trio.current_time()
        await rush(1000)
        took_s = trio.current_time() - began_s
    await eventually(lambda: running.holds_only(2))
    await eventually(lambda: trio.lowlevel.current_statistics().tasks_living <= tasks)
    gc.collect()
    assert took_s < 10
    assert psutil.Process().num_fds() <= files + SIZE_MAX, "the database's pool may have grown"
    assert psutil.Process().memory_info().rss - memory < 12_000_000
    lobby = running.server.kernel.core.cells["space:global:lobby:main"].actor
    assert isinstance(lobby, Space)
    await eventually(lambda: not lobby.state.roster)
    await pair.ann.say("all gone?")


@asynccontextmanager
async def undisturbed_again(pair: Pair) -> AsyncIterator[None]:
    """As `undisturbed`, with people who are connected already."""
    async with trio.open_nursery() as nursery:
        talk = Pair(pair.ann, pair.ben)
        pair.ann.heard.clear()
        pair.ben.heard.clear()
        nursery.start_soon(talk.talk)
        yield
        nursery.cancel_scope.cancel()
    assert talk.exchanges > 5
    assert talk.slowest_s < 3
    assert not pair.ann.all("disconnect") + pair.ben.all("disconnect")


async def test_oversized_frames_close_the_room_and_nothing_else(
    running: Running, crowd: Crowd
) -> None:
    """Beyond `payload_bytes_max` the connection is closed with 1009, in every protocol."""
    room = open_room("page", websocket_url(running.url))
    async with undisturbed(running, crowd), room as page:
        await page.send("join-space", **LOBBY)
        await page.hear("space-joined")
        await page.send("blob", blob="x" * 150_000)
        await eventually(lambda: page.websocket.closed is not None)
        assert page.websocket.closed is not None
        assert page.websocket.closed.code == 1009
