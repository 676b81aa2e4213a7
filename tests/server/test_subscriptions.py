"""Subscriptions on the running product: paid once whatever falls, and they count at once."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx
import pytest
import trio

from actors.webhooks.signing import signature_of
from tests.server.customers import SECRET, Customer
from tests.server.people import Crowd
from tests.support.cut_off import client
from tests.support.live_server import LiveServer
from tests.support.waiting import eventually

KILLS = 3
PURCHASE = "/api/payments/purchase"
BUYERS = ("ada", "bob", "cay", "dan")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with a payment provider and an operator; it may be killed."""
    directory = tmp_path_factory.mktemp("desk")
    server = LiveServer(directory, payment_secret=SECRET, system_admins="root-admin,head-admin")
    try:
        yield server.start()
    finally:
        server.stop()


async def paid(url: str, channel: str, event: str, amount: int = 200) -> str:
    """Send the provider's word; return the verdict, or nothing when nobody answered."""
    about = {"id": channel, "amount": amount, "currency": "usd"}
    body = json.dumps({"id": event, "type": "payment.succeeded", "data": {"object": about}})
    time_s = int(time.time())
    signed = f"t={time_s},v1={signature_of(SECRET, time_s, body.encode())}"
    headers = {"Presence-Signature": signed, "Content-Type": "application/json"}
    try:
        async with client(url, timeout=15) as http:
            answer = await http.post("/api/webhooks/payments", content=body, headers=headers)
    except httpx.HTTPError:
        return ""
    return str(answer.json().get("verdict", "")) if answer.status_code == 200 else ""


async def test_a_subscription_counts_where_its_person_is(desk: LiveServer, crowd: Crowd) -> None:
    """Bought while in a space: the abilities change over the connection that is there."""
    eve = await Customer.of(desk, "eve")
    client = await crowd.connect("eve", desk.url, auth={"token": eve.token})
    await client.ask("join-space", {"spaceType": "global", "spaceId": "lobby"})
    order = {"purchase_type": "subscription", "tierCode": "premium", "currency": "HBD"}
    made = await eve.done("POST", PURCHASE, order)
    operator = await Customer.of(desk, "root-admin")
    path = f"/api/admin/payments/{made['payment_channel_id']}/confirm"
    confirmed = await operator.done("POST", path, {"reference": "tx1", "amount": "7.500"})

    assert confirmed["status"] == "confirmed"
    changes = "abilities-changed"
    await eventually(
        lambda: "subscriber" in [told["abilities"]["standing"] for told in client.all(changes)]
    )
    shown = await eve.done("GET", "/api/subscriptions/user/eve")
    assert (shown["tier_code"], shown["is_premium"]) == ("premium", True)


async def test_kill_dash_nine_costs_nobody_and_gives_nothing_twice(desk: LiveServer) -> None:
    """Four race for a code that is good twice; the provider repeats itself; the server falls."""
    operator = await Customer.of(desk, "head-admin")
    code = {"code": "SPRING", "discount_type": "percentage", "discount_value": 20, "max_uses": 2}
    await operator.done("POST", "/api/admin/subscriptions/promo-codes", code)
    earlier = (await operator.done("GET", "/api/admin/subscriptions/stats"))["stats"]
    earlier = earlier["revenue_this_month"]
    people = {name: await Customer.of(desk, name) for name in BUYERS}
    order = {"purchase_type": "subscription", "tierCode": "basic", "currency": "USD"}
    channels: dict[str, str] = {}
    refused: list[str] = []
    tries = 0

    stop = trio.Event()

    async def buy(name: str) -> None:
        """Order until there is an answer, then have it confirmed again and again."""
        nonlocal tries
        wish = {**order, "promoCode": "SPRING"}
        while name not in channels and name not in refused:
            tries += 1
            try:
                answer = await people[name].call("POST", PURCHASE, wish, f"buy-{name}")
            except httpx.HTTPError:
                continue
            if answer.status_code == 200:
                channels[name] = answer.json()["payment_channel_id"]
            elif answer.json()["code"] == "promo_used_up":
                refused.append(name)
        while name in channels and not stop.is_set():
            tries += 1
            await paid(desk.url, channels[name], f"evt-{name}")

    async with trio.open_nursery() as nursery:
        for name in BUYERS:
            nursery.start_soon(buy, name)
        for number in range(1, KILLS + 1):
            await eventually(lambda: tries >= 4 * number)  # noqa: B023
            await trio.to_thread.run_sync(desk.kill)
            await trio.to_thread.run_sync(desk.start)
        stop.set()
    for name, channel in channels.items():
        assert await paid(desk.url, channel, f"evt-{name}") == "applied"

    assert (len(channels), len(refused)) == (2, 2)

    stats = await operator.done("GET", "/api/admin/subscriptions/stats")
    assert stats["stats"]["revenue_this_month"] == {"USD": "4.00", **earlier}
    for name in BUYERS:
        shown = await people[name].done("GET", f"/api/subscriptions/user/{name}")
        assert shown["has_active_subscription"] is (name in channels)
        if name in channels:
            assert shown["subscription"]["days_until_expiry"] in (30, 31)
    listed = await operator.done("GET", "/api/admin/subscriptions/promo-codes")
    assert listed["promo_codes"][0]["current_uses"] == 2
