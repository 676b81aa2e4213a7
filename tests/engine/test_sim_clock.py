"""Virtual time on trio."""

from __future__ import annotations

from functools import partial

import pytest
import trio
import trio.testing

from engine.cell import Kind
from engine.kernel import Kernel, SimClock
from tests.engine.cast import Player


def test_time_jumps_to_the_next_event_and_stands_still_while_tasks_run() -> None:
    """An hour takes no time, and work takes none of it."""
    clock = SimClock()

    async def main() -> None:
        await trio.sleep(3600)
        assert trio.current_time() == 3600
        for _ in range(100):
            await trio.lowlevel.checkpoint()
        assert clock.now_us == 3600 * 10**6

    trio.run(main, clock=clock)


@pytest.mark.parametrize("tasks", [True, False])
def test_actors_and_tasks_share_one_clock(tasks: bool) -> None:  # noqa: FBT001
    """Whoever is due first comes first, to the microsecond, on either side."""
    clock = SimClock()
    log: list[object] = []
    kernel = Kernel(
        [Kind(name="a", build=lambda birth: Player(birth, log))],
        seed=b"",
        clock=clock,
        tasks=tasks,
        now_us=7,
    )

    async def sleeper(seconds: float) -> None:
        await trio.sleep(seconds)
        log.append(clock.now_us)

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            await nursery.start(kernel.run)
            nursery.start_soon(sleeper, 1.5)
            nursery.start_soon(sleeper, 0.000002)
            for delay_us in (1, 3, 1_000_000, 2_000_000):
                kernel.tell("a:1", partial(_after, delay_us))
            await clock.reach(2_000_000)
            nursery.cancel_scope.cancel()

    trio.run(main, clock=clock)

    times = [one[1] if isinstance(one, tuple) else one for one in log]
    assert times == ["started", 1, 2, 3, 1_000_000, 1_500_000, 2_000_000]
    assert kernel.core.now_us == 2_000_007


def _after(delay_us: int, ctx: object) -> None:
    ctx.after(delay_us, delay_us)  # type: ignore[attr-defined]


def test_a_deadlock_is_reported_instead_of_hanging() -> None:
    """When nothing will ever happen again the watchdog may say who waits."""
    clock = SimClock()
    waiting: list[trio.lowlevel.Task] = []

    async def main() -> None:
        task = trio.lowlevel.current_task()

        def report() -> None:
            waiting.append(task)
            trio.lowlevel.reschedule(task)

        clock.on_deadlock = report
        await trio.sleep(1)
        await trio.lowlevel.wait_task_rescheduled(lambda _: trio.lowlevel.Abort.SUCCEEDED)

    trio.run(main, clock=clock)

    assert len(waiting) == 1


def test_waiting_for_quiet_comes_before_any_jump() -> None:
    """As with trio's own mock clock."""
    clock = SimClock()

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep, 10)
            await trio.testing.wait_all_tasks_blocked()
            assert clock.now_us == 0

    trio.run(main, clock=clock)

    assert clock.now_us == 10**7


def test_work_from_run_sync_soon_comes_before_any_jump() -> None:
    """It wakes trio through a real socket, which only the real wait can see."""
    clock = SimClock()
    times: list[int] = []

    async def main() -> None:
        trio.lowlevel.current_trio_token().run_sync_soon(lambda: times.append(clock.now_us))
        await trio.sleep(5)

    trio.run(main, clock=clock)

    assert times == [0]
