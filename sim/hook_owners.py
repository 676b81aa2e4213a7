"""Owners of endpoints in a run: they make them, take new secrets and enable them again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.ledger.transfer import derived_id
from actors.webhooks.messages import (
    By,
    CreateEndpoint,
    EnableEndpoint,
    RotateSecret,
    endpoint_address,
)
from engine.clock import SECOND_US
from engine.core import Core
from engine.outcome import Ok, Outcome
from sim.receivers import ReceiverPart

PATIENCE_US = 8 * SECOND_US
AGAIN_US = SECOND_US
NOTICES_US = 15 * SECOND_US
"""After it answers again; by then no request that was answered 410 is under way."""


def endpoint_of(part: ReceiverPart) -> str:
    """Return the id of a receiver's endpoint."""
    return derived_id(part.url, "endpoint")


def plan(core: Core, parts: tuple[ReceiverPart, ...], begins_us: int,
         away: Callable[[], bool]) -> None:  # fmt: skip
    """Have every owner do what a scenario says, and insist on it while the node is away."""
    for part in parts:
        address, by = endpoint_address(endpoint_of(part)), By(account=part.owner)
        create = CreateEndpoint(
            owner=part.owner,
            all=part.all,
            url=part.url,
            events=part.events,
            secret=f"whsec-{part.owner}-0",
            endpoints_max=5,
        )
        _insist(core, begins_us + part.at_us, address, create, away)
        for number, at_us in enumerate(part.rotates_us, 1):
            rotate = RotateSecret(by=by, secret=f"whsec-{part.owner}-{number}")
            _insist(core, begins_us + at_us, address, rotate, away)
        if part.gone is not None:
            at_us = begins_us + part.gone[1] + NOTICES_US
            _insist(core, at_us, address, EnableEndpoint(by=by), away)


def _insist(core: Core, at_us: int, address: str, message: Any, away: Callable[[], bool]) -> None:
    def ask() -> None:
        if away():
            core.timers.at(core.now_us + AGAIN_US, ask)
        else:
            core.ask(address, message, answered, timeout_us=PATIENCE_US)

    def answered(outcome: Outcome) -> None:
        if not isinstance(outcome, Ok):
            core.timers.at(core.now_us + AGAIN_US, ask)

    core.timers.at(at_us, ask)
