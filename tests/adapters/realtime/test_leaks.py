"""Who has gone leaves nothing behind."""

from __future__ import annotations

import gc
import json

import psutil
import trio
import trio.testing

from adapters.realtime import RealtimeSettings
from tests.adapters.realtime.support import UPGRADE, Served, serving

POLL = "/socket.io/?EIO=4&transport=polling"


async def websocket_visit(served: Served) -> None:
    """Connect, join the root namespace, and drop the connection without a word."""
    stream = await trio.open_tcp_stream("127.0.0.1", served.port)
    lines = ["GET /socket.io/?EIO=4&transport=websocket HTTP/1.1", "Host: h"]
    lines += [f"{name}: {UPGRADE[name]}" for name in UPGRADE]
    await stream.send_all(("\r\n".join(lines) + "\r\n\r\n").encode() + b"\x81\x82\0\0\0\x0040")
    received = b""
    while b"auth" not in received:
        received += await stream.receive_some()
    await stream.aclose()


async def polling_visit(served: Served) -> None:
    """Open a session, join, and close it."""
    stream = await trio.open_tcp_stream("127.0.0.1", served.port)

    async def ask(method: str, path: str, body: str = "") -> str:
        head = f"{method} {path} HTTP/1.1\r\nHost: h\r\nContent-Length: {len(body)}\r\n\r\n"
        await stream.send_all((head + body).encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += await stream.receive_some()
        headers, _, rest = answer.partition(b"\r\n\r\n")
        length = int(headers.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(rest) < length:
            rest += await stream.receive_some()
        return rest.decode()

    sid = json.loads((await ask("GET", POLL))[1:])["sid"]
    assert await ask("POST", f"{POLL}&sid={sid}", "40") == "ok"
    assert "auth" in await ask("GET", f"{POLL}&sid={sid}")
    assert await ask("POST", f"{POLL}&sid={sid}", "1") == "ok"
    await stream.aclose()


async def visits(served: Served, count: int) -> None:
    """Let `count` clients of each transport come and go, twenty at a time."""
    limit = trio.CapacityLimiter(20)

    async def one(number: int) -> None:
        async with limit:
            await (websocket_visit if number % 2 else polling_visit)(served)

    async with trio.open_nursery() as nursery:
        for number in range(2 * count):
            nursery.start_soon(one, number)
    with trio.fail_after(10):
        while served.connections or served.app.sockets:
            await trio.lowlevel.checkpoint()
        await trio.testing.wait_all_tasks_blocked()  # The last handlers are on their way out.


async def test_a_thousand_visits_leave_no_session_no_task_no_file_and_no_memory() -> None:
    """Tables, timers, tasks, the epoll set and the process are where they were."""
    async with serving(RealtimeSettings()) as served:
        await visits(served, 100)  # What is made once, is made now.
        served.app.gone.clear()
        served.app.handshakes.clear()
        gc.collect()
        tasks_before = trio.lowlevel.current_statistics().tasks_living
        objects_before = len(gc.get_objects())
        memory_before = psutil.Process().memory_info().rss
        files_before = psutil.Process().num_fds()

        await visits(served, 500)

        assert len(served.app.gone) == 1000
        served.app.gone.clear()
        served.app.handshakes.clear()
        gc.collect()
        snapshot = served.server.snapshot()
        assert (snapshot.sessions, snapshot.json_rooms, snapshot.websockets) == (0, 0, 0)
        assert (snapshot.lingering, snapshot.timers, snapshot.watched) == (0, 0, 0)
        assert psutil.Process().num_fds() == files_before
        assert trio.lowlevel.current_statistics().tasks_living == tasks_before
        assert len(gc.get_objects()) - objects_before < 1000  # Under one an arrival.
        assert psutil.Process().memory_info().rss - memory_before < 8_000_000
