"""Schedules: what they find, and that they can be repeated."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.entropy import chance
from engine.kernel.schedules import (
    Decided,
    Fifo,
    OneByOne,
    Priorities,
    Schedule,
    replayed,
    scheduled,
    shuffled,
)

HOPS = 6


async def relay(order: list[str]) -> None:
    """Race a message that goes straight against one that takes more hops."""

    async def straight() -> None:
        await trio.lowlevel.checkpoint()
        order.append("straight")

    async def detour() -> None:
        for _ in range(1 + HOPS):
            await trio.lowlevel.checkpoint()
        order.append("detour")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(straight)
        nursery.start_soon(detour)


def raced(schedule: Schedule) -> list[str]:
    order: list[str] = []
    with scheduled(schedule):
        trio.run(relay, order)
    return order


def priorities(seed: int) -> Priorities:
    return Priorities(chance(b"schedule", str(seed)), depth=3, steps=30)


def test_priorities_find_a_detour_that_arrives_first_within_fifty_runs() -> None:
    """Production can see it, since real delays are longer than a tick; a shuffle cannot."""
    assert any(raced(priorities(seed))[0] == "detour" for seed in range(50))
    assert all(
        raced(shuffled(chance(b"schedule", str(seed))))[0] == "straight" for seed in range(50)
    )


@pytest.mark.parametrize(
    ("make", "again"),
    [(priorities, OneByOne), (lambda seed: shuffled(chance(b"s", str(seed))), Decided)],
)
def test_a_found_schedule_is_repeated_from_its_decisions(
    make: Callable[[int], Priorities | Decided], again: Callable[..., Schedule]
) -> None:
    """What is kept is what was decided, not the generator that drew it."""
    for seed in range(20):
        schedule = make(seed)
        order = raced(schedule)

        assert raced(again(replayed(schedule.decisions))) == order


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 5)))
def test_a_search_may_give_the_decisions_itself(decisions: list[int]) -> None:
    """They are integers, and none at all is the plain order; so searches can shrink them."""
    order = raced(OneByOne(replayed(decisions)))

    assert sorted(order) == ["detour", "straight"]
    assert raced(OneByOne(replayed([*decisions, *[0] * 50]))) == order


def test_first_come_first_served_is_the_order_of_becoming_runnable() -> None:
    """As in a run queue."""
    order: list[int] = []

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            for number in range(20):
                nursery.start_soon(note, number)

    async def note(number: int) -> None:
        order.append(number)
        await trio.lowlevel.checkpoint()
        order.append(number)

    with scheduled(Fifo()):
        trio.run(main)

    assert order == [*range(20), *range(20)]


def test_trio_is_left_as_it_was() -> None:
    """A schedule lasts as long as its context, whatever happens in it."""
    from trio._core import _run  # noqa: PLC0415

    before = _run._r, _run._ALLOW_DETERMINISTIC_SCHEDULING
    with pytest.raises(KeyError), scheduled(Fifo()):
        raise KeyError

    assert (_run._r, _run._ALLOW_DETERMINISTIC_SCHEDULING) == before
