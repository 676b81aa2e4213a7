"""The conflated lane that wakes its owner: once for each time it fills, and never in vain."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.actor import Filled
from engine.cell import Lane
from tests.engine.cast import Stage, balanced, fall, kind


def stage_of(**lane: object) -> Stage:
    stage = Stage(kind("a", lane=Lane(wakes=True, **lane)))  # type: ignore[arg-type]
    stage.core.spawn("a:1")
    stage.settle()
    return stage


@given(st.lists(st.lists(st.integers(0, 2), min_size=1), max_size=5))
def test_it_wakes_once_for_each_time_it_fills(rounds: list[list[int]]) -> None:
    """However many values come before the owner takes them, one message says so."""
    stage = stage_of()
    for keys in rounds:
        for key in keys:
            stage.core.put("a:1", key, "value")
            stage.settle()
        stage.tell("a:1", lambda ctx: ctx.take())

    assert stage.seen("a:1") == ["started", *[Filled()] * len(rounds)]
    assert balanced(stage.core)


def test_other_lanes_wake_nobody() -> None:
    """Ten thousand values a second must not cost as many turns where nobody asked for them."""
    stage = Stage(kind("a"))
    stage.core.spawn("a:1")
    stage.core.put("a:1", "key", 1)
    stage.settle()

    assert stage.seen("a:1") == ["started"]


def test_a_new_incarnation_is_woken_for_what_the_old_one_left() -> None:
    """A crash between the waking and the taking must not leave values lying for ever."""
    stage = stage_of()
    stage.core.put("a:1", "key", 1)
    stage.settle()
    stage.tell("a:1", fall)
    stage.run_for(10_000_000)

    assert stage.seen("a:1") == ["started", Filled(), "started", Filled()]
    assert balanced(stage.core)


def test_two_values_of_a_key_are_merged_as_the_lane_says() -> None:
    """Parts of one thing that arrive one by one do not hide each other."""
    stage = stage_of(merge=lambda old, new: {**old, **new})
    taken = []
    stage.core.put("a:1", "key", {"x": 1, "y": 1})
    stage.core.put("a:1", "key", {"y": 2})
    stage.tell("a:1", lambda ctx: taken.append(ctx.take()))

    assert taken == [{"key": {"x": 1, "y": 2}}]
    assert stage.core.ledger.conflated == 1
    assert balanced(stage.core)
