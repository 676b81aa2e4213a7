"""What the `socketio`, `webrtc` and `uws` adapters send and expect, event by event."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from trio_websocket import open_websocket_url

from tests.naf.people import authenticate, code, enter, join, new_room, occupants, space_of
from tests.server.people import Crowd, open_crowd, websocket_url
from tests.support.live_server import LiveServer


@pytest.mark.parametrize("path", ["", "/socket.io/", "/api/naf"])
async def test_occupants_are_the_room_with_oneself(
    server: LiveServer, crowd: Crowd, path: str
) -> None:
    """In any namespace; everybody is told the whole room at each change, with times of coming."""
    room = new_room()
    ada = await crowd.connect("ada", f"{server.url}{path}")
    joined = await join(ada, room)
    assert isinstance(joined["joinedTime"], int)
    first = await ada.hear("occupantsChanged")
    assert first["occupants"] == {ada.id: joined["joinedTime"]}

    ben = await crowd.connect("ben", server.url)
    await join(ben, room)
    await occupants(ben, ada.id, ben.id)
    await occupants(ada, ada.id, ben.id)
    gone = ben.id
    await ben.disconnect()
    await occupants(ada, ada.id)
    assert gone not in ada.all("occupantsChanged")[-1]["occupants"]


async def test_stock_clients_are_in_the_same_space(server: LiveServer, crowd: Crowd) -> None:
    """A page's visitor is a body like any other; those who speak no NAF are no occupants."""
    room = new_room()
    stock = await crowd.connect("stock", server.url)
    await stock.join(**space_of(room))
    ada = await crowd.connect("ada", server.url)
    await join(ada, room)

    await stock.hear("user-joined", socketId=ada.id)
    await occupants(ada, ada.id)
    assert (await stock.say("hello"))["success"]
    await ada.hear("chat-message", content="hello")
    await stock.emit("aframe-update", {"position": {"x": 1, "y": 0, "z": 0}})
    await ada.disconnect()
    await stock.hear("user-left")
    assert not ada.all("aframe-update")


async def test_messages_reach_whom_they_are_for_in_order(server: LiveServer, crowd: Crowd) -> None:
    """A forged sender does not arrive, the sender hears nothing, binary data stays binary."""
    room = new_room()
    people = [await crowd.connect(name, server.url) for name in ("ada", "ben", "cleo")]
    ada, ben, cleo = people
    for person in people:
        await join(person, room)
    for n in range(50):
        await ada.emit("broadcast", {"from": cleo.id, "type": "um", "data": {"d": [n]}})
    await ada.emit("send", {"from": "x", "to": ben.id, "type": "ice-candidate", "data": {"n": 1}})
    sent = await ben.hear("send")
    assert sent == {"from": ada.id, "to": ben.id, "type": "ice-candidate", "data": {"n": 1}}
    await cleo.hear("broadcast", nth=50)
    for other in (ben, cleo):
        heard = other.all("broadcast", type="um")
        assert [message["data"]["d"] for message in heard] == [[n] for n in range(50)]
        assert all(message["from"] == ada.id for message in heard)
    assert not ada.all("broadcast")
    assert not cleo.all("send")


async def test_nothing_reaches_another_room(server: LiveServer, crowd: Crowd) -> None:
    """By broadcast or by id; the original let anybody write to any socket."""
    ada = await crowd.connect("ada", server.url)
    ben = await crowd.connect("ben", server.url)
    room = new_room()
    await join(ada, room)
    await join(ben, new_room())
    await ada.emit("broadcast", {"type": "u", "data": 1})
    answer = await ada.ask("send", {"to": ben.id, "type": "u", "data": 1})
    assert answer["code"] == "no_such_member"
    await join(ada, new_room())
    outside = await crowd.connect("outside", server.url)
    await outside.emit("broadcast", {"type": "u", "data": 1})
    assert (await outside.ask("broadcast", {"type": "u"}))["code"] == "not_in_space"
    await join(ben, room)
    await occupants(ben, ben.id)
    assert not ben.all("send")
    assert not ben.all("broadcast")


@pytest.mark.parametrize(
    ("event", "payload", "field"),
    [
        ("joinRoom", None, "joinRoom"),
        ("joinRoom", {}, "room"),
        ("joinRoom", {"room": ""}, "room"),
        ("joinRoom", {"room": "x" * 301}, "room"),
        ("send", {"type": "u"}, "to"),
        ("send", {"to": "x"}, "type"),
        ("broadcast", {"type": ""}, "type"),
        ("broadcast", "u", "broadcast"),
    ],
)
async def test_what_is_malformed_is_refused_and_the_page_goes_on(
    server: LiveServer, crowd: Crowd, event: str, payload: Any, field: str
) -> None:
    """The answer names the field; the connection stays."""
    ada = await crowd.connect("ada", server.url)
    await ada.emit(event, payload)
    assert (await ada.hear("error"))["field"] == field
    await join(ada, new_room())


async def test_long_rooms(server: LiveServer, crowd: Crowd) -> None:
    """300 characters are a room like any other, told apart to the last of them."""
    long = "r" * 299
    ada, ben = await crowd.connect("ada", server.url), await crowd.connect("ben", server.url)
    await join(ada, f"{long}a")
    await join(ben, f"{long}b")
    await occupants(ada, ada.id)
    await join(ben, f"{long}a")
    await occupants(ada, ada.id, ben.id)


async def test_joining_again_brings_the_room_anew(server: LiveServer, crowd: Crowd) -> None:
    """As after a reconnection: the others see the page go and come, and sync with it again."""
    room = new_room()
    ada, ben = await crowd.connect("ada", server.url), await crowd.connect("ben", server.url)
    await join(ada, room)
    await join(ben, room)
    await occupants(ada, ada.id, ben.id)
    seen = len(ada.all("occupantsChanged"))
    await join(ben, room)
    await ada.hear("occupantsChanged", nth=seen + 2)
    gone, back = ada.all("occupantsChanged")[seen:]
    assert set(gone["occupants"]) == {ada.id}
    assert set(back["occupants"]) == {ada.id, ben.id}


async def test_adapters_meet_in_one_room(server: LiveServer, crowd: Crowd) -> None:
    """Socket.IO, raw frames and EasyRTC: each under its own id, in its own words."""
    room = new_room()
    ada = await crowd.connect("ada", server.url)
    await join(ada, room)
    ben = await crowd.connect("ben", server.url)
    ben_id = (await authenticate(ben))["msgData"]["easyrtcid"]
    await enter(ben, room)
    async with open_websocket_url(f"{websocket_url(server.url)}/uws") as raw:
        await raw.send_message(json.dumps({"event": "joinRoom", "data": {"room": room}}))
        success = json.loads(await raw.get_message())
        while success["event"] != "connectSuccess":
            success = json.loads(await raw.get_message())
        raw_id = success["data"]["socketId"]
        await occupants(ada, ada.id, ben_id, raw_id)
        said = {"type": "note", "data": {"text": "hi"}}
        await raw.send_message(json.dumps({"event": "broadcast", "data": said}))
        assert await ada.hear("broadcast") == {"from": raw_id, **said}
        heard = await ben.hear("easyrtcMsg")
        assert (heard["senderEasyrtcid"], heard["msgData"]) == (raw_id, {"text": "hi"})
        await ada.emit("send", {"to": raw_id, **said})
        frame = json.loads(await raw.get_message())
        while frame["event"] != "send":
            frame = json.loads(await raw.get_message())
        assert frame["data"] == {"from": ada.id, "to": raw_id, **said}
        await raw.send_message(json.dumps({"event": "send", "data": {"to": "x"}}))
        while frame["event"] != "error":
            frame = json.loads(await raw.get_message())
        assert frame["data"]["field"] == "type"
    await occupants(ada, ada.id, ben_id)


async def test_a_page_authors_own_send_is_not_networked_aframes(server: LiveServer) -> None:
    """In the plain room protocol `{type: "send"}` is an author's event as before."""
    room = space_of(new_room())
    address = websocket_url(server.url)
    async with open_websocket_url(address) as one, open_websocket_url(address) as two:
        for page in (one, two):
            await page.send_message(json.dumps({"type": "join-space", **room}))
            while json.loads(await page.get_message())["type"] != "space-joined":
                pass
        await one.send_message(json.dumps({"type": "send", "to": "x", "n": 1}))
        frame = json.loads(await two.get_message())
        while frame["type"] != "send":
            frame = json.loads(await two.get_message())
        assert frame["n"] == 1


async def test_a_full_room_is_refused_in_each_adapters_words(tmp_path: Path) -> None:
    """No second room of the same name is opened; the free seat can be had at once."""
    small = LiveServer(tmp_path, space_users_max="1")
    try:
        small.start()
        async with open_crowd() as crowd:
            room = new_room()
            ada = await crowd.connect("ada", small.url)
            await join(ada, room)
            ben = await crowd.connect("ben", small.url)
            await ben.emit("joinRoom", {"room": room})
            assert (await ben.hear("connectError"))["code"] == "space_full"
            cleo = await crowd.connect("cleo", small.url)
            await authenticate(cleo)
            assert code(await enter(cleo, room)) == "MSG_REJECT_BAD_ROOM"
            late = await crowd.connect("late", small.url)
            refused = await authenticate(late, roomJoin={room: {"roomName": room}})
            assert code(refused) == "LOGIN_BAD_ROOM"
            await late.hear("disconnect")
            await ada.ask("leave-space", {})
            await join(ben, room)
            await occupants(ben, ben.id)
            assert len(ben.all("occupantsChanged")) == 1
    finally:
        small.stop()


async def test_pages_come_back_after_the_server_was_killed(live_server: LiveServer) -> None:
    """The stock client reconnects, joins, and is shown a room without ghosts."""
    async with open_crowd() as crowd:
        room = new_room()
        ada = await crowd.connect("ada", live_server.url)
        ben = await crowd.connect("ben", live_server.url)
        for person in (ada, ben):
            await join(person, room)
        live_server.kill()
        for person in (ada, ben):
            await person.hear("disconnect")
        live_server.start()
        for person in (ada, ben):
            await person.hear("connect", nth=2)
            await join(person, room)
        await occupants(ada, ada.id, ben.id)
        await occupants(ben, ada.id, ben.id)
