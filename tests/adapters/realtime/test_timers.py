"""Timers on a virtual clock."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
import trio
import trio.testing

from adapters.realtime.timers import Timers


@asynccontextmanager
async def running(slot_s: float = 0.25) -> AsyncIterator[Timers]:
    timers = Timers(slot_s=slot_s)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(timers.run)
        await trio.testing.wait_all_tasks_blocked()
        yield timers
        nursery.cancel_scope.cancel()


async def test_actions_run_in_order_never_early_and_at_most_a_slot_late(
    autojump_clock: trio.testing.MockClock,
) -> None:
    """Also when an earlier one is added while the later one is slept for."""
    start = trio.current_time()
    ran: list[tuple[float, float]] = []

    def note(due_s: float) -> None:
        ran.append((due_s, trio.current_time() - start))

    async with running() as timers:
        for delay_s in (5.1, 0.3, 2.0, 0.0):
            timers.after(delay_s, partial(note, delay_s))
            await trio.testing.wait_all_tasks_blocked()
        await trio.sleep(6)

    assert [due for due, _ in ran] == [0.0, 0.3, 2.0, 5.1]
    assert all(due <= at <= due + 0.25 for due, at in ran)


async def test_a_cancelled_timer_is_gone_at_once(autojump_clock: trio.testing.MockClock) -> None:
    """A thousand connections that come and go leave nothing behind."""
    ran: list[str] = []
    async with running() as timers:
        first = timers.after(1, lambda: timers.cancel(second))
        second = timers.at(first.deadline_s, lambda: timers.cancel(first))
        third = timers.after(1, lambda: ran.append("third"))
        timers.cancel(third)
        timers.cancel(third)
        assert len(timers) == 2
        await trio.sleep(2)
        timers.cancel(second)
        assert len(timers) == 0
    assert ran == []


async def test_an_action_that_fails_harms_no_other(
    autojump_clock: trio.testing.MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Heartbeats of everybody run in this one task."""
    ran: list[str] = []
    async with running() as timers:
        timers.after(1, partial(setattr, None, "missing", 0))
        timers.after(1, lambda: ran.append("same slot"))
        timers.after(2, lambda: ran.append("later"))
        with caplog.at_level(logging.ERROR):
            await trio.sleep(3)

    assert ran == ["same slot", "later"]
    assert "a timer's action failed" in caplog.text
