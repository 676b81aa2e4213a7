"""One call's meter, from ringing to the last token."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.calls.messages import (
    CALL_DESK,
    AcceptCall,
    EndCall,
    Evidence,
    PauseCall,
    RunAllDue,
    RunDue,
    StartCall,
    ViewCall,
    call_address,
)
from actors.calls.meter import SILENCE_US, merge_evidence
from actors.calls.refusals import InsufficientTokens
from actors.calls.state import SIDES
from actors.ledger.transfer import derived_id
from engine.clock import SECOND_US
from engine.outcome import Ok
from engine.refusal import Refused
from tests.actors.calls.phone import CREATOR, FAN, NAMESPACE, Phone

MINUTE_S = 60
HOUR_S = 3_600


@pytest.fixture
def phone() -> Phone:
    phone = Phone()
    phone.fund(FAN, 10_000)
    phone.come(FAN, CREATOR)
    return phone


def test_a_minute_costs_two_blocks_and_the_creator_gets_all_of_it(phone: Phone) -> None:
    """The documents' figures: 100 a minute bills 50 a block; what the fan pays the creator gets."""
    call = phone.call(rate=100)
    phone.run(MINUTE_S)

    view = phone.end(call)

    assert view.status == "ended"
    assert (view.cost, phone.blocks(call)) == (100, [1, 2])
    assert (phone.balance(FAN), phone.balance(CREATOR), phone.held(FAN)) == (9_900, 100, 0)


def test_twenty_five_a_minute_bills_fifteen_hundred_an_hour(phone: Phone) -> None:
    """Rounding is cumulative, so an odd rate drifts by nothing over 120 blocks."""
    call = phone.call(rate=25)
    phone.run(HOUR_S)

    assert phone.end(call).cost == 1_500
    assert phone.blocks(call) == list(range(1, 121))


def test_the_last_block_is_paid_whole_and_a_slip_of_seconds_is_free(phone: Phone) -> None:
    """Blocks of thirty seconds are the product's unit; under five seconds nobody pays."""
    first = phone.call("1")
    phone.run(33)
    assert phone.end(first).cost == 100
    second = phone.call("2")
    phone.run(4)
    assert phone.end(second).cost == 0
    assert phone.held(FAN) == 0


def test_seconds_are_paid_where_the_operator_wants_it() -> None:
    """By the second, 32 seconds at 100 a minute are 54 tokens."""
    phone = Phone(call_partial_block="per_second")
    phone.fund(FAN, 1_000)
    phone.come(FAN, CREATOR)
    call = phone.call()
    phone.run(32)

    view = phone.end(call)
    assert (view.facts.closed_us, view.cost) == (32_000_000, 54)


def test_a_fan_without_a_block_s_worth_cannot_ring() -> None:
    """The first block is reserved before anybody's phone rings, and the refusal says what lacks."""
    phone = Phone()
    phone.fund(FAN, 49)
    phone.come(FAN, CREATOR)
    call = derived_id(NAMESPACE, "poor")

    start = StartCall(fan=FAN, creator=CREATOR, initiator="fan", rate=100)
    outcome = phone.ask(call_address(call), start)

    assert isinstance(outcome, Refused)
    assert outcome.code == InsufficientTokens.code
    assert outcome.details == {"required": 50, "current": 49, "shortfall": 1}
    assert phone.facts(call).status == "failed"
    assert not phone.told(CREATOR, "call:incoming")


def test_an_unpayable_block_ends_the_call_at_its_boundary_with_notice(phone: Phone) -> None:
    """120 tokens at 50 a block: two blocks, a warning ten seconds before, and 20 left."""
    poor = Phone()
    poor.fund(FAN, 120)
    poor.come(FAN, CREATOR)
    call = poor.call()
    poor.run(55)
    assert [one["endsInSeconds"] for one in poor.told(CREATOR, "call:insufficient_funds")] == [10]
    poor.run(30)

    facts = poor.facts(call)
    assert (facts.status, facts.reason, facts.cost) == ("ended", "insufficient", 100)
    assert facts.closed_us == 60_000_000
    assert (poor.balance(FAN), poor.held(FAN)) == (20, 0)


def test_tokens_bought_in_the_last_seconds_keep_the_call_alive() -> None:
    """A refused hold is tried again until the block is over."""
    phone = Phone()
    phone.fund(FAN, 100)
    phone.come(FAN, CREATOR)
    call = phone.call()
    phone.run(55)
    phone.fund(FAN, 100)
    phone.run(20)

    assert phone.look(call).status == "active"


def test_a_pause_stops_the_meter_and_the_same_block_goes_on(phone: Phone) -> None:
    """Blocks lie on active time."""
    call = phone.call()
    phone.run(20)
    assert phone.pause(call, by=CREATOR).status == "paused"
    phone.run(300)
    assert phone.held(FAN) == 50
    phone.resume(call)
    phone.run(9)
    assert phone.look(call).cost == 0
    phone.run(2)
    assert phone.look(call).cost == 50


def test_a_long_pause_reserves_nothing_and_leaves_no_debt(phone: Phone) -> None:
    """After ten minutes the block that was begun is charged and the rest of the money is free."""
    call = phone.call()
    phone.run(20)
    phone.pause(call)
    phone.run(11 * MINUTE_S)
    assert (phone.held(FAN), phone.blocks(call)) == (0, [1])
    phone.resume(call)
    phone.run(5)
    assert phone.look(call).status == "active"
    assert phone.end(call).cost == 50
    assert phone.held(FAN) == 0


def test_a_side_that_falls_silent_pauses_the_call_at_its_last_sign_of_life(phone: Phone) -> None:
    """Nobody pays for time in which the other was not evidently there."""
    call = phone.call()
    phone.run(40)
    phone.go(CREATOR)
    phone.run(100)

    assert phone.facts(call).paused_by == "silence"
    assert 38_000_000 <= phone.facts(call).closed_us <= 40_000_000
    phone.come(CREATOR)
    phone.run(3)
    assert phone.look(call).status == "active"


def test_a_node_that_is_behind_pauses_nobody(phone: Phone) -> None:
    """Signs of life that were put in time count as they were put, however late they are read."""
    call = phone.call()
    phone.run(20)
    address = call_address(call)
    for second in (21, 24, 27, 30):
        for side in SIDES:
            at_us = phone.core.now_us + (second - 20) * SECOND_US
            phone.core.put(address, side, Evidence(side=side, at_us=at_us))
    phone.core.now_us += 11 * SECOND_US
    phone.core.tell(address, RunDue())
    phone.run(0)

    facts = phone.facts(call)
    assert facts.status == "active"
    assert facts.blocks == 1


@given(st.lists(st.integers(1, 9_000_000), min_size=1, max_size=8))
def test_signs_of_life_that_meet_say_what_each_would_have_said(steps_us: list[int]) -> None:
    """A silence is seen whether signs are taken one by one or all at once."""
    merged, at_us, silent = None, 0, False
    for step_us in steps_us:
        at_us += step_us
        silent = silent or step_us > SILENCE_US
        sign = Evidence(side="fan", at_us=at_us)
        merged = sign if merged is None else merge_evidence(merged, sign)
    assert merged is not None
    first_us = merged.at_us if merged.since_us is None else merged.since_us

    assert merged.at_us == at_us
    assert (first_us > SILENCE_US) == silent


def test_a_lost_connection_proves_nothing_until_its_client_is_back(phone: Phone) -> None:
    """A session outlives its connection for a while; presence in a call does not."""
    call = phone.call()
    phone.run(20)
    phone.lose(CREATOR)
    phone.run(15)

    assert phone.facts(call).paused_by == "silence"
    assert 18_000_000 <= phone.facts(call).closed_us <= 20_000_000
    phone.regain(CREATOR)
    phone.run(3)
    assert phone.look(call).status == "active"
    assert phone.end(call).cost == 50


def test_a_call_that_nobody_takes_costs_nothing(phone: Phone) -> None:
    """FAILED before the first active moment costs nothing and holds nothing."""
    call = phone.call(accept=False)
    assert phone.held(FAN) == 50
    assert phone.told(CREATOR, "call:incoming")[0]["callId"] == call
    phone.run(46)

    assert (phone.facts(call).status, phone.facts(call).reason) == ("failed", "no_answer")
    assert phone.held(FAN) == 0


def test_who_is_rung_may_decline(phone: Phone) -> None:
    """Declining is ending before the first active moment."""
    call = phone.call(accept=False)
    view = phone.end(call, by=CREATOR)

    assert (view.status, view.facts.reason) == ("failed", "declined")


def test_only_the_parties_act_on_a_call(phone: Phone) -> None:
    """A stranger is refused, and so is a caller who would accept for the other."""
    call = phone.call(accept=False)
    for message in (PauseCall(by="eve"), EndCall(by="eve"), ViewCall(by="eve")):
        assert phone.refusal(call, message) == "not_your_call"
    assert phone.refusal(call, AcceptCall(by=FAN)) == "call_not_ringing"
    assert phone.refusal(derived_id(NAMESPACE, "none"), PauseCall(by=FAN)) == "call_not_found"


def test_two_calls_from_one_wallet_never_promise_the_same_token() -> None:
    """Holds make over-commitment impossible: of two calls on 100 tokens each pays one block."""
    phone = Phone()
    phone.fund(FAN, 100)
    phone.come(FAN, CREATOR)
    first, second = phone.call("1"), phone.call("2")
    phone.run(90)

    assert phone.facts(first).reason == phone.facts(second).reason == "insufficient"
    assert (phone.balance(FAN), phone.balance(CREATOR)) == (0, 100)


def test_the_same_id_is_the_same_call(phone: Phone) -> None:
    """A retry of the start reserves nothing twice; another call under the id is refused."""
    call = phone.call(accept=False)
    phone.call(accept=False)
    assert phone.held(FAN) == 50
    start = StartCall(fan=FAN, creator=CREATOR, initiator="fan", rate=7)
    assert phone.refusal(call, start) == "idempotency_conflict"


def test_running_what_is_due_changes_nothing_that_a_timer_would_not(phone: Phone) -> None:
    """I42: the endpoint may be called at any rhythm."""
    call = phone.call()
    for _ in range(400):
        phone.run(0.2)
        phone.run_due(call)

    assert phone.blocks(call) == [1, 2]
    assert isinstance(phone.ask(CALL_DESK, RunAllDue()), Ok)
    assert phone.blocks(call) == [1, 2]


def test_a_meter_that_falls_is_replaced_and_bills_only_what_it_knew(phone: Phone) -> None:
    """The successor freezes active time at the last evidence and goes on when both are there."""
    call = phone.call()
    phone.run(40)
    phone.core.lifecycle.kill(call_address(call))
    phone.run(30)
    phone.core.tell(call_address(call), RunDue())
    phone.run(40)

    view = phone.end(call)
    assert view.facts.interval is not None
    assert view.facts.interval.epoch == 2
    assert 75_000_000 <= view.facts.closed_us <= 80_000_000
    assert phone.blocks(call) == [1, 2, 3]
    assert phone.held(FAN) == 0
