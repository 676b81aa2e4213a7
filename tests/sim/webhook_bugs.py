"""Bugs of webhooks: each breaks what is promised about them, and is found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from actors.webhooks.messages import PostEvent
from actors.webhooks.records import FanOut, SaveAttempt
from engine.actor import Actor, IoDone
from engine.context import Context, Effect
from sim.checkers import Checker
from sim.checkers.webhooks import EffectsAreTold
from tests.sim.stories import Tamper
from tests.sim.tampering import memory_of


def asked(effects: list[Effect], change: Any) -> list[Effect]:
    """Return effects with each request as `change` makes it."""
    return [(*one[:2], change(one[2]), *one[3:]) if one[0] == "io" else one for one in effects]


def forgets_the_first(
    _actor: Actor, _message: Any, effects: list[Effect], _ctx: Context
) -> list[Effect]:
    """Move the cursor past something that nobody is told of."""

    def change(request: Any) -> Any:
        if not isinstance(request, FanOut):
            return request
        return replace(request, deliveries=request.deliveries[1:])

    return asked(effects, change)


def tells_everybody(
    _actor: Actor, _message: Any, effects: list[Effect], ctx: Context
) -> list[Effect]:
    """Tell each endpoint what another was to be told."""
    endpoints = list(memory_of(ctx).webhooks.endpoints)

    def change(request: Any) -> Any:
        if not isinstance(request, FanOut):
            return request
        return replace(
            request,
            deliveries=tuple(
                replace(one, endpoint=each) for one in request.deliveries for each in endpoints
            ),
        )

    return asked(effects, change)


def calls_it_delivered(
    _actor: Actor, _message: Any, effects: list[Effect], _ctx: Context
) -> list[Effect]:
    """Take a request that was sent for one that arrived."""

    def change(request: Any) -> Any:
        if not isinstance(request, SaveAttempt):
            return request
        return replace(request, delivery=replace(request.delivery, state="delivered"))

    return asked(effects, change)


def signs_another_body(
    _actor: Actor, _message: Any, effects: list[Effect], _ctx: Context
) -> list[Effect]:
    """Change the body after signing it, if only by a space."""

    def change(request: Any) -> Any:
        return replace(request, body=request.body + b" ") if is_post(request) else request

    return asked(effects, change)


def is_post(request: Any) -> bool:
    return isinstance(request, PostEvent)


def keeps_the_old_secret(actor: Any, _message: Any, _effects: list[Effect], _ctx: Context) -> None:
    """Sign with what the owner has replaced long ago."""
    if actor.row is not None:
        actor.row = replace(actor.row, secret="stale", previous_secret=None)


def does_not_wait(actor: Any, message: Any, _effects: list[Effect], ctx: Context) -> list[Effect]:
    """Send all that waits, whether or not what is before it has arrived."""
    if not (isinstance(message, IoDone) and message.tag == "due"):
        return _effects
    waiting = [one for one in memory_of(ctx).webhooks.of(actor.id) if one.state == "pending"]
    effects = list(_effects)
    for one in sorted(waiting, key=lambda one: -one.seq):
        if one.event not in actor.flying:
            actor.flying[one.event] = one
            effects.append(("io", "webhooks", actor._signed(one, ctx.now_us),
                            ("answered", one.event)))  # fmt: skip
    return effects


def new_id_each_time(
    _actor: Actor, _message: Any, effects: list[Effect], ctx: Context
) -> list[Effect]:
    """Tell a repeat as something new."""

    def change(request: Any) -> Any:
        if not is_post(request):
            return request
        headers = dict(request.headers) | {"Presence-Event-Id": f"at {ctx.now_us}"}
        return replace(request, headers=tuple(headers.items()))

    return asked(effects, change)


def keeps_it_to_itself(
    _actor: Actor, _message: Any, effects: list[Effect], _ctx: Context
) -> list[Effect]:
    """Never send anything."""
    return [one for one in effects if not (one[0] == "io" and is_post(one[2]))]


WEBHOOK_BUGS: list[tuple[type[Checker], str, Tamper]] = [
    (EffectsAreTold, "herald", forgets_the_first),
]
MORE_WEBHOOK_BUGS: list[tuple[str, Tamper]] = [
    ("herald", tells_everybody),
    ("webhook", calls_it_delivered),
    ("webhook", signs_another_body),
    ("webhook", keeps_the_old_secret),
    ("webhook", does_not_wait),
    ("webhook", new_id_each_time),
    ("webhook", keeps_it_to_itself),
]
