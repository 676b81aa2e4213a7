"""What clients of subscriptions send. Names are the data host's own (WIRE 1.4, 1.6)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from adapters.http.money_requests import Keyed
from adapters.http.requests import Limit, Offset, Text

Code = Annotated[str, Meta(min_length=1, max_length=32)]
Figure = Annotated[int | float | str, Meta(description="An exact decimal number.")]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Size = Annotated[int, Meta(ge=0, le=1_000_000)]


class AccessQuery(Struct, kw_only=True):
    feature: Annotated[str, Meta(max_length=64)]
    resource_count: Annotated[int, Meta(ge=0, le=2**53 - 1)] = 1


class PaymentsQuery(Struct, kw_only=True):
    limit: Limit = 20
    offset: Offset = 0


class ChannelsQuery(Struct, kw_only=True):
    status: Annotated[
        Literal["waiting", "all"], Meta(description="waiting: what has not ended.")
    ] = "all"
    limit: Limit = 20
    offset: Offset = 0


class PricesQuery(Struct, kw_only=True):
    tokens: Annotated[int, Meta(ge=1, le=10**12, description="What a ticket costs.")]


class PriceBody(Struct, kw_only=True):
    tier_code: Code = field(name="tierCode")
    period: Literal["monthly", "yearly"] = field(default="monthly", name="subscriptionType")
    promo_code: Code | None = field(default=None, name="promoCode")


class BuyBody(Keyed, kw_only=True):
    """`tierCode` may be left out where `amount` says which tier is meant.

    Tickets are paid with tokens where no money is named, premium for a space always.
    """

    purchase_type: Annotated[str, Meta(max_length=64)]
    amount: Figure | None = None
    currency: Code | None = None
    payment_method: Text | None = None
    tier_code: Code | None = field(default=None, name="tierCode")
    period: Literal["monthly", "yearly"] | None = field(default=None, name="subscriptionType")
    promo_code: Code | None = field(default=None, name="promoCode")
    space_type: Text | None = None
    space_id: Text | None = None
    ticket_type: Text | None = None
    stream_id: Text | None = None


class PayBackBody(Struct, kw_only=True):
    account: Annotated[str, Meta(max_length=64, description="Whose credit it was.")]
    amount: Figure
    currency: Code
    reference: Annotated[
        str, Meta(min_length=1, max_length=200, description="How it was paid: a transaction's id.")
    ]


class ConfirmPaymentBody(Struct, kw_only=True):
    reference: Annotated[
        str, Meta(min_length=1, max_length=200, description="How it was paid: a transaction's id.")
    ]
    amount: Annotated[Figure | None, Meta(description="What is due, when left out.")] = None
    currency: Code | None = None


class PromoBody(Struct, kw_only=True):
    code: Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9_-]{1,31}$")]
    discount_type: Literal["percentage", "fixed_hive", "fixed_hbd", "free_months"]
    discount_value: Figure
    applicable_tiers: Annotated[list[Code], Meta(max_length=50)] | None = None
    min_subscription_months: Annotated[int, Meta(ge=1, le=12)] | None = 1
    max_uses: Annotated[int, Meta(ge=1, le=10**9)] | None = None
    uses_per_user: Annotated[int, Meta(ge=1, le=1_000)] | None = 1
    valid_until: Annotated[Text | None, Meta(description="ISO-8601 with its zone.")] = None


class TierFields(Struct, kw_only=True):
    """What is left out stays as it is; prices in coins follow from those in dollars."""

    tier_name: Name | None = None
    description: Annotated[str, Meta(max_length=2_000)] | None = None
    monthly_price_usd: Figure | None = None
    yearly_price_usd: Figure | None = None
    monthly_price_hive: Figure | None = None
    yearly_price_hive: Figure | None = None
    monthly_price_hbd: Figure | None = None
    yearly_price_hbd: Figure | None = None
    max_presence_sessions: Size | None = None
    max_collaboration_docs: Size | None = None
    max_event_attendees: Size | None = None
    storage_limit_gb: Size | None = None
    bandwidth_limit_gb: Size | None = None
    features: dict[str, Any] | None = None
    priority_support: bool | None = None
    custom_branding: bool | None = None
    analytics_access: bool | None = None
    api_access: bool | None = None
    is_active: bool | None = None
    sort_order: Size | None = None


class NewTierBody(TierFields, kw_only=True):
    tier_code: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{1,31}$")]


class PricingBody(Struct, kw_only=True):
    """Dollars for one unit; the others stay as they are."""

    hive_usd: Figure | None = None
    hbd_usd: Figure | None = None
    dlux_usd: Figure | None = None
