"""Ports made of coroutines: every way to end is one outcome."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
import trio.testing

from engine.actor import IoDone
from engine.kernel import TaskPort
from engine.outcome import Err, Ok, Outcome, Unknown
from engine.port import PortFailed
from engine.refusal import BadInput
from tests.engine.node import Node


async def perform(request: Any) -> Any:
    """Return numbers, raise errors, wait for events."""
    if isinstance(request, BaseException):
        raise request
    if isinstance(request, trio.Event):
        await request.wait()
    return request


@pytest.mark.parametrize(
    ("request_", "outcome"),
    [
        (5, Ok(5)),
        (BadInput("no"), BadInput("no").value()),
        (PortFailed("down"), Err("down")),
        (OSError("broken"), Unknown("OSError: broken")),
    ],
)
async def test_a_ports_coroutine_ends_in_one_outcome(request_: Any, outcome: Outcome) -> None:
    """Each way to end has its own."""
    node = Node()

    async with node.running() as kernel:
        kernel.core.ports["world"] = TaskPort(kernel.start_task, perform)
        kernel.tell("a:1", lambda ctx: ctx.io("world", request_, tag="t"))
        await trio.testing.wait_all_tasks_blocked()

    assert ("a:1", IoDone("t", outcome)) in node.log


async def test_a_cancelled_request_may_have_happened() -> None:
    """Cancellation passes through the port, and the actor's answer is Unknown, if it lives."""
    replies: list[Outcome] = []
    ends: list[str] = []

    async def noting(work: Callable[..., Awaitable[None]], *args: Any) -> None:
        try:
            await work(*args)
        except trio.Cancelled:
            ends.append("cancelled")
            raise

    async with trio.open_nursery() as nursery:
        port = TaskPort(lambda work, *args: nursery.start_soon(noting, work, *args), perform)
        port.start(trio.Event(), replies.append)
        await trio.testing.wait_all_tasks_blocked()
        nursery.cancel_scope.cancel()

    assert replies == [Unknown("cancelled")]
    assert ends == ["cancelled"]


async def test_an_order_to_exit_passes_through_ports() -> None:
    """It concerns the process; no actor's supervisor can answer it."""
    replies: list[Outcome] = []

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            TaskPort(nursery.start_soon, perform).start(SystemExit(3), replies.append)

    with pytest.RaisesGroup(SystemExit):
        await main()

    assert replies == [Unknown("cancelled")]


async def test_a_crash_beside_a_cancellation_does_not_swallow_it() -> None:
    """The crash is an outcome and a report; the cancellation goes on its way."""
    replies: list[Outcome] = []
    errors: list[BaseException] = []

    def note(_request: Any, error: BaseException) -> None:
        errors.append(error)

    async def both(_request: Any) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.sleep_forever)
            try:
                await trio.sleep_forever()
            finally:
                raise RuntimeError("while cancelled")

    with trio.move_on_after(0.001) as scope:
        async with trio.open_nursery() as nursery:
            port = TaskPort(nursery.start_soon, both, on_error=note)
            port.start(1, replies.append)
            await trio.sleep_forever()

    assert scope.cancelled_caught
    assert len(replies) == len(errors) == 1
    assert isinstance(replies[0], Unknown)
