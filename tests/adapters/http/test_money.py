"""Tokens, tips and streams over HTTP: fields, statuses and codes as the product's clients know."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trio

from actors.ledger.messages import PostBatch
from actors.money.policy import read_policies
from actors.money.records import FinishRequest, PrepareTip
from actors.person import Person
from actors.session.messages import SessionInit, WatchChannel
from actors.settings import ActorSettings
from adapters.http.money_problems import BadWebhookSignature
from adapters.http.webhooks_in import check_signature, signature_of
from engine.outcome import Err, Outcome, Unknown
from tests.adapters.http.market import SECRET, Market
from tests.adapters.http.stack import running

OTHER_SECRET = "whsec-fedcba9876543210"


@pytest.fixture
async def market(tmp_path: Path) -> AsyncIterator[Market]:
    """Cleo is a creator; two webhook secrets are live."""
    secrets = (SECRET, OTHER_SECRET)
    async with running(tmp_path / "keys.json", payment_secrets=secrets) as stack:
        market = Market(stack)
        market.enrol("cleo")
        yield market


@pytest.fixture
async def unlocked(tmp_path: Path) -> AsyncIterator[Market]:
    """As above, where earnings can be cashed out at once."""
    policies = read_policies({"token_sale": {"packs": {"9.99 USD": 100}, "cashout_lock": "0d"}})
    async with running(
        tmp_path / "keys.json", policy=ActorSettings(money=policies), payment_secrets=(SECRET,)
    ) as stack:
        market = Market(stack)
        market.enrol("cleo")
        yield market


# Tokens.


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


# Tips.


async def test_a_tip_is_answered_with_what_clients_read(market: Market) -> None:
    """Both spellings of the names, and the row as lists show it."""
    await market.give("ann")
    body = {"toCreatorId": "cleo", "amountTokens": 30, "message": "Bravo", "context": {
        "channel": "stream_a", "streamId": None}}  # fmt: skip

    answer = (await market.post("ann", "/api/tips/send", body)).json()

    assert answer["success"] is True
    assert (answer["new_balance"], answer["amountTokens"]) == (70, 30)
    assert (answer["creatorCut"], answer["platformFee"]) == (30, 0)
    assert answer["tipId"] == answer["tip"]["id"]
    assert answer["tip"]["context_type"] == "stream"
    legacy = await market.post("ann", "/api/v1/tips/send", {"creatorId": "cleo", "amount": 5})
    assert legacy.json()["new_balance"] == 65
    sent = (await market.get("ann", "/api/tips/sent?limit=1")).json()
    assert (sent["count"], sent["total_tips"], sent["total_amount"]) == (1, 2, 35)
    assert sent["has_more"] is True
    received = (await market.get("cleo", "/api/tips/received?offset=1")).json()
    assert received["tips"] == [answer["tip"]]
    history = (await market.get("cleo", "/api/tips/history")).json()
    assert history["count"] == 2


async def test_tip_refusals(market: Market) -> None:
    """Statuses, codes and figures as the product's clients branch on."""
    await market.give("ann")

    async def send(account: str | None, body: Any) -> tuple[int, dict[str, Any]]:
        answer = await market.post(account, "/api/tips/send", body)
        return answer.status_code, answer.json()

    whole = {"toCreatorId": "cleo", "amountTokens": 101}
    status, body = await send("ann", whole)
    assert (status, body["error"]) == (402, "INSUFFICIENT_BALANCE")
    assert (body["current_balance"], body["required_amount"]) == (100, 101)
    status, body = await send("ann", whole | {"toCreatorId": "nobody"})
    assert (status, body["code"]) == (404, "creator_not_found")
    status, body = await send(None, whole)
    assert (status, body["error"]) == (401, "No token provided")
    for bad in ({}, {"toCreatorId": "cleo"}, whole | {"amountTokens": "5"}, whole | {
        "amountTokens": -1}, whole | {"context": []}, whole | {"message": 5}):  # fmt: skip
        status, body = await send("ann", bad)
        assert (status, body["success"], body["code"]) == (400, False, "bad_input")
        assert body["field"]
    assert (await market.get("ann", "/api/tips/received")).status_code == 403
    bad_token = {"Authorization": "Bearer a.b.c"}
    answer = await market.stack.http.post("/api/tips/send", json=whole, headers=bad_token)
    assert (answer.status_code, answer.json()["error"]) == (401, "Invalid token")
    assert answer.json()["timestamp"].endswith("Z")


async def test_tip_statistics(market: Market) -> None:
    """By period; the best tippers first."""
    await market.give("ann", 200)
    await market.give("bob")
    for account, amount in (("ann", 10), ("ann", 15), ("bob", 60)):
        body = {"toCreatorId": "cleo", "amountTokens": amount}
        await market.post(account, "/api/tips/send", body)

    answer = (await market.get("ann", "/api/tips/stats/cleo")).json()

    assert answer["period"] == "30d"
    assert answer["stats"] == {
        "total_tips": 3,
        "total_amount": 85,
        "average_tip": 28.33,
        "largest_tip": 60,
        "unique_tippers": 2,
    }
    assert [(top["id"], top["total_amount"]) for top in answer["top_tippers"]] == [
        ("bob", 60),
        ("ann", 25),
    ]
    assert (await market.get("ann", "/api/tips/stats/cleo?period=1h")).status_code == 400
    assert (await market.get("ann", "/api/tips/stats/nobody")).status_code == 404


async def test_those_who_watch_are_told_of_a_tip(market: Market) -> None:
    """Over their sockets, when it is durable."""
    await market.give("ann")
    kernel = market.stack.kernel
    kernel.spawn("session:s1", SessionInit(socket_id="s1", person=Person(guest_id="g")))
    kernel.tell("session:s1", WatchChannel(channel="stream_a", ack=1))
    with trio.fail_after(5):
        while not market.stack.sockets.sent:
            await market.stack.sockets.changed.wait()
    body = {"toCreatorId": "cleo", "amountTokens": 3, "context": {"channel": "stream_a"}}

    sent = (await market.post("ann", "/api/tips/send", body)).json()

    told = await market.stack.sockets.until("tip:new:stream_a")
    assert (told["tipId"], told["amountTokens"], told["message"]) == (sent["tipId"], 3, None)


# Streams.


async def test_a_stream_from_announcement_to_its_end(market: Market) -> None:
    """Only its creator starts and ends it; everybody sees it."""
    made = await market.stream("cleo", maxTickets=5, description="d", category="music")
    path = f"/api/streams/{made['id']}"
    assert made["channel"].startswith("stream_")
    assert (made["status"], made["ticket_price"], made["tickets_sold"]) == ("scheduled", 40, 0)
    refused = await market.post("ann", f"{path}/start")
    assert (refused.status_code, refused.json()["error"]) == (403, "UNAUTHORIZED")
    live = (await market.post("cleo", f"{path}/start")).json()["stream"]
    assert (live["status"], live["started_at"] is not None) == ("live", True)
    shown = (await market.get(None, path)).json()["stream"]
    assert (shown["creator_display_name"], shown["viewers"]) == ("Cleo", 0)
    listed = (await market.get(None, "/api/creators/cleo/streams?status=live")).json()
    assert (listed["count"], listed["streams"][0]["id"]) == (1, made["id"])
    ended = (await market.post("cleo", f"{path}/end")).json()["stream"]
    assert ended["status"] == "ended"
    assert (await market.post("cleo", f"{path}/start")).status_code == 409


async def test_stream_refusals(market: Market) -> None:
    """Not a creator, no such stream, no title."""
    answer = await market.post("ann", "/api/streams/create", {"title": "x"})
    assert (answer.status_code, answer.json()["error"]) == (403, "ONLY_CREATORS_CAN_STREAM")
    answer = await market.post("cleo", "/api/streams/create", {"title": " "})
    assert (answer.status_code, answer.json()["field"]) == (400, "title")
    nowhere = "00000000-0000-8000-8000-000000000000"
    for id_ in (nowhere, "7", "x" * 200):
        for method, path in (
            ("GET", f"/api/streams/{id_}"),
            ("GET", f"/api/streams/{id_}/access"),
            ("POST", f"/api/streams/{id_}/start"),
            ("POST", f"/api/streams/{id_}/tickets/checkout"),
        ):
            answer = await market.post("cleo", path, method=method)
            assert (answer.status_code, answer.json()["error"]) == (404, "STREAM_NOT_FOUND")


async def test_a_ticket_lets_one_in(market: Market) -> None:
    """Access says why; the checkout answers what clients read."""
    await market.give("ann")
    made = await market.stream("cleo")
    path = f"/api/streams/{made['id']}"

    async def access(account: str) -> tuple[bool, str]:
        answer = (await market.get(account, f"{path}/access")).json()
        return answer["hasAccess"], answer["reason"]

    assert await access("ann") == (False, "no_ticket")
    assert await access("cleo") == (True, "creator")
    bought = await market.post("ann", f"{path}/tickets/checkout", {"priceTokens": 40})
    assert bought.json()["newBalance"] == 60
    assert bought.json()["priceTokens"] == 40
    assert await access("ann") == (True, "ticket_purchased")
    body = {"channel": made["channel"], "creatorId": "cleo"}
    assert (await market.post("ann", "/api/streams/validate-access", body)).json()["hasAccess"]
    public = await market.stream("cleo", type="public", ticketPrice=0)
    answer = (await market.get("ann", f"/api/streams/{public['id']}/access")).json()
    assert answer["reason"] == "public_stream"


async def test_checkout_refusals(market: Market) -> None:
    """Price, tokens, a second ticket, the last seat."""
    await market.give("ann")
    await market.give("bob")
    made = await market.stream("cleo", maxTickets=1)
    path = f"/api/streams/{made['id']}/tickets/checkout"
    wrong = await market.post("ann", path, {"priceTokens": 1})
    assert (wrong.status_code, wrong.json()["error"]) == (400, "INVALID_PRICE")
    poor = await market.post("eve", path)
    assert (poor.status_code, poor.json()["error"]) == (400, "INSUFFICIENT_TOKENS")
    figures = {name: poor.json()[name] for name in ("required", "current", "shortfall")}
    assert figures == {"required": 40, "current": 0, "shortfall": 40}
    bought = (await market.post("ann", path)).json()
    again = await market.post("ann", path)
    assert (again.status_code, again.json()["error"]) == (400, "TICKET_ALREADY_PURCHASED")
    assert again.json()["ticketId"] == bought["ticketId"]
    late = await market.post("bob", path)
    assert (late.status_code, late.json()["error"]) == (409, "SOLD_OUT")
    assert market.tokens("bob") == 100


async def test_a_ticket_is_refunded(market: Market) -> None:
    """By its creator; then it can be bought again, and what was earned is gone."""
    await market.give("ann")
    made = await market.stream("cleo", maxTickets=1)
    path = f"/api/streams/{made['id']}/tickets"
    bought = (await market.post("ann", f"{path}/checkout")).json()
    own = await market.post("ann", f"{path}/refund")
    assert (own.status_code, own.json()["error"]) == (403, "REFUND_OVER")

    answer = await market.post("cleo", f"{path}/refund", {"account": "ann"}, key="r1")
    again = await market.post("cleo", f"{path}/refund", {"account": "ann"}, key="r1")

    assert answer.json() == again.json()
    assert answer.json()["ticketId"] == bought["ticketId"]
    assert (market.tokens("ann"), market.tokens("cleo")) == (100, 0)
    twice = await market.post("cleo", f"{path}/refund", {"account": "ann"})
    assert (twice.status_code, twice.json()["error"]) == (403, "NO_TICKET")
    assert (await market.post("ann", f"{path}/checkout")).status_code == 200


async def test_earnings_say_what_waits(tmp_path: Path) -> None:
    """And when it is released."""
    tip = {"remainder_to": "creator", "release": "2d"}
    policy = ActorSettings(money=read_policies({"policies": {"tip": tip}}))
    async with running(tmp_path / "keys.json", policy=policy, payment_secrets=(SECRET,)) as stack:
        market = Market(stack)
        market.enrol("cleo")
        await market.give("ann")
        body = {"toCreatorId": "cleo", "amountTokens": 30}
        sent = (await market.post("ann", "/api/tips/send", body)).json()
        earned = (await market.get("cleo", "/api/earnings")).json()
        assert (earned["escrow_tokens"], earned["available"]) == (30, 0)
        (waiting,) = earned["escrow"]
        assert (waiting["sale"], waiting["amount"]) == (sent["tipId"], "30")
        assert waiting["release_at"] > waiting["settled_at"]
        received = (await market.get("cleo", "/api/tips/received")).json()
        assert received["total_amount"] == 30


# Creators, and what they take out.


async def test_anybody_may_become_a_creator(market: Market) -> None:
    """And change how they are shown."""
    for name in ("Ann", "Ann!"):
        body = {"display_name": name, "profile_pic": "https://example.org/a.png"}
        answer = await market.post("ann", "/api/creators/me", body, method="PUT")
        assert answer.json()["creator"]["display_name"] == name
    assert (await market.get(None, "/api/creators/ann")).json()["creator"]["id"] == "ann"
    assert (await market.get(None, "/api/creators/nobody")).status_code == 404


async def test_young_earnings_are_not_cashed_out(market: Market) -> None:
    """A card payment may still be charged back; and only creators cash out."""
    await market.give("ann", 1_000)
    await market.post("ann", "/api/tips/send", {"toCreatorId": "cleo", "amountTokens": 1_000})
    refused = {
        ("cleo", 1_000): (402, "NOT_CASHABLE"),
        ("cleo", 999): (400, "BAD_INPUT"),
        ("ann", 1_000): (403, "NOT_A_CREATOR"),
    }
    for (who, tokens), expected in refused.items():
        answer = await market.post(who, "/api/tokens/payout", {"tokenAmount": tokens})
        assert (answer.status_code, answer.json()["error"]) == expected


async def test_a_cash_out_is_approved_and_paid_by_operators(unlocked: Market) -> None:
    """Only operators, never the payee; the record of it says who and how."""
    market = unlocked
    await market.give("ann", 1_500)
    await market.post("ann", "/api/tips/send", {"toCreatorId": "cleo", "amountTokens": 1_500})
    asked = await market.post("cleo", "/api/tokens/payout", {"tokenAmount": 1_000})
    payout = asked.json()["payout"]
    assert (payout["amount"], payout["status"]) == ("50.00", "requested")
    path = f"/api/admin/payouts/{payout['id']}"
    for step, sent in (("approve", {}), ("confirm", {"reference": "x"}), ("cancel", {})):
        answer = await market.post("cleo", f"{path}/{step}", sent)
        assert (answer.status_code, answer.json()["error"]) == (403, "OPERATORS_ONLY")
    assert (await market.get("ann", "/api/admin/payouts")).status_code == 403
    early = await market.post("root-admin", f"{path}/confirm", {"reference": "x"})
    assert (early.status_code, early.json()["status"]) == (409, "requested")
    approved = (await market.post("root-admin", f"{path}/approve")).json()["payout"]
    assert (approved["status"], approved["approvals"]) == ("approved", ["root-admin"])
    paid = (await market.post("root-admin", f"{path}/confirm", {"reference": "wire 7"})).json()
    assert (paid["payout"]["status"], paid["payout"]["reference"]) == ("paid", "wire 7")
    listed = (await market.get("cleo", "/api/tokens/payouts")).json()
    assert listed["payouts"] == [paid["payout"]]
    everybody = (await market.get("root-admin", "/api/admin/payouts")).json()
    assert everybody["payouts"] == [paid["payout"]]
    actions = [entry.action for entry in market.stack.store.audit]
    assert actions == ["payout_approved", "payout_paid"]


async def test_an_operator_handles_a_dispute(unlocked: Market) -> None:
    """Opened, listed, lost; only by operators, with a line in the audit log for each step."""
    market = unlocked
    await market.give("ann", 100)
    sent = await market.post("ann", "/api/tips/send", {"toCreatorId": "cleo", "amountTokens": 40})
    tip = sent.json()["tip"]["id"]
    path, wish = "/api/admin/disputes", {"kind": "tip", "id": tip, "reason": "stolen card"}
    assert (await market.post("cleo", path, wish)).status_code == 403
    assert (await market.get("cleo", path)).status_code == 403
    for wrong, status in (({"id": "x"}, 404), ({"kind": "cake"}, 400), ({"reason": ""}, 400)):
        assert (await market.post("root-admin", path, {**wish, **wrong})).status_code == status
    opened = (await market.post("root-admin", path, wish)).json()["dispute"]
    assert (opened["status"], opened["account"], opened["sale"]) == ("open", "cleo", tip)
    again = await market.post("root-admin", path, {**wish, "reason": "another"})
    assert (again.status_code, again.json()["status"]) == (409, "open")
    assert (await market.post("root-admin", f"{path}/{tip}/won")).status_code == 404
    lost = (await market.post("root-admin", f"{path}/{opened['id']}/lost")).json()["dispute"]
    assert (lost["status"], lost["closed_by"]) == ("lost", "root-admin")
    late = await market.post("root-admin", f"{path}/{opened['id']}/won")
    assert (late.status_code, late.json()["status"]) == (409, "lost")
    assert (await market.get("root-admin", path)).json()["disputes"] == [lost]
    balance = (await market.get("ann", "/api/tokens/balance")).json()
    assert balance["balance"] == 100
    actions = [entry.action for entry in market.stack.store.audit]
    assert actions == ["dispute_opened", "dispute_lost"]


async def test_a_cash_out_is_taken_back_by_its_owner_alone(unlocked: Market) -> None:
    """Or by an operator; others find nothing."""
    market = unlocked
    await market.give("ann", 1_000)
    await market.post("ann", "/api/tips/send", {"toCreatorId": "cleo", "amountTokens": 1_000})
    asked = await market.post("cleo", "/api/tokens/payout", {"tokenAmount": 1_000})
    path = f"/api/tokens/payouts/{asked.json()['payout']['id']}/cancel"
    assert (await market.post("ann", path)).status_code == 404
    assert (await market.post("cleo", path)).json()["payout"]["status"] == "cancelled"
    assert (await market.post("cleo", "/api/tokens/payouts/7/cancel")).status_code == 404


async def test_an_operator_confirms_a_purchase(market: Market) -> None:
    """Where no provider tells us; not their own."""
    bought = await market.buy("ann")
    path = f"/api/admin/purchases/{bought['transaction']['id']}/confirm"
    assert (await market.post("ann", path, {"reference": "cash"})).status_code == 403
    for _ in range(2):
        answer = await market.post("root-admin", path, {"reference": "cash"})
        assert answer.json()["newBalance"] == 100
    own = await market.buy("root-admin")
    path = f"/api/admin/purchases/{own['transaction']['id']}/confirm"
    answer = await market.post("root-admin", path, {"reference": "cash"})
    assert answer.json()["error"] == "OWN_PAYOUT"


async def test_purchases_that_wait_are_listed_for_operators(market: Market) -> None:
    """Everybody sees their own; what is paid waits no longer."""
    ids = [(await market.buy(who))["transaction"]["id"] for who in ("ann", "bob")]
    path = "/api/admin/purchases?status=pending"
    assert (await market.get("ann", path)).status_code == 403
    assert (await market.get(None, path)).status_code == 401
    waiting = (await market.get("root-admin", path)).json()
    assert {(row["id"], row["account"]) for row in waiting["purchases"]} == set(
        zip(ids, ("ann", "bob"), strict=True)
    )

    await market.post("root-admin", f"/api/admin/purchases/{ids[0]}/confirm", {"reference": "x"})

    left = (await market.get("root-admin", path)).json()["purchases"]
    assert [row["id"] for row in left] == [ids[1]]
    own = (await market.get("ann", "/api/tokens/purchases")).json()
    assert [(row["id"], row["status"]) for row in own["purchases"]] == [(ids[0], "completed")]
    assert (await market.get("ann", "/api/tokens/purchases?status=pending")).json()["count"] == 0


async def test_a_wallet_says_whether_its_owner_takes_money(market: Market) -> None:
    """A page can ask without a refusal."""
    cleo = (await market.get("cleo", "/api/wallet")).json()
    assert (cleo["creator"]["display_name"], cleo["cashout_min"]) == ("Cleo", 1_000)
    assert (await market.get("ann", "/api/wallet")).json()["creator"] is None


async def test_live_streams_are_listed_for_everybody(market: Market) -> None:
    """Announced ones are not, unless they are asked for."""
    first, second = (
        await market.stream("cleo"),
        await market.stream("cleo", type="public", ticketPrice=0),
    )
    await market.post("cleo", f"/api/streams/{first['id']}/start")

    live = (await market.get(None, "/api/streams")).json()["streams"]
    announced = (await market.get(None, "/api/streams?status=scheduled")).json()["streams"]

    assert [row["id"] for row in live] == [first["id"]]
    assert [row["id"] for row in announced] == [second["id"]]
    assert (await market.get(None, "/api/streams?status=over")).status_code == 400


# Once.


async def test_the_same_key_is_one_tip(market: Market) -> None:
    """The same answer, marked as such; also for the key in the body."""
    await market.give("ann")
    body = {"toCreatorId": "cleo", "amountTokens": 10}

    first = await market.post("ann", "/api/tips/send", body, key="k1")
    again = await market.post("ann", "/api/tips/send", body, key="k1")
    in_body = await market.post("ann", "/api/tips/send", body | {"idempotencyKey": "k1"})

    assert first.content == again.content == in_body.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert market.tokens("cleo") == 10
    without = [await market.post("ann", "/api/tips/send", body) for _ in range(2)]
    assert {answer.json()["new_balance"] for answer in without} == {80, 70}


async def test_a_key_belongs_to_one_request(market: Market) -> None:
    """Another body is a conflict; another person's key is another key; a refusal is kept."""
    await market.give("ann")
    await market.give("bob")
    body = {"toCreatorId": "cleo", "amountTokens": 10}
    await market.post("ann", "/api/tips/send", body, key="k1")

    other = await market.post("ann", "/api/tips/send", body | {"amountTokens": 11}, key="k1")
    elsewhere = await market.post("ann", "/api/streams/create", {"title": "x"}, key="k1")
    bobs = await market.post("bob", "/api/tips/send", body, key="k1")

    for answer in (other, elsewhere):
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_conflict")
    assert bobs.status_code == 200
    poor = [await market.post("eve", "/api/tips/send", body, key="k1") for _ in range(2)]
    assert [answer.status_code for answer in poor] == [402, 402]
    assert poor[0].content == poor[1].content
    assert poor[1].headers["Idempotent-Replayed"] == "true"
    bad = await market.post("ann", "/api/tips/send", body, key="with space")
    assert (bad.status_code, bad.json()["field"]) == (400, "Idempotency-Key")


async def test_a_request_in_flight_is_not_begun_again(market: Market) -> None:
    """The second is told when to come back; once the first is done it is answered."""
    await market.give("ann")
    held: list[Any] = []
    body = {"toCreatorId": "cleo", "amountTokens": 10}
    store = market.stack.store

    answer = store.answer

    def not_finished(request: Any) -> Outcome:
        if isinstance(request, FinishRequest) and not held:
            held.append(request)
            return Err("not now")
        return answer(request)

    store.answer = not_finished  # type: ignore[method-assign]
    first = await market.post("ann", "/api/tips/send", body, key="k1")
    second = await market.post("ann", "/api/tips/send", body, key="k1")
    market.stack.clock.us += 13_000_000
    third = await market.post("ann", "/api/tips/send", body, key="k1")

    assert first.status_code == 200
    assert (second.status_code, second.json()["error"]) == (409, "DUPLICATE_REQUEST")
    assert second.headers["Retry-After"] == "1"
    assert third.json()["tipId"] == first.json()["tipId"]
    assert market.tokens("cleo") == 10


async def test_a_lost_answer_of_the_ledger_heals(market: Market) -> None:
    """The batch was written and nobody heard so: the writer reads its books again."""
    await market.give("ann")
    body = {"toCreatorId": "cleo", "amountTokens": 10}

    def lose(request: Any, outcome: Outcome) -> Outcome:
        return Unknown("lost") if isinstance(request, PostBatch) else outcome

    market.stack.faults.fault = lose
    answer = await market.post("ann", "/api/tips/send", body, key="k1")

    assert (answer.status_code, answer.json()["new_balance"]) == (200, 90)
    assert market.tokens("cleo") == 10


async def test_what_nobody_knows_is_found_out_by_the_key(market: Market) -> None:
    """The store answers nothing for long: 503, then the same tip, once."""
    await market.give("ann")
    body = {"toCreatorId": "cleo", "amountTokens": 10, "message": "x"}

    def lose(request: Any, outcome: Outcome) -> Outcome:
        return Unknown("lost") if isinstance(request, PrepareTip) else outcome

    market.stack.faults.fault = lose
    first = await market.post("ann", "/api/tips/send", body, key="k1")
    market.stack.faults.fault = None
    second = await market.post("ann", "/api/tips/send", body, key="k1")

    assert (first.status_code, first.json()["code"]) == (503, "outcome_unknown")
    assert second.json()["new_balance"] == 90
    assert market.tokens("cleo") == 10
