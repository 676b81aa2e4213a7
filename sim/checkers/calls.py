"""Paid calls: every block once, only proved time, nothing without a hold, nothing left held."""

from __future__ import annotations

from collections.abc import Iterable

from actors.session.actor import Session
from engine.actor import Address
from engine.cell import Cell
from sim.call_audit import CallAudit
from sim.checkers.base import Checks
from sim.checkers.rows import RowChecker
from sim.store import MemoryStore


class CallChecker(RowChecker):
    """Looks at the rows of calls."""

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._audit: CallAudit | None = None

    @property
    def audit(self) -> CallAudit:
        """The audit of this run's store."""
        if self._audit is None:
            memory = self.scene.memory
            self._audit = CallAudit(memory.ledger, memory.calls, self.scene.policy.meter)
        return self._audit

    def changes(self, memory: MemoryStore) -> int:
        return memory.calls.changes

    def concerned(self, memory: MemoryStore) -> bool:
        return bool(memory.calls.calls)


class BlocksAreShared(CallChecker):
    name = "blocks_are_shared"
    invariant = "I14"
    sentence = "What a block costs is taken, and shared as the policy of calls says; all adds up."

    def wrong(self) -> Iterable[str]:
        return self.audit.shares()


class EachBlockOnce(CallChecker):
    name = "each_block_once"
    invariant = "I35"
    sentence = "The blocks of a call are charged once each, and in the end all that it began."

    def wrong(self) -> Iterable[str]:
        return self.audit.blocks()


class ChargesAddUp(CallChecker):
    name = "charges_add_up"
    invariant = "I36"
    sentence = "What a call costs is C(n), and its charges differ by at most one token."

    def wrong(self) -> Iterable[str]:
        return self.audit.sums()


class OnlyProvedTimeCounts(CallChecker):
    """Keeps its own record of when each account had a connected session on the node."""

    name = "only_proved_time_counts"
    invariant = "I37"
    sentence = "Active time lies within the time in which both were connected, but for one step."

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._here: dict[Address, str] = {}  # session: account
        self._since: dict[str, int] = {}
        self._spans: dict[str, list[tuple[int, int]]] = {}

    def every_step(self, cell: Cell) -> None:
        self._keep_record(cell)
        super().every_step(cell)

    def _keep_record(self, stepped: Cell) -> None:
        cells = self.scene.core.cells
        for address in [one for one in self._here if one not in cells]:
            self._gone(self._here.pop(address))
        newest = next(reversed(cells), None)
        for address in dict.fromkeys((newest or "", stepped.address)):
            if address not in cells:
                continue
            actor = cells[address].actor
            if isinstance(actor, Session):
                account = actor.person.account if actor.where.attended else None
                before = self._here.pop(address, None)
                if account is not None:
                    self._here[address] = account
                    self._since.setdefault(account, self.scene.core.now_us)
                if before not in (None, account):
                    self._gone(before)

    def _gone(self, account: str) -> None:
        if account not in self._here.values():
            span = (self._since.pop(account), self.scene.core.now_us)
            self._spans.setdefault(account, []).append(span)

    def wrong(self) -> Iterable[str]:
        now_us = self.scene.core.now_us
        accounts = {*self._spans, *self._since}
        spans = {
            account: [
                *self._spans.get(account, []),
                *([(self._since[account], now_us)] if account in self._since else []),
            ]
            for account in accounts
        }
        yield from self.audit.intervals()
        yield from self.audit.unproved(spans)


class NoBlockWithoutHold(CallChecker):
    name = "no_block_without_hold"
    invariant = "I38"
    sentence = "A block is used up only when its tokens are reserved; nobody owes tokens."

    def wrong(self) -> Iterable[str]:
        return self.audit.holds()


class CrashesCostNobody(CallChecker):
    name = "crashes_cost_nobody"
    invariant = "I39"
    sentence = "Whatever falls, a call costs no more than the time since it connected."

    def wrong(self) -> Iterable[str]:
        return self.audit.bounds()


class OneMeterInPower(CallChecker):
    name = "one_meter_in_power"
    invariant = "I40"
    sentence = "Only what the newest meter has written down is paid."

    def wrong(self) -> Iterable[str]:
        return self.audit.meters()


class NothingStaysHeld(CallChecker):
    name = "nothing_stays_held"
    invariant = "I41"
    sentence = "A block and a lease after its end a call holds nothing."

    def wrong(self) -> Iterable[str]:
        return self.audit.left_over(self.scene.core.now_us)


class NothingIsDueEarly(CallChecker):
    name = "nothing_is_due_early"
    invariant = "I42"
    sentence = "However often the meter is run, no block is due before its time."

    def wrong(self) -> Iterable[str]:
        return self.audit.early()
