"""Tickets for money from outside, and credit: once, for what they cost, and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.booth.messages import CloseSale, RefundSpaceTicket
from actors.ledger.accounts import user_credit
from actors.ledger.book import Balance
from actors.money.records import FindTicket
from actors.money.space_records import FindHeld, HeldTicket
from actors.stream.messages import stream_address
from actors.subscriptions.messages import (
    SUBSCRIPTIONS_DESK,
    CallOffInvoice,
    ConfirmPayment,
    InvoiceState,
    LookAtInvoice,
    OpenInvoice,
    OpenTicketInvoice,
    PayBackCredit,
    Sweep,
    subscriber_address,
)
from engine.outcome import Ok, Outcome
from sim.subscription_audit import SubscriptionAudit
from tests.actors.money.fair import code
from tests.actors.money.test_space_tickets import BOOTH, QNA, Talk
from tests.actors.support import Fault

DAY_S = 86_400


class Stall(Talk):
    """Ada's space sells tickets of 20 tokens; money comes from outside."""

    def open(self, who: str, *, asset: str = "HIVE", id_: str | None = None,
             amount: int | None = None, to: str = BOOTH) -> Outcome:  # fmt: skip
        wish = OpenTicketInvoice(
            invoice=id_ or self.new_id(), buyer=who, asset=asset, ticket_type=QNA, amount=amount
        )
        return self.ask(to, wish)

    def opened(self, who: str, **fields: Any) -> InvoiceState:
        return state(self.open(who, **fields))

    def tier(self, who: str, *, asset: str = "HIVE") -> Outcome:
        message = OpenInvoice(invoice=self.new_id(), tier="basic", period="monthly", asset=asset)
        return self.ask(subscriber_address(who), message)

    def pay(self, invoice: str, amount: int | None = None, *, asset: str | None = None,
            reference: str | None = None, to: str = BOOTH) -> Outcome:  # fmt: skip
        message = ConfirmPayment(
            invoice=invoice, reference=reference or self.new_id(), amount=amount, asset=asset
        )
        return self.ask(to, message)

    def look(self, invoice: str, to: str = BOOTH) -> InvoiceState:
        return state(self.ask(to, LookAtInvoice(invoice=invoice)))

    def pay_back(self, who: str, amount: int, *, reference: str = "b1") -> Outcome:
        message = PayBackCredit(reference=reference, asset="HIVE", amount=amount)
        return self.ask(subscriber_address(who), message)

    def overpay(self, who: str, amount: int) -> None:
        """Leave somebody with credit, HIVE."""
        id_ = state(self.tier(who)).invoice.id
        message = ConfirmPayment(
            invoice=id_, reference=self.new_id(), amount=5_000 + amount, asset="HIVE"
        )
        assert code(self.ask(subscriber_address(who), message)) == "ok"

    def owed(self, who: str, asset: str = "HIVE") -> Balance:
        return self.memory.ledger.balances.get((user_credit(who), asset), Balance())

    def holds(self, who: str) -> int:
        sale = next(iter(self.memory.money.sales.values())).id
        outcome = self.memory.answer(FindHeld(sale=sale, account=who))
        assert isinstance(outcome, Ok)
        held: tuple[HeldTicket, ...] = outcome.value
        return len(held)

    def wrong(self) -> list[str]:
        """What the audit finds, and whether the reserve covers every token."""
        audit = SubscriptionAudit(self.memory.ledger, self.memory.subscriptions)
        books = self.memory.ledger.balances
        owed = -self.balance("issuance:tokens") * 5
        short = self.balance("reserve:tokens", "USD") < owed
        assert all(balance.available >= 0 for (name, _), balance in books.items()
                   if name.startswith("user:"))  # fmt: skip
        return [
            *audit.settled_once(), *audit.money(), *audit.payments_in(), *audit.periods(),
            *audit.nothing_left(self.core.now_us), *(["the reserve is short"] if short else []),
        ]  # fmt: skip


def state(outcome: Outcome) -> InvoiceState:
    assert isinstance(outcome, Ok), outcome
    assert isinstance(outcome.value, InvoiceState)
    return outcome.value


@pytest.fixture
def stall() -> Stall:
    stall = Stall()
    stall.sell(20, seats=1)
    return stall


@pytest.mark.parametrize(("asset", "price"), [("HIVE", 6_667), ("USD", 200), ("DLUX", 800)])
def test_a_ticket_is_had_for_money_once(stall: Stall, asset: str, price: int) -> None:
    """The tokens it costs are bought and spent in one command: ada earns as from any ticket."""
    opened = stall.opened("ann", asset=asset)
    assert (opened.due, opened.to_pay, opened.closed) == (price, price, None)
    assert stall.holds("ann") == 0

    first = stall.pay(opened.invoice.id, price, asset=asset, reference="tx1")
    assert state(first).closed == "settled"
    assert stall.pay(opened.invoice.id, price, asset=asset, reference="tx1") == first
    assert (stall.holds("ann"), stall.balance("user:ann:main")) == (1, 100)
    assert stall.balance("user:ada:main") == 17
    assert code(stall.open("ann", asset=asset)) == "ticket_already_purchased"
    assert stall.wrong() == []


def test_given_back_it_is_tokens(stall: Stall) -> None:
    """What was bought with the money were tokens; they come back, the seat too, ada's share not."""
    opened = stall.opened("ann")
    stall.pay(opened.invoice.id)
    wish = RefundSpaceTicket(holder="ann", by="ada", ticket_type=QNA)
    assert code(stall.ask(BOOTH, wish)) == "ok"

    assert (stall.holds("ann"), stall.balance("user:ann:main")) == (0, 120)
    assert stall.balance("user:ada:main") == 0
    assert code(stall.get("bob")) == "ok"
    assert stall.wrong() == []


def test_a_quote_keeps_the_last_seat_for_who_pays_in_time(stall: Stall) -> None:
    """Nobody else pays in vain: they are told before; when the quote is over the seat is free."""
    stall.core.tell(SUBSCRIPTIONS_DESK, Sweep())
    opened = stall.opened("ann")
    assert code(stall.open("ann")) == "ticket_reserved"
    assert code(stall.get("ann")) == "ticket_reserved"
    assert code(stall.open("bob")) == "sold_out"
    assert code(stall.get("bob")) == "sold_out"
    stall.run(1_100)

    assert code(stall.get("bob")) == "ok"
    late = state(stall.pay(opened.invoice.id))
    assert (late.closed, stall.holds("ann")) == ("given_back", 0)
    assert stall.owed("ann").posted == 6_667
    assert stall.wrong() == []


def test_who_pays_late_has_it_if_there_is_one(stall: Stall) -> None:
    """At the quoted price, as rates have not moved."""
    opened = stall.opened("ann")
    stall.run(1_100)

    assert state(stall.pay(opened.invoice.id)).closed == "settled"
    assert stall.holds("ann") == 1
    assert stall.wrong() == []


def test_a_sale_that_was_called_off_gives_all_of_it_back_as_credit(stall: Stall) -> None:
    """What comes for it afterwards buys nothing."""
    opened = stall.opened("ann")
    stall.ask(BOOTH, CloseSale(by="ada", ticket_type=QNA, cancelled=True))
    paid = state(stall.pay(opened.invoice.id))

    assert (paid.closed, stall.owed("ann").posted) == ("given_back", 6_667)
    assert stall.wrong() == []


def test_a_stream_s_ticket_is_had_the_same_way() -> None:
    """And an ended stream sells none."""
    stall = Stall()
    stall.enrol("cleo")
    one = stall.stream("cleo", price=20, seats=1)
    to = stream_address(one.id)
    opened = stall.opened("ann", to=to)
    assert code(stall.open("bob", to=to)) == "sold_out"
    assert state(stall.pay(opened.invoice.id, to=to)).closed == "settled"
    found = stall.memory.answer(FindTicket(stream=one.id, account="ann"))
    assert isinstance(found, Ok)
    assert found.value.price == 20
    assert stall.balance("user:cleo:main") == 20
    assert stall.wrong() == []


def test_what_cannot_be_had_for_money_says_why(stall: Stall) -> None:
    """Refused before anybody pays."""
    assert code(stall.open("ann", asset="BTC")) == "cannot_pay_with"
    assert code(stall.open("ann", amount=6_000)) == "price_changed"
    assert code(stall.open("ann", amount=6_600)) == "ok"
    assert code(stall.open("ada")) == "no_ticket_needed"
    assert stall.wrong() == []


def test_credit_is_used_for_the_next_purchase_in_its_money(stall: Stall) -> None:
    """Named in the quote, reserved with it, and free again when the quote is over."""
    stall.overpay("ann", 4_000)
    opened = stall.opened("ann")
    assert (opened.due, opened.credit, opened.to_pay) == (6_667, 4_000, 2_667)
    assert stall.owed("ann").available == 0
    assert state(stall.tier("ann")).credit == 0
    assert code(stall.pay_back("ann", 1)) == "not_so_much_credit"

    assert state(stall.pay(opened.invoice.id)).closed == "settled"
    assert (stall.owed("ann").posted, stall.balance("invoice:x", "HIVE")) == (0, 0)
    assert stall.holds("ann") == 1
    assert stall.wrong() == []


def test_credit_that_suffices_settles_at_once(stall: Stall) -> None:
    """Nothing is left to pay, and what is over stays credit."""
    stall.overpay("ann", 7_000)

    bought = stall.opened("ann")

    assert (bought.closed, bought.credit, bought.to_pay) == ("settled", 6_667, 0)
    assert stall.owed("ann").posted == 333
    assert stall.wrong() == []


def test_an_unpaid_quote_lets_the_credit_go(stall: Stall) -> None:
    """Late, the whole price is due."""
    stall.core.tell(SUBSCRIPTIONS_DESK, Sweep())
    stall.overpay("ann", 4_000)
    opened = stall.opened("ann")
    stall.run(1_100)

    assert stall.owed("ann").available == 4_000
    late = state(stall.pay(opened.invoice.id, 2_667, asset="HIVE"))
    assert (late.closed, late.credit, late.to_pay) == (None, 0, 4_000)
    stall.run(2 * DAY_S)
    assert stall.look(opened.invoice.id).closed == "given_back"
    assert stall.owed("ann").posted == 6_667
    assert stall.wrong() == []


def test_credit_is_paid_back_once_for_each_reference(stall: Stall) -> None:
    """And never more than there is."""
    stall.overpay("ann", 4_000)
    assert code(stall.pay_back("ann", 4_001)) == "not_so_much_credit"
    for _ in range(2):
        outcome = stall.pay_back("ann", 3_000, reference="b2")
        assert isinstance(outcome, Ok)
        assert outcome.value == 1_000
    assert code(stall.pay_back("ann", 1_000, reference="b2")) == "payment_differs"
    assert code(stall.pay_back("bob", 1_000, reference="b2")) == "payment_differs"
    assert stall.owed("ann").posted == 1_000
    assert stall.wrong() == []


moves = st.one_of(
    st.tuples(st.just("tier"), st.just(0)),
    st.tuples(st.just("ticket"), st.just(0)),
    st.tuples(st.just("pay"), st.integers(1, 8_000)),
    st.tuples(st.just("off"), st.integers(0, 9)),
    st.tuples(st.just("back"), st.integers(1, 5_000)),
    st.tuples(st.just("wait"), st.sampled_from([600, 1_200, 100_000])),
)


@settings(max_examples=25, deadline=None)
@given(story=st.lists(moves, max_size=9), reply_us=st.sampled_from([0, 3_000]))
def test_credit_is_never_spent_twice(story: list[tuple[str, int]], reply_us: int) -> None:
    """Whatever is bought, paid and paid back at once: each unit is somewhere, and once (I20, I21).

    In the end all that came is what was sold, what was paid back, and ann's credit.
    """
    stall = Stall(reply_us=reply_us)
    stall.sell(20)
    stall.core.tell(SUBSCRIPTIONS_DESK, Sweep())
    stall.overpay("ann", 5_000)
    came, opened = 10_000, []
    for what, how in story:
        id_ = stall.new_id()
        if what == "tier":
            tier = OpenInvoice(invoice=id_, tier="basic", period="monthly", asset="HIVE")
            stall.core.ask(subscriber_address("ann"), tier, lambda _outcome: None,
                           timeout_us=60_000_000)  # fmt: skip
            opened.append((id_, subscriber_address("ann")))
        elif what == "ticket":
            ticket = OpenTicketInvoice(invoice=id_, buyer="ann", asset="HIVE", ticket_type=QNA)
            stall.core.ask(BOOTH, ticket, lambda _outcome: None, timeout_us=60_000_000)
            opened.append((id_, BOOTH))
        elif what == "back":
            came -= how if code(stall.pay_back("ann", how, reference=id_)) == "ok" else 0
        elif what == "wait":
            stall.run(how)
        elif opened and what == "off":
            invoice, to = opened[how % len(opened)]
            off = CallOffInvoice(invoice=invoice)
            stall.core.ask(to, off, lambda _outcome: None, timeout_us=60_000_000)
        elif opened:
            stall.run(1)
            invoice, to = opened[how % len(opened)]
            came += how if code(stall.pay(invoice, how, asset="HIVE", to=to)) == "ok" else 0
    stall.run(3 * DAY_S)
    sold = stall.balance("platform:revenue", "HIVE") + stall.balance("fx:HIVE", "HIVE")

    assert stall.owed("ann").posted + sold == came
    assert stall.owed("ann").pending_out == 0
    assert stall.wrong() == []


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_crash_or_a_lost_answer_anywhere_sells_one_ticket(data: st.DataObject) -> None:
    """Quote, reserve, pay and sell over a store that fails and a booth that falls."""
    stall = Stall(reply_us=2_000)
    stall.sell(20, seats=1)
    stall.overpay("ann", 3_000)
    falls = data.draw(st.lists(st.integers(1, 25), max_size=2))
    kinds: list[Fault | None] = ["err", "unknown", None]
    told = iter(data.draw(st.lists(st.sampled_from(kinds), max_size=20)))
    stall.fault = lambda _request: next(told, None)
    id_ = stall.new_id()
    for at in [*falls, 0]:
        if at:
            stall.crash(BOOTH, at_delivery=at)
        stall.open("ann", id_=id_)
    if stall.memory.subscriptions.invoice(id_) is None:
        return  # It never got there, and nobody was told that it had.
    for at in [*falls, 0]:
        if at:
            stall.crash(BOOTH, at_delivery=at)
        stall.pay(id_, 3_667, asset="HIVE", reference="tx1")
    stall.heal()
    stall.look(id_)
    stall.pay(id_, 3_667, asset="HIVE", reference="tx1")

    assert stall.look(id_).closed == "settled"
    assert (stall.holds("ann"), stall.owed("ann").posted) == (1, 0)
    assert stall.wrong() == []


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_called_off_over_a_store_that_fails_it_ends_once(data: st.DataObject) -> None:
    """Wherever it was cut off, asked again it is over, the seat free and the payment credit."""
    stall = Stall(reply_us=2_000)
    stall.sell(20, seats=1)
    opened = stall.opened("ann")
    stall.pay(opened.invoice.id, 2_000, asset="HIVE", reference="tx1")
    falls = data.draw(st.lists(st.integers(1, 15), max_size=2))
    kinds: list[Fault | None] = ["err", "unknown", None]
    told = iter(data.draw(st.lists(st.sampled_from(kinds), max_size=20)))
    stall.fault = lambda _request: next(told, None)
    for at in [*falls, 0]:
        if at:
            stall.crash(BOOTH, at_delivery=at)
        called_off(stall, opened.invoice.id)
    stall.heal()

    assert state(called_off(stall, opened.invoice.id)).closed == "given_back"
    assert stall.owed("ann").posted == 2_000
    assert code(stall.open("bob")) == "ok"
    assert stall.wrong() == []


def called_off(stall: Stall, invoice: str, to: str = BOOTH) -> Outcome:
    return stall.ask(to, CallOffInvoice(invoice=invoice))


def test_who_calls_their_quote_off_frees_its_seat_at_once(stall: Stall) -> None:
    """Whoever waits for it may have it, oneself too; what comes for it yet is credit."""
    opened = stall.opened("ann")
    assert code(stall.open("bob")) == "sold_out"
    first = called_off(stall, opened.invoice.id)
    assert state(first).closed == "given_back"
    assert called_off(stall, opened.invoice.id) == first
    other = stall.opened("bob")

    assert state(stall.pay(opened.invoice.id, 6_667, asset="HIVE")).closed == "given_back"
    assert stall.owed("ann").posted == 6_667
    assert state(stall.pay(other.invoice.id)).closed == "settled"
    assert code(called_off(stall, other.invoice.id)) == "payment_channel_paid"
    assert (stall.holds("ann"), stall.holds("bob")) == (0, 1)
    assert stall.wrong() == []


def test_what_was_paid_in_part_is_credit_when_it_is_called_off(stall: Stall) -> None:
    """And the credit that the quote had reserved is the buyer's again."""
    stall.overpay("ann", 1_000)
    opened = stall.opened("ann")
    assert opened.to_pay == 5_667
    stall.pay(opened.invoice.id, 2_000, asset="HIVE")

    assert state(called_off(stall, opened.invoice.id)).closed == "given_back"
    assert (stall.owed("ann").posted, stall.owed("ann").pending_out) == (3_000, 0)
    assert stall.wrong() == []
