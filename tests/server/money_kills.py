"""A market whose server is killed again and again, and the count of what must be in its books.

Run: nice python -m tests.server.money_kills [--kills 200] [--seed 1]

Fans buy tokens, tip, buy tickets and call; creators cash out. Every act has a key and is asked
again until it is answered, whatever dies meanwhile, so at the end it is known to the token what
everybody holds. Every fourth kill is the database's, the others are the server's.
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import httpx
import trio

from actors.webhooks.signing import signature_of
from tests.server.accounts import Account
from tests.support.cut_off import client
from tests.support.live_server import LiveServer
from tests.support.waiting import eventually

SECRET = "whsec-0123456789abcdef"
POLICIES = """
[token_sale]
packs = { "9.99 USD" = 100, "90.00 USD" = 1_000 }
cashout_lock = "0d"
cashout_min = 1
"""
FANS, STARS = ("ada", "ben", "cyd"), ("sol", "tao")
BLOCK_S = 7
RATE = 100
TALKS_S = 20.0
KNOCK_S = 0.1
START_WITHIN_S = 120.0
SETTLED_WITHIN_S = 180.0
"""A campaign may run for hours on a machine that does other work."""

REPLAYED_MAX = 100
DATABASE_EVERY = 4


@dataclass(slots=True)
class Act:
    """A request that was answered, and with what."""

    who: str
    path: str
    body: Any
    key: str
    answer: Any


@dataclass(slots=True)
class Books:
    """What must be there: tokens by account, the acts that were acknowledged, the calls."""

    tokens: Counter[str] = field(default_factory=Counter)
    acts: list[Act] = field(default_factory=list)
    calls: dict[str, tuple[str, int]] = field(default_factory=dict)  # id to (fan, cost)
    blocks: int = 0

    def move(self, source: str | None, target: str | None, tokens: int) -> None:
        """Note that tokens went from one to the other; None is the world outside."""
        if source is not None:
            self.tokens[source] -= tokens
        if target is not None:
            self.tokens[target] += tokens


def market_server(directory: Path) -> LiveServer:
    """Return a server with a price list, a payment provider and short blocks."""
    policies = directory / "money.toml"
    policies.write_text(POLICIES)
    server = LiveServer(
        directory,
        money_policies=str(policies),
        payment_secret=SECRET,
        call_block_s=str(BLOCK_S),
        call_free_under_s="0",
        requests_per_s="100000",
    )
    server.start_within_s = START_WITHIN_S
    return server


class Market:
    """People who trade without a pause on a server that dies."""

    def __init__(self, server: LiveServer, seed: int) -> None:
        self.books = Books()
        self.kills: Counter[str] = Counter()
        self.refusals: Counter[str] = Counter()
        self._server = server
        self._seed = seed
        self._chance = Random(seed)
        self._keys = itertools.count()
        self._people: dict[str, httpx.AsyncClient] = {}
        self._stop = trio.Event()

    async def run(self, kills: int) -> None:
        """Trade, kill so many times, let everything come to its end, and check the books.

        Raises:
            AssertionError: something acknowledged is gone, is there twice, or does not add up.
            trio.TooSlowError: an act is not answered although everything is up again.
        """
        for name in (*FANS, *STARS):
            await self._arrive(name)
        for star in STARS:
            await self._insist(star, "PUT", "/api/creators/me", {"display_name": star})
        for fan in FANS:
            await self._buy(fan, 1_000)
        async with trio.open_nursery() as trade:
            for fan in FANS:
                for act in (self._tip, self._tip, self._visit, self._restock):
                    trade.start_soon(self._again_and_again, act, fan)
                trade.start_soon(self._again_and_again, self._talk, fan)
            for star in STARS:
                trade.start_soon(self._again_and_again, self._cash_out, star)
            for number in range(1, kills + 1):
                await self._kill(number)
            self._stop.set()
            trade.cancel_scope.deadline = trio.current_time() + SETTLED_WITHIN_S
        assert not trade.cancel_scope.cancelled_caught, "an act was never answered"
        await self._check()
        for person in self._people.values():
            await person.aclose()

    async def _arrive(self, name: str) -> None:
        async with httpx.AsyncClient(base_url=self._server.url, timeout=30) as http:
            token = await Account(self._server, name).log_in(http)
        headers = {"Authorization": f"Bearer {token}"}
        self._people[name] = client(self._server.url, timeout=30, headers=headers)

    # What dies.

    async def _kill(self, number: int) -> None:
        """Kill at some moment in which acts are under way; return when all is up again."""
        enough = len(self.books.acts) + 5
        await eventually(lambda: len(self.books.acts) >= enough, SETTLED_WITHIN_S)
        await trio.sleep(self._chance.uniform(0, 2))
        if number % DATABASE_EVERY == 0:
            self._server.kill_database()
            self.kills["database"] += 1
            return
        await trio.to_thread.run_sync(self._server.kill)
        self.kills["server"] += 1
        await trio.to_thread.run_sync(self._server.start)

    # What people do.

    async def _again_and_again(self, act: Callable[[str], Awaitable[None]], who: str) -> None:
        while not self._stop.is_set():
            await act(who)

    async def _tip(self, fan: str) -> None:
        star, tokens = self._chance.choice(STARS), self._chance.randint(1, 3)
        body = {"toCreatorId": star, "amountTokens": tokens, "message": "♥"}
        if await self._act(fan, "/api/tips/send", body) is not None:
            self.books.move(fan, star, tokens)

    async def _visit(self, fan: str) -> None:
        """Have a stream announced, and buy a ticket for it."""
        star, price = self._chance.choice(STARS), self._chance.randint(1, 5)
        body = {"type": "private", "title": "Show", "ticketPrice": price, "maxTickets": 1}
        made = await self._act(star, "/api/streams/create", body)
        assert made is not None
        path = f"/api/streams/{made['stream']['id']}/tickets/checkout"
        if await self._act(fan, path, {"priceTokens": price}) is not None:
            self.books.move(fan, star, price)

    async def _restock(self, fan: str) -> None:
        await self._buy(fan, 100)

    async def _buy(self, fan: str, tokens: int) -> None:
        """Begin to buy, and have the provider say, as often as it likes, that it is paid."""
        bought = await self._act(fan, "/api/tokens/purchase", {"tokenAmount": tokens})
        assert bought is not None
        paid = bought["transaction"]
        cents = int(paid["amount"].replace(".", ""))
        about = {"id": paid["id"], "amount": cents, "currency": "usd"}
        event = {"id": f"evt_{paid['id']}", "type": "payment_intent.succeeded"}
        body = json.dumps({**event, "data": {"object": about}}).encode()
        for _ in range(self._chance.choice((1, 1, 2))):
            time_s = int(time.time())
            signature = f"t={time_s},v1={signature_of(SECRET, time_s, body)}"
            headers = {"Presence-Signature": signature, "Content-Type": "application/json"}
            path = "/api/webhooks/payments"
            await self._insist(fan, "POST", path, content=body, headers=headers)
        self.books.move(None, fan, tokens)

    async def _cash_out(self, star: str) -> None:
        if await self._act(star, "/api/tokens/payout", {"tokenAmount": 2}) is not None:
            self.books.move(star, None, 2)
        await trio.sleep(KNOCK_S)

    async def _talk(self, fan: str) -> None:
        """Call a creator, be there for a while, both of us, and hang up."""
        star = self._chance.choice(STARS)
        body = {"creatorId": star, "rate_tokens_per_min": RATE}
        begun = await self._act(fan, "/api/calls/init", body)
        if begun is None:
            return
        call = f"/api/calls/{begun['callId']}"
        await self._insist(star, "POST", f"{call}/accept", may_refuse=True)
        with trio.move_on_after(self._chance.uniform(2, TALKS_S)):
            while not self._stop.is_set():
                for name in (fan, star):
                    await self._insist(name, "POST", f"{call}/heartbeat", may_refuse=True)
                await trio.sleep(1)
        ended = await self._insist(self._chance.choice((fan, star)), "POST", f"{call}/end")
        assert ended is not None
        self.books.calls[begun["callId"]] = (fan, ended["totalCost"])
        self.books.move(fan, star, ended["totalCost"])

    async def _act(self, who: str, path: str, body: Any) -> Any:
        """Do something that moves tokens, once; return the answer, None when it was refused."""
        key = f"{self._seed}-{next(self._keys)}"
        answer = await self._insist(who, "POST", path, body, key=key, may_refuse=True)
        if answer is not None:
            self.books.acts.append(Act(who, path, body, key, answer))
        return answer

    async def _insist(
        self, who: str, method: str, path: str, body: Any = None, *, key: str = "",
        may_refuse: bool = False, **more: Any
    ) -> Any:  # fmt: skip
        """Ask until there is an answer; None: it was refused, and may be."""
        if key:
            more["headers"] = {"Idempotency-Key": key}
        if body is not None:
            more["json"] = body
        while True:
            try:
                answer = await self._people[who].request(method, path, **more)
            except httpx.HTTPError:
                await trio.sleep(KNOCK_S)
                continue
            if answer.status_code == 200:
                return answer.json()
            busy = answer.status_code in (429, 500, 502, 503, 504)
            if busy or answer.json().get("code") == "duplicate_request":
                await trio.sleep(KNOCK_S)
                continue
            assert may_refuse, (path, answer.text)
            self.refusals[answer.json().get("code", answer.json().get("error"))] += 1
            return None

    # What must be so.

    async def _check(self) -> None:
        for act in self.books.acts[:: max(1, len(self.books.acts) // REPLAYED_MAX)]:
            again = await self._insist(act.who, "POST", act.path, act.body, key=act.key)
            if not act.path.startswith("/api/calls/"):  # Whose answer shows the call as it is now.
                assert again == act.answer, act
        for call_id, (fan, cost) in self.books.calls.items():
            path = f"/api/billing/calls/{call_id}/history"
            events = (await self._insist(fan, "GET", path))["events"]
            numbers = sorted(event["block"] for event in events)
            assert numbers == list(range(1, len(events) + 1)), (call_id, numbers)
            assert all(event["paid"] for event in events), (call_id, events)
            assert sum(event["amount"] for event in events) == cost, (call_id, cost, events)
            self.books.blocks += len(events)
        for name in (*FANS, *STARS):
            held = (await self._insist(name, "GET", "/api/tokens/balance"))["balance"]
            assert held == self.books.tokens[name], (name, held, self.books.tokens[name])
        verdict = await trio.to_thread.run_sync(self._server.command, "ledger", "verify")
        assert verdict.returncode == 0, verdict.stdout + verdict.stderr


def main() -> None:
    """Run a campaign and say what was done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        server = market_server(Path(directory))
        try:
            market = Market(server.start(), asked.seed)
            trio.run(market.run, asked.kills)
        finally:
            server.stop()
    kinds = Counter(act.path.split("/")[2] for act in market.books.acts)
    print(f"{asked.kills} kills, seed {asked.seed}: {dict(market.kills)}")  # noqa: T201
    print(f"{len(market.books.acts):,} acts: {dict(kinds)}, refused {dict(market.refusals)}")  # noqa: T201
    calls = len(market.books.calls)
    print(f"{calls} calls, {market.books.blocks} blocks; the books are as they must be")  # noqa: T201


if __name__ == "__main__":
    main()
