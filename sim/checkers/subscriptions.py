"""Subscriptions: codes are used as often as they may be, invoices settled once, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable

from engine.cell import Cell
from sim.checkers.rows import RowChecker
from sim.store import MemoryStore
from sim.subscription_audit import SubscriptionAudit


class SubscriptionChecker(RowChecker):
    """Looks at the books of subscriptions."""

    @property
    def audit(self) -> SubscriptionAudit:
        """The audit of this run's store."""
        memory = self.scene.memory
        return SubscriptionAudit(memory.ledger, memory.subscriptions)

    def changes(self, memory: MemoryStore) -> int:
        return memory.subscriptions.changes

    def concerned(self, memory: MemoryStore) -> bool:
        return bool(memory.subscriptions.invoices)


class PromoCodesHold(SubscriptionChecker):
    name = "promo_codes_hold"
    invariant = "I33"
    sentence = "A promo code is used no more often than it may be, by all and by each person."

    def wrong(self) -> Iterable[str]:
        return self.audit.promos()


class InvoicesSettleOnce(SubscriptionChecker):
    name = "invoices_settle_once"
    invariant = "I22"
    sentence = "An invoice is settled and granted at most once, and only when enough was paid."

    def wrong(self) -> Iterable[str]:
        return self.audit.settled_once()


class PaymentsAreKept(SubscriptionChecker):
    name = "payments_are_kept"
    invariant = "I21"
    sentence = "All that was paid is in what was sold, in its invoice, or the payer's credit."

    def wrong(self) -> Iterable[str]:
        yield from self.audit.payments_in()
        yield from self.audit.money()


class SubscriptionsAreGranted(SubscriptionChecker):
    """Looks at the end, when everything had time to be taken up again."""

    name = "subscriptions_are_granted"
    invariant = "I20"
    sentence = "In the end each payment is in, each settled invoice granted, nothing overdue."

    def every_step(self, cell: Cell) -> None:
        pass

    def wrong(self) -> Iterable[str]:
        yield from self.audit.periods()
        yield from self.audit.nothing_left(self.scene.core.now_us)
