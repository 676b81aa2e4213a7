"""What subscriptions keep, in memory; how often a promo code was used is asked of the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from actors.ledger.accounts import user_credit
from actors.ledger.book import Balance
from actors.money.policy import DAY_US
from actors.store import FENCED
from actors.subscriptions.commands import USE, promo_used
from actors.subscriptions.records import (
    Catalogue,
    Closed,
    DueSubscribers,
    Invoice,
    InvoiceRow,
    ListInvoices,
    ListPromos,
    LookAgain,
    Notice,
    Payment,
    PromoCode,
    ReadCatalogue,
    ReadDueInvoices,
    ReadDueSubscribers,
    ReadInvoice,
    ReadPromo,
    ReadSubscription,
    SaveInvoice,
    SavePayment,
    SavePricing,
    SavePromo,
    SaveSubscription,
    SaveTier,
    Subscription,
    Tier,
)
from actors.subscriptions.reports import (
    CreditRow,
    Figures,
    ListCredits,
    ListPayments,
    PaymentRow,
    PaymentStatus,
    ReadFigures,
)
from actors.subscriptions.rules import counts
from actors.wire_time import month_start_us
from engine.refusal import Refusal
from sim.ledger_store import LedgerBooks

RATES = {"HIVE": 300_000, "HBD": 1_000_000, "DLUX": 2_500_000}
SOLD = ("subscription", "subscription_share")
EXPIRING_US = 7 * DAY_US
SHOWN = 10


class _Fenced(Refusal):
    code = FENCED


def _tier(number: int, code: str, hive: tuple[int, int], limits: tuple[int, ...]) -> Tier:
    """Return a tier of the product: HBD and dollars are half of HIVE's figures."""
    sessions, docs, attendees, storage, bandwidth = limits
    better = number > 2
    return Tier(
        id=number,
        code=code,
        name=code.title(),
        monthly=(hive[0] * 1000, hive[0] * 500, hive[0] * 50),
        yearly=(hive[1] * 1000, hive[1] * 500, hive[1] * 50),
        presence_sessions=sessions,
        collaboration_docs=docs,
        event_attendees=attendees,
        storage_gb=storage,
        bandwidth_gb=bandwidth,
        features={"presence": True, "collaboration": number > 1, "create_event": better},
        priority_support=better,
        custom_branding=number > 3,
        analytics=better,
        api_access=better,
        sort_order=number,
    )


TIERS = (
    _tier(1, "free", (0, 0), (1, 1, 5, 0, 1)),
    _tier(2, "basic", (5, 50), (2, 5, 15, 1, 5)),
    _tier(3, "premium", (15, 150), (5, 25, 50, 5, 25)),
    _tier(4, "pro", (50, 500), (20, 100, 200, 25, 100)),
)


@dataclass(slots=True)
class _Kept:
    invoice: Invoice
    due_us: int | None
    closed: Closed | None = None
    closed_us: int = 0
    payments: list[Payment] = field(default_factory=list)


@dataclass(slots=True)
class SubscriptionBooks:
    """Rows by id or account.

    Attributes:
        grants: how often each invoice changed a subscription: never more than once.
        changes: how often anything was written.
    """

    ledger: LedgerBooks
    epochs: dict[str, int]
    tiers: dict[int, Tier] = field(default_factory=lambda: {tier.id: tier for tier in TIERS})
    rates: dict[str, int] = field(default_factory=lambda: dict(RATES))
    promos: dict[str, PromoCode] = field(default_factory=dict)
    invoices: dict[str, _Kept] = field(default_factory=dict)
    payments: dict[str, Payment] = field(default_factory=dict)
    rows: dict[str, Subscription] = field(default_factory=dict)
    notices: dict[tuple[str, str], Notice] = field(default_factory=dict)
    grants: Counter[str] = field(default_factory=Counter)
    changes: int = 0

    def answers(self) -> dict[type, Callable[[Any], Any]]:
        """Return what answers each request."""
        return {
            ReadCatalogue: lambda _request: self.catalogue(),
            SaveTier: self._save_tier,
            SavePricing: self._save_pricing,
            SavePromo: self._save_promo,
            ReadPromo: lambda request: self.promos.get(request.code),
            ListPromos: self._list_promos,
            SaveInvoice: self._save_invoice,
            ReadInvoice: lambda request: self.invoice(request.id),
            ListInvoices: self._list_invoices,
            SavePayment: self._save_payment,
            LookAgain: self._look_again,
            SaveSubscription: self._save,
            ReadSubscription: lambda request: self.rows.get(request.account),
            ReadDueSubscribers: self._due_subscribers,
            ReadDueInvoices: self._due_invoices,
            ListPayments: self._list_payments,
            ReadFigures: self._figures,
            ListCredits: self._credits,
        }

    def catalogue(self) -> Catalogue:
        """Return tiers and rates."""
        tiers = sorted(self.tiers.values(), key=lambda tier: (tier.sort_order, tier.id))
        return Catalogue(tiers=tuple(tiers), rates=dict(self.rates))

    def _save_tier(self, request: SaveTier) -> Tier | None:
        tier = request.tier
        taken = any(one.code == tier.code and one.id != tier.id for one in self.tiers.values())
        if taken or (tier.id and tier.id not in self.tiers):
            return None
        if not tier.id:
            tier = replace(tier, id=max(self.tiers) + 1)
        self.tiers[tier.id] = tier
        return tier

    def _save_pricing(self, request: SavePricing) -> Catalogue:
        self.rates |= request.rates
        for tier in request.tiers:
            known = self.tiers.get(tier.id)
            if known is not None:
                self.tiers[tier.id] = replace(known, monthly=tier.monthly, yearly=tier.yearly)
        return self.catalogue()

    def _save_promo(self, request: SavePromo) -> bool:
        new = request.promo.code not in self.promos
        self.promos.setdefault(request.promo.code, request.promo)
        return new

    def uses(self, code: str) -> int:
        """Return how often a promo code was used."""
        return self.ledger.balances.get((promo_used(code), USE), Balance()).posted

    def _list_promos(self, request: ListPromos) -> tuple[tuple[PromoCode, int], ...]:
        promos = sorted(self.promos.values(), key=lambda one: (-one.created_at_us, one.code))
        page = promos[request.offset : request.offset + request.limit]
        return tuple((promo, self.uses(promo.code)) for promo in page)

    # Invoices.

    def invoice(self, id_: str) -> InvoiceRow | None:
        """Return an invoice as it is."""
        kept = self.invoices.get(id_)
        if kept is None:
            return None
        return InvoiceRow(invoice=kept.invoice, payments=tuple(kept.payments), closed=kept.closed)

    def _save_invoice(self, request: SaveInvoice) -> InvoiceRow | None:
        new = request.invoice
        self.invoices.setdefault(new.id, _Kept(new, due_us=new.created_at_us))
        return self.invoice(new.id)

    def _list_invoices(self, request: ListInvoices) -> tuple[InvoiceRow, ...]:
        closed = (None,) if request.waiting else (None, "settled", "given_back")
        rows = [
            (kept.invoice.created_at_us, id_)
            for id_, kept in self.invoices.items()
            if request.account in (None, kept.invoice.account) and kept.closed in closed
        ]
        rows.sort(reverse=True)
        page = rows[request.offset : request.offset + request.limit]
        found = (self.invoice(id_) for _at_us, id_ in page)
        return tuple(row for row in found if row is not None)

    def _save_payment(self, request: SavePayment) -> Payment:
        new = request.payment
        if new.reference not in self.payments:
            kept = self.invoices[new.invoice]
            self.payments[new.reference] = new
            kept.payments.append(new)
            kept.due_us = new.at_us
            self.changes += 1
        return self.payments[new.reference]

    def _look_again(self, request: LookAgain) -> None:
        kept = self.invoices[request.invoice]
        kept.due_us = request.at_us
        kept.closed = kept.closed or request.closed

    def _due_invoices(self, request: ReadDueInvoices) -> tuple[str, ...]:
        return tuple(
            sorted(
                id_
                for id_, kept in self.invoices.items()
                if kept.invoice.account == request.account
                and kept.due_us is not None
                and kept.due_us <= request.now_us
            )
        )

    # Subscriptions.

    def _save(self, request: SaveSubscription) -> bool:
        if self.epochs.get(request.actor) != request.epoch:
            raise _Fenced(f"{request.actor} was activated again after epoch {request.epoch}")
        if request.invoice is not None:
            kept = self.invoices[request.invoice.id]
            if kept.closed is not None:
                return False
            kept.closed, kept.due_us, kept.closed_us = "settled", None, request.at_us
            self.grants[request.invoice.id] += 1
        self.rows[request.row.account] = request.row
        for notice in request.notices:
            self.notices.setdefault((request.row.account, notice.key), notice)
        self.changes += 1
        return True

    def is_subscriber(self, account: str, now_us: int) -> bool:
        """Whether somebody's subscription counts now."""
        return counts(self.rows.get(account), now_us)

    def _due_subscribers(self, request: ReadDueSubscribers) -> DueSubscribers:
        times = [(row.due_us, row.account) for row in self.rows.values()]
        times += [(kept.due_us, kept.invoice.account) for kept in self.invoices.values()]
        known = [(at_us, account) for at_us, account in times if at_us is not None]
        due = sorted({account for at_us, account in known if at_us <= request.now_us})
        later = [at_us for at_us, _account in known if at_us > request.now_us]
        return DueSubscribers(
            accounts=tuple(due[: request.limit]), next_us=min(later, default=None)
        )

    # Reading.

    def _payment_rows(self) -> list[PaymentRow]:
        rows = []
        for payment in self.payments.values():
            kept = self.invoices[payment.invoice]
            if kept.invoice.goods is not None:
                continue
            rows.append(
                PaymentRow(
                    payment=payment,
                    account=kept.invoice.account,
                    tier=kept.invoice.tier,
                    period=kept.invoice.period,
                    status=_status(kept, payment),
                )
            )
        rows.sort(key=lambda row: (row.payment.at_us, row.payment.reference), reverse=True)
        return rows

    def _list_payments(self, request: ListPayments) -> tuple[PaymentRow, ...]:
        rows = [row for row in self._payment_rows() if request.account in (None, row.account)]
        return tuple(rows[request.offset : request.offset + request.limit])

    def _credits(self, request: ListCredits) -> tuple[CreditRow, ...]:
        mine = None if request.account is None else user_credit(request.account)
        rows = [
            CreditRow(
                account=account.split(":")[1], asset=asset, posted=balance.posted,
                reserved=balance.pending_out,
            )
            for (account, asset), balance in sorted(self.ledger.balances.items())
            if account.endswith(":credit") and balance.posted > 0 and mine in (None, account)
        ]  # fmt: skip
        return tuple(rows[request.offset : request.offset + request.limit])

    def _figures(self, request: ReadFigures) -> Figures:
        now_us = request.now_us
        rows = self._payment_rows()
        live = [row for row in self.rows.values() if counts(row, now_us)]
        by_tier = Counter(row.tier for row in live)
        expiring = [
            row
            for row in live
            if row.expires_us is not None and now_us <= row.expires_us <= now_us + EXPIRING_US
        ]
        expiring.sort(key=lambda row: (row.expires_us or 0, row.account))
        kinds: dict[str, list[int]] = {}
        for notice in self.notices.values():
            kinds.setdefault(notice.type, []).append(now_us - notice.at_us)
        return Figures(
            active=len(live),
            waiting=sum(row.status == "pending" for row in rows),
            processed_today=sum(
                row.status == "processed" and row.payment.at_us >= now_us - now_us % DAY_US
                for row in rows
            ),
            refunded_week=sum(
                row.status == "refunded" and row.payment.at_us > now_us - 7 * DAY_US
                for row in rows
            ),
            tiers=tuple(
                (tier.code, tier.name, by_tier[tier.code])
                for tier in self.catalogue().tiers
                if by_tier[tier.code]
            ),
            revenue_month=self._revenue(month_start_us(now_us)),
            revenue_30_days=self._revenue(now_us - 30 * DAY_US),
            expiring=tuple(expiring[:SHOWN]),
            notices=tuple(
                (type_, len(ages), len(ages), sum(age < 7 * DAY_US for age in ages),
                 sum(age < DAY_US for age in ages))
                for type_, ages in sorted(kinds.items())
            ),
            notified=len({account for account, _key in self.notices}),
        )  # fmt: skip

    def _revenue(self, since_us: int) -> tuple[tuple[str, int], ...]:
        sums: Counter[str] = Counter()
        for entry in self.ledger.entries:
            if entry.transfer.kind in SOLD and entry.at_us >= since_us:
                sums[entry.transfer.asset] += entry.transfer.amount
        return tuple(sorted(sums.items()))


def _status(kept: _Kept, payment: Payment) -> PaymentStatus:
    if payment.asset != kept.invoice.asset:
        return "refunded"
    match kept.closed:
        case None:
            return "pending"
        case "settled" if payment.at_us <= kept.closed_us:
            return "processed"
        case _:
            return "refunded"
