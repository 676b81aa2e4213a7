"""The node falls between any two steps of a call, and the next one goes on."""

from __future__ import annotations

import pytest

from actors.calls.desk import WAKE_AT_ONCE
from actors.calls.messages import (
    CALL_DESK,
    CreateCall,
    RunAllDue,
    StartCall,
    Sweep,
    call_address,
)
from actors.calls.state import CallFacts
from actors.ledger.transfer import derived_id
from actors.money.policy import DEFAULT_POLICIES, MoneyPolicies, read_policies
from engine.clock import SECOND_US
from sim.store import MemoryStore
from tests.actors.calls.phone import CREATOR, FAN, NAMESPACE, START_US, NodeDied, Phone

CALL = derived_id(NAMESPACE, "call/1")
TOKENS = 1_000
AWAY_S = 3


def story(phone: Phone) -> None:
    """Call for a block and a half with a pause in it, and hang up."""
    phone.fund(FAN, TOKENS)
    live_through(phone)


def live_through(phone: Phone) -> None:
    phone.come(FAN, CREATOR)
    phone.call("1")
    phone.run(24)
    phone.pause(CALL)
    phone.run(2)
    phone.resume(CALL)
    phone.run(20)
    phone.end(CALL)


def points_of_a_crash_free_run(money: MoneyPolicies) -> tuple[list[tuple[str, int]], int]:
    """Return every point between two steps of the call, and what it costs."""
    phone = Phone(money=money)
    phone.fund(FAN, TOKENS)
    step, request = phone.steps, phone.requests
    live_through(phone)
    assert phone.wrong() == []
    points = [("dies_at", number) for number in range(step + 1, phone.steps + 1)]
    for number in range(request + 1, phone.requests + 1):
        points += [("dies_before_request", number), ("dies_after_request", number)]
    return points, phone.facts(CALL).cost


SHARED = read_policies(
    {"policies": {"call": {"split": [["platform:revenue", 1_000]], "remainder_to": "creator"}}}
)
POINTS, COST = points_of_a_crash_free_run(DEFAULT_POLICIES)
SHARED_POINTS, _ = points_of_a_crash_free_run(SHARED)
CASES = [(DEFAULT_POLICIES, *point) for point in POINTS]
CASES += [(SHARED, *point) for point in SHARED_POINTS if point[0] != "dies_at"]


def successor(store: MemoryStore, now_us: int, money: MoneyPolicies = DEFAULT_POLICIES) -> Phone:
    """Return a node that takes over, with both people back, who hang up after a while."""
    phone = Phone(store, now_us=now_us, money=money)
    store._now_us = lambda: phone.core.now_us
    phone.come(FAN, CREATOR)
    phone.core.tell(CALL_DESK, Sweep())
    phone.run(4)
    known = store.calls.calls.get(CALL)
    if known is not None and known.facts.live:
        phone.end(CALL)
    return phone


@pytest.mark.parametrize(("money", "how", "number"), CASES)
def test_a_node_crash_at_every_step(money: MoneyPolicies, how: str, number: int) -> None:
    """I39: whatever the step, the bill is at most the crash-free one and covers what was proved.

    No block is charged twice or lost, nothing is held afterwards, and no token is made or lost.
    Points are every delivery, and every request to the store, before and after its commit.
    """
    fallen = Phone(money=money)
    setattr(fallen, how, number)
    with pytest.raises(NodeDied):
        story(fallen)
    store = fallen.store
    phone = successor(store, fallen.core.now_us + AWAY_S * SECOND_US, money)
    known = store.calls.calls.get(CALL)
    if known is not None:
        assert known.facts.status in ("ended", "failed")
        assert known.facts.cost <= COST
    assert phone.wrong() == []
    phone.run(80)
    assert phone.wrong() == []
    assert phone.held(FAN) == 0
    all_three = (phone.balance(FAN), phone.balance(CREATOR), phone.tokens("platform:revenue"))
    assert sum(all_three) == TOKENS


@pytest.mark.parametrize("jump_s", [-3_600, -40, 7, 3_600, 90_000])
def test_the_next_node_s_clock_may_be_wrong(jump_s: int) -> None:
    """What is billed comes from written evidence, never from the difference of two clocks."""
    phone = Phone()
    phone.fund(FAN, TOKENS)
    phone.come(FAN, CREATOR)
    phone.call("1")
    phone.run(50)

    after = successor(phone.store, phone.core.now_us + jump_s * SECOND_US)

    facts = after.facts(CALL)
    assert facts.status == "ended"
    assert facts.closed_us <= 54 * SECOND_US
    assert facts.cost == 100
    after.run(4_000)
    assert after.held(FAN) == 0


def test_a_new_node_takes_over_more_calls_than_it_wakes_at_once() -> None:
    """Each is taken over once, however many slices they are woken in."""
    store = MemoryStore(lambda: START_US)
    ids = [derived_id(NAMESPACE, f"many/{number}") for number in range(2 * WAKE_AT_ONCE + 1)]
    for number, call_id in enumerate(ids):
        facts = CallFacts(
            id=call_id,
            fan=f"fan{number}",
            creator=CREATOR,
            initiator="fan",
            call_type="voice",
            message="",
            rate=1,
            created_us=START_US,
        )
        store.calls.create(CreateCall(facts=facts))
    phone = Phone(store)
    phone.core.tell(CALL_DESK, Sweep())
    phone.run(1)

    assert {store.calls.calls[call_id].epoch for call_id in ids} == {2}
    # Nobody here has a token, so each comes to its end.
    assert {phone.facts(call_id).status for call_id in ids} == {"failed"}


def test_a_lost_reply_is_no_reason_to_bill_twice() -> None:
    """Every third answer of the store is lost after its commit; the bill is the same."""
    phone = Phone()
    phone.fund(FAN, TOKENS)
    phone.come(FAN, CREATOR)
    phone.call("1")
    count = 0

    def lose(request: object) -> str | None:
        nonlocal count
        if type(request).__name__ not in ("SaveCall", "SaveEvidence"):
            return None
        count += 1
        return "unknown" if count % 3 == 0 else None

    phone.fault = lose
    phone.run(75)
    phone.end(CALL)

    assert phone.blocks(CALL) == [1, 2, 3]
    assert phone.wrong() == []


def test_of_two_meters_only_the_newer_one_writes() -> None:
    """I40: a node that was thought dead goes on; nothing of what it decides counts any more."""
    old = Phone()
    old.fund(FAN, TOKENS)
    old.come(FAN, CREATOR)
    old.call("1")
    old.run(40)
    new = Phone(old.store, now_us=old.core.now_us)
    new.come(FAN, CREATOR)
    new.core.tell(CALL_DESK, Sweep())
    for _ in range(60):
        new.run(1)
        old.run(1)

    # Two ledgers can't write either: the old node's was fenced with its meter.
    assert call_address(CALL) not in old.core.cells
    new.end(CALL)
    assert new.wrong() == []
    assert new.facts(CALL).interval is not None
    assert new.facts(CALL).cost <= 200


def test_a_cron_job_at_any_rhythm_bills_the_same() -> None:
    """I42, over a whole call: m runs of the meter endpoint are one."""
    bills = []
    for every_s in (0.0, 0.7, 29.0):
        phone = Phone()
        phone.fund(FAN, TOKENS)
        phone.come(FAN, CREATOR)
        phone.call("1", rate=25)
        passed_s = 0.0
        while every_s and passed_s < 95 - every_s:
            phone.run(every_s)
            passed_s += every_s
            phone.send(CALL_DESK, RunAllDue())
            phone.send(CALL_DESK, RunAllDue())
        phone.run(START_US / SECOND_US + 95 - phone.core.now_us / SECOND_US)
        phone.end(CALL)
        bills.append([entry.transfer.amount for entry in phone.charges(CALL)])
        assert phone.wrong() == []

    assert bills[0] == bills[1] == bills[2] == [13, 12, 13, 12]


def test_a_start_that_is_told_twice_by_a_lost_answer_is_one_call() -> None:
    """The id comes from the caller, so that asking again is the same call."""
    phone = Phone()
    phone.fund(FAN, TOKENS)
    start = StartCall(fan=FAN, creator=CREATOR, initiator="fan", rate=100)
    phone.fault = lambda request: "unknown" if type(request).__name__ == "CreateCall" else None
    phone.send(call_address(CALL), start)
    phone.run(1)
    phone.fault = lambda _request: None
    phone.run(1)
    phone.ask(call_address(CALL), start)

    assert len(phone.store.calls.calls) == 1
    phone.run(100)
    assert phone.held(FAN) == 0
