"""The configuration of money is whole or refused, with the place named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.ledger.accounts import ASSET_EXPONENTS
from actors.money.amounts import amount_text, decimal_text, read_amount, read_duration_us
from actors.money.policy import DEFAULT_POLICIES, PRODUCTS, Pack, PolicyError, read_policies

NO_CHOICE = ("call", "subscription")
"""Whom these pay, or when, is settled."""


def problem(tables: Any) -> str:
    with pytest.raises(PolicyError) as caught:
        read_policies(tables)
    return str(caught.value)


def tip(**fields: Any) -> dict[str, Any]:
    return {"policies": {"tip": {"remainder_to": "creator", **fields}}}


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"policies": {"tip": {"split": []}}}, "policies.tip.remainder_to: required"),
        (tip(split=[["creator", 9_000], ["platform:revenue", 1_001]]), "at most 10000 basis"),
        (tip(split=[["creator", -1]]), "policies.tip.split[0]: expected 0 to 10000"),
        (tip(split=[["creator", True]]), "policies.tip.split[0]: expected 0 to 10000"),
        (tip(split=[["creator"]]), "policies.tip.split[0]: expected [account"),
        (tip(split=[["creator", 1], ["creator", 1]]), "each account once"),
        (tip(split=[["user:eve:main", 1]]), "expected `creator` or an account"),
        (tip(split="all"), "policies.tip.split: expected a list"),
        (tip(fee_bearer="fan"), "policies.tip.fee_bearer: expected platform or creator"),
        (tip(release="soon"), "policies.tip.release: expected a duration"),
        (tip(release=7), "policies.tip.release: expected text"),
        (tip(refund_within="1d"), "policies.tip.refund_within: expected at most the release"),
        (tip(fee=1), "policies.tip.fee: unknown"),
        ({"policies": {"raffle": {}}}, "policies.raffle: unknown"),
        ({"space_premium": {"price": 0}}, "space_premium.price: expected 1 to"),
        ({"space_premium": {"users_max": 10_001}}, "space_premium.users_max: expected 1 to 10000"),
        ({"space_premium": {"months": 2}}, "space_premium.months: unknown"),
        (
            {"policies": {"call": {"remainder_to": "creator", "release": "7d"}}},
            "policies.call.release: expected 0d",
        ),
        (
            {"policies": {"subscription": {"remainder_to": "creator"}}},
            "policies.subscription: expected accounts of the platform",
        ),
        ({"subscriptions": {"quote": "0s"}}, "subscriptions.quote: expected more than nothing"),
        ({"subscriptions": {"grace": "15d"}}, "subscriptions.grace: expected at most 14d"),
        ({"subscriptions": {"under_bps": -1}}, "subscriptions.under_bps: expected 0 to 10000"),
        ({"subscriptions": {"receiver": "Me!"}}, "subscriptions.receiver: expected the name"),
        ({"policies": 5}, "policies: expected a table"),
        ({"token_sale": {"packs": {"9.99": 1}}}, 'expected an amount such as "9.99 USD"'),
        ({"token_sale": {"packs": {"9.999 USD": 1}}}, "at most 2 digits"),
        ({"token_sale": {"packs": {"9 GOLD": 1}}}, "expected one of the assets"),
        ({"token_sale": {"packs": {"9 USD": 0}}}, "expected 1 to"),
        ({"token_sale": {"packs": {"4.99 USD": 100}}}, "more than they cost"),
        ({"token_sale": {"packs": {"9 HIVE": 10}}}, "expected a price in USD"),
        ({"token_sale": {"packs": {"9 USD": 10, "8 USD": 10}}}, "each number of tokens once"),
        ({"token_sale": {"redeem": "0 USD"}}, "expected more than nothing"),
        ({"token_sale": {"second_approval_from": "1 HIVE"}}, "expected an amount in USD"),
    ],
)
def test_what_cannot_be_is_refused_by_name(tables: Any, said: str) -> None:
    """An operator reads where the mistake is and what was expected."""
    assert said in problem(tables)


def test_what_is_left_out_is_as_by_default() -> None:
    """Every product has a policy, whatever the file says."""
    policies = read_policies(tip(split=[["platform:revenue", 500]]))

    assert set(policies.products) == set(PRODUCTS)
    assert policies.products["tip"].split.parts == (("platform:revenue", 500),)
    assert policies.products["space"] == DEFAULT_POLICIES.products["space"]
    assert policies.token_sale.pack(100) == Pack(100, 999, "USD")


@st.composite
def policy_tables(draw: st.DrawFn) -> dict[str, Any]:
    days = draw(st.integers(0, 30))
    sale = {
        "packs": {f"{draw(st.integers(5, 500))}.99 USD": 100},
        "redeem": "0.05 USD",
        "cashout_lock": f"{draw(st.integers(0, 90))}m",
        "cashout_min": draw(st.integers(1, 10**6)),
    }
    policy = {
        "split": [["platform:revenue", draw(st.integers(0, 10_000))]],
        "remainder_to": draw(st.sampled_from(["creator", "fees:processing"])),
        "release": f"{days}d",
        "refund_within": f"{draw(st.integers(0, days))}d",
    }
    product = draw(st.sampled_from([one for one in PRODUCTS if one not in NO_CHOICE]))
    subscriptions = {
        "quote": f"{draw(st.integers(1, 60))}m",
        "grace": f"{draw(st.integers(0, 14))}d",
        "under_bps": draw(st.integers(0, 10_000)),
        "receiver": "presence.shop",
    }
    return {
        "policies": {product: policy}, "token_sale": sale, "subscriptions": subscriptions,
        "space_premium": {
            "price": draw(st.integers(1, 10**9)), "users_max": draw(st.integers(1, 10_000)),
        },
    }  # fmt: skip


@given(policy_tables())
def test_policies_are_written_as_they_are_read(tables: dict[str, Any]) -> None:
    """A recording carries them, and a replay has the same."""
    policies = read_policies(tables)

    assert read_policies(json.loads(json.dumps(policies.written()))) == policies


@given(st.integers(0, 10**30), st.sampled_from(sorted(ASSET_EXPONENTS)))
def test_amounts_are_exact_both_ways(amount: int, asset: str) -> None:
    """I13: no digit is lost between minor units and what people read."""
    if len(decimal_text(amount, asset).partition(".")[0]) <= 24:
        assert read_amount(amount_text(amount, asset)) == (amount, asset)


def test_durations_are_read() -> None:
    """In the units people use."""
    assert read_duration_us("90s") == 90_000_000
    assert read_duration_us("7d") == 7 * 86_400_000_000


def test_cashing_out_much_takes_two_operators() -> None:
    """$1,000 and more: 20,000 tokens at five cents."""
    sale = DEFAULT_POLICIES.token_sale

    assert sale.approvals_needed(19_999) == 1
    assert sale.approvals_needed(20_000) == 2
