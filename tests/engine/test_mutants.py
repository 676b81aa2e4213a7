"""The tests of the engine are tested: each planted bug must be found."""

from __future__ import annotations

import gc
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

import pytest
import trio.testing

from tests.engine import (
    test_delivery,
    test_ending,
    test_kernel,
    test_memory,
    test_passivation,
    test_supervision,
    test_task_port,
    test_ties,
    test_timers,
)
from tests.engine.chaos import Chaos
from tests.engine.mutants import MUTANTS, planted

SEEDS = 150

FOUND_BY: dict[str, Callable[[], Any]] = {
    "a gap is not told": test_delivery.test_dropping_the_oldest_leaves_a_gap_in_their_place,
    "an answered ask keeps its deadline": test_memory.test_answered_asks_leave_nothing_behind,
    "a handed-on question dies with its first holder": (
        test_delivery.test_a_forwarded_question_outlives_the_one_who_forwarded_it
    ),
    "a sleeper forgets": test_passivation.test_an_idle_actor_sleeps_and_returns_with_what_it_kept,
    "a retry goes to the back": (
        test_delivery.test_a_message_that_crashes_is_tried_as_often_as_its_kind_says
    ),
    "nobody says goodbye": test_ending.test_a_stop_lets_the_queue_be_handled_first,
    "links hold nobody": test_ties.test_linked_actors_crash_together_and_once,
    "the back-off never resets": (
        test_supervision.test_a_healthy_life_returns_the_delay_to_its_start
    ),
    "equal timers fire backwards": (
        test_timers.test_live_timers_fire_by_time_and_then_by_age.hypothesis.inner_test  # type: ignore[attr-defined]
    ),
    "a wake-up is lost after a long turn": test_delivery.test_messages_arrive_in_the_order_told,
    "the task of the dead stays": test_memory.test_a_dead_cells_task_ends,
    "doors of the dead stay shut": (
        test_kernel.test_a_send_to_one_that_dies_is_a_dead_letter_or_starts_a_new_life
    ),
    "cancelling a key does nothing": test_timers.test_a_key_names_one_timer,
    "a port swallows Cancelled": test_task_port.test_a_cancelled_request_may_have_happened,
    "a port swallows everything": test_task_port.test_an_order_to_exit_passes_through_ports,
    "whoever died comes back too": test_supervision.test_the_dead_do_not_come_back,
}
"""Bugs that chaos would need too long for, and the truth each one breaks."""


def chaos_finds_it() -> bool:
    """Whether any of the first seeds shows it, as a violation or by falling over."""
    for seed in range(SEEDS):
        try:
            if Chaos(seed).run():
                return True
        except BaseException as error:  # noqa: BLE001 - However it falls, it was noticed.
            return not isinstance(error, KeyboardInterrupt)
    return False


def test_finds_it(test: Callable[..., Any]) -> bool:
    """Whether a test fails."""
    try:
        if iscoroutinefunction(test):
            trio.run(test, clock=trio.testing.MockClock(autojump_threshold=0))
        elif test is FOUND_BY["equal timers fire backwards"]:
            test([(1, False), (1, False)])
        else:
            test()
    except BaseException as error:  # noqa: BLE001 - pytest's own failures are none of Exception's.
        return not isinstance(error, KeyboardInterrupt)
    return False


test_finds_it.__test__ = False  # type: ignore[attr-defined]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_bug_is_found(name: str) -> None:
    """By chaos within a few seeds, or by the test that states the truth it breaks."""
    with planted(name):
        test = FOUND_BY.get(name)
        found = chaos_finds_it() if test is None else test_finds_it(test)
        gc.collect()  # Some bugs break trio itself; what is left of it complains now, not later.

    assert found
