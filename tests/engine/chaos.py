"""A node under everything at once, from one seed: crashes, kills, cancellations, storms, an end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import trio

from engine.cell import Cell
from engine.core import MailboxFull
from engine.entropy import Chance, chance
from engine.kernel import Kernel, SimClock, TaskPort
from engine.kernel.schedules import Decided, Priorities, Schedule, scheduled, shuffled
from engine.observer import Observer, Observers
from engine.outcome import Ok, Outcome
from engine.port import PortFailed
from engine.refusal import BadInput
from tests.engine.oracles import Numbered, Oracles
from tests.engine.programs import ADDRESSES, SPAWNED, START_US, Do, World, kinds

VERBS = (
    "tell", "tell", "tell", "ask", "ask", "forward", "put", "take", "tick", "tick", "cancel",
    "io", "io", "slow", "reply", "reply", "hold", "answer", "spawn", "spawn", "spawn", "watch",
    "watch", "unwatch", "link", "stop", "stay", "look", "rare", "crash", "refuse", "draw",
)  # fmt: skip


def draw_steps(draw: Chance, depth: int) -> Do:
    """Draw what a message makes its receiver do."""
    count = draw.below(4) if depth else 0
    return Do(tuple(_step(draw, depth) for _ in range(count)), draw.below(3))


def _step(draw: Chance, depth: int) -> tuple[Any, ...]:  # noqa: PLR0911 - A table of verbs.
    verb = draw.choice(VERBS)
    to = draw.choice(ADDRESSES)
    delay_us = draw.choice((0, 1, 500, 2_000, 5_000))
    key = draw.choice((None, "a", "b"))
    match verb:
        case "tell" | "forward":
            return (verb, to, draw_steps(draw, depth - 1))
        case "ask":
            return (verb, to, draw_steps(draw, depth - 1), draw.choice((1_000, 20_000)))
        case "put":
            return (verb, to, draw.below(4))
        case "tick":
            return (verb, delay_us, key, draw.happens(0.5))
        case "cancel":
            return (verb, draw.choice(("a", "b")))
        case "io":
            how = draw.choice(("ok", "refused", "err", "unknown", "twice"))
            return (verb, delay_us, how, draw.happens(0.5))
        case "slow":
            return (verb, delay_us, draw.choice(("ok", "refused", "failed", "bug", "group")))
        case "spawn":
            return (verb, draw.choice(SPAWNED))
        case "watch" | "unwatch" | "link":
            return (verb, to)
        case "stop":
            return (verb, None if draw.happens(0.5) else to)
        case _:
            return (verb,)


async def perform(request: tuple[int, str]) -> int:
    """Stand for the world: it takes time, and it may refuse, fail or have bugs."""
    delay_us, how = request
    await trio.sleep(delay_us / 1e6)
    match how:
        case "refused":
            raise BadInput("no")
        case "failed":
            raise PortFailed("down")
        case "bug":
            raise RuntimeError("a bug")
        case "group":
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.sleep, 1)
                raise RuntimeError("in a nursery")
    return 1


class Chaos:
    """One run; the oracles hold what was found."""

    def __init__(self, seed: int, *observers: Observer) -> None:
        self.draw = chance(seed.to_bytes(8, "big"), "chaos")
        self.oracles = Oracles()
        self.outcomes: list[Outcome | None] = []
        self.clock = SimClock()
        crashes = chance(seed.to_bytes(8, "big"), "crashes")
        often = self.draw.choice((0.0, 0.02, 0.2))

        def before_delivery(_cell: Cell, _message: Any) -> None:
            if crashes.happens(often):
                raise RuntimeError("injected")

        self.kernel = Kernel(
            kinds(),
            seed=seed.to_bytes(8, "big"),
            clock=self.clock,
            tasks=self.draw.happens(0.8),
            now_us=START_US,
            observer=Observers([self.oracles, *observers]),
            before_delivery=before_delivery,
            faults=lambda _name: crashes.happens(0.3),
        )
        self.core = self.oracles.core = self.kernel.core
        self.core.ports["world"] = World(self.core)
        self.core.ports["tasks"] = TaskPort(self.kernel.start_task, perform)

    def schedule(self) -> Schedule:
        draw = self.draw
        makers: list[Callable[[], Schedule]] = [
            lambda: Decided(lambda _count: 0),
            lambda: shuffled(draw),
            lambda: Priorities(draw, depth=3, steps=500),
        ]
        return draw.choice(makers)()

    def run(self) -> list[str]:
        """Live through it; return what was violated."""
        with scheduled(self.schedule()):
            trio.run(self._main, clock=self.clock)
        self.oracles.check_balance(self.core)
        self.oracles.expect(not self.core.cells, "cells outlived the kernel")
        self.oracles.expect(len(self.core.asks) == 0, "asks outlived the kernel")
        return self.oracles.violations

    async def _main(self) -> None:
        draw = self.draw
        end = draw.choice(("quiet", "quiet", "shutdown", "cancel"))
        async with trio.open_nursery() as nursery:
            await nursery.start(self.kernel.run)
            with trio.CancelScope() as outside:
                async with trio.open_nursery() as people:
                    for number in range(3):
                        people.start_soon(self._sender, f"sender {number}")
                    people.start_soon(self._asker)
                    people.start_soon(self._killer)
                    if end != "quiet":
                        await trio.sleep(draw.below(30_000) / 1e6)
                        outside.cancel()
            if end == "quiet":
                await self._settle()
            if end != "cancel":
                await self._shut_down()
            nursery.cancel_scope.cancel()

    async def _settle(self) -> None:
        await trio.sleep(0.4)
        await trio.testing.wait_all_tasks_blocked()
        self.oracles.check_quiet(self.core)

    async def _shut_down(self) -> None:
        before_us = self.clock.now_us
        budget_us = self.draw.choice((0, 1_000, 10_000_000))
        await self.kernel.shutdown(within_us=budget_us)
        took_us = self.clock.now_us - before_us
        self.oracles.expect(took_us <= budget_us, f"shutdown took {took_us} of {budget_us}")
        self.oracles.expect(not self.core.cells, "cells outlived shutdown")

    async def _sender(self, name: str) -> None:
        draw = self.draw
        numbers = dict.fromkeys(ADDRESSES, 0)
        for _ in range(8):
            if draw.happens(0.5):
                await trio.sleep(draw.below(3_000) / 1e6)
            for _ in range(draw.choice((1, 1, 5))):
                to = draw.choice(ADDRESSES)
                numbers[to] += 1
                try:
                    if draw.happens(0.3):
                        with trio.move_on_after(draw.below(2_000) / 1e6):
                            await self.kernel.send(to, Numbered(name, numbers[to]))
                    else:
                        self.kernel.tell(to, Numbered(name, numbers[to]))
                    self.kernel.tell(to, draw_steps(draw, 3))
                except MailboxFull:
                    pass
            self.kernel.put(draw.choice(ADDRESSES), draw.below(3), 1)
            self.oracles.check_balance(self.core)

    async def _asker(self) -> None:
        draw = self.draw
        for _ in range(8):
            do = Do((*draw_steps(draw, 2).steps, ("reply",)))
            with trio.move_on_after(draw.choice((0.0005, 1.0))) as scope:
                outcome = await self.kernel.ask(draw.choice(ADDRESSES), do, timeout_us=5_000)
                self.oracles.expect(isinstance(outcome, Outcome), f"{outcome} is no outcome")
                self.oracles.expect(outcome != Ok(None), "an answer without a value")
            self.oracles.expect(scope.deadline >= trio.current_time() - 1, "an ask had no end")

    async def _killer(self) -> None:
        for _ in range(4):
            await trio.sleep(self.draw.below(5_000) / 1e6)
            if self.core.cells:
                address = self.draw.choice(list(self.core.cells))
                self.oracles.check_kill(self.core, address, self.kernel.kill)
