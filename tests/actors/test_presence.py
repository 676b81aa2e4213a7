"""Coming, going and being seen."""

from __future__ import annotations

import pytest

from actors.person import Person
from actors.session.messages import Disconnected, Identify
from actors.space.messages import Enter, Leave
from actors.space.poses import AT_ONCE
from actors.space.rush import pause_us
from actors.space.state import GROUPED_FROM
from engine.clock import SECOND_US
from tests.actors.support import HARBOUR, LOBBY, World

AT = {"x": 1.0, "y": 0.0, "z": 2.0}
TURNED = {"x": 0.0, "y": 90.0, "z": 0.0}


def test_the_others_see_one_join_and_the_newcomer_sees_everybody() -> None:
    """SPEC 1: everyone sees the same roster in the same order of events."""
    world = World()
    (ada,) = world.inside(LOBBY, "ada")
    (bob,) = world.inside(LOBBY, "bob")

    assert ada.joined() == ["bob"]
    assert list(bob.view or ()) == ["ada", "bob"]


def test_joining_twice_shows_again_and_announces_nothing() -> None:
    """SPEC 1: a person appears once."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    ada.inbox.clear()
    ack = bob.join(LOBBY)
    world.run(1)

    assert len(bob.got("space-joined")) == 1
    assert bob.answer(ack)["spaceId"] == "lobby"
    assert ada.inbox == []
    assert world.roster(LOBBY) == ["ada", "bob"]


def test_joining_another_space_leaves_the_first_once() -> None:
    """SPEC 1: presence is exact; a session is in one space."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    bob.join(HARBOUR)
    world.run(1)

    assert ada.left() == ["bob"]
    assert world.roster(LOBBY) == ["ada"]
    assert world.roster(HARBOUR) == ["bob"]


def test_hopping_between_spaces_ends_in_the_last_one_however_fast() -> None:
    """SPEC 1: what the spaces before say does not reach somebody who has gone on."""
    world = World(reply_us=5000)
    ada = world.connect("ada")
    acks = [ada.join(space) for space in (LOBBY, HARBOUR, LOBBY, HARBOUR, LOBBY)]
    world.run(1)

    assert [ada.code(ack) for ack in acks[:-1]] == ["superseded"] * 4
    assert ada.answer(acks[-1])["spaceId"] == "lobby"
    assert ada.got("space-joined")[-1]["spaceId"] == "lobby"
    assert (world.roster(LOBBY), world.roster(HARBOUR)) == (["ada"], [])


def test_a_leave_is_acknowledged_when_the_space_sends_nothing_more() -> None:
    """SPEC 1: a client that was told it has left is not shown the space afterwards."""
    world = World(reply_us=5000)
    ada = world.connect("ada")
    ada.join(LOBBY)
    ack = ada.leave()
    world.engine.run_for(1000)
    assert ada.answers == {}
    world.run(1)
    shown = len(ada.inbox)
    ada.join(HARBOUR)
    world.run(1)

    assert ada.answer(ack) == {}
    assert [event for event, _ in ada.inbox[shown:]] == ["space-joined"]


def test_leaving_outside_every_space_is_a_yes() -> None:
    """Leaving twice changes nothing."""
    world = World()
    (ada,) = world.inside(LOBBY, "ada")
    acks = [ada.leave(), ada.leave()]
    world.run(1)

    assert [ada.answer(ack) for ack in acks] == [{}, {}]


@pytest.mark.parametrize("order", ["leave first", "disconnect first", "crash", "crash and leave"])
def test_a_session_that_ends_is_seen_to_leave_once(order: str) -> None:
    """SPEC 1: `user-left` once, whatever arrives in which order."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    if "crash" in order:
        world.crash("session:bob")
    if "leave" in order:
        bob.leave()
    bob.tell(Disconnected(reason="gone"))
    if order == "disconnect first":
        world.core.tell(LOBBY.address, Leave(socket_id="bob", reason="late"))
    world.run(5)

    assert ada.left() == ["bob"]
    assert world.roster(LOBBY) == ["ada"]
    assert "session:bob" not in world.core.cells


def test_a_crashed_session_tells_its_client_to_reconnect() -> None:
    """SPEC 1: a fresh connection is the one state that a client surely handles."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    world.crash("session:bob")
    bob.say("hello")
    world.run(5)

    assert [one.reconnect for one in bob.dismissed] == [True]
    assert ada.left() == ["bob"]


def test_what_was_queued_behind_the_end_brings_nobody_back() -> None:
    """SPEC 1: only a living session has a body."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    bob.join(HARBOUR)
    world.core.mail.post_system("session:bob", Disconnected(reason="overtakes"))
    world.run(1)
    assert ada.left() == ["bob"]
    assert world.roster(HARBOUR) == []

    ada.inbox.clear()
    world.connect("cay").join(LOBBY)
    world.core.mail.post_system("session:cay", Disconnected(reason="overtakes"))
    world.run(1)
    assert ada.inbox == []


def test_somebody_who_logs_in_comes_in_again_as_themself() -> None:
    """SPEC 10: what others see of a person is what was proved."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    bob.tell(Identify(person=Person(account="bob")))
    bob.join(LOBBY)
    world.run(1)

    assert ada.left() == ["bob"]
    assert [user["displayName"] for user in ada.got("user-joined")] == ["bob"]
    assert world.roster(LOBBY) == ["ada", "bob"]


def test_a_name_without_proof_is_shown_as_a_claim() -> None:
    """WIRE 5: claims give no rights and no account."""
    world = World()
    (ada,) = world.inside(LOBBY, "ada")
    world.connect("bob").join(LOBBY, claimed="bobby")
    world.run(1)

    (user,) = ada.got("user-joined")
    assert (user["userAccount"], user["claimed"]) == (None, "bobby")


def test_heading_is_unknown_until_the_first_pose_and_then_shown_to_newcomers() -> None:
    """SPEC 1: late joiners see people as they stand."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    bob.join(LOBBY)
    world.run(1)
    (seen,) = [user for user in bob.got("space-joined")[-1]["users"] if user["socketId"] == "ada"]
    assert seen["rotation"] is None

    ada.move(position=AT, rotation=TURNED, voice_enabled=True)
    world.run(1)
    ada.move(position=AT)
    world.run(1)
    (cay,) = (world.connect("cay"),)
    cay.join(LOBBY)
    world.run(1)

    assert cay.view is not None
    assert (cay.view["ada"]["position"], cay.view["ada"]["rotation"]) == (AT, TURNED)
    assert cay.view["ada"]["voice_enabled"]
    assert bob.got("user-joined")[-1]["rotation"] is None


def test_poses_are_published_newest_first_to_the_others_only() -> None:
    """SPEC 2: a client sends as often as it likes; the server publishes at its tick."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    for x in range(20):
        bob.move(position={"x": float(x), "y": 0, "z": 0})
    world.run(1)

    (update,) = ada.got("aframe-update")
    assert update["entityData"]["position"]["x"] == 19
    assert update["socketId"] == "bob"
    assert bob.got("aframe-update") == []


@pytest.mark.parametrize("then", ["stays away", "comes again"])
def test_a_pose_of_an_earlier_stay_changes_nothing(then: str) -> None:
    """SPEC 1: a leave leaves a tombstone that late poses cannot revive."""
    again = then == "comes again"
    world = World()
    everybody = ["ada", "bob", *[f"guest{number:02}" for number in range(AT_ONCE)]]
    ada, bob, *_ = world.inside(LOBBY, *everybody)
    bob.move(position=AT)  # In the lane when bob leaves: so many people's poses wait for others.
    bob.leave()
    if again:
        bob.join(LOBBY, position=TURNED)
    world.run(2)
    if not again:
        bob.move(position=AT)
        world.run(2)

    assert ada.got("aframe-update") == []
    assert sorted(world.roster(LOBBY)) == (everybody if again else ["ada", *everybody[2:]])
    if again:
        space = world.space(LOBBY)
        assert space is not None
        assert space.state.roster.bodies["bob"].position == TURNED


def test_entering_again_with_a_new_life_replaces_the_body() -> None:
    """A leave that was lost on its way is made good by the next entry."""
    world = World()
    (ada,) = world.inside(LOBBY, "ada")
    world.inside(LOBBY, "bob")
    ada.inbox.clear()
    enter = Enter(
        socket_id="bob",
        life=99,
        person=Person(guest_id="g"),
        position=None,
        avatar_data=None,
        connected_at_us=0,
    )
    world.ask(LOBBY.address, enter)

    assert [event for event, _ in ada.inbox] == ["user-left", "user-joined"]
    assert world.roster(LOBBY) == ["ada", "bob"]


def test_a_crowd_that_leaves_at_once_is_told_of_together() -> None:
    """Each departure once and in order, before anything else; no newcomer hears of them."""
    world = World()
    crowd = [f"c{number:02d}" for number in range(GROUPED_FROM + 12)]
    gone, stay = crowd[:10], crowd[10:]
    (ada,) = world.inside(LOBBY, "ada")
    people = world.inside(LOBBY, *crowd)
    ada.inbox.clear()
    for client in people[: len(gone)]:
        client.disconnect()
    world.run(0.001)

    assert world.roster(LOBBY) == ["ada", *stay]
    assert ada.left() == gone[:1]
    bob = world.connect("bob")
    bob.join(LOBBY)
    world.run(0.001)
    assert ada.left() == gone
    assert [event for event, _ in ada.inbox if event.startswith("user-")][-1] == "user-joined"
    assert bob.left() == []
    assert list(bob.view or ()) == ["ada", *stay, "bob"]


def test_a_crowd_hears_of_who_left_even_if_nothing_else_happens() -> None:
    """The pause that gathers a rush has an end."""
    world = World()
    crowd = [f"c{number:02d}" for number in range(GROUPED_FROM + 12)]
    people = world.inside(LOBBY, *crowd)
    for client in people[:10]:
        client.disconnect()
    world.run(pause_us(len(crowd)) / SECOND_US)

    assert people[-1].left() == crowd[:10]
