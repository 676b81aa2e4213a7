"""Networked-A-Frame in a space: the room its pages see, and what they tell each other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actors.naf import NafMember
from actors.session.messages import DescribeNaf, SendNaf
from actors.space.space_id import SpaceId
from tests.actors.support import HARBOUR, LOBBY, Client, World

OTHER = SpaceId("naf", "basic")


def member(socket_id: str, room: str = "ada-harbour-main") -> NafMember:
    return NafMember(id=f"id-{socket_id}", room=room)


def pages(world: World, *socket_ids: str, space: SpaceId = HARBOUR) -> list[Client]:
    """Return clients whose pages are in a room, and have forgotten how they came in."""
    clients = [world.connect(socket_id) for socket_id in socket_ids]
    for client in clients:
        client.join(space, naf=member(client.socket_id))
        world.run(0.1)
    for client in clients:
        client.inbox.clear()
    return clients


def says(client: Client, type_: str, data: Any = None, *, to: str | None = None) -> int:
    client.asked.append(len(client.asked) + 1)
    ack = client.asked[-1]
    client.tell(SendNaf(event="naf-message", type=type_, data=data, to=to, ack=ack))
    return ack


def heard(client: Client) -> list[tuple[str, str, Any]]:
    return [(it["from"], it["type"], it["data"]) for it in client.got("naf-message")]


def room_of(client: Client) -> set[str]:
    """Return who is in the room according to what its page was told."""
    room: set[str] = set()
    for event, payload in client.inbox:
        if event == "naf-room":
            room = set(payload["members"])
        elif event == "naf-member":
            change = {payload["id"]}
            room = room - change if payload["member"] is None else room | change
            assert set(payload["joined"]) == room
    return room


def test_pages_see_each_other_and_nobody_else() -> None:
    """Someone on a stock client has no entities to sync, so is no occupant; they see each other."""
    world = World()
    stock, ada = world.connect("stock"), world.connect("ada")
    stock.join(HARBOUR)
    world.run(0.1)
    ada.join(HARBOUR, naf=member("ada"))
    world.run(0.1)
    ben = world.connect("ben")
    ben.join(HARBOUR, naf=member("ben"))
    world.run(0.1)

    assert room_of(ada) == room_of(ben) == {"id-ada", "id-ben"}
    assert stock.joined() == ["ada", "ben"]
    assert not [event for event, _ in stock.inbox if event.startswith("naf-")]
    assert [event for event, _ in ben.inbox if event.startswith("naf-")] == ["naf-room"]

    ada.disconnect()
    world.run(0.1)
    assert room_of(ben) == {"id-ben"}
    assert stock.left() == ["ada"]


def test_what_is_said_reaches_the_others_once_in_order_and_under_the_senders_id() -> None:
    """All but the sender for a broadcast, one for a message to somebody."""
    world = World()
    ada, ben, cleo = pages(world, "ada", "ben", "cleo")
    (stranger,) = pages(world, "stranger", space=LOBBY)
    acks = [says(ada, "u", n) for n in range(40)]
    acks.append(says(ada, "note", "for ben", to="id-ben"))
    world.run(0.1)

    everything = [("id-ada", "u", n) for n in range(40)]
    assert heard(cleo) == everything
    assert heard(ben) == [*everything, ("id-ada", "note", "for ben")]
    assert heard(ada) == heard(stranger) == []
    assert [ada.answer(ack) for ack in acks] == [{}] * 41


@pytest.mark.parametrize("to", ["id-stranger", "id-ada", "nobody", "ben", "stock"])
def test_nobody_outside_the_room_can_be_reached(to: str) -> None:
    """Nor oneself, nor by a socket's id, nor somebody whose page does not speak it."""
    world = World()
    ada, ben = pages(world, "ada", "ben")
    (stranger,) = pages(world, "stranger", space=LOBBY)
    world.inside(HARBOUR, "stock")
    ack = says(ada, "u", to=to)
    world.run(0.1)

    assert ada.code(ack) == "no_such_member"
    assert heard(ben) == heard(stranger) == []


def test_who_is_in_no_room_is_not_heard() -> None:
    """Before joining, after leaving, and as a member of the space who speaks no NAF."""
    world = World()
    ada, ben = pages(world, "ada", "ben")
    (stock,) = world.inside(HARBOUR, "stock")
    newcomer = world.connect("newcomer")
    ada.leave()
    acks = [(one, says(one, "u")) for one in (ada, stock, newcomer)]
    world.run(0.1)

    assert [client.code(ack) for client, ack in acks] == ["not_in_space"] * 3
    assert heard(ben) == []


def test_joining_again_is_seen_as_going_and_coming() -> None:
    """A page that begins anew has forgotten the others' entities; only newcomers are sent them."""
    world = World()
    ada, ben = pages(world, "ada", "ben")
    ada.join(HARBOUR, naf=member("ada"))
    world.run(0.1)

    changes = [(it["id"], it["member"] is None) for it in ben.got("naf-member")]
    assert changes == [("id-ada", True), ("id-ada", False)]
    assert len(ada.got("naf-room")) == 1
    assert room_of(ada) == {"id-ada", "id-ben"}


def test_appearances_are_shown_and_survive_a_crash() -> None:
    """Presence and fields reach the others, and are the session's to tell a restarted space."""
    world = World()
    ada, ben = pages(world, "ada", "ben")
    ada.tell(DescribeNaf(presence=("away", "tea"), ack=99))
    ada.tell(DescribeNaf(fields={"mediaIds": {"fieldValue": 7}}))
    world.run(0.1)

    assert ada.answer(99) == {}
    shown = ben.got("naf-member")[-1]["member"]
    assert (shown["show"], shown["status"]) == ("away", "tea")
    assert shown["fields"] == {"mediaIds": {"fieldValue": 7}}

    ben.inbox.clear()
    world.crash(HARBOUR.address)
    says(ben, "u", 1)
    world.run(5)
    (room,) = ben.got("naf-room")
    assert set(room["members"]) == {"id-ada", "id-ben"}
    assert room["members"]["id-ada"] == shown
    says(ben, "u", 2)
    world.run(0.1)
    assert heard(ada) == [("id-ben", "u", 2)]


def test_a_pose_moves_the_body_others_see() -> None:
    """What an avatar's update says of its place is published with the tick, as any pose is."""
    world = World()
    (stock,) = world.inside(HARBOUR, "stock")
    (ada,) = pages(world, "ada")
    place = {"x": 1, "y": 2, "z": 3}
    ada.tell(SendNaf(event="naf-message", type="u", data={}, pose={"position": place}))
    world.run(1)

    (moved,) = stock.got("aframe-update")
    assert (moved["socketId"], moved["entityData"]) == ("ada", {"position": place})


def test_a_full_room_refuses() -> None:
    """The space's seats are all there are: no second room of the same name is opened."""
    world = World(space_users_max=2)
    pages(world, "ada", "ben")
    cleo = world.connect("cleo")
    ack = cleo.join(HARBOUR, naf=member("cleo"))
    world.run(1)

    assert cleo.code(ack) == "space_full"
    assert cleo.got("naf-room") == []


def test_unlisted_rooms_are_closed_where_unlisted_spaces_are() -> None:
    """A room of its own kind is open exactly where unlisted posts are."""
    for open_unlisted in (True, False):
        world = World(open_unlisted=open_unlisted)
        ada = world.connect("ada")
        ack = ada.join(OTHER, naf=member("ada", "basic"))
        world.run(1)
        assert (ada.got("naf-room") != []) == open_unlisted
        if not open_unlisted:
            assert ada.code(ack) == "space_not_found"


WHO = st.sampled_from(["ada", "ben", "cleo", "dan"])
STEP = st.one_of(
    st.tuples(st.just("join"), WHO, st.sampled_from([HARBOUR, OTHER])),
    st.tuples(st.just("leave"), WHO),
    st.tuples(st.just("say"), WHO),
    st.tuples(st.just("run"), st.sampled_from([0.0, 0.05])),
    st.tuples(st.just("crash"), st.sampled_from([HARBOUR, OTHER])),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, max_size=30))
def test_every_page_knows_its_room_whatever_happened(steps: list[Any]) -> None:
    """What each page was told adds up to who is there; nobody hears a room they are not in."""
    world = World()
    clients = {name: world.connect(name) for name in ("ada", "ben", "cleo", "dan")}
    said = 0
    for step in steps:
        match step:
            case ("join", who, space):
                clients[who].join(space, naf=member(who, str(space)))
            case ("leave", who):
                clients[who].leave()
            case ("say", who):
                says(clients[who], "u", said)
                said += 1
            case ("run", seconds):
                world.run(seconds)
            case ("crash", space):
                world.crash(space.address)
    world.heal()
    world.run(30)

    for space in (HARBOUR, OTHER):
        there = {f"id-{who}" for who in world.roster(space)}
        for who in world.roster(space):
            assert room_of(clients[who]) == there
    for client in clients.values():
        numbers = [data for sender, _type, data in heard(client) if sender]
        assert len(set(numbers)) == len(numbers)
        assert all(sender != f"id-{client.socket_id}" for sender, _type, _data in heard(client))
        for sender in clients:
            own = [n for by, _type, n in heard(client) if by == f"id-{sender}"]
            assert own == sorted(own)
