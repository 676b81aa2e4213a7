"""The same calls in the same order give the same history, whichever engine makes them."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.entropy import chance
from engine.kernel.schedules import Priorities, shuffled
from tests.engine.chaos import draw_steps
from tests.engine.engines import on_heap, on_trio
from tests.engine.programs import ADDRESSES, Program, programs

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


@pytest.mark.parametrize("seed", range(60))
def test_long_programs_have_one_history_too(seed: int) -> None:
    """A hundred messages that set off thousands: more than a search draws by itself."""
    draw = chance(b"long", str(seed))
    tells = [(draw.below(20_000), draw.choice(ADDRESSES), draw_steps(draw, 3)) for _ in range(100)]
    program = Program(tuple(sorted(tells, key=lambda one: one[0])), seed=bytes([seed]))
    heap = on_heap(program)

    assert heap.core.missing() == 0
    assert on_trio(program, tasks=False).digest.hexdigest() == heap.digest.hexdigest()
    assert on_trio(program, tasks=True).digest.hexdigest() == heap.digest.hexdigest()
