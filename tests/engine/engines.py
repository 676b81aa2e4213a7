"""One program on every engine, with the digest of what happened there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass

import trio

from engine.core import Core, MailboxFull
from engine.heap import HeapEngine
from engine.history import HistoryDigest
from engine.kernel import Kernel, SimClock
from engine.kernel.schedules import Fifo, Schedule, scheduled
from engine.observer import Observer, Observers
from tests.engine.programs import START_US, Program, World, kinds


@dataclass(frozen=True)
class Run:
    """A finished run."""

    core: Core
    digest: HistoryDigest


def tell(core: Core, to: str, message: object) -> None:
    """Tell, and take no for an answer."""
    try:
        core.tell(to, message)
    except MailboxFull:
        return


def on_heap(program: Program, *observers: Observer) -> Run:
    """Run without trio."""
    digest = HistoryDigest()
    engine = HeapEngine(
        kinds(), seed=program.seed, now_us=START_US, observer=Observers([digest, *observers])
    )
    engine.core.ports["world"] = World(engine.core)
    for when_us, to, message in program.tells:
        if START_US + when_us > engine.core.now_us:
            engine.run_until(START_US + when_us)
        tell(engine.core, to, message)
    engine.run_until(program.end_us)
    return Run(engine.core, digest)


def on_trio(
    program: Program,
    *observers: Observer,
    tasks: bool,
    schedule: Schedule | None = None,
    chaos: Callable[[Kernel], None] | None = None,
) -> Run:
    """Run on trio in virtual time, with or without a task a cell."""
    digest = HistoryDigest()
    clock = SimClock()
    kernel = Kernel(
        kinds(),
        seed=program.seed,
        clock=clock,
        tasks=tasks,
        now_us=START_US,
        observer=Observers([digest, *observers]),
    )
    kernel.core.ports["world"] = World(kernel.core)

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            await nursery.start(kernel.run)
            for when_us, to, message in program.tells:
                if when_us > clock.now_us:
                    await clock.reach(when_us)
                tell(kernel.core, to, message)
            await clock.reach(program.end_us - START_US)
            nursery.cancel_scope.cancel()
            if chaos is not None:
                chaos(kernel)
            # The rest of the history is that of a cancelled node, which the heap has not.
            kernel.core.observer = None

    with scheduled(schedule or Fifo()) if tasks else nullcontext():
        trio.run(main, clock=clock)
    return Run(kernel.core, digest)
