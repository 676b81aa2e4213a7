"""What cells weigh, and that dead ones are gone."""

from __future__ import annotations

import gc
import tracemalloc
import weakref

import trio.testing

from engine.actor import Actor
from engine.cell import Birth, Kind
from engine.context import Context
from engine.heap import HeapEngine
from engine.kernel import Kernel
from tests.engine.cast import Held, Player, Stage, fall, kind

COUNT = 2000


class Small(Actor):
    """Holds one number."""

    def __init__(self, _birth: Birth) -> None:
        self.count = 0

    def handle(self, message: object, ctx: Context) -> None:
        self.count += 1


SMALL = Kind(name="small", build=Small)


def traced() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def test_an_idle_actor_weighs_less_than_a_kibibyte() -> None:
    """A hundred thousand sleeping visitors fit into a hundred mebibytes."""
    engine = HeapEngine([SMALL], seed=b"")
    tracemalloc.start()
    before = traced()
    for number in range(COUNT):
        engine.core.tell(f"small:{number}", 1)
    engine.settle()
    weight = (traced() - before) / COUNT
    tracemalloc.stop()

    assert weight <= 1024


async def test_an_idle_actor_with_its_task_weighs_less_than_four_kibibytes() -> None:
    """A parked task is its coroutine and little more."""
    kernel = Kernel([SMALL], seed=b"")
    async with trio.open_nursery() as nursery:
        await nursery.start(kernel.run)
        tracemalloc.start()
        before = traced()
        for number in range(COUNT):
            kernel.tell(f"small:{number}", 1)
        await trio.testing.wait_all_tasks_blocked()
        weight = (traced() - before) / COUNT
        tracemalloc.stop()
        nursery.cancel_scope.cancel()

    assert weight <= 4096


def test_nothing_holds_a_dead_actor() -> None:
    """Not its timers, its questions, its requests, its ties, nor the garbage collector's turn."""
    stage = Stage(kind("a"), kind("b"))
    stage.core.ports["slow"] = Held()
    stage.tell("b:1", "hello")
    stage.tell(
        "a:1",
        lambda ctx: [
            ctx.after(10**9, "late", keep=True),
            ctx.watch("b:1"),
            ctx.link("b:2"),
            ctx.spawn("b:3"),
            ctx.chance("x").bits(8),
        ],
    )
    stage.run_for(1_000_000)
    actor = stage.core.cells["a:1"].actor
    assert isinstance(actor, Player)
    gone = weakref.ref(actor)
    gc.collect()
    gc.disable()
    try:
        stage.tell("a:1", fall)
        stage.core.lifecycle.kill("a:1")
        stage.tell("b:1", "the context has turned to another")
        del actor

        assert gone() is None
        assert "a:1" not in stage.core.cells
        assert len(stage.core.timers) <= 2
    finally:
        gc.enable()


async def test_a_dead_cells_task_ends() -> None:
    """Whether it was parked or never ran."""
    kernel = Kernel([SMALL], seed=b"")
    async with trio.open_nursery() as nursery:
        await nursery.start(kernel.run)
        before = trio.lowlevel.current_statistics().tasks_living
        for number in range(50):
            kernel.tell(f"small:{number}", 1)
        await trio.testing.wait_all_tasks_blocked()
        for number in range(60):
            kernel.kill(f"small:{number}")
        await trio.testing.wait_all_tasks_blocked()

        assert trio.lowlevel.current_statistics().tasks_living == before
        nursery.cancel_scope.cancel()


def test_answered_asks_leave_nothing_behind() -> None:
    """Neither in the list of open questions nor, for their whole time-out, in the heap."""
    stage = Stage(kind("a"))

    for _ in range(1000):
        stage.ask("a:1", lambda ctx: ctx.reply("yes"), timeout_us=10**9)

    assert len(stage.core.asks) == 0
    assert len(stage.core.timers) < 200
