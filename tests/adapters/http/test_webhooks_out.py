"""Endpoints over HTTP: who makes them, sees them and turns them, and what is shown of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio

from actors.limits import LimitSettings
from actors.person import Person
from actors.settings import ActorSettings
from tests.adapters.http.market import Market
from tests.adapters.http.stack import Stack, running
from tests.support.waiting import eventually

AT = "/api/webhooks/endpoints"
URL = "https://hooks.example/cleo"
OPERATOR = "root-admin"


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    policy = ActorSettings(system_admins=(OPERATOR,))
    async with running(tmp_path / "keys", policy=policy, webhooks_per_account=3) as one:
        Market(one).enrol("cleo")
        await one.fund("ann", 100)
        yield one


class Client:
    """Somebody who is logged in."""

    def __init__(self, stack: Stack, account: str | None) -> None:
        self.stack = stack
        self.headers = stack.token(Person(account=account)) if account else {}

    async def call(self, method: str, path: str, body: Any = None,
                   key: str | None = None) -> httpx.Response:  # fmt: skip
        keyed = {"Idempotency-Key": key} if key else {}
        return await self.stack.http.request(method, path, json=body, headers=self.headers | keyed)

    async def code(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        answer = await self.call(method, path, body)
        return answer.status_code, answer.json().get("code", "ok")

    async def made(self, **fields: Any) -> dict[str, Any]:
        answer = await self.call("POST", AT, {"url": URL, **fields})
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


async def test_an_endpoint_is_made_told_and_listed(stack: Stack) -> None:
    """The secret stands in the first answer alone; what came of a tip can be looked up."""
    cleo, ann = Client(stack, "cleo"), Client(stack, "ann")
    made = await cleo.made(events=["tip.given", "tip.given"])
    one = made["endpoint"]
    tip = {"toCreatorId": "cleo", "amountTokens": 5}
    assert (await ann.call("POST", "/api/tips/send", tip)).status_code == 200
    await eventually(lambda: bool(stack.outside.received))

    (got,) = stack.outside.received
    assert (got.url, one["events"], one["scope"]) == (URL, ["tip.given"], "own")
    assert made["secret"].startswith("whsec_")
    assert len(made["secret"]) == 70
    listed = (await cleo.call("GET", AT)).text
    assert one["id"] in listed
    assert made["secret"] not in listed
    at = f"{AT}/{one['id']}/deliveries"

    async def is_delivered() -> bool:
        return bool((await cleo.call("GET", f"{at}?state=delivered")).json()["count"])

    with trio.fail_after(5):
        while not await is_delivered():
            pass
    (delivery,) = (await cleo.call("GET", at)).json()["deliveries"]
    assert (delivery["state"], delivery["type"], delivery["last_status"]) == (
        "delivered", "tip.given", 200,
    )  # fmt: skip
    assert (await cleo.call("GET", f"{at}?state=failed")).json()["count"] == 0
    assert await cleo.code("POST", f"{at}/{delivery['event_id']}/redeliver") == (200, "ok")
    await eventually(lambda: len(stack.outside.received) == 2)
    assert {one.body for one in stack.outside.received} == {got.body}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "http://hooks.example/"}, "url"),
        ({"url": "https://localhost/"}, "url"),
        ({"url": "https://u:p@hooks.example/"}, "url"),
        ({"url": 5}, "url"),
        ({}, "url"),
        ({"url": URL, "events": ["tip.stolen"]}, "events"),
        ({"url": URL, "events": "tip.given"}, "events"),
        ({"url": URL, "scope": "some"}, "scope"),
    ],
)
async def test_what_will_not_do_is_refused_by_name(
    stack: Stack, body: dict[str, Any], field: str
) -> None:
    """Nothing is made."""
    cleo = Client(stack, "cleo")
    answer = await cleo.call("POST", AT, body)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_input")
    assert answer.json()["field"] == field
    assert (await cleo.call("GET", AT)).json()["count"] == 0


async def test_a_key_makes_one_endpoint(stack: Stack) -> None:
    """A repeat is answered the same, secret and all; without it nobody could use the first."""
    cleo = Client(stack, "cleo")
    first, again = [await cleo.call("POST", AT, {"url": URL}, key="k1") for _ in range(2)]

    assert first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (await cleo.call("GET", AT)).json()["count"] == 1


async def test_an_account_has_three(stack: Stack) -> None:
    """As the setting says; deleting one makes room."""
    cleo = Client(stack, "cleo")
    made = [await cleo.made() for _ in range(3)]
    assert await cleo.code("POST", AT, {"url": URL}) == (409, "too_many_endpoints")
    assert await cleo.code("DELETE", f"{AT}/{made[0]['endpoint']['id']}") == (200, "ok")

    assert await cleo.code("POST", AT, {"url": URL}) == (200, "ok")


async def test_strangers_find_nothing_and_guests_nothing_at_all(stack: Stack) -> None:
    """Somebody else's endpoint is not there; without an account there is nothing to ask."""
    id_ = (await Client(stack, "cleo").made())["endpoint"]["id"]
    routes = [
        ("DELETE", f"{AT}/{id_}"), ("GET", f"{AT}/{id_}/deliveries"),
        *(("POST", f"{AT}/{id_}/{v}") for v in ("rotate-secret", "enable", "disable", "test")),
        ("POST", f"{AT}/{id_}/deliveries/{id_}/redeliver"),
    ]  # fmt: skip
    for method, path in routes:
        assert await Client(stack, "ann").code(method, path) == (404, "endpoint_not_found")
        assert await Client(stack, None).code(method, path) == (401, "login_required")
        nothing = path.replace(id_, "nothing", 1)
        assert (await Client(stack, "cleo").code(method, nothing))[0] == 404
    assert await Client(stack, "cleo").code(*routes[-1]) == (404, "delivery_not_found")
    assert await Client(stack, None).code("GET", AT) == (401, "login_required")


async def test_operators_see_and_disable_all_and_may_be_told_all(stack: Stack) -> None:
    """Others may not; and no answer shows a secret that was made before."""
    cleo, op = Client(stack, "cleo"), Client(stack, OPERATOR)
    made = await cleo.made()
    id_ = made["endpoint"]["id"]
    assert await cleo.code("GET", f"{AT}?scope=all") == (403, "operators_only")
    wish = {"url": URL, "scope": "all"}
    assert await cleo.code("POST", AT, wish) == (403, "operators_only")
    everything = (await op.made(scope="all"))["endpoint"]
    assert (everything["scope"], everything["owner"]) == ("all", OPERATOR)
    seen = (await op.call("GET", f"{AT}?scope=all")).json()["endpoints"]
    assert [one["id"] for one in seen] == [id_, everything["id"]]
    answer = await op.call("POST", f"{AT}/{id_}/disable")
    assert answer.json()["endpoint"]["disabled_because"] == "by an operator"
    assert made["secret"] not in answer.text
    assert await cleo.code("POST", f"{AT}/{id_}/test") == (409, "endpoint_disabled")
    assert await cleo.code("POST", f"{AT}/{id_}/enable") == (200, "ok")


async def test_a_secret_is_rotated(stack: Stack) -> None:
    """The answer has the new one and says until when the old one signs too."""
    cleo = Client(stack, "cleo")
    made = await cleo.made()
    answer = await cleo.call("POST", f"{AT}/{made['endpoint']['id']}/rotate-secret")

    assert answer.json()["secret"] != made["secret"]
    assert made["endpoint"]["previous_secret_until"] is None
    assert answer.json()["endpoint"]["previous_secret_until"].startswith("2025-11-22T01:5")


async def test_changes_are_limited(tmp_path: Path) -> None:
    """As other writes are; looking is not one."""
    limits = LimitSettings(webhook_changes_per_minute=2)
    async with running(tmp_path / "keys", limits=limits) as stack:
        cleo = Client(stack, "cleo")
        for _ in range(2):
            await cleo.made()
        assert await cleo.code("POST", AT, {"url": URL}) == (429, "rate_limited")
        assert await cleo.code("GET", AT) == (200, "ok")
