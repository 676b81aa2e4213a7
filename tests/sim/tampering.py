"""Ways of getting an actor's effects wrong, to plant bugs with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from actors.clients import Emit, EmitMany
from actors.ledger.messages import Post
from actors.ledger.transfer import Command, Transfer
from actors.store import STORE
from engine.actor import Actor
from engine.context import Context, Effect
from sim.store import MemoryStore
from tests.sim.stories import (
    Tamper,
)


def emitted(effect: Effect, event: str) -> Emit | None:
    """Return what an effect emits, if it emits this event."""
    request = effect[2] if effect[0] == "io" else None
    return request if isinstance(request, Emit) and request.event == event else None


def without(wanted: Callable[[Effect], Any]) -> Tamper:
    """Return the bug of forgetting some effects."""
    return lambda _actor, _message, effects, _ctx: [one for one in effects if not wanted(one)]


def without_event(event: str) -> Tamper:
    """Return the bug of forgetting an event."""
    return without(
        lambda effect: (
            effect[0] == "io"
            and isinstance(effect[2], Emit | EmitMany)
            and effect[2].event == event
        )
    )


def twice(event: str) -> Tamper:
    """Return the bug of sending an event twice."""

    def tamper(_a: Actor, _m: Any, effects: list[Effect], _c: Context) -> list[Effect]:
        return [each for one in effects for each in ((one, one) if emitted(one, event) else (one,))]

    return tamper


def changed(event: str, change: Callable[[Emit], Emit]) -> Tamper:
    """Return the bug of getting an event wrong."""

    def tamper(_a: Actor, _m: Any, effects: list[Effect], _c: Context) -> list[Effect]:
        return [
            ("io", one[1], change(emit), one[3]) if (emit := emitted(one, event)) else one
            for one in effects
        ]

    return tamper


def memory_of(ctx: Context) -> MemoryStore:
    """Return the simulator's store."""
    store: MemoryStore = ctx._world.ports[STORE]._memory  # type: ignore[attr-defined]
    return store


def reposted(change: Callable[[Transfer], Transfer | None], kind: str) -> Tamper:
    """Return the bug of getting the transfers of a kind wrong; None forgets one."""

    def tamper(_a: Actor, _m: Any, effects: list[Effect], _c: Context) -> list[Effect]:
        return [
            ("ask", one[1], Post(command=wrong(one[2].command)), *one[3:])
            if one[0] == "ask" and isinstance(one[2], Post)
            else one
            for one in effects
        ]

    def wrong(command: Command) -> Command:
        made = [change(each) if each.kind == kind else each for each in command.transfers]
        return replace(command, transfers=tuple(each for each in made if each is not None))

    return tamper
