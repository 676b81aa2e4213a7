"""What a handler may rely on: order, all or nothing, and an answer for whoever asks."""

from __future__ import annotations

from typing import Literal

import pytest

from engine.actor import AskDone, Gap, IoDone, Undelivered
from engine.cell import Lane
from engine.context import Context
from engine.core import MailboxFull
from engine.outcome import Err, Ok, Unknown
from engine.refusal import BadInput
from tests.engine.cast import Held, Stage, balanced, fall, kind


def test_messages_arrive_in_the_order_told() -> None:
    """One lane is one queue."""
    stage = Stage(kind("a"))

    stage.tell("a:1", *range(40))

    assert stage.seen("a:1") == ["started", *range(40)]


def test_no_cell_holds_up_the_others() -> None:
    """A turn is a few messages long, whatever waits."""
    stage = Stage(kind("a"))

    stage.tell("a:1", *range(17))
    stage.log.clear()
    for number in range(17):
        stage.core.tell("a:1", number)
    stage.core.tell("a:2", "me too")
    stage.settle()

    assert stage.log.index(("a:2", "me too")) < stage.log.index(("a:1", 16))


def test_one_whom_all_wait_for_may_have_longer_turns() -> None:
    """Its kind says how many messages it handles before the others have their turn."""
    stage = Stage(kind("a", turn_max=40))

    stage.tell("a:1", "awake")
    stage.log.clear()
    for number in range(50):
        stage.core.tell("a:1", number)
    stage.core.tell("a:2", "me too")
    stage.settle()

    first = stage.log.index(("a:2", "me too"))
    assert stage.log.index(("a:1", 39)) < first < stage.log.index(("a:1", 40))


def test_a_crash_drops_the_effects_of_its_message_alone() -> None:
    """All effects of a delivery are performed, or none."""
    stage = Stage(kind("a"))

    def half(ctx: Context) -> None:
        ctx.tell("a:2", "half")
        raise RuntimeError("in the middle")

    stage.tell("a:1", half, "next")
    stage.run_for(1_000_000)

    assert stage.seen("a:2") == []
    assert stage.seen("a:1") == ["started", "started", "next"]
    assert stage.core.ledger.dead == {"crash": 1}
    assert "in the middle" in (stage.core.ledger.letters[0].traceback or "")


def test_a_refusal_leaves_no_trace_and_reaches_the_asker() -> None:
    """Saying no is an answer, not a crash."""
    stage = Stage(kind("a"))

    def refuse(ctx: Context) -> None:
        ctx.tell("a:2", "trace")
        raise BadInput("too long", field="text")

    answers = stage.ask("a:1", refuse)

    assert answers == [BadInput("too long", field="text").value()]
    assert stage.seen("a:2") == []
    assert stage.core.ledger.exits == {}


def test_a_message_that_crashes_is_tried_as_often_as_its_kind_says() -> None:
    """Tried first of all again, then dead; chance goes on meanwhile, so a try may differ."""
    stage = Stage(kind("a", retries=2))
    tries = []

    def stubborn(ctx: Context) -> None:
        tries.append(ctx.chance("try").bits(32))
        stage.log.append(("a:1", "try"))
        raise RuntimeError("no")

    stage.tell("a:1", stubborn, "after")
    stage.run_for(1_000_000)

    assert len(set(tries)) == 3
    assert [one for one in stage.seen("a:1") if one != "started"] == ["try"] * 3 + ["after"]
    assert stage.core.ledger.dead == {"crash": 1}


def test_an_ask_gets_its_answer_and_a_second_one_is_only_counted() -> None:
    """Whoever waits is woken once."""
    stage = Stage(kind("a"))

    def twice(ctx: Context) -> None:
        ctx.reply("yes")
        ctx.reply("again")

    assert stage.ask("a:1", twice) == [Ok("yes")]
    assert stage.core.ledger.late == 1


def test_an_ask_in_hand_when_the_actor_crashes_took_no_effect() -> None:
    """Its effects were dropped, so trying again is safe; one kept for later may have had some."""
    stage = Stage(kind("a"))
    kept = stage.ask("a:1", lambda _ctx: None)

    assert stage.ask("a:1", fall) == [Err("crash")]
    assert kept == [Unknown("crash")]


def test_an_ask_ends_at_its_deadline() -> None:
    """By then it may have happened; a late answer disturbs nobody."""
    stage = Stage(kind("a"))
    askers = []
    answers = stage.ask("a:1", lambda ctx: askers.append(ctx.asker), timeout_us=500)

    stage.run_for(500)
    stage.tell("a:1", lambda ctx: ctx.reply("late", askers[0]))

    assert answers == [Unknown("no answer in time")]
    assert stage.core.ledger.late == 1


@pytest.mark.parametrize("to", ["nobody:1", "spawned:1"])
def test_an_ask_to_nobody_fails_at_once(to: str) -> None:
    """A dead letter answers its asker: nobody waits for a time-out in vain."""
    stage = Stage(kind("spawned", starts_on_tell=False))

    assert stage.ask(to, "hello") == [Err("nobody there")]


def test_whoever_a_question_is_forwarded_to_answers_it() -> None:
    """The asker sees one answer, and the one in between may crash without harm to it."""
    stage = Stage(kind("a"))
    answers = stage.ask("a:1", lambda ctx: ctx.forward("a:2", lambda other: other.reply("done")))

    assert answers == [Ok("done")]


def test_a_forwarded_question_outlives_the_one_who_forwarded_it() -> None:
    """It is in other hands."""
    stage = Stage(kind("a"))
    askers = []
    answers = stage.ask(
        "a:1", lambda ctx: ctx.forward("a:2", lambda other: askers.append(other.asker))
    )

    stage.tell("a:1", fall)
    assert answers == []
    stage.tell("a:2", lambda ctx: ctx.reply("still here", askers[0]))

    assert answers == [Ok("still here")]


def test_answers_for_an_earlier_incarnation_are_dropped() -> None:
    """What asked is gone; its successor knows nothing of the question."""
    stage = Stage(kind("a"))
    port = stage.core.ports["slow"] = Held()

    def ask(ctx: Context) -> None:
        ctx.io("slow", "request", tag="io")
        ctx.ask("a:2", lambda _ctx: None, tag="ask", timeout_us=900)

    stage.tell("a:1", ask, fall)
    port.answer(Ok(1))
    stage.run_for(1_000_000)

    assert stage.seen("a:1") == ["started", "started"]
    assert stage.core.ledger.late == 2


def test_a_port_answers_once_whatever_it_does() -> None:
    """A second answer is counted; a raising or missing port is an outcome like others."""
    stage = Stage(kind("a"))
    port = stage.core.ports["slow"] = Held()

    class Broken:
        def start(self, request: object, reply: object) -> None:
            raise OSError("broken")

    stage.core.ports["broken"] = Broken()
    for name in ("slow", "broken", "missing"):
        stage.tell("a:1", lambda ctx, name=name: ctx.io(name, 1, tag=name))
    port.answer(Ok(1))
    port.answer(Ok(2))
    stage.settle()

    assert stage.seen("a:1")[1:] == [
        IoDone("broken", Unknown("OSError: broken")),
        IoDone("missing", Err("no port missing")),
        IoDone("slow", Ok(1)),
    ]


def full(overflow: Literal["refuse", "drop_newest", "drop_oldest", "shed"]) -> Stage:
    """Return a stage whose a:1 has been sent 1, 2 and 3 with room for two."""
    stage = Stage(kind("a", lane=Lane(size_max=2, overflow=overflow)))
    stage.core.spawn("a:1")
    stage.settle()
    stage.core.tell("a:1", 1)
    stage.core.tell("a:1", 2)
    return stage


def test_a_mailbox_that_refuses_tells_every_teller() -> None:
    """Outside it raises; an actor is told; an asker gets an outcome at once."""
    stage = full("refuse")

    with pytest.raises(MailboxFull):
        stage.core.tell("a:1", 3)
    answers: list[object] = []
    stage.core.ask("a:1", 3, answers.append, timeout_us=1)
    stage.settle()

    assert answers == [Err("mailbox full")]
    assert stage.seen("a:1") == ["started", 1, 2]
    assert stage.core.ledger.rejected == 2
    assert balanced(stage.core)


def test_an_actor_learns_that_a_mailbox_refused_it() -> None:
    """The message comes back with the address."""
    stage = Stage(kind("a", lane=Lane(size_max=1)), kind("b"))
    stage.core.spawn("a:1")

    stage.tell("b:1", lambda ctx: [ctx.tell("a:1", 1), ctx.tell("a:1", 2)])

    assert stage.seen("b:1") == ["started", Undelivered("a:1", 2)]


def test_dropping_the_oldest_leaves_a_gap_in_their_place() -> None:
    """Whoever reads on knows how many are missing."""
    stage = full("drop_oldest")

    stage.tell("a:1", 3, 4)

    assert stage.seen("a:1") == ["started", Gap(2), 3, 4]
    assert stage.core.ledger.dead == {"mailbox full": 2}
    assert balanced(stage.core)


def test_dropping_the_newest_keeps_what_came_first() -> None:
    """The dropped one is dead-lettered, with its reason."""
    stage = full("drop_newest")

    stage.tell("a:1", 3)

    assert stage.seen("a:1") == ["started", 1, 2]
    assert stage.core.ledger.dead == {"mailbox full": 1}


def test_shedding_drops_the_least_important() -> None:
    """The first of the lowest rank makes room; a newcomer of no higher rank is shed itself."""
    stage = full("shed")

    class Urgent:
        priority = 1

    urgent = Urgent()
    stage.tell("a:1", urgent, 3)

    assert stage.seen("a:1") == ["started", 2, urgent]
    assert stage.core.ledger.dead == {"shed": 2}


def test_the_conflated_lane_keeps_the_newest_value_in_the_first_place() -> None:
    """Writing often neither wakes the owner nor jumps the queue."""
    stage = Stage(kind("a", lane=Lane(keys_max=2)))
    taken = []
    stage.core.spawn("a:1")
    stage.settle()

    for key, value in (("x", 1), ("y", 2), ("x", 3), ("z", 4)):
        stage.core.put("a:1", key, value)
    stage.settle()
    stage.tell("a:1", lambda ctx: taken.extend(ctx.take().items()))

    assert taken == [("x", 3), ("y", 2)]
    assert (stage.core.ledger.conflated, stage.core.ledger.rejected) == (1, 1)
    assert balanced(stage.core)


def test_a_value_for_nobody_is_a_dead_letter() -> None:
    """A conflated lane starts no actor."""
    stage = Stage(kind("a"))

    stage.core.put("a:1", "x", 1)

    assert stage.core.ledger.dead == {"nobody there": 1}


def test_actors_ask_each_other() -> None:
    """The answer is a message with the tag of the question."""
    stage = Stage(kind("a"))

    stage.tell(
        "a:1",
        lambda ctx: ctx.ask("a:2", lambda other: other.reply(5), tag="five", timeout_us=1000),
    )

    assert stage.seen("a:1") == ["started", AskDone("five", Ok(5))]


def test_chance_continues_over_crashes_and_differs_between_purposes_and_lives() -> None:
    """A retry that drew the same again would fail the same again."""
    stage = Stage(kind("a"))
    drawn = []

    def draw(ctx: Context) -> None:
        drawn.append(ctx.chance("x").bits(64))

    stage.tell("a:1", draw, fall)
    stage.run_for(1_000_000)
    stage.tell("a:1", draw, lambda ctx: drawn.append(ctx.chance("y").bits(64)))
    stage.tell("a:1", lambda ctx: ctx.stop())
    stage.tell("a:1", draw)

    assert len(set(drawn)) == 4
