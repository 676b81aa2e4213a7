"""What the server answers about subscriptions. Names are the data host's own (WIRE 1.4, 1.6)."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct, field

from adapters.http.answers import Time
from adapters.http.money_answers import Credit, Decimal


class TierRow(Struct, kw_only=True):
    id: int
    tier_code: str
    tier_name: str
    description: str
    monthly_price_hive: float
    monthly_price_hbd: float
    monthly_price_usd: float
    yearly_price_hive: float
    yearly_price_hbd: float
    yearly_price_usd: float
    max_presence_sessions: int
    max_collaboration_docs: int
    max_event_attendees: int
    storage_limit_gb: int
    bandwidth_limit_gb: int
    features: dict[str, Any]
    priority_support: bool
    custom_branding: bool
    analytics_access: bool
    api_access: bool
    is_active: bool
    sort_order: int


class Tiers(Struct, kw_only=True):
    tiers: list[TierRow]
    success: bool = True


class SubscriptionRow(TierRow, kw_only=True):
    """A subscription with its tier's columns."""

    user_account: str
    subscription_type: str
    status: str
    started_at: Time
    expires_at: Time | None
    grace_until: Time | None
    auto_renew: bool
    days_until_expiry: int | None
    is_expiring_soon: bool


class UserSubscription(Struct, kw_only=True):
    subscription: SubscriptionRow | None
    current_tier: TierRow
    tier_code: str
    tier_name: str
    has_active_subscription: bool
    has_subscription: bool
    is_premium: Annotated[bool, Meta(description="May create events: premium and above.")]
    success: bool = True


class Limits(Struct, kw_only=True):
    max_presence_sessions: int
    max_collaboration_docs: int
    max_event_attendees: int
    storage_limit_gb: int
    bandwidth_limit_gb: int
    features: dict[str, Any]


class FeatureAccess(Struct, kw_only=True):
    has_access: bool
    current_tier: str
    limits: Limits
    upgrade_required: bool
    success: bool = True


class SubscriptionPayment(Struct, kw_only=True):
    transaction_id: str
    payment_channel_id: str
    user_account: str
    tier_code: str
    subscription_type: str
    amount: Decimal
    currency: str
    status: Annotated[str, Meta(description="pending, processed or refunded (to credit)")]
    created_at: Time


class SubscriptionPayments(Struct, kw_only=True):
    payments: list[SubscriptionPayment]
    has_more: bool
    success: bool = True


class CoinPrices(Struct, kw_only=True):
    hive: float
    hbd: float


class Pricing(Struct, kw_only=True):
    original: CoinPrices
    final: CoinPrices
    discount_applied: bool
    savings_hive: float
    savings_hbd: float


class TierBrief(Struct, kw_only=True):
    code: str
    name: str
    features: dict[str, Any]


class PromoRow(Struct, kw_only=True):
    code: str
    discount_type: str
    discount_value: Decimal
    applicable_tiers: list[str]
    min_subscription_months: int
    max_uses: int | None
    uses_per_user: int
    current_uses: int
    valid_until: Time | None
    is_active: bool
    created_by: str
    created_at: Time


class PromoBrief(Struct, kw_only=True):
    code: str
    discount_type: str
    discount_value: Decimal


class MemoTemplates(Struct, kw_only=True):
    hive: str
    hbd: str


class PaymentInstructions(Struct, kw_only=True):
    target_account: str
    memo_templates: MemoTemplates


class Price(Struct, kw_only=True):
    tier: TierBrief
    pricing: Pricing
    promo_code: PromoBrief | None
    promo_error: Annotated[str | None, Meta(description="Why a promo code was passed over.")]
    payment_instructions: PaymentInstructions
    success: bool = True


class TierCount(Struct, kw_only=True):
    tier_code: str
    count: int


class MonitorStats(Struct, kw_only=True):
    active_subscriptions: int
    pending_payments: int
    processed_today: int
    tier_distribution: list[TierCount]
    revenue_last_30_days: Annotated[dict[str, Decimal], Meta(description="By currency.")]
    processing_queue_size: int
    last_updated: Time
    target_account: str
    success: bool = True


class TierSubscribers(Struct, kw_only=True):
    tier_name: str
    tier_code: str
    subscribers: int


class Expiring(Struct, kw_only=True):
    user_account: str
    tier_code: str
    expires_at: Time
    auto_renew: bool


class AdminFigures(Struct, kw_only=True):
    active_subscriptions: int
    revenue_this_month: Annotated[dict[str, Decimal], Meta(description="By currency.")]
    tier_distribution: list[TierSubscribers]
    recent_payments: list[SubscriptionPayment]
    expiring_soon: list[Expiring]
    failed_payments_week: int


class AdminStats(Struct, kw_only=True):
    stats: AdminFigures
    generated_at: Time
    success: bool = True


class PromoCodes(Struct, kw_only=True):
    promo_codes: list[PromoRow]
    has_more: bool
    success: bool = True


class PromoAnswer(Struct, kw_only=True):
    promo_code: PromoRow
    success: bool = True


class AdminTierRow(TierRow, kw_only=True):
    active_subscribers: int


class AdminTiers(Struct, kw_only=True):
    tiers: list[AdminTierRow]
    success: bool = True


class TierAnswer(Struct, kw_only=True):
    tier: TierRow
    success: bool = True


class PricingAnswer(Struct, kw_only=True):
    updated_tiers: list[TierRow]
    current_prices: dict[str, float]
    success: bool = True


class NoticeCounts(Struct, kw_only=True):
    type: str
    total: int
    unread: int
    last_7_days: int
    last_24_hours: int


class NoticeStats(Struct, kw_only=True):
    by_type: list[NoticeCounts]
    total_users_with_notifications: int
    last_check: Time | None
    success: bool = True


class ChecksRun(Struct, kw_only=True):
    message: str
    timestamp: Time
    success: bool = True


class PaymentChannel(Struct, kw_only=True):
    """A purchase. What was paid with tokens was done at once and has no channel to pay it by."""

    payment_channel_id: str | None
    confirmation_required: Annotated[
        bool, Meta(description="It counts when the payment is confirmed from outside.")
    ]
    status: Annotated[
        str,
        Meta(description="awaiting_payment, partly_paid, expired, confirmed, given_back, refused"),
    ]
    purchase_type: str
    amount: Annotated[Decimal, Meta(description="What it costs now.")]
    paid: Annotated[Decimal, Meta(description="What has come and is not spent.")]
    currency: str
    credit_used: Annotated[
        Decimal | None, Meta(description="What of it is paid with the buyer's credit.")
    ] = None
    to_pay: Annotated[Decimal | None, Meta(description="What is still to come.")] = None
    tier_code: str | None = None
    subscription_type: str | None = None
    payment_address: str | None = None
    address: str | None = None
    memo: str | None = None
    promo_code: str | None = None
    expires_at: Annotated[Time | None, Meta(description="Until then the price holds.")] = None
    closes_at: Annotated[Time | None, Meta(description="Until then the rest may be paid.")] = None
    space_type: str | None = None
    space_id: str | None = None
    ticket_type: str | None = None
    ticket_id: str | None = None
    stream_id: str | None = None
    price_tokens: Annotated[int | None, Meta(description="What a ticket costs in tokens.")] = None
    new_balance: Annotated[int | None, Meta(description="Tokens that the buyer has left.")] = None
    premium_until: Annotated[Time | None, Meta(description="Of a space.")] = None
    success: bool = True


class ListedPayment(PaymentChannel, kw_only=True):
    """A purchase as its quote and payments say; alone it is shown at this moment's rates."""

    account: str
    created_at: Time


class PaymentChannels(Struct, kw_only=True):
    payments: list[ListedPayment]
    has_more: bool
    success: bool = True


class OutsidePrice(Struct, kw_only=True):
    amount: Decimal
    currency: str


class OutsidePrices(Struct, kw_only=True):
    tokens: int
    prices: Annotated[
        list[OutsidePrice], Meta(description="None when nothing is taken from outside.")
    ]
    success: bool = True


class AccountCredit(Credit, kw_only=True):
    account: str


class Credits(Struct, kw_only=True):
    credits: list[AccountCredit]
    has_more: bool
    success: bool = True


class CreditPaidBack(Struct, kw_only=True):
    account: str
    paid_back: Decimal
    available: Annotated[Decimal, Meta(description="Credit that is left.")]
    currency: str
    reference: str
    success: bool = True


class Cancelled(Struct, kw_only=True):
    status: str
    expires_at: Time | None = field(default=None)
    success: bool = True
