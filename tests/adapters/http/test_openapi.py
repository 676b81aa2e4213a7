"""The served document is the truth: real answers of every route fit it."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from actors.person import Person
from actors.store_hall import StandingRow
from adapters.http.hall_table import HALL_ROUTES
from adapters.http.openapi import operation_id
from adapters.http.routing import AnyRoute, Nothing
from adapters.http.table import ROUTES
from adapters.identity.hive_keys import sign
from engine.outcome import Err
from sim.replica import Document, Post
from tests.adapters.http.stack import LOBBY, LOBBY_PATH, Stack

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
    answers = {}
    for route in ROUTES:
        path = route.path.replace("{space_type}", "global").replace("{space_id...}", "lobby")
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
