"""Paid calls over HTTP: who may, what it says, and the meter's closed door."""

from __future__ import annotations

from typing import Any

import pytest

from actors.ledger.transfer import derived_id
from actors.person import Person
from tests.adapters.http.market import Market
from tests.adapters.http.stack import Stack, running

CALL = derived_id("http", "call")
RATE = {"rate_tokens_per_min": 100}


class Line:
    """Alice, who has tokens, and Bob, over one server."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    async def post(self, who: str, path: str, **fields: Any) -> Any:
        headers = self.stack.token(Person(account=who))
        return await self.stack.http.post(path, json=fields or None, headers=headers)

    async def get(self, who: str, path: str) -> Any:
        return await self.stack.http.get(path, headers=self.stack.token(Person(account=who)))

    async def ring(self, **fields: Any) -> Any:
        body = {"creatorId": "bob", **RATE, "callId": CALL, **fields}
        return await self.post("alice", "/api/calls/init", **body)


@pytest.fixture
async def line(stack: Stack) -> Line:
    await stack.fund("alice", 1_000)
    stack.connect("alice", "bob")
    Market(stack).enrol("bob")
    return Line(stack)


async def test_a_call_from_ringing_to_the_bill(line: Line) -> None:
    """Ring, take, talk, hang up: each answer in the documents' names."""
    rung = (await line.ring()).json()
    assert (rung["success"], rung["callId"], rung["state"]) == (True, CALL, "ringing")
    assert rung["channel"] == f"call_{CALL[-12:]}"
    incoming = await line.stack.sockets.until("call:incoming")
    assert (incoming["callId"], incoming["fromUserId"], incoming["rate"]) == (CALL, "alice", 100)
    pending = (await line.get("bob", "/api/calls/pending")).json()
    assert [one["participant"]["username"] for one in pending["calls"]] == ["alice"]

    taken = await line.post("bob", f"/api/calls/{CALL}/accept")
    assert taken.status_code == 200
    beat = (await line.post("bob", f"/api/calls/{CALL}/heartbeat")).json()
    assert beat["state"] == "active"
    assert beat["billing"]["nextBillingIn"] == 30
    assert (beat["totalCost"], beat["nextBlockCost"], beat["reason"]) == (0, 50, None)
    assert beat["evidence"] == {"fan": 0, "creator": 0}
    ended = (await line.post("alice", f"/api/calls/{CALL}/end")).json()
    assert (ended["totalCost"], ended["endedBy"], ended["alreadyEnded"]) == (0, "alice", False)
    again = (await line.post("bob", f"/api/calls/{CALL}/end")).json()
    assert (again["endedBy"], again["alreadyEnded"]) == ("alice", True)
    for who in ("alice", "bob"):
        listed = (await line.get(who, "/api/calls/history")).json()
        assert [(one["id"], one["state"]) for one in listed["calls"]] == [(CALL, "ended")]


@pytest.mark.parametrize(
    "path",
    [
        "calls/{}/accept",
        "calls/{}/end",
        "calls/{}/heartbeat",
        "billing/{}/active",
        "billing/{}/pause",
        "billing/{}/stop",
    ],
)
async def test_only_the_parties_may_act(line: Line, path: str) -> None:
    """A stranger is refused and changes nothing; nobody at all must log in first."""
    await line.ring()
    refused = await line.post("eve", "/api/" + path.format(CALL))
    assert (refused.status_code, refused.json()["code"]) == (403, "not_your_call")
    nobody = await line.stack.http.post("/api/" + path.format(CALL))
    assert (nobody.status_code, nobody.json()["code"]) == (401, "login_required")
    nothing = await line.post("alice", "/api/" + path.format(derived_id("http", "none")))
    assert (nothing.status_code, nothing.json()["code"]) == (404, "call_not_found")
    assert (await line.get("bob", f"/api/calls/{CALL}/status")).json()["state"] == "ringing"


@pytest.mark.parametrize("path", ["calls/{}", "calls/{}/status", "billing/calls/{}/history"])
async def test_only_the_parties_may_look(line: Line, path: str) -> None:
    """What two people talk and pay is theirs."""
    await line.ring()
    assert (await line.get("bob", "/api/" + path.format(CALL))).status_code == 200
    assert (await line.get("eve", "/api/" + path.format(CALL))).status_code == 403
    assert (await line.get("bob", "/api/" + path.format("7"))).status_code == 400
    assert (await line.get("eve", "/api/calls/stats/bob")).status_code == 403


async def test_a_fan_without_a_block_s_worth_is_told_what_lacks(line: Line) -> None:
    """400 with the figures, and the phone never rings."""
    refused = await line.post("carol", "/api/calls/init", creatorId="bob", **RATE)
    assert refused.status_code == 400
    said = refused.json()
    assert (said["error"], said["code"]) == ("INSUFFICIENT_TOKENS", "insufficient_tokens")
    assert (said["required"], said["current"], said["shortfall"]) == (50, 0, 50)


async def test_only_creators_are_paid_for_calls(line: Line) -> None:
    """A fan can ring only somebody who has enrolled, and only they can ring a fan."""
    refused = await line.post("alice", "/api/calls/init", creatorId="carol", **RATE)
    assert (refused.status_code, refused.json()["error"]) == (404, "CREATOR_NOT_FOUND")
    assert refused.json()["field"] == "creatorId"
    refused = await line.post("carol", "/api/calls/initiate", fanId="alice", **RATE)
    assert (refused.status_code, refused.json()["error"]) == (403, "NOT_CREATOR")
    assert line.stack.store.calls.calls == {}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"creatorId": "No One"}, "creatorId"),
        ({"creatorId": "alice"}, "creatorId"),
        ({"rate_tokens_per_min": 0}, "rate_tokens_per_min"),
        ({"rate_tokens_per_min": 2.5}, "rate_tokens_per_min"),
        ({"callId": "7"}, "callId"),
        ({"callType": "smoke"}, "callType"),
    ],
)
async def test_what_does_not_fit_is_named(line: Line, fields: dict[str, Any], field: str) -> None:
    """Bad input changes nothing."""
    refused = await line.ring(**fields)
    assert (refused.status_code, refused.json()["field"]) == (400, field)
    assert line.stack.store.calls.calls == {}


async def test_a_retry_is_the_same_call_and_another_call_is_a_conflict(line: Line) -> None:
    """The id comes from the client, or from its Idempotency-Key."""
    assert (await line.ring()).json() == (await line.ring()).json()
    other = await line.ring(rate_tokens_per_min=7)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    headers = line.stack.token(Person(account="alice")) | {"Idempotency-Key": "k1"}
    body = {"creatorId": "bob", **RATE}
    ids = [
        (await line.stack.http.post("/api/calls/init", json=body, headers=headers)).json()["callId"]
        for _ in range(2)
    ]
    assert ids[0] == ids[1] != CALL


async def test_a_creator_rings_a_fan_once_a_minute(line: Line) -> None:
    """The next try is refused with the seconds that are left, for this pair only."""
    first = await line.post("bob", "/api/calls/initiate", fanId="alice", callId=CALL, **RATE)
    assert first.json()["state"] == "ringing"
    again = await line.post("bob", "/api/calls/initiate", fanId="alice", callId=CALL, **RATE)
    assert again.status_code == 200
    soon = await line.post("bob", "/api/calls/initiate", fanId="alice", **RATE)
    assert (soon.status_code, soon.json()["code"]) == (429, "call_cooldown")
    declined = await line.post("alice", f"/api/calls/{CALL}/decline")
    assert declined.json()["state"] == "failed"


async def test_pause_and_resume_say_what_became_of_it(line: Line) -> None:
    """`active` accepts where it rings, and `pause` of what is paused stays so."""
    await line.ring()
    statuses = []
    for who, path in [("bob", "active"), ("bob", "pause"), ("alice", "pause"), ("alice", "active")]:
        answer = await line.post(who, f"/api/billing/{CALL}/{path}")
        statuses.append(answer.json()["status"])
    assert statuses[1:] == ["paused", "paused", "active"]
    await line.post("bob", f"/api/billing/{CALL}/stop")
    over = await line.post("bob", f"/api/billing/{CALL}/pause")
    assert (over.status_code, over.json()["code"]) == (409, "call_over")


async def test_the_meter_s_door(line: Line, tmp_path: Any) -> None:
    """Open for those who know the secret, and for nobody where none is set."""
    await line.ring()
    await line.post("bob", f"/api/calls/{CALL}/accept")
    http = line.stack.http
    for body in ({}, {"secret": "wrong"}, {"secret": ""}):
        refused = await http.post("/api/billing/meter", json=body)
        assert (refused.status_code, refused.json()["code"]) == (403, "meter_closed")
    every = await http.post("/api/billing/meter", json={"secret": "billing-secret"})
    assert (every.json()["metered"], every.json()["failed"]) == (1, 0)
    one = {"secret": "billing-secret", "callId": CALL}
    assert (await http.post("/api/billing/meter", json=one)).json()["platformFee"] == 0
    one["callId"] = derived_id("http", "none")
    assert (await http.post("/api/billing/meter", json=one)).json()["reason"] == "CALL_NOT_FOUND"
    async with running(tmp_path / "other_keys") as closed:
        for body in ({}, {"secret": ""}, {"secret": "None"}):
            refused = await closed.http.post("/api/billing/meter", json=body)
            assert refused.status_code == 403
