"""What pays a debt, and what may be cashed out after a refund: exact, however it is asked for."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ledger.messages import LEDGER
from actors.money.netting import DirectEarnings, payment
from actors.money.records import ReadWallet, WalletRow
from engine.outcome import Ok
from tests.actors.money.fair import code
from tests.actors.money.test_disputes import Court, carry_out, code_of, told

amounts = st.integers(1, 40)


def in_debt(owed: int) -> Court:
    """Cleo has spent a tip that was lost to a dispute; tips are hers at once."""
    court = Court("0d", fee=0)
    court.give("ann", owed)
    sale = court.sell_tip("ann", owed)
    assert code(court.tip("cleo", "zoe", owed)) == "ok"
    assert code(court.dispute(sale)) == "ok"
    assert code(court.decide(sale, won=False)) == "ok"
    assert (court.debt, court.tokens("cleo")) == (owed, 0)
    return court


def wallet(court: Court) -> WalletRow:
    outcome = court.memory.answer(ReadWallet(account="cleo", locked_since_us=court.core.now_us))
    assert isinstance(outcome, Ok)
    assert isinstance(outcome.value, WalletRow)
    return outcome.value


@given(earned=st.integers(0, 200), counted=st.integers(0, 200), cashable=st.integers(0, 200),
       owed=st.integers(0, 200))  # fmt: skip
def test_a_payment_is_at_most_half_of_what_it_counts(
    earned: int, counted: int, cashable: int, owed: int
) -> None:
    """I47: never more than is owed, and what it counts is twice what it pays, or all there is."""
    pays = payment(DirectEarnings(earned=earned, counted=counted), cashable=cashable, owed=owed)
    if pays is not None:
        assert 0 < pays.tokens <= min(owed, (cashable + 1) // 2)
        assert pays.counted - counted >= 2 * pays.tokens
        assert pays.counted <= earned


@settings(max_examples=100, deadline=None)
@given(
    owed=st.integers(1, 120),
    story=st.lists(st.tuples(st.sampled_from(["tip", "ask", "ask"]), amounts), max_size=12),
    crashes=st.lists(
        st.tuples(st.sampled_from(["wallet:cleo", LEDGER]), st.integers(1, 6)), max_size=2
    ),
)
def test_half_of_what_is_earned_pays_the_debt_however_often_it_is_asked_for(
    owed: int, story: list[tuple[str, int]], crashes: list[tuple[str, int]]
) -> None:
    """MONEY 2.5, I47: for every partition into requests the debt gets the same half, once."""
    court = in_debt(owed)
    for address, delivery in crashes:
        court.crash(address, at_delivery=delivery)
    got = 0
    for deed, amount in [*story, ("ask", 1), ("ask", 1), ("ask", 1)]:
        if deed == "tip":
            court.tip("ann", "cleo", amount)
        else:
            court.cash_out(amount)
        got = sum(tip.amount for tip in court.memory.money.tips() if tip.creator == "cleo") - owed
        assert 0 <= owed - court.debt <= min(owed, got // 2)
    court.run(60)
    court.cash_out(1)
    assert owed - court.debt == min(owed, got // 2)
    assert court.tokens("cleo") == got - min(owed, got // 2)


def test_a_hundred_requests_take_no_more_than_one() -> None:
    """100 earned with 100 owed: 50, and not 25 more of the 50 that are left."""
    court = in_debt(100)
    court.tip("ann", "cleo", 100)
    for _ in range(30):
        assert code(court.cash_out(1)) == "ok"
    assert (court.debt, wallet(court).cashable) == (50, 20)
    court.tip("ann", "cleo", 30)
    assert code(court.cash_out(35)) == "ok"
    assert (court.debt, wallet(court).cashable) == (35, 0)


def test_what_has_waited_in_escrow_pays_once() -> None:
    """Half when it is released, and nothing of the other half when it is cashed out."""
    court = Court("2d", fee=50)
    lost = court.sell_tip("ann", 10)
    court.dispute(lost)
    court.decide(lost, won=False)
    assert court.debt == 50
    court.sell_tip("bob", 40)
    court.run(3 * 86_400)
    assert code(court.cash_out(20)) == "ok"
    assert court.debt == 30


def test_bought_tokens_are_not_cashed_out_after_a_refund() -> None:
    """Earned, given back, and bought: what was given back is not earned."""
    court = Court("0d")
    assert code(court.buy(court.row, "ann")) == "ok"
    assert wallet(court).cashable == 45
    assert code(court.refund("ann")) == "ok"
    court.give("cleo", 100)
    assert code(court.cash_out(1)) == "not_cashable"
    court.tip("bob", "cleo", 7)
    assert wallet(court).cashable == 7


def test_bought_tokens_are_not_cashed_out_by_who_owes() -> None:
    """What was spent before it was lost is not earned either; new earnings are, all of them."""
    court = in_debt(60)
    court.give("cleo", 100)
    assert code(court.cash_out(1)) == "not_cashable"
    assert court.debt == 60
    court.tip("ann", "cleo", 20)
    assert code(court.cash_out(10)) == "ok"
    assert (court.debt, wallet(court).cashable) == (50, 0)


def test_a_cash_out_before_a_refund_takes_no_more_than_half_of_later_earnings() -> None:
    """30 cashed out, then lost: of the next 40 half pays the debt, and half can be cashed out."""
    court = Court("0d", fee=0)
    sale = court.sell_tip("ann", 30)
    assert code(court.cash_out(30)) == "ok"
    court.dispute(sale)
    court.decide(sale, won=False)
    court.tip("bob", "cleo", 40)
    assert code(court.cash_out(20)) == "ok"
    assert (court.debt, wallet(court).cashable, court.tokens("cleo")) == (10, 0, 50)


deeds = st.lists(
    st.tuples(
        st.sampled_from(
            ["tip", "buy", "dispute", "won", "lost", "refund", "spend", "cash out", "bought",
             "bought", "wait", "end", "look"]
        ),
        st.integers(0, 3),
    ),
    min_size=5,
    max_size=25,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(story=deeds, release=st.sampled_from(["0d", "2d"]))
def test_no_refund_unlocks_a_cash_out(story: list[Any], release: str) -> None:
    """I43: what is and may be cashed out was earned by sales that stand, or is owed."""
    court = Court(release)
    for fan in ("ann", "bob"):
        ticket = court.new_id()
        assert code(court.buy(court.row, fan, id_=ticket)) == "ok"
        court.sales[ticket] = ("stream_ticket", 45)
    for deed, number in story:
        if deed == "bought":
            court.give("cleo", 10 + 30 * number)
        else:
            carry_out(court, deed, number)
        lost = {row.sale for row in court.disputes.values() if told(court, row, "lost")}
        given_tips = [tip for tip in court.memory.money.tips() if tip.creator == "cleo"]
        stands = 45 * court.memory.money.sold(court.row.id)
        stands += sum(tip.amount for tip in given_tips if tip.id not in lost)
        row = wallet(court)
        assert row.cashed_out + row.cashable <= max(stands + court.debt, row.cashed_out)
    assert code_of(court.look()) == "ok"
