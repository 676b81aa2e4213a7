"""What subscriptions keep in the store: tiers, promo codes, invoices, payments, one row a person.

What has become of an invoice's money follows from the ledger; these rows say what it was about.
Amounts are minor units of their asset; lengths and times are microseconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Period = Literal["monthly", "yearly"]
InvoicePeriod = Literal["monthly", "yearly", "once"]
Status = Literal["active", "cancelled", "expired", "suspended"]
Discount = Literal["percentage", "fixed_hive", "fixed_hbd", "free_months"]

LISTED_ASSETS = ("HIVE", "HBD", "USD")
"""A tier has a price of its own in these; others are counted from USD."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """What one may subscribe to (table subscription_tiers). `id` 0: not kept yet.

    `monthly` and `yearly`: prices in the order of `LISTED_ASSETS`.
    """

    id: int = 0
    code: str
    name: str
    description: str = ""
    monthly: tuple[int, int, int]
    yearly: tuple[int, int, int]
    presence_sessions: int
    collaboration_docs: int
    event_attendees: int
    storage_gb: int
    bandwidth_gb: int
    features: dict[str, Any] = field(default_factory=dict)
    priority_support: bool = False
    custom_branding: bool = False
    analytics: bool = False
    api_access: bool = False
    active: bool = True
    sort_order: int = 0

    @property
    def is_free(self) -> bool:
        """Whether it is everybody's and cannot be bought."""
        return not any(self.monthly) and not any(self.yearly)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Every tier by sort order, and how many micro-dollars one unit of an asset costs."""

    tiers: tuple[Tier, ...]
    rates: dict[str, int]

    def tier(self, code: str) -> Tier | None:
        """Return the tier of this code."""
        return next((tier for tier in self.tiers if tier.code == code), None)

    @property
    def free(self) -> Tier:
        """The tier of those who have none."""
        return next(tier for tier in self.tiers if tier.is_free)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCatalogue:
    """Answer: `Catalogue`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveTier:
    """Add a tier (`id` 0) or change one. Answer: `Tier`; None: the code or id says no."""

    tier: Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePricing:
    """Set rates, and the prices of the tiers named. Answer: `Catalogue`."""

    rates: dict[str, int]
    tiers: tuple[Tier, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromoCode:
    """A promise of a better price (table promo_codes).

    Attributes:
        value: basis points, minor units of the asset, or months, as `discount` says.
        tiers: codes it is for; none: all.
        max_uses: None: without limit. Kept by the ledger, as `uses_per_user` is.
    """

    code: str
    discount: Discount
    value: int
    tiers: tuple[str, ...] = ()
    months_min: int = 1
    max_uses: int | None = None
    uses_per_user: int = 1
    valid_until_us: int | None = None
    active: bool = True
    created_by: str
    created_at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePromo:
    """Add a promo code. Answer: bool, False: there is one of this code."""

    promo: PromoCode


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPromo:
    """Answer: `PromoCode`, or None."""

    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPromos:
    """Newest first. Answer: tuple of (`PromoCode`, uses)."""

    limit: int = 50
    offset: int = 0


TICKET = "ticket"
"""Stands where a tier's code is, on the invoice of a ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketGoods:
    """The ticket that an invoice is for.

    Attributes:
        seller: the actor that sells it, a booth's or a stream's address; it carries the invoice on.
        sale: the sale in a space, or the stream.
        tokens: what the ticket costs, and what its price in other money is counted from.
        limited: its seats are counted.
    """

    seller: str
    sale: str
    tokens: int
    limited: bool
    space_type: str | None = None
    space_id: str | None = None
    ticket_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """A quote that somebody accepted (table subscription_invoices); never changed.

    Attributes:
        price: due in `asset` until `quoted_until_us`, with the promo code's discount.
        full_price: due later, or when the promo code's hold is over.
        worth: the price in US cents, which a later change of tier counts with.
        full_worth: the full price in US cents.
        length_us: what it buys.
        extra_us: what the promo code adds to it.
        spare: how far under the price is still paid.
        closes_us: when what was paid and does not suffice is given back.
        credit: how much of the price is paid with what the account had as credit.
        goods: what it is for, if not a tier.
    """

    id: str
    account: str
    tier: str
    period: InvoicePeriod
    asset: str
    price: int
    full_price: int
    worth: int
    full_worth: int
    length_us: int
    extra_us: int
    spare: int
    promo: str | None
    created_at_us: int
    quoted_until_us: int
    closes_us: int
    credit: int = 0
    goods: TicketGoods | None = None

    @property
    def reserves(self) -> bool:
        """Whether anything is reserved for it while its quote holds."""
        return self.promo is not None or self.credit > 0 or self.goods is not None


Closed = Literal["settled", "given_back", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that came for an invoice (table subscription_payments), once for each reference."""

    reference: str
    invoice: str
    amount: int
    asset: str
    fee: int = 0
    source: str
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRow:
    """An invoice, its payments in the order they came, and how it ended."""

    invoice: Invoice
    payments: tuple[Payment, ...] = ()
    closed: Closed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveInvoice:
    """Keep an invoice; the first under its id stays. Answer: `InvoiceRow`."""

    invoice: Invoice


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadInvoice:
    """Answer: `InvoiceRow`, or None."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInvoices:
    """Invoices that were opened, newest first. Answer: tuple of `InvoiceRow`.

    Attributes:
        account: whose; everybody's when left out.
        waiting: only those that have not ended.
    """

    account: str | None = None
    waiting: bool = False
    limit: int = 20
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePayment:
    """Keep a payment; the first of its reference stays. Answer: `Payment`, the one that is kept.

    Its invoice is due at once, so that a sweep finds what a crash left.
    """

    payment: Payment


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAgain:
    """Say when an invoice is to be looked at again. Answer: None."""

    invoice: str
    at_us: int | None
    closed: Closed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One person's subscription (table user_subscriptions).

    Attributes:
        expires_us: None: for life.
        grace_us: until when it still counts after that.
        worth: US cents paid for the time from `worth_from_us` to `expires_us`.
        periods: how often it was bought.
        told: the notice of the present period that was given last.
        due_us: when something happens to it next.
    """

    account: str
    tier: str
    kind: str
    status: Status
    started_us: int
    expires_us: int | None
    grace_us: int | None = None
    worth: int = 0
    worth_from_us: int = 0
    auto_renew: bool = True
    periods: int = 1
    told: str = ""
    due_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something a person is told about their subscription, once for each key."""

    key: str
    type: str
    text: str
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveSubscription:
    """Write a subscription under its actor's epoch. Answer: bool.

    With an invoice it is that invoice's effect: it happens once, and False means that it had
    happened before and nothing was written.
    """

    actor: str
    epoch: int
    row: Subscription
    at_us: int
    invoice: Invoice | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSubscription:
    """Answer: `Subscription`, or None."""

    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDueSubscribers:
    """Whose subscription or invoice something is due of. Answer: `DueSubscribers`."""

    now_us: int
    limit: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DueSubscribers:
    """Accounts, at most as many as asked for; and when the next thing after now is due."""

    accounts: tuple[str, ...]
    next_us: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDueInvoices:
    """Answer: tuple of ids of the account's invoices that are due."""

    account: str
    now_us: int
