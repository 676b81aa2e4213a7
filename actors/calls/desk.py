"""Knows which calls are live, and wakes them: after a start of the node, and when told to.

Meters run by their own timers. The desk is there for those that have none left, because their node
or they themselves fell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import assert_never

from actors.calls.messages import (
    CallView,
    DeskMessage,
    ReadLiveCalls,
    RunAllDue,
    RunDue,
    Sweep,
    WakeMore,
    call_address,
)
from actors.store import STORE
from engine.actor import Actor, AskDone, IoDone, ReplyTo
from engine.clock import MINUTE_US, SECOND_US
from engine.context import Context
from engine.outcome import Ok

SWEEP_US = MINUTE_US
SWEEP_AGAIN_US = SECOND_US
ANSWER_WITHIN_US = 5 * SECOND_US
WAKE_AT_ONCE = 256
"""Waking ten thousand in one go would hold up everybody else for a second."""

RUNS_MAX = 8
"""Cron jobs that wait at a time; all of them want the same."""


@dataclass(slots=True)
class _Running:
    asker: ReplyTo
    left: int = 0
    views: list[CallView] = field(default_factory=list)


class CallDesk(Actor):
    """See the module's text."""

    def __init__(self) -> None:
        self.running: dict[int, _Running] = {}
        self.runs = 0
        self.asleep: dict[str, None] = {}  # found by the last sweep, and not yet woken

    def started(self, ctx: Context) -> None:
        ctx.after(0, Sweep(), key="sweep")

    def handle(self, message: DeskMessage, ctx: Context) -> None:
        match message:
            case Sweep():
                ctx.io(STORE, ReadLiveCalls(), tag="sweep")
                ctx.after(SWEEP_US, Sweep(), key="sweep")
            case IoDone(tag="sweep", outcome=Ok(value=ids)):
                self.asleep = dict.fromkeys(ids)
                self._wake(ctx)
            case WakeMore():
                self._wake(ctx)
            case IoDone(tag="sweep"):
                ctx.after(SWEEP_AGAIN_US, Sweep(), key="sweep")
            case RunAllDue():
                if ctx.asker is not None and len(self.running) < RUNS_MAX:
                    self.runs += 1
                    self.running[self.runs] = _Running(ctx.asker)
                    ctx.io(STORE, ReadLiveCalls(), tag=("run", self.runs))
            case IoDone(tag=("run", number), outcome=Ok(value=ids)):
                run = self.running[number]
                run.left = len(ids)
                for call_id in ids:
                    ctx.ask(
                        call_address(call_id),
                        RunDue(),
                        tag=("ran", number),
                        timeout_us=ANSWER_WITHIN_US,
                    )
                self._finish(number, ctx)
            case IoDone(tag=("run", number), outcome=outcome):
                ctx.reply(outcome, to=self.running.pop(number).asker)
            case AskDone(tag=("ran", number), outcome=outcome):
                run = self.running[number]
                run.left -= 1
                if isinstance(outcome, Ok):
                    run.views.append(outcome.value)
                self._finish(number, ctx)
            case IoDone() | AskDone():
                raise AssertionError(message)
            case _:
                assert_never(message)

    def _wake(self, ctx: Context) -> None:
        """Wake some, and the rest after whatever else is under way."""
        for call_id in tuple(islice(self.asleep, WAKE_AT_ONCE)):
            del self.asleep[call_id]
            ctx.tell(call_address(call_id), RunDue())
        if self.asleep:
            ctx.after(0, WakeMore(), key="wake")

    def _finish(self, number: int, ctx: Context) -> None:
        if self.running[number].left == 0:
            run = self.running.pop(number)
            ctx.reply(tuple(run.views), to=run.asker)
