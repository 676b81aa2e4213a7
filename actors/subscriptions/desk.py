"""The one actor that knows the time for subscribers: it wakes those of whom something is due.

Owns the next moment at which that is so, nothing else. What it does not come to, the next look
finds; rights themselves are read by the clock, so a late desk costs a reminder some time and nobody
anything else.
"""

from __future__ import annotations

from typing import assert_never

from actors.store import STORE
from actors.subscriptions.messages import (
    Check,
    DeskMessage,
    DueAt,
    LookNow,
    ReadLastCheck,
    RunChecks,
    Sweep,
    subscriber_address,
)
from actors.subscriptions.records import DueSubscribers, ReadDueSubscribers
from engine.actor import Actor, IoDone, ReplyTo
from engine.clock import MINUTE_US
from engine.context import Context
from engine.outcome import Ok, Outcome

AGAIN_US = MINUTE_US
"""Somebody was woken, or the store was away: look whether anything is left."""

AT_LEAST_US = 60 * MINUTE_US
"""Other nodes' subscribers do not tell this desk what they wait for."""

AT_ONCE_MAX = 1_000


class SubscriptionsDesk(Actor):
    """See the module's text."""

    def __init__(self) -> None:
        self.looked_us: int | None = None
        self.next_us: int | None = None
        self.askers: list[ReplyTo] = []
        self.looking = False

    def __repr__(self) -> str:
        return f"<SubscriptionsDesk, looked at {self.looked_us}, looks at {self.next_us}>"

    def started(self, ctx: Context) -> None:
        self._look(ctx)

    def handle(self, message: DeskMessage, ctx: Context) -> None:
        match message:
            case Sweep():
                pass  # It was only to be awake.
            case DueAt(at_us=at_us):
                if self.next_us is None or at_us < self.next_us:
                    self._look_at(at_us, ctx)
            case LookNow():
                self._look(ctx)
            case RunChecks():
                if ctx.asker is not None:
                    self.askers.append(ctx.asker)
                self._look(ctx)
            case ReadLastCheck():
                ctx.reply(self.looked_us)
            case IoDone(outcome=outcome):
                self._looked(outcome, ctx)
            case _:
                assert_never(message)

    def _look(self, ctx: Context) -> None:
        if not self.looking:
            self.looking = True
            self.next_us = None  # What is told from now on may be missing in the answer.
            request = ReadDueSubscribers(now_us=ctx.now_us, limit=AT_ONCE_MAX)
            ctx.io(STORE, request, tag="due")

    def _looked(self, outcome: Outcome, ctx: Context) -> None:
        self.looking = False
        askers, self.askers = self.askers, []
        if not isinstance(outcome, Ok):
            for asker in askers:
                ctx.reply(outcome, to=asker)
            self._look_at(ctx.now_us + AGAIN_US, ctx)
            return
        due: DueSubscribers = outcome.value
        self.looked_us = ctx.now_us
        for account in due.accounts:
            ctx.tell(subscriber_address(account), Check())
        for asker in askers:
            ctx.reply(len(due.accounts), to=asker)
        later_us = ctx.now_us + (AGAIN_US if due.accounts else AT_LEAST_US)
        times = [at_us for at_us in (self.next_us, due.next_us) if at_us is not None]
        self._look_at(min([later_us, *times]), ctx)

    def _look_at(self, at_us: int, ctx: Context) -> None:
        self.next_us = at_us
        ctx.after(max(at_us - ctx.now_us, 0), LookNow(), key="look")
