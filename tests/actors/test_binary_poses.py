"""Poses in a space where some clients asked for frames and some are stock."""

from __future__ import annotations

from typing import Any

from actors.space import pose_frame
from tests.actors.support import LOBBY, Client, World

AT = {"x": 1.5, "y": 0, "z": -2.25}
TURNED = {"x": 0, "y": 90, "z": 0}
FRAME_OF_AT = ((1_500, 0, -2_250), (0, 16_384, 0))


def mixed() -> tuple[World, Client, Client, Client]:
    """Return a stock client, and two that read frames."""
    world = World()
    (ada,) = world.inside(LOBBY, "ada")
    for name in ("bob", "cay"):
        world.connect(name).join(LOBBY, binary_poses=True)
        world.run(0.5)
    return world, ada, world.clients["bob"], world.clients["cay"]


def frames(client: Client) -> list[pose_frame.PoseFrame]:
    return [pose_frame.decode(payload) for payload in client.got("poses")]


def index(client: Client, of: str) -> Any:
    assert client.view is not None
    return client.view[of]["poseIndex"]


def test_each_client_gets_the_form_it_asked_for() -> None:
    """SPEC 2: an event per mover for old clients, one frame for those who ask; the same pose."""
    world, ada, bob, cay = mixed()
    bob.move(position=AT, rotation=TURNED, voice_enabled=False)
    world.run(1)

    (update,) = ada.got("aframe-update")
    assert update["entityData"]["position"] == AT
    assert ada.got("poses") == []
    assert cay.got("aframe-update") == []
    (frame,) = frames(cay)
    assert frame.poses == {index(cay, "bob"): FRAME_OF_AT}
    (joined,) = cay.got("space-joined")
    assert (joined["poses"], joined["epoch"]) == ("binary", frame.epoch)
    assert ada.got("space-joined") == []
    assert index(ada, "bob") == index(cay, "bob")
    assert bob.got("aframe-update") == []


def test_what_a_frame_cannot_say_goes_to_everybody_once() -> None:
    """An opened microphone and entities are events; repeated unchanged they are no news."""
    world, _ada, bob, cay = mixed()
    for x in range(3):
        bob.move(position={**AT, "x": x}, voice_enabled=True, entities={"lamp": "on"})
        world.run(0.5)

    (update,) = cay.got("aframe-update")
    assert update["entityData"]["voice_enabled"]
    assert len(frames(cay)) == 3


def test_entities_are_repeated_for_who_came_later() -> None:
    """A newcomer has not heard what everybody else has."""
    world, _ada, bob, _cay = mixed()
    bob.move(position=AT, entities={"lamp": "on"})
    world.run(0.5)
    dan = world.connect("dan")
    dan.join(LOBBY, binary_poses=True)
    world.run(0.5)
    bob.move(position=TURNED, entities={"lamp": "on"})
    world.run(0.5)

    (update,) = dan.got("aframe-update")
    assert update["entityData"]["entities"] == {"lamp": "on"}


def test_an_impossible_leap_is_refused_and_changes_nothing() -> None:
    """Issue 3: the mover is told, nobody else sees it, and the place stays what it was."""
    world, ada, bob, cay = mixed()
    bob.move(position=AT)
    world.run(0.5)
    bob.move(position={"x": 900_000, "y": 0, "z": 0})
    world.run(0.5)

    (error,) = bob.got("error")
    assert (error["code"], error["field"]) == ("impossible_speed", "position")
    assert len(ada.got("aframe-update")) == len(frames(cay)) == 1
    space = world.space(LOBBY)
    assert space is not None
    assert space.state.roster.bodies["bob"].position == AT


def test_a_new_form_is_a_new_entry_and_a_crash_keeps_the_form() -> None:
    """Joining again with the other form changes it; a restarted space is told which it was."""
    world, ada, bob, cay = mixed()
    ada.join(LOBBY, binary_poses=True)
    world.run(0.5)
    world.crash(LOBBY.address)
    bob.move(position=AT)
    cay.say("anybody here?")
    world.run(5)
    bob.move(position=AT, rotation=TURNED)
    world.run(0.5)

    for client in (ada, cay):
        assert client.got("space-joined")[-1]["poses"] == "binary"
        assert frames(client)[-1].epoch == client.got("space-joined")[-1]["epoch"]
        assert frames(client)[-1].poses[index(client, "bob")] == FRAME_OF_AT
    assert ada.space == LOBBY
