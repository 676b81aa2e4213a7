"""429 over HTTP: which limit, when to try again, and whom it does not concern."""

from __future__ import annotations

from pathlib import Path

from actors.limits import LimitSettings
from actors.person import Person
from tests.adapters.http.stack import LOBBY_CHAT, running

ADA, BOB = Person(account="ada"), Person(account="bob")


async def test_chat_is_limited_by_person_and_the_refusal_says_when(tmp_path: Path) -> None:
    """SPEC 2: `Retry-After`, and the same in the body; another account talks on."""
    async with running(tmp_path / "keys", limits=LimitSettings(chat_per_s=1)) as stack:
        ada, bob = stack.token(ADA), stack.token(BOB)
        body = {"content": "x"}
        answers = [await stack.http.post(LOBBY_CHAT, json=body, headers=ada) for _ in range(5)]
        other = await stack.http.post(LOBBY_CHAT, json=body, headers=bob)
        stack.clock.us += 1_000_000
        later = await stack.http.post(LOBBY_CHAT, json=body, headers=ada)

    assert [one.status_code for one in answers] == [200, 200, 200, 200, 429]
    assert answers[-1].headers["Retry-After"] == "1"
    assert answers[-1].json() == {
        "error": "Too much at once (chat): try again in 1 s",
        "code": "rate_limited",
        "retryable": True,
        "limit": "chat",
        "retry_after_s": 1,
    }
    assert other.status_code == later.status_code == 200


async def test_operations_are_limited_by_address_and_health_checks_are_not(tmp_path: Path) -> None:
    """Whoever watches the server is told that it is well, even from a busy address."""
    async with running(tmp_path / "keys", limits=LimitSettings(requests_per_s=1)) as stack:
        answers = [await stack.http.get("/api/spaces") for _ in range(11)]
        health = [await stack.http.get(path) for path in ("/health", "/livez", "/ready")]

    assert [one.status_code for one in answers] == [200] * 10 + [429]
    assert answers[-1].json()["limit"] == "requests"
    assert [one.status_code for one in health] == [200] * 3


async def test_behind_our_proxy_each_client_has_its_own_limit(tmp_path: Path) -> None:
    """`trust_forwarded` says whom the proxy speaks for."""
    limits = LimitSettings(requests_per_s=1)
    async with running(tmp_path / "keys", limits=limits, trust_forwarded=True) as stack:
        status = []
        for client in ("10.0.0.1", "10.0.0.2"):
            headers = {"X-Forwarded-For": client}
            many = [await stack.http.get("/api/spaces", headers=headers) for _ in range(11)]
            status.append([one.status_code for one in many])

    assert status == [[200] * 10 + [429]] * 2
