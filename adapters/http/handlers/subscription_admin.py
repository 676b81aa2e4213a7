"""What operators do with subscriptions: look, make promo codes, change tiers and prices."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from actors.subscriptions.messages import SUBSCRIPTIONS_DESK, ReadLastCheck, RunChecks
from actors.subscriptions.pricing import FREE_MONTHS_MAX, repriced
from actors.subscriptions.records import (
    LISTED_ASSETS,
    Catalogue,
    ListPromos,
    PromoCode,
    SavePricing,
    SavePromo,
    SaveTier,
    Tier,
)
from actors.subscriptions.refusals import NoSuchTier, PromoExists, TierExists
from actors.subscriptions.reports import Figures, ListPayments, PaymentRow, ReadFigures
from actors.wire_time import iso_utc
from adapters.http import subscription_answers as answers
from adapters.http.call import Call
from adapters.http.figures import minor_units, scaled
from adapters.http.handlers.common import ask, audit
from adapters.http.handlers.payouts import operator
from adapters.http.handlers.subscriptions import (
    catalogue_of,
    payment_row,
    promo_value,
    sums,
    tier_fields,
    tier_row,
)
from adapters.http.money_requests import PageQuery
from adapters.http.routing import Nothing
from adapters.http.subscription_requests import (
    NewTierBody,
    PricingBody,
    PromoBody,
    TierFields,
)
from engine.refusal import BadInput

RECENT = 10
CENTS_MAX = 10**11
MICRO_USD_MAX = 10**14
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
_PLAIN = {
    "tier_name": "name",
    "description": "description",
    "max_presence_sessions": "presence_sessions",
    "max_collaboration_docs": "collaboration_docs",
    "max_event_attendees": "event_attendees",
    "storage_limit_gb": "storage_gb",
    "bandwidth_limit_gb": "bandwidth_gb",
    "features": "features",
    "priority_support": "priority_support",
    "custom_branding": "custom_branding",
    "analytics_access": "analytics",
    "api_access": "api_access",
    "is_active": "active",
    "sort_order": "sort_order",
}


async def stats(call: Call, _query: Nothing, _body: Nothing) -> answers.AdminStats:
    """Count subscriptions, payments and revenue."""
    await operator(call)
    now_us = call.services.now_us()
    figures: Figures = await call.services.store.perform(ReadFigures(now_us=now_us))
    recent: tuple[PaymentRow, ...] = await call.services.store.perform(ListPayments(limit=RECENT))
    return answers.AdminStats(
        stats=answers.AdminFigures(
            active_subscriptions=figures.active,
            revenue_this_month=sums(figures.revenue_month),
            tier_distribution=[
                answers.TierSubscribers(tier_name=name, tier_code=code, subscribers=count)
                for code, name, count in figures.tiers
            ],
            recent_payments=[payment_row(row) for row in recent],
            expiring_soon=[
                answers.Expiring(
                    user_account=row.account,
                    tier_code=row.tier,
                    expires_at=iso_utc(row.expires_us or 0),
                    auto_renew=row.auto_renew,
                )
                for row in figures.expiring
            ],
            failed_payments_week=figures.refunded_week,
        ),
        generated_at=iso_utc(now_us),
    )


# Promo codes.


async def promo_codes(call: Call, query: PageQuery, _body: Nothing) -> answers.PromoCodes:
    """List promo codes, newest first."""
    await operator(call)
    rows: tuple[tuple[PromoCode, int], ...] = await call.services.store.perform(
        ListPromos(limit=query.limit + 1, offset=query.offset)
    )
    page = rows[: query.limit]
    return answers.PromoCodes(
        promo_codes=[_promo_row(promo, uses) for promo, uses in page],
        has_more=len(rows) > len(page),
    )


async def add_promo(call: Call, _query: Nothing, body: PromoBody) -> answers.PromoAnswer:
    """Make a promo code. It stays as it is, for it may have been promised to people.

    Raises:
        PromoExists: there is one of this code.
    """
    who = await operator(call)
    catalogue = await catalogue_of(call)
    tiers = tuple(dict.fromkeys(body.applicable_tiers or ()))
    if any(catalogue.tier(code) is None for code in tiers):
        raise NoSuchTier([tier.code for tier in catalogue.tiers], field="applicable_tiers")
    now_us = call.services.now_us()
    promo = PromoCode(
        code=body.code.upper(),
        discount=body.discount_type,
        value=_discount(body),
        tiers=tiers,
        months_min=body.min_subscription_months or 1,
        max_uses=body.max_uses,
        uses_per_user=body.uses_per_user or 1,
        valid_until_us=_until(body.valid_until, now_us),
        created_by=who,
        created_at_us=now_us,
    )
    if not await call.services.store.perform(SavePromo(promo=promo)):
        raise PromoExists(promo.code)
    await audit(call, "promo_code_made", account=who, code=promo.code)
    return answers.PromoAnswer(promo_code=_promo_row(promo, 0))


def _discount(body: PromoBody) -> int:
    field = "discount_value"
    if body.discount_type == "percentage":
        value, most = scaled(body.discount_value, 2, field), 10_000
    elif body.discount_type == "free_months":
        value, most = scaled(body.discount_value, 0, field), FREE_MONTHS_MAX
    else:
        value, most = minor_units(body.discount_value, "HIVE", field), CENTS_MAX
    if not 0 < value <= most:
        raise BadInput(f"{field}: expected more than nothing, and no more than all", field=field)
    return value


def _until(text: str | None, now_us: int) -> int | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        micro_us = int(moment.astimezone(UTC).timestamp()) * 1_000_000
    except (ValueError, OverflowError):
        micro_us = 0
    else:
        micro_us = micro_us if moment.tzinfo is not None else 0
    if micro_us <= now_us:
        raise BadInput(
            "valid_until: expected a time to come, as 2026-12-31T23:59:59Z", field="valid_until"
        )
    return micro_us


def _promo_row(promo: PromoCode, uses: int) -> answers.PromoRow:
    until_us = promo.valid_until_us
    return answers.PromoRow(
        code=promo.code,
        discount_type=promo.discount,
        discount_value=promo_value(promo),
        applicable_tiers=list(promo.tiers),
        min_subscription_months=promo.months_min,
        max_uses=promo.max_uses,
        uses_per_user=promo.uses_per_user,
        current_uses=uses,
        valid_until=None if until_us is None else iso_utc(until_us),
        is_active=promo.active,
        created_by=promo.created_by,
        created_at=iso_utc(promo.created_at_us),
    )


# Tiers and prices.


async def tiers(call: Call, _query: Nothing, _body: Nothing) -> answers.AdminTiers:
    """List every tier with how many have it."""
    await operator(call)
    catalogue = await catalogue_of(call)
    figures: Figures = await call.services.store.perform(ReadFigures(now_us=call.services.now_us()))
    counts = {code: count for code, _name, count in figures.tiers}
    return answers.AdminTiers(
        tiers=[
            answers.AdminTierRow(
                **tier_fields(tier),
                active_subscribers=counts.get(tier.code, 0),
            )
            for tier in catalogue.tiers
        ]
    )


async def add_tier(call: Call, _query: Nothing, body: NewTierBody) -> answers.TierAnswer:
    """Add a tier.

    Raises:
        TierExists: there is one of this code.
    """
    who = await operator(call)
    catalogue = await catalogue_of(call)
    bare = Tier(
        code=body.tier_code,
        name=body.tier_name or body.tier_code.title(),
        monthly=(0, 0, 0),
        yearly=(0, 0, 0),
        presence_sessions=1,
        collaboration_docs=1,
        event_attendees=5,
        storage_gb=0,
        bandwidth_gb=1,
        sort_order=len(catalogue.tiers) + 1,
    )
    tier = _changed(bare, body, catalogue)
    if tier.is_free:
        raise BadInput("monthly_price_usd: expected a price", field="monthly_price_usd")
    kept: Tier | None = await call.services.store.perform(SaveTier(tier=tier))
    if kept is None:
        raise TierExists(tier.code)
    await audit(call, "tier_added", account=who, tier=kept.code)
    return answers.TierAnswer(tier=tier_row(kept))


async def change_tier(call: Call, _query: Nothing, body: TierFields) -> answers.TierAnswer:
    """Change a tier; what was bought before stays as it was paid."""
    who = await operator(call)
    catalogue = await catalogue_of(call)
    tier = _named(call, catalogue)
    return await _kept(call, who, tier, _changed(tier, body, catalogue))


async def toggle_tier(call: Call, _query: Nothing, _body: Nothing) -> answers.TierAnswer:
    """Sell a tier no longer, or again."""
    who = await operator(call)
    tier = _named(call, await catalogue_of(call))
    return await _kept(call, who, tier, replace(tier, active=not tier.active))


async def _kept(call: Call, who: str, before: Tier, after: Tier) -> answers.TierAnswer:
    if before.is_free and not (after.is_free and after.active):
        raise BadInput("tier: everybody's free tier stays free and there", field="id")
    if after.is_free and not before.is_free:
        raise BadInput("monthly_price_usd: expected a price", field="monthly_price_usd")
    kept: Tier | None = await call.services.store.perform(SaveTier(tier=after))
    if kept is None:
        raise TierExists(after.code)
    await audit(call, "tier_changed", account=who, tier=kept.code)
    return answers.TierAnswer(tier=tier_row(kept))


def _named(call: Call, catalogue: Catalogue) -> Tier:
    text = call.parameters["tier_id"]
    number = int(text) if _NUMBER.fullmatch(text) else 0
    found = next((tier for tier in catalogue.tiers if tier.id == number), None)
    if found is None:
        raise NoSuchTier([str(tier.id) for tier in catalogue.tiers], field="id")
    return found


def _changed(tier: Tier, body: TierFields, catalogue: Catalogue) -> Tier:
    given: dict[str, Any] = {
        ours: getattr(body, theirs)
        for theirs, ours in _PLAIN.items()
        if getattr(body, theirs) is not None
    }
    for field in ("name", "description"):
        _check_text(given.get(field, ""), field)
    if "features" in given:
        given["features"] = _features(given["features"])
    tier = replace(tier, **given)
    usd = tuple(
        _cents(getattr(body, f"{period}_price_usd"), before[2], f"{period}_price_usd")
        for period, before in (("monthly", tier.monthly), ("yearly", tier.yearly))
    )
    if usd != (tier.monthly[2], tier.yearly[2]):
        monthly, yearly = ((*old[:2], new) for old, new in
                           zip((tier.monthly, tier.yearly), usd, strict=True))  # fmt: skip
        tier = repriced(replace(tier, monthly=monthly, yearly=yearly), catalogue.rates)
    return replace(
        tier,
        monthly=_coins(tier.monthly, body, "monthly"),
        yearly=_coins(tier.yearly, body, "yearly"),
    )


def _coins(prices: tuple[int, int, int], body: TierFields, period: str) -> tuple[int, int, int]:
    hive, hbd = (
        before if given is None else _bounded(minor_units(given, asset, name), name)
        for asset, before, name, given in (
            (asset, prices[LISTED_ASSETS.index(asset)], name, getattr(body, name))
            for asset in ("HIVE", "HBD")
            for name in (f"{period}_price_{asset.lower()}",)
        )
    )
    return hive, hbd, prices[2]


def _cents(given: float | str | None, before: int, field: str) -> int:
    return before if given is None else _bounded(minor_units(given, "USD", field), field)


def _bounded(minor: int, field: str) -> int:
    if minor > CENTS_MAX:
        raise BadInput(f"{field}: expected less", field=field)
    return minor


def _check_text(text: str, field: str) -> None:
    if "\0" in text or any("\ud800" <= one <= "\udfff" for one in text):
        raise BadInput(f"{field}: expected text without NUL", field=field)


def _features(features: dict[str, Any]) -> dict[str, Any]:
    good = len(features) <= 100 and all(
        isinstance(value, bool) and name.isascii() and name.isprintable() and 0 < len(name) <= 64
        for name, value in features.items()
    )
    if not good:
        raise BadInput("features: expected names with true or false", field="features")
    return features


async def update_pricing(call: Call, _query: Nothing, body: PricingBody) -> answers.PricingAnswer:
    """Set what coins cost, and let all prices in coins follow from those in dollars."""
    who = await operator(call)
    catalogue = await catalogue_of(call)
    rates = {
        asset: _rate(given, f"{asset.lower()}_usd")
        for asset, given in (
            ("HIVE", body.hive_usd),
            ("HBD", body.hbd_usd),
            ("DLUX", body.dlux_usd),
        )
        if given is not None
    }
    tiers = tuple(
        repriced(tier, catalogue.rates | rates) for tier in catalogue.tiers if not tier.is_free
    )
    after: Catalogue = await call.services.store.perform(SavePricing(rates=rates, tiers=tiers))
    await audit(call, "pricing_updated", account=who, rates=rates)
    changed = {tier.id for tier in tiers}
    return answers.PricingAnswer(
        updated_tiers=[tier_row(tier) for tier in after.tiers if tier.id in changed],
        current_prices={
            f"{asset.lower()}_usd": float(f"{rate // 10**6}.{rate % 10**6:06d}")
            for asset, rate in after.rates.items()
        },
    )


def _rate(given: float | str, field: str) -> int:
    rate = scaled(given, 6, field)
    if not 0 < rate <= MICRO_USD_MAX:
        raise BadInput(f"{field}: expected dollars for one, more than nothing", field=field)
    return rate


# Notices.


async def notice_stats(call: Call, _query: Nothing, _body: Nothing) -> answers.NoticeStats:
    """Count what people were told about their subscriptions."""
    await operator(call)
    figures: Figures = await call.services.store.perform(ReadFigures(now_us=call.services.now_us()))
    looked_us: int | None = await ask(call, SUBSCRIPTIONS_DESK, ReadLastCheck())
    return answers.NoticeStats(
        by_type=[
            answers.NoticeCounts(
                type=type_, total=total, unread=unread, last_7_days=week, last_24_hours=day
            )
            for type_, total, unread, week, day in figures.notices
        ],
        total_users_with_notifications=figures.notified,
        last_check=None if looked_us is None else iso_utc(looked_us),
    )


async def run_checks(call: Call, _query: Nothing, _body: Nothing) -> answers.ChecksRun:
    """Look now at whose subscription or payment something is due."""
    await operator(call)
    count: int = await ask(call, SUBSCRIPTIONS_DESK, RunChecks())
    return answers.ChecksRun(
        message=f"{count} {'account is' if count == 1 else 'accounts are'} being looked at",
        timestamp=iso_utc(call.services.now_us()),
    )
