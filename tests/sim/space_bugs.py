"""A bug for each invariant of people in a space, their words, bodies and things."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import Any

from actors.clients import CLIENTS, Acknowledge, Emit, EmitMany
from actors.person import Person
from actors.session.messages import Disconnected
from actors.space import pose_frame
from actors.space.actor import Space
from actors.space.entities import Entity
from actors.space.messages import Enter, Leave, Tick
from actors.space.refusals import SpaceFull
from actors.space.roster import Body
from actors.store import SaveEntities, SaveSessions
from engine.actor import Actor
from engine.context import Context, Effect
from sim.checkers import (
    Checker,
    chat,
    frames,
    node,
    people,
    presence,
    recovery,
    scene,
)
from sim.world import BEGINS_US
from tests.sim.stories import (
    Tamper,
)
from tests.sim.tampering import changed, emitted, twice, without, without_event


def stays_in_both(actor: Actor, message: Any, effects: list[Effect], _ctx: Context) -> None:
    """Take nobody's body away who joins another space."""
    assert isinstance(actor, Space)
    if isinstance(message, Leave) and message.reason == "joined another space":
        effects.clear()
        actor.state.roster.add(body(message.socket_id))


def makes_a_ghost(actor: Actor, message: Any, _effects: list[Effect], _ctx: Context) -> None:
    """Let a tick make a body."""
    assert isinstance(actor, Space)
    if isinstance(message, Tick):
        actor.state.roster.add(body("ghost"))


def moves_the_departed(
    _actor: Actor, message: Any, effects: list[Effect], _ctx: Context
) -> list[Effect] | None:
    """Publish one more pose of whoever leaves."""
    for effect in effects:
        left = emitted(effect, "user-left")
        if isinstance(message, Leave) and left is not None:
            pose = {"socketId": message.socket_id, "entityData": {}}
            return [
                *effects,
                ("io", "clients", replace(left, event="aframe-update", payload=pose), None),
            ]
    return None


def leaves_a_thing(actor: Actor, message: Any, _effects: list[Effect], _ctx: Context) -> None:
    """Keep an entity of somebody who leaves."""
    assert isinstance(actor, Space)
    if isinstance(message, Leave):
        actor.scene.entities["left"] = Entity(id="left", owned=(1, message.socket_id))


def loses_count(_actor: Actor, message: Any, _effects: list[Effect], ctx: Context) -> None:
    """Forget a message of the kernel's books."""
    if isinstance(message, Leave):
        ctx._world.ledger.done -= 1  # type: ignore[attr-defined]


def overfills(_actor: Actor, message: Any, _effects: list[Effect], ctx: Context) -> None:
    """Put more into a mailbox than fits."""
    if isinstance(message, Leave):
        ctx._cell.mail = deque([Tick()] * 5000)


def forgets_a_connection(_actor: Actor, message: Any, _effects: list[Effect], ctx: Context) -> None:
    """Take somebody for lost who is not."""
    if isinstance(message, Leave):
        front = ctx._world.ports[CLIENTS]  # type: ignore[attr-defined]
        list(front.seats.by_id.values())[-1].socket = None


def refuses_all(_actor: Actor, message: Any, _effects: list[Effect], _ctx: Context) -> None:
    """Let nobody in."""
    if isinstance(message, Enter):
        raise SpaceFull(people=0, people_max=0)


def promises_wrongly(
    _actor: Actor, _message: Any, effects: list[Effect], _ctx: Context
) -> list[Effect]:
    """Acknowledge a message under an id that the store has not given it."""
    return [("io", one[1], wrongly(ack), None) if (ack := kept(one)) else one for one in effects]


def wrongly(acknowledge: Acknowledge) -> Acknowledge:
    """Return an acknowledgement with another message id."""
    assert isinstance(acknowledge.outcome, dict)
    return replace(acknowledge, outcome={"message": {**acknowledge.outcome["message"], "id": 99}})


def kept(effect: Effect) -> Acknowledge | None:
    """Return the acknowledgement of a message, if the effect is one."""
    request = effect[2] if effect[0] == "io" else None
    if isinstance(request, Acknowledge) and isinstance(request.outcome, dict):
        return request if "message" in request.outcome else None
    return None


def lingers(
    _actor: Actor, message: Any, effects: list[Effect], _ctx: Context
) -> list[Effect] | None:
    """Let a session outlive its socket."""
    if isinstance(message, Disconnected):
        return [one for one in effects if one[0] != "stop"]
    return None


def body(socket_id: str) -> Body:
    """Return a body that nobody asked for."""
    return Body(
        socket_id=socket_id,
        life=1,
        person=Person(guest_id=socket_id),
        position=None,
        avatar_data=None,
        voice_enabled=False,
        connected_at_us=0,
        active_at_us=0,
    )


def late_pose(effect: Effect) -> bool:
    """Whether an effect publishes poses of the time after the first 20 s."""
    request = effect[2] if effect[0] == "io" else None
    late_ms = BEGINS_US // 1000 + 20_000
    match request:
        case EmitMany(event="aframe-update", payloads=payloads):
            return any(payload["timestamp"] > late_ms for _but, payload in payloads)
        case Emit(event="aframe-update", payload=payload):
            return bool(payload["timestamp"] > late_ms)
        case _:
            return False


def a_metre_off(emit: Emit) -> Emit:
    """Return a frame that counts from somewhere else."""
    version, near, epoch, tick, x, y, z = pose_frame.HEADER.unpack_from(emit.payload)
    head = pose_frame.HEADER.pack(version, near, epoch, tick, x + 1_000, y, z)
    return replace(emit, payload=head + emit.payload[len(head) :])


SPACE_BUGS: list[tuple[type[Checker], str, Tamper]] = [
    (presence.RostersAgree, "space", without_event("user-joined")),
    (presence.OneBodyASession, "space", stays_in_both),
    (presence.OnlyJoiningMakesABody, "space", makes_a_ghost),
    (presence.NoPoseAfterLeaving, "space", moves_the_departed),
    (presence.LeftExactlyOnce, "space", twice("user-left")),
    (
        presence.OnlyMembersHear,
        "space",
        changed("user-left", lambda e: replace(e, to=(*e.to, "outsider"))),
    ),
    (
        presence.SignalsStayInside,
        "space",
        changed("webrtc-offer", lambda e: replace(e, payload={**e.payload, "fromSocketId": "x"})),
    ),
    (recovery.EveryOrderedEventOnce, "space", forgets_a_connection),
    (chat.OneChatOrder, "space", twice("chat-message")),
    (chat.AcknowledgedStays, "session", promises_wrongly),
    (node.NothingGoesMissing, "space", loses_count),
    (node.WithinBounds, "space", overfills),
    (people.NobodyIsShownNonsense, "space", without_event("user-joined")),
    (people.EverybodyGetsIn, "space", refuses_all),
    (people.WordsAreAnswered, "session", without(kept)),
    (chat.ChatIsWhole, "space", without_event("chat-message")),
    (presence.PosesGoForward, "space", without(late_pose)),
    (frames.FramesAreTrue, "space", changed("poses", a_metre_off)),
    (node.NothingIsLeftOver, "session", lingers),
    (
        node.RowsMatchPeople,
        "space",
        without(lambda one: one[0] == "io" and isinstance(one[2], SaveSessions)),
    ),
    (
        node.HeadCountsAgree,
        "space",
        without(lambda one: one[0] == "tell" and one[1].startswith("directory:")),
    ),
    (
        scene.NewcomersSeeTheScene,
        "space",
        changed("space-joined", lambda e: replace(e, payload={**e.payload, "entities": []})),
    ),
    (scene.EntitiesHaveOwners, "space", leaves_a_thing),
    (scene.EntitiesAgree, "space", without_event("entities-updated")),
    (
        scene.PersistentEntitiesAreKept,
        "space",
        without(lambda one: one[0] == "io" and isinstance(one[2], SaveEntities)),
    ),
]
