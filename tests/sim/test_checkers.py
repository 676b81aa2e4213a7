"""Each invariant's checker looks at something, and reports the bug planted for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from actors.clients import Acknowledge, Emit
from actors.ledger.messages import Posted
from actors.person import Person
from actors.session.messages import Disconnected
from actors.space.actor import Space
from actors.space.messages import Enter, Leave, Tick
from actors.space.refusals import SpaceFull
from actors.space.roster import Body
from actors.store import STORE, SaveSessions
from engine.actor import Actor, IoDone
from engine.context import Context, Effect
from engine.outcome import Ok
from engine.refusal import Refused
from sim.checkers import ALL, Checker, chat, money, node, people, presence
from sim.checkers.calls import CallChecker
from sim.store import MemoryStore
from tests.sim.call_bugs import CALL_BUGS
from tests.sim.stories import CALL, Tamper, run, run_with_bug, story


def emitted(effect: Effect, event: str) -> Emit | None:
    """Return what an effect emits, if it emits this event."""
    request = effect[2] if effect[0] == "io" else None
    return request if isinstance(request, Emit) and request.event == event else None


def without(wanted: Callable[[Effect], Any]) -> Tamper:
    """Return the bug of forgetting some effects."""
    return lambda _actor, _message, effects, _ctx: [one for one in effects if not wanted(one)]


def without_event(event: str) -> Tamper:
    """Return the bug of forgetting an event."""
    return without(lambda effect: emitted(effect, event))


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


def loses_count(_actor: Actor, message: Any, _effects: list[Effect], ctx: Context) -> None:
    """Forget a message of the kernel's books."""
    if isinstance(message, Leave):
        ctx._world.ledger.done -= 1  # type: ignore[attr-defined]


def overfills(_actor: Actor, message: Any, _effects: list[Effect], ctx: Context) -> None:
    """Put more into a mailbox than fits."""
    if isinstance(message, Leave):
        ctx._cell.mail = deque([Tick()] * 5000)


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
    """Whether an effect publishes one of the later poses."""
    pose = emitted(effect, "aframe-update")
    return pose is not None and pose.payload["entityData"]["number"] > 20


def pays_twice_in_the_store(
    actor: Actor, message: Any, _effects: list[Effect], ctx: Context
) -> None:
    """Let a balance move without a row."""
    if written(message):
        books = memory_of(ctx).ledger
        books.balances[next(iter(books.balances))].posted += 1


def rewrites_history(_actor: Actor, message: Any, _effects: list[Effect], ctx: Context) -> None:
    """Change a row that is long there, and its balances with it."""
    if written(message):
        entries = memory_of(ctx).ledger.entries
        entries[0] = replace(entries[0], at_us=entries[0].at_us + 1)


def written(message: Any) -> bool:
    """Whether a batch has just become durable, and not one of the first."""
    return isinstance(message, IoDone) and message.tag[0] == "written" and message.tag[1] > 8


def memory_of(ctx: Context) -> MemoryStore:
    """Return the simulator's store."""
    store: MemoryStore = ctx._world.ports[STORE]._memory  # type: ignore[attr-defined]
    return store


def answers_wrongly(
    _actor: Actor, _message: Any, effects: list[Effect], _ctx: Context
) -> list[Effect]:
    """Tell whoever was refused that they paid."""
    paid = Ok(Posted(entries=()))
    return [
        (one[0], one[1], paid) if one[0] == "reply" and isinstance(one[2], Refused) else one
        for one in effects
    ]


BUGS: list[tuple[type[Checker], str, Tamper]] = [
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
    (chat.OneChatOrder, "space", twice("chat-message")),
    (chat.AcknowledgedStays, "session", promises_wrongly),
    (node.NothingGoesMissing, "space", loses_count),
    (node.WithinBounds, "space", overfills),
    (people.NobodyIsShownNonsense, "space", without_event("user-joined")),
    (people.EverybodyGetsIn, "space", refuses_all),
    (people.WordsAreAnswered, "session", without(kept)),
    (chat.ChatIsWhole, "space", without_event("chat-message")),
    (presence.PosesGoForward, "space", without(late_pose)),
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
    *CALL_BUGS,
    (people.StoryEndsAsTold, "space", without_event("user-joined")),
    (money.BalancesAgree, "ledger", pays_twice_in_the_store),
    (money.HistoryStays, "ledger", rewrites_history),
    (money.PaidAsTold, "ledger", answers_wrongly),
]


@pytest.mark.parametrize(("checker", "kind", "tamper"), BUGS, ids=lambda x: getattr(x, "name", ""))
def test_a_planted_bug_is_reported(checker: type[Checker], kind: str, tamper: Tamper) -> None:
    """A checker that cannot fail checks nothing."""
    tale = story(CALL) if issubclass(checker, CallChecker) else story()
    done = run_with_bug(tale, kind, tamper, [checker])

    assert done.violation is not None
    assert done.violation.checker == checker.name


def test_a_bug_is_planted_for_every_checker() -> None:
    """A new checker comes with the bug that it finds."""
    assert [checker for checker, _kind, _tamper in BUGS] == list(ALL)


def test_the_product_as_it_is_breaks_nothing_and_every_checker_looked() -> None:
    """The meeting that the planted bugs spoil is otherwise without fault, and seen by all."""
    done = run(story())

    assert done.violation is None
    assert min(done.checked.values()) > 0


def test_a_violation_tells_when_where_and_what_came_before() -> None:
    """Whoever reads the report sees the failing actor's last deliveries."""
    done = run_with_bug(story(), "space", twice("user-left"), ALL)

    assert done.violation is not None
    assert done.violation.address == "space:global:lobby:main"
    assert isinstance(done.violation.trail[-1][1], Leave)
    assert done.violation.trail[-1][0] == done.violation.now_us
