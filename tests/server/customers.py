"""People with money on a test's server, and the payment provider who says that they have paid."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx

from actors.webhooks.signing import signature_of
from tests.server.accounts import Account
from tests.support.cut_off import client
from tests.support.live_server import LiveServer

SECRET = "whsec-0123456789abcdef"


class Customer:
    """Somebody who is logged in."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self.token = token

    @classmethod
    async def of(cls, server: LiveServer, name: str) -> Customer:
        async with httpx.AsyncClient(base_url=server.url, timeout=15) as http:
            return cls(server.url, await Account(server, name).log_in(http))

    async def call(self, method: str, path: str, body: Any = None,
                   key: str | None = None) -> httpx.Response:  # fmt: skip
        headers = {"Authorization": f"Bearer {self.token}"}
        if key is not None:
            headers["Idempotency-Key"] = key
        async with client(self._url, timeout=30) as http:
            return await http.request(method, path, json=body, headers=headers)

    async def done(self, method: str, path: str, body: Any = None,
                   key: str | None = None) -> Any:  # fmt: skip
        answer = await self.call(method, path, body, key)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def buy(self, tokens: int) -> None:
        bought = await self.done("POST", "/api/tokens/purchase", {"tokenAmount": tokens})
        cents = bought["transaction"]["amount"].replace(".", "")
        event = {
            "id": f"evt_{bought['transaction']['id']}",
            "type": "payment_intent.succeeded",
            "data": {
                "object": {
                    "id": bought["transaction"]["id"],
                    "amount": int(cents),
                    "currency": "usd",
                }
            },
        }
        body, time_s = json.dumps(event).encode(), int(time.time())
        headers = {
            "Presence-Signature": f"t={time_s},v1={signature_of(SECRET, time_s, body)}",
            "Content-Type": "application/json",
        }
        async with client(self._url, timeout=15) as http:
            answer = await http.post("/api/webhooks/payments", content=body, headers=headers)
        assert answer.json()["verdict"] == "applied", answer.text

    async def balance(self) -> int:
        return int((await self.done("GET", "/api/tokens/balance"))["balance"])
