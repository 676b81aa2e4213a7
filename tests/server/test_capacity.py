"""A space has so many seats, over HTTP and on the socket alike."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.server.people import Crowd, open_room, websocket_url
from tests.support.live_server import LiveServer

SPACE = {"spaceType": "post", "spaceId": "ann/small-room"}
PATH = "/api/spaces/post/ann/small-room"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server whose spaces hold two."""
    server = LiveServer(tmp_path_factory.mktemp("small"), space_users_max="2")
    try:
        yield server.start()
    finally:
        server.stop()


async def test_the_third_is_told_that_the_space_is_full(small: LiveServer, crowd: Crowd) -> None:
    """429 `Space is full` over HTTP, `space_full` on the sockets; a freed seat is free at once."""
    async with httpx.AsyncClient(base_url=small.url, timeout=15) as http:
        ann = await crowd.connect("ann", small.url)
        ben = await crowd.connect("ben", small.url)
        assert (await ann.join(**SPACE))["max_users"] == 2
        assert (await http.post(f"{PATH}/join", json={})).status_code == 200
        await ben.join(**SPACE)

        refused = await http.post(f"{PATH}/join", json={})
        assert (refused.status_code, refused.json()["code"]) == (429, "space_full")
        assert refused.json()["error"].startswith("Space is full")
        carl = await crowd.connect("carl", small.url)
        answer = await carl.ask("join-space", SPACE)
        assert (answer["success"], answer["code"]) == (False, "space_full")
        assert (await carl.hear("space-error"))["code"] == "space_full"
        async with open_room("page", websocket_url(small.url)) as page:
            await page.send("join-space", **SPACE)
            assert (await page.hear("space-error"))["code"] == "space_full"
        assert (await http.get(PATH)).json()["space"]["active_users"] == 2

        await ben.join(**SPACE)  # Whoever is inside is not counted twice.
        await ben.disconnect()
        await ann.hear("user-left")
        assert (await http.post(f"{PATH}/join", json={})).status_code == 200
        assert [user["socketId"] for user in (await carl.join(**SPACE))["users"]] == [
            ann.id,
            carl.id,
        ]
        assert len(ann.all("user-joined")) == 2
