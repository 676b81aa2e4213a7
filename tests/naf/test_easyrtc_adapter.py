"""What the `wseasyrtc` and `easyrtc` adapters send and expect, message by message."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.naf.people import (
    authenticate,
    code,
    command,
    easyrtc_member,
    enter,
    join,
    new_room,
    space_of,
)
from tests.server.people import Crowd, Payload, Person
from tests.support.live_server import LiveServer


async def send(person: Person, **fields: Any) -> Payload:
    return await person.ask("easyrtcMsg", {"msgType": "u", "msgData": {"n": 1}, **fields})


def in_room(answer: Payload, room: str) -> set[str]:
    """Return the ids in an answer's list of clients."""
    data = answer["msgData"]["roomData"][room]
    assert (data["roomName"], data["roomStatus"]) == (room, "join")
    return set(data["clientList"])


async def test_a_login_gives_a_token(server: LiveServer, crowd: Crowd) -> None:
    """An id of 16 characters that is not the socket's, and our TURN servers."""
    ada = await crowd.connect("ada", f"{server.url}/socket.io/")
    token = await authenticate(ada, easyrtcsid="abc%20def")

    assert token["msgType"] == "token"
    data = token["msgData"]
    assert len(data["easyrtcid"]) == 16
    assert data["easyrtcid"] not in ada.id
    assert data["application"] == {"applicationName": "dlux-vr"}
    (ice,) = data["iceConfig"]["iceServers"]
    assert any(url.startswith("turn:127.0.0.1:") for url in ice["urls"])
    assert ice["credential"]
    assert data["roomData"] == {}
    assert data["sessionData"] == {"easyrtcsid": "abc%20def"}
    assert isinstance(data["serverTime"], int)
    config = await command(ada, "getIceConfig")
    assert config["msgData"]["iceConfig"]["iceServers"][0]["urls"] == ice["urls"]


async def test_coming_changing_and_going(server: LiveServer, crowd: Crowd) -> None:
    """Who comes is given the room, the others the difference."""
    room = new_room()
    ada, ada_id = await easyrtc_member(crowd, "ada", server.url, room)
    ben = await crowd.connect("ben", server.url)
    ben_id = (await authenticate(ben, username="Ben"))["msgData"]["easyrtcid"]
    answer = await enter(ben, room)
    assert in_room(answer, room) == {ada_id, ben_id}
    shown = answer["msgData"]["roomData"][room]["clientList"][ben_id]
    assert shown["easyrtcid"] == ben_id
    assert shown["presence"] == {"show": "chat", "status": None}
    assert shown["username"] == "Ben"
    assert isinstance(shown["roomJoinTime"], int)

    pushed = await ada.hear("easyrtcCmd", msgType="roomData")
    change = pushed["msgData"]["roomData"][room]
    assert change["roomStatus"] == "update"
    assert change["clientListDelta"] == {"updateClient": {ben_id: shown}}

    presence = {"show": "away", "status": "tea"}
    assert (await command(ben, "setPresence", msgData={"setPresence": presence}))["msgData"]
    field = {"mediaIds": {"fieldName": "mediaIds", "fieldValue": {"default": "x"}}}
    setting = {"setRoomApiField": {"roomName": room, "field": field}}
    assert (await command(ben, "setRoomApiField", msgData=setting))["msgType"] == "roomData"
    pushed = await ada.hear("easyrtcCmd", nth=3)
    shown = pushed["msgData"]["roomData"][room]["clientListDelta"]["updateClient"][ben_id]
    assert (shown["presence"], shown["apiField"]) == (presence, field)

    rooms = (await command(ben, "getRoomList"))["msgData"]["roomList"]
    assert rooms == {room: {"roomName": room, "numberClients": 2}}
    leaving = {"roomLeave": {room: {"roomName": room}}}
    left = (await command(ben, "roomLeave", msgData=leaving))["msgData"]["roomData"][room]
    assert left == {"roomName": room, "roomStatus": "leave"}
    pushed = await ada.hear("easyrtcCmd", nth=4)
    delta = pushed["msgData"]["roomData"][room]["clientListDelta"]
    assert delta == {"removeClient": {ben_id: {"easyrtcid": ben_id}}}
    clearing = {"setRoomApiField": {"roomName": room}}
    assert (await command(ben, "setRoomApiField", msgData=clearing))["msgType"] == "roomData"


async def test_rooms_can_be_joined_at_login(server: LiveServer, crowd: Crowd) -> None:
    """As its client does when it was told to join before it connected."""
    room = new_room()
    _, ada_id = await easyrtc_member(crowd, "ada", server.url, room)
    ben = await crowd.connect("ben", server.url)
    token = await authenticate(ben, roomJoin={room: {"roomName": room}})
    assert token["msgType"] == "token"
    assert in_room(token, room) == {ada_id, token["msgData"]["easyrtcid"]}


async def test_messages_reach_whom_they_are_for(server: LiveServer, crowd: Crowd) -> None:
    """The whole room or one, in order, marked with who sent it, never to oneself."""
    room = new_room()
    ada, ada_id = await easyrtc_member(crowd, "ada", server.url, room)
    ben, ben_id = await easyrtc_member(crowd, "ben", server.url, room)
    cleo, _ = await easyrtc_member(crowd, "cleo", server.url, room)
    for n in range(20):
        answer = await send(ada, msgData={"n": n}, targetRoom=room, senderEasyrtcid=ben_id)
        assert answer == {"msgType": "ack", "msgData": {}}
    assert (await send(ada, targetEasyrtcid=ben_id))["msgType"] == "ack"
    only = await ben.hear("easyrtcMsg", targetEasyrtcid=ben_id)
    assert (only["senderEasyrtcid"], only["easyrtcid"]) == (ada_id, ben_id)
    await cleo.hear("easyrtcMsg", nth=20)
    for other in (ben, cleo):
        heard = other.all("easyrtcMsg", targetRoom=room)
        assert [message["msgData"]["n"] for message in heard] == list(range(20))
        assert {message["senderEasyrtcid"] for message in heard} == {ada_id}
        assert all(isinstance(message["serverTime"], int) for message in heard)
    assert not ada.all("easyrtcMsg")


async def test_signals_reach_one_member(server: LiveServer, crowd: Crowd) -> None:
    """Offers, answers, candidates, hangups and rejections; only within the room."""
    room = new_room()
    ada, ada_id = await easyrtc_member(crowd, "ada", server.url, room)
    ben, ben_id = await easyrtc_member(crowd, "ben", server.url, room)
    _, far_id = await easyrtc_member(crowd, "far", server.url, new_room())
    for kind in ("offer", "answer", "candidate"):
        data = {"type": kind, "sdp": "v=0"}
        answer = await command(ada, kind, targetEasyrtcid=ben_id, msgData=data)
        assert answer["msgType"] == "ack"
        heard = await ben.hear("easyrtcCmd", msgType=kind)
        assert (heard["senderEasyrtcid"], heard["msgData"]) == (ada_id, data)
    for kind in ("reject", "hangup"):
        assert (await command(ada, kind, targetEasyrtcid=ben_id))["msgType"] == "ack"
        assert "msgData" not in await ben.hear("easyrtcCmd", msgType=kind)
    refused = await command(ada, "hangup", targetEasyrtcid=far_id)
    assert code(refused) == "MSG_REJECT_TARGET_EASYRTCID"


async def test_what_is_refused_has_easyrtcs_codes_and_the_page_goes_on(
    server: LiveServer, crowd: Crowd
) -> None:
    """A wrong target, room, type or structure costs that message alone."""
    room = new_room()
    ada, ada_id = await easyrtc_member(crowd, "ada", server.url, room)
    _, far_id = await easyrtc_member(crowd, "far", server.url, new_room())
    assert code(await send(ada, targetEasyrtcid=far_id)) == "MSG_REJECT_TARGET_EASYRTCID"
    assert code(await send(ada, targetEasyrtcid=ada_id)) == "MSG_REJECT_TARGET_EASYRTCID"
    assert code(await send(ada, targetRoom="elsewhere")) == "MSG_REJECT_TARGET_ROOM"
    assert code(await send(ada, targetGroup="us")) == "MSG_REJECT_TARGET_GROUP"
    assert code(await send(ada)) == "MSG_REJECT_BAD_STRUCTURE"
    assert code(await ada.ask("easyrtcMsg", None)) == "MSG_REJECT_BAD_STRUCTURE"
    assert code(await command(ada, "fly")) == "MSG_REJECT_BAD_TYPE"
    assert code(await enter(ada, "x" * 301)) == "MSG_REJECT_BAD_STRUCTURE"
    both = {"roomJoin": {name: {"roomName": name} for name in ("one", "two")}}
    assert code(await command(ada, "roomJoin", msgData=both)) == "MSG_REJECT_BAD_ROOM"
    field = {"setRoomApiField": {"roomName": "elsewhere", "field": {"a": 1}}}
    assert code(await command(ada, "setRoomApiField", msgData=field)) == "MSG_REJECT_BAD_ROOM"
    await ada.emit("easyrtcMsg", {"msgType": "u", "targetRoom": room})  # no answer wanted
    assert (await send(ada, targetRoom=room))["msgType"] == "ack"


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"apiVersion": 7}, "LOGIN_BAD_STRUCTURE"),
        ({"applicationName": "two words"}, "MSG_REJECT_BAD_STRUCTURE"),
        ({"credential": {"token": "forged"}}, "LOGIN_BAD_AUTH"),
        ({"roomJoin": {"a": {"roomName": "a"}, "b": {"roomName": "b"}}}, "LOGIN_BAD_ROOM"),
    ],
)
async def test_a_failed_login_ends_the_connection(
    server: LiveServer, crowd: Crowd, fields: Payload, refusal: str
) -> None:
    """As EasyRTC has it: the reason, then the end, and the client stays away."""
    ada = await crowd.connect("ada", server.url)
    assert code(await authenticate(ada, **fields)) == refusal
    assert (await ada.hear("disconnect"))["reason"] == "io server disconnect"


async def test_nothing_is_done_before_the_login(server: LiveServer, crowd: Crowd) -> None:
    """What a returning page says to its old room is not heard, or its client would complain.

    A login whose answer nobody wants is the end.
    """
    ada = await crowd.connect("ada", server.url)
    await ada.emit("easyrtcMsg", {"msgType": "u", "targetRoom": "x"})
    room = new_room()
    token = await authenticate(ada)
    assert in_room(await enter(ada, room), room) == {token["msgData"]["easyrtcid"]}
    await ada.emit("easyrtcAuth", {"msgType": "authenticate"})
    await ada.hear("disconnect")


async def test_a_token_in_the_credential_says_who_is_there(
    server: LiveServer, crowd: Crowd, http: httpx.AsyncClient
) -> None:
    """A user name alone is a claim, as everywhere."""
    room = new_room()
    stock = await crowd.connect("stock", server.url)
    await stock.join(**space_of(room))
    token = (await http.post("/api/auth/guest", json={"name": "Ada"})).json()["session_token"]
    ada = await crowd.connect("ada", server.url)
    await authenticate(ada, credential={"token": token}, username="ben-lee")
    await enter(ada, room)

    joined = await stock.hear("user-joined", socketId=ada.id)
    assert joined["displayName"] == "Ada (guest)"
    assert (joined["userAccount"], joined["claimed"]) == (None, "ben-lee")


async def test_a_second_room_leaves_the_first(server: LiveServer, crowd: Crowd) -> None:
    """One room at a time; the page is told which one it has left."""
    first, second = new_room(), new_room()
    ada, ada_id = await easyrtc_member(crowd, "ada", server.url, first)
    ben = await crowd.connect("ben", server.url)
    await join(ben, first)
    assert in_room(await enter(ada, second), second) == {ada_id}
    pushed = await ada.hear("easyrtcCmd", nth=2)
    left = pushed["msgData"]["roomData"][first]
    assert left["roomStatus"] == "leave"
    await ben.hear("user-left", socketId=ada.id)


async def test_a_room_of_300_characters(server: LiveServer, crowd: Crowd) -> None:
    """EasyRTC allows 32; rooms named after posts are longer."""
    room = ("ann-" + "x-" * 200)[:295] + "-main"
    assert len(room) == 300
    _, ada_id = await easyrtc_member(crowd, "ada", server.url, room)
    ben = await crowd.connect("ben", server.url)
    token = await authenticate(ben)
    assert in_room(await enter(ben, room), room) == {ada_id, token["msgData"]["easyrtcid"]}
