"""Packs, and payments said by webhook, over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from actors.webhooks.signing import signature_of
from adapters.http.money_problems import BadWebhookSignature
from adapters.http.webhooks_in import check_signature
from tests.adapters.http.market import OTHER_SECRET, SECRET, Market
from tests.adapters.http.stack import running


async def test_packs_are_listed(market: Market) -> None:
    """Nobody has to log in to see prices."""
    answer = await market.get(None, "/api/tokens/packs")

    assert answer.json() == {
        "packs": [{"tokens": 100, "price": "9.99", "currency": "USD"}],
        "tokenValue": "0.05",
        "currency": "USD",
        "success": True,
    }


async def test_a_pack_is_bought_confirmed_and_there(market: Market) -> None:
    """The answer to the purchase has the old balance; tokens come with the provider's word."""
    bought = await market.buy("ann")
    intent = bought["paymentIntent"]
    assert bought["newBalance"] == 0
    assert bought["transaction"]["status"] == "pending"
    assert bought["transaction"]["amount"] == "9.99"
    assert intent["client_secret"].startswith(intent["id"])

    told = await market.webhook(market.paid_event(intent["id"], fee=59))

    assert (told.status_code, told.json()) == (200, {"verdict": "applied", "received": True})
    balance = (await market.get("ann", "/api/tokens/balance")).json()
    assert (balance["balance"], balance["usdEstimate"], balance["tokenValue"]) == (100, 5.0, 0.05)
    wallet = (await market.get("ann", "/api/wallet")).json()
    assert (wallet["tokens"], wallet["total_purchased"], wallet["cashable"]) == (100, 100, 0)
    history = (await market.get("ann", "/api/tokens/history")).json()
    assert [(row["type"], row["amount"]) for row in history["history"]] == [("purchase", 100)]
    assert market.stack.store.ledger.balances["platform:revenue", "USD"].posted == 440


async def test_a_statement_leads_from_opening_to_closing(market: Market) -> None:
    """A bought pack is a line; the file says the same; another's is for operators."""
    bought = await market.buy("ann")
    await market.webhook(market.paid_event(bought["paymentIntent"]["id"], fee=59))
    path = "/api/billing/statement?to=2100-01-01"

    said = (await market.get("ann", f"{path}&format=json")).json()["statement"]
    table = await market.get("ann", f"{path}&format=csv")

    assert (said["opening"], said["closing"]) == ("0", "100")
    assert [line["amount"] for line in said["lines"]] == ["100"]
    assert table.headers["content-type"].startswith("text/csv")
    assert len(table.text.splitlines()) == 4
    others = await market.get("cleo", "/api/billing/statement?account=ann")
    assert others.status_code == 403
    wrong = await market.get("ann", "/api/billing/statement?from=soon")
    assert (wrong.status_code, wrong.json()["field"]) == (400, "from")


async def test_only_packs_are_sold(market: Market) -> None:
    """The refusal lists what there is."""
    answer = await market.post("ann", "/api/tokens/purchase", {"tokenAmount": 7})

    assert answer.status_code == 400
    assert answer.json()["validAmounts"] == [100]
    assert answer.json()["error"] == "NO_SUCH_PACK"


async def test_a_webhook_said_twice_credits_once(market: Market) -> None:
    """The same event, another event, a newer delivery: one purchase, one credit."""
    bought = await market.buy("ann")
    event = market.paid_event(bought["transaction"]["id"])
    for each in (event, event, market.paid_event(bought["transaction"]["id"])):
        assert (await market.webhook(each)).status_code == 200
    assert market.tokens("ann") == 100


async def test_both_secrets_are_good_and_no_other(market: Market) -> None:
    """A secret can be replaced without losing an event; the product's header name works too."""
    for secret, header in ((SECRET, "Stripe-Signature"), (OTHER_SECRET, "Presence-Signature")):
        bought = await market.buy("ann")
        event = market.paid_event(bought["transaction"]["id"])
        answer = await market.webhook(event, secret=secret, header=header)
        assert answer.json()["verdict"] == "applied"
    bought = await market.buy("ann")
    event = market.paid_event(bought["transaction"]["id"])
    for fields in ({"secret": "w" * 20}, {"late_s": -301}, {"late_s": 301}):
        answer = await market.webhook(event, **fields)
        assert answer.status_code == 403
        assert answer.json()["code"] == "bad_webhook_signature"
    assert market.tokens("ann") == 200


@pytest.mark.parametrize(
    ("about", "verdict"),
    [
        ({"amount": 998}, "Expected 9.99 USD, got 998 minor units of USD."),
        ({"currency": "eur"}, "Expected 9.99 USD, got 999 minor units of EUR."),
        ({"amount": "999"}, "amount, fee or currency is missing or not whole"),
        ({"fee": -1}, "amount, fee or currency is missing or not whole"),
        ({"currency": None}, "amount, fee or currency is missing or not whole"),
        ({"id": "nothing"}, "no such purchase"),
        ({"metadata": {"purchase_id": "00000000-0000-8000-8000-000000000000"}}, "no such purchase"),
    ],
)
async def test_what_cannot_be_applied_waits_for_an_operator(
    market: Market, about: dict[str, Any], verdict: str
) -> None:
    """It is kept with the reason, answered, and credits nothing."""
    bought = await market.buy("ann")
    event = market.paid_event(bought["transaction"]["id"])
    event["data"]["object"] |= about

    answer = await market.webhook(event)

    assert (answer.status_code, answer.json()["verdict"]) == (200, verdict)
    assert market.stack.store.money.payment_events[event["id"]].verdict == verdict
    assert market.tokens("ann") == 0


async def test_other_events_are_ignored(market: Market) -> None:
    """Providers say much."""
    answer = await market.webhook(market.paid_event("x") | {"type": "customer.created"})
    assert answer.json()["verdict"] == "ignored"


async def test_the_webhook_is_closed_without_a_secret(tmp_path: Path) -> None:
    """An unset secret equals nobody's."""
    async with running(tmp_path / "keys.json") as stack:
        answer = await Market(stack).webhook(Market(stack).paid_event("x"), secret="")
        assert (answer.status_code, answer.json()["error"]) == (403, "ROUTE_CLOSED")


def test_signatures_are_checked_over_the_bytes() -> None:
    """Another body, a missing part, two times, garbage: refused; one good of several is enough."""
    body, now_s = b'{"a":1}', 1_000
    good = signature_of("s" * 16, now_s, body)
    check_signature(f"t={now_s},v1={'0' * 64},v1={good}", body, ["x" * 16, "s" * 16], now_s + 300)
    for header in (
        None,
        "",
        f"v1={good}",
        f"t={now_s}",
        f"t={now_s},t={now_s},v1={good}",
        f"t=1e3,v1={good}",
        f"t={now_s},v1={good.upper()}",
        "t=" + "9" * 2000,
    ):
        with pytest.raises(BadWebhookSignature):
            check_signature(header, body, ["s" * 16], now_s)
    with pytest.raises(BadWebhookSignature):
        check_signature(f"t={now_s},v1={good}", body + b" ", ["s" * 16], now_s)
