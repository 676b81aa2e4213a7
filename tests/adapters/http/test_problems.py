"""Refusals: every code has its status, and every answer to a refusal has its body."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import actors
import adapters.http
import adapters.identity
from adapters.http.problems import STATUS_OF_CODE, body_of, headers_of, status_of
from engine.refusal import Refusal, Refused

SEEN_OVER_HTTP = ("actors.", "adapters.http.", "adapters.identity.", "engine.")

LOCAL_ONLY = {"refused", "account_exists", "no_such_account"}
"""The base class's own, and those of the command line."""


def every_refusal() -> list[type[Refusal]]:
    for package in (actors, adapters.http, adapters.identity):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    found: list[type[Refusal]] = []
    waiting = [Refusal]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if kind.__module__.startswith(SEEN_OVER_HTTP):
                found.append(kind)
    return found


def test_every_refusal_has_a_status_of_its_own() -> None:
    """A new one must say what it is over HTTP, or it would be a 400 by accident."""
    codes = {kind.code for kind in every_refusal()}

    assert codes - LOCAL_ONLY <= set(STATUS_OF_CODE)


@pytest.mark.parametrize(
    ("refused", "status", "headers"),
    [
        (Refused(code="space_full", text="."), 429, {"Retry-After": "2"}),
        (
            Refused(code="rate_limited", text=".", details={"retry_after_s": 9}),
            429,
            {"Retry-After": "9"},
        ),
        (Refused(code="token_expired", text="."), 401, {"WWW-Authenticate": "Bearer"}),
        (
            Refused(code="method_not_allowed", text=".", details={"allowed": ["GET"]}),
            405,
            {"Allow": "GET, OPTIONS"},
        ),
        (Refused(code="something_new", text="."), 400, {}),
    ],
)
def test_the_headers_a_status_asks_for(
    refused: Refused, status: int, headers: dict[str, str]
) -> None:
    """HTTP wants Retry-After, WWW-Authenticate and Allow beside some statuses."""
    assert status_of(refused) == status
    assert headers_of(refused) == headers


def test_the_body_says_what_there_is_to_say() -> None:
    """`field` as HTTP spells it; nothing is sent empty."""
    plain = Refused(code="not_found", text="No.")
    full = Refused(
        code="bad_input", text="No.", field="spaceType", retryable=True, details={"most": 5}
    )

    assert body_of(plain) == {"error": "No.", "code": "not_found"}
    assert body_of(full) == {
        "error": "No.",
        "code": "bad_input",
        "field": "space_type",
        "retryable": True,
        "details": {"most": 5},
    }
