"""Falling asleep and coming back, without losing anything."""

from __future__ import annotations

from typing import Any

import pytest

from engine.actor import STAY, Actor, IoDone, Restarted
from engine.cell import Birth, State
from engine.context import Context
from engine.outcome import Err, Ok, Unknown
from engine.refusal import Refused
from tests.engine.cast import Held, Player, Stage, balanced, fall, kind

IDLE_US = 1000


def saving(stage: Stage) -> Held:
    """Give the stage a store that answers by hand."""
    port = stage.core.ports["store"] = Held()
    return port


def durable() -> Stage:
    return Stage(
        kind(
            "a",
            idle_us=IDLE_US,
            load=lambda address: ("store", ("load", address)),
            save=lambda address, kept: ("store", ("save", address, kept)),
        )
    )


def state(stage: Stage) -> State:
    return stage.core.cells["a:1"].state


def memory(stage: Stage) -> Any:
    actor = stage.core.cells["a:1"].actor
    assert isinstance(actor, Player)
    return actor.memory


def test_an_idle_actor_sleeps_and_returns_with_what_it_kept() -> None:
    """Watchers hear nothing of it: nothing was lost."""
    stage = Stage(kind("a", idle_us=IDLE_US), kind("b"))
    stage.tell("a:1", ("remember", 7))
    stage.tell("b:1", lambda ctx: ctx.watch("a:1"))

    stage.run_for(2 * IDLE_US)
    assert state(stage) is State.PASSIVE
    stage.tell("a:1", "hello")

    assert memory(stage) == 7
    assert stage.seen("a:1") == ["started", "started", "hello"]
    assert stage.seen("b:1") == ["started"]


def test_a_saved_state_is_loaded_again_and_is_no_restart() -> None:
    """The store is asked before each incarnation; mail waits for it."""
    stage, port = durable(), Held()
    stage.core.ports["store"] = port
    stage.core.lifecycle.create("a:1", init="kept in mind", parent=None)
    port.answer(Ok(3))
    stage.settle()

    stage.run_for(2 * IDLE_US)
    assert port.requests[-1][0] == ("save", "a:1", 3)
    port.answer(Ok(None))
    stage.settle()
    assert state(stage) is State.PASSIVE
    stage.tell("a:1", "hello")
    assert state(stage) is State.LOADING
    port.answer(Ok(4))
    stage.settle()

    assert memory(stage) == 4
    assert stage.seen("a:1")[-1] == "hello"
    assert stage.core.ledger.exits == {"passive": 1}


def asleep_soon() -> tuple[Stage, Held]:
    """Return a stage whose a:1 is saving its state."""
    stage = durable()
    port = saving(stage)
    stage.tell("a:1", "hello")
    port.answer(Ok(1))
    stage.settle()
    stage.run_for(2 * IDLE_US)
    assert state(stage) is State.PASSIVATING
    return stage, port


def test_mail_that_comes_while_the_state_is_saved_keeps_the_actor_awake() -> None:
    """It is handled at once, and the save's answer no longer matters."""
    stage, port = asleep_soon()

    stage.tell("a:1", "wait")
    assert stage.seen("a:1")[-1] == "wait"
    port.answer(Ok(None))
    stage.settle()

    assert state(stage) is State.RUNNING
    assert balanced(stage.core)


@pytest.mark.parametrize("outcome", [Err("down"), Unknown("lost"), Refused(code="no", text="No.")])
def test_a_state_that_could_not_be_saved_stays_in_memory(outcome: Any) -> None:
    """The actor goes on, and tries again after another idle time."""
    stage, port = asleep_soon()

    port.answer(outcome)
    stage.settle()
    assert state(stage) is State.RUNNING
    stage.run_for(2 * IDLE_US)

    assert [request[0] for request, _ in port.requests] == ["load", "save", "save"]


def test_no_second_save_overtakes_the_first() -> None:
    """Or the older state might be the one that lasts."""
    stage, port = asleep_soon()

    stage.tell("a:1", "wait")
    stage.run_for(10 * IDLE_US)
    assert len(port.requests) == 2
    port.answer(Ok(None))
    stage.run_for(2 * IDLE_US)

    assert len(port.requests) == 3


def test_a_state_that_cannot_be_loaded_is_a_crash_and_mail_waits() -> None:
    """Its supervisor tries again later."""
    stage = durable()
    port = saving(stage)
    stage.tell("a:1", "patient")

    port.answer(Err("down"))
    stage.run_for(100_000)
    port.answer(Ok(9))
    stage.settle()

    assert memory(stage) == 9
    assert stage.seen("a:1") == ["started", "patient"]
    assert stage.core.ledger.exits == {"crash": 1}


def test_a_late_load_belongs_to_no_later_incarnation() -> None:
    """Each asks for itself."""
    stage = durable()
    port = saving(stage)
    stage.tell("a:1", "hello")
    port.answer(Err("down"))
    stage.run_for(100_000)
    assert len(port.requests) == 2

    port.answer(Ok("old"), which=0)
    port.answer(Ok("new"), which=1)
    stage.settle()

    assert memory(stage) == "new"
    assert stage.core.ledger.late == 1


def test_whoever_is_waited_for_or_waits_does_not_sleep() -> None:
    """An answer that is due would find nobody."""
    stage = Stage(kind("a", idle_us=IDLE_US))
    port = stage.core.ports["slow"] = Held()

    stage.tell("a:1", lambda ctx: ctx.io("slow", 1, tag="t"))
    stage.run_for(10 * IDLE_US)
    assert state(stage) is State.RUNNING
    port.answer(Ok(2))
    stage.run_for(10 * IDLE_US)

    assert stage.seen("a:1")[1:] == [IoDone("t", Ok(2))]
    assert "a:1" not in stage.core.cells or state(stage) is State.PASSIVE


def test_unread_values_keep_an_actor_awake() -> None:
    """They would be lost with it, and nothing but its own tick would ever wake it for them."""
    stage = Stage(kind("a", idle_us=IDLE_US))
    stage.tell("a:1", "hello")

    stage.core.put("a:1", "key", "value")
    stage.run_for(10 * IDLE_US)

    assert state(stage) is State.RUNNING


class Restless(Actor):
    """Stays awake, and counts how often it was asked to sleep."""

    asked = 0

    def handle(self, message: Any, ctx: Context) -> None:
        raise AssertionError(message)

    def passivate(self) -> Any:
        self.asked += 1
        return STAY


def test_an_actor_that_wants_to_stay_is_asked_again_after_another_idle_time() -> None:
    """Not in a circle without end."""
    actor = Restless()
    stage = Stage(lambda _build: kind("a", idle_us=IDLE_US)(lambda _birth: actor))
    stage.core.spawn("a:1")

    stage.run_for(10 * IDLE_US)

    assert 8 <= actor.asked <= 10


def test_an_actor_that_kept_nothing_leaves_nothing() -> None:
    """Its address is as if never used, so sleeping visitors cost nothing."""
    stage = Stage(kind("a", idle_us=IDLE_US))

    stage.tell("a:1", "hello")
    stage.run_for(2 * IDLE_US)

    assert stage.core.cells == {}
    assert stage.core.ledger.exits == {"passive": 1}


def test_a_child_that_sleeps_keeps_its_parent() -> None:
    """Forgetting it would leave the next incarnation without a supervisor."""
    stage = Stage(kind("a", idle_us=IDLE_US), kind("b"))
    stage.tell("b:1", lambda ctx: ctx.spawn("a:1"))

    stage.run_for(2 * IDLE_US)

    assert state(stage) is State.PASSIVE
    assert stage.core.cells["a:1"].parent == "b:1"


def test_a_restart_with_siblings_forgets_what_a_sleeper_kept() -> None:
    """It belongs to the time before, and its watchers learn that it is gone."""
    stage = Stage(kind("b", children="one_for_all"), kind("a", idle_us=IDLE_US), kind("c"))
    stage.tell("b:1", lambda ctx: [ctx.spawn("a:1"), ctx.spawn("c:1")])
    stage.tell("a:1", ("remember", 7))
    stage.tell("c:2", lambda ctx: ctx.watch("a:1"))
    stage.run_for(2 * IDLE_US)

    stage.tell("c:1", fall)
    stage.run_for(1_000_000)
    stage.tell("a:1", "hello")

    assert memory(stage) is None
    assert stage.seen("c:2") == ["started", Restarted("a:1")]


def test_a_passivation_that_raises_is_a_crash() -> None:
    """Whatever a rule of the kind does wrong, the node goes on."""

    def broken(_address: str, _kept: Any) -> tuple[str, Any]:
        raise RuntimeError("cannot be written")

    stage = Stage(kind("a", idle_us=IDLE_US, save=broken))
    stage.tell("a:1", "hello")

    stage.run_for(2 * IDLE_US)

    assert stage.core.ledger.exits == {"crash": 1}


def test_births_know_why_they_happen() -> None:
    """What `spawn` gave stays; what was kept is given once."""
    births: list[Birth] = []

    def build(birth: Birth) -> Actor:
        births.append(birth)
        return Player(birth, [])

    stage = Stage(lambda _build: kind("a", idle_us=IDLE_US)(build))
    stage.core.spawn("a:1", init="given")
    stage.tell("a:1", ("remember", 1))
    stage.run_for(2 * IDLE_US)
    stage.tell("a:1", fall)
    stage.run_for(500_000)

    assert [(birth.init, birth.kept) for birth in births] == [
        ("given", None),
        ("given", 1),
        ("given", None),
    ]
