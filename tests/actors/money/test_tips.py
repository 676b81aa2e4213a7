"""Tips: paid once, shown when durable, to those who watch."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ledger.messages import LEDGER, PostBatch
from actors.money.policy import read_policies
from actors.money.records import ListTips, PrepareTip
from actors.wallet.messages import TipSent
from engine.outcome import Ok, Unknown
from engine.refusal import Refused
from tests.actors.money.fair import Fair, code
from tests.actors.support import Fault


@pytest.fixture
def fair() -> Fair:
    fair = Fair()
    fair.enrol("cleo", "dora")
    fair.give("ann", 100)
    return fair


def sent(outcome: Any) -> TipSent:
    assert isinstance(outcome, Ok), outcome
    assert isinstance(outcome.value, TipSent)
    return outcome.value


def test_a_tip_moves_all_of_it(fair: Fair) -> None:
    """I18: what the fan gives the creator has; the balance is the fan's own after it."""
    tip = sent(fair.tip("ann", "cleo", 30, message="Bravo"))

    assert (tip.balance, tip.tip.creator_cut, tip.tip.platform_fee) == (70, 30, 0)
    assert (fair.tokens("ann"), fair.tokens("cleo")) == (70, 30)
    page = fair.memory.money._list_tips(ListTips(account="cleo", side="received"))
    assert page.tips == (tip.tip,)


def test_a_platform_may_have_its_part() -> None:
    """By configuration: 15 % of 33 is 4, the odd part stays with the creator."""
    table = {"split": [["platform:revenue", 1_500]], "remainder_to": "creator"}
    fair = Fair(money=read_policies({"policies": {"tip": table}}))
    fair.enrol("cleo")
    fair.give("ann", 100)

    tip = sent(fair.tip("ann", "cleo", 33)).tip

    assert (tip.creator_cut, tip.platform_fee) == (29, 4)
    assert fair.tokens("cleo") == 29
    assert fair.balance("platform:revenue") == 4


def test_the_same_tip_again_is_one_tip(fair: Fair) -> None:
    """A retry finds what happened; another tip under its id is refused."""
    first = sent(fair.tip("ann", "cleo", 30, id_=fair.new_id()))
    again = fair.tip("ann", "cleo", 30, id_=first.tip.id)
    other = fair.tip("ann", "cleo", 31, id_=first.tip.id)

    assert sent(again).tip == first.tip
    assert code(other) == "idempotency_conflict"
    assert fair.tokens("ann") == 70


def test_too_few_tokens_say_how_many_are_there(fair: Fair) -> None:
    """Nothing moves, and nobody is shown anything."""
    viewer = fair.viewer("s1", None, "stream_a")

    outcome = fair.tip("ann", "cleo", 101, channel="stream_a")

    assert isinstance(outcome, Refused)
    assert outcome.code == "insufficient_balance"
    assert outcome.details["current_balance"] == 100
    assert outcome.details["required_amount"] == 101
    assert viewer.got("tip:new:stream_a") == []
    assert fair.tokens("cleo") == 0


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"to": "ann"}, "bad_input"),
        ({"to": "eve"}, "creator_not_found"),
        ({"amount": 0}, "bad_input"),
        ({"amount": 10**9 + 1}, "bad_input"),
        ({"message": "x" * 501}, "bad_input"),
        ({"message": "\0"}, "bad_input"),
        ({"channel": "no spaces"}, "bad_input"),
        ({"room": "x"}, "bad_input"),
        ({"streamId": 5}, "bad_input"),
    ],
)
def test_what_is_no_tip_is_refused(fair: Fair, fields: dict[str, Any], refused: str) -> None:
    """And changes nothing."""
    assert code(fair.tip("ann", **{"to": "cleo", "amount": 1, **fields})) == refused
    assert fair.tokens("ann") == 100


def test_those_who_watch_are_told_in_order(fair: Fair) -> None:
    """Each tip once, with who gave it and what they said; others hear nothing."""
    viewers = [fair.viewer("s1", None, "stream_a"), fair.viewer("s2", "ann", "stream_a")]
    stranger = fair.viewer("s3", None, "stream_b")
    gone = fair.viewer("s4", None, "stream_a")
    fair.unwatch(gone, "stream_a")

    for amount in (1, 2, 3):
        fair.tip("ann", "cleo", amount, message=f"no. {amount}", channel="stream_a", streamId="x")

    for viewer in viewers:
        heard = viewer.got("tip:new:stream_a")
        assert [tip["amountTokens"] for tip in heard] == [1, 2, 3]
        assert heard[0] | {"tipId": "", "timestamp": ""} == {
            "tipId": "",
            "amountTokens": 1,
            "fromUsername": "ann",
            "fromUserId": "ann",
            "toCreatorId": "cleo",
            "message": "no. 1",
            "timestamp": "",
            "channel": "stream_a",
            "streamId": "x",
        }
        assert len({tip["tipId"] for tip in heard}) == 3
    assert stranger.got("tip:new:stream_a") == gone.got("tip:new:stream_a") == []


def test_a_tip_is_shown_only_when_it_is_durable() -> None:
    """While the ledger's batch is being written nobody has seen it."""
    fair = Fair(reply_us=50_000)
    fair.enrol("cleo")
    fair.give("ann", 100)
    viewer = fair.viewer("s1", None, "stream_a")
    fair.run(1)

    fair.core.tell("wallet:ann", fair.tip_of("cleo", 10, context={"channel": "stream_a"}))
    while not viewer.got("tip:new:stream_a"):
        fair.run(0.01)
        posted = fair.tokens("cleo")
        if viewer.got("tip:new:stream_a"):
            assert posted == 10


def test_both_sides_tip_each_other_at_once(fair: Fair) -> None:
    """Opposite transfers cannot stand in each other's way: there is one writer."""
    fair.give("cleo", 50)
    fair.enrol("ann")
    for _ in range(20):
        fair.core.tell("wallet:ann", fair.tip_of("cleo", 3))
        fair.core.tell("wallet:cleo", fair.tip_of("ann", 2))
    fair.run(5)

    assert (fair.tokens("ann"), fair.tokens("cleo")) == (80, 70)


def test_a_lost_answer_of_the_store_costs_nothing(fair: Fair) -> None:
    """The batch was written, nobody heard so: the tip is there once and answered."""
    lost: list[Any] = []

    def lose(request: Any) -> Fault | None:
        if isinstance(request, PostBatch | PrepareTip) and len(lost) < 2:
            lost.append(request)
            return "unknown"
        return None

    fair.fault = lose
    tip = sent(fair.tip("ann", "cleo", 30, message="once"))

    assert len(lost) == 2
    assert (fair.tokens("ann"), fair.tokens("cleo"), tip.balance) == (70, 30, 70)


def test_a_crash_of_the_wallet_is_resolved_by_the_same_id(fair: Fair) -> None:
    """Whoever asked is told that nobody knows; asking again finds out."""
    tip = fair.new_id()
    fair.crash("wallet:ann", at_delivery=3)
    first = fair.tip("ann", "cleo", 30, id_=tip)
    again = fair.tip("ann", "cleo", 30, id_=tip)

    assert isinstance(first, Unknown)
    assert sent(again).balance == 70
    assert fair.tokens("cleo") == 30


def test_a_crash_of_a_channel_loses_nobody(fair: Fair) -> None:
    """Sessions say again who watches."""
    viewer = fair.viewer("s1", None, "stream_a")
    fair.crash("channel:stream_a")
    fair.tip("ann", "cleo", 1, channel="stream_a")
    fair.run(5)

    fair.tip("ann", "cleo", 2, channel="stream_a")

    assert viewer.got("tip:new:stream_a")[-1]["amountTokens"] == 2


steps = st.tuples(
    st.sampled_from(["ann", "cleo", "dora"]),
    st.sampled_from(["cleo", "dora"]),
    st.integers(1, 60),
    st.sampled_from([None, None, None, "wallet", LEDGER]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(steps, max_size=25))
def test_tokens_are_conserved_whatever_crashes(story: list[Any]) -> None:
    """Every answered tip is in the books once; nobody is below zero; nothing is made or lost."""
    fair = Fair()
    fair.enrol("cleo", "dora")
    fair.give("ann", 100)
    given_ = 0
    for who, to, amount, crash in story:
        if who == to:
            continue
        if crash is not None:
            fair.crash(f"wallet:{who}" if crash == "wallet" else crash, at_delivery=2)
        tip = fair.new_id()
        outcome = fair.tip(who, to, amount, id_=tip)
        if isinstance(outcome, Unknown):
            fair.heal()
            outcome = fair.tip(who, to, amount, id_=tip)
        given_ += isinstance(outcome, Ok)
        balances = [fair.tokens(each) for each in ("ann", "cleo", "dora")]
        assert sum(balances) == 100 == fair.outstanding()
        assert min(balances) >= 0
    assert len(list(fair.memory.money.tips())) == given_
