"""Tips and ticketed streams over HTTP: fields, statuses and codes as clients know them."""

from __future__ import annotations

from typing import Any

import trio

from actors.person import Person
from actors.session.messages import SessionInit, WatchChannel
from tests.adapters.http.market import Market


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
