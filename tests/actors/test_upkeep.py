"""What a space keeps up to date elsewhere, and when things end by themselves."""

from __future__ import annotations

from actors.directory.messages import CountPeople
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


def test_the_directory_forgets_spaces_that_have_fallen_silent() -> None:
    """A space whose supervisor gave up says no good-bye."""
    world = World()
    world.inside(LOBBY, "ada")
    world.core.lifecycle.kill(LOBBY.address)
    world.run(100)

    assert world.counts() == {}


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
