"""Logging in over HTTP, from challenge to token."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from actors.limits import LimitSettings
from actors.person import Person
from actors.store import BurnChallenge, RecordAudit
from adapters.identity.directory import ChainedKeyDirectory
from adapters.identity.hive_keys import sign
from adapters.identity.hive_node import HiveNodeKeyDirectory
from engine.outcome import Err, Outcome
from tests.adapters.http.stack import Stack, running


async def test_challenge_signature_token_and_me(stack: Stack) -> None:
    """The whole way, as the page goes it."""
    secret = stack.account("alice")
    asked = (await stack.http.get("/api/auth/challenge?account=alice")).json()
    body = {
        "account": "alice",
        "challenge": asked["challenge"],
        "signature": sign(secret, asked["challenge"]),
    }
    answer = await stack.http.post("/api/auth/login", json=body)
    again = await stack.http.post("/api/auth/login", json=body)
    headers = {"Authorization": f"Bearer {answer.json()['token']}"}
    me = await stack.http.get("/api/auth/me", headers=headers)

    assert "presence.test" in asked["challenge"]
    assert asked["expires"] == 1_763_690_300
    assert asked["expires_at"] == "2025-11-21T01:58:20.000Z"
    assert answer.status_code == 200
    assert answer.json()["account"] == "alice"
    assert answer.json()["token"] == answer.json()["session_token"]
    assert answer.json()["expires_at"] == "2025-11-21T03:53:20.000Z"
    assert again.status_code == 401
    assert again.json()["code"] == "challenge_used"
    assert me.json() == {
        "success": True,
        "account": "alice",
        "guest_id": None,
        "display_name": "alice",
        "admin": False,
        "proof": "token",
    }
    assert [(one.action, one.account) for one in stack.store.audit] == [
        ("login", "alice"),
        ("login_refused", None),
    ]


async def test_a_login_may_stand_in_the_headers(stack: Stack) -> None:
    """Form A7; and `whoami` answers it as the data host did."""
    secret = stack.account("alice")

    def headers(text: str) -> dict[str, str]:
        return {"x-account": "alice", "x-challenge": text, "x-signature": sign(secret, text)}

    old = (await stack.http.get("/api/onboarding/auth/challenge")).json()
    login = await stack.http.post("/api/auth/login", headers=headers(str(old["challenge"])))
    text = (await stack.http.get("/api/auth/challenge?account=alice")).json()["challenge"]
    whoami = await stack.http.get("/api/onboarding/auth/whoami", headers=headers(text))

    assert old["challenge"] == 1_763_690_000
    assert login.json()["account"] == "alice"
    assert whoami.json() == {
        "success": True,
        "account": "alice",
        "keyType": "posting",
        "isAdmin": False,
    }


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"signature": "ab"}, 401, "bad_signature"),
        ({"signature": "1f" + "11" * 64}, 401, "bad_signature"),
        ({"account": "bobby"}, 401, "bad_challenge"),
        ({"account": "No Name"}, 400, "bad_input"),
        ({"account": None}, 400, "bad_input"),
        ({"account": 5}, 400, "bad_input"),
        ({"challenge": None}, 401, "challenge_missing"),
        ({"challenge": "hello"}, 401, "bad_challenge"),
        ({"challenge": "1763680000"}, 401, "challenge_expired"),
        ({"public_key": "STM5"}, 401, "bad_signature"),
        ({"signature": None}, 401, "login_required"),
    ],
)
async def test_a_login_that_proves_nothing(
    stack: Stack, change: dict[str, Any], status: int, code: str
) -> None:
    """Each kind has its code, and the good login still works afterwards."""
    secret = stack.account("alice")
    text = (await stack.http.get("/api/auth/challenge?account=alice")).json()["challenge"]
    good = {"account": "alice", "challenge": text, "signature": sign(secret, text)}
    bad = await stack.http.post("/api/auth/login", json=good | change)

    assert (bad.status_code, bad.json()["code"]) == (status, code)
    assert bad.json()["field"]
    assert (await stack.http.post("/api/auth/login", json=good)).status_code == 200


@pytest.mark.parametrize("query", ["", "?account=", "?account=No+Name", "?account=ab"])
async def test_a_challenge_is_for_an_account(stack: Stack, query: str) -> None:
    """Nothing is written down for what cannot be one."""
    answer = await stack.http.get(f"/api/auth/challenge{query}")

    assert answer.status_code == 400
    assert answer.json()["field"] == "account"


async def test_me_needs_a_proof(stack: Stack) -> None:
    """A claim is not one; an expired token says so, and a guest is somebody."""
    guest = (await stack.http.post("/api/auth/guest", json={"name": "Ann"})).json()
    bearer = {"Authorization": f"Bearer {guest['token']}"}
    me = (await stack.http.get("/api/auth/me", headers=bearer)).json()
    assert (me["account"], me["guest_id"], me["display_name"]) == (
        None,
        guest["guest_id"],
        "Ann (guest)",
    )

    for headers in ({}, {"Authorization": "Bearer :alice"}):
        answer = await stack.http.get("/api/auth/me", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "login_required")
    whoami = await stack.http.get("/api/onboarding/auth/whoami", headers=bearer)
    assert whoami.status_code == 401

    stack.clock.us += 7_200_000_000
    expired = await stack.http.get("/api/auth/me", headers=bearer)
    assert (expired.status_code, expired.json()["code"]) == (401, "token_expired")


@pytest.mark.parametrize("name", ["", "   ", "x" * 33, "a\u202eb", "a\u0000b", 7, ["a"]])
async def test_guests_names_that_cannot_be_shown(stack: Stack, name: object) -> None:
    """They are refused by name; no name at all is fine."""
    answer = await stack.http.post("/api/auth/guest", json={"name": name})
    assert (answer.status_code, answer.json()["field"]) == (400, "name")

    nameless = (await stack.http.post("/api/auth/guest")).json()
    assert nameless["display_name"] == f"Guest-{nameless['guest_id']}"


async def test_an_admin_is_told_so(stack: Stack) -> None:
    """SYSTEM_ADMINS, proven."""
    headers = await stack.log_in("root-admin")

    assert (await stack.http.get("/api/auth/me", headers=headers)).json()["admin"] is True


async def test_when_keys_cannot_be_looked_up_it_is_503(stack: Stack) -> None:
    """Never a 401, never a login; the challenge is still good afterwards."""
    secret = stack.account("alice")
    local = stack.identity._directory
    nodes = HiveNodeKeyDirectory(["http://127.0.0.1:1"], now_us=stack.clock)
    body = {
        "account": "bobby",
        "challenge": "1763690000",
        "signature": sign(secret, "1763690000"),
    }
    async with nodes:
        stack.identity._directory = ChainedKeyDirectory([local, nodes])
        away = await stack.http.post("/api/auth/login", json=body)
        known = await stack.http.post("/api/auth/login", json=body | {"account": "alice"})

    assert (away.status_code, away.json()["code"]) == (503, "keys_unavailable")
    assert "Retry-After" in away.headers
    assert known.status_code == 200


async def test_a_store_that_is_away_lets_nobody_in(stack: Stack) -> None:
    """A challenge that could not be spent proves nothing yet; a lost audit line is no reason."""
    secret = stack.account("alice")
    text = (await stack.http.get("/api/auth/challenge?account=alice")).json()["challenge"]
    body = {"account": "alice", "challenge": text, "signature": sign(secret, text)}

    def failing(kind: type) -> None:
        def fault(request: Any, outcome: Outcome) -> Outcome:
            return Err("testing") if isinstance(request, kind) else outcome

        stack.faults.fault = fault

    failing(RecordAudit)
    logged = await stack.http.post("/api/auth/login", json=body)
    failing(BurnChallenge)
    second = {"challenge": "1763690000", "signature": sign(secret, "1763690000")}
    away = await stack.http.post("/api/auth/login", json=body | second)

    assert logged.status_code == 200
    assert away.status_code == 503


async def test_logins_are_limited_by_address(tmp_path: Path) -> None:
    """A burst, then 429 with the seconds to wait; other routes are not concerned."""
    async with running(tmp_path / "keys", limits=LimitSettings(auth_per_minute=6)) as stack:
        answers = [await stack.http.post("/api/auth/guest") for _ in range(3)]
        assert [one.status_code for one in answers] == [200, 200, 429]
        refused = answers[-1]
        assert refused.json()["code"] == "rate_limited"
        assert refused.json()["limit"] == "auth"
        wait_s = int(refused.headers["Retry-After"])
        assert math.isclose(wait_s, 10, abs_tol=1)
        assert refused.json()["retry_after_s"] == wait_s
        assert (await stack.http.get("/api/spaces")).status_code == 200

        stack.clock.us += wait_s * 1_000_000
        assert (await stack.http.post("/api/auth/guest")).status_code == 200


@pytest.mark.parametrize(
    "path", ["/api/turn-credentials", "/api/presence/turn-credentials", "/api/webrtc/turn-config"]
)
async def test_turn_credentials_name_the_account_only_when_proven(stack: Stack, path: str) -> None:
    """Coturn logs the name, so a claim must not stand there."""
    alice = Person(account="alice")
    for headers, name in (
        ({}, "temp"),
        ({"Authorization": "Bearer :alice"}, "temp"),
        (stack.token(alice), "alice"),
    ):
        body = (await stack.http.get(path, headers=headers)).json()
        server = body["iceServers"][0] if "iceServers" in body else body
        assert server["username"] == f"1763693600:{name}"
        assert server["credential"]
        if "iceServers" in body:
            assert body["iceTransportPolicy"] == "all"
            assert body["iceCandidatePoolSize"] == 10
        else:
            assert body["password"] == body["credential"]
            assert body["ttl"] == 3600
