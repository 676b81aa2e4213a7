"""Tickets for money from outside, and credit, over HTTP (WIRE 1.6, MONEY 2.1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from actors.person import Person
from tests.adapters.http.club import Counter
from tests.adapters.http.market import SECRET
from tests.adapters.http.stack import running
from tests.adapters.http.test_space_money import TALK, opened, sale
from tests.adapters.http.test_space_purchases import PURCHASE, TICKET

HIVE = TICKET | {"currency": "HIVE"}
BACK = "/api/admin/credits/paid-back"


@pytest.fixture
async def counter(tmp_path: Path) -> AsyncIterator[Counter]:
    async with running(tmp_path, payment_secrets=(SECRET,)) as stack:
        opened(stack)
        yield Counter(stack)


async def channel(counter: Counter, who: str, **fields: Any) -> dict[str, Any]:
    answer = await counter.post(who, PURCHASE, HIVE | fields)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_ticket_for_hive_counts_when_an_operator_confirms_it(counter: Counter) -> None:
    """The quote has everything one needs to pay; once paid one holds the ticket."""
    await sale(counter, 5)
    quote = await channel(counter, "bob", payment_method="hive")
    assert (quote["confirmation_required"], quote["status"]) == (True, "awaiting_payment")
    assert (quote["amount"], quote["to_pay"], quote["price_tokens"]) == ("1.667", "1.667", 5)
    assert quote["memo"] == f"inv:{quote['payment_channel_id']}"
    assert (quote["space_id"], quote["ticket_type"]) == ("ada/talk", "qna_access")
    again = await counter.post("bob", PURCHASE, HIVE)
    assert (again.status_code, again.json()["code"]) == (409, "ticket_reserved")

    paid = (await counter.confirm(quote["payment_channel_id"])).json()
    assert (paid["status"], paid["to_pay"]) == ("confirmed", "0.000")
    assert (await counter.get("bob", f"{TALK}/tickets")).json()["mine"] == ["qna_access"]
    shown = await counter.get("bob", f"/api/payments/{quote['payment_channel_id']}")
    assert shown.json()["purchase_type"] == "ticket_purchase"
    strange = await counter.get("eve", f"/api/payments/{quote['payment_channel_id']}")
    assert strange.status_code == 404


async def test_a_webhook_confirms_a_stream_s_ticket_and_the_surplus_is_credit(
    counter: Counter,
) -> None:
    """Said twice it is one ticket; what was paid too much is the next purchase's."""
    counter.enrol("cleo")
    made = await counter.post(
        "cleo", "/api/streams/create",
        {"type": "private", "title": "Concert", "ticketPrice": 20, "maxTickets": 1},
    )  # fmt: skip
    stream = made.json()["stream"]["id"]
    body = {"purchase_type": "stream_ticket", "stream_id": stream, "payment_method": "card"}
    quote = (await counter.post("bob", PURCHASE, body)).json()
    assert (quote["amount"], quote["currency"], quote["stream_id"]) == ("2.00", "USD", stream)
    sold_out = await counter.post("ann", PURCHASE, body)
    assert (sold_out.status_code, sold_out.json()["code"]) == (409, "sold_out")
    about = {"id": quote["payment_channel_id"], "amount": 500, "currency": "usd"}
    event = {"id": "evt1", "type": "payment_intent.succeeded", "data": {"object": about}}
    for _ in range(2):
        assert (await counter.webhook(event)).json()["verdict"] == "applied"

    access = (await counter.get("bob", f"/api/streams/{stream}/access")).json()
    assert access["hasAccess"]
    credit = (await counter.get("bob", "/api/wallet")).json()["credit"]
    assert credit == [{"currency": "USD", "available": "3.00", "reserved": "0.00"}]
    await sale(counter, 20)
    bought = await channel(counter, "bob", currency="USD")
    assert (bought["status"], bought["credit_used"], bought["to_pay"]) == (
        "confirmed", "2.00", "0.00",
    )  # fmt: skip
    credit = (await counter.get("bob", "/api/wallet")).json()["credit"]
    assert credit == [{"currency": "USD", "available": "1.00", "reserved": "0.00"}]


async def test_a_stream_s_ticket_is_bought_with_tokens_too(counter: Counter) -> None:
    """Where no money is named, as at the checkout; a stream that is not named is asked for."""
    counter.enrol("cleo")
    made = await counter.post(
        "cleo", "/api/streams/create", {"type": "private", "title": "Concert", "ticketPrice": 20}
    )
    stream = made.json()["stream"]["id"]
    await counter.stack.fund("bob", 100)
    body = {"purchase_type": "stream_ticket", "stream_id": stream}
    bought = (await counter.post("bob", PURCHASE, body)).json()
    assert (bought["status"], bought["new_balance"]) == ("confirmed", 80)
    for missing in (None, "x"):
        refused = await counter.post("bob", PURCHASE, body | {"stream_id": missing})
        assert (refused.status_code, refused.json()["field"]) == (400, "stream_id")


async def test_an_operator_pays_credit_back_once(counter: Counter) -> None:
    """Listed with whose it is; each reference once; never more than there is, never one's own."""
    await sale(counter, 5)
    quote = await channel(counter, "bob")
    await counter.confirm(quote["payment_channel_id"], amount="5.000")
    rows = (await counter.get("root-admin", "/api/admin/credits")).json()["credits"]
    assert rows == [
        {"account": "bob", "currency": "HIVE", "available": "3.333", "reserved": "0.000"}
    ]
    body = {"account": "bob", "amount": "3.000", "currency": "HIVE", "reference": "tx9"}
    for _ in range(2):
        paid = (await counter.post("root-admin", BACK, body)).json()
        assert (paid["paid_back"], paid["available"]) == ("3.000", "0.333")
    for fields, status, code in (
        ({"amount": "0.100"}, 409, "payment_differs"),
        ({"reference": "tx10"}, 409, "not_so_much_credit"),
        ({"reference": "tx10", "amount": 0}, 400, "bad_input"),
        ({"reference": "", "amount": 1}, 400, "bad_input"),
        ({"account": "root-admin"}, 403, "own_payment"),
        ({"account": "No Name"}, 400, "bad_input"),
        ({"currency": "GOLD"}, 400, "cannot_pay_with"),
    ):
        refused = await counter.post("root-admin", BACK, body | fields)
        assert (refused.status_code, refused.json()["code"]) == (status, code), refused.text
    assert counter.credit("bob", "HIVE") == 333
    headers = counter.stack.token(Person(account="bob"))
    assert (await counter.stack.http.get("/api/admin/credits", headers=headers)).status_code == 403


async def test_one_s_purchases_are_listed_till_they_end(counter: Counter) -> None:
    """Each as far as it has come; another's is nobody's business."""
    await sale(counter, 5)
    quote = await channel(counter, "bob")
    [row] = (await counter.get("bob", "/api/payments?status=waiting")).json()["payments"]
    assert (row["payment_channel_id"], row["status"]) == (
        quote["payment_channel_id"], "awaiting_payment",
    )  # fmt: skip
    assert (row["to_pay"], row["account"], row["space_id"]) == ("1.667", "bob", "ada/talk")
    assert (await counter.get("eve", "/api/payments")).json()["payments"] == []

    await counter.confirm(quote["payment_channel_id"], amount="1.000")
    [row] = (await counter.get("bob", "/api/payments")).json()["payments"]
    assert (row["status"], row["paid"], row["to_pay"]) == ("partly_paid", "1.000", "0.667")
    await counter.confirm(quote["payment_channel_id"], amount="0.667", reference="tx2")
    assert (await counter.get("bob", "/api/payments?status=waiting")).json()["payments"] == []
    [row] = (await counter.get("bob", "/api/payments")).json()["payments"]
    assert (row["status"], row["to_pay"]) == ("confirmed", "0.000")


async def test_a_quote_that_nobody_pays_expires(counter: Counter) -> None:
    """It says so by itself and in the list, which is how its buyer knows that nothing is kept."""
    await sale(counter, 5)
    quote = await channel(counter, "bob")
    counter.stack.clock.us += 18 * 60 * 1_000_000

    path = f"/api/payments/{quote['payment_channel_id']}"
    assert (await counter.get("bob", path)).json()["status"] == "expired"
    [row] = (await counter.get("bob", "/api/payments")).json()["payments"]
    assert row["status"] == "expired"


async def test_a_buyer_lets_a_quote_go(counter: Counter) -> None:
    """Theirs alone, as long as it is not paid; the seat is free at once."""
    await sale(counter, 5, max_tickets=1)
    quote = await channel(counter, "bob")
    path = f"/api/payments/{quote['payment_channel_id']}/cancel"
    assert (await counter.post("eve", path)).status_code == 404
    for _ in range(2):
        gone = await counter.post("bob", path)
        assert (gone.status_code, gone.json()["status"]) == (200, "given_back")

    other = await channel(counter, "eve")
    await counter.confirm(other["payment_channel_id"])
    path = f"/api/payments/{other['payment_channel_id']}/cancel"
    late = await counter.post("eve", path)
    assert (late.status_code, late.json()["code"]) == (409, "payment_channel_paid")


async def test_an_operator_sees_what_waits_and_refuses_it(counter: Counter) -> None:
    """What had come is credit; nobody decides about their own."""
    await sale(counter, 5)
    quote = await channel(counter, "bob")
    own = await channel(counter, "root-admin")
    listed = (await counter.get("root-admin", "/api/admin/payments?status=waiting")).json()
    assert [row["account"] for row in listed["payments"]] == ["root-admin", "bob"]
    await counter.confirm(quote["payment_channel_id"], amount="1.000")
    path = "/api/admin/payments/{}/refuse"

    refused = await counter.post("root-admin", path.format(quote["payment_channel_id"]))
    assert (refused.status_code, refused.json()["status"]) == (200, "given_back")
    assert counter.credit("bob", "HIVE") == 1_000
    mine = await counter.post("root-admin", path.format(own["payment_channel_id"]))
    assert (mine.status_code, mine.json()["code"]) == (403, "own_payment")
    for who in ("bob", None):
        answer = await counter.get(who, "/api/admin/payments")
        assert answer.status_code == (403 if who else 401)


async def test_what_a_ticket_costs_in_each_money(counter: Counter) -> None:
    """Everybody may ask: 20 tokens of a pack of 100 for 9.99 USD."""
    prices = (await counter.get(None, "/api/payments/prices?tokens=20")).json()["prices"]
    assert {one["currency"]: one["amount"] for one in prices} == {
        "USD": "2.00", "HIVE": "6.667", "HBD": "2.000", "DLUX": "0.800",
    }  # fmt: skip
    assert (await counter.get(None, "/api/payments/prices?tokens=0")).status_code == 400
