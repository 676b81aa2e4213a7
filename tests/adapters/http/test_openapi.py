"""The served document is the truth: real answers of every route fit it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from actors.ledger.transfer import derived_id
from actors.money.policy import read_policies
from actors.person import Person
from actors.settings import ActorSettings
from actors.store_hall import StandingRow
from adapters.http.call_table import CALLS
from adapters.http.hall_table import HALL_ROUTES
from adapters.http.money_answers import MoneyProblem
from adapters.http.openapi import operation_id
from adapters.http.routing import AnyRoute, Nothing
from adapters.http.table import ROUTES
from adapters.http.webhook_table import WEBHOOKS
from adapters.identity.hive_keys import sign
from engine.outcome import Err
from sim.replica import Document, Post
from tests.adapters.http.club import good_subscription_answers
from tests.adapters.http.market import SECRET, Market
from tests.adapters.http.stack import LOBBY, LOBBY_PATH, Stack, running

ALICE, BOB = Person(account="alice"), Person(account="bob")


class Document31:
    """The served document, and whether an answer fits it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def check(self, method: str, path: str, status: int, body: Any) -> None:
        """Fail unless `body` is what the document promises for this status."""
        operation = self.document["paths"][path][method.lower()]
        response = operation["responses"][str(status)]
        schema = response["content"]["application/json"]["schema"]
        whole = {**schema, "components": self.document["components"]}
        Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(
            body
        )


async def served_document(stack: Stack) -> Document31:
    answer = await stack.http.get("/openapi.json")
    assert answer.headers["Content-Type"] == "application/json"
    return Document31(answer.json())


async def test_the_document_is_openapi_3_1(stack: Stack) -> None:
    """By the specification's own schema; each operation has an id of its own."""
    document = (await served_document(stack)).document
    validate(document)

    ids = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert document["openapi"] == "3.1.0"
    assert len(ids) == len(set(ids)) == len(ROUTES)
    assert all(re.fullmatch(r"[a-z0-9_]+", one) for one in ids)


async def test_no_reference_leads_nowhere_and_no_schema_is_left_over(stack: Stack) -> None:
    """What is described is used, and the other way round."""
    text = (await stack.http.get("/openapi.json")).text
    used = set(re.findall(r'"#/components/schemas/([A-Za-z0-9]+)"', text))
    described = set((await served_document(stack)).document["components"]["schemas"])

    assert used == described


class HallStory:
    """What it takes for every route of a hall to succeed in the order of the table."""

    BODIES: ClassVar[dict[str, Any]] = {
        "audio/mode": {"audio_mode": "stage"},
        "audio": {"audio_mode": "stage", "created_by": "alice"},
        "calculate-connections": {
            "user_positions": [
                {"user_account": one, "position": {"x": x, "y": 1.6, "z": 0}}
                for one, x in (("alice", 0), ("bob", 2))
            ]
        },
        "grant": {"target_user": "alice"},
        "decline": {"target_user": "bob"},
        "speaker/pass": {"target_user": "bob"},
        "audio/sessions": {"space_type": "global", "space_id": "lobby", "audio_mode": "stage"},
        "end": {"passed_to": "bob"},
        "microphones": {"microphone_name": "main"},
        "{microphone_id}": {"time_limit_seconds": 60},
        "{microphone_id}/pass": {"target_user": "bob"},
        "questions": {"text": "why?"},
        "bans": {"target_user": "bob"},
        "lift": {"target_user": "bob"},
    }

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.names = {"{session_id}": "1", "{number}": "1"}
        self.alice, self.bob = stack.token(ALICE), stack.token(BOB)

    async def before(self, route: AnyRoute) -> dict[str, Any] | None:
        """Do what must come first; return the body to send."""
        path = route.path
        if path.endswith("speaker/decline"):
            await self.post(self.bob, f"{LOBBY_PATH}/audio/speaker/request")
        elif path.endswith("{microphone_id}/release"):
            await self.post(self.alice, self.path(path).replace("release", "request"))
        elif path.endswith("questions/open"):
            microphone_id = await self.microphone()
            return {"microphone_id": microphone_id, "title": "Ask!"}
        elif path.endswith("withdraw"):
            self.names["{number}"] = "2"
            await self.post(self.bob, f"{LOBBY_PATH}/questions", {})
        if route.method == "GET" or route.body is Nothing:
            return None
        ends = [end for end in self.BODIES if path.endswith(f"/{end}")]
        body: dict[str, Any] = self.BODIES[max(ends, key=len)] if ends else {}
        return body

    def after(self, route: AnyRoute, answer: Any) -> None:
        """Keep the ids that later routes name."""
        if route.path.endswith("/microphones") and route.method == "POST":
            self.names["{microphone_id}"] = answer["microphone"]["id"]
        elif route.path.endswith("questions/open"):
            self.names["{round_id}"] = answer["questions"]["id"]

    def path(self, path: str) -> str:
        for name, value in self.names.items():
            path = path.replace(name, value)
        return path

    async def microphone(self) -> str:
        made = await self.post(
            self.alice, f"{LOBBY_PATH}/microphones", {"microphone_name": "questions"}
        )
        microphone_id: str = made["microphone"]["id"]
        return microphone_id

    async def post(self, token: dict[str, str], path: str, body: Any = None) -> Any:
        answer = await self.stack.http.post(path, json=body, headers=token)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()


async def good_answers(stack: Stack) -> dict[str, Any]:
    """Call every route once so that it succeeds; answers by operation id."""
    row = StandingRow(account="alice", permissions=("admin",))
    stack.store.hall.standings[LOBBY.type, LOBBY.id, "alice"] = row
    await stack.enter(LOBBY, ALICE, BOB, Person(guest_id="0a0b0c0d", name="Ann"))
    story = HallStory(stack)
    stack.store.add_post(
        Post(author="ada", permlink="harbour", type="360", rating=4.5, votes=3, created_at_us=1)
    )
    stack.store.add_document(Document(id="7", owner="alice", document_name="N", is_public=True))
    secret = stack.account("alice")
    http, token = stack.http, stack.token(ALICE)
    text = (await http.get("/api/auth/challenge?account=alice")).json()["challenge"]
    login = {"account": "alice", "challenge": text, "signature": sign(secret, text)}
    bodies: dict[str, Any] = {
        "/api/auth/login": login,
        "/api/auth/guest": {"name": "Bea"},
        "/api/presence/chat/messages": {
            "space_type": "global",
            "space_id": "lobby",
            "content": "hello",
        },
    }
    answers = await call_answers(stack) | await good_subscription_answers(stack)
    answers |= await good_webhook_answers(stack)
    for route in ROUTES:
        if operation_id(route) in answers:
            continue
        path = route.path.replace("{space_type}", "global").replace("{space_id...}", "lobby")
        if route.problem is MoneyProblem:
            answers[operation_id(route)] = await good_money_answer(stack, route.method, path)
            continue
        body = bodies.get(route.path)
        if route in HALL_ROUTES:
            body = await story.before(route)
            path = story.path(path)
        if route.path.endswith("/messages") and route.method == "POST":
            body = body or {"content": "hello"}
        query = "?account=alice" if route.path == "/api/auth/challenge" else ""
        query = "?at=1500" if route.path.endswith("/audibility") else query
        headers = {} if route.path == "/api/auth/login" else token
        answer = await http.request(route.method, path + query, json=body, headers=headers)
        assert answer.status_code == 200, (route.path, answer.text)
        answers[operation_id(route)] = answer.json()
        story.after(route, answer.json())
    return answers


async def call_answers(stack: Stack) -> dict[str, Any]:
    """Have Carol ring Dan and talk; answers of the calls' routes by operation id."""
    await stack.fund("carol", 1_000)
    Market(stack).enrol("dan")
    carol, dan = (stack.token(Person(account=name)) for name in ("carol", "dan"))
    answers: dict[str, Any] = {}

    async def send(method: str, path: str, who: dict[str, str], **fields: Any) -> None:
        for each in (path, path.replace("/api/", "/api/v1/")):
            route = next(r for r in CALLS if (r.method, r.path) == (method, each))
            reached = each.replace("{call}", ids[-1]).replace("{creator}", "dan")
            answer = await stack.http.request(method, reached, json=fields or None, headers=who)
            assert answer.status_code == 200, (each, answer.text)
            answers[operation_id(route)] = answer.json()

    ids = [derived_id("openapi", "one"), derived_id("openapi", "two")]
    rate = {"rate_tokens_per_min": 100}
    await send("POST", "/api/calls/initiate", dan, fanId="carol", callId=ids[0], **rate)
    await send("POST", "/api/calls/init", carol, creatorId="dan", callId=ids[1], **rate)
    await send("GET", "/api/calls/pending", dan)
    await send("POST", "/api/calls/{call}/accept", dan)
    for path in ("active", "pause", "stop"):
        await send("POST", f"/api/billing/{{call}}/{path}", carol)
    for path in ("heartbeat", "end", "decline"):
        await send("POST", f"/api/calls/{{call}}/{path}", carol)
    for path in ("{call}", "{call}/status", "history", "stats/{creator}"):
        await send("GET", f"/api/calls/{path}", dan)
    await send("GET", "/api/billing/calls/{call}/history", dan)
    await send("POST", "/api/billing/meter", {}, secret="billing-secret", callId=ids[0])
    return answers


async def good_webhook_answers(stack: Stack) -> dict[str, Any]:
    """Call every route of webhooks on an endpoint of Dan's; answers by operation id."""
    dan = stack.token(Person(account="dan"))
    answers: dict[str, Any] = {}
    at = "/api/webhooks/endpoints"

    async def send(method: str, path: str, body: Any = None, **named: str) -> Any:
        route = next(one for one in WEBHOOKS if (one.method, one.path) == (method, path))
        reached = path.format(**named)
        answer = await stack.http.request(method, reached, json=body, headers=dan)
        assert answer.status_code == 200, (path, answer.text)
        answers[operation_id(route)] = answer.json()
        return answer.json()

    made = await send("POST", at, {"url": "https://dan.example/", "events": ["tip.given"]})
    one = {"endpoint_id": made["endpoint"]["id"]}
    here = f"{at}/{{endpoint_id}}"
    ping = await send("POST", f"{here}/test", **one)
    for path in ("rotate-secret", "disable", "enable"):
        await send("POST", f"{here}/{path}", **one)
    await send("GET", f"{here}/deliveries", **one)
    await send(
        "POST", f"{here}/deliveries/{{event_id}}/redeliver", event_id=ping["event_id"], **one
    )
    await send("GET", at)
    await send("DELETE", here, **one)
    return answers


async def good_money_answer(stack: Stack, method: str, path: str) -> Any:
    """Call a route of money so that it succeeds, with things of its own to do it to."""
    market = Market(stack)
    market.enrol("alice", "cleo")
    if not market.tokens("alice"):
        await market.give("alice", 300)
        await market.give("bob", 3_000)
        await market.post("bob", "/api/tips/send", {"toCreatorId": "cleo", "amountTokens": 2_900})
        await market.post("alice", "/api/tips/send", {"toCreatorId": "cleo", "amountTokens": 1})
    if path.startswith("/api/spaces/"):
        return await good_space_answer(market, method, path)
    if "/admin/disputes" in path:
        return await good_dispute_answer(market, method, path)
    who: str = "alice"
    body: dict[str, Any] | None = None
    if "{stream_id}" in path:
        creator = "alice" if path.endswith(("/start", "/end")) else "cleo"
        made = await market.stream(creator, ticketPrice=1)
        path = path.replace("{stream_id}", made["id"])
        if path.endswith("/refund"):
            who, body = "cleo", {"account": "alice"}
            await market.post("alice", path.replace("/refund", "/checkout"))
    path = path.replace("{creator_id}", "cleo")
    if path.endswith("/payout"):
        who, body = "cleo", {"tokenAmount": 1_000}
        await cash_outs_undone(market)
    if "{payout_id}" in path:
        await cash_outs_undone(market)
        asked = await market.post("cleo", "/api/tokens/payout", {"tokenAmount": 1_000})
        id_ = asked.json()["payout"]["id"]
        path = path.replace("{payout_id}", id_)
        who = "root-admin" if "/admin/" in path else "cleo"
        if path.endswith("/confirm"):
            body = {"reference": "wire 7"}
            await market.post("root-admin", f"/api/admin/payouts/{id_}/approve")
    if "{purchase_id}" in path:
        who, body = "root-admin", {"reference": "cash"}
        path = path.replace("{purchase_id}", (await market.buy("bob"))["transaction"]["id"])
    if path.endswith(("/payouts", "/purchases")) and "/admin/" in path:
        who = "root-admin"
    if path.endswith("/webhooks/payments"):
        answer = await market.webhook(market.paid_event("x"))
        assert answer.status_code == 200, answer.text
        return answer.json()
    bodies: dict[str, Any] = {
        "/tokens/purchase": {"tokenAmount": 100},
        "/tips/send": {"toCreatorId": "cleo", "amountTokens": 1},
        "/streams/create": {"title": "x"},
        "/creators/me": {"display_name": "Alice"},
    }
    if path.endswith("/validate-access"):
        body = {"channel": (await market.stream("cleo"))["channel"]}
    for ending, each in bodies.items():
        body = each if path.endswith(ending) else body
    if path.endswith("/received"):
        who = "cleo"
    answer = await market.post(who, path, body, method=method)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


async def good_dispute_answer(market: Market, method: str, path: str) -> Any:
    """List disputes, or open one of a new tip; decide it where the path says how."""
    tip = {"toCreatorId": "cleo", "amountTokens": 1}
    sent = await market.post("alice", "/api/tips/send", tip)
    body = {"kind": "tip", "id": sent.json()["tip"]["id"], "reason": "stolen card"}
    if "{dispute_id}" in path:
        opened = await market.post("root-admin", "/api/admin/disputes", body)
        path = path.replace("{dispute_id}", opened.json()["dispute"]["id"])
    sends = path.endswith("/disputes") and method == "POST"
    answer = await market.post("root-admin", path, body if sends else None, method=method)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


async def good_space_answer(market: Market, method: str, path: str) -> Any:
    """Call a route of spaces' money: alice sells, bob buys, an operator gives back."""
    path = path.replace("{ticket_type}", "qna_access")
    tickets = path.partition("/tickets")[0] + "/tickets"
    on_sale = {"price_tokens": 1}
    who = "alice"
    body: dict[str, Any] | None = None
    if path.endswith("/profit-sharing"):
        who, body = "root-admin", {"space_owner": "cleo"}
    elif path.endswith("/refund"):
        who, body = "root-admin", {"account": "bob"}
    elif path.endswith("/checkout"):
        who = "bob"
    elif path.endswith("/qna_access"):
        body = on_sale
    if tickets in path:
        await market.post("alice", f"{tickets}/qna_access", on_sale, method="PUT")
    if path.endswith("/refund"):
        await market.post("bob", f"{tickets}/checkout")
    answer = await market.post(who, path, body, method=method)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


async def cash_outs_undone(market: Market) -> None:
    """Cancel what cleo asked for, so that there is something to ask for again."""
    for payout in (await market.get("cleo", "/api/tokens/payouts")).json()["payouts"]:
        if payout["status"] in ("requested", "approved"):
            await market.post("cleo", f"/api/tokens/payouts/{payout['id']}/cancel")


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    """As usual, with what lets every route of money succeed."""
    sale = {"packs": {"9.99 USD": 100}, "cashout_lock": "0d"}
    async with running(
        tmp_path / "local_keys.json",
        policy=ActorSettings(money=read_policies({"token_sale": sale})),
        turn_secret="turn-secret",
        payment_secrets=(SECRET,),
        billing_secret="billing-secret",
    ) as one:
        yield one


async def test_every_routes_answer_fits_its_schema(stack: Stack) -> None:
    """With people, posts, documents and messages there, and no field that is not described."""
    document = await served_document(stack)
    answers = await good_answers(stack)
    for route in ROUTES:
        path = route.path.replace("...}", "}")
        body = answers[operation_id(route)]
        document.check(route.method, path, 200, body)
        name = route.answers[200].__name__
        described = document.document["components"]["schemas"][name]["properties"]
        assert set(body) <= set(described)


@pytest.mark.parametrize(
    ("method", "route", "path", "body", "status"),
    [
        ("GET", "/api/spaces", "/api/spaces?limit=x", None, 400),
        ("GET", "/api/spaces/{space_type}/{space_id}", "/api/spaces/castle/1", None, 404),
        ("POST", "/api/spaces/{space_type}/{space_id}/join", "/api/spaces/Bad/1/join", {}, 400),
        ("POST", "/api/spaces/{space_type}/{space_id}/join", "/api/spaces/no/1/join", {}, 404),
        ("POST", "/api/auth/login", "/api/auth/login", {}, 401),
        ("POST", "/api/auth/login", "/api/auth/login", {"account": 5}, 400),
        ("GET", "/api/auth/me", "/api/auth/me", None, 401),
        ("GET", "/api/auth/challenge", "/api/auth/challenge", None, 400),
        ("POST", "/api/auth/guest", "/api/auth/guest", {"name": ""}, 400),
    ],
)
async def test_refusals_fit_the_schema_of_problems(
    stack: Stack, method: str, route: str, path: str, body: Any, status: int
) -> None:
    """A client that was generated from the document can read every no."""
    document = await served_document(stack)
    answer = await stack.http.request(method, path, json=body)

    assert answer.status_code == status
    document.check(method, route, status, answer.json())


async def test_answers_that_are_not_200_by_design_fit_too(stack: Stack) -> None:
    """Not ready, and a broken connection."""
    document = await served_document(stack)
    stack.reasons.append("draining")
    stack.faults.fault = lambda _request, _outcome: Err("testing")

    for path, status in (("/ready", 503), ("/api/test-connections", 500), ("/api/spaces", 503)):
        answer = await stack.http.get(path)
        assert answer.status_code == status
        document.check("GET", path, status, answer.json())


async def test_parameters_and_bodies_are_described_with_their_bounds(stack: Stack) -> None:
    """What the server refuses can be known beforehand."""
    document = (await served_document(stack)).document
    listing = document["paths"]["/api/spaces"]["get"]["parameters"]
    limit = next(one for one in listing if one["name"] == "limit")
    post = document["paths"]["/api/chat/{space_type}/{space_id}/messages"]["post"]

    assert limit["schema"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    assert limit["required"] is False
    assert post["requestBody"]["required"] is True
    assert {one["name"] for one in post["parameters"]} == {
        "space_type",
        "space_id",
        "Idempotency-Key",
    }
    assert {} in post["security"], "guests may post"
    assert {} not in document["paths"]["/api/auth/me"]["get"]["security"]


async def test_the_docs_page_needs_nothing_from_elsewhere(stack: Stack) -> None:
    """Every operation is on it; it loads no script, style, font or image."""
    answer = await stack.http.get("/docs")
    page = answer.text

    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<(script|link|img|iframe)|https?://|url\(", page)
    for route in ROUTES:
        assert f'id="{operation_id(route)}"' in page
    for name in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{name}"' in page
