"""A bug for each invariant of a hall: modes, microphones, who hears whom and what is kept of it."""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import Any

import numpy as np

from actors.clients import Acknowledge, Emit
from actors.space.actor import Space
from actors.space.hearing.ledger_keeper import CutLedger
from actors.space.hearing.relation import Relation, silence
from actors.space.messages import Leave
from actors.space.microphones.queue import queue_of
from actors.store_audibility import SaveAudibility
from actors.store_hall import Usage
from engine.actor import Actor
from engine.context import Context, Effect
from sim.checkers import (
    Checker,
    audibility,
    hall,
    hearing,
)
from tests.sim.stories import (
    Tamper,
)
from tests.sim.tampering import changed, without, without_event


def deafens(actor: Actor, _message: Any, _effects: list[Effect], _ctx: Context) -> None:
    """Let nobody hear anybody."""
    assert isinstance(actor, Space)
    actor.hall.ears.rule.relation = silence()


def hears_themself(actor: Actor, _message: Any, _effects: list[Effect], _ctx: Context) -> None:
    """Let somebody hear themself."""
    assert isinstance(actor, Space)
    one = np.array([0], np.int64)
    if actor.state.roster:
        actor.hall.ears.rule.relation = Relation.of(one, one, one)


def speaks_in_ambient(actor: Actor, _message: Any, _effects: list[Effect], _ctx: Context) -> None:
    """Give the speaker role to somebody in a mode that has none."""
    assert isinstance(actor, Space)
    hall = actor.state.hall
    actor.state.hall = replace(hall, config=replace(hall.config, current_speaker="bob"))


def serves_the_last(actor: Actor, _message: Any, _effects: list[Effect], _ctx: Context) -> None:
    """Give a free microphone to whoever came last."""
    assert isinstance(actor, Space)
    commits = actor.hall.commits
    hall = commits.decided
    for microphone, usage in hall.holding.items():
        queue = queue_of(hall, microphone)
        if queue and usage.user_account == "sue":
            swapped = replace(usage, user_account=queue[-1].user_account)
            waiting = {one.user_account: one for one in queue[:-1]}
            waiting["sue"] = replace(queue[-1], user_account="sue", priority=3, arrival=1)
            commits.decided = replace(
                hall,
                holding={**hall.holding, microphone: swapped},
                waiting={(microphone, name): one for name, one in waiting.items()},
            )


def keeps_roles(actor: Actor, message: Any, _effects: list[Effect], _ctx: Context) -> None:
    """Let who leaves keep what they have."""
    assert isinstance(actor, Space)
    hall = actor.hall.commits.decided
    if isinstance(message, Leave) and message.reason == "left" and hall.microphones:
        (microphone,) = hall.microphones
        usage = Usage(microphone_id=microphone, number=9, user_account="ann", started_at_us=0)
        actor.hall.commits.decided = replace(hall, holding={microphone: usage})


def says_stage(emit: Emit) -> Emit:
    """Return an update that says to be of another mode."""
    return replace(emit, payload={**emit.payload, "audio_mode": "stage"})


def granted(effect: Effect) -> bool:
    """Whether an effect acknowledges a deed in a hall."""
    request = effect[2] if effect[0] == "io" else None
    return isinstance(request, Acknowledge) and "microphone" in str(request.outcome)


UPDATE = "spatial-connections-updated"


def keeps_silence(
    _actor: Actor, _message: Any, effects: list[Effect], _ctx: Context
) -> list[Effect]:
    """The bug of writing batches into the ledger that say nothing."""
    return [
        (one[0], one[1], _silenced(one[2]), *one[3:])
        if one[0] == "io" and isinstance(one[2], SaveAudibility)
        else one
        for one in effects
    ]


def keeps_a_moment(
    _actor: Actor, _message: Any, effects: list[Effect], _ctx: Context
) -> list[Effect]:
    """The bug of keeping but the first microsecond of each batch."""
    return [
        (one[0], one[1], _shortened(one[2]), *one[3:])
        if one[0] == "io" and isinstance(one[2], SaveAudibility)
        else one
        for one in effects
    ]


def never_cuts(_actor: Actor, _message: Any, effects: list[Effect], _ctx: Context) -> list[Effect]:
    """The bug of writing down and never keeping."""
    return [one for one in effects if not (one[0] == "after" and isinstance(one[2], CutLedger))]


def _shortened(request: SaveAudibility) -> SaveAudibility:
    batch = replace(request.batch, until_us=request.batch.from_us + 1)
    return replace(request, batch=batch)


def _silenced(request: SaveAudibility) -> SaveAudibility:
    return replace(request, batch=replace(request.batch, data=zlib.compress(b"")))


HALL_BUGS: list[tuple[type[Checker], str, Tamper]] = [
    (hall.OneSpeaker, "space", speaks_in_ambient),
    (hall.QueuesAreFair, "space", serves_the_last),
    (hall.RolesEndWithTheGrace, "space", keeps_roles),
    (hall.WishesAreAnswered, "session", without(granted)),
    (hearing.HearingFollowsTheMode, "space", deafens),
    (hearing.NeverHeard, "space", hears_themself),
    (hearing.LinksAreKnown, "space", without_event(UPDATE)),
    (hearing.HearersAreKnown, "space", without_event("spatial-hearers-updated")),
    (hearing.NoTickMixesModes, "space", changed(UPDATE, says_stage)),
]
LEDGER_OF_HEARING_BUGS: list[tuple[type[Checker], str, Tamper]] = [
    (audibility.LedgerIsTrue, "space", keeps_silence),
]
