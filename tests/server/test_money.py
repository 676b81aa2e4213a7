"""Money on the running product: bought, given, shown, sold, and still there after `kill -9`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trio

from tests.server.customers import SECRET, Customer
from tests.server.people import Crowd
from tests.support.live_server import LiveServer
from tests.support.waiting import eventually

POLICIES = """
[token_sale]
packs = { "9.99 USD" = 100, "90.00 USD" = 1_000 }
"""
BILLING_SECRET = "meter-0123456789abcdef"
KILLS = 4
FANS = 4


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with a price list and a payment provider; it may be killed."""
    directory: Path = tmp_path_factory.mktemp("shop")
    policies = directory / "money.toml"
    policies.write_text(POLICIES)
    settings = {
        "money_policies": str(policies),
        "payment_secret": SECRET,
        "billing_secret": BILLING_SECRET,
        "tips_per_minute": "1000000",  # They tip as fast as they are answered.
    }
    server = LiveServer(directory, **settings, system_admins="root-admin")
    try:
        yield server.start()
    finally:
        server.stop()


async def test_a_show_from_announcement_to_cash_out(shop: LiveServer, crowd: Crowd) -> None:
    """Stock clients see tips and viewers; tickets are sold at the stream's price; all adds up."""
    cleo, ann = await Customer.of(shop, "cleo"), await Customer.of(shop, "ann")
    await cleo.done("PUT", "/api/creators/me", {"display_name": "Cleo"})
    await ann.buy(100)
    body = {"type": "private", "title": "Concert", "ticketPrice": 40, "maxTickets": 1}
    stream = (await cleo.done("POST", "/api/streams/create", body))["stream"]
    await cleo.done("POST", f"/api/streams/{stream['id']}/start")
    fan = await crowd.connect("fan", shop.url, auth={"token": ann.token})
    refused = await fan.ask("room:join", stream["channel"])
    assert (refused["success"], refused["code"]) == (False, "no_ticket")

    bought = await ann.done("POST", f"/api/streams/{stream['id']}/tickets/checkout", {})
    assert (bought["priceTokens"], bought["newBalance"]) == (40, 60)
    assert (await fan.ask("room:join", stream["channel"]))["viewers"] == 1
    tip = {"toCreatorId": "cleo", "amountTokens": 25, "message": "Zwölf 🎙",
           "context": {"channel": stream["channel"], "streamId": stream["id"]}}  # fmt: skip
    sent = await ann.done("POST", "/api/tips/send", tip)

    shown = await fan.hear(f"tip:new:{stream['channel']}")
    assert (shown["tipId"], shown["amountTokens"]) == (sent["tipId"], 25)
    assert (shown["fromUsername"], shown["message"]) == ("ann", "Zwölf 🎙")
    assert (await fan.hear("viewer-count"))["count"] == 1
    ended = (await cleo.done("POST", f"/api/streams/{stream['id']}/end"))["stream"]
    assert (ended["status"], ended["tickets_sold"]) == ("ended", 1)
    assert (await fan.hear("stream-status"))["status"] == "ended"
    assert (await ann.balance(), await cleo.balance()) == (35, 65)
    wallet = await cleo.done("GET", "/api/wallet")
    assert (wallet["total_earned"], wallet["cashable"]) == (65, 0)
    early = await cleo.call("POST", "/api/tokens/payout", {"tokenAmount": 1_000})
    assert (early.status_code, early.json()["error"]) == (402, "NOT_CASHABLE")


async def test_the_meter_runs_for_who_knows_its_secret(shop: LiveServer) -> None:
    """The setting reaches the edge of the running server: with it, and only with it, it is open."""
    async with httpx.AsyncClient(base_url=shop.url, timeout=15) as http:
        let_in = await http.post("/api/billing/meter", json={"secret": BILLING_SECRET})
        turned_away = await http.post("/api/billing/meter", json={"secret": BILLING_SECRET[:-1]})

    assert (let_in.status_code, let_in.json()["failed"]) == (200, 0)
    assert turned_away.status_code == 403


async def test_a_statement_without_an_end_has_what_just_happened(shop: LiveServer) -> None:
    """Each purchase is the last line of the statement that is asked for right after it."""
    eve = await Customer.of(shop, "eve")
    for bought in range(1, 4):
        await eve.buy(100)
        whole = (await eve.done("GET", "/api/billing/statement"))["statement"]
        assert (whole["closing"], len(whole["lines"])) == (str(100 * bought), bought)


async def test_what_was_acknowledged_survives_kills(shop: LiveServer) -> None:
    """Fans tip as fast as they are answered while the server dies; each key is one tip."""
    dora = await Customer.of(shop, "dora")
    await dora.done("PUT", "/api/creators/me", {"display_name": "Dora"})
    fans = [await Customer.of(shop, f"fan{number}") for number in range(FANS)]
    for fan in fans:
        await fan.buy(1_000)
    acknowledged: dict[str, str] = {}
    asked: dict[str, Customer] = {}
    stop = trio.Event()

    async def tip(fan: Customer, key: str) -> None:
        body = {"toCreatorId": "dora", "amountTokens": 1, "message": key}
        try:
            answer = await fan.call("POST", "/api/tips/send", body, key)
        except httpx.HTTPError:
            return
        if answer.status_code == 200:
            known = acknowledged.setdefault(key, answer.json()["tipId"])
            assert known == answer.json()["tipId"]

    async def keep_tipping(number: int, fan: Customer) -> None:
        for count in range(700):
            if stop.is_set():
                return
            key = f"k-{number}-{count}"
            asked[key] = fan
            await tip(fan, key)

    async with trio.open_nursery() as nursery:
        for number, fan in enumerate(fans):
            nursery.start_soon(keep_tipping, number, fan)
        for _ in range(KILLS):
            enough = len(acknowledged) + 25
            await eventually(lambda: len(acknowledged) >= enough, 60)  # noqa: B023
            await trio.to_thread.run_sync(shop.kill)
            await trio.to_thread.run_sync(shop.start)
        stop.set()

    sure = dict(acknowledged)
    with trio.fail_after(60):
        while lost := [key for key in asked if key not in acknowledged]:
            for key in lost:  # What died in flight is found by its key, once its claim lapses.
                await tip(asked[key], key)
    assert sure.items() <= acknowledged.items()
    assert len(set(acknowledged.values())) == len(asked)
    received = await dora.done("GET", "/api/tips/received?limit=1")
    assert received["total_tips"] == received["total_amount"] == len(asked)
    assert await dora.balance() == len(asked)
    left = [await fan.balance() for fan in fans]
    assert sum(left) == 1_000 * FANS - len(asked)
    stats = (await dora.done("GET", "/api/tips/stats/dora?period=24h"))["stats"]
    assert (stats["total_tips"], stats["unique_tippers"]) == (len(asked), FANS)
