"""Two stock clients meet: what one does, the other sees, once and in full."""

from __future__ import annotations

import time
from typing import Any

import pytest
import trio

from tests.server.people import Crowd, Payload, Person
from tests.support.live_server import LiveServer


@pytest.fixture
def space(request: pytest.FixtureRequest) -> Payload:
    """A space of the test's own on the shared server."""
    return {"spaceType": "document", "spaceId": f"room {request.node.name}"}


async def meet(crowd: Crowd, url: str, space: Payload) -> tuple[Person, Person]:
    """Return two people in the same space."""
    ann, ben = await crowd.connect("ann", url), await crowd.connect("ben", url)
    await ann.join(**space)
    await ben.join(**space)
    await ann.hear("user-joined", socketId=ben.id)
    return ann, ben


async def left_once(stays: Person, gone_id: str) -> None:
    """See that `user-left` came exactly once: a later message finds no second one before it."""
    await stays.hear("user-left", socketId=gone_id)
    assert (await stays.say("are you there?"))["success"]
    await stays.hear("chat-message", content="are you there?")
    assert len(stays.all("user-left", socketId=gone_id)) == 1


@pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]])
async def test_two_people_see_each_other_come_move_and_talk(
    server: LiveServer, crowd: Crowd, transports: list[str]
) -> None:
    """The whole meeting in the lobby, on every way to connect, with the fields of WIRE 2.1."""
    corner = "-".join(transports)  # Those of the test before may still be on their way out.
    ann = await crowd.connect("ann", server.url, transports=transports)
    joined = await ann.join(subspace=corner)
    assert joined["success"] is True
    assert (joined["spaceType"], joined["spaceId"], joined["subspace"]) == (
        "global",
        "lobby",
        corner,
    )
    assert [user["socketId"] for user in joined["users"]] == [ann.id]

    ben = await crowd.connect("ben", server.url, transports=transports)
    seen = await ben.join(
        subspace=corner, position={"x": 1, "y": 0, "z": 2}, avatar_data={"hat": "red"}
    )
    assert [user["socketId"] for user in seen["users"]] == [ann.id, ben.id]
    arrived = await ann.hear("user-joined")
    assert arrived["socketId"] == ben.id
    assert arrived["userAccount"] is None
    assert arrived["position"] == {"x": 1, "y": 0, "z": 2}
    assert arrived["avatar_data"] == {"hat": "red"}
    assert isinstance(arrived["timestamp"], int)

    for mover, other in ((ann, ben), (ben, ann)):
        pose = {"position": {"x": 3, "y": 1.5, "z": -2}, "rotation": {"x": 0, "y": 90, "z": 0}}
        await mover.emit("aframe-update", {**pose, "entities": {"head": [1, 2]}})
        moved = await other.hear("aframe-update")
        assert moved["socketId"] == mover.id
        assert moved["userAccount"] is None
        assert moved["entityData"] == {**pose, "entities": {"head": [1, 2]}}
        assert isinstance(moved["timestamp"], int)

        text = f"zwölf 🎙 from {mover.name}, {transports}"
        before_ms = time.time() * 1000 - 1000
        answer = await mover.say(text)
        for listener in (mover, other):
            message = await listener.hear("chat-message", content=text)
            assert message["id"] == answer["message"]["id"]
            assert message["display_name"].startswith("Guest-")
            assert message["message_type"] == "text"
            assert before_ms < message["timestamp"] < time.time() * 1000 + 1000
            assert len(listener.all("chat-message", content=text)) == 1
    assert not ann.all("aframe-update", socketId=ann.id), "nobody sees their own pose come back"
    await ben.disconnect()
    await left_once(ann, ben.id)


async def test_a_wrong_chat_message_is_refused_by_field(
    server: LiveServer, crowd: Crowd, space: Payload
) -> None:
    """`chat-error` names the field, the acknowledgement says the same, and nobody else hears."""
    ann, ben = await meet(crowd, server.url, space)
    wrong: list[tuple[Any, str]] = [
        ({"content": ""}, "content"),
        ({"content": " \n"}, "content"),
        ({"content": "x" * 2001}, "content"),
        ({"content": "🎙" * 1000 + "x"}, "content"),
        ({"content": 7}, "content"),
        ({"content": None}, "content"),
        ({}, "content"),
        ({"content": "x", "message_type": "system"}, "message_type"),
        ({"content": "x", "message_type": ["text"]}, "message_type"),
        ({"content": "x", "type": {}}, "message_type"),
        ({"content": "x", "parent_message_id": "1"}, "parent_message_id"),
        ({"content": "x", "parent_message_id": 2**70}, "parent_message_id"),
        ({"content": "x", "key": ""}, "key"),
        ("just text", "chat-message"),
        ([], "chat-message"),
    ]
    for count, (payload, field) in enumerate(wrong, 1):
        answer = await ann.ask("chat-message", payload)
        assert answer["success"] is False, payload
        assert answer["field"] == field, payload
        error = await ann.hear("chat-error", nth=count)
        assert (error["field"], error["code"]) == (field, answer["code"])
        assert error["error"]
    assert (await ann.say("🎙" * 1000))["success"], "2000 UTF-16 units fit"
    await ben.hear("chat-message")
    assert len(ben.all("chat-message")) == 1


async def test_who_is_in_no_space_is_told_so(server: LiveServer, crowd: Crowd) -> None:
    """Chat needs a space; the refusal is the same in the event and the acknowledgement."""
    ann = await crowd.connect("ann", server.url)
    assert (await ann.say("anybody?"))["code"] == "not_in_space"
    assert (await ann.hear("chat-error"))["code"] == "not_in_space"


async def test_user_left_comes_once_on_disconnect(
    server: LiveServer, crowd: Crowd, space: Payload
) -> None:
    """A client that says goodbye is gone at once and once."""
    ann, ben = await meet(crowd, server.url, space)
    await ben.disconnect()
    await left_once(ann, ben.id)


async def test_user_left_comes_once_on_leaving_and_on_switching(
    server: LiveServer, crowd: Crowd, space: Payload
) -> None:
    """One space a socket: joining another leaves the first, where nothing more is heard."""
    ann, ben = await meet(crowd, server.url, space)
    joined = await ben.join(**{**space, "subspace": "main-balcony"})
    assert joined["subspace"] == "main-balcony"
    assert [user["socketId"] for user in joined["users"]] == [ben.id]
    await left_once(ann, ben.id)
    assert not ben.all("chat-message")

    await ben.join(**space)
    assert (await ben.ask("leave-space"))["success"]
    await ann.hear("user-left", nth=2, socketId=ben.id)
    assert (await ben.say("from outside"))["code"] == "not_in_space"


async def test_a_flood_of_poses_is_thinned_and_ends_at_the_newest(
    server: LiveServer, crowd: Crowd, space: Payload
) -> None:
    """Fifteen a second are published; what is skipped is older than what is shown."""
    ann, ben = await meet(crowd, server.url, space)
    with trio.fail_after(10):
        for n in range(1000):
            await ann.emit("aframe-update", {"position": {"x": n, "y": 0, "z": 0}})
        await ben.hear("aframe-update", entityData={"position": {"x": 999, "y": 0, "z": 0}})
    seen = [update["entityData"]["position"]["x"] for update in ben.all("aframe-update")]
    assert seen == sorted(seen)
    assert len(seen) < 500
