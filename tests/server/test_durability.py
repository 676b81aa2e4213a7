"""What was acknowledged is there, whatever is killed."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import trio

from tests.server.bare import BareHttp, CutOff, connection
from tests.server.people import Crowd
from tests.support.live_server import LiveServer

CHAT = "/api/chat/global/lobby/messages"


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that may be killed; the tests of this module take it up where it was left."""
    server = LiveServer(tmp_path_factory.mktemp("durable"), chat_per_s="100000")
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture
async def reader(own: LiveServer) -> AsyncIterator[httpx.AsyncClient]:
    """Asks with a new connection each time, since servers come and go."""
    limits = httpx.Limits(max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=own.url, limits=limits, timeout=30) as http:
        yield http


async def history(http: httpx.AsyncClient, path: str = CHAT) -> list[dict[str, Any]]:
    """Return the whole chat over REST, oldest first."""
    messages: list[dict[str, Any]] = []
    for offset in itertools.count(0, 100):
        answer = await http.get(path, params={"limit": 100, "offset": offset})
        assert answer.status_code == 200, answer.text
        page = answer.json()
        messages = page["messages"] + messages
        if not page["has_more"]:
            return messages
    raise AssertionError


class Burst:
    """People who post over REST as fast as they are answered, and note what was."""

    def __init__(self, url: str, name: str) -> None:
        self.acknowledged: dict[str, int] = {}  # content to id
        self.refused: list[int] = []
        self._url = url
        self._name = name
        self._more = trio.Event()

    async def person(self, number: int) -> None:
        """Post until the server is gone."""
        async with connection(self._url) as stream:
            http = BareHttp(stream)
            for count in itertools.count():
                content = f"{self._name} {number}.{count}"
                try:
                    status, answer = await http.post(CHAT, {"content": content})
                except CutOff:
                    return
                if status == 200:
                    self.acknowledged[content] = answer["message"]["id"]
                else:
                    self.refused.append(status)
                self._more.set()
                self._more = trio.Event()

    async def reached(self, count: int) -> None:
        """Wait until so many are acknowledged."""
        with trio.fail_after(20):
            while len(self.acknowledged) < count:
                await self._more.wait()


async def test_every_acknowledged_message_survives_kill_minus_nine(
    own: LiveServer, crowd: Crowd, reader: httpx.AsyncClient
) -> None:
    """Three times in the middle of a burst: over REST and over a socket, each is there once."""
    acknowledged: dict[str, int] = {}
    for attempt in range(3):
        burst = Burst(own.url, f"round {attempt}")
        ann = await crowd.member(f"ann {attempt}", own.url, reconnection=False)
        said = [f"socket {attempt}.{number}" for number in range(30)]
        async with trio.open_nursery() as nursery:
            for number in range(4):
                nursery.start_soon(burst.person, number)
            for content in said:
                nursery.start_soon(ann.say, content)
            await burst.reached(40 + 17 * attempt)
            await trio.to_thread.run_sync(own.kill)
            await ann.hear("disconnect")
            nursery.cancel_scope.cancel()
        acknowledged |= burst.acknowledged
        for answer in ann.all("ack"):
            if "message" in answer["answer"]:
                message = answer["answer"]["message"]
                acknowledged[message["content"]] = message["id"]
        await trio.to_thread.run_sync(own.start)
        found = await history(reader)
        contents = [message["content"] for message in found]
        assert len(contents) == len(set(contents)), "nothing is there twice"
        assert acknowledged.items() <= {row["content"]: row["id"] for row in found}.items()
        assert [row["id"] for row in found] == sorted(row["id"] for row in found)


async def test_a_killed_database_loses_nothing_acknowledged(
    own: LiveServer, crowd: Crowd, reader: httpx.AsyncClient
) -> None:
    """SIGKILL of the postmaster again and again: not ready meanwhile, then all goes on.

    People stay connected; what they could not post was refused, and what was not is there.
    """
    ann, ben = await crowd.member("ann", own.url), await crowd.member("ben", own.url)
    burst = Burst(own.url, "database")
    async with trio.open_nursery() as nursery:
        for number in range(4):
            nursery.start_soon(burst.person, number)
        await burst.reached(40)
        with trio.fail_after(20):
            while (answer := await reader.get("/ready")).status_code == 200:
                own.kill_database()
        assert answer.status_code == 503
        assert answer.json()["reasons"] == ["database"]
        assert (await reader.get("/health")).status_code == 200
        with trio.fail_after(20):
            while (await reader.get("/ready")).status_code != 200:
                pass
        await burst.reached(len(burst.acknowledged) + 40)
        assert (await ann.say("after the database came back"))["success"]
        await ben.hear("chat-message", content="after the database came back")
        nursery.cancel_scope.cancel()
    assert set(burst.refused) <= {503}
    found = {row["content"]: row["id"] for row in await history(reader)}
    assert burst.acknowledged.items() <= found.items()
    assert len(ann.all("connect")) == len(ben.all("connect")) == 1
    assert not ann.all("user-left")
