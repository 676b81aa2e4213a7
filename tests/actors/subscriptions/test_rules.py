"""Prices and time are whole numbers: never below nothing, never more than was paid for."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.money.policy import DAY_US, SubscriptionPolicy
from actors.subscriptions.pricing import (
    LENGTH_US,
    Order,
    check_promo,
    discounted,
    list_price,
    quoted,
    repriced,
)
from actors.subscriptions.records import Catalogue, Invoice, InvoiceRow, Payment, Subscription, Tier
from actors.subscriptions.refusals import PromoNotApplicable
from actors.subscriptions.rules import (
    Books,
    Settle,
    cancelled,
    counts,
    extended,
    next_step,
    refreshed,
    worth_left,
)
from sim.subscription_store import RATES, TIERS
from tests.actors.subscriptions.club import promo
from tests.actors.support import START_US

POLICY = SubscriptionPolicy()
CATALOGUE = Catalogue(tiers=TIERS, rates=RATES)
SOLD = [tier for tier in TIERS if not tier.is_free]

tiers = st.sampled_from(SOLD)
periods = st.sampled_from(["monthly", "yearly"])
assets = st.sampled_from(["HIVE", "HBD", "USD", "DLUX"])
promos = st.one_of(
    st.none(),
    st.builds(promo, discount=st.just("percentage"), value=st.integers(1, 10_000)),
    st.builds(
        promo,
        discount=st.sampled_from(["fixed_hive", "fixed_hbd"]),
        value=st.integers(1, 10**7),
    ),
    st.builds(promo, discount=st.just("free_months"), value=st.integers(1, 12)),
)


def invoice(tier: Tier, period: str, asset: str, code: object = None, at_us: int = 0) -> Invoice:
    order = Order(
        id="i", account="ann", tier=tier, period=period, asset=asset, promo=code,  # type: ignore[arg-type]
    )  # fmt: skip
    return quoted(order, CATALOGUE, POLICY, START_US + at_us)


@given(tiers, periods, assets, promos)
def test_i33_a_price_is_whole_never_negative_and_never_above_the_list(
    tier: Tier, period: str, asset: str, code: object
) -> None:
    """And a little under is never more than half a percent or a dollar under."""
    made = invoice(tier, period, asset, code)

    assert 0 <= made.price <= made.full_price
    assert 0 <= made.spare <= made.price * 50 // 10_000
    assert 0 <= made.worth <= made.full_worth


@given(tiers, periods, assets, st.integers(1, 10_000))
def test_a_percentage_is_exact_but_for_one_unit(
    tier: Tier, period: str, asset: str, bps: int
) -> None:
    """The discount is rounded down to the smallest unit, and to nothing else."""
    full = list_price(tier, period, asset, RATES)  # type: ignore[arg-type]
    price = discounted(full, tier, period, promo(value=bps))  # type: ignore[arg-type]

    assert 0 <= price - Fraction(full * (10_000 - bps), 10_000) < 1


def test_the_figures_of_the_documentation() -> None:
    """1 HIVE off basic is a fifth off in every money; pro is 10 DLUX, 83.334 HIVE at 0.30."""
    basic, pro = TIERS[1], TIERS[3]
    code = promo(discount="fixed_hive", value=1_000)
    assert invoice(basic, "monthly", "HIVE", code).price == 4_000
    assert invoice(basic, "monthly", "HBD", code).price == 2_000
    assert invoice(basic, "monthly", "USD", code).price == 200
    assert invoice(pro, "monthly", "DLUX").price == 10_000
    assert repriced(pro, RATES).monthly == (83_334, 25_000, 2_500)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"active": False}, "no such"),
        ({"valid_until_us": START_US}, "over"),
        ({"tiers": ("pro",)}, "is for pro"),
        ({"months_min": 6}, "6 months"),
    ],
)
def test_a_code_is_good_for_what_it_says(fields: dict[str, Any], said: str) -> None:
    """Else the reason is told."""
    with pytest.raises(PromoNotApplicable) as caught:
        check_promo(promo(**fields), TIERS[1], "monthly", START_US)
    assert said in caught.value.text


@given(st.lists(st.tuples(tiers, periods, promos, st.integers(0, 500)), min_size=1, max_size=6))
def test_nothing_paid_is_lost_and_nothing_is_made(
    purchases: list[tuple[Tier, str, object, int]],
) -> None:
    """Over any purchases and changes of tier what is left is worth no more than what was paid."""
    row: Subscription | None = None
    now_us, paid = START_US, 0
    for tier, period, code, days in purchases:
        made = invoice(tier, period, "USD", code)
        row = extended(row, made, now_us, with_promo=code is not None, policy=POLICY)
        paid += made.worth
        assert counts(row, now_us)
        assert row.expires_us is not None
        assert row.expires_us > now_us
        assert 0 <= worth_left(row, now_us) <= paid
        now_us += days * DAY_US


@given(tiers, tiers, st.integers(0, 29))
def test_a_change_of_tier_converts_what_is_left_by_its_worth(
    old: Tier, new: Tier, days: int
) -> None:
    """So much money at the new tier's price, to the microsecond, rounded down."""
    row = extended(None, invoice(old, "monthly", "USD"), START_US, with_promo=False, policy=POLICY)
    now_us = START_US + days * DAY_US
    left = worth_left(row, now_us)
    bought = invoice(new, "monthly", "USD")
    after = extended(row, bought, now_us, with_promo=False, policy=POLICY)

    assert after.expires_us is not None
    gained_us = after.expires_us - now_us - LENGTH_US["monthly"]
    if new.code == old.code:
        assert gained_us == 30 * DAY_US - days * DAY_US
    else:
        assert gained_us == left * LENGTH_US["monthly"] // bought.full_worth


@given(days=st.lists(st.integers(0, 80), max_size=30), stops=st.booleans())
def test_looking_more_often_changes_nothing_in_the_end(days: list[int], *, stops: bool) -> None:
    """Whenever one looks at a subscription in between, its state on a day is that of the day."""
    row = extended(None, invoice(TIERS[1], "monthly", "USD"), START_US, with_promo=False,
                   policy=POLICY)  # fmt: skip
    if stops:
        row = cancelled(row)
    looked = row
    last_us = START_US + 80 * DAY_US
    for day in sorted(days):
        looked, _ = refreshed(looked, START_US + day * DAY_US)
        plain, _ = refreshed(row, START_US + day * DAY_US)
        assert (looked.status, looked.due_us) == (plain.status, plain.due_us)
        assert counts(looked, START_US + day * DAY_US) == counts(row, START_US + day * DAY_US)

    assert refreshed(looked, last_us)[0].status == "suspended"


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(1, 3_000)), max_size=6), st.randoms())
def test_i22_an_invoice_is_settled_only_when_enough_is_there(
    came: list[tuple[int, int]], order: object
) -> None:
    """Whatever came, in whatever order it is read: the same step, never for less than is due."""
    made = invoice(TIERS[1], "monthly", "HIVE")
    payments = [
        Payment(
            reference=f"tx{n}", invoice="i", amount=amount, asset="HIVE", source="x",
            at_us=START_US + minute * 60_000_000,
        )
        for n, (minute, amount) in enumerate(came)
    ]  # fmt: skip
    paid = sum(payment.amount for payment in payments)
    books = Books(opened=True, paid=paid, ended=None, held=False)
    now_us = START_US + 5 * 60_000_000
    shuffled = list(payments)
    order.shuffle(shuffled)  # type: ignore[attr-defined]

    steps = [
        next_step(
            InvoiceRow(invoice=made, payments=tuple(each)), books, now_us,
            price_now=made.full_price, policy=POLICY,
        )
        for each in (payments, shuffled)
    ]  # fmt: skip
    assert steps[0] == steps[1]
    assert isinstance(steps[0], Settle) == (paid >= made.price - made.spare)
    if isinstance(steps[0], Settle):
        assert steps[0].taken + steps[0].surplus == paid
        assert steps[0].taken <= made.price


def test_a_subscription_for_life_stays() -> None:
    """It counts without end, and is not shortened by a purchase."""
    row = Subscription(
        account="ann", tier="pro", kind="lifetime", status="active", started_us=0, expires_us=None
    )
    made = invoice(TIERS[1], "monthly", "USD")

    assert counts(row, START_US)
    assert extended(row, made, START_US, with_promo=False, policy=POLICY) == row
    assert not counts(replace(row, status="suspended"), START_US)
