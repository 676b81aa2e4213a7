"""Who comes back after a crash, when, and who falls with whom."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from engine.actor import Down, Restarted
from engine.context import Context
from engine.entropy import chance
from engine.supervision import Backoff, Crashes, RestartPolicy
from tests.engine.cast import Stage, balanced, fall, kind

POLICY = RestartPolicy(delay_us=1000, delay_max_us=16_000, growth=2, healthy_us=100_000)


def test_delays_grow_to_their_limit() -> None:
    """Each is drawn between half and all of its nominal length."""
    backoff, draw = Backoff(), chance(b"seed")

    delays = [backoff.delay_us(0, POLICY, draw) for _ in range(8)]

    for delay_us, nominal_us in zip(delays, [1000, 2000, 4000, 8000] + [16_000] * 4, strict=True):
        assert nominal_us / 2 <= delay_us <= nominal_us


def test_a_healthy_life_returns_the_delay_to_its_start() -> None:
    """Or a service that crashes hourly would end at the longest delay."""
    backoff, draw = Backoff(), chance(b"seed")
    now_us = 0
    for _ in range(6):
        now_us += backoff.delay_us(now_us, POLICY, draw)

    assert backoff.delay_us(now_us + POLICY.healthy_us - 1, POLICY, draw) > POLICY.delay_us
    now_us += POLICY.healthy_us * 2
    now_us += POLICY.delay_max_us
    assert backoff.delay_us(now_us, POLICY, draw) <= POLICY.delay_us


def test_health_is_counted_from_the_return_not_from_the_crash() -> None:
    """Waiting to come back is no sign of health."""
    policy = RestartPolicy(delay_us=1000, delay_max_us=10**9, growth=1000, healthy_us=10_000)
    backoff, draw = Backoff(), chance(b"seed")
    backoff.delay_us(0, policy, draw)
    back_us = backoff.delay_us(0, policy, draw)

    assert backoff.delay_us(back_us + 1, policy, draw) > policy.delay_us


def test_too_many_are_counted_in_a_sliding_window() -> None:
    """The limit itself is allowed, and old crashes are forgotten."""
    crashes = Crashes()
    policy = RestartPolicy(restarts_max=2, window_us=100)

    assert [crashes.too_many(now_us, policy) for now_us in (0, 50, 99)] == [False, False, True]
    assert not crashes.too_many(151, policy)


def test_the_mailbox_survives_a_crash() -> None:
    """The cell owns it: only the message in hand is lost, and it is accounted for."""
    stage = Stage(kind("a"))

    stage.tell("a:1", 1, fall, 2, 3)
    stage.run_for(100_000)

    assert stage.seen("a:1") == ["started", 1, "started", 2, 3]
    assert balanced(stage.core)


def test_an_actor_that_keeps_falling_is_given_up() -> None:
    """Its watchers learn so once, and its mail is dead-lettered with that reason."""
    stage = Stage(kind("a", restart=RestartPolicy(restarts_max=2)), kind("b"))
    stage.tell("a:1", "hello")
    stage.tell("b:1", lambda ctx: ctx.watch("a:1"))

    stage.tell("a:1", fall, fall, fall, "never")
    stage.run_for(1_000_000)

    assert stage.seen("b:1") == [
        "started",
        Restarted("a:1"),
        Restarted("a:1"),
        Down("a:1", "gave up"),
    ]
    assert stage.core.ledger.dead == {"crash": 3, "gave up": 1}


def family(rule: str) -> Stage:
    """Return a stage with a parent of three children that restarts them by `rule`."""
    stage = Stage(kind("parent", children=rule), kind("child", starts_on_tell=False))
    stage.tell("parent:1", lambda ctx: [ctx.spawn(f"child:{n}") for n in (1, 2, 3)])
    stage.log.clear()
    return stage


@pytest.mark.parametrize(
    ("rule", "restarted"),
    [
        ("one_for_one", ["child:2"]),
        ("one_for_all", ["child:1", "child:2", "child:3"]),
        ("rest_for_one", ["child:2", "child:3"]),
    ],
)
def test_a_crash_restarts_whom_the_parents_rule_names(rule: str, restarted: list[str]) -> None:
    """In the order in which they were first started."""
    stage = family(rule)

    stage.tell("child:2", fall)
    stage.run_for(1_000_000)

    assert stage.log == [(name, "started") for name in restarted]
    assert stage.core.ledger.exits["crash"] == 1


def test_siblings_that_restart_together_keep_their_mail() -> None:
    """Being restarted is not one's own crash."""
    stage = family("one_for_all")
    stage.core.tell("child:2", fall)
    stage.core.tell("child:3", "mail")

    stage.settle()
    stage.run_for(1_000_000)

    assert stage.seen("child:3").count("mail") == 1
    assert balanced(stage.core)


def test_a_child_that_keeps_falling_fells_its_parent() -> None:
    """Escalation: the parent starts afresh, and with it its children."""
    stage = Stage(
        kind("parent", restart=RestartPolicy(restarts_max=1)),
        kind("child", starts_on_tell=False),
    )
    stage.tell("parent:1", lambda ctx: ctx.spawn("child:1"))

    stage.tell("child:1", fall, fall)
    stage.run_for(1_000_000)

    assert stage.seen("parent:1") == ["started", "started"]
    assert "child:1" not in stage.core.cells
    assert stage.core.ledger.exits == {"crash": 3}


def test_children_end_with_their_parents_incarnation() -> None:
    """The next one starts them afresh if it wants them."""
    stage = family("one_for_one")

    stage.tell("parent:1", fall)
    stage.run_for(1_000_000)

    assert list(stage.core.cells) == ["parent:1"]
    assert stage.core.ledger.exits["parent ended"] == 3


def test_a_temporary_actor_is_not_restarted() -> None:
    """It is counted as one crash, and its address is free again."""
    stage = Stage(kind("a", lifetime="temporary"))

    stage.tell("a:1", fall, "lost")

    assert stage.core.cells == {}
    assert stage.core.ledger.exits == {"crash": 1}
    assert stage.core.ledger.dead == {"crash": 2}


def test_a_build_or_a_start_that_fails_is_a_crash() -> None:
    """The first message waits until one succeeds."""
    tries = []

    def before(_cell: Any, message: Any) -> None:
        if message is None:
            tries.append(1)
            if len(tries) < 3:
                raise RuntimeError("not yet")

    stage = Stage(kind("a"), before_delivery=before)

    stage.tell("a:1", "patient")
    stage.run_for(1_000_000)

    assert stage.seen("a:1") == ["started", "patient"]
    assert stage.core.ledger.exits == {"crash": 2}


def test_actors_felled_by_one_cause_do_not_return_in_one_instant() -> None:
    """Seeded jitter spreads them."""
    stage = Stage(kind("a"))
    times = []

    def note(ctx: Context) -> None:
        times.append(ctx.now_us)

    for number in range(20):
        stage.core.tell(f"a:{number}", fall)
        stage.core.tell(f"a:{number}", note)
    stage.run_for(1_000_000)

    assert len(set(times)) > 15
    assert all(one <= other for one, other in pairwise(times))


def test_the_dead_do_not_come_back() -> None:
    """A restart that was due finds nobody to restart."""
    stage = Stage(kind("a"))
    stage.tell("a:1", fall)

    stage.core.lifecycle.kill("a:1")
    stage.run_for(1_000_000)

    assert stage.seen("a:1") == ["started"]
    assert stage.core.cells == {}
