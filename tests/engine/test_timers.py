"""Timers: when they fire, in which order, and when they do not."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from engine.clock import Timer, Timers
from engine.context import Context
from tests.engine.cast import START_US, Stage, fall, kind


@given(st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=300))
def test_live_timers_fire_by_time_and_then_by_age(plan: list[tuple[int, bool]]) -> None:
    """Equal times keep their order of creation; cancelled ones are as if never set."""
    timers = Timers()
    fired: list[object] = []
    for number, (when_us, cancelled) in enumerate(plan):
        timer = timers.at(when_us, fired.append, (when_us, number))
        if cancelled:
            timer.cancel()

    expected = sorted((when, n) for n, (when, cancelled) in enumerate(plan) if not cancelled)
    assert timers.next_us() == (expected[0][0] if expected else None)
    while (next_us := timers.next_us()) is not None:
        timers.fire_due(next_us)

    assert fired == expected
    assert timers.cancelled == 0


def test_cancelled_timers_do_not_pile_up() -> None:
    """Every answered ask cancels its deadline; the heap must not hold them until it is due."""
    timers = Timers()

    for _ in range(10_000):
        timers.at(10**9, print).cancel()

    assert len(timers) < 200


def test_a_timer_cancelled_by_one_that_fires_with_it_stays_silent() -> None:
    """Due is not done."""
    timers = Timers()
    fired: list[object] = []
    later: list[Timer] = []
    timers.at(1, lambda: later[0].cancel())  # noqa: PLW0108 - It is set below.
    later.append(timers.at(1, fired.append, "second"))

    assert timers.fire_due(1) == 1
    assert fired == []


def test_a_delay_of_nothing_means_after_what_is_under_way() -> None:
    """The message overtakes ordinary mail, never the work of this instant."""
    stage = Stage(kind("a"))

    stage.tell("a:1", lambda ctx: ctx.after(0, "later"), "now")
    stage.run_for(0)

    assert stage.seen("a:1") == ["started", "now", "later"]
    assert stage.core.now_us == START_US


def test_a_key_names_one_timer() -> None:
    """Setting it again replaces it; cancelling it leaves nothing."""
    stage = Stage(kind("a"))

    def plan(ctx: Context) -> None:
        ctx.after(10, "old", key="k")
        ctx.after(20, "new", key="k")
        ctx.after(30, "gone", key="other")
        ctx.after(40, "no key")
        ctx.cancel("other")

    stage.tell("a:1", plan)
    stage.run_for(100)

    assert stage.seen("a:1") == ["started", "new", "no key"]


def test_only_timers_that_are_kept_survive_a_crash() -> None:
    """What an incarnation planned ends with it, unless it is owed to somebody."""
    stage = Stage(kind("a"))

    def plan(ctx: Context) -> None:
        ctx.after(1000_000, "mine", key="mine")
        ctx.after(1000_000, "kept", key="kept", keep=True)

    stage.tell("a:1", plan, fall)
    stage.run_for(2_000_000)

    assert stage.seen("a:1") == ["started", "started", "kept"]


def test_a_kept_timer_wakes_a_sleeper() -> None:
    """Its message is mail like other mail."""
    stage = Stage(kind("a", idle_us=1000))

    stage.tell("a:1", lambda ctx: ctx.after(50_000, "wake", keep=True))
    stage.run_for(40_000)
    assert stage.core.cells["a:1"].actor is None
    stage.run_for(20_000)

    assert stage.seen("a:1") == ["started", "started", "wake"]


def test_no_timer_outlives_its_cell() -> None:
    """Not even a kept one."""
    stage = Stage(kind("a"))

    stage.tell("a:1", lambda ctx: ctx.after(1000, "late", keep=True), lambda ctx: ctx.stop())
    stage.run_for(10_000)

    assert "late" not in stage.seen("a:1")
    assert stage.core.ledger.dead == {}


def test_a_timer_that_fired_before_a_crash_does_not_reach_the_next_incarnation() -> None:
    """Being in the queue already makes no difference to whom it concerned."""
    stage = Stage(kind("a"))
    stage.tell("a:1", lambda ctx: ctx.after(1000, "mine"))

    stage.core.timers.at(START_US + 1000, stage.core.tell, "a:1", "other")
    stage.core.timers.at(START_US + 1000, stage.core.lifecycle.then, *_crash_now(stage))
    stage.run_for(1_000_000)

    assert stage.seen("a:1") == ["started", "started", "other"]
    assert stage.core.ledger.dead == {"stale": 1}


def _crash_now(stage: Stage) -> tuple[Any, ...]:
    cell = stage.core.cells["a:1"]
    return cell, stage.core.lifecycle.crashed, cell, RuntimeError("fell")
