"""A space survives its own crash, and the store's absence, without its people noticing much."""

from __future__ import annotations

import pytest

from tests.actors.checks import check_everything
from tests.actors.support import LOBBY, World

NOBODY_FLAPS = ("user-left", "user-joined")


def crash_now(world: World) -> None:
    """Crash the lobby and come to the moment before it is back."""
    world.crash(LOBBY.address)
    world.core.tell(LOBBY.address, "anything")
    world.engine.settle()


def test_people_who_stayed_see_a_resync_and_no_coming_or_going() -> None:
    """SPEC 1: everyone sees the same roster; a crash is a resync at most."""
    world = World()
    clients = world.inside(LOBBY, "ada", "bob", "cay")
    for client in clients:
        client.inbox.clear()
    crash_now(world)
    world.run(1)

    for client in clients:
        shown = ["space-joined", "spatial-connections-updated"]
        assert [event for event, _ in client.inbox] == shown
        assert client.got("space-joined")[0]["resync"]
        assert list(client.view or ()) == ["ada", "bob", "cay"]


def test_people_keep_their_pose_over_a_crash() -> None:
    """SPEC 1: what a session knows of its body comes back with it."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    place = {"x": 3.0, "y": 0.0, "z": 4.0}
    ada.move(position=place, rotation=place, voice_enabled=True)
    world.run(1)
    crash_now(world)
    world.run(1)

    assert bob.view is not None
    seen = bob.view["ada"]
    assert (seen["position"], seen["rotation"], seen["voice_enabled"]) == (place, place, True)


def test_joins_leaves_and_words_during_a_crash_are_answered_after_it() -> None:
    """SPEC 1 and 5: what arrived meanwhile waits and is then handled in its order."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    crash_now(world)
    cay = world.connect("cay")
    joined, said, left = cay.join(LOBBY), ada.say("still here"), bob.leave()
    world.run(3)

    assert isinstance(cay.answer(joined), dict)
    assert ada.answer(said)["message"]["content"] == "still here"
    assert bob.answer(left) == {}
    assert world.roster(LOBBY) == ["ada", "cay"]
    check_everything(world)


def test_a_session_that_died_meanwhile_is_absent() -> None:
    """SPEC 1: presence is exact after a crash, too."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    crash_now(world)
    bob.disconnect()
    world.run(3)

    assert list(ada.view or ()) == ["ada"]
    assert ada.joined() == []


def hold_open(world: World) -> None:
    """Have somebody be awaited who does not come: the lobby stays closed for two seconds."""
    slow = world.connect("slow")
    world.core.lifecycle.ties.watch(world.core.cells[f"session:{slow.socket_id}"], LOBBY.address)


def test_a_session_that_dies_right_after_it_came_back_is_absent() -> None:
    """The end of a session that has re-entered counts before the space has opened again."""
    world = World()
    ada, _bob, _cay = world.inside(LOBBY, "ada", "bob", "cay")
    hold_open(world)
    crash_now(world)
    world.run(0.1)
    world.core.lifecycle.kill("session:cay")
    world.run(5)

    assert world.roster(LOBBY) == ["ada", "bob"]
    assert set(ada.view or ()) == {"ada", "bob"}


def test_a_leave_before_the_space_has_opened_is_answered_when_it_has() -> None:
    """SPEC 1: after the answer nothing more comes from the space."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    hold_open(world)
    crash_now(world)
    world.run(0.1)
    ack = bob.leave()
    world.run(5)

    assert bob.answer(ack) == {}
    assert world.roster(LOBBY) == ["ada"]
    assert set(ada.view or ()) == {"ada"}


def test_a_space_that_comes_back_empty_is_not_counted() -> None:
    """SPEC 1: lists say who is there now."""
    world = World()
    (ada,) = world.inside(LOBBY, "ada")
    crash_now(world)
    ada.disconnect()
    world.run(3)

    assert world.counts() == {}


def test_a_member_who_joins_again_around_a_crash_does_not_flap() -> None:
    """Somebody who was admitted keeps the place even when only their join arrives in time."""
    world = World(space_users_max=2)
    ada, bob = world.inside(LOBBY, "ada", "bob")
    ada.inbox.clear()
    crash_now(world)
    ack = bob.join(LOBBY)
    world.run(3)

    assert isinstance(bob.answer(ack), dict)
    assert [event for event, _ in ada.inbox if event in NOBODY_FLAPS] == []
    assert world.roster(LOBBY) != []
    assert set(ada.view or ()) == {"ada", "bob"}


@pytest.mark.parametrize("in_a_row", [2, 3])
def test_a_space_may_crash_while_it_comes_back(in_a_row: int) -> None:
    """SPEC 1: the sessions are told again and re-enter again."""
    world = World()
    clients = world.inside(LOBBY, "ada", "bob", "cay")
    for _ in range(in_a_row):
        crash_now(world)
        world.run(0.02)
    world.run(3)

    for client in clients:
        assert client.complaints == []
        assert client.joined() in (["bob", "cay"], ["cay"], [])
        assert set(client.view or ()) == {"ada", "bob", "cay"}


def test_a_space_that_cannot_live_sends_its_people_away_to_reconnect() -> None:
    """Its supervisor gives up; a fresh connection is the state that clients surely handle."""
    world = World()
    (ada,) = world.inside(LOBBY, "ada")
    world.fault = lambda request: "err" if type(request).__name__ == "ActivateSpace" else None
    crash_now(world)
    world.run(5)

    assert [one.reconnect for one in ada.dismissed] == [True]
    check_everything(world)


def test_a_store_that_fails_at_activation_is_tried_again() -> None:
    """SPEC 1: a short absence of the store delays a join and does not refuse it."""
    world = World()
    failures = iter(["err", "unknown"])
    world.fault = lambda _request: next(failures, None)  # type: ignore[arg-type]
    ada = world.connect("ada")
    ack = ada.join(LOBBY)
    world.run(3)

    assert isinstance(ada.answer(ack), dict)
    assert world.roster(LOBBY) == ["ada"]


def test_a_store_that_stays_away_ends_in_a_retryable_error() -> None:
    """SPEC 1: the client is told, and may come again when the store is back."""
    world = World()
    world.fault = lambda _request: "err"
    ada = world.connect("ada")
    ack = ada.join(LOBBY)
    world.run(60)
    assert ada.code(ack) == "unavailable"
    assert ada.got("space-error")[0]["retryable"]

    world.heal()
    again = ada.join(LOBBY)
    world.run(3)
    assert isinstance(ada.answer(again), dict)
    check_everything(world)
