"""Each invariant's checker looks at something, and reports the bug planted for it."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from actors.channel.messages import Announce
from actors.clients import CLIENTS, Acknowledge, Emit, EmitMany
from actors.ledger.messages import Post, Posted
from actors.ledger.transfer import Command, Transfer
from actors.money.commands import SEATS_ISSUED
from actors.person import Person
from actors.session.messages import Disconnected
from actors.space import pose_frame
from actors.space.actor import Space
from actors.space.entities import Entity
from actors.space.hearing.ledger_keeper import CutLedger
from actors.space.hearing.relation import Relation, silence
from actors.space.messages import Enter, Leave, Tick
from actors.space.microphones.queue import queue_of
from actors.space.refusals import SpaceFull
from actors.space.roster import Body
from actors.store import STORE, SaveEntities, SaveSessions
from actors.store_audibility import SaveAudibility
from actors.store_hall import Usage
from actors.subscriptions.records import SaveSubscription
from engine.actor import Actor, IoDone
from engine.context import Context, Effect
from engine.outcome import Ok
from engine.refusal import Refused
from sim.checkers import (
    ALL,
    Checker,
    audibility,
    booths,
    chat,
    frames,
    hall,
    hearing,
    money,
    node,
    people,
    premium,
    presence,
    recovery,
    scene,
    subscriptions,
    trades,
)
from sim.checkers.calls import CallChecker
from sim.checkers.subscriptions import SubscriptionChecker
from sim.store import MemoryStore
from sim.world import BEGINS_US
from tests.sim.call_bugs import CALL_BUGS
from tests.sim.stories import (
    BOOTH,
    CALL,
    HALL,
    MEETING,
    SUBSCRIBING,
    Tamper,
    run,
    run_with_bug,
    story,
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


def announced(effect: Effect) -> bool:
    """Whether an effect has a tip shown."""
    return effect[0] == "tell" and isinstance(effect[2], Announce)


def shows_more(_actor: Actor, _message: Any, effects: list[Effect], _ctx: Context) -> list[Effect]:
    """Show ten times what was given."""
    return [
        ("tell", one[1], replace(one[2], payload=one[2].payload | {"amountTokens": 70}))
        if announced(one)
        else one
        for one in effects
    ]


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
    *CALL_BUGS,
    (people.StoryEndsAsTold, "space", without_event("user-joined")),
    (hall.OneSpeaker, "space", speaks_in_ambient),
    (hall.QueuesAreFair, "space", serves_the_last),
    (hall.RolesEndWithTheGrace, "space", keeps_roles),
    (hall.WishesAreAnswered, "session", without(granted)),
    (hearing.HearingFollowsTheMode, "space", deafens),
    (hearing.NeverHeard, "space", hears_themself),
    (hearing.LinksAreKnown, "space", without_event(UPDATE)),
    (hearing.HearersAreKnown, "space", without_event("spatial-hearers-updated")),
    (hearing.NoTickMixesModes, "space", changed(UPDATE, says_stage)),
    (money.BalancesAgree, "ledger", pays_twice_in_the_store),
    (money.HistoryStays, "ledger", rewrites_history),
    (money.PaidAsTold, "ledger", answers_wrongly),
    # Tokens for nothing in the reserve.
    (trades.ReserveCoversTokens, "wallet", reposted(lambda _one: None, "token_sale")),
    # Seats from nowhere instead of from the pool.
    (
        trades.SeatsAreSoldOnce,
        "stream",
        reposted(lambda one: replace(one, debit=SEATS_ISSUED), "seat"),
    ),
    (trades.TipsAreShownWhenPaid, "wallet", shows_more),
    (trades.WishesAreSettled, "wallet", without(lambda one: one[0] == "reply")),
    (trades.WalletsEndAsTold, "wallet", reposted(lambda one: replace(one, amount=6), "tip")),
    # More uses than there are.
    (
        subscriptions.PromoCodesHold,
        "subscriber",
        reposted(lambda one: replace(one, amount=9), "promo_issued"),
    ),
    # A pro month for almost nothing.
    (
        subscriptions.InvoicesSettleOnce,
        "subscriber",
        reposted(lambda one: replace(one, amount=1), "subscription"),
    ),
    # What was overpaid goes to somebody else.
    (
        subscriptions.PaymentsAreKept,
        "subscriber",
        reposted(lambda one: replace(one, credit="user:eve:main"), "credit"),
    ),
    # Paid, and never written down.
    (
        subscriptions.SubscriptionsAreGranted,
        "subscriber",
        without(lambda one: one[0] == "io" and isinstance(one[2], SaveSubscription)),
    ),
    (audibility.LedgerIsTrue, "space", keeps_silence),
    # One seat more than there is, and minutes for nothing.
    (
        booths.SpaceTicketsAreHonest,
        "booth",
        reposted(lambda one: replace(one, debit=SEATS_ISSUED), "space_seat"),
    ),
    (booths.MicrophonesCostTheirTime, "booth", reposted(lambda _one: None, "microphone")),
    (
        premium.PremiumIsPaidFor,
        "booth",
        reposted(lambda one: replace(one, amount=1), "space_premium"),
    ),
]


@pytest.mark.parametrize(("checker", "kind", "tamper"), BUGS, ids=lambda x: getattr(x, "name", ""))
def test_a_planted_bug_is_reported(checker: type[Checker], kind: str, tamper: Tamper) -> None:
    """A checker that cannot fail checks nothing."""
    in_hall = checker.__module__ in {hall.__name__, hearing.__name__, audibility.__name__}
    tale = CALL if issubclass(checker, CallChecker) else HALL if in_hall else MEETING
    tale = SUBSCRIBING if issubclass(checker, SubscriptionChecker) else tale
    tale = BOOTH if checker.__module__ in {booths.__name__, premium.__name__} else tale
    done = run_with_bug(story(tale), kind, tamper, [checker])

    assert done.violation is not None
    assert done.violation.checker == checker.name


@pytest.mark.parametrize("tamper", [keeps_a_moment, never_cuts], ids=lambda one: one.__name__)
def test_the_ledger_is_whole(tamper: Tamper) -> None:
    """To say little is no way of being true: what people were told must be in it."""
    done = run_with_bug(story(HALL), "space", tamper, [audibility.LedgerIsTrue])

    assert done.violation is not None
    assert done.violation.checker == "ledger_is_true"


def test_a_bug_is_planted_for_every_checker() -> None:
    """A new checker comes with the bug that it finds."""
    assert [checker for checker, _kind, _tamper in BUGS] == list(ALL)


def test_the_product_as_it_is_breaks_nothing_and_every_checker_looked() -> None:
    """The meeting that the planted bugs spoil is otherwise without fault, and seen by all."""
    runs = [run(story(tale)) for tale in (MEETING, HALL, SUBSCRIBING, BOOTH)]

    assert [done.violation for done in runs] == [None] * 4
    assert all(max(done.checked[one.name] for done in runs) > 0 for one in ALL)


def test_a_violation_tells_when_where_and_what_came_before() -> None:
    """Whoever reads the report sees the failing actor's last deliveries."""
    done = run_with_bug(story(), "space", twice("user-left"), ALL)

    assert done.violation is not None
    assert done.violation.address == "space:global:lobby:main"
    assert isinstance(done.violation.trail[-1][1], Leave)
    assert done.violation.trail[-1][0] == done.violation.now_us
