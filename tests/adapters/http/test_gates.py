"""Who may call a route is asked before what they send: over the whole table."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from actors.person import Person
from adapters.http.openapi import operation_id
from adapters.http.routing import AnyRoute
from adapters.http.table import ROUTES
from tests.adapters.http.stack import Stack, running

BODIES = (b"", b"{", b"[]", b"null", b'{"x": 1}', b"\xff" * 5_000)
GUARDED = [route for route in ROUTES if route.proof not in ("none", "optional")]
MACHINES = [route for route in ROUTES if route.seal is not None]
_NAMES = {"space_type": "global", "space_id": "lobby"}


@pytest.fixture
async def small(tmp_path: Path) -> AsyncIterator[Stack]:
    """A server that takes no bodies beyond a thousand bytes."""
    async with running(tmp_path, body_bytes_max=1_000, payment_secrets=("s" * 16,)) as stack:
        yield stack


async def answers(stack: Stack, route: AnyRoute, headers: dict[str, str]) -> list[httpx.Response]:
    """What a route answers to no body, to bad ones, to one too large, and to a bad query."""
    path = re.sub(r"\{(\w+)(\.\.\.)?\}", lambda found: _NAMES.get(found[1], "x"), route.path)
    headers = {"Content-Type": "application/json", **headers}
    bodies = (b"",) if route.method == "GET" else BODIES
    sent = [
        await stack.http.request(route.method, path, content=body, headers=headers)
        for body in bodies
    ]
    odd = await stack.http.request(
        route.method, f"{path}?limit=x&offset=-1&status=x&tokens=x&period=x", headers=headers
    )
    return [*sent, odd]


async def others(stack: Stack, routes: list[AnyRoute], headers: dict[str, str],
                 expected: set[tuple[int, str]]) -> dict[str, tuple[int, str]]:  # fmt: skip
    """What was answered otherwise, by route."""
    return {
        operation_id(route): given
        for route in routes
        for answer in await answers(stack, route, headers)
        if (given := (answer.status_code, answer.json()["code"])) not in expected
    }


async def test_a_stranger_is_told_to_log_in_whatever_they_send(small: Stack) -> None:
    """They learn nothing of what a route takes; a guest's token is no account either."""
    strange = {(401, "login_required"), (401, "guests_listen_only")}
    assert await others(small, GUARDED, {}, strange) == {}
    guest = small.token(Person(guest_id="a1b2c3d4"))
    accounts = [route for route in GUARDED if route.proof != "person"]
    assert await others(small, accounts, guest, strange) == {}


async def test_a_proof_that_proves_nothing_is_told_so(small: Stack) -> None:
    """Whatever comes with it, on every route that needs one."""
    forged = {"Authorization": "Bearer nonsense"}
    assert await others(small, GUARDED, forged, {(401, "bad_authorization")}) == {}


async def test_only_operators_pass_where_they_alone_may(small: Stack) -> None:
    """Somebody else is refused whatever they send."""
    operators = [route for route in GUARDED if route.proof == "operator"]
    bob = small.token(Person(account="bob"))
    assert await others(small, operators, bob, {(403, "operators_only")}) == {}


async def test_a_machine_proves_itself_before_its_body_is_read(small: Stack) -> None:
    """But for a body that is too large to be looked at."""
    expected = {(403, "meter_closed"), (403, "bad_webhook_signature"), (413, "too_large")}
    assert await others(small, MACHINES, {}, expected) == {}


def test_the_table_says_who_operates() -> None:
    """A path of operators is open to them alone, and they are asked for nowhere else."""
    operators = {route.path for route in ROUTES if route.proof == "operator"}
    assert operators == {route.path for route in ROUTES if route.path.startswith("/api/admin/")}
