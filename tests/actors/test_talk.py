"""Signals and page authors' events: to members of one space, marked with who sent them."""

from __future__ import annotations

from actors.person import Person
from tests.actors.support import HARBOUR, LOBBY, World


def test_a_signal_reaches_the_other_member_alone_and_says_who_sent_it() -> None:
    """SPEC 2: signalling between two members of one space."""
    world = World()
    ada = world.connect("ada", Person(account="ada"))
    ada.join(LOBBY)
    bob, cay = world.inside(LOBBY, "bob", "cay")
    ack = ada.signal("bob")
    world.run(1)

    assert bob.got("webrtc-offer") == [{"offer": "sdp", "fromSocketId": "ada", "fromUser": "ada"}]
    assert cay.got("webrtc-offer") == []
    assert ada.answer(ack) == {}


def test_signals_do_not_cross_spaces_or_reach_those_who_left() -> None:
    """SPEC 2: of one space only."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    (cay,) = world.inside(HARBOUR, "cay")
    dan = world.connect("dan")
    bob.leave()
    world.run(1)
    acks = [ada.signal(to) for to in ("bob", "cay", "dan", "nobody")]
    outside = dan.signal("ada")
    world.run(1)

    assert {ada.code(ack) for ack in acks} == {"no_such_member"}
    assert dan.code(outside) == "not_in_space"
    assert [client.got("webrtc-offer") for client in (ada, bob, cay, dan)] == [[], [], [], []]
    assert len(ada.got("webrtc-error")) == 4


def test_a_relayed_event_is_marked_and_not_echoed() -> None:
    """WIRE 2.2: the others get a page author's event; nobody can pose as somebody else."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    (cay,) = world.inside(HARBOUR, "cay")
    ada.relay("ring", tone=3, socketId="bob", userAccount="eve")
    world.run(1)

    assert bob.got("ring") == [{"tone": 3, "socketId": "ada", "userAccount": None}]
    assert ada.got("ring") == cay.got("ring") == []


def test_a_relayed_event_from_outside_goes_nowhere() -> None:
    """SPEC 1: only a body in the space acts in it."""
    world = World()
    (ada,) = world.inside(LOBBY, "ada")
    world.connect("bob").relay("ring")
    world.run(1)

    assert ada.inbox == []
