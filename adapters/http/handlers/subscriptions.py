"""Subscriptions: tiers, who has which, what it lets them do, and what it costs."""

from __future__ import annotations

from typing import Any

from actors.money.amounts import decimal_text
from actors.subscriptions.messages import CancelSubscription, subscriber_address
from actors.subscriptions.pricing import check_promo, discounted, list_price
from actors.subscriptions.records import (
    LISTED_ASSETS,
    Catalogue,
    PromoCode,
    ReadCatalogue,
    ReadPromo,
    ReadSubscription,
    Subscription,
    Tier,
)
from actors.subscriptions.refusals import NoSuchTier, PromoNotApplicable
from actors.subscriptions.reports import Figures, ListPayments, PaymentRow, ReadFigures
from actors.subscriptions.rules import counts
from actors.wire_time import iso_utc
from adapters.http import subscription_answers as answers
from adapters.http.call import Call
from adapters.http.handlers.common import ask
from adapters.http.handlers.payouts import operator
from adapters.http.once import proven
from adapters.http.routing import Nothing
from adapters.http.subscription_requests import AccessQuery, PaymentsQuery, PriceBody
from adapters.identity.names import is_account_name
from engine.refusal import BadInput

SOON_DAYS = 7
_DAY_US = 86_400_000_000
_LIMITS = {
    "presence_sessions": "presence_sessions",
    "collaboration_docs": "collaboration_docs",
    "event_attendees": "event_attendees",
    "storage_gb": "storage_gb",
    "bandwidth_gb": "bandwidth_gb",
}
_FLAGS = {
    "priority_support": "priority_support",
    "custom_branding": "custom_branding",
    "analytics": "analytics",
    "api_access": "api_access",
}


async def catalogue_of(call: Call) -> Catalogue:
    """Return every tier and rate."""
    found: Catalogue = await call.services.store.perform(ReadCatalogue())
    return found


async def tiers(call: Call, _query: Nothing, _body: Nothing) -> answers.Tiers:
    """List what one may subscribe to."""
    catalogue = await catalogue_of(call)
    return answers.Tiers(tiers=[tier_row(tier) for tier in catalogue.tiers if tier.active])


def tier_row(tier: Tier) -> answers.TierRow:
    """Return a tier as clients see it."""
    return answers.TierRow(**tier_fields(tier))


def tier_fields(tier: Tier) -> dict[str, Any]:
    """Return the fields of a tier's row."""
    prices = {
        f"{period}_price_{asset.lower()}": float(decimal_text(amount, asset))
        for period, amounts in (("monthly", tier.monthly), ("yearly", tier.yearly))
        for asset, amount in zip(LISTED_ASSETS, amounts, strict=True)
    }
    return {
        "id": tier.id,
        "tier_code": tier.code,
        "tier_name": tier.name,
        "description": tier.description,
        "max_presence_sessions": tier.presence_sessions,
        "max_collaboration_docs": tier.collaboration_docs,
        "max_event_attendees": tier.event_attendees,
        "storage_limit_gb": tier.storage_gb,
        "bandwidth_limit_gb": tier.bandwidth_gb,
        "features": tier.features,
        "priority_support": tier.priority_support,
        "custom_branding": tier.custom_branding,
        "analytics_access": tier.analytics,
        "api_access": tier.api_access,
        "is_active": tier.active,
        "sort_order": tier.sort_order,
        **prices,
    }


async def of_user(call: Call, _query: Nothing, _body: Nothing) -> answers.UserSubscription:
    """Say which tier somebody has."""
    account = _account(call)
    catalogue, row = await _standing(call, account)
    now_us = call.services.now_us()
    found = catalogue.tier(row.tier) if row is not None and counts(row, now_us) else None
    if row is None or found is None:
        free = catalogue.free
        return _of(None, tier_row(free), free)
    shown = _subscription(row, found, now_us)
    return _of(shown, shown, found)


def _of(
    row: answers.SubscriptionRow | None, current: answers.TierRow, tier: Tier
) -> answers.UserSubscription:
    return answers.UserSubscription(
        subscription=row,
        current_tier=current,
        tier_code=tier.code,
        tier_name=tier.name,
        has_active_subscription=row is not None,
        has_subscription=row is not None,
        is_premium=row is not None and tier.features.get("create_event") is True,
    )


def _subscription(row: Subscription, tier: Tier, now_us: int) -> answers.SubscriptionRow:
    days = None if row.expires_us is None else max(0, -((now_us - row.expires_us) // _DAY_US))
    return answers.SubscriptionRow(
        **tier_fields(tier),
        user_account=row.account,
        subscription_type=row.kind,
        status=row.status,
        started_at=iso_utc(row.started_us),
        expires_at=None if row.expires_us is None else iso_utc(row.expires_us),
        grace_until=None if row.grace_us is None else iso_utc(row.grace_us),
        auto_renew=row.auto_renew,
        days_until_expiry=days,
        is_expiring_soon=days is not None and days <= SOON_DAYS,
    )


async def access(call: Call, query: AccessQuery, _body: Nothing) -> answers.FeatureAccess:
    """Say whether somebody's tier lets them use so much of a feature."""
    account = _account(call)
    catalogue, row = await _standing(call, account)
    tier = catalogue.free
    if row is not None and counts(row, call.services.now_us()):
        tier = catalogue.tier(row.tier) or tier
    has = _has(tier, query.feature, query.resource_count)
    return answers.FeatureAccess(
        has_access=has,
        current_tier=tier.code,
        limits=answers.Limits(
            max_presence_sessions=tier.presence_sessions,
            max_collaboration_docs=tier.collaboration_docs,
            max_event_attendees=tier.event_attendees,
            storage_limit_gb=tier.storage_gb,
            bandwidth_limit_gb=tier.bandwidth_gb,
            features=tier.features,
        ),
        upgrade_required=not has,
    )


def _has(tier: Tier, feature: str, count: int) -> bool:
    if feature in _LIMITS:
        limit: int = getattr(tier, _LIMITS[feature])
        return count <= limit
    if feature in _FLAGS:
        return bool(getattr(tier, _FLAGS[feature]))
    return tier.features.get(feature) is True


async def payments(
    call: Call, query: PaymentsQuery, _body: Nothing
) -> answers.SubscriptionPayments:
    """List what somebody paid; their own, or anybody's for operators.

    Raises:
        OperatorsOnly: they are somebody else's.
    """
    account = _account(call)
    if await proven(call) != account:
        await operator(call)
    rows: tuple[PaymentRow, ...] = await call.services.store.perform(
        ListPayments(account=account, limit=query.limit + 1, offset=query.offset)
    )
    page = rows[: query.limit]
    return answers.SubscriptionPayments(
        payments=[payment_row(row) for row in page], has_more=len(rows) > len(page)
    )


def payment_row(row: PaymentRow) -> answers.SubscriptionPayment:
    """Return a payment as clients see it."""
    payment = row.payment
    return answers.SubscriptionPayment(
        transaction_id=payment.reference,
        payment_channel_id=payment.invoice,
        user_account=row.account,
        tier_code=row.tier,
        subscription_type=row.period,
        amount=decimal_text(payment.amount, payment.asset),
        currency=payment.asset,
        status=row.status,
        created_at=iso_utc(payment.at_us),
    )


async def price(call: Call, _query: Nothing, body: PriceBody) -> answers.Price:
    """Say what a tier costs, with a promo code for somebody who is logged in.

    Raises:
        NoSuchTier: nothing of this code is sold.
    """
    catalogue = await catalogue_of(call)
    tier = catalogue.tier(body.tier_code)
    if tier is None or not tier.active:
        raise NoSuchTier([one.code for one in catalogue.tiers if one.active])
    promo, why = await _promo(call, body, tier)
    full, final = (
        {
            asset: discounted(
                list_price(tier, body.period, asset, catalogue.rates), tier, body.period, code
            )
            for asset in ("HIVE", "HBD")
        }
        for code in (None, promo)
    )
    end = f" promo:{promo.code}" if promo is not None else ""
    memo = f"{tier.code} {body.period}{end}"
    return answers.Price(
        tier=answers.TierBrief(code=tier.code, name=tier.name, features=tier.features),
        pricing=answers.Pricing(
            original=_coins(full),
            final=_coins(final),
            discount_applied=final != full,
            savings_hive=_number(full["HIVE"] - final["HIVE"], "HIVE"),
            savings_hbd=_number(full["HBD"] - final["HBD"], "HBD"),
        ),
        promo_code=None
        if promo is None
        else answers.PromoBrief(
            code=promo.code,
            discount_type=promo.discount,
            discount_value=promo_value(promo),
        ),
        promo_error=why,
        payment_instructions=answers.PaymentInstructions(
            target_account=call.services.money.subscriptions.receiver,
            memo_templates=answers.MemoTemplates(hive=memo, hbd=memo),
        ),
    )


async def _promo(call: Call, body: PriceBody, tier: Tier) -> tuple[PromoCode | None, str | None]:
    if body.promo_code is None:
        return None, None
    if (await call.caller()).person.account is None:
        return None, "Log in to use a promo code."
    code = body.promo_code.upper()
    found: PromoCode | None = await call.services.store.perform(ReadPromo(code=code))
    try:
        return check_promo(found, tier, body.period, call.services.now_us()), None
    except PromoNotApplicable as refused:
        return None, refused.text


def promo_value(promo: PromoCode) -> str:
    """Return a promo code's value as it was written: "25.00" percent, "1.000" HIVE, "2" months."""
    match promo.discount:
        case "percentage":
            return f"{promo.value // 100}.{promo.value % 100:02d}"
        case "free_months":
            return str(promo.value)
        case "fixed_hive" | "fixed_hbd":
            return decimal_text(promo.value, "HIVE" if promo.discount == "fixed_hive" else "HBD")


def _coins(amounts: dict[str, int]) -> answers.CoinPrices:
    return answers.CoinPrices(
        hive=_number(amounts["HIVE"], "HIVE"), hbd=_number(amounts["HBD"], "HBD")
    )


def _number(amount: int, asset: str) -> float:
    return float(decimal_text(amount, asset))


async def monitor(call: Call, _query: Nothing, _body: Nothing) -> answers.MonitorStats:
    """Count subscriptions and payments, without names."""
    now_us = call.services.now_us()
    figures: Figures = await call.services.store.perform(ReadFigures(now_us=now_us))
    return answers.MonitorStats(
        active_subscriptions=figures.active,
        pending_payments=figures.waiting,
        processed_today=figures.processed_today,
        tier_distribution=[
            answers.TierCount(tier_code=code, count=count) for code, _name, count in figures.tiers
        ],
        revenue_last_30_days=sums(figures.revenue_30_days),
        processing_queue_size=figures.waiting,
        last_updated=iso_utc(now_us),
        target_account=call.services.money.subscriptions.receiver,
    )


def sums(amounts: tuple[tuple[str, int], ...]) -> dict[str, str]:
    """Return exact amounts by currency."""
    return {asset: decimal_text(amount, asset) for asset, amount in amounts}


async def cancel(call: Call, _query: Nothing, _body: Nothing) -> answers.Cancelled:
    """Let the caller's subscription end when its time is over."""
    account = await proven(call)
    row: Subscription = await ask(call, subscriber_address(account), CancelSubscription())
    ends = None if row.expires_us is None else iso_utc(row.expires_us)
    return answers.Cancelled(status=row.status, expires_at=ends)


async def _standing(call: Call, account: str) -> tuple[Catalogue, Subscription | None]:
    row: Subscription | None = await call.services.store.perform(ReadSubscription(account=account))
    return await catalogue_of(call), row


def _account(call: Call) -> str:
    account = call.parameters["account"]
    if not is_account_name(account):
        raise BadInput("account: expected the name of an account", field="account")
    return account
