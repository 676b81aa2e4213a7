"""What a space keeps up to date elsewhere, and when things end by themselves."""

from __future__ import annotations

import pytest

from actors.directory.messages import DIRECTORY, CountPeople, Occupied
from actors.store import ActivateSpace
from tests.actors.support import HARBOUR, LOBBY, World

AT = {"x": 1.0, "y": 0.0, "z": 2.0}
TURNED = {"x": 0.0, "y": 90.0, "z": 0.0}


def test_an_idle_session_ends_after_two_hours_and_not_before() -> None:
    """SPEC 1: a two-hour idle session ends; a pose is a sign of life."""
    world = World(tick_hz=1)
    ada, bob = world.inside(LOBBY, "ada", "bob")
    world.run(110 * 60)
    bob.move(position=AT)
    world.run(11 * 60)
    assert [one.reconnect for one in ada.dismissed] == [False]
    assert bob.left() == ["ada"]
    assert bob.space == LOBBY

    world.run(110 * 60)
    assert bob.dismissed != []
    assert world.roster(LOBBY) == []


def test_presence_rows_follow_the_roster_though_writes_fail() -> None:
    """WIRE 3: presence_sessions says who is where, soon."""
    world = World()
    world.fault = lambda request: "err" if "Sessions" in type(request).__name__ else None
    _ada, bob = world.inside(LOBBY, "ada", "bob")
    world.run(5)
    assert world.rows(LOBBY) == []
    world.heal()
    world.run(5)
    assert world.rows(LOBBY) == ["ada", "bob"]
    bob.disconnect()
    world.run(5)
    assert world.rows(LOBBY) == ["ada"]


def test_rows_are_written_even_while_people_come_and_go_all_the_time() -> None:
    """A timer that each change sets anew would never fire in a busy space."""
    world = World()
    world.inside(LOBBY, "ada")
    for number in range(40):
        visitor = world.connect(f"visitor-{number}")
        visitor.join(LOBBY)
        world.run(0.3)
        visitor.disconnect()

    assert "ada" in world.rows(LOBBY)
    assert world.requests["SaveSessions"] < 20


def test_beats_renew_the_rows_of_people_who_move() -> None:
    """WIRE 3: last_activity is of the last half minute while somebody is active."""
    world = World()
    ada, _bob = world.inside(LOBBY, "ada", "bob")
    for _ in range(40):
        ada.move(position=AT)
        world.run(2)

    row = world.memory.sessions["ada"]
    assert world.core.now_us - row.last_activity_us < 35_000_000
    assert row.position == AT


def test_the_directory_counts_again_within_a_beat_of_its_crash() -> None:
    """SPEC 1: lists say who is there now."""
    world = World()
    world.inside(LOBBY, "ada", "bob")
    world.inside(HARBOUR, "cay")
    world.crash("directory:spaces")
    world.core.tell("directory:spaces", CountPeople())
    world.run(30)

    assert world.counts() == {("global", "lobby"): 2, ("post", "ada/harbour"): 1}


def test_the_directory_forgets_a_space_that_does_not_come_back() -> None:
    """A space whose supervisor gave up says no good-bye: the store was away when it crashed."""
    world = World()
    (ada,) = world.inside(LOBBY, "ada")
    world.fault = lambda request: "err" if isinstance(request, ActivateSpace) else None
    world.crash(LOBBY.address)
    ada.move(position=AT)
    world.run(1)

    assert LOBBY.address not in world.core.cells
    assert world.counts() == {}


@pytest.mark.parametrize("directory_crashes", [False, True])
def test_the_directory_does_not_believe_a_count_of_a_space_that_is_gone(
    *, directory_crashes: bool
) -> None:
    """What a space told before its end may be heard after it."""
    world = World()
    world.inside(LOBBY, "ada")
    if directory_crashes:
        world.crash(DIRECTORY)
    world.core.lifecycle.kill(LOBBY.address)
    world.core.tell(DIRECTORY, Occupied(space=LOBBY, people=1))
    world.run(1)

    assert world.counts() == {}


def test_the_directory_keeps_nobody_waiting_after_a_space_has_crashed() -> None:
    """It watches the space, but only sessions are awaited before the space is open again."""
    world = World()
    (ada,) = world.inside(LOBBY, "ada")
    world.crash(LOBBY.address)
    ada.move(position=AT)
    world.run(0.5)

    space = world.space(LOBBY)
    assert space is not None
    assert not space.awaited
    assert world.roster(LOBBY) == ["ada"]
    assert world.counts() == {("global", "lobby"): 1}


def test_an_empty_space_is_forgotten_after_a_minute_and_starts_afresh() -> None:
    """SPEC 1: a space exists from the moment someone opens it."""
    world = World()
    (ada,) = world.inside(LOBBY, "ada")
    space = world.space(LOBBY)
    assert space is not None
    epoch = space.state.epoch
    ada.leave()
    world.run(130)
    assert LOBBY.address not in world.core.cells
    ada.join(LOBBY)
    world.run(1)

    assert ada.got("space-joined")[-1]["epoch"] > epoch
    assert world.roster(LOBBY) == ["ada"]


def test_a_fenced_space_stops_and_its_people_are_told_to_reconnect() -> None:
    """SCALE 1.4: an activation that was taken over must not go on."""
    world = World()
    (ada,) = world.inside(LOBBY, "ada")
    world.run(2)
    world.memory.epochs[LOBBY.address] += 1
    world.connect("bob").join(LOBBY)
    world.run(3)

    assert [one.reconnect for one in ada.dismissed] == [True]
