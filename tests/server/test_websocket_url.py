"""`websocket_url` as real clients use it: three ways, one place to meet."""

from __future__ import annotations

import httpx
import pytest

from tests.server.people import LOBBY, Crowd, open_room, websocket_url
from tests.support.live_server import LiveServer

PAGE = {"spaceType": "post", "spaceId": "ann/first-post"}


async def given_url(http: httpx.AsyncClient, space: str) -> str:
    """Ask to join as a guest; return the address the answer names."""
    answer = await http.post(f"/api/spaces/{space}/join", json={"subspace": "main"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["websocket_url"])


async def test_the_address_is_this_servers(server: LiveServer, http: httpx.AsyncClient) -> None:
    """Clients compare it with nothing, but open it."""
    assert await given_url(http, "global/lobby") == f"{websocket_url(server.url)}/socket.io/"


@pytest.mark.parametrize("path", ["", "/", "/socket.io/", "/api/naf", "/event/x"])
async def test_any_namespace_is_the_root(
    server: LiveServer, http: httpx.AsyncClient, crowd: Crowd, path: str
) -> None:
    """The stock client takes a URL's path for a namespace; all of them meet in the same space."""
    url = await given_url(http, "global/lobby")
    space = {"spaceType": "document", "spaceId": f"namespace {path}"}
    ann = await crowd.connect("ann", server.url)
    ben = await crowd.connect("ben", url if path == "/socket.io/" else f"{server.url}{path}")
    await ann.join(**space)
    await ben.join(**space)
    await ann.hear("user-joined", socketId=ben.id)
    assert (await ben.say(f"through {path!r}"))["success"]
    await ann.hear("chat-message", content=f"through {path!r}")
    await ann.emit("aframe-update", {"position": {"x": 1, "y": 2, "z": 3}})
    await ben.hear("aframe-update", socketId=ann.id)
    await ben.disconnect()
    await ann.hear("user-left", socketId=ben.id)


async def test_a_raw_websocket_is_a_room(http: httpx.AsyncClient, crowd: Crowd) -> None:
    """JSON frames both ways: authors' own types and chat, with Socket.IO members, no echo."""
    url = await given_url(http, "post/ann/first-post")
    stock = await crowd.connect("stock", url)
    await stock.join(**PAGE)
    room_name = "ann/first-post:main"
    async with open_room("one", url) as one, open_room("two", f"{url}?page=2") as two:
        for room in (one, two):
            await room.send("join-space", **PAGE, subspace="main", room=room_name)
            await room.hear("space-joined")
        await one.hear("user-joined")
        assert len(two.all("space-joined")[0]["users"]) == 3
        assert len(stock.all("user-joined")) == 2 or await stock.hear("user-joined", nth=2)

        await one.send("paint-stroke", color="red", points=[1, 2], room=room_name)
        for other in (two, stock):
            stroke = await other.hear("paint-stroke", color="red")
            assert stroke["points"] == [1, 2]
            assert stroke["userAccount"] is None
            assert stroke["socketId"] == stock.all("user-joined")[0]["socketId"]

        await one.send("chat-message", user="whoever", message="hello from the page")
        heard = await two.hear("chat-message", message="hello from the page")
        assert heard["user"] == heard["display_name"] != "whoever", "a name needs a proof"
        assert isinstance(heard["timestamp"], int)
        assert (await stock.hear("chat-message"))["content"] == "hello from the page"

        assert (await stock.say("hello from the socket"))["success"]
        said = await one.hear("chat-message", message="hello from the socket")
        assert said["user"] == said["display_name"]

        pose = {"position": {"x": 1, "y": 2, "z": 3}}
        await one.send("aframe-update", **pose)
        assert (await stock.hear("aframe-update"))["entityData"] == pose
        await two.hear("aframe-update")
        assert not one.all("paint-stroke"), "no echo"
        assert not one.all("aframe-update"), "no echo"
    await stock.hear("user-left", nth=2)
    history = await http.get("/api/chat/post/ann/first-post/messages")
    assert [message["content"] for message in history.json()["messages"]] == [
        "hello from the page",
        "hello from the socket",
    ]


async def test_a_page_may_not_speak_in_the_servers_name(server: LiveServer, crowd: Crowd) -> None:
    """Reserved and malformed types are refused to the sender, and reach nobody."""
    space = {"spaceType": "post", "spaceId": "ann/reserved"}
    stock = await crowd.connect("stock", server.url)
    await stock.join(**space)
    async with open_room("page", f"{websocket_url(server.url)}/any/path") as page:
        await page.send("paint-stroke", n=0)
        await page.send("join-space", **space)
        await page.hear("space-joined")
        forged = [
            "user-joined", "user-left", "space-joined", "chat-error", "connect", "disconnect",
            "error", "server-draining", "microphone-taken", "a b", "x" * 65, "ö", "-", "__proto__",
        ]  # fmt: skip
        for count, name in enumerate(forged, 1):
            await page.send(name, socketId=stock.id, users=[])
            error = await page.hear("error", nth=count)
            assert error["field"] == "type", name
        await page.send("paint-stroke", n=1)
        await stock.hear("paint-stroke", n=1)
    heard = [event for event, _ in stock.heard]
    assert heard[:4] == ["connect", "space-joined", "user-joined", "paint-stroke"]


@pytest.mark.parametrize(
    "frame",
    ["", "{", "[]", "7", "null", '"join-space"', "{}", '{"type": 7}', '{"type": ""}', b"\x00"],
)
async def test_a_frame_that_is_no_message_is_refused_in_words(
    server: LiveServer, frame: str | bytes
) -> None:
    """It gets an error frame and the room goes on."""
    async with open_room("page", websocket_url(server.url)) as page:
        await page.websocket.send_message(frame)
        assert (await page.hear("error"))["code"] == "bad_frame"
        await page.send("join-space", **LOBBY)
        await page.hear("space-joined")
