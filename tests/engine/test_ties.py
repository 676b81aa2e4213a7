"""Watches and links."""

from __future__ import annotations

from engine.actor import Down, Exited, Restarted
from engine.context import Context
from tests.engine.cast import Stage, balanced, fall, kind


def watching(stage: Stage) -> None:
    stage.tell("a:1", "hello")
    stage.tell("b:1", lambda ctx: [ctx.watch("a:1"), ctx.watch("a:1")])
    stage.log.clear()


def test_down_comes_exactly_once() -> None:
    """Watching twice is watching once."""
    stage = Stage(kind("a"), kind("b"))
    watching(stage)

    stage.tell("a:1", lambda ctx: ctx.stop())
    stage.run_for(1_000_000)

    assert stage.seen("b:1") == [Down("a:1", "normal")]
    assert not stage.core.cells["b:1"].watching


def test_a_watch_outlives_both_sides_crashes() -> None:
    """It ties cells, not incarnations; a restart is told as such."""
    stage = Stage(kind("a"), kind("b"))
    watching(stage)

    stage.tell("b:1", fall)
    stage.tell("a:1", fall)
    stage.run_for(1_000_000)
    stage.core.lifecycle.kill("a:1")
    stage.settle()

    assert stage.seen("b:1") == ["started", Restarted("a:1"), Down("a:1", "killed")] or stage.seen(
        "b:1"
    ) == [Restarted("a:1"), "started", Down("a:1", "killed")]


def test_watching_the_dead_tells_so_at_once() -> None:
    """Nobody waits for an end that has been."""
    stage = Stage(kind("b"))

    stage.tell("b:1", lambda ctx: ctx.watch("a:1"))

    assert stage.seen("b:1") == ["started", Down("a:1", "nobody there")]


def test_unwatching_ends_it() -> None:
    """Neither side remembers."""
    stage = Stage(kind("a"), kind("b"))
    watching(stage)

    stage.tell("b:1", lambda ctx: ctx.unwatch("a:1"))
    stage.tell("a:1", lambda ctx: ctx.stop())

    assert stage.seen("b:1") == []


def test_watchers_are_known_to_the_watched() -> None:
    """After a crash it can see who will hear of its return."""
    stage = Stage(kind("a"), kind("b"))
    watching(stage)
    seen = []

    stage.tell("a:1", lambda ctx: seen.append(ctx.watchers))

    assert seen == [("b:1",)]


def linked(*pairs: tuple[str, str]) -> Stage:
    stage = Stage(kind("a"), kind("trap", trap_exits=True))
    for one, other in pairs:
        stage.tell(other, "hello")
        stage.tell(one, lambda ctx, other=other: ctx.link(other))
    stage.log.clear()
    return stage


def test_linked_actors_crash_together_and_once() -> None:
    """A ring of links carries a crash round, but not back to where it began."""
    stage = linked(("a:1", "a:2"), ("a:2", "a:3"), ("a:3", "a:1"))

    stage.tell("a:1", fall)
    stage.run_for(1_000_000)

    assert sorted(stage.log) == [(f"a:{n}", "started") for n in (1, 2, 3)]
    assert stage.core.ledger.exits == {"crash": 3}
    assert balanced(stage.core)


def test_an_orderly_end_fells_nobody() -> None:
    """Stopping is no failure."""
    stage = linked(("a:1", "a:2"))

    stage.tell("a:1", lambda ctx: ctx.stop())

    assert stage.core.ledger.exits == {"normal": 1}


def test_a_kill_fells_linked_actors() -> None:
    """They cannot go on as if nothing had happened."""
    stage = linked(("a:1", "a:2"))

    stage.core.lifecycle.kill("a:1")
    stage.run_for(1_000_000)

    assert stage.core.ledger.exits == {"killed": 1, "crash": 1}


def test_a_trapped_exit_is_a_message() -> None:
    """Crashes and ends alike, without falling."""
    stage = linked(("trap:1", "a:1"))

    stage.tell("a:1", fall)
    stage.run_for(1_000_000)
    stage.tell("a:1", lambda ctx: ctx.stop())

    assert stage.seen("trap:1") == [Exited("a:1", "crash"), Exited("a:1", "normal")]
    assert stage.core.ledger.exits["crash"] == 1


def test_linking_to_the_dead_fells_at_once() -> None:
    """As if the other had just ended; whoever traps exits is told."""
    stage = Stage(kind("a"), kind("trap", trap_exits=True))

    def link(ctx: Context) -> None:
        ctx.link("a:9")

    stage.tell("a:1", link)
    stage.tell("trap:1", link)

    assert stage.core.ledger.exits == {"crash": 1}
    assert stage.seen("trap:1") == ["started", Exited("a:9", "nobody there")]
