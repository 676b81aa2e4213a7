"""What a tier costs, in which money, with which promo code: whole numbers, rounded for the house.

Prices are rounded up to the smallest unit, so a discount never gives more than it says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from actors.ledger.accounts import ASSET_EXPONENTS
from actors.money.policy import DAY_US, SubscriptionPolicy
from actors.money.split import BPS
from actors.subscriptions.records import (
    LISTED_ASSETS,
    Catalogue,
    Invoice,
    Period,
    PromoCode,
    Tier,
)
from actors.subscriptions.refusals import CannotPayWith, PromoNotApplicable

MONTH_US = 30 * DAY_US
LENGTH_US: dict[Period, int] = {"monthly": MONTH_US, "yearly": 365 * DAY_US}
MONTHS: dict[Period, int] = {"monthly": 1, "yearly": 12}
CENT_MICRO_USD = 10_000
FREE_MONTHS_MAX = 120


def list_price(tier: Tier, period: Period, asset: str, rates: dict[str, int]) -> int:
    """Return what a tier costs without any discount, minor units of `asset`.

    2,500 US cents at 2,500,000 micro-dollars for one DLUX: 10.000 DLUX.

    Raises:
        CannotPayWith: there is no rate for this asset.
    """
    prices = tier.monthly if period == "monthly" else tier.yearly
    if asset in LISTED_ASSETS:
        return prices[LISTED_ASSETS.index(asset)]
    return from_cents(prices[LISTED_ASSETS.index("USD")], asset, rates)


def from_cents(cents: int, asset: str, rates: dict[str, int]) -> int:
    """Return what US cents are in another asset, rounded up.

    Raises:
        CannotPayWith: there is no rate for this asset.
    """
    if asset == "USD":
        return cents
    rate = rates.get(asset)
    if rate is None or asset not in ASSET_EXPONENTS:
        raise CannotPayWith(asset, [*LISTED_ASSETS, *(a for a in rates if a not in LISTED_ASSETS)])
    return _up(cents * CENT_MICRO_USD * 10 ** ASSET_EXPONENTS[asset], rate)


def discounted(price: int, tier: Tier, period: Period, promo: PromoCode | None) -> int:
    """Return a price with a promo code's discount; never below nothing.

    A fixed discount is of the tier's price in its own asset; in others it is the same part of the
    price: 1 HIVE off 5 HIVE is 0.500 HBD off 2.500 HBD.
    """
    match promo:
        case PromoCode(discount="percentage", value=bps):
            return _up(price * max(BPS - bps, 0), BPS)
        case PromoCode(discount="fixed_hive" | "fixed_hbd" as discount, value=off):
            asset = "HIVE" if discount == "fixed_hive" else "HBD"
            whole = list_price(tier, period, asset, {})
            return _up(price * max(whole - off, 0), whole) if whole else price
        case _:
            return price


def check_promo(promo: PromoCode | None, tier: Tier, period: Period, now_us: int) -> PromoCode:
    """Check that a code is good for this purchase, but for how often it was used.

    Raises:
        PromoNotApplicable: the text says why.
    """
    if promo is None or not promo.active:
        raise PromoNotApplicable("There is no such promo code.")
    if promo.valid_until_us is not None and now_us >= promo.valid_until_us:
        raise PromoNotApplicable("This promo code is over.")
    if promo.tiers and tier.code not in promo.tiers:
        raise PromoNotApplicable(f"This promo code is for {', '.join(promo.tiers)}.")
    if MONTHS[period] < promo.months_min:
        raise PromoNotApplicable(f"This promo code is for {promo.months_min} months or more.")
    return promo


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What somebody wants to buy."""

    id: str
    account: str
    tier: Tier
    period: Period
    asset: str
    promo: PromoCode | None


def quoted(order: Order, catalogue: Catalogue, policy: SubscriptionPolicy, now_us: int) -> Invoice:
    """Return the invoice for an order at the prices of this moment.

    Raises:
        CannotPayWith: there is no rate for its asset.
    """
    tier, period, promo = order.tier, order.period, order.promo
    full = list_price(tier, period, order.asset, catalogue.rates)
    cents = list_price(tier, period, "USD", catalogue.rates)
    price = discounted(full, tier, period, promo)
    months = promo.value if promo is not None and promo.discount == "free_months" else 0
    return Invoice(
        id=order.id,
        account=order.account,
        tier=tier.code,
        period=period,
        asset=order.asset,
        price=price,
        full_price=full,
        worth=discounted(cents, tier, period, promo),
        full_worth=cents,
        length_us=LENGTH_US[period],
        extra_us=months * MONTH_US,
        spare=min(price * policy.under_bps // BPS, _dollar(order.asset, catalogue.rates)),
        promo=promo.code if promo is not None else None,
        created_at_us=now_us,
        quoted_until_us=now_us + policy.quote_us,
        closes_us=now_us + policy.quote_us + policy.top_up_us,
    )


def _dollar(asset: str, rates: dict[str, int]) -> int:
    """Return what one dollar is: nobody is forgiven more."""
    return from_cents(100, asset, rates)


def repriced(tier: Tier, rates: dict[str, int]) -> Tier:
    """Return a tier whose prices in coins follow from those in dollars."""

    def prices(cents: int) -> tuple[int, int, int]:
        return from_cents(cents, "HIVE", rates), from_cents(cents, "HBD", rates), cents

    return replace(tier, monthly=prices(tier.monthly[2]), yearly=prices(tier.yearly[2]))


def _up(numerator: int, denominator: int) -> int:
    return -(-numerator // denominator)
