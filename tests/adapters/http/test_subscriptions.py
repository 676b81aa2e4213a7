"""Subscriptions over HTTP: as their clients know them, and only for those who may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.http.subscription_table import SUBSCRIPTIONS
from engine.outcome import Unknown
from tests.adapters.http.club import ADMIN, Counter
from tests.adapters.http.market import SECRET
from tests.adapters.http.stack import running

ANN = "/api/subscriptions/user/ann"


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with running(tmp_path / "keys.json", payment_secrets=(SECRET,)) as stack:
        yield Counter(stack)


async def test_tiers_are_listed_with_numbers_for_prices(counter: Counter) -> None:
    """Free, basic, premium and pro, in order."""
    answer = (await counter.get(None, "/api/subscriptions/tiers")).json()

    assert [tier["tier_code"] for tier in answer["tiers"]] == ["free", "basic", "premium", "pro"]
    pro = answer["tiers"][3]
    assert (pro["monthly_price_hive"], pro["yearly_price_hbd"]) == (50, 250)
    assert pro["max_event_attendees"] == 200


async def test_who_has_none_has_the_free_tier(counter: Counter) -> None:
    """In every form that clients read."""
    answer = (await counter.get(None, ANN)).json()

    assert answer["subscription"] is None
    assert answer["current_tier"]["tier_code"] == answer["tier_code"] == "free"
    assert not any(answer[f] for f in ("has_active_subscription", "has_subscription", "is_premium"))


async def test_a_subscription_is_ordered_confirmed_and_shown(counter: Counter) -> None:
    """The product's own example: 10 DLUX, no tier named, is a month of pro."""
    made = (
        await counter.post(
            "ann",
            "/api/payments/purchase",
            {
                "purchase_type": "subscription",
                "amount": 10.0,
                "currency": "DLUX",
                "payment_method": "dlux_token",
            },
        )
    ).json()
    assert made["confirmation_required"] is True
    assert (made["tier_code"], made["amount"], made["currency"]) == ("pro", "10.000", "DLUX")
    channel = made["payment_channel_id"]
    assert made["memo"] == f"inv:{channel}"
    assert (await counter.get(None, ANN)).json()["has_active_subscription"] is False

    done = (await counter.confirm(channel)).json()
    assert (done["status"], done["confirmation_required"]) == ("confirmed", False)
    shown = (await counter.get("ann", f"/api/payments/{channel}")).json()
    assert shown == done
    has = (await counter.get(None, ANN)).json()
    assert has["has_active_subscription"]
    assert has["is_premium"]
    assert has["subscription"]["days_until_expiry"] in (30, 31)
    assert has["current_tier"] == has["subscription"]
    payments = (await counter.get("ann", f"{ANN}/payments")).json()["payments"]
    assert [(one["amount"], one["status"]) for one in payments] == [("10.000", "processed")]


async def test_a_provider_confirms_by_a_signed_webhook_once(counter: Counter) -> None:
    """Replayed, or sent under another id by mistake: the subscription is had once."""
    made = await counter.ordered("ann", currency="USD")
    event = counter.paid_event(made["payment_channel_id"], amount=250, fee=30)
    bad = await counter.webhook(event, secret="whsec-wrong-0123456789")
    assert bad.status_code == 403
    for _ in range(3):
        answer = await counter.webhook(event)
        assert answer.json()["verdict"] == "applied"
    before = (await counter.get(None, ANN)).json()
    other = counter.paid_event(made["payment_channel_id"], amount=250)
    assert (await counter.webhook(other)).json()["verdict"] == "applied"

    assert (await counter.get(None, ANN)).json() == before
    assert counter.credit("ann", "USD") == 250
    twisted = {**event, "data": {"object": {**event["data"]["object"], "amount": 251}}}
    assert "other figures" in (await counter.webhook(twisted)).json()["verdict"]
    foreign = counter.paid_event(made["payment_channel_id"], amount=5, currency="xyz")
    assert "expected USD" in (await counter.webhook(foreign)).json()["verdict"]


async def test_an_order_with_a_key_is_one_order(counter: Counter) -> None:
    """Its answer is kept; another order under the key is refused."""
    first = await counter.order("ann", key="k1")
    again = await counter.order("ann", key="k1")
    other = await counter.order("ann", key="k1", tierCode="pro")

    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")


async def test_an_order_whose_answer_was_lost_is_found_by_its_key(counter: Counter) -> None:
    """503 says that nobody knows; the same key finds out."""
    counter.stack.faults.fault = lambda request, outcome: (
        Unknown("lost") if type(request).__name__ == "SaveInvoice" else outcome
    )
    answer = await counter.order("ann", key="k1")
    assert answer.status_code == 503
    counter.stack.faults.fault = None

    assert (await counter.order("ann", key="k1")).status_code == 200
    assert len(counter.stack.store.subscriptions.invoices) == 1


@pytest.mark.parametrize(
    ("fields", "status", "code", "field"),
    [
        ({"purchase_type": "gift"}, 400, "bad_input", "purchase_type"),
        ({"tierCode": "gold"}, 404, "no_such_tier", "tierCode"),
        ({"tierCode": "free"}, 404, "no_such_tier", "tierCode"),
        ({"tierCode": None}, 400, "bad_input", "tierCode"),
        ({"tierCode": None, "amount": 7.777}, 400, "bad_input", "tierCode"),
        ({"amount": "5.0001"}, 400, "bad_input", "amount"),
        ({"amount": -5}, 400, "bad_input", "amount"),
        ({"amount": 6}, 409, "price_changed", "amount"),
        ({"currency": "GOLD"}, 400, "cannot_pay_with", "currency"),
        ({"currency": "BTC"}, 400, "cannot_pay_with", "currency"),
        ({"promoCode": "NONE"}, 400, "promo_not_applicable", "promoCode"),
        ({"subscriptionType": "weekly"}, 400, "bad_input", "subscriptionType"),
    ],
)
async def test_a_wrong_order_is_refused_by_name(
    counter: Counter, fields: dict[str, Any], status: int, code: str, field: str
) -> None:
    """And nothing is kept."""
    answer = await counter.order("ann", **fields)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["field"] == field
    assert not counter.stack.store.subscriptions.invoices


async def test_what_a_closed_set_takes_is_said(counter: Counter) -> None:
    """Whoever guesses wrong reads what is right."""
    answer = await counter.order("ann", subscriptionType="weekly")

    said = "subscriptionType: expected one of monthly, yearly; got 'weekly'"
    assert answer.json()["message"] == said


async def test_promo_codes_are_made_priced_and_used(counter: Counter) -> None:
    """A fifth off; for those who are logged in, once each."""
    made = await counter.promo(applicable_tiers=["basic"], valid_until="2100-01-01T00:00:00Z")
    assert made.json()["promo_code"]["code"] == "SPRING"
    assert made.json()["promo_code"]["discount_value"] == "20.00"
    assert (await counter.promo()).status_code == 409

    path, body = "/api/subscriptions/calculate-price", {"tierCode": "basic", "promoCode": "spring"}
    stranger = (await counter.post(None, path, body)).json()
    assert (stranger["promo_code"], stranger["pricing"]["final"]["hive"]) == (None, 5)
    assert "Log in" in stranger["promo_error"]
    priced = (await counter.post("ann", path, body)).json()
    assert priced["pricing"]["final"] == {"hive": 4, "hbd": 2}
    assert priced["pricing"]["savings_hive"] == 1
    memo = priced["payment_instructions"]["memo_templates"]["hive"]
    assert memo == "basic monthly promo:SPRING"
    assert priced["payment_instructions"]["target_account"] == "dlux-io"
    pro = (await counter.post("ann", path, {**body, "tierCode": "pro"})).json()
    assert (pro["promo_code"], pro["promo_error"]) == (None, "This promo code is for basic.")
    assert (await counter.post("ann", path, {"tierCode": "gold"})).status_code == 404

    done = await counter.subscribe("ann", promoCode="spring")
    assert done["amount"] == "4.000"
    again = await counter.order("ann", promoCode="spring")
    assert (again.status_code, again.json()["code"]) == (409, "promo_used_up")
    listed = (await counter.get("root-admin", f"{ADMIN}/promo-codes?limit=1")).json()
    assert [(one["code"], one["current_uses"]) for one in listed["promo_codes"]] == [("SPRING", 1)]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"code": "a b"}, "code"),
        ({"discount_type": "all"}, "discount_type"),
        ({"discount_value": 0}, "discount_value"),
        ({"discount_value": 100.01}, "discount_value"),
        ({"discount_value": "x"}, "discount_value"),
        ({"discount_type": "free_months", "discount_value": 1.5}, "discount_value"),
        ({"discount_type": "fixed_hbd", "discount_value": "0.0001"}, "discount_value"),
        ({"applicable_tiers": ["gold"]}, "applicable_tiers"),
        ({"max_uses": 0}, "max_uses"),
        ({"uses_per_user": 0}, "uses_per_user"),
        ({"valid_until": "tomorrow"}, "valid_until"),
        ({"valid_until": "2100-01-01T00:00:00"}, "valid_until"),
        ({"valid_until": "2001-01-01T00:00:00Z"}, "valid_until"),
    ],
)
async def test_a_wrong_promo_code_is_refused_by_name(
    counter: Counter, fields: dict[str, Any], field: str
) -> None:
    """And not made."""
    answer = await counter.promo(**fields)

    assert answer.status_code in (400, 404)
    assert answer.json()["field"] == field
    assert not counter.stack.store.subscriptions.promos


async def test_what_a_tier_lets_one_do(counter: Counter) -> None:
    """Limits by number, the rest by name; what nobody knows is not allowed."""

    async def has(feature: str, count: int = 1) -> bool:
        path = f"{ANN}/access?feature={feature}&resource_count={count}"
        answer = (await counter.get(None, path)).json()
        assert answer["upgrade_required"] is not answer["has_access"]
        return bool(answer["has_access"])

    assert not await has("storage_gb")
    await counter.subscribe("ann", tierCode="premium")
    assert await has("storage_gb", 5)
    assert not await has("storage_gb", 6)
    assert await has("event_attendees", 50)
    assert await has("create_event")
    assert await has("analytics")
    assert not await has("custom_branding")
    assert not await has("teleport")
    assert (await counter.get(None, f"{ANN}/access")).status_code == 400
    assert (await counter.get(None, "/api/subscriptions/user/No!")).status_code == 400


async def test_figures_of_what_was_sold(counter: Counter) -> None:
    """For everybody without names, for operators with them."""
    await counter.subscribe("ann")
    made = await counter.ordered("bob", tierCode="pro")
    await counter.confirm(made["payment_channel_id"], amount="1.5")

    monitor = (await counter.get(None, "/api/subscriptions/monitor/stats")).json()
    assert (monitor["active_subscriptions"], monitor["pending_payments"]) == (1, 1)
    assert monitor["revenue_last_30_days"] == {"HIVE": "5.000"}
    assert monitor["tier_distribution"] == [{"tier_code": "basic", "count": 1}]
    stats = (await counter.get("root-admin", f"{ADMIN}/stats")).json()["stats"]
    assert stats["revenue_this_month"] == {"HIVE": "5.000"}
    assert {one["user_account"] for one in stats["recent_payments"]} == {"ann", "bob"}
    tiers = (await counter.get("root-admin", f"{ADMIN}/tiers")).json()["tiers"]
    assert [tier["active_subscribers"] for tier in tiers] == [0, 1, 0, 0]
    checked = await counter.post("root-admin", f"{ADMIN}/notifications/run-checks")
    assert checked.json()["success"]
    notices = (await counter.get("root-admin", f"{ADMIN}/notifications/stats")).json()
    assert notices["by_type"][0]["type"] == "activated"
    assert notices["last_check"] is not None


async def test_operators_change_tiers_and_prices(counter: Counter) -> None:
    """Prices in coins follow from dollars; the free tier stays."""
    rates = {"hive_usd": "0.25", "dlux_usd": 5}
    priced = (await counter.post("root-admin", f"{ADMIN}/pricing/update", rates)).json()
    assert priced["current_prices"] == {"hive_usd": 0.25, "hbd_usd": 1, "dlux_usd": 5}
    assert [tier["monthly_price_hive"] for tier in priced["updated_tiers"]] == [10, 30, 100]

    gold = {"tier_code": "gold", "monthly_price_usd": 1, "yearly_price_usd": "10.5"}
    made = (await counter.post("root-admin", f"{ADMIN}/tiers", gold)).json()["tier"]
    assert (made["monthly_price_hive"], made["yearly_price_hbd"]) == (4, 10.5)
    assert (await counter.post("root-admin", f"{ADMIN}/tiers", gold)).json()["code"] == (
        "tier_exists"
    )
    path = f"{ADMIN}/tiers/{made['id']}"
    body = {"tier_name": "Gilt", "monthly_price_hive": 3.5, "features": {"vip": True}}
    changed = (await counter.post("root-admin", path, body, method="PUT")).json()["tier"]
    assert (changed["tier_name"], changed["monthly_price_hive"]) == ("Gilt", 3.5)
    off = (await counter.post("root-admin", f"{path}/toggle")).json()["tier"]
    assert off["is_active"] is False
    assert (await counter.order("ann", tierCode="gold")).status_code == 404

    for bad in ({"monthly_price_usd": 1}, {"is_active": False}):
        answer = await counter.post("root-admin", f"{ADMIN}/tiers/1", bad, method="PUT")
        assert answer.status_code == 400
    assert (await counter.post("root-admin", f"{ADMIN}/tiers/99/toggle")).status_code == 404
    for wrong in ({"hive_usd": 0}, {"hive_usd": "-1"}, {"hive_usd": "0.0000001"}):
        answer = await counter.post("root-admin", f"{ADMIN}/pricing/update", wrong)
        assert (answer.status_code, answer.json()["field"]) == (400, "hive_usd")


async def test_only_operators_do_what_operators_do(counter: Counter) -> None:
    """401 without a proof, 403 with somebody else's; each says why."""
    for route in SUBSCRIPTIONS:
        if not route.path.startswith("/api/admin/"):
            continue
        path = route.path.replace("{tier_id}", "2").replace("{payment_channel_id}", "x")
        body = {
            "reference": "x", "code": "xx", "discount_type": "percentage", "discount_value": 1,
            "tier_code": "xx", "account": "ann", "amount": 1, "currency": "HIVE",
        }  # fmt: skip
        sent = body if route.method != "GET" else None
        for who, status, code in ((None, 401, "login_required"), ("ann", 403, "operators_only")):
            headers = counter.headers(who) if who else {}
            answer = await counter.stack.http.request(
                route.method, path, json=sent, headers=headers
            )
            assert (answer.status_code, answer.json()["code"]) == (status, code), route.path


async def test_payments_are_for_those_who_made_them(counter: Counter) -> None:
    """And for operators, who cannot confirm their own."""
    channel = (await counter.ordered("ann"))["payment_channel_id"]

    assert (await counter.get(None, f"{ANN}/payments")).status_code == 401
    assert (await counter.get("bob", f"{ANN}/payments")).status_code == 403
    assert (await counter.get("root-admin", f"{ANN}/payments")).status_code == 200
    assert (await counter.get("bob", f"/api/payments/{channel}")).status_code == 404
    assert (await counter.get("ann", "/api/payments/x")).status_code == 404
    own = (await counter.ordered("root-admin"))["payment_channel_id"]
    assert (await counter.confirm(own)).json()["code"] == "own_payment"
    twice = await counter.confirm(channel, reference="tx1", amount=5)
    assert twice.json()["status"] == "confirmed"
    assert (await counter.confirm(channel, reference="tx1", amount=6)).json()["code"] == (
        "payment_differs"
    )
    assert (await counter.confirm(channel, reference="tx2")).json()["code"] == (
        "payment_channel_closed"
    )


async def test_a_subscription_is_cancelled_to_its_end(counter: Counter) -> None:
    """It counts until then; there must be one."""
    assert (await counter.post("ann", "/api/subscriptions/cancel")).status_code == 409
    await counter.subscribe("ann")
    answer = (await counter.post("ann", "/api/subscriptions/cancel")).json()

    has = (await counter.get(None, ANN)).json()
    assert (answer["status"], has["has_active_subscription"]) == ("cancelled", True)
    assert answer["expires_at"] == has["subscription"]["expires_at"]
