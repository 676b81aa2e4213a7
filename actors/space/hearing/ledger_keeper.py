"""Keeps a living space's audibility ledger: cuts it now and then, and has the batches written.

One write is under way at a time, and one batch every few seconds at most. A store that is away for
long costs a gap in the ledger, never memory or anybody's hearing.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from actors.space.hearing.changes import Change
from actors.space.hearing.crowd import Mode
from actors.space.hearing.ledger import Ledger, Who
from actors.space.state import SpaceState
from actors.store import FENCED, STORE
from actors.store_audibility import Batch, SaveAudibility
from engine.clock import MINUTE_US, SECOND_US
from engine.context import Context
from engine.outcome import Ok, Outcome
from engine.refusal import Refused

CUT_EVERY_US = 10 * SECOND_US
"""How much a crash of the space may lose where people move about."""
QUIET_CUT_US = MINUTE_US
"""How much it may lose where nothing has changed."""
UNWRITTEN_MAX = 6
TOGETHER_US = 100_000
"""Of many spaces those that are due within it cut at one moment, and are woken once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CutLedger:
    """The space's own timer: what was written down is due to be kept."""


class LedgerKeeper:
    """See the module's text.

    Attributes:
        ledger: what is being written down.
        given_up: how many batches are lost, for the store was away for too long or they grew too
            large.
    """

    def __init__(self, state: SpaceState) -> None:
        self._state = state
        self._keep_us = state.policy.audibility_keep_us
        self.ledger = Ledger()
        self.given_up = 0
        self._unwritten: deque[Batch] = deque()
        self._writing: Batch | None = None
        self._waiting = False

    @property
    def settled(self) -> bool:
        """Whether nothing is being written down and everything is kept."""
        return not (self.ledger.running or self._unwritten or self._writing)

    @property
    def unwritten(self) -> int:
        """How many batches wait to be written, or for the answer."""
        return len(self._unwritten)

    def kept_until_us(self, now_us: int) -> int:
        """Return the moment before which all that was heard is kept, or was given up."""
        if self._unwritten:
            return self._unwritten[0].from_us
        return self.ledger.begun_us if self.ledger.running else now_us

    def heard(self, mode: Mode, taken: Change, people: dict[int, Who], ctx: Context) -> None:
        """Write an answer down; see `Ledger.heard`."""
        if self._keep_us:
            self.ledger.heard(ctx.now_us, mode, taken, people)
            self._cut_later(ctx)

    def went(self, row: int, ctx: Context) -> None:
        """Write down that somebody has gone."""
        self.ledger.went(ctx.now_us, row)

    def cut(self, ctx: Context) -> None:
        """Cut a batch, unless nothing has changed for less than a minute."""
        self._waiting = False
        ledger = self.ledger
        quiet = not ledger.changed and ctx.now_us - ledger.begun_us < QUIET_CUT_US
        if ledger.running and not quiet:
            batch = ledger.cut(ctx.now_us)
            if batch is not None:
                self._unwritten.append(batch)
            elif ledger.running:
                self.given_up += 1
            if len(self._unwritten) > UNWRITTEN_MAX:
                self.given_up += len(self._unwritten)
                self._unwritten.clear()
                if ledger.running:
                    ledger.restart(ctx.now_us)
        self._write(ctx)
        self._cut_later(ctx)

    def saved(self, outcome: Outcome, ctx: Context) -> None:
        """A write came back; one that may have failed is repeated at the next cut."""
        if isinstance(outcome, Refused) and outcome.code == FENCED:
            ctx.stop(reason=FENCED)
            return
        written, self._writing = self._writing, None
        if not isinstance(outcome, Ok):
            self._cut_later(ctx)
            return
        if self._unwritten and self._unwritten[0] is written:
            self._unwritten.popleft()
        self._write(ctx)

    def _write(self, ctx: Context) -> None:
        if self._writing is not None or not self._unwritten:
            return
        state, self._writing = self._state, self._unwritten[0]
        request = SaveAudibility(
            actor=ctx.address,
            epoch=state.epoch,
            space=state.space,
            batch=self._writing,
            keep_from_us=ctx.now_us - self._keep_us,
        )
        ctx.io(STORE, request, tag="audibility")

    def _cut_later(self, ctx: Context) -> None:
        if not self._waiting and (self.ledger.running or self._unwritten):
            self._waiting = True
            due_us = -(-(ctx.now_us + CUT_EVERY_US) // TOGETHER_US) * TOGETHER_US
            ctx.after(due_us - ctx.now_us, CutLedger(), key="ledger")
