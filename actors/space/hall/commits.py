"""From decided to durable: what changed is written in batches, and only then shown.

One write is under way at a time; what is decided meanwhile goes with the next. A write repeats
until it is known to have happened, which is harmless: rows replace rows of their key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from actors.space.hall.refusals import HallBusy
from actors.space.hall.state import Draft, Hall, Notice, PutOut
from actors.space.state import SpaceState
from actors.store import FENCED, STORE
from actors.store_hall import HallAudit, HallRow, RowKey, SaveHall
from engine.actor import ReplyTo
from engine.clock import SECOND_US
from engine.context import Context
from engine.outcome import Ok, Outcome
from engine.refusal import Refused

RETRY_US = SECOND_US
STEPS_MAX = 2_000  # decided and not yet durable; at a millisecond a write this is a long outage


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryHall:
    """The space's own timer: write again what could not be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One decision on its way to the store."""

    hall: Hall
    changes: dict[RowKey, HallRow | None]
    audits: tuple[HallAudit, ...]
    notices: tuple[Notice | PutOut, ...]
    answer: Any
    asker: ReplyTo | None


class Commits:
    """The decided hall and the steps by which the durable one follows it.

    Args:
        state: its `hall` is the durable one, replaced whole.
        show: sends one notice to those concerned.
        durable: told when the durable hall has been replaced.
    """

    def __init__(
        self,
        state: SpaceState,
        show: Callable[[Notice | PutOut, Context], None],
        durable: Callable[[Context], None],
    ) -> None:
        self.state = state
        self.decided = state.hall
        self._show = show
        self._durable = durable
        self._steps: list[Step] = []
        self._flying: list[Step] = []
        self._showing = False
        self._audits = 0

    def check_room(self) -> None:
        """Check that one more deed may be decided.

        Raises:
            HallBusy: the store is behind.
        """
        if len(self._steps) + len(self._flying) >= STEPS_MAX:
            raise HallBusy

    def commit(self, draft: Draft, ctx: Context, *, answer: Any, asker: ReplyTo | None) -> None:
        """Make a draft the decided hall; answer and tell when it is durable."""
        self.decided = draft.hall
        audits = []
        for action, account, details in draft.audits:
            self._audits += 1
            key = f"{ctx.address}:{self.state.epoch}:{self._audits}"
            audits.append(HallAudit(key=key, action=action, account=account, details=details))
        self._steps.append(
            Step(
                hall=draft.hall,
                changes=draft.changes(),
                audits=tuple(audits),
                notices=tuple(draft.notices),
                answer=answer,
                asker=asker,
            )
        )
        self._go_on(ctx)

    def saved(self, outcome: Outcome, ctx: Context) -> None:
        """A write came back."""
        if isinstance(outcome, Refused):
            # Nothing else is refused: deeds hold only what the columns can.
            assert outcome.code == FENCED, outcome
            ctx.stop(reason=FENCED)
        elif isinstance(outcome, Ok):
            steps, self._flying = self._flying, []
            self._publish(steps, ctx)
            self._go_on(ctx)
        else:
            ctx.after(RETRY_US, RetryHall(), key="hall retry")

    def retry(self, ctx: Context) -> None:
        """Write again, together with what was decided since."""
        self._steps, self._flying = [*self._flying, *self._steps], []
        self._go_on(ctx)

    def settled(self) -> bool:
        """Whether everything decided is durable."""
        return not self._steps and not self._flying

    def _go_on(self, ctx: Context) -> None:
        while self._steps and not self._flying and not self._showing:
            steps, self._steps = self._steps, []
            changes: dict[RowKey, HallRow | None] = {}
            for step in steps:
                changes.update(step.changes)
            audits = tuple(audit for step in steps for audit in step.audits)
            if not changes and not audits:
                self._publish(steps, ctx)
                continue
            self._flying = steps
            request = SaveHall(
                actor=ctx.address,
                epoch=self.state.epoch,
                space=self.state.space,
                put=tuple(row for row in changes.values() if row is not None),
                gone=tuple(key for key, row in changes.items() if row is None),
                audit=audits,
            )
            ctx.io(STORE, request, tag="hall saved")

    def _publish(self, steps: list[Step], ctx: Context) -> None:
        self._showing = True  # What a notice leads to is a later step.
        for step in steps:
            self.state.hall = step.hall
            for notice in step.notices:
                self._show(notice, ctx)
            if step.asker is not None:
                ctx.reply(step.answer, to=step.asker)
        self._durable(ctx)
        self._showing = False
