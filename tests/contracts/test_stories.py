"""Stories of money over Postgres: what actors' tests prove on the simulated store, on both.

Each property is the actors' own, told again with Postgres beside (see `tests.support.beside`): the
same requests, the same answers, in the end the same rows, and a ledger that verifies from zero.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ledger.messages import LEDGER
from actors.money.policy import DEFAULT_POLICIES
from sim.scenario import load
from sim.store import MemoryStore
from sim.world import World
from tests.actors.calls import test_call_stories, test_crash_points
from tests.actors.hall import test_credit
from tests.actors.ledger import test_writer
from tests.actors.money import (
    test_disputes,
    test_earnings,
    test_space_premium,
    test_space_tickets,
    test_streams,
    test_tips,
    test_tokens,
)
from tests.actors.money.fair import Fair, code
from tests.actors.subscriptions import test_subscriber
from tests.actors.webhooks import test_told
from tests.support.beside import postgres_beside, watched

SCENARIOS = Path(__file__).parents[2] / "scenarios"
MONEY = (
    "a_reply_lost_after_commit",
    "both_sides_tip_each_other",
    "clock_jumps",
    "cron_jitter",
    "earnings_wait_and_are_paid_out",
    "node_crash_in_a_block",
    "split_brain_of_two_meters",
    "subscriptions",
    "the_last_seats_and_a_paid_microphone",
    "tokens_run_out_mid_call",
    "transfers_under_faults",
    "webhooks",
)
crash: Any = test_crash_points.test_a_node_crash_at_every_step
CRASHES = crash.pytestmark[0].args[1]
"""The points that the actors' test enumerates."""

numbers = st.integers(0, 2**32)
some = settings(max_examples=15)


def tell(story: Any, *arguments: Any, **named: Any) -> None:
    """Tell one example of a property again, with Postgres beside."""
    with postgres_beside():
        story.hypothesis.inner_test(*arguments, **named)


@some
@given(numbers, st.lists(st.sampled_from([0, 0, 1, 2, 40]), min_size=1))
def test_the_ledger_under_faults_and_crashes(number: int, gaps_ms: list[int]) -> None:
    """I1 to I13: rows, answers and balances of the one are those of the other, batch by batch."""
    story = test_writer.test_faults_and_crashes_neither_lose_nor_double_money
    tell(story, number, gaps_ms)


@some
@given(numbers)
def test_batches_that_fail_in_a_rush(number: int) -> None:
    """I5, I9, I11: what was rolled back left nothing in the database."""
    tell(test_writer.test_batches_that_fail_in_a_rush_are_undone_in_their_order, number)


@some
@given(numbers, st.lists(st.booleans(), min_size=1))
def test_two_writers(number: int, sides: list[bool]) -> None:
    """I6, I7: of two ledgers' writers only the newer one's batches become durable."""
    tell(test_writer.test_two_writers_fence_each_other, number, sides)


@settings(max_examples=30)
@given(
    tokens=st.integers(30, 900),
    rate=st.integers(1, 120),
    block_s=st.sampled_from([7, 15, 30, 60]),
    rounding=st.sampled_from(["ceil", "floor"]),
    partial=st.sampled_from(["full", "per_second"]),
    split=test_call_stories.splits,
    tale=st.lists(test_call_stories.moments, max_size=14),
)
def test_calls(**tale: Any) -> None:
    """I35 to I42: blocks, intervals and epochs are written and read as the meter's rules say."""
    tell(test_call_stories.test_i35_to_i42_hold_in_every_story, **tale)


@pytest.mark.parametrize("case", CRASHES[::6])
def test_a_node_crash_in_a_block(case: tuple[Any, ...]) -> None:
    """I39: the next node finds in Postgres what it needs to bill each block once."""
    with postgres_beside():
        crash(*case)


@pytest.mark.long
@settings(max_examples=40)
@given(
    steps=st.lists(test_credit.STEPS, max_size=14),
    per=st.sampled_from(["use", "minute"]),
)
def test_microphones(steps: list[str], per: str) -> None:
    """I5, I35, I36, I38, I39, I41: a use costs what its time does, once; nothing stays reserved."""
    tell(test_credit.test_nothing_is_charged_twice_or_for_nothing, steps, per)


@some
@given(st.lists(test_tips.steps, max_size=25))
def test_given_tips(story: list[Any]) -> None:
    """I1, I7, I18: tokens are conserved; the fan's minus is the creator's plus."""
    tell(test_tips.test_tokens_are_conserved_whatever_crashes, story)


@some
@given(
    st.integers(1, 4),
    st.lists(
        st.tuples(
            st.sampled_from(["ann", "bob", "cy", "dan", "eli"]),
            st.sampled_from([None, None, "stream", LEDGER]),
            st.booleans(),
        ),
        max_size=12,
    ),
)
def test_seats(seats: int, story: list[tuple[str, str | None, bool]]) -> None:
    """I14, I28, I34: never a seat too many, one a person, each paid."""
    tell(test_streams.test_never_a_seat_too_many, seats, story)


@some
@given(test_earnings.deeds)
def test_earned_tokens(story: list[Any]) -> None:
    """I15, I43, I44: each share waits for its time, and is in one place."""
    tell(test_earnings.test_what_is_earned_is_held_released_or_given_back, story)


@some
@given(story=test_disputes.deeds, release=st.sampled_from(["0d", "2d"]))
def test_disputed_sales(story: list[Any], release: str) -> None:
    """I15, I43, I47: nothing is paid while it is frozen, no debt before a release."""
    tell(test_disputes.test_every_token_is_in_one_place, story, release)


@some
@given(owed=st.integers(1, 90), earned=st.integers(1_000, 1_500), again=st.booleans())
def test_debts(*, owed: int, earned: int, again: bool) -> None:
    """I47: never more is recovered than is owed."""
    tell(test_space_tickets.test_earnings_pay_a_debt_first, owed, earned, again)


@some
@given(st.lists(test_tokens.deeds, min_size=5, max_size=30))
def test_tokens_and_payouts(story: list[Any]) -> None:
    """I17, I43, I48: the reserve covers what is out; nobody is paid twice, or by themselves."""
    tell(test_tokens.test_the_reserve_always_covers_every_token, story)


@some
@given(
    steps=st.lists(st.sampled_from(["buy", "crash booth", "lose", "run"]), max_size=12),
    crashes=st.lists(st.integers(0, 30), max_size=3),
)
def test_tickets_to_spaces(steps: list[str], crashes: list[int]) -> None:
    """I15, I29: called off, everybody has back what they paid."""
    story = test_space_tickets.test_cancelling_gives_all_back_whatever_falls_over
    tell(story, steps, crashes)


@some
@given(
    steps=st.lists(
        st.sampled_from(["crash booth", "lose", "fail", "run"]), min_size=1, max_size=10
    ),
    crash_at=st.integers(1, 8),
)
def test_premium(steps: list[str], crash_at: int) -> None:
    """I7: a month is bought once, however often it is asked for."""
    tell(test_space_premium.test_a_purchase_happens_once_whatever_falls_over, steps, crash_at)


@some
@given(
    people=st.integers(1, 5),
    uses=st.integers(1, 6),
    order=st.lists(st.integers(0, 20), min_size=1, max_size=10),
    reply_us=st.sampled_from([0, 3_000]),
)
def test_promo_codes(**race: Any) -> None:
    """I33: a code is used as often as it may be, whoever asks at once."""
    tell(test_subscriber.test_i33_a_promo_code_is_used_no_more_often_than_it_may_be, **race)


@some
@given(
    amounts=st.lists(st.integers(1, 6_000), min_size=1, max_size=4),
    repeats=st.lists(st.integers(0, 3), max_size=6),
    order=st.randoms(use_true_random=False),
    promised=st.booleans(),
)
def test_payments_of_an_invoice(**payments: Any) -> None:
    """I13, I19, I22: in any order and however often they are told, they end the same."""
    tell(test_subscriber.test_i19_the_order_of_payments_and_repeats_do_not_matter, **payments)


@some
@given(st.lists(test_told.steps, max_size=20))
def test_told_effects(tale: list[Any]) -> None:
    """I50: endpoints, deliveries and cursor are what they are in memory, whatever falls when."""
    tell(test_told.test_i50_whatever_happens_every_event_is_told_signed_and_in_order, tale)


@some
@given(tokens=st.integers(1, 400), fee=st.integers(0, 3_000), price=st.integers(1, 400))
def test_the_platform_bears_the_fee(tokens: int, fee: int, price: int) -> None:
    """I14, I16, I17: what the provider takes of a purchase leaves a creator's share as it is."""
    with postgres_beside():
        fair = Fair(money=DEFAULT_POLICIES)
        fair.enrol("cleo")
        purchase = fair.purchase("ann", 400 + tokens)
        assert code(fair.credit(purchase, fee=min(fee, purchase.price))) == "ok"
        row = fair.stream("cleo", price=price)
        assert code(fair.buy(row, "ann")) == "ok"
        assert fair.tokens("cleo") == price
        assert fair.tokens("ann") == 400 + tokens - price
        assert test_tokens.reserve_covers(fair)


@pytest.mark.parametrize("name", MONEY)
def test_scenarios(name: str) -> None:
    """Every checker holds with Postgres beside, which answers all that the simulated store does."""

    def both(now_us: Any) -> MemoryStore:
        return watched(MemoryStore(now_us))

    scenario = load(SCENARIOS / f"{name}.toml")
    for seed in scenario.seeds[:1]:
        with postgres_beside():
            assert World(scenario, seed, make_store=both).run().violation is None
