"""What spaces sell, bought by way of the one purchase route (WIRE 1.6)."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from actors.person import Person
from actors.space.space_id import SpaceId
from engine.outcome import Outcome, Unknown
from tests.adapters.http.market import SECRET, Market
from tests.adapters.http.stack import running
from tests.adapters.http.test_space_money import TALK, opened, sale

PURCHASE = "/api/payments/purchase"
TICKET = {
    "purchase_type": "ticket_purchase",
    "space_type": "post",
    "space_id": "ada/talk",
    "ticket_type": "qna_access",
}


@pytest.fixture
async def market(tmp_path: Path) -> AsyncIterator[Market]:
    async with running(tmp_path, payment_secrets=(SECRET,)) as stack:
        yield opened(stack)


async def test_a_ticket_is_bought_with_tokens_and_nothing_is_left_to_confirm(
    market: Market,
) -> None:
    """The product's own example, at the space's price: it counts at once, and a key buys once."""
    await market.give("bob")
    await sale(market, 5)
    bought = await market.post("bob", PURCHASE, {**TICKET, "amount": 5.0}, key="k1")
    answer = bought.json()
    assert (answer["confirmation_required"], answer["status"]) == (False, "confirmed")
    assert (answer["amount"], answer["paid"], answer["currency"]) == ("5", "5", "TOK")
    assert (answer["payment_channel_id"], answer["new_balance"]) == (None, 95)
    again = await market.post("bob", PURCHASE, {**TICKET, "amount": 5.0}, key="k1")
    assert again.json() == answer
    assert again.headers["Idempotent-Replayed"] == "true"

    shown = (await market.get("bob", f"{TALK}/tickets")).json()
    assert shown["mine"] == ["qna_access"]
    twice = await market.post("bob", PURCHASE, TICKET, key="k2")
    assert (twice.status_code, twice.json()["ticketId"]) == (400, answer["ticket_id"])
    assert market.tokens("bob") == 95


@pytest.mark.parametrize(
    ("who", "fields", "status", "code", "field"),
    [
        (None, {}, 401, "login_required", None),
        ("bob", {}, 400, "insufficient_tokens", None),
        ("bob", {"amount": 6}, 409, "price_changed", "amount"),
        ("bob", {"amount": 5.5}, 400, "bad_input", "amount"),
        ("bob", {"amount": -5}, 400, "bad_input", "amount"),
        ("bob", {"payment_method": "gold"}, 400, "cannot_pay_with", "currency"),
        ("bob", {"currency": "BTC"}, 400, "cannot_pay_with", "currency"),
        ("bob", {"currency": "HIVE", "amount": 5}, 409, "price_changed", "amount"),
        (
            "bob",
            {"currency": "HIVE", "promoCode": "SPRING"},
            400,
            "promo_not_applicable",
            "promoCode",
        ),
        ("ada", {"currency": "HIVE"}, 400, "no_ticket_needed", None),
        ("bob", {"currency": "HIVE", "ticket_type": "vip"}, 404, "not_on_sale", "ticket_type"),
        ("bob", {"promoCode": "SPRING"}, 400, "promo_not_applicable", "promoCode"),
        ("bob", {"space_id": None}, 400, "bad_input", "space_id"),
        ("bob", {"space_type": ""}, 400, "bad_input", "space_type"),
        ("bob", {"space_type": "No"}, 400, "bad_input", "space_type"),
        ("bob", {"space_id": "a\nb"}, 400, "bad_input", "space_id"),
        ("bob", {"space_id": "ada/other"}, 404, "not_on_sale", "ticket_type"),
        ("bob", {"ticket_type": "vip"}, 404, "not_on_sale", "ticket_type"),
        ("ada", {}, 400, "no_ticket_needed", None),
    ],
)
async def test_a_ticket_that_cannot_be_had_says_why(
    market: Market, who: str | None, fields: dict[str, Any], status: int, code: str,
    field: str | None,
) -> None:  # fmt: skip
    """Refused with a code and the field as it was sent, and nothing moves."""
    await sale(market, 5)
    before = len(market.stack.store.ledger.entries)
    answer = await market.post(who, PURCHASE, TICKET | fields)
    refused = answer.json()
    assert (answer.status_code, refused["code"]) == (status, code), answer.text
    assert refused.get("field") == field
    kinds = {one.transfer.kind for one in market.stack.store.ledger.entries[before:]}
    assert kinds <= {"right_issued"}, "a right to buy, which moves nothing that is owned"


async def test_whatever_answer_is_lost_a_key_buys_one_ticket(market: Market) -> None:
    """Each of the store's answers in turn is lost: the same key, asked on, buys exactly once."""
    await sale(market, 5)
    for broken in itertools.count(1):
        fan = f"fan{broken}"
        await market.stack.fund(fan, 100)
        answers = 0

        def losing(_request: Any, outcome: Outcome, broken: int = broken) -> Outcome:
            nonlocal answers
            answers += 1
            return Unknown("lost") if answers == broken else outcome

        market.stack.faults.fault = losing
        first = await market.post(fan, PURCHASE, TICKET, key="k")
        market.stack.faults.fault = None
        market.stack.clock.us += 13_000_000
        again = await market.post(fan, PURCHASE, TICKET, key="k")
        assert again.status_code == 200, (first.text, again.text)
        assert market.tokens(fan) == 95
        shown = (await market.get(fan, f"{TALK}/tickets")).json()
        assert (shown["mine"], shown["tickets"][0]["sold"]) == (["qna_access"], broken)
        if answers < broken:
            break
    assert broken > 5


PREMIUM = {"purchase_type": "space_premium", "space_type": "post", "space_id": "ada/talk"}


async def test_an_owner_makes_a_space_premium_and_adds_to_it(market: Market) -> None:
    """Done at once; a key buys one month, another the next; more people fit in."""
    await market.give("ada", 200)
    details = "/api/spaces/post/ada/talk"
    space = (await market.get(None, details)).json()["space"]
    assert (space["max_users"], space["is_premium"], space["premium_until"]) == (50, False, None)
    first = (await market.post("ada", PURCHASE, PREMIUM | {"amount": 100}, key="k1")).json()
    assert (first["confirmation_required"], first["status"]) == (False, "confirmed")
    assert (first["amount"], first["currency"], first["new_balance"]) == ("100", "TOK", 100)
    again = await market.post("ada", PURCHASE, PREMIUM | {"amount": 100}, key="k1")
    assert again.json() == first
    second = (await market.post("ada", PURCHASE, PREMIUM, key="k2")).json()
    days = _time(second["premium_until"]) - _time(first["premium_until"])
    assert days == timedelta(days=30)
    assert market.tokens("ada") == 0
    space = (await market.get(None, details)).json()["space"]
    assert (space["is_premium"], space["premium_until"]) == (True, second["premium_until"])

    guest = Person(guest_id="guest-1")
    await market.stack.enter(SpaceId("post", "ada/talk"), guest)
    assert (await market.get(None, details)).json()["space"]["max_users"] == 200
    market.stack.clock.us += 61 * 86_400 * 1_000_000
    space = (await market.get(None, details)).json()["space"]
    assert (space["is_premium"], space["premium_until"]) == (False, second["premium_until"])


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("who", "fields", "status", "code"),
    [
        (None, {}, 401, "login_required"),
        ("bob", {}, 403, "not_permitted"),
        ("ada", {}, 400, "insufficient_tokens"),
        ("ada", {"amount": 99}, 409, "price_changed"),
        ("ada", {"payment_method": "hbd"}, 400, "cannot_pay_with"),
        ("ada", {"space_id": "ada/none"}, 403, "not_permitted"),
    ],
)
async def test_premium_that_cannot_be_had_says_why(
    market: Market, who: str | None, fields: dict[str, Any], status: int, code: str
) -> None:
    """Refused with a code, and nothing moves."""
    answer = await market.post(who, PURCHASE, PREMIUM | fields)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert not market.stack.store.ledger.entries
