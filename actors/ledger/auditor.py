"""The live monitor: adds up every row a second time, seals batches, and freezes what differs.

It runs beside the writer and never in its way. An account that is not what its rows come to, or is
below its floor, is frozen until an operator has looked at it; all others go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from actors.ledger.messages import (
    LEDGER,
    Audited,
    AuditLedger,
    CheckSeals,
    Freeze,
    Sealed,
    SealLedger,
    SealsChecked,
)
from actors.store import STORE
from engine.actor import Actor, AskDone, IoDone
from engine.clock import SECOND_US
from engine.context import Context
from engine.outcome import Ok

AUDITOR = "auditor:main"

EVERY_US = SECOND_US
BUSY_US = SECOND_US // 100
ROWS_MAX = 5_000
BATCHES_MAX = 200
"""A round's work: some fifty milliseconds for the database, and twice what is made meanwhile."""

CHECKED_MAX = 50
"""Sealed batches a round: a hundred a second, from the first to the last and again."""

COMPARE_EVERY = 2
"""Rounds while there is much to read; comparing reads every account once."""

FREEZE_WITHIN_US = 5 * SECOND_US


@dataclass(frozen=True, slots=True)
class BeginAudit:
    """Be there: whoever starts a node tells it once."""


@dataclass(frozen=True, slots=True)
class AuditNow:
    """The next round is due."""


@dataclass(frozen=True, slots=True)
class ReadAudit:
    """How do the books stand? Answer: `AuditFigures`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFigures:
    """What the monitor knows; figures for metrics and alarms.

    Attributes:
        rounds: done; `errors` of them failed, and were tried again.
        rows: added up so far; `behind` more are there.
        sealed: rows that have a seal; `unsealed` have none yet.
        compared: how often every account was compared.
        differing: accounts that are not what they should be, as of the last comparison.
        frozen: accounts that this monitor has frozen.
        unbalanced: assets whose accounts do not add up to nothing.
        walks: how often every seal has been checked against its rows.
        damage: the first row that the last walk found changed; None when it found none.
    """

    rounds: int = 0
    errors: int = 0
    rows: int = 0
    behind: int = 0
    sealed: int = 0
    unsealed: int = 0
    compared: int = 0
    differing: tuple[str, ...] = ()
    frozen: tuple[str, ...] = ()
    unbalanced: tuple[str, ...] = ()
    walks: int = 0
    damage: str | None = None

    @property
    def sound(self) -> bool:
        """Whether every account is what it should be, and every row what it was."""
        return not self.differing and not self.unbalanced and self.damage is None


class Auditor(Actor):
    """See the module's text."""

    def __init__(self) -> None:
        self.rounds = self.errors = self.compared = 0
        self.audited = Audited(sequence=0, behind=0)
        self.sealed = Sealed(last_sequence=0, seal=b"", behind=0)
        self.differing: tuple[str, ...] = ()
        self.unbalanced: tuple[str, ...] = ()
        self.frozen: dict[str, None] = {}
        self.checked = self.walks = 0
        self.damage: str | None = None

    def __repr__(self) -> str:
        return f"<Auditor at {self.audited.sequence}, {len(self.differing)} differing>"

    @property
    def figures(self) -> AuditFigures:
        """What `ReadAudit` answers."""
        return AuditFigures(
            rounds=self.rounds,
            errors=self.errors,
            rows=self.audited.sequence,
            behind=self.audited.behind,
            sealed=self.sealed.last_sequence,
            unsealed=self.sealed.behind,
            compared=self.compared,
            differing=self.differing,
            frozen=tuple(self.frozen),
            unbalanced=self.unbalanced,
            walks=self.walks,
            damage=self.damage,
        )

    def started(self, ctx: Context) -> None:
        ctx.after(0, AuditNow(), key="audit")

    def handle(
        self, message: BeginAudit | AuditNow | ReadAudit | IoDone | AskDone, ctx: Context
    ) -> None:
        match message:
            case BeginAudit():
                pass
            case AuditNow():
                compare = not self._is_busy or self.rounds % COMPARE_EVERY == 0
                ctx.io(STORE, AuditLedger(rows_max=ROWS_MAX, compare=compare), tag="audited")
            case ReadAudit():
                ctx.reply(self.figures)
            case IoDone(tag="audited", outcome=Ok(value=audited)):
                self._learn(audited, ctx)
                if self.audited.sequence > self.sealed.last_sequence:
                    ctx.io(STORE, SealLedger(batches_max=BATCHES_MAX), tag="sealed")
                else:
                    self._check(ctx)
            case IoDone(tag="sealed", outcome=Ok(value=sealed)):
                self.sealed = sealed
                self._check(ctx)
            case IoDone(tag="checked", outcome=Ok(value=checked)):
                self._walk(checked)
                self._rest(ctx)
            case IoDone():
                self.errors += 1
                self._rest(ctx)
            case AskDone(tag=("freeze", account), outcome=Ok()):
                self.frozen[account] = None
            case AskDone():
                pass  # The next comparison asks again.
            case _:
                assert_never(message)

    def _learn(self, audited: Audited, ctx: Context) -> None:
        self.audited = audited
        if not audited.compared:
            return
        self.compared += 1
        self.unbalanced = audited.unbalanced
        accounts = dict.fromkeys(one.account for one in audited.differing)
        self.differing = tuple(accounts)
        self.frozen = {each: None for each in self.frozen if each in accounts}
        for account in accounts:
            if account not in self.frozen:
                freeze = Freeze(
                    account=account,
                    frozen=True,
                    reason="its balance is not what its rows come to",
                )
                ctx.ask(LEDGER, freeze, tag=("freeze", account), timeout_us=FREEZE_WITHIN_US)

    def _check(self, ctx: Context) -> None:
        if self.sealed.last_sequence:
            check = CheckSeals(after=self.checked, batches_max=CHECKED_MAX)
            ctx.io(STORE, check, tag="checked")
        else:
            self._rest(ctx)

    def _walk(self, checked: SealsChecked) -> None:
        """Go on along the chain; at its end, or where it is broken, begin again."""
        if not checked.done:
            self.checked = checked.last_sequence
            return
        self.checked = 0
        self.walks += 1
        self.damage = checked.damage

    def _rest(self, ctx: Context) -> None:
        self.rounds += 1
        ctx.after(BUSY_US if self._is_busy else EVERY_US, AuditNow(), key="audit")

    @property
    def _is_busy(self) -> bool:
        return self.audited.behind > 0 or self.sealed.behind > 0
