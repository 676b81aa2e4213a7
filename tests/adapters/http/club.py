"""What tests of subscriptions over HTTP do again and again."""

from __future__ import annotations

from typing import Any

import httpx

from adapters.http.openapi import operation_id
from adapters.http.routing import AnyRoute
from adapters.http.subscription_table import SUBSCRIPTIONS
from tests.adapters.http.market import Market
from tests.adapters.http.stack import Stack

ADMIN = "/api/admin/subscriptions"
PROMO = {"code": "spring", "discount_type": "percentage", "discount_value": 20, "max_uses": 100}


class Counter(Market):
    """A market that sells subscriptions; root-admin is an operator."""

    async def promo(self, **fields: Any) -> httpx.Response:
        return await self.post("root-admin", f"{ADMIN}/promo-codes", PROMO | fields)

    async def order(self, who: str, *, key: str | None = None, **fields: Any) -> httpx.Response:
        usual = {"purchase_type": "subscription", "tierCode": "basic", "currency": "HIVE"}
        return await self.post(who, "/api/payments/purchase", usual | fields, key=key)

    async def ordered(self, who: str, **fields: Any) -> dict[str, Any]:
        answer = await self.order(who, **fields)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def confirm(self, channel: str, by: str = "root-admin", **fields: Any) -> httpx.Response:
        body = {"reference": f"tx of {channel}", **fields}
        return await self.post(by, f"/api/admin/payments/{channel}/confirm", body)

    async def subscribe(self, who: str, **fields: Any) -> dict[str, Any]:
        channel = (await self.ordered(who, **fields))["payment_channel_id"]
        answer = await self.confirm(channel)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def credit(self, account: str, asset: str) -> int:
        balance = self.stack.store.ledger.balances.get((f"user:{account}:credit", asset))
        return 0 if balance is None else balance.posted


async def good_subscription_answers(stack: Stack) -> dict[str, Any]:
    """Call every route of subscriptions so that it succeeds; answers by operation id."""
    counter = Counter(stack)
    await counter.subscribe("alice")
    over = await counter.ordered("alice")
    await counter.confirm(over["payment_channel_id"], amount="11.000", currency="HBD")
    return {operation_id(route): await _good_answer(counter, route) for route in SUBSCRIPTIONS}


async def _good_answer(counter: Counter, route: AnyRoute) -> Any:
    path = route.path.replace("{account}", "alice").replace("{tier_id}", "2")
    who = "root-admin" if "/admin/" in path else "alice"
    bodies: dict[str, Any] = {
        "/calculate-price": {"tierCode": "pro"},
        "/payments/purchase": {"purchase_type": "subscription", "amount": 10.0},
        "/confirm": {"reference": "tx7"},
        "/paid-back": {"account": "alice", "amount": 1, "currency": "HBD", "reference": "tx8"},
        "/promo-codes": PROMO,
        f"{ADMIN}/tiers": {"tier_code": "gold", "monthly_price_usd": "99.90"},
        "/pricing/update": {"hive_usd": 0.25},
    }
    if "{payment_channel_id}" in path:
        made = await counter.ordered("alice", tierCode="pro")
        path = path.replace("{payment_channel_id}", made["payment_channel_id"])
    body = next((each for ending, each in bodies.items() if path.endswith(ending)), None)
    queries = {"/access": "?feature=storage_gb", "/prices": "?tokens=20"}
    query = next((each for ending, each in queries.items() if path.endswith(ending)), "")
    headers = counter.headers(who)
    answer = await counter.stack.http.request(
        route.method, path + query, json=None if route.method == "GET" else body, headers=headers
    )
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()
