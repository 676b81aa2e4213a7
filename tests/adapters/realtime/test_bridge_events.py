"""The bridge: what actors say becomes frames, each encoded once; poses take no turn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import trio

from actors.clients import Acknowledge, Disconnect, Emit, EmitMany
from adapters.realtime.json_text import Json
from tests.adapters.realtime.bridged import Wire, authenticate, house, room_join


async def test_events_are_encoded_once_and_skip_their_cause(tmp_path: Path) -> None:
    """One event, one encoding, however many receive it; unknown sockets are passed over."""
    async with house(tmp_path) as at:
        a, b, c = (at.connect(name) for name in "abc")
        emit = Emit(to=("a", "b", "c", "gone"), event="user-joined", payload={}, but="a")
        at.bridge.start(emit, lambda _outcome: None)

    assert a.sent == []
    assert len(b.sent) == len(c.sent) == 1
    assert b.sent[0] is c.sent[0]


async def test_rooms_get_chat_as_user_and_message_too(tmp_path: Path) -> None:
    """WIRE 2.2: `{type, user, message}`."""
    async with house(tmp_path) as at:
        room, stock = at.connect("a", transport="json"), at.connect("b")
        payload = {"display_name": "ada", "content": "hi"}
        emit = Emit(to=("a", "b"), event="chat-message", payload=payload)
        at.bridge.start(emit, lambda _outcome: None)

        both = EmitMany(
            to=("a", "b"), event="chat-message", payloads=((None, payload), (None, payload))
        )
        at.bridge.start(both, lambda _outcome: None)

    assert room.got("chat-message") == [{**payload, "user": "ada", "message": "hi"}] * 3
    assert stock.got("chat-message") == [payload] * 3


async def test_sockets_end_as_the_actors_ask(tmp_path: Path) -> None:
    """With `reconnect` the stock client comes back; without, it stays away."""
    async with house(tmp_path) as at:
        a, b = at.connect("a"), at.connect("b")
        for to, again in (("a", True), ("b", False), ("gone", True)):
            at.bridge.start(Disconnect(to=to, reason="x", reconnect=again), lambda _outcome: None)
        at.bridge.start(Acknowledge(to="gone", ack=1, outcome={}), lambda _outcome: None)

    assert (a.ended, b.ended) == (["reconnect"], ["close"])


async def test_everybody_is_told_whether_in_a_space_or_not(tmp_path: Path) -> None:
    """SPEC 13: operators' words, such as of a drain, reach all sockets."""
    async with house(tmp_path) as at:
        a, b = at.connect("a"), at.connect("b")
        at.bridge.tell_everybody("server-draining", {"in_s": 3})

    assert a.got("server-draining") == b.got("server-draining") == [{"in_s": 3}]


async def test_pages_that_read_the_same_share_an_encoding(tmp_path: Path) -> None:
    """A room's update is encoded once for each dialect, and nothing is kept of who has gone."""
    async with house(tmp_path) as at:
        easy = [at.connect(name) for name in "abc"]
        plain = [at.connect(name) for name in "de"]
        for wire in easy:
            authenticate(at, wire)
            at.bridge.event(wire, "easyrtcCmd", [room_join("hall")], 2)
            assert (await wire.answer(2))["msgType"] == "roomData"
        for wire in plain:
            at.bridge.event(wire, "joinRoom", [{"room": "hall"}], None)
            await wire.until("connectSuccess")
        update = {"msgType": "um", "msgData": {"d": []}, "targetRoom": "hall"}
        at.bridge.event(easy[0], "easyrtcMsg", [update], 3)
        for wire in easy[1:]:
            await wire.until("easyrtcMsg")
        for wire in plain:
            assert (await wire.until("broadcast"))["type"] == "um"
        assert easy[1].sent[-1] is easy[2].sent[-1]
        assert plain[0].sent[-1] is plain[1].sent[-1]
        assert (await easy[0].answer(3))["msgType"] == "ack"

        for wire in (*easy, *plain):
            at.bridge.disconnect(wire, "transport close")
        assert len(at.bridge) == len(at.bridge._naf) == len(at.bridge._hosts) == 0


async def test_many_events_are_one_message_without_ones_own(tmp_path: Path) -> None:
    """A publication of poses is one write a socket, and nobody hears of their own."""
    async with house(tmp_path) as home:
        ann, bob, cay = (home.connect(name) for name in ("ann", "bob", "cay"))
        for to, payloads in (
            (("ann", "bob", "cay"), (("ann", {"of": "ann"}), ("bob", {"of": "bob"}))),
            (("ann", "bob", "gone"), (("ann", {"of": "ann, again"}),)),
        ):
            request = EmitMany(to=to, event="aframe-update", payloads=payloads, passing=True)
            home.bridge.start(request, lambda _outcome: None)

    def heard(wire: Wire) -> list[str]:
        return ["".join(map(str, one.for_namespace("/").messages)) for one in wire.sent]

    a, b, again = (f'42["aframe-update",{{"of":"{who}"}}]' for who in ("ann", "bob", "ann, again"))
    assert (heard(ann), heard(bob), heard(cay)) == ([b], [a, again], [a + b])


async def test_a_snapshot_is_left_out_for_a_socket_that_is_behind(tmp_path: Path) -> None:
    """A later one makes up for it; events must arrive."""
    async with house(tmp_path) as home:
        ann, bob = home.connect("ann"), home.connect("bob")
        bob.behind = True
        for snapshot in (True, False):
            emit = Emit(to=("ann", "bob"), event="poses", payload=snapshot, snapshot=snapshot)
            home.bridge.start(emit, lambda _outcome: None)

    assert (ann.got("poses"), bob.got("poses")) == ([True, False], [False])


async def test_poses_reach_the_space_without_a_turn_of_the_session(tmp_path: Path) -> None:
    """Ten thousand poses a second must not be as many turns; what is wrong with one is answered."""
    async with house(tmp_path) as home:
        ann, bob = home.connect("ann"), home.connect("bob")
        for wire in (ann, bob):
            await home.join(wire, {"spaceType": "global", "spaceId": "lobby"})
        turns: list[Any] = []
        home.kernel.core.before_delivery = lambda cell, message: (
            turns.append(message) if cell.address == "session:ann" else None
        )
        pose: dict[str, Json] = {"position": {"x": 1, "y": 0, "z": 0}}
        home.bridge.event(ann, "aframe-update", [pose], None)
        assert (await bob.until("aframe-update"))["entityData"] == pose
        home.bridge.event(ann, "aframe-update", [{"position": {"x": 1}}], None)

    assert turns == []
    assert [error["field"] for error in ann.got("error")] == ["position"]


async def test_entities_beside_a_pose_take_a_turn_only_when_they_are_new(tmp_path: Path) -> None:
    """The short way is for poses; what is shared must not get lost on it."""
    async with house(tmp_path) as at:
        ann, bob = at.connect("ann"), at.connect("bob")
        for wire in (ann, bob):
            await at.join(wire, {"spaceType": "global", "spaceId": "lobby"})
        turns: list[Any] = []
        at.kernel.core.before_delivery = lambda cell, message: (
            turns.append(message) if cell.address == "session:ann" else None
        )
        for x, color in ((1, "red"), (2, "red"), (3, "blue"), (4, "blue")):
            update: dict[str, Json] = {
                "position": {"x": x, "y": 0, "z": 0},
                "entities": [{"entityId": "box", "components": {"color": color}}],
            }
            at.bridge.event(ann, "aframe-update", [update], None)
            with trio.fail_after(5):
                while [one["entityData"]["position"]["x"] for one in bob.got("aframe-update")][
                    -1:
                ] != [x]:
                    await bob.changed.wait()
        with trio.fail_after(5):
            while not any(
                entity["components"] == {"color": "blue"}
                for event in bob.got("entities-updated")
                for entity in event["entities"]
            ):
                await bob.changed.wait()

    assert len(turns) == 2
