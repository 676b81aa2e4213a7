"""The same calls in the same order give the same history, whichever engine makes them."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.entropy import chance
from engine.kernel.schedules import Priorities, shuffled
from tests.engine.engines import on_heap, on_trio
from tests.engine.programs import Program, programs

several = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)


@several
@given(programs)
def test_heap_hook_and_tasks_have_one_history(program: Program) -> None:
    """Actors see only messages, time and chance, and every engine gives them the same."""
    heap = on_heap(program).digest.hexdigest()

    assert on_trio(program, tasks=False).digest.hexdigest() == heap
    assert on_trio(program, tasks=True).digest.hexdigest() == heap


@several
@given(programs, st.integers(0, 2**32))
def test_the_ledger_balances_under_every_schedule(program: Program, seed: int) -> None:
    """Whoever runs when, no message is lost or invented, and nobody waits for ever."""
    draw = chance(seed.to_bytes(8, "big"))

    for schedule in (shuffled(draw), Priorities(draw, depth=3, steps=100)):
        core = on_trio(program, tasks=True, schedule=schedule).core

        assert core.missing() == 0
        assert not core.cells
        assert len(core.asks) == 0
