"""The same run on trio: cells drained in the virtual clock's idle hook (engine L1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import trio

from engine.cell import Kind
from engine.clock import SECOND_US
from engine.kernel import Kernel, SimClock

if TYPE_CHECKING:
    from sim.world import Run, World


def run_l1(world: World, kinds: Iterable[Kind], options: dict[str, Any]) -> Run:
    """Play a world to its end on trio in virtual time."""
    clock = SimClock()

    async def play() -> Run:
        kernel = Kernel(kinds, clock=clock, tasks=False, **options)
        async with trio.open_nursery() as nursery:
            await nursery.start(kernel.run)
            world.begin(kernel.core)
            seconds = 0
            while world.goes_on:
                seconds += 1
                await clock.reach(min(seconds * SECOND_US, world.scenario.lasts_us))
            run = world.finished()
            nursery.cancel_scope.cancel()
        return run

    return trio.run(play, clock=clock)
