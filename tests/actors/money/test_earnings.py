"""Escrow: released after its time, given back before it, never both."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ledger.messages import LEDGER, Post
from actors.ledger.transfer import Transfer, one
from actors.money.escrow import Tranche
from actors.money.policy import read_policies
from actors.money.records import FindTicket, StreamRow
from actors.stream.messages import RefundTicket, stream_address
from actors.wallet.actor import wallet_address
from actors.wallet.messages import CashOut, ReleaseDue
from engine.outcome import Ok, Outcome
from tests.actors.money.fair import Fair, code

DAY_S = 86_400
SLOW = read_policies(
    {
        "policies": {
            "tip": {"remainder_to": "creator", "release": "2d"},
            "stream": {
                "split": [["platform:revenue", 1_000]],
                "remainder_to": "creator",
                "release": "7d",
                "refund_within": "3d",
            },
        },
        "token_sale": {"packs": {"9.99 USD": 100}, "cashout_lock": "0d", "cashout_min": 1},
    }
)


@pytest.fixture
def fair() -> Fair:
    fair = Fair(money=SLOW)
    fair.enrol("cleo")
    fair.give("ann", 100)
    fair.give("bob", 100)
    return fair


def waiting(fair: Fair, account: str = "cleo") -> tuple[Tranche, ...]:
    outcome = fair.ask(wallet_address(account), ReleaseDue())
    assert isinstance(outcome, Ok), outcome
    tranches: tuple[Tranche, ...] = outcome.value
    return tranches


def refund(fair: Fair, row: StreamRow, holder: str, by: str, **fields: Any) -> Outcome:
    wish = RefundTicket(refund=fair.new_id(), holder=holder, by=by, **fields)
    return fair.ask(stream_address(row.id), wish)


def test_a_share_waits_for_its_time(fair: Fair) -> None:
    """I44: two days after a tip, not before; then it is spent like any other token."""
    fair.tip("ann", "cleo", 30)
    assert [tranche.amount for tranche in waiting(fair)] == [30]
    assert fair.tokens("cleo") == 0
    fair.run(1 * DAY_S)
    assert len(waiting(fair)) == 1
    fair.run(1 * DAY_S)
    assert waiting(fair) == ()
    assert fair.tokens("cleo") == 30


@pytest.mark.parametrize("reply_us", [0, 5_000])
def test_a_cash_out_sees_what_it_releases_itself(reply_us: int) -> None:
    """Nobody has to ask twice; whoever asks a moment too early is refused."""
    fair = Fair(money=SLOW, reply_us=reply_us)
    fair.enrol("cleo")
    fair.give("ann", 100)
    fair.tip("ann", "cleo", 30)
    fair.run(1 * DAY_S)
    early = CashOut(payout=fair.new_id(), tokens=30)
    assert code(fair.ask(wallet_address("cleo"), early)) == "not_cashable"
    fair.run(1 * DAY_S)
    wish = CashOut(payout=fair.new_id(), tokens=30)
    assert code(fair.ask(wallet_address("cleo"), wish)) == "ok"


def test_a_ticket_is_earned_when_it_was_delivered(fair: Fair) -> None:
    """Seven days from the stream's end, whenever it was sold."""
    row = fair.stream("cleo", price=50)
    fair.buy(row, "ann")
    fair.run(30 * DAY_S)
    assert [tranche.amount for tranche in waiting(fair)] == [45]
    fair.end(row, "cleo")
    fair.run(6 * DAY_S)
    assert len(waiting(fair)) == 1
    fair.run(2 * DAY_S)
    assert waiting(fair) == ()
    assert (fair.tokens("cleo"), fair.balance("platform:revenue")) == (45, 5)


def test_a_ticket_is_given_back_whole(fair: Fair) -> None:
    """I15, I47: the platform's part too; seat and right are free again."""
    row = fair.stream("cleo", price=50, seats=1)
    fair.buy(row, "ann")
    assert code(fair.buy(row, "bob")) == "sold_out"

    assert code(refund(fair, row, "ann", "ann")) == "ok"

    assert (fair.tokens("ann"), fair.balance("platform:revenue")) == (100, 0)
    assert fair.memory.money._find_ticket(FindTicket(stream=row.id, account="ann")) is None
    assert waiting(fair) == ()
    assert code(refund(fair, row, "ann", "cleo")) == "no_ticket"
    assert code(fair.buy(row, "bob")) == "ok"
    assert code(fair.buy(row, "ann")) == "sold_out"
    assert code(refund(fair, row, "bob", "cleo")) == "ok"
    assert code(fair.buy(row, "ann")) == "ok"


def test_who_may_give_a_ticket_back(fair: Fair) -> None:
    """Its holder for three days after the end, its creator and operators always; no one else."""
    row = fair.stream("cleo", price=50)
    fair.buy(row, "ann")
    fair.buy(row, "bob")
    assert code(refund(fair, row, "ann", "bob")) == "unauthorized_party"
    fair.end(row, "cleo")
    fair.run(3 * DAY_S)
    assert code(refund(fair, row, "ann", "ann")) == "refund_over"
    assert code(refund(fair, row, "ann", "cleo")) == "ok"
    assert code(refund(fair, row, "bob", "op", operator=True)) == "ok"


def test_after_its_release_a_refund_is_the_creators_own_money(fair: Fair) -> None:
    """And when that is spent there is nothing to give back."""
    row = fair.stream("cleo", price=50)
    for fan in ("ann", "bob"):
        fair.buy(row, fan)
    fair.end(row, "cleo")
    fair.run(8 * DAY_S)
    assert waiting(fair) == ()
    assert code(refund(fair, row, "ann", "cleo")) == "ok"
    assert fair.tokens("cleo") == 45
    cash_out = CashOut(payout=fair.new_id(), tokens=10)
    assert code(fair.ask(wallet_address("cleo"), cash_out)) == "ok"

    assert code(refund(fair, row, "bob", "cleo")) == "not_refundable"

    assert fair.memory.money._find_ticket(FindTicket(stream=row.id, account="bob")) is not None
    assert (fair.tokens("ann"), fair.tokens("bob")) == (100, 50)


def test_there_is_no_refund_where_there_is_no_time_for_it() -> None:
    """By default tokens are the creator's at once; the creator may still give them back."""
    fair = Fair()
    fair.enrol("cleo")
    fair.give("ann", 100)
    row = fair.stream("cleo", price=50)
    fair.buy(row, "ann")
    assert code(refund(fair, row, "ann", "ann")) == "refund_over"
    assert code(refund(fair, row, "ann", "cleo")) == "ok"
    assert (fair.tokens("ann"), fair.tokens("cleo")) == (100, 0)


def owe(fair: Fair, account: str, tokens: int) -> None:
    """Make `account` owe, as a refund does that it cannot pay."""
    debt = Transfer(
        id=fair.new_id(),
        kind="refund",
        debit=f"creator:{account}:debt",
        credit="platform:revenue",
        asset="TOK",
        amount=tokens,
    )
    assert isinstance(fair.ask(LEDGER, Post(command=one(debt))), Ok)


@settings(max_examples=60, deadline=None)
@given(
    owed=st.integers(1, 60),
    tips=st.lists(st.integers(1, 40), min_size=1, max_size=4),
    crashes=st.lists(
        st.tuples(st.sampled_from(["wallet:cleo", LEDGER]), st.integers(1, 6)), max_size=3
    ),
)
def test_a_release_pays_a_debt_first(
    owed: int, tips: list[int], crashes: list[tuple[str, int]]
) -> None:
    """MONEY 2.5: each release pays up to half, oldest first, never more than is owed, once."""
    fair = Fair(money=SLOW)
    fair.enrol("cleo")
    fair.give("ann", 200)
    owe(fair, "cleo", owed)
    for amount in tips:
        fair.tip("ann", "cleo", amount)
    fair.run(3 * DAY_S)
    for address, delivery in crashes:
        fair.crash(address, at_delivery=delivery)
        for _ in range(3):  # A crash that is still to come strikes one of them.
            fair.ask(wallet_address("cleo"), ReleaseDue())
            fair.run(30)
    assert waiting(fair) == ()
    left, kept = owed, 0
    for amount in tips:
        pays = min(left, amount // 2)
        left, kept = left - pays, kept + amount - pays
    assert (fair.balance("creator:cleo:debt"), fair.tokens("cleo")) == (-left, kept)


deeds = st.lists(
    st.tuples(
        st.sampled_from(
            ["buy", "refund", "again", "wait", "wait", "release", "release", "end", "tip"]
        ),
        st.sampled_from(["ann", "bob"]),
        st.sampled_from([None, None, None, "stream", "wallet", LEDGER]),
    ),
    min_size=5,
    max_size=25,
)


@settings(max_examples=80, deadline=None)
@given(deeds)
def test_what_is_earned_is_held_released_or_given_back(story: list[Any]) -> None:
    """I43, I44: every token of every sale is in one place, whatever crashes and races."""
    fair = Fair(money=SLOW)
    fair.enrol("cleo")
    for fan in ("ann", "bob"):
        fair.give(fan, 500)
    row = fair.stream("cleo", price=50, seats=2)
    address = {"stream": stream_address(row.id), "wallet": wallet_address("cleo"), LEDGER: LEDGER}
    for fan in ("ann", "bob"):
        assert code(fair.buy(row, fan)) == "ok"
    for deed, fan, crash in story:
        if crash is not None:
            fair.crash(address[crash], at_delivery=2)
        match deed:
            case "buy":
                fair.buy(row, fan)
            case "tip":
                fair.tip(fan, "cleo", 7)
            case "refund":
                refund(fair, row, fan, "cleo")
            case "again":  # A refund and a release at once.
                fair.core.tell(wallet_address("cleo"), ReleaseDue())
                refund(fair, row, fan, "cleo")
            case "wait":
                fair.run(4 * DAY_S)
            case "release":
                fair.ask(wallet_address("cleo"), ReleaseDue())
            case "end":
                fair.end(row, "cleo")
        check_places(fair, row)


def check_places(fair: Fair, row: StreamRow) -> None:
    books = fair.memory.ledger
    escrow = {
        account: balance.posted
        for (account, _), balance in books.balances.items()
        if ":escrow/" in account
    }
    assert all(amount >= 0 for amount in escrow.values())
    held = fair.memory.money.sold(row.id)
    tips = sum(tip.amount for tip in fair.memory.money.tips())
    assert sum(escrow.values()) + fair.tokens("cleo") == 45 * held + tips
    assert fair.balance("platform:revenue") == 5 * held
    assert fair.tokens("ann") + fair.tokens("bob") == 1_000 - 50 * held - tips
    delivered = {row.id: fair.memory.money.streams[row.id].ended_at_us}
    for entry in books.entries:
        if entry.transfer.kind == "ticket_release":
            ended_us = delivered[row.id]
            assert ended_us is not None
            assert entry.at_us >= ended_us + 7 * DAY_S * 1_000_000
