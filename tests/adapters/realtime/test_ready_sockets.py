"""Many sockets read by one task: each has its turn, and none outlives its end."""

from __future__ import annotations

import os
import re
import socket
import struct
from functools import partial

import pytest
import trio
import trio.testing

from adapters.realtime import Encoded, Json, RealtimeSettings, Socket
from adapters.realtime.readiness import (
    BUSY_PER_S,
    GATHER_MAX_S,
    GATHER_MIN_S,
    JUDGE_EVERY_S,
    SOCKETS_TOGETHER,
    Readiness,
    gathering_s,
)
from adapters.realtime.websocket import TEXT, frame
from adapters.realtime.wire import TURN_BYTES, SocketWire
from tests.adapters.realtime.support import EchoApp, Served, serving
from tests.adapters.realtime.test_hostile_clients import masked, raw_client

SIO = "/socket.io/?EIO=4&transport=websocket"
CALM = RealtimeSettings(close_timeout_s=2.0)


def event(name: str, *args: str) -> bytes:
    """A client's frame with one event in the root namespace."""
    listed = ",".join(f'"{each}"' for each in (name, *args))
    return masked(frame(TEXT, f"42[{listed}]".encode()))


class CrowdApp(EchoApp):
    """Knows who sent what; `expel` ends everybody else."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, str]] = []

    def event(self, socket: Socket, name: str, args: list[Json], ack: int | None) -> None:
        self.heard.append((socket.id, name))
        if name == "expel":
            for other in [each for each in self.sockets if each is not socket]:
                other.disconnect(close=True)
        self.changed()


async def joined(served: Served) -> trio.SocketStream:
    """A bare socket in the root namespace, its greeting read."""
    stream = await raw_client(served, SIO)
    await stream.send_all(masked(frame(TEXT, b"40")))
    received = b""
    while b"auth" not in received:
        received += await stream.receive_some()
    return stream


def put(stream: trio.SocketStream, data: bytes) -> int:
    """Write at once; return how many bytes the kernel took.

    The server, in the same thread, sees nothing before all of it is there.
    """
    return os.write(stream.socket.fileno(), data)


async def test_who_floods_has_a_turn_like_everybody_else() -> None:
    """What another sends after a long flood is heard after a fraction of it."""
    app = CrowdApp()
    async with serving(CALM, app) as served:
        loud, calm = await joined(served), await joined(served)
        shout = event("shout")
        shouts = put(loud, shout * (100_000 // len(shout))) // len(shout)
        assert shouts * len(shout) > 5 * TURN_BYTES
        put(calm, event("whisper"))
        await app.until(lambda: any(name == "whisper" for _, name in app.heard))
        before = [name for _, name in app.heard].index("whisper")
        assert before <= 2 * TURN_BYTES // len(shout)
        await app.until(lambda: len(app.heard) == shouts + 1)
        for stream in (loud, calm):
            await stream.aclose()


async def test_everybody_is_heard_while_some_flood() -> None:
    """Twenty who never stop and a hundred with one word each: all words arrive among the first."""
    app = CrowdApp()
    async with serving(CALM, app) as served:
        loud = [await joined(served) for _ in range(20)]
        calm = [await joined(served) for _ in range(100)]
        shout = event("shout")
        for stream in loud:
            put(stream, shout * (50_000 // len(shout)))
        for stream in calm:
            put(stream, event("whisper"))
        await app.until(lambda: sum(name == "whisper" for _, name in app.heard) == len(calm))
        assert len(app.heard) <= len(calm) + 20 * 3 * TURN_BYTES // len(shout)
        for stream in loud + calm:
            await stream.aclose()


async def test_who_is_ended_by_another_in_the_same_batch_is_heard_no_more() -> None:
    """What had arrived behind the end is for nobody: the App has taken leave."""
    app = CrowdApp()
    async with serving(CALM, app) as served:
        first, second = await joined(served), await joined(served)
        second_id = app.sockets[1].id
        put(first, event("expel"))
        put(second, event("too late"))
        await app.until(lambda: app.gone)
        await trio.testing.wait_all_tasks_blocked()
        assert app.gone == [(second_id, "server namespace disconnect")]
        assert [name for _, name in app.heard] == ["expel"]
        for stream in (first, second):
            await stream.aclose()


async def test_what_came_before_the_end_of_a_half_closed_socket_is_heard() -> None:
    """A client may stop sending and still be answered what it said."""
    async with serving(CALM) as served:
        stream = await joined(served)
        put(stream, event("message", "x") * 500)  # Several turns.
        stream.socket.shutdown(trio.socket.SHUT_WR)
        answers = b""
        with trio.fail_after(5):
            while received := await stream.receive_some():
                answers += received
        assert answers.count(b"message-back") == 500
        assert [reason for _, reason in served.app.gone] == ["transport close"]
        await stream.aclose()


async def test_a_reset_ends_one_socket() -> None:
    """It is no end of the task that reads for all."""
    async with serving(CALM) as served:
        broken, other = await joined(served), await joined(served)
        broken.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        await broken.aclose()
        await served.app.until(lambda: served.app.gone)
        assert [reason for _, reason in served.app.gone] == ["transport error"]
        put(other, event("message", "still here"))
        with trio.fail_after(5):
            assert b"still here" in await other.receive_some()
        await other.aclose()


async def test_a_message_of_many_turns_arrives_whole() -> None:
    """Once a frame's size is known, larger pieces are read; the next frame is read as usual."""
    path = "/engine.io/?EIO=4&transport=websocket"
    async with serving(CALM) as served, served.websocket(path) as websocket:
        await websocket.get_message()
        for size in (TURN_BYTES - 1, 900_000, 1, 70_000):
            message = os.urandom(size)
            await websocket.send_message(message)
            with trio.fail_after(5):
                assert await websocket.get_message() == message


async def test_what_is_answered_in_one_batch_arrives_in_order() -> None:
    """Answers leave at a batch's end, or before it when there are many or one is large."""
    texts = [f"{number}:{'x' * size}" for number, size in enumerate([1, 30_000, 300, *[5] * 70])]
    async with serving(CALM) as served:
        stream = await joined(served)
        await stream.send_all(b"".join(event("message", text) for text in texts))
        answers = b""
        with trio.fail_after(5):
            while answers.count(b"message-back") < len(texts):
                answers += await stream.receive_some()
        assert re.findall(rb'message-back","(\d+:x+)"', answers) == [
            each.encode() for each in texts
        ]
        await stream.aclose()


class HostApp(EchoApp):
    """Says goodbye to whoever says so, and shows them out."""

    def event(self, socket: Socket, name: str, args: list[Json], ack: int | None) -> None:
        for word in ("so", "long"):
            socket.emit(Encoded(word, ()))
        socket.disconnect(close=True)


async def test_who_is_sent_away_gets_what_was_sent_before() -> None:
    """In one batch: two events, the packet that disconnects, and the close frame."""
    async with serving(CALM, HostApp()) as served:
        stream = await joined(served)
        put(stream, event("goodbye"))
        received = b""
        with trio.fail_after(5):
            while b"\x88\x02\x03\xe8" not in received:
                received += await stream.receive_some()
        assert [*re.findall(rb'42\["(\w+)"\]|(41)', received)] == [
            (b"so", b""), (b"long", b""), (b"", b"41"),
        ]  # fmt: skip
        await stream.aclose()


async def test_a_client_that_reads_no_answers_is_asked_to_wait() -> None:
    """It is not read either, so its requests wait on its side; once it reads, all are met."""
    settings = RealtimeSettings(outbox_bytes_max=200_000)
    count = 3000
    async with serving(settings) as served:
        stream = await raw_client(served, SIO, receive_buffer=4096)
        await stream.send_all(masked(frame(TEXT, b"40")))
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stream.send_all, event("message", "x" * 5000) * count)
            await trio.testing.wait_all_tasks_blocked(0.05)
            asked = len(served.app.events)
            assert 0 < asked < count
            assert len(served.app.sockets) == 1
            answers = 0
            rest = b""
            with trio.fail_after(30):
                while answers < count:
                    rest += await stream.receive_some()
                    answers += rest.count(b"message-back")
                    rest = rest[-len(b"message-back") + 1 :]
        await stream.aclose()


async def test_a_fault_in_what_takes_a_socket_s_bytes_ends_that_socket_alone() -> None:
    """It is raised where the socket's own task waits; the others are read on."""
    readiness = Readiness()
    heard: list[bytes] = []

    def fail(data: bytes) -> int:
        raise ZeroDivisionError

    def take(data: bytes) -> int:
        heard.append(data)
        return 1

    async with trio.open_nursery() as nursery:
        nursery.start_soon(readiness.run)
        good, good_peer = trio.socket.socketpair()
        bad, bad_peer = trio.socket.socketpair()
        nursery.start_soon(SocketWire(trio.SocketStream(good), readiness).deliver, take)
        await bad_peer.send(b"x")
        with pytest.raises(ZeroDivisionError):
            await SocketWire(trio.SocketStream(bad), readiness).deliver(fail)
        await good_peer.send(b"y")
        with trio.fail_after(5):
            while not heard:
                await trio.lowlevel.checkpoint()
        assert heard == [b"y"]
        assert len(readiness) == 1
        nursery.cancel_scope.cancel()
    assert len(readiness) == 0
    for each in (good, good_peer, bad, bad_peer):
        each.close()


class Crowd:
    """Sockets that are watched, each with a peer that says something, and how much was heard."""

    def __init__(self, readiness: Readiness, size: int) -> None:
        self.pairs = [socket.socketpair() for _ in range(size)]
        self.said = 0
        self.heard = 0
        for reader, _ in self.pairs:
            reader.settimeout(0)
            readiness.watch(reader.fileno(), partial(self._turn, reader))

    def _turn(self, reader: socket.socket) -> None:
        self.heard += len(reader.recv(100))

    def say(self) -> None:
        for _, writer in self.pairs:
            self.said += writer.send(b"x")

    def close(self) -> None:
        for pair in self.pairs:
            for each in pair:
                each.close()


async def test_three_hundred_sockets_are_read_in_few_looks_at_other_tasks() -> None:
    """Reading is a call, not a task switch: other tasks run a few times, not once a socket."""
    readiness = Readiness()
    crowd = Crowd(readiness, 300)
    crowd.say()
    looks = 0
    async with trio.open_nursery() as nursery:
        nursery.start_soon(readiness.run)
        with trio.fail_after(5):
            while crowd.heard < crowd.said:
                await trio.lowlevel.checkpoint()
                looks += 1
        nursery.cancel_scope.cancel()
    assert looks < 30
    crowd.close()


def test_a_batch_waits_for_company_and_never_long() -> None:
    """What is rare is heard at once, and how long others wait has a bound at any rate."""
    assert gathering_s(BUSY_PER_S - 1) == 0
    assert gathering_s(BUSY_PER_S) == GATHER_MAX_S
    between_per_s = SOCKETS_TOGETHER / (GATHER_MIN_S + GATHER_MAX_S) * 2
    assert gathering_s(between_per_s) * between_per_s == pytest.approx(SOCKETS_TOGETHER)
    assert gathering_s(1_000_000) == GATHER_MIN_S


async def test_only_a_steady_stream_is_gathered() -> None:
    """Thousands of turns a second may wait for each other a little; after quiet none waits."""
    readiness = Readiness()
    crowd = Crowd(readiness, 10)

    async def all_heard_at_once() -> bool:
        for _ in range(10):
            await trio.lowlevel.checkpoint()
        return crowd.heard == crowd.said

    async def one_is_gathered() -> None:
        while await all_heard_at_once():
            crowd.say()

    async def all_are_heard() -> None:
        while not await all_heard_at_once():
            pass

    async with trio.open_nursery() as nursery:
        nursery.start_soon(readiness.run)
        crowd.say()
        assert await all_heard_at_once()
        with trio.fail_after(10):
            await one_is_gathered()
            await all_are_heard()
            quiet_until_s = trio.current_time() + 2 * JUDGE_EVERY_S
            while trio.current_time() < quiet_until_s:
                await trio.lowlevel.checkpoint()
        for _ in range(3):
            crowd.say()
            assert await all_heard_at_once()
        nursery.cancel_scope.cancel()
    crowd.close()
