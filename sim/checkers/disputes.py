"""Earnings and disputes: each token in one place, each step once, nothing before its time."""

from __future__ import annotations

from collections.abc import Iterator

from engine.cell import Cell
from sim.checkers.base import Checker, Checks
from sim.earnings_audit import EarningsAudit


class EarningsChecker(Checker):
    """Looks at earnings whenever there are new rows."""

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._audit: EarningsAudit | None = None
        self._disputes = 0

    @property
    def audit(self) -> EarningsAudit:
        if self._audit is None:
            memory = self.scene.memory
            self._audit = EarningsAudit(memory.ledger, memory.money, self.scene.policy.money)
        return self._audit

    def every_step(self, cell: Cell) -> None:
        if self.audit.news:
            self._look(cell.address)

    def at_end(self) -> None:
        self._look("")

    def _look(self, address: str) -> None:
        following = list(self.audit.catch_up())
        for text in self.wrong(following):
            self.fail(text, address)

    def wrong(self, following: list[str]) -> Iterator[str]:
        """Yield what is wrong now; `following` is what was wrong with what is new."""
        raise NotImplementedError


class EarningsAddUp(EarningsChecker):
    """Follows each share of each sale."""

    name = "earnings_add_up"
    sentence = (
        "What was earned by a sale is held, frozen, released or given back, all of it and once."
    )

    def wrong(self, following: list[str]) -> Iterator[str]:
        self.checked += len(self.audit.shares)
        yield from self.audit.sums()


class DisputesHappenOnce(EarningsChecker):
    """Compares the disputes with what has been frozen."""

    name = "disputes_happen_once"
    sentence = (
        "A dispute freezes a share once and thaws it once: open, nothing of it waits elsewhere; "
        "won, nothing was given back; lost, who paid has everything."
    )

    def wrong(self, following: list[str]) -> Iterator[str]:
        self.checked += len(self.audit.money.disputes)
        yield from self.audit.disputes()

    def at_end(self) -> None:
        super().at_end()
        for text in self.audit.unfinished():
            self.fail(text)


class ReleasesWait(EarningsChecker):
    """Looks at each release and each cash-out as it is posted."""

    name = "releases_wait"
    sentence = (
        "Nothing is released before its time, and a dispute stops its clock; at most half of a "
        "release pays a debt; nobody cashes out what was not released to them, or is frozen."
    )

    def wrong(self, following: list[str]) -> Iterator[str]:
        self.checked += 1
        yield from following


class DebtsTakeHalf(EarningsChecker):
    """Adds up what pays a debt out of a wallet."""

    name = "debts_take_half"
    sentence = (
        "No debt is paid more than it is, and of what is earned after it at least half is left, "
        "however often a cash-out is asked for."
    )

    def wrong(self, following: list[str]) -> Iterator[str]:
        self.checked += len(self.audit.payees)
        yield from self.audit.debts()
