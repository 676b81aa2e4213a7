"""The one actor that knows the time for subscribers: it wakes those of whom something is due.

It owns nothing but the rhythm. What it does not come to, the next look finds; rights themselves are
read by the clock, so a late desk costs a reminder some seconds and nobody anything else.
"""

from __future__ import annotations

from typing import assert_never

from actors.store import STORE
from actors.subscriptions.messages import (
    Check,
    DeskMessage,
    ReadLastCheck,
    RunChecks,
    Sweep,
    subscriber_address,
)
from actors.subscriptions.records import ReadDueSubscribers
from engine.actor import Actor, IoDone, ReplyTo
from engine.clock import MINUTE_US, SECOND_US
from engine.context import Context
from engine.outcome import Ok

SWEEP_EVERY_US = MINUTE_US
AT_ONCE_MAX = 1_000


class SubscriptionsDesk(Actor):
    """See the module's text."""

    def __init__(self) -> None:
        self.looked_us: int | None = None
        self.askers: list[ReplyTo] = []
        self.looking = False

    def __repr__(self) -> str:
        return f"<SubscriptionsDesk, looked at {self.looked_us}>"

    def handle(self, message: DeskMessage, ctx: Context) -> None:
        match message:
            case Sweep():
                ctx.after(SWEEP_EVERY_US, Sweep(), key="sweep")
                self._look(ctx)
            case RunChecks():
                if ctx.asker is not None:
                    self.askers.append(ctx.asker)
                self._look(ctx)
            case ReadLastCheck():
                ctx.reply(self.looked_us)
            case IoDone(outcome=outcome):
                self.looking = False
                accounts = outcome.value if isinstance(outcome, Ok) else ()
                for account in accounts:
                    ctx.tell(subscriber_address(account), Check())
                if isinstance(outcome, Ok):
                    self.looked_us = ctx.now_us
                if len(accounts) == AT_ONCE_MAX:
                    ctx.after(SECOND_US, Sweep(), key="sweep")
                askers, self.askers = self.askers, []
                for asker in askers:
                    ctx.reply(len(accounts) if isinstance(outcome, Ok) else outcome, to=asker)
            case _:
                assert_never(message)

    def _look(self, ctx: Context) -> None:
        if not self.looking:
            self.looking = True
            request = ReadDueSubscribers(now_us=ctx.now_us, limit=AT_ONCE_MAX)
            ctx.io(STORE, request, tag="due")
