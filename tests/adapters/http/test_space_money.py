"""Spaces' money over HTTP: tickets, shares, what one spent and earned, and how often one may."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from actors.limits import LimitSettings
from actors.person import Person
from sim.replica import Post
from tests.adapters.http.market import SECRET, Market
from tests.adapters.http.stack import Stack, running

TALK = "/api/spaces/post/ada/talk"
QNA = f"{TALK}/tickets/qna_access"


@pytest.fixture
async def market(tmp_path: Path) -> AsyncIterator[Market]:
    async with running(tmp_path, payment_secrets=(SECRET,)) as stack:
        yield opened(stack)


def opened(stack: Stack) -> Market:
    stack.store.add_post(Post(author="ada", permlink="talk", type="vrml", created_at_us=1))
    return Market(stack)


async def sale(market: Market, price: int = 20, **fields: Any) -> dict[str, Any]:
    body = {"price_tokens": price, **fields}
    answer = await market.post("ada", QNA, body, method="PUT")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["ticket"]
    return found


async def test_a_ticket_is_put_on_sale_bought_once_and_given_back(market: Market) -> None:
    """The price is the space's; a key buys once; the owner gives it back."""
    await market.give("bob")
    assert (await sale(market, 20, max_tickets=5))["status"] == "open"
    bought = await market.post("bob", f"{TALK}/tickets/checkout", key="k1")
    assert bought.json()["newBalance"] == 80, bought.text
    again = await market.post("bob", f"{TALK}/tickets/checkout", key="k1")
    assert again.json() == bought.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    twice = await market.post("bob", f"{TALK}/tickets/checkout", key="k2")
    assert (twice.status_code, twice.json()["ticketId"]) == (400, bought.json()["ticketId"])

    shown = (await market.get("bob", f"{TALK}/tickets")).json()
    assert (shown["tickets"][0]["sold"], shown["mine"]) == (1, ["qna_access"])
    assert (await market.get(None, f"{TALK}/tickets")).json()["mine"] == []
    own = await market.post("bob", f"{TALK}/tickets/refund")
    assert (own.status_code, own.json()["code"]) == (403, "refund_over")
    back = await market.post("ada", f"{TALK}/tickets/refund", {"account": "bob"})
    assert back.json()["account"] == "bob", back.text
    assert market.tokens("bob") == 100


@pytest.mark.parametrize(
    ("who", "path", "body", "status", "code"),
    [
        (None, "/tickets/checkout", {}, 401, "login_required"),
        ("bob", "/tickets/checkout", {"price_tokens": 5}, 400, "invalid_price"),
        ("bob", "/tickets/checkout", {"ticket_type": "vip"}, 404, "not_on_sale"),
        ("bob", "/tickets/checkout", {}, 400, "insufficient_tokens"),
        ("ada", "/tickets/checkout", {}, 400, "no_ticket_needed"),
        ("bob", "/tickets/refund", {}, 403, "no_ticket"),
        ("bob", "/tickets/qna_access/end", {}, 403, "not_permitted"),
        ("bob", "/tickets/qna_access/cancel", {}, 403, "not_permitted"),
        ("ada", "/tickets/vip/cancel", {}, 404, "not_on_sale"),
    ],
)
async def test_what_cannot_be_done_with_tickets_says_why(
    market: Market, who: str | None, path: str, body: dict[str, Any], status: int, code: str
) -> None:
    """Refused with a code, and nothing moves."""
    await sale(market, 20)
    answer = await market.post(who, f"{TALK}{path}", body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


async def test_a_session_that_is_called_off_gives_everybody_their_tokens(market: Market) -> None:
    """And one that is over keeps them."""
    await market.give("bob")
    await sale(market, 20)
    await market.post("bob", f"{TALK}/tickets/checkout")
    off = await market.post("ada", f"{QNA}/cancel")
    assert off.json()["ticket"]["status"] == "cancelled", off.text
    assert market.tokens("bob") == 100
    await sale(market, 30)
    await market.post("bob", f"{TALK}/tickets/checkout")
    assert (await market.post("ada", f"{QNA}/end")).json()["ticket"]["status"] == "ended"
    assert market.tokens("bob") == 70
    shown = (await market.get("bob", f"{TALK}/tickets")).json()
    assert [one["status"] for one in shown["tickets"]] == ["ended", "cancelled"]
    assert shown["mine"] == []


async def test_owners_set_their_share_and_operators_everything(market: Market) -> None:
    """By default 10 and 85; the platform's fee is not the owner's to lower."""
    path = f"{TALK}/profit-sharing"
    shown = (await market.get(None, path)).json()
    assert (shown["space_owner"], shown["platform_fee_percent"]) == ("ada", 10.0)
    assert shown["creator_share_percent"] == 85.0

    async def put(who: str, **body: Any) -> tuple[int, str]:
        answer = await market.stack.http.put(path, json=body, headers=headers[who])
        return answer.status_code, answer.json().get("code", "ok")

    headers = {who: market.headers(who) for who in ("ada", "bob")}
    headers["root"] = market.stack.token(Person(account="root-admin"))
    assert await put("ada", creator_share_percent=50.25) == (200, "ok")
    assert (await market.get(None, path)).json()["creator_share_percent"] == 50.25
    assert await put("bob", creator_share_percent=1) == (403, "not_permitted")
    assert await put("ada", platform_fee_percent=0) == (403, "operators_only")
    assert await put("ada", creator_share_percent=90) == (400, "bad_input")
    assert await put("root", creator_share_percent=12.345) == (400, "bad_input")
    assert await put("root", platform_fee_percent=20, creator_share_percent=81) == (
        400, "bad_input",
    )  # fmt: skip
    assert await put("root", platform_fee_percent=0, creator_share_percent=100) == (200, "ok")


async def test_the_statistics_say_what_was_spent_and_earned(market: Market) -> None:
    """WIRE 1.8: bought packs are neither; a ticket is spent, its share is the owner's earning."""
    await market.give("bob")
    market.enrol("ada")
    await sale(market, 20)
    await market.post("bob", f"{TALK}/tickets/checkout")
    await market.post("bob", "/api/tips/send", {"toCreatorId": "ada", "amountTokens": 7})
    bob = (await market.get("bob", "/api/billing/stats?period=7d")).json()
    assert bob["spent"]["total_spent"] == 27
    assert bob["earned"] == {"transaction_count": 0, "total_earned": 0}
    assert bob["period"] == "7d"
    by = {one["reason"]: (one["count"], one["total"]) for one in bob["breakdown"]}
    assert by == {"purchase": (1, 100), "ticket": (3, -20), "tip": (1, -7)}
    ada = (await market.get("ada", "/api/billing/stats")).json()
    assert ada["earned"] == {"transaction_count": 2, "total_earned": 24}
    assert (await market.get("ada", "/api/v1/billing/stats?period=1y")).status_code == 400


async def test_tips_and_purchases_have_limits(tmp_path: Path) -> None:
    """WIRE 1.8: ten tips at once, five packs a minute; 429 with Retry-After, then on again."""
    limits = LimitSettings(auth_per_minute=6_000_000, requests_per_s=100_000)
    async with running(tmp_path, payment_secrets=(SECRET,), limits=limits) as stack:
        market = opened(stack)
        market.enrol("ada")
        await market.give("bob")
        body = {"toCreatorId": "ada", "amountTokens": 1}
        answers = [await market.post("bob", "/api/tips/send", body) for _ in range(11)]
        assert [one.status_code for one in answers] == [200] * 10 + [429]
        assert answers[-1].headers["Retry-After"] == "1"
        assert answers[-1].json()["error"] == "RATE_LIMITED"
        assert market.tokens("ada") == 10
        stack.clock.us += 1_000_000
        assert (await market.post("bob", "/api/tips/send", body)).status_code == 200
        packs = [
            await market.post("cay", "/api/tokens/purchase", {"tokenAmount": 100}) for _ in range(6)
        ]
        assert [one.status_code for one in packs] == [200] * 5 + [429]
        assert packs[-1].headers["Retry-After"] == "12"
