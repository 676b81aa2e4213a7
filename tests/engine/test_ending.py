"""Stopping in good order, and being killed."""

from __future__ import annotations

import pytest

from engine.actor import Down
from engine.context import Context
from engine.outcome import Err
from tests.engine.cast import Stage, balanced, fall, kind


def test_a_stop_lets_the_queue_be_handled_first() -> None:
    """Then `stopping` runs, and what comes later finds nobody."""
    stage = Stage(kind("a", starts_on_tell=False))
    stage.core.spawn("a:1")
    stage.settle()

    stage.tell("a:1", lambda ctx: ctx.stop(), "before")
    stage.tell("a:1", "after")

    assert stage.seen("a:1") == ["started", "before", "stopping"]
    assert stage.core.ledger.exits == {"normal": 1}
    assert stage.core.ledger.dead == {"nobody there": 1}


def test_mail_for_a_stopping_actor_is_dead_at_once() -> None:
    """An asker need not wait for its end."""
    stage = Stage(kind("a"))
    answers: list[object] = []

    def stop(ctx: Context) -> None:
        ctx.stop()
        ctx.ask("a:1", "too late", tag="t", timeout_us=10)

    stage.core.spawn("a:1")
    stage.core.tell("a:1", stop)
    stage.settle()
    stage.core.ask("a:1", "new life", answers.append, timeout_us=10)

    assert stage.core.ledger.dead == {"stopping": 2}
    assert balanced(stage.core)


def test_children_stop_before_their_parent_last_started_first() -> None:
    """And the parent still hears their last words."""
    stage = Stage(kind("p"), kind("c", starts_on_tell=False))
    stage.tell("p:1", lambda ctx: [(ctx.spawn(f"c:{n}"), ctx.watch(f"c:{n}")) for n in (1, 2, 3)])
    stage.log.clear()

    stage.tell("p:1", lambda ctx: ctx.stop())

    assert [who for who, what in stage.log if what == "stopping"] == ["c:3", "c:2", "c:1", "p:1"]
    assert stage.seen("p:1")[:3] == [Down(f"c:{n}", "normal") for n in (3, 2, 1)]
    assert stage.core.ledger.exits == {"normal": 4}


def test_a_stop_that_takes_too_long_ends_as_a_kill() -> None:
    """A child that never ends would hold its parent for ever."""
    stage = Stage(kind("a", stop_within_us=1000), kind("b"))
    stage.tell("a:1", "hello")
    stage.tell("b:1", lambda ctx: ctx.watch("a:1"))
    cell = stage.core.cells["a:1"]

    cell.scheduled = True  # It never gets another turn.
    stage.core.lifecycle.stop(cell, "normal")
    stage.run_for(2000)

    assert stage.seen("b:1")[-1] == Down("a:1", "killed")
    assert stage.core.ledger.exits == {"killed": 1}


def test_a_crash_while_stopping_is_the_end() -> None:
    """Nobody wants it back."""
    stage = Stage(kind("a"))

    stage.tell("a:1", lambda ctx: ctx.stop(), fall, "unread")
    stage.run_for(1_000_000)

    assert stage.core.cells == {}
    assert stage.core.ledger.exits == {"crash": 1}
    assert stage.core.ledger.dead == {"crash": 2}


def test_an_actor_that_is_being_loaded_stops_when_it_has_begun() -> None:
    """What was told before the stop is handled."""
    stage = Stage(kind("a"))

    stage.core.tell("a:1", "before")
    stage.core.lifecycle.stop(stage.core.cells["a:1"], "normal")
    stage.settle()

    assert stage.seen("a:1") == ["started", "before", "stopping"]


def test_a_kill_ends_at_once() -> None:
    """Without `stopping`; what is queued is dead, and askers learn so."""
    stage = Stage(kind("a"))
    answers = stage.ask("a:1", lambda ctx: None)
    stage.core.tell("a:1", "unread")

    stage.core.lifecycle.kill("a:1")
    stage.settle()

    assert stage.seen("a:1") == ["started"]
    assert stage.core.ledger.exits == {"killed": 1}
    assert stage.core.ledger.dead == {"killed": 1}
    assert len(answers) == 1
    assert balanced(stage.core)


def test_an_unread_question_to_the_killed_took_no_effect() -> None:
    """It was never seen."""
    stage = Stage(kind("a"))
    stage.core.spawn("a:1")
    answers: list[object] = []

    stage.core.ask("a:1", "unread", answers.append, timeout_us=1000)
    stage.core.lifecycle.kill("a:1")

    assert answers == [Err("killed")]


def test_effects_of_saying_goodbye_count() -> None:
    """The last message of an actor arrives."""
    stage = Stage(kind("a"))

    class Polite:
        def handle(self, message: object, ctx: Context) -> None:
            ctx.stop()

        def started(self, ctx: Context) -> None: ...

        def stopping(self, ctx: Context) -> None:
            ctx.tell("a:1", "goodbye")

    stage.core.kinds["polite"] = kind("polite")(lambda _birth: Polite())  # type: ignore[arg-type,return-value]
    stage.tell("polite:1", "leave")

    assert stage.seen("a:1") == ["started", "goodbye"]


def test_spawning_what_runs_already_is_an_error_outside_and_nothing_inside() -> None:
    """A restarted parent may spawn its children without looking."""
    stage = Stage(kind("a"))
    stage.core.spawn("a:1")

    with pytest.raises(ValueError, match="already running"):
        stage.core.spawn("a:1")
    stage.tell("a:2", lambda ctx: ctx.spawn("a:1"))

    assert stage.core.cells["a:1"].parent is None


def test_an_unknown_kind_crashes_the_one_who_spawns_it() -> None:
    """Its effects are dropped like those of any bug."""
    stage = Stage(kind("a"))

    stage.tell("a:1", lambda ctx: ctx.spawn("typo:1"))

    assert stage.core.ledger.dead == {"crash": 1}
