"""SIGTERM: people are told, writes finish, the process ends well and soon, whoever hangs on."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import pytest
import trio
from trio_websocket import ConnectionClosed

from tests.server.bare import BareHttp, CutOff, connection
from tests.server.people import LOBBY, Crowd, Person, open_room, websocket_url
from tests.support.live_server import LiveServer

pytestmark = pytest.mark.alone

ENDS_WITHIN_S = 5.0  # The setting's four and one to spare; by default it is eight.
CHAT = "/api/chat/global/lobby/messages"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that may be stopped; it lets slow clients be slow, and is in a hurry to end."""
    directory = tmp_path_factory.mktemp("drained")
    server = LiveServer(directory, outbox_bytes_max="100000000", drain_timeout_s="4")
    try:
        yield server.start()
    finally:
        server.stop()


async def terminated(server: LiveServer) -> float:
    """Send SIGTERM, see exit code 0, return how many seconds it took."""
    began_s = trio.current_time()
    assert await trio.to_thread.run_sync(server.terminate) == 0
    return trio.current_time() - began_s


async def test_clients_are_told_and_come_back_to_the_successor(
    own: LiveServer, crowd: Crowd
) -> None:
    """`server-draining`, a lost connection, the stock client's reconnect, and they meet again."""
    people: list[Person] = []
    for transports in (["websocket"], ["polling"], ["polling", "websocket"]):
        name = " ".join(transports)
        people.append(await crowd.connect(name, own.url, join=LOBBY, transports=transports))
        await people[-1].hear("space-joined")
    async with open_room("page", websocket_url(own.url)) as page:
        await page.send("join-space", **LOBBY)
        await page.hear("space-joined")
        assert await terminated(own) < ENDS_WITHIN_S
        await page.hear("server-draining")
        with pytest.raises(ConnectionClosed) as closed:
            await page.send("too-late")
        assert closed.value.reason is not None
        assert closed.value.reason.code == 1012, "service restart"
    for person in people:
        assert (await person.hear("server-draining"))["reconnect_in_ms"] > 0
        assert (await person.hear("disconnect"))["reason"].startswith("transport ")
    await trio.to_thread.run_sync(own.start)
    for person in people:
        await person.hear("space-joined", nth=2)
    for person in people:
        assert (await person.say(f"{person.name} is back"))["success"]
    for person in people:
        for other in people:
            await person.hear("chat-message", content=f"{other.name} is back")
        assert len(person.all("connect")) == 2
    for person in people[1:]:
        await person.disconnect()
        await people[0].hear("user-left", socketId=person.id)


async def test_writes_under_way_finish(own: LiveServer, crowd: Crowd) -> None:
    """Who posts while the server stops is answered yes or no; each yes is in the database."""
    ann = await crowd.member("ann", own.url, reconnection=False)
    acknowledged: list[str] = []
    statuses: list[int] = []
    started = trio.Event()

    async def post(person: int) -> None:
        async with connection(own.url) as stream:
            http = BareHttp(stream)
            for number in itertools.count():
                content = f"while draining {person}.{number}"
                try:
                    status, _ = await http.post(CHAT, {"content": content})
                except CutOff:
                    return
                statuses.append(status)
                if status == 200:
                    acknowledged.append(content)
                if number == 3:
                    started.set()

    async with trio.open_nursery() as nursery:
        for person in range(4):
            nursery.start_soon(post, person)
        for number in range(20):
            nursery.start_soon(ann.say, f"socket while draining {number}")
        await started.wait()
        assert await terminated(own) < ENDS_WITHIN_S
        await ann.hear("disconnect")
        await ann.hear("ack", nth=20)
    assert set(statuses) <= {200, 503}
    acks = [answer["answer"] for answer in ann.all("ack")]
    acknowledged += [ack["message"]["content"] for ack in acks if ack.get("success")]
    await trio.to_thread.run_sync(own.start)
    found: set[str] = set()
    async with httpx.AsyncClient(base_url=own.url, timeout=15) as http:
        for offset in range(0, 10_000, 100):
            page = (await http.get(CHAT, params={"limit": 100, "offset": offset})).json()
            found |= {message["content"] for message in page["messages"]}
            if not page["has_more"]:
                break
    assert set(acknowledged) <= found


async def test_those_who_hang_on_do_not_hold_it_up(own: LiveServer) -> None:
    """The process ends well whoever is connected.

    An idle kept-alive connection, a hanging long-poll, half a head, half a body, one that said
    nothing yet, and a client that stops reading.
    """
    polling = "/socket.io/?EIO=4&transport=polling"
    async with httpx.AsyncClient(base_url=own.url, timeout=15) as idle:
        assert (await idle.get("/health")).status_code == 200
        sid = json.loads((await idle.get(polling)).text[1:])["sid"]
        assert (await idle.post(f"{polling}&sid={sid}", content="40")).text == "ok"
        assert (await idle.get(f"{polling}&sid={sid}")).text.startswith("40")
        async with (
            connection(own.url) as poll,
            connection(own.url) as half_body,
            connection(own.url) as half_head,
            connection(own.url),
            slow_reader(own.url),
        ):
            await poll.send_all(f"GET {polling}&sid={sid} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
            length = "Content-Length: 100"
            await half_body.send_all(
                f"POST {CHAT} HTTP/1.1\r\nHost: h\r\n{length}\r\n\r\n{{".encode()
            )
            await half_head.send_all(b"GET / HTTP/1.1\r\nX-Half: a header\r\n")
            assert await terminated(own) < ENDS_WITHIN_S
            answer = b""
            with trio.fail_after(5):
                while data := await poll.receive_some():
                    answer += data
            assert b"server-draining" in answer, "a hanging poll is answered"
    await trio.to_thread.run_sync(own.start)


@asynccontextmanager
async def slow_reader(url: str) -> AsyncIterator[None]:
    """Somebody in the lobby for whom megabytes wait, and who reads none of them."""
    upgrade = (
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    frame = json.dumps({"type": "join-space", **LOBBY}).encode()
    async with (
        connection(url, receive_buffer=4096) as stream,
        open_room("loud", websocket_url(url)) as loud,
    ):
        await loud.send("join-space", **LOBBY)
        await loud.hear("space-joined")
        await stream.send_all(upgrade.encode())
        await stream.send_all(bytes([0x81, 0x80 | len(frame), 0, 0, 0, 0]) + frame)
        await loud.hear("user-joined")
        for _ in range(40):
            await loud.send("blob", blob="x" * 200_000)
        await loud.send("chat-message", message="all of it has been sent on")
        await loud.hear("chat-message")
        yield
