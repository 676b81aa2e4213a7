"""The audibility ledger's keeper in a living space: when it cuts, what it repeats and loses."""

from __future__ import annotations

from itertools import pairwise

import pytest

from actors.space.hearing.ledger import audible_at
from actors.space.hearing.ledger_keeper import (
    CUT_EVERY_US,
    QUIET_CUT_US,
    UNWRITTEN_MAX,
    LedgerKeeper,
)
from actors.store_audibility import Batch, ReadAudibility, SaveAudibility
from engine.clock import SECOND_US
from tests.actors.support import HARBOUR, Client, Fault, World

CUT_S = CUT_EVERY_US // SECOND_US
QUIET_S = QUIET_CUT_US // SECOND_US


def two_people(world: World) -> list[Client]:
    """Return two who hear each other."""
    people = [world.connect(name) for name in ("ada", "bob")]
    for one in people:
        one.join(HARBOUR)
        one.move(position={"x": 0, "y": 1.6, "z": 0})
    world.run(1)
    return people


def walk(world: World, one: Client, seconds: int) -> None:
    """Have somebody come and go, out of earshot and back, once a second."""
    for second in range(seconds):
        one.move(position={"x": 50 * (second % 2), "y": 1.6, "z": 0})
        world.run(1)


def keeper(world: World) -> LedgerKeeper:
    space = world.space(HARBOUR)
    assert space is not None
    return space.hall.ears.keeper


def kept(world: World) -> list[Batch]:
    return [world.memory.audibility.rows[key] for key in sorted(world.memory.audibility.rows)]


def known(world: World, at_us: int) -> bool:
    batches = world.memory.audibility.read(ReadAudibility(space=HARBOUR, at_us=at_us))
    return audible_at(batches, at_us) is not None


def store_away(request: object) -> Fault | None:
    return "err" if isinstance(request, SaveAudibility) else None


def test_a_batch_is_kept_every_ten_seconds_while_people_walk() -> None:
    """Each follows the one before without a hole, and is the most that a crash may lose."""
    world = World()
    _, bob = two_people(world)
    walk(world, bob, 6 * CUT_S)

    batches = kept(world)
    assert 5 <= len(batches) <= 7
    assert all(one.until_us == two.from_us for one, two in pairwise(batches))
    assert world.core.now_us - batches[-1].until_us <= CUT_EVERY_US + SECOND_US
    assert keeper(world).kept_until_us(world.core.now_us) == batches[-1].until_us


def test_a_batch_a_minute_where_nothing_changes() -> None:
    """A room that stands still costs sixty rows an hour."""
    world = World()
    two_people(world)
    world.run(QUIET_S)
    had = len(kept(world))
    world.run(5 * QUIET_S)

    assert 4 <= len(kept(world)) - had <= 5


def test_who_leaves_last_leaves_everything_kept() -> None:
    """The space may rest only then, and writes nothing more."""
    world = World()
    ada, bob = two_people(world)
    heard_us = world.core.now_us
    for one in (ada, bob):
        one.leave()
    left = keeper(world)
    waiting = left.settled
    world.run(QUIET_S + 2 * CUT_S)

    assert (waiting, left.settled) == (False, True)
    assert known(world, heard_us)
    assert not known(world, world.core.now_us)


def test_a_short_absence_of_the_store_loses_nothing() -> None:
    """A write that failed is repeated at the next cut, in order."""
    world = World()
    _, bob = two_people(world)
    begun_us = world.core.now_us
    world.fault = store_away
    walk(world, bob, 4 * CUT_S)
    assert 3 <= keeper(world).unwritten <= UNWRITTEN_MAX
    world.heal()
    walk(world, bob, 2 * CUT_S)

    now_us = world.core.now_us
    assert (keeper(world).unwritten, keeper(world).given_up) == (0, 0)
    assert all(known(world, at) for at in range(begun_us, now_us - 12 * SECOND_US, SECOND_US))


def test_a_long_absence_leaves_a_gap_and_bounded_memory() -> None:
    """After a minute what waits is given up; with the store back the ledger begins with a key."""
    world = World()
    _, bob = two_people(world)
    away_us = world.core.now_us
    world.fault = store_away
    for _ in range(15):
        walk(world, bob, CUT_S)
        assert keeper(world).unwritten <= UNWRITTEN_MAX
    assert keeper(world).given_up >= UNWRITTEN_MAX
    world.heal()
    back_us = world.core.now_us
    walk(world, bob, 3 * CUT_S)

    assert not known(world, away_us + 20 * SECOND_US)
    assert known(world, back_us + 2 * SECOND_US)
    assert keeper(world).unwritten == 0


def test_a_write_whose_answer_was_lost_is_repeated_and_counts_once() -> None:
    """The number makes the repeat harmless."""
    world = World()
    _, bob = two_people(world)
    world.fault = lambda one: "unknown" if isinstance(one, SaveAudibility) else None
    walk(world, bob, 2 * CUT_S)
    assert keeper(world).unwritten
    world.heal()
    walk(world, bob, 2 * CUT_S)

    batches = kept(world)
    assert [one.number for one in batches] == list(range(1, len(batches) + 1))
    assert keeper(world).given_up == 0


def test_one_write_is_under_way_at_a_time() -> None:
    """A slow store is asked for the next batch when it has answered for the last."""
    world = World(reply_us=25 * SECOND_US)
    _, bob = two_people(world)
    world.run(60)
    before = world.requests["SaveAudibility"]
    walk(world, bob, 100)

    assert world.requests["SaveAudibility"] - before <= 100 // 25 + 1


@pytest.mark.parametrize("keep_us", [0, 1])
def test_nothing_is_written_where_nothing_is_to_be_kept(keep_us: int) -> None:
    """`audibility_days = 0` turns the ledger off."""
    world = World(audibility_keep_us=keep_us)
    two_people(world)
    world.run(2 * QUIET_S)

    assert bool(world.requests["SaveAudibility"]) == bool(keep_us)
