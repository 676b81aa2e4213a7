"""What people and operators look at: payments, credit, and counts of subscriptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from actors.subscriptions.records import Payment, Subscription

PaymentStatus = Literal["pending", "processed", "refunded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPayments:
    """Newest first; everybody's without an account. Answer: tuple of `PaymentRow`."""

    account: str | None = None
    limit: int = 20
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRow:
    payment: Payment
    account: str
    tier: str
    period: str
    status: PaymentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCredits:
    """What people overpaid, by account and asset. Answer: tuple of `CreditRow`."""

    account: str | None = None
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRow:
    """Credit that is there, minor units; `reserved` of it for purchases that are open."""

    account: str
    asset: str
    posted: int
    reserved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFigures:
    """What operators look at. Answer: `Figures`."""

    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Counts as of now.

    Attributes:
        tiers: (code, name, subscribers) of those whose subscription counts now.
        revenue_month, revenue_30_days: (asset, minor units) of what was sold.
        notices: (type, total, unread, last 7 days, last 24 hours).
    """

    active: int
    waiting: int
    processed_today: int
    refunded_week: int
    tiers: tuple[tuple[str, str, int], ...]
    revenue_month: tuple[tuple[str, int], ...]
    revenue_30_days: tuple[tuple[str, int], ...]
    expiring: tuple[Subscription, ...]
    notices: tuple[tuple[str, int, int, int, int], ...]
    notified: int
