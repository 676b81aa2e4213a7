"""Liveness, readiness and connections."""

from __future__ import annotations

from typing import Any

import pytest

from engine.outcome import Err, Outcome
from tests.adapters.http.stack import Stack


@pytest.mark.parametrize("path", ["/health", "/api/health", "/api/presence/health"])
async def test_health_says_what_answers(stack: Stack, path: str) -> None:
    """Three names, one answer; the time is ISO-8601 with milliseconds."""
    answer = await stack.http.get(path)

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "service": "presence",
        "timestamp": "2025-11-21T01:53:20.000Z",
        "version": "1.2.3",
        "node": "node-1",
    }


async def test_ready_tells_every_reason_why_not(stack: Stack) -> None:
    """A load balancer reads the status, a person the reasons; /livez is not concerned."""
    for path in ("/ready", "/readyz"):
        stack.reasons[:] = []
        assert (await stack.http.get(path)).json() == {"status": "ready", "reasons": []}

        stack.reasons[:] = ["starting", "db"]
        answer = await stack.http.get(path)
        assert answer.status_code == 503
        assert answer.json()["reasons"] == ["starting", "db"]
        assert answer.json()["code"] == "not_ready"
        assert (await stack.http.get("/livez")).status_code == 200


async def test_connections_are_tried_and_a_broken_one_is_named(stack: Stack) -> None:
    """500 with the same body, as the old server had it."""
    good = await stack.http.get("/api/test-connections")
    assert good.status_code == 200
    assert good.json()["replica_db"]["status"] == "connected"

    stack.faults.fault = lambda _request, _outcome: Err("gone")
    bad = await stack.http.get("/api/test-connections")
    assert bad.status_code == 500
    assert bad.json()["replica_db"] == {
        "status": "failed",
        "timestamp": "2025-11-21T01:53:20.000Z",
        "error": "gone",
    }


async def test_a_store_that_is_away_is_a_503_everywhere(stack: Stack) -> None:
    """Nothing was changed, and the client is told when to come back."""

    def away(_request: Any, _outcome: Outcome) -> Outcome:
        return Err("testing")

    stack.faults.fault = away
    for method, path, body in [
        ("GET", "/api/spaces", None),
        ("GET", "/api/spaces/global/lobby", None),
        ("GET", "/api/chat/global/lobby/messages", None),
        ("GET", "/api/auth/challenge?account=alice", None),
    ]:
        answer = await stack.http.request(method, path, json=body)
        assert answer.status_code == 503, path
        assert answer.json()["code"] == "unavailable"
        assert answer.json()["retryable"] is True
        assert int(answer.headers["Retry-After"]) > 0
