"""Tokens: bought against a reserve, earned, cashed out by the rules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.money.records import PayoutRow
from actors.wallet.actor import wallet_address
from actors.wallet.messages import Approve, CancelPayout, CashOut, ConfirmPaid, CreditPurchase
from engine.outcome import Ok, Outcome
from engine.refusal import Refused
from tests.actors.money.fair import SALE, Fair, code

DAY_S = 86_400


def reserve_covers(fair: Fair) -> bool:
    """I17: what is kept is at least what all tokens would be redeemed for."""
    return fair.balance("reserve:tokens", "USD") >= SALE.worth(fair.outstanding())


def test_a_pack_is_booked_as_documented() -> None:
    """$9.99 for 100: $5.00 in reserve, 59 ¢ to the provider, $4.40 revenue, 100 tokens."""
    fair = Fair()

    outcome = fair.credit(fair.purchase("ann", 100, 999), fee=59)

    assert outcome == Ok(100)
    assert fair.balance("reserve:tokens", "USD") == 500
    assert fair.balance("fees:processing", "USD") == 59
    assert fair.balance("platform:revenue", "USD") == 440
    assert fair.balance("chain:provider", "USD") == -999
    assert (fair.tokens("ann"), fair.outstanding()) == (100, 100)


def test_a_fee_may_cost_more_than_the_margin() -> None:
    """The platform pays it; the reserve stays whole."""
    fair = Fair()
    assert code(fair.credit(fair.purchase("ann", 100, 510), fee=30)) == "ok"
    assert fair.balance("platform:revenue", "USD") == -20
    assert reserve_covers(fair)


def test_a_purchase_is_credited_once() -> None:
    """However often the provider says so; and under another event too."""
    fair = Fair()
    purchase = fair.purchase("ann", 100)
    for event in ("evt_1", "evt_1", "evt_2"):
        outcome = fair.ask(
            wallet_address("ann"),
            CreditPurchase(purchase=purchase.id, event=event, paid=1000, asset="USD", fee=0),
        )
        assert outcome == Ok(100)
    assert fair.tokens("ann") == 100


@pytest.mark.parametrize("paid", [0, 999, 1_001])
def test_another_amount_credits_nothing(paid: int) -> None:
    """An operator has to look at it."""
    fair = Fair()
    purchase = fair.purchase("ann", 100)
    assert code(fair.credit(purchase, paid=paid)) == "payment_mismatch"
    assert fair.tokens("ann") == 0
    assert code(fair.credit(purchase)) == "ok"


def test_nobody_is_credited_for_anothers_purchase() -> None:
    """The wallet and the purchase name the same account."""
    fair = Fair()
    purchase = fair.purchase("ann", 100)
    message = CreditPurchase(purchase=purchase.id, event="e", paid=1000, asset="USD", fee=0)
    assert code(fair.ask(wallet_address("bob"), message)) == "purchase_not_found"


@pytest.fixture
def earned() -> Fair:
    """Cleo has earned 3,000 more than a week ago, and 500 today."""
    fair = Fair()
    fair.enrol("cleo")
    fair.give("ann", 5_000)
    assert code(fair.tip("ann", "cleo", 3_000)) == "ok"
    fair.run(8 * DAY_S)
    assert code(fair.tip("ann", "cleo", 500)) == "ok"
    return fair


def cash_out(fair: Fair, tokens: int, account: str = "cleo") -> Outcome:
    return fair.ask(wallet_address(account), CashOut(payout=fair.new_id(), tokens=tokens))


def row(outcome: Outcome) -> PayoutRow:
    assert isinstance(outcome, Ok), outcome
    assert isinstance(outcome.value, PayoutRow)
    return outcome.value


def approve(fair: Fair, payout: str, approver: str) -> Outcome:
    return fair.ask(wallet_address("cleo"), Approve(payout=payout, approver=approver))


def confirm(fair: Fair, payout: str, operator: str = "op") -> Outcome:
    return fair.ask(
        wallet_address("cleo"), ConfirmPaid(payout=payout, operator=operator, reference="wire 7")
    )


def test_a_cash_out_is_reserved_approved_and_paid(earned: Fair) -> None:
    """1,000 tokens are $50.00; they leave the world together with that much of the reserve."""
    before = earned.balance("reserve:tokens", "USD"), earned.outstanding()
    payout = row(cash_out(earned, 1_000)).payout
    assert payout.worth == 5_000
    assert code(confirm(earned, payout.id)) == "payout_state"
    assert row(approve(earned, payout.id, "op")).status == "approved"

    paid = row(confirm(earned, payout.id))

    assert (paid.status, paid.reference) == ("paid", "wire 7")
    assert row(confirm(earned, payout.id)) == paid
    after = earned.balance("reserve:tokens", "USD"), earned.outstanding()
    assert (before[0] - after[0], before[1] - after[1]) == (5_000, 1_000)
    assert earned.tokens("cleo") == 2_500
    assert reserve_covers(earned)


def test_only_what_was_earned_long_enough_ago_is_cashed_out(earned: Fair) -> None:
    """Today's 500 may still be charged back; a week later they are hers."""
    too_much = cash_out(earned, 3_001)
    assert isinstance(too_much, Refused)
    assert (too_much.code, too_much.details["cashable"]) == ("not_cashable", 3_000)
    assert code(cash_out(earned, 2_000)) == "ok"
    assert code(cash_out(earned, 1_001)) == "not_cashable"
    earned.run(8 * DAY_S)
    assert code(cash_out(earned, 1_500)) == "ok"


def test_bought_tokens_are_not_cashed_out(earned: Fair) -> None:
    """Or a stolen card would become money."""
    earned.enrol("ann")
    earned.run(30 * DAY_S)
    assert code(cash_out(earned, 1_000, "ann")) == "not_cashable"
    assert code(cash_out(earned, 1_000, "bob")) == "not_a_creator"
    assert code(cash_out(earned, 999)) == "bad_input"


def test_reserved_tokens_cannot_be_spent(earned: Fair) -> None:
    """And come back when the cash-out is cancelled."""
    earned.enrol("dora")
    payout = row(cash_out(earned, 3_000)).payout
    assert code(earned.tip("cleo", "dora", 501)) == "insufficient_balance"
    cancel = CancelPayout(payout=payout.id, by="cleo")

    assert row(earned.ask(wallet_address("cleo"), cancel)).status == "cancelled"

    assert row(earned.ask(wallet_address("cleo"), cancel)).status == "cancelled"
    assert code(approve(earned, payout.id, "op")) == "payout_state"
    assert code(earned.tip("cleo", "dora", 501)) == "ok"


def test_much_money_takes_two_operators_and_never_the_payee() -> None:
    """I48: $1,000 and more; the same operator twice is one."""
    fair = Fair()
    fair.enrol("cleo")
    fair.give("ann", 30_000)
    fair.tip("ann", "cleo", 30_000)
    fair.run(8 * DAY_S)
    payout = row(cash_out(fair, 20_000)).payout

    assert code(approve(fair, payout.id, "cleo")) == "own_payout"
    assert row(approve(fair, payout.id, "op")).status == "requested"
    assert row(approve(fair, payout.id, "op")).status == "requested"
    assert code(confirm(fair, payout.id)) == "payout_state"
    assert row(approve(fair, payout.id, "oq")).status == "approved"
    assert code(confirm(fair, payout.id, "cleo")) == "own_payout"
    assert row(confirm(fair, payout.id)).status == "paid"


def test_somebody_elses_payout_is_not_there(earned: Fair) -> None:
    """A wallet knows its own only."""
    payout = row(cash_out(earned, 1_000)).payout
    cancel = CancelPayout(payout=payout.id, by="ann")
    assert code(earned.ask(wallet_address("ann"), cancel)) == "payout_not_found"


deeds = st.tuples(
    st.sampled_from(
        ["buy", "tip", "back", "cash", "cash", "approve", "approve", "pay", "pay", "cancel", "wait"]
    ),
    st.integers(1, 3_000),
    st.sampled_from([False, False, True]),
)


@settings(max_examples=80, deadline=None)
@given(st.lists(deeds, min_size=5, max_size=30))
def test_the_reserve_always_covers_every_token(story: list[Any]) -> None:
    """I17, I43, I48: through sales, tips, cash-outs and crashes; nobody is paid twice."""
    fair = Fair()
    fair.enrol("cleo", "ann")
    fair.give("ann", 20_000)
    fair.tip("ann", "cleo", 9_000)
    fair.run(8 * DAY_S)
    payouts = [fair.new_id()]
    first = CashOut(payout=payouts[0], tokens=1_000)
    assert code(fair.ask(wallet_address("cleo"), first)) == "ok"
    for deed, number, crash in story:
        if crash:
            fair.crash(wallet_address("cleo"), at_delivery=1 + number % 4)
        payout = payouts[number % len(payouts)]
        match deed:
            case "buy":
                fair.give("ann", number)
            case "tip":
                fair.tip("ann", "cleo", number)
            case "back":
                fair.tip("cleo", "ann", number)
            case "cash":
                payouts.append(fair.new_id())
                wish = CashOut(payout=payouts[-1], tokens=1_000)
                fair.ask(wallet_address("cleo"), wish)
            case "approve":
                approve(fair, payout, f"op{number % 2}")
            case "pay":
                confirm(fair, payout)
            case "cancel":
                cancel = CancelPayout(payout=payout, by="cleo")
                fair.ask(wallet_address("cleo"), cancel)
            case "wait":
                fair.run(8 * DAY_S)
        assert reserve_covers(fair)
        check_payouts(fair)


def check_payouts(fair: Fair) -> None:
    money = fair.memory.money
    paid = 0
    for id_ in money.payouts:
        found = money._payout(id_)
        assert found is not None
        assert not (found.paid and found.cancelled)
        if found.paid:
            paid += found.payout.tokens
            assert len(set(found.approvals) - {"cleo"}) >= found.payout.approvals_needed
    sold = -fair.balance("chain:provider", "USD")
    assert fair.balance("reserve:tokens", "USD") + fair.balance("platform:revenue", "USD") == sold
    bought = sum(
        entry.transfer.amount
        for entry in fair.memory.ledger.entries
        if entry.transfer.kind == "purchase"
    )
    assert fair.tokens("ann") + fair.tokens("cleo") == bought - paid
