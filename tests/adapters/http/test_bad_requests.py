"""Whatever is sent: a clear no, never a 5xx, and the server goes on."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import trio

from tests.adapters.http.stack import LOBBY, LOBBY_CHAT, LOBBY_PATH, Stack, running

JOIN = f"{LOBBY_PATH}/join"
JSON = {"Content-Type": "application/json"}


async def connected(stack: Stack) -> trio.SocketStream:
    """A bare connection, to send what no client library would."""
    parts = urlsplit(stack.url)
    assert parts.hostname
    assert parts.port
    return await trio.open_tcp_stream(parts.hostname, parts.port)


async def exchange(stack: Stack, sent: bytes) -> bytes:
    """Send bytes and return all that comes back before the server closes."""
    stream = await connected(stack)
    received = b""
    async with stream:
        await stream.send_all(sent)
        with trio.fail_after(5):
            async for some in stream:
                received += bytes(some)
    return received


@pytest.mark.parametrize(
    ("body", "headers", "status", "code", "field"),
    [
        (b"{", JSON, 400, "bad_json", None),
        (b"nonsense", JSON, 400, "bad_json", None),
        (b"[]", JSON, 400, "bad_json", None),
        (b"null", JSON, 400, "bad_json", None),
        (b'"text"', JSON, 400, "bad_json", None),
        (b'{"content": NaN}', JSON, 400, "bad_json", None),
        (b'{"content": "\xff"}', JSON, 400, "bad_json", None),
        (b'{"content": "x"} {}', JSON, 400, "bad_json", None),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, JSON, 400, "bad_json", None),
        (b'{"content": {"a": 1}}', JSON, 400, "bad_input", "content"),
        (b"", JSON, 400, "bad_input", "content"),
        (b"  ", JSON, 400, "bad_input", "content"),
        (b"content=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415, None, None),
        (b'{"content": "x"}', {"Content-Type": "text/plain"}, 415, None, "Content-Type"),
        (b'{"content": "x"}', {"Content-Type": "application/jsonx"}, 415, None, "Content-Type"),
        (b'{"content": "x"}', {"Content-Type": "application/json; charset=utf-8"}, 200, None, None),
        (b'{"content": "x"}', {"Content-Type": "application/ld+json"}, 200, None, None),
        (b'{"content": "x"}', {}, 200, None, None),
        (b'{"content": "x", "unknown": [1, {}]}', JSON, 200, None, None),
    ],
)
async def test_bodies(
    stack: Stack,
    body: bytes,
    headers: dict[str, str],
    status: int,
    code: str | None,
    field: str | None,
) -> None:
    """Not JSON, not an object, of a wrong type, or with fields we do not know (which is fine)."""
    answer = await stack.http.post(LOBBY_CHAT, content=body, headers=headers)

    assert answer.status_code == status, answer.text
    if status != 200:
        assert answer.json()["error"]
        assert code is None or answer.json()["code"] == code
        assert field is None or answer.json()["field"] == field
        assert stack.store.messages_of(LOBBY) == ()


async def test_a_half_surrogate_is_no_text(stack: Stack) -> None:
    """JSON can spell one; no database can hold it."""
    answer = await stack.http.post(LOBBY_CHAT, content=b'{"content": "a\\ud83d"}', headers=JSON)

    assert answer.status_code == 400
    assert stack.store.messages_of(LOBBY) == ()


async def test_a_body_over_a_million_bytes_is_413(stack: Stack) -> None:
    """Announced or not; the connection can be used again."""

    async def chunks() -> AsyncGenerator[bytes, None]:
        for _ in range(20):
            yield b"x" * 60_000

    body = json.dumps({"content": "x" * 1_000_000}).encode()
    announced = await stack.http.post(LOBBY_CHAT, content=body, headers=JSON)
    async with aclosing(chunks()) as unending:
        unannounced = await stack.http.post(LOBBY_CHAT, content=unending, headers=JSON)

    for answer in (announced, unannounced):
        assert answer.status_code == 413
        assert answer.json()["code"] == "too_large"
    assert (await stack.http.get("/health")).status_code == 200


async def test_a_body_that_never_comes_is_408(tmp_path: Path) -> None:
    """A slow client does not hold a request for ever; the connection is of no more use."""
    async with running(tmp_path / "keys", body_timeout_s=0.05) as stack:
        answer = await exchange(
            stack,
            b"POST /api/auth/guest HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n"
            b"Content-Type: application/json\r\n\r\n{",
        )
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"request_timeout" in answer
    assert b"connection: close" in answer


async def test_a_body_without_end_is_cut_off(stack: Stack) -> None:
    """After sixteen times what we read; the answer was given and the connection ends."""
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\n" % JOIN.encode()
    stream = await connected(stack)
    async with stream, trio.open_nursery() as nursery:

        async def pour() -> None:
            with suppress(trio.BrokenResourceError):
                await stream.send_all(head)
                while True:
                    await stream.send_all(b"x" * 65_536)

        nursery.start_soon(pour)
        with trio.fail_after(10):
            received = b""
            with suppress(trio.BrokenResourceError):
                async for some in stream:
                    received += bytes(some)
        nursery.cancel_scope.cancel()
    assert received == b"" or received.startswith(b"HTTP/1.1 413")
    assert (await stack.http.get("/health")).status_code == 200


async def test_an_idle_connection_is_closed(tmp_path: Path) -> None:
    """Kept-alive connections do not pile up: each ends some time after its last answer."""
    async with running(tmp_path / "keys", keep_alive_s=0.1) as stack:
        request = b"POST /api/auth/guest HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
        stream = await connected(stack)
        async with stream:
            received = b""
            with trio.fail_after(5):
                for _ in range(2):
                    await stream.send_all(request)
                    while received.count(b'"success":true') < 1:
                        received += bytes(await stream.receive_some())
                    received = b""
                assert await stream.receive_some() == b""


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1e3", "limit"),
        (f"limit={'9' * 400}", "limit"),
        ("offset=-1", "offset"),
        ("offset=x", "offset"),
        (f"offset={2**63}", "offset"),
        ("include_events=maybe", "include_events"),
        (f"type={'x' * 33}", "type"),
        ("limit=%ff", "query"),
        ("&".join(f"a{n}=1" for n in range(60)), "query"),
    ],
)
async def test_queries_that_do_not_fit_are_named(stack: Stack, query: str, field: str) -> None:
    """The old server answered these with 500."""
    answer = await stack.http.get(f"/api/spaces?{query}")

    assert answer.status_code == 400
    assert answer.json()["field"] == field
    assert answer.json()["error"].startswith(field)


async def test_addresses_and_methods_that_are_not_there(stack: Stack) -> None:
    """JSON too, with the methods that are."""
    missing = await stack.http.get("/api/nothing/here")
    wrong = await stack.http.delete("/api/auth/login")
    static = await stack.http.post("/")

    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["Allow"] == "POST, OPTIONS"
    assert (static.status_code, static.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    for answer in (missing, wrong, static):
        assert answer.headers["Content-Type"] == "application/json"


async def test_a_delete_with_a_body_is_read_past(stack: Stack) -> None:
    """The wallet sends them; what follows on the same connection is understood."""
    for _ in range(3):
        answer = await stack.http.request("DELETE", LOBBY_PATH, json={"space_id": None})
        assert answer.status_code == 405
    assert (await stack.http.get("/health")).status_code == 200


async def test_head_answers_as_get_without_the_body(stack: Stack) -> None:
    """NAF clients ask a page for its Date this way."""
    for path in ("/", "/health", "/api/spaces", "/docs"):
        answer = await stack.http.head(path)
        assert answer.status_code == 200
        assert answer.content == b""
        assert "Date" in answer.headers


async def test_a_bug_is_logged_and_a_500_that_says_nothing(
    stack: Stack, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller learns that it was us and no more; the log has the traceback."""

    def broken(_request: Any, _outcome: Any) -> Any:
        raise ZeroDivisionError("a secret detail")

    stack.faults.fault = broken
    answer = await stack.http.get("/api/spaces", headers={"Origin": stack.url})

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal_error"
    assert "secret" not in answer.text
    assert answer.headers["Access-Control-Allow-Origin"] == stack.url
    assert "a secret detail" in caplog.text


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: \xff\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET /%00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /%ff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET //health HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://x/health HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://[/health HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"BREW /coffee HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nOrigin: \xe9\r\nAuthorization: \xe9\r\n\r\n",
        b"GET /api/spaces?\x7f HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST /api/auth/guest HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
    ],
)
async def test_odd_requests_are_answered_below_500(stack: Stack, head: bytes) -> None:
    """Or closed; a raw socket sends what no client library would."""
    stream = await connected(stack)
    async with stream:
        await stream.send_all(head)
        with trio.fail_after(5):
            answer = bytes(await stream.receive_some())
    if answer:
        assert int(answer.split()[1]) < 500, answer
    assert (await stack.http.get("/health")).status_code == 200


async def test_cors_over_the_wire(tmp_path: Path) -> None:
    """The presence host's list with credentials, the data host's star without."""
    async with running(tmp_path / "keys", cors_origins=("https://*.dlux.example",)) as stack:
        page = {"Origin": "https://ada-harbour.dlux.example"}
        stranger = {"Origin": "https://evil.test"}

        async def allowed(path: str, headers: dict[str, str]) -> str | None:
            answer = await stack.http.get(path, headers=headers)
            assert answer.headers["Vary"] == "Origin"
            allowed_origin: str | None = answer.headers.get("Access-Control-Allow-Origin")
            return allowed_origin

        assert await allowed("/api/spaces", page) == page["Origin"]
        assert await allowed("/api/spaces", stranger) is None
        assert await allowed("/api/spaces", {"Origin": stack.url}) == stack.url
        assert await allowed("/api/spaces?limit=x", page) == page["Origin"], "errors too"
        assert await allowed("/api/presence/spaces", stranger) == "*"

        preflight = await stack.http.options(
            JOIN, headers=page | {"Access-Control-Request-Method": "POST"}
        )
        assert preflight.status_code == 204
        assert "Authorization" in preflight.headers["Access-Control-Allow-Headers"]
        assert preflight.headers["Access-Control-Allow-Credentials"] == "true"


async def test_files_over_the_wire(stack: Stack) -> None:
    """The page, its modules, a 304 when nothing changed, and nothing outside."""
    page = await stack.http.get("/")
    named = await stack.http.get("/index.html")
    script = await stack.http.get("/static/js/main.js")
    again = await stack.http.get("/", headers={"If-None-Match": page.headers["ETag"]})

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.content == named.content
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert script.headers["X-Content-Type-Options"] == "nosniff"
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == page.headers["ETag"]
    for path in (
        "/static/../settings.py",
        "/static/%2e%2e/%2e%2e/settings/table.py",
        "/static/..%2f..%2fversion.py",
        "/static/",
        "/static",
        "/static/js",
    ):
        answer = await stack.http.send(
            httpx.Request("GET", httpx.URL(stack.url).copy_with(raw_path=path.encode()))
        )
        assert answer.status_code == 404, path
