"""What tests of money's routes do again and again."""

from __future__ import annotations

import itertools
import json
from typing import Any

import httpx

from actors.ledger.book import Balance
from actors.money.records import CreatorRow, SaveCreator
from actors.person import Person
from actors.webhooks.signing import signature_of
from tests.adapters.http.stack import Stack

SECRET = "whsec-0123456789abcdef"
OTHER_SECRET = "whsec-fedcba9876543210"

_numbers = itertools.count(1)


class Market:
    """A stack with people who are logged in."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    def headers(self, account: str, **more: str) -> dict[str, str]:
        return self.stack.token(Person(account=account)) | more

    async def get(self, account: str | None, path: str) -> httpx.Response:
        headers = self.headers(account) if account else {}
        return await self.stack.http.get(path, headers=headers)

    async def post(self, account: str | None, path: str, body: Any = None, *,
                   key: str | None = None, method: str = "POST") -> httpx.Response:  # fmt: skip
        headers = self.headers(account) if account else {}
        if key is not None:
            headers["Idempotency-Key"] = key
        return await self.stack.http.request(method, path, json=body or {}, headers=headers)

    def enrol(self, *accounts: str) -> None:
        for account in accounts:
            row = CreatorRow(
                account=account,
                display_name=account.title(),
                profile_pic=None,
                created_at_us=self.stack.clock.us,
            )
            self.stack.store.answer(SaveCreator(creator=row))

    async def buy(self, account: str, tokens: int = 100) -> dict[str, Any]:
        answer = await self.post(account, "/api/tokens/purchase", {"tokenAmount": tokens})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def webhook(self, event: Any, *, secret: str = SECRET, late_s: int = 0,
                      header: str = "Presence-Signature") -> httpx.Response:  # fmt: skip
        body = json.dumps(event).encode()
        time_s = self.stack.clock.us // 1_000_000 + late_s
        signed = f"t={time_s},v1={signature_of(secret, time_s, body)}"
        headers = {header: signed, "Content-Type": "application/json"}
        return await self.stack.http.post("/api/webhooks/payments", content=body, headers=headers)

    def paid_event(self, purchase: str, *, amount: int = 999, **about: Any) -> dict[str, Any]:
        return {
            "id": f"evt_{next(_numbers)}",
            "type": "payment_intent.succeeded",
            "data": {"object": {"id": purchase, "amount": amount, "currency": "usd", **about}},
        }

    async def give(self, account: str, tokens: int = 100) -> None:
        for _ in range(tokens // 100):
            bought = await self.buy(account)
            answer = await self.webhook(self.paid_event(bought["transaction"]["id"]))
            assert answer.json()["verdict"] == "applied", answer.text

    async def stream(self, creator: str, **fields: Any) -> dict[str, Any]:
        body = {"title": "Concert", "type": "private", "ticketPrice": 40, **fields}
        answer = await self.post(creator, "/api/streams/create", body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["stream"]
        return found

    def tokens(self, account: str) -> int:
        books = self.stack.store.ledger.balances
        return books.get((f"user:{account}:main", "TOK"), Balance()).posted
