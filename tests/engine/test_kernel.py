"""The kernel on trio's real clock: waiting and ending."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import trio
import trio.testing

from engine.cell import Lane
from engine.context import Context
from engine.core import MailboxFull
from engine.kernel import Kernel, TaskPort
from engine.outcome import Err, Ok, Unknown
from engine.refusal import BadInput
from tests.engine.node import Node


async def test_an_ask_waits_for_its_answer() -> None:
    """Now when it is there at once, later when it takes a timer."""
    node = Node()
    keep: list[Any] = []

    def later(ctx: Context) -> None:
        keep.append(ctx.asker)
        ctx.after(1000, lambda again: again.reply("later", keep[0]))

    async with node.running() as kernel:
        assert await kernel.ask("a:1", lambda ctx: ctx.reply("now")) == Ok("now")
        assert await kernel.ask("a:1", lambda ctx: ctx.reply("now")) == Ok("now")
        assert await kernel.ask("a:1", later) == Ok("later")


async def test_an_ask_has_a_deadline_and_other_ends() -> None:
    """The outcome says which."""
    node = Node()

    def refuse(_ctx: Context) -> None:
        raise BadInput("no")

    def fall(_ctx: Context) -> None:
        raise RuntimeError("fell")

    async with node.running() as kernel:
        silent = await kernel.ask("a:1", lambda _ctx: None, timeout_us=1000)
        assert silent == Unknown("no answer in time")
        assert await kernel.ask("a:1", refuse) == BadInput("no").value()
        assert await kernel.ask("a:1", fall) == Err("crash")
        assert await kernel.ask("nobody:1", "hello") == Err("nobody there")


async def test_a_cancelled_ask_is_forgotten() -> None:
    """Its late answer reschedules nobody, and only counts as late."""
    node = Node()
    keep: list[Any] = []

    async with node.running() as kernel:
        with trio.move_on_after(0.001) as scope:
            await kernel.ask("a:1", lambda ctx: keep.append(ctx.asker))
        assert scope.cancelled_caught
        assert len(kernel.core.asks) == 0
        await kernel.ask("a:1", lambda ctx: (ctx.reply("late", keep[0]), ctx.reply("ok")))

        assert kernel.core.ledger.late == 1


async def test_send_waits_for_room_and_keeps_the_order_of_waiting() -> None:
    """Tell refuses where send waits."""
    node = Node(lane=Lane(size_max=1))

    async with node.running() as kernel:
        kernel.tell("a:1", 0)
        with pytest.raises(MailboxFull):
            kernel.tell("a:1", "refused")
        async with trio.open_nursery() as senders:
            for number in range(1, 6):
                senders.start_soon(kernel.send, "a:1", number)
        await trio.testing.wait_all_tasks_blocked()

        assert sorted(what for _, what in node.log if what != "started") == [0, 1, 2, 3, 4, 5]


async def test_a_cancelled_send_sent_nothing_and_blocks_nobody() -> None:
    """Those behind it in the queue are let in."""
    node = Node(lane=Lane(size_max=1), starts_on_tell=False)

    async with node.running() as kernel:
        kernel.spawn("a:1")
        cell = kernel.core.cells["a:1"]
        await trio.testing.wait_all_tasks_blocked()
        cell.scheduled = True  # It has no turn until the test gives it one.
        kernel.tell("a:1", "first")
        async with trio.open_nursery() as senders:
            with trio.move_on_after(0.001):
                await kernel.send("a:1", "cancelled")
            senders.start_soon(kernel.send, "a:1", "second")
            await trio.testing.wait_all_tasks_blocked()
            trio.lowlevel.reschedule(cell.task)
        await trio.testing.wait_all_tasks_blocked()

        assert [what for _, what in node.log] == ["started", "first", "second"]


async def test_a_send_to_one_that_dies_is_a_dead_letter_or_starts_a_new_life() -> None:
    """Nobody waits at a door that will not open."""
    node = Node(lane=Lane(size_max=1), starts_on_tell=False)

    async with node.running() as kernel:
        kernel.spawn("a:1")
        await trio.testing.wait_all_tasks_blocked()
        kernel.core.cells["a:1"].scheduled = True  # It has no turn any more.
        kernel.tell("a:1", "first")
        async with trio.open_nursery() as senders:
            senders.start_soon(kernel.send, "a:1", "second")
            await trio.testing.wait_all_tasks_blocked()
            kernel.kill("a:1")

        assert kernel.core.ledger.dead == {"killed": 1, "nobody there": 1}


async def test_an_earlier_timer_wakes_the_kernel_earlier() -> None:
    """It sleeps until the first of all timers, whenever that was set."""
    node = Node()

    async with node.running() as kernel:
        kernel.tell("a:1", lambda ctx: ctx.after(3600 * 10**6, "in an hour"))
        await trio.testing.wait_all_tasks_blocked()
        answer = await kernel.ask("a:2", lambda _ctx: None, timeout_us=2000)

        assert isinstance(answer, Unknown)


async def test_time_is_unix_time_and_never_goes_back() -> None:
    """Read once at the start, then monotonic."""
    node = Node()
    times: list[int] = []

    async with node.running() as kernel:
        for _ in range(100):
            answer = await kernel.ask("a:1", lambda ctx: ctx.reply(ctx.now_us))
            assert isinstance(answer, Ok)
            times.append(answer.value)

    assert times == sorted(times)
    assert times[0] > 1_750_000_000 * 10**6


async def test_calls_from_other_threads_are_refused() -> None:
    """The mailbox has no lock, because nobody else may touch it."""
    node = Node()

    async with node.running() as kernel:
        for call in (kernel.tell, kernel.put):
            args: tuple[Any, ...] = ("a:1", "key", 1) if call == kernel.put else ("a:1", 1)
            with pytest.raises(AssertionError, match="thread"):
                await trio.to_thread.run_sync(_calling(call, args))


def _calling(call: Callable[..., None], args: tuple[Any, ...]) -> Callable[[], None]:
    return lambda: call(*args)


async def test_shutdown_is_orderly_and_waits_for_what_it_starts() -> None:
    """Queues are emptied, `stopping` runs, and the requests it makes are finished."""
    node = Node()
    done: list[Any] = []

    async def save(request: Any) -> None:
        await trio.sleep(0.002)
        done.append(request)

    async with node.running() as kernel:
        kernel.core.ports["store"] = TaskPort(kernel.start_task, save)
        kernel.tell("a:1", lambda ctx: ctx.io("store", "last words"))
        kernel.tell("a:1", "queued")
        await kernel.shutdown()

        assert kernel.core.cells == {}
        assert [what for _, what in node.log] == ["started", "queued", "stopping"]
        assert done == ["last words"]
        assert kernel.core.ledger.exits == {"shutdown": 1}
        kernel.tell("a:1", "too late")
        assert kernel.core.ledger.dead == {"nobody there": 1}


async def test_shutting_down_twice_is_shutting_down_once() -> None:
    """The second call returns with the first, also after the end."""
    node = Node()

    async with node.running() as kernel:
        kernel.tell("a:1", "hello")
        async with trio.open_nursery() as nursery:
            nursery.start_soon(kernel.shutdown)
            nursery.start_soon(kernel.shutdown)
        await kernel.shutdown()

        assert [what for _, what in node.log] == ["started", "hello", "stopping"]


async def test_shutdown_takes_no_longer_than_its_budget() -> None:
    """What is not done by then is ended at once, and accounted for."""
    node = Node(stop_within_us=3600 * 10**6)

    async with node.running() as kernel:
        kernel.tell("a:1", "hello")
        kernel.tell("a:2", "hello")
        await trio.testing.wait_all_tasks_blocked()
        kernel.core.cells["a:2"].scheduled = True  # It never gets another turn.
        await kernel.shutdown(within_us=2000)

        assert kernel.core.cells == {}
        assert kernel.core.ledger.exits == {"shutdown": 1, "killed": 1}


async def test_many_actors_stop_slice_by_slice_last_started_first() -> None:
    """Others get their turn between two slices."""
    node = Node()

    async with node.running() as kernel:
        for number in range(1200):
            kernel.tell(f"a:{number}", "hello")
        await trio.testing.wait_all_tasks_blocked()
        await kernel.shutdown()

    slices = [(1199 - int(who[2:])) // 500 for who, what in node.log if what == "stopping"]
    assert slices == [0] * 500 + [1] * 500 + [2] * 200


async def test_a_cancelled_kernel_ends_every_actor_as_cancelled() -> None:
    """The cancellation passes through, and nothing is unaccounted for."""
    node = Node()

    async with node.running() as kernel:
        kernel.tell("a:1", "hello")
        kernel.tell("a:2", "hello")
        await trio.testing.wait_all_tasks_blocked()
        kernel.core.cells["a:2"].scheduled = True
        kernel.tell("a:2", "unread")

    assert kernel.core.ledger.exits == {"cancelled": 2}
    assert kernel.core.ledger.dead == {"cancelled": 1}


async def test_actors_may_be_told_before_the_kernel_runs() -> None:
    """They start with it."""
    node = Node()
    node.kernel.tell("a:1", "early")

    async with node.running():
        await trio.testing.wait_all_tasks_blocked()

        assert [what for _, what in node.log] == ["started", "early"]


async def test_an_error_in_a_task_of_the_kernel_ends_it_loudly() -> None:
    """Ports guard their own; whatever else is started here must not fail in silence."""
    node = Node()

    async def broken() -> None:
        raise OSError("broken")

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            await nursery.start(node.kernel.run)
            node.kernel.start_task(broken)
            await trio.sleep_forever()

    with pytest.RaisesGroup(OSError, flatten_subgroups=True):
        await main()

    assert node.kernel.core.missing() == 0


def test_start_task_needs_a_running_kernel() -> None:
    """There is nowhere to run it."""
    with pytest.raises(RuntimeError, match="running"):
        Node().kernel.start_task(trio.sleep_forever)


def test_cells_without_tasks_need_virtual_time() -> None:
    """Their turns come from its idle hook."""
    with pytest.raises(ValueError, match="SimClock"):
        Kernel([], seed=b"", tasks=False)


async def test_what_comes_together_is_handled_before_anything_else_runs() -> None:
    """Every turn caused inside is taken at its end, once, by whoever got mail; none is lost."""
    node = Node()
    seen: list[str] = []

    def note(name: str) -> Callable[[Context], None]:
        return lambda _ctx: seen.append(name)

    async with node.running() as kernel:
        await kernel.ask("a:1", lambda ctx: ctx.reply(None))
        await kernel.ask("a:2", lambda ctx: ctx.reply(None))
        with kernel.together():
            kernel.tell("a:1", note("first"))
            kernel.tell("a:2", note("second"))
            kernel.tell("a:1", note("third"))
            assert not seen
        assert seen == ["first", "third", "second"]


async def test_what_comes_together_reaches_the_unborn_the_dying_and_a_chain() -> None:
    """A cell without a task, one killed meanwhile, and who is told by a turn: all as ever."""
    node = Node()
    heard = trio.Event()

    def pass_on(ctx: Context) -> None:
        ctx.tell("a:3", lambda _ctx: heard.set())

    async with node.running() as kernel:
        await kernel.ask("a:2", lambda ctx: ctx.reply(None))
        await kernel.ask("a:3", lambda ctx: ctx.reply(None))
        with kernel.together():
            kernel.tell("a:1", pass_on)  # Born by this.
            kernel.tell("a:2", lambda _ctx: None)
            kernel.kill("a:2")
        with trio.fail_after(5):
            await heard.wait()
        assert kernel.core.missing() == 0
        assert await kernel.ask("a:1", lambda ctx: ctx.reply("alive")) == Ok("alive")
