"""Subscriptions in tables: tiers, promo codes, one row a person, and what operators look at."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

from actors.money.policy import DAY_US
from actors.subscriptions.records import (
    Catalogue,
    DueSubscribers,
    ListPromos,
    PromoCode,
    ReadCatalogue,
    ReadDueSubscribers,
    ReadPromo,
    ReadSubscription,
    SavePricing,
    SavePromo,
    SaveSubscription,
    SaveTier,
    Subscription,
    Tier,
)
from actors.subscriptions.reports import CreditRow, Figures, ListCredits, ReadFigures
from actors.wire_time import month_start_us
from adapters.postgres.fence import fenced
from adapters.postgres.pool import Connection
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome

_FENCE = statement("fence")
_FIGURES = statement("subscription_figures")
_PRICES = tuple(
    f"{period}_{asset}_minor"
    for period in ("monthly", "yearly")
    for asset in ("hive", "hbd", "usd")
)
_TIER_COLUMNS = {
    "tier_code": "code",
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
_NAMES = (*_TIER_COLUMNS, *_PRICES)
_SLOTS = ", ".join(f"${number}" for number in range(1, len(_NAMES) + 1))
_TIERS = f"select id, {', '.join(_NAMES)} from subscription_tiers"  # noqa: S608 - names of ours
_ALL_TIERS = f"{_TIERS} order by sort_order, id"
_ADD_TIER = (
    f"insert into subscription_tiers ({', '.join(_NAMES)}) values ({_SLOTS})"  # noqa: S608
    " on conflict (tier_code) do nothing returning id"
)
_CHANGE_TIER = (
    f"update subscription_tiers set ({', '.join(_NAMES)}, updated_at) = ({_SLOTS}, now())"  # noqa: S608
    f" where id = ${len(_NAMES) + 1} and not exists (select from subscription_tiers o"
    f" where o.tier_code = $1 and o.id <> ${len(_NAMES) + 1}) returning id"
)
_SET_PRICES = (
    f"update subscription_tiers set ({', '.join(_PRICES)}, updated_at)"  # noqa: S608
    " = ($2, $3, $4, $5, $6, $7, now()) where id = $1"
)
_RATES = "select asset, micro_usd from subscription_rates order by asset"
_SET_RATE = (
    "insert into subscription_rates (asset, micro_usd) values ($1, $2)"
    " on conflict (asset) do update set micro_usd = excluded.micro_usd, updated_at = now()"
)
_PROMO_NAMES = (
    "code, discount_type as discount, discount_value as value, applicable_tiers as tiers,"
    " min_subscription_months as months_min, max_uses, uses_per_user,"
    " valid_until as valid_until_us, is_active as active, created_by, created_at as created_at_us"
)
_PROMO = f"select {_PROMO_NAMES} from promo_codes where code = $1"  # noqa: S608
_PROMOS = (
    f"select {_PROMO_NAMES}, (select posted from ledger_accounts a"  # noqa: S608
    " where a.account = 'promo:' || code || ':used' and a.asset = 'PROMO') as uses"
    " from promo_codes order by promo_codes.created_at desc, code limit $1 offset $2"
)
_ADD_PROMO = (
    "insert into promo_codes (code, discount_type, discount_value, applicable_tiers,"
    " min_subscription_months, max_uses, uses_per_user, valid_until, is_active, created_by,"
    " created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
    " on conflict do nothing returning true"
)
_CLOSE = (
    "update subscription_invoices set outcome = 'settled', due_at = null, closed_at = $2"
    " where id = $1::text::uuid and outcome is null returning true"
)
_SAVE = (
    "insert into user_subscriptions as s (user_account, tier_code, subscription_type, status,"
    " started_at, expires_at, grace_until, paid_usd_cents, paid_from, auto_renew, periods,"
    " last_reminder, due_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
    " on conflict (user_account) do update set tier_code = $2, subscription_type = $3, status = $4,"
    " started_at = $5, expires_at = $6, grace_until = $7, paid_usd_cents = $8, paid_from = $9,"
    " auto_renew = $10, periods = $11, last_reminder = $12, due_at = $13, updated_at = now()"
)
_NOTICE = (
    "insert into subscription_notifications (user_account, notification_key, type, message,"
    " created_at) values ($1, $2, $3, $4, $5) on conflict do nothing"
)
_ROW_NAMES = (
    "user_account as account, tier_code as tier, subscription_type as kind, status,"
    " started_at as started_us, expires_at as expires_us, grace_until as grace_us,"
    " paid_usd_cents as worth, coalesce(paid_from, started_at) as worth_from_us, auto_renew,"
    " periods, last_reminder as told, due_at as due_us"
)
_ROW = f"select {_ROW_NAMES} from user_subscriptions where user_account = $1"  # noqa: S608
_EXPIRING = (
    f"select {_ROW_NAMES} from user_subscriptions s where subscription_counts(s, $1)"  # noqa: S608
    " and expires_at between $1 and $1 + interval '7 days' order by expires_at, user_account"
    " limit 10"
)
_DUE = (
    "select account from (select user_account as account from user_subscriptions"
    " where due_at <= $1 union select user_account from subscription_invoices where due_at <= $1)"
    ' as due order by account collate "C" limit $2'
)
_NEXT_DUE = (
    "select least((select min(due_at) from user_subscriptions where due_at > $1),"
    " (select min(due_at) from subscription_invoices where due_at > $1))"
)
_CREDITS = (
    "select split_part(account, ':', 2) as account, asset, posted::text as posted,"
    " pending_out::text as reserved from ledger_accounts"
    " where account like 'user:%:credit' and posted > 0"
    " and ($1::text is null or account = 'user:' || $1 || ':credit')"
    ' order by account collate "C", asset collate "C" limit $2 offset $3'
)


# Tiers and rates.


async def read_catalogue(connection: Connection, _request: ReadCatalogue) -> Outcome:
    """Answer with every tier and rate."""
    return Ok(await _catalogue(connection))


async def _catalogue(connection: Connection) -> Catalogue:
    tiers = tuple(_tier(row) for row in await connection.fetch(_ALL_TIERS))
    rates = {row["asset"]: row["micro_usd"] for row in await connection.fetch(_RATES)}
    return Catalogue(tiers=tiers, rates=rates)


def _tier(row: Any) -> Tier:
    fields = {name: row[column] for column, name in _TIER_COLUMNS.items()}
    prices = [row[name] for name in _PRICES]
    return Tier(
        id=row["id"],
        monthly=(prices[0], prices[1], prices[2]),
        yearly=(prices[3], prices[4], prices[5]),
        **fields,
    )


async def save_tier(connection: Connection, request: SaveTier) -> Outcome:
    """Add or change a tier; None when its code or id says no."""
    tier = request.tier
    values = [getattr(tier, name) for name in _TIER_COLUMNS.values()]
    values += [*tier.monthly, *tier.yearly]
    if tier.id:
        id_ = await connection.fetchval(_CHANGE_TIER, *values, tier.id)
    else:
        id_ = await connection.fetchval(_ADD_TIER, *values)
    return Ok(None if id_ is None else dataclasses.replace(tier, id=id_))


async def save_pricing(connection: Connection, request: SavePricing) -> Outcome:
    """Set rates and prices, all or none."""
    async with connection.transaction():
        for asset, rate in sorted(request.rates.items()):
            await connection.execute(_SET_RATE, asset, rate)
        for tier in sorted(request.tiers, key=lambda one: one.id):
            await connection.execute(_SET_PRICES, tier.id, *tier.monthly, *tier.yearly)
        return Ok(await _catalogue(connection))


# Promo codes.


async def save_promo(connection: Connection, request: SavePromo) -> Outcome:
    """Add a promo code, unless there is one of its code."""
    new = request.promo
    added = await connection.fetchval(
        _ADD_PROMO,
        new.code,
        new.discount,
        new.value,
        list(new.tiers),
        new.months_min,
        new.max_uses,
        new.uses_per_user,
        new.valid_until_us,
        new.active,
        new.created_by,
        new.created_at_us,
    )
    return Ok(bool(added))


async def read_promo(connection: Connection, request: ReadPromo) -> Outcome:
    """Answer with a promo code, or None."""
    row = await connection.fetchrow(_PROMO, request.code)
    return Ok(None if row is None else _promo(dict(row)))


async def list_promos(connection: Connection, request: ListPromos) -> Outcome:
    """Answer with one page of promo codes and how often each was used."""
    rows = [dict(row) for row in await connection.fetch(_PROMOS, request.limit, request.offset)]
    return Ok(tuple((_promo(row), int(row["uses"] or 0)) for row in rows))


def _promo(row: dict[str, Any]) -> PromoCode:
    fields = {name: value for name, value in row.items() if name != "uses"}
    return PromoCode(**fields | {"tiers": tuple(row["tiers"])})


# Subscriptions.


async def save_subscription(connection: Connection, request: SaveSubscription) -> Outcome:
    """Write a subscription under its actor's epoch; as an invoice's effect, once."""
    row = request.row
    async with connection.transaction():
        if not await connection.fetchval(_FENCE, request.actor, request.epoch):
            return fenced(request.actor, request.epoch)
        invoice = request.invoice
        if invoice is not None and not await connection.fetchval(_CLOSE, invoice.id, request.at_us):
            return Ok(value=False)
        await connection.execute(
            _SAVE,
            row.account,
            row.tier,
            row.kind,
            row.status,
            row.started_us,
            row.expires_us,
            row.grace_us,
            row.worth,
            row.worth_from_us,
            row.auto_renew,
            row.periods,
            row.told,
            row.due_us,
        )
        for each in request.notices:
            await connection.execute(
                _NOTICE, row.account, each.key, each.type, each.text, each.at_us
            )
    return Ok(value=True)


async def read_subscription(connection: Connection, request: ReadSubscription) -> Outcome:
    """Answer with a subscription, or None."""
    row = await connection.fetchrow(_ROW, request.account)
    return Ok(None if row is None else Subscription(**row))


async def read_due_subscribers(connection: Connection, request: ReadDueSubscribers) -> Outcome:
    """Answer with accounts of which something is due, and when the next thing is."""
    rows = await connection.fetch(_DUE, request.now_us, request.limit)
    next_us = await connection.fetchval(_NEXT_DUE, request.now_us)
    return Ok(DueSubscribers(accounts=tuple(row["account"] for row in rows), next_us=next_us))


# What people and operators look at.


async def list_credits(connection: Connection, request: ListCredits) -> Outcome:
    """Answer with one page of what people overpaid."""
    rows = await connection.fetch(_CREDITS, request.account, request.limit, request.offset)
    return Ok(
        tuple(
            CreditRow(
                account=row["account"],
                asset=row["asset"],
                posted=int(row["posted"]),
                reserved=int(row["reserved"]),
            )
            for row in rows
        )
    )


async def read_figures(connection: Connection, request: ReadFigures) -> Outcome:
    """Answer with counts as of now, from one snapshot."""
    now_us = request.now_us
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        row: Any = await connection.fetchrow(
            _FIGURES, now_us, now_us - now_us % DAY_US, month_start_us(now_us)
        )
        expiring = await connection.fetch(_EXPIRING, now_us)
    return Ok(
        Figures(
            active=row["active"],
            waiting=row["waiting"],
            processed_today=row["processed_today"],
            refunded_week=row["refunded_week"],
            tiers=tuple((code, name, count) for code, name, count in row["tiers"]),
            revenue_month=_sums(row["revenue_month"]),
            revenue_30_days=_sums(row["revenue_30_days"]),
            expiring=tuple(Subscription(**each) for each in expiring),
            notices=tuple(tuple(each) for each in row["notices"]),
            notified=row["notified"],
        )
    )


def _sums(pairs: list[list[str]]) -> tuple[tuple[str, int], ...]:
    return tuple((asset, int(amount)) for asset, amount in pairs)


READS: dict[type, Callable[[Connection, Any], Awaitable[Outcome]]] = {
    ReadCatalogue: read_catalogue,
    ReadPromo: read_promo,
    ListPromos: list_promos,
    ReadSubscription: read_subscription,
    ReadDueSubscribers: read_due_subscribers,
    ListCredits: list_credits,
    ReadFigures: read_figures,
}
WRITES: dict[type, Callable[[Connection, Any], Awaitable[Outcome]]] = {
    SaveTier: save_tier,
    SavePricing: save_pricing,
    SavePromo: save_promo,
    SaveSubscription: save_subscription,
}
