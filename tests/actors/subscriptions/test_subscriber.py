"""A subscription is had for what it costs: once, however often it is confirmed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ledger.accounts import user_credit
from actors.ledger.book import Balance
from actors.person import Person
from actors.subscriptions.messages import (
    SUBSCRIPTIONS_DESK,
    OpenInvoice,
    ReadLastCheck,
    RunChecks,
    Sweep,
    subscriber_address,
)
from actors.subscriptions.rules import counts
from engine.outcome import Ok, Outcome
from tests.actors.subscriptions.club import DAY_S, Club, code, state
from tests.actors.support import HARBOUR, Fault

DAY_US = DAY_S * 1_000_000


@pytest.fixture
def club() -> Club:
    return Club()


def test_an_invoice_is_opened_paid_and_granted_once(club: Club) -> None:
    """Whoever says again that it was paid changes nothing (I20, I22)."""
    opened = club.opened("ann")
    assert (opened.due, opened.paid, opened.closed) == (5_000, 0, None)

    first = club.pay("ann", opened.invoice.id, 5_000, asset="HIVE", reference="tx1")
    row = club.row("ann")
    again = club.pay("ann", opened.invoice.id, 5_000, asset="HIVE", reference="tx1")

    assert state(first).closed == "settled"
    assert first == again
    assert club.row("ann") == row
    assert row.expires_us == club.core.now_us - 2 * 10_000_000 + 30 * DAY_US
    assert club.posted("platform:revenue") == 5_000
    assert club.wrong() == []


def test_a_reference_stands_for_one_payment(club: Club) -> None:
    """With other figures it is an error, and nothing is taken in."""
    opened = club.opened("ann")
    club.pay("ann", opened.invoice.id, 100, asset="HIVE", reference="tx1")

    assert code(club.pay("ann", opened.invoice.id, 200, asset="HIVE", reference="tx1")) == (
        "payment_differs"
    )
    other = club.opened("bob")
    assert code(club.pay("bob", other.invoice.id, 100, asset="HIVE", reference="tx1")) == (
        "payment_differs"
    )
    assert club.look("ann", opened.invoice.id).paid == 100
    assert club.wrong() == []


@pytest.mark.parametrize(
    ("payments", "closed", "sold", "credit"),
    [
        ([5_000], "settled", 5_000, 0),
        ([4_975], "settled", 4_975, 0),  # half a percent under
        ([4_974], None, 0, 0),
        ([2_000, 3_000], "settled", 5_000, 0),
        ([6_001], "settled", 5_000, 1_001),
        ([5_000, 5_000], "settled", 5_000, 5_000),
    ],
)
def test_under_and_over(
    club: Club, payments: list[int], closed: str | None, sold: int, credit: int
) -> None:
    """A little under is paid, less waits for the rest, and what is over is the payer's."""
    opened = club.opened("ann")
    for amount in payments:
        club.pay("ann", opened.invoice.id, amount, asset="HIVE")

    assert club.look("ann", opened.invoice.id).closed == closed
    assert club.posted("platform:revenue") == sold
    assert club.posted(user_credit("ann")) == credit
    assert club.wrong() == []


def test_what_does_not_suffice_is_given_back(club: Club) -> None:
    """A day after the quote, to the payer's credit; and what comes still later too."""
    opened = club.opened("ann")
    club.pay("ann", opened.invoice.id, 1_000, asset="HIVE")
    club.run(DAY_S + 1_000)
    club.check("ann")

    assert club.look("ann", opened.invoice.id).closed == "given_back"
    club.pay("ann", opened.invoice.id, 5_000, asset="HIVE")
    assert club.posted(user_credit("ann")) == 6_000
    assert "ann" not in club.memory.subscriptions.rows
    assert club.wrong() == []


def test_other_money_is_the_payers_credit(club: Club) -> None:
    """Nothing is bought with it, and nothing is lost."""
    opened = club.opened("ann")
    paid = state(club.pay("ann", opened.invoice.id, 5_000, asset="HBD"))

    assert (paid.closed, paid.paid) == (None, 0)
    assert club.posted(user_credit("ann"), "HBD") == 5_000
    assert club.wrong() == []


def test_a_promo_code_is_used_when_it_is_paid_with(club: Club) -> None:
    """Half of 5.000 HIVE; then it is used up for ann, and there is one left for others."""
    club.offer(max_uses=2)
    bought = club.buy("ann", code="SPRING")

    assert bought.invoice.price == 2_500
    assert club.memory.subscriptions.uses("SPRING") == 1
    assert code(club.open("ann", code="SPRING")) == "promo_used_up"
    assert code(club.open("bob", code="SPRING")) == "ok"
    assert code(club.open("cay", code="SPRING")) == "promo_used_up"
    assert club.wrong() == []


def test_an_unpaid_quote_lets_its_promo_code_go(club: Club) -> None:
    """Then it costs the whole price, and the next person has the code."""
    club.offer(max_uses=1)
    opened = club.opened("ann", code="SPRING")
    assert code(club.open("bob", code="SPRING")) == "promo_used_up"
    club.run(1_100)
    club.check("ann")

    assert club.look("ann", opened.invoice.id).due == 5_000
    assert code(club.open("bob", code="SPRING")) == "ok"
    late = state(club.pay("ann", opened.invoice.id, 2_500, asset="HIVE"))
    assert late.closed is None
    assert state(club.pay("ann", opened.invoice.id, 2_500, asset="HIVE")).closed == "settled"
    assert club.row("ann").worth == 250
    assert club.wrong() == []


def test_who_paid_in_time_has_the_price(club: Club) -> None:
    """Also when we were away for a week before we could carry on (I25)."""
    club.offer(max_uses=1)
    opened = club.opened("ann", code="SPRING")
    club.fault = lambda request: "err" if type(request).__name__ == "PostBatch" else None
    club.pay("ann", opened.invoice.id, 2_500, asset="HIVE")
    club.run(7 * DAY_S)
    club.heal()
    club.check("ann")

    assert club.look("ann", opened.invoice.id).closed == "settled"
    assert club.wrong() == []


def test_what_costs_nothing_needs_no_payment(club: Club) -> None:
    """A code of the whole price settles at once."""
    club.offer(value=10_000)

    assert club.opened("ann", code="SPRING").closed == "settled"
    assert counts(club.row("ann"), club.core.now_us)
    assert club.wrong() == []


def test_free_months_come_on_top(club: Club) -> None:
    """Two months for one price, with one more."""
    club.offer(discount="free_months", value=1)
    bought = club.buy("ann", code="SPRING")

    assert bought.invoice.price == 5_000
    expires_us = club.row("ann").expires_us
    assert expires_us is not None
    assert (expires_us - club.row("ann").started_us) == 60 * DAY_US


def test_price_rates_and_tiers_are_the_servers(club: Club) -> None:
    """A client that names another price is told; what is not sold cannot be bought."""
    assert code(club.open("ann", amount=4_000)) == "price_changed"
    assert code(club.open("ann", amount=4_950)) == "ok"
    assert code(club.open("ann", tier="free")) == "no_such_tier"
    assert code(club.open("ann", asset="BTC")) == "cannot_pay_with"
    assert code(club.open("ann", code="NONE")) == "promo_not_applicable"
    assert club.opened("bob", "pro", asset="DLUX").due == 10_000  # the product's own example


def test_a_late_payment_is_taken_unless_the_price_has_risen(club: Club) -> None:
    """By more than two percent."""
    calm, risen = club.opened("ann"), club.opened("bob", "basic", "monthly", asset="DLUX")
    club.run(2_000)
    club.memory.subscriptions.rates["DLUX"] = 2_400_000

    assert state(club.pay("ann", calm.invoice.id, 5_000, asset="HIVE")).closed == "settled"
    late = state(club.pay("bob", risen.invoice.id, 1_000, asset="DLUX"))
    assert (late.closed, late.due, late.paid) == (None, 1_042, 1_000)


def test_time_passes_reminders_grace_and_the_end(club: Club) -> None:
    """Each is told once; the rights stay for three days, and a renewal in them loses no day."""
    club.buy("ann")
    first_us = club.row("ann").expires_us
    assert first_us is not None
    for _ in range(31):
        club.run(DAY_S)
        club.check("ann")
    books = club.memory.subscriptions
    told = [notice.type for (who, _key), notice in books.notices.items() if who == "ann"]
    assert told == ["activated", *(f"expires_in_{n}_days" for n in (7, 3, 1)), "expired"]
    assert club.row("ann").status == "expired"
    assert books.is_subscriber("ann", club.core.now_us)

    club.buy("ann")
    assert club.row("ann").expires_us == first_us + 30 * DAY_US
    club.run(40 * DAY_S)
    club.check("ann")
    assert club.row("ann").status == "suspended"
    assert not books.is_subscriber("ann", club.core.now_us)


def test_the_desk_wakes_whoever_something_is_due_of(club: Club) -> None:
    """Nobody has to ask: quotes are let go, reminders given, ends noticed; over crashes too."""
    club.core.tell(SUBSCRIPTIONS_DESK, Sweep())
    club.offer(max_uses=1)
    unpaid = club.opened("bob", code="SPRING").invoice.id
    club.buy("ann")
    club.run(1_100)
    assert club.memory.ledger.balances["promo:SPRING:pool", "PROMO"].pending_out == 0
    club.crash(SUBSCRIPTIONS_DESK)
    club.run(DAY_S + 3_600)
    row = club.memory.subscriptions.invoice(unpaid)
    assert row is not None
    assert row.closed == "given_back"
    club.run(34 * DAY_S)

    assert club.row("ann").status == "suspended"
    assert len(club.memory.subscriptions.notices) == 6
    assert isinstance(club.ask(SUBSCRIPTIONS_DESK, RunChecks()), Ok)
    assert isinstance(club.ask(SUBSCRIPTIONS_DESK, ReadLastCheck()), Ok)
    assert club.wrong() == []


def test_a_cancelled_subscription_runs_to_its_end_and_no_longer(club: Club) -> None:
    """Without days of grace; it can be bought again."""
    assert code(club.cancel("ann")) == "no_subscription"
    club.buy("ann")
    assert code(club.cancel("ann")) == "ok"
    assert code(club.cancel("ann")) == "ok"
    books = club.memory.subscriptions
    assert books.is_subscriber("ann", club.core.now_us)
    club.run(30 * DAY_S)
    assert not books.is_subscriber("ann", club.core.now_us)
    club.check("ann")
    assert code(club.cancel("ann")) == "no_subscription"
    club.buy("ann")
    assert books.is_subscriber("ann", club.core.now_us)


def test_an_upgrade_counts_what_is_left(club: Club) -> None:
    """Half of a month at 2.50 is 10 days' worth... of a tier that costs three times as much: 5."""
    club.buy("ann")
    club.run(15 * DAY_S)
    club.buy("ann", tier="premium")

    row = club.row("ann")
    assert row.expires_us is not None
    days = (row.expires_us - row.started_us) / DAY_US
    assert row.tier == "premium"
    assert 34.9 < days <= 35


def test_a_subscription_counts_at_once_where_one_is(club: Club) -> None:
    """Bought while in a space: the abilities change without reconnecting, and go with its end."""
    client = club.connect("s1", Person(account="ann"))
    client.join(HARBOUR)
    club.run(1)
    club.buy("ann")
    standings = [told["abilities"]["standing"] for told in client.got("abilities-changed")]
    assert standings[-1] == "subscriber"
    assert client.got("subscription-changed")[-1]["tier_code"] == "basic"

    club.run(34 * DAY_S)
    client = club.connect("s2", Person(account="ann"))
    client.join(HARBOUR)
    club.run(1)
    standings = [told["abilities"]["standing"] for told in client.got("abilities-changed")]
    assert "subscriber" not in standings


def test_one_opens_no_more_quotes_than_one_needs(club: Club) -> None:
    """Each holds something; the next is refused, and its id can be used later."""
    for _ in range(20):
        club.opened("ann")

    assert code(club.open("ann")) == "too_many_invoices"


def race(people: int, uses: int, order: list[int], reply_us: int) -> Club:
    """Let everybody buy with the same code at once, each twice."""
    club = Club(reply_us=reply_us)
    club.offer(max_uses=uses)
    answers: list[tuple[str, str, Outcome]] = []
    for number in order:
        who = f"p{number % people}"
        id_ = club.new_id()
        message = OpenInvoice(
            invoice=id_, tier="basic", period="monthly", asset="HIVE", promo="SPRING"
        )

        def keep(outcome: Outcome, who: str = who, id_: str = id_) -> None:
            answers.append((who, id_, outcome))

        club.core.ask(subscriber_address(who), message, keep, timeout_us=60_000_000)
    club.run(20)
    for who, id_, outcome in answers:
        if isinstance(outcome, Ok):
            club.pay(who, id_)
    return club


@settings(max_examples=30, deadline=None)
@given(
    people=st.integers(1, 5),
    uses=st.integers(1, 6),
    order=st.lists(st.integers(0, 20), min_size=1, max_size=10),
    reply_us=st.sampled_from([0, 3_000]),
)
def test_i33_a_promo_code_is_used_no_more_often_than_it_may_be(
    people: int, uses: int, order: list[int], reply_us: int
) -> None:
    """Whoever wants it, in whatever order, at once; and it is used as often as it can be."""
    club = race(people, uses, order, reply_us)

    wanted = len({number % people for number in order})
    assert club.memory.subscriptions.uses("SPRING") == min(uses, wanted)
    assert club.wrong() == []


@settings(max_examples=40, deadline=None)
@given(
    amounts=st.lists(st.integers(1, 6_000), min_size=1, max_size=4),
    repeats=st.lists(st.integers(0, 3), max_size=6),
    order=st.randoms(use_true_random=False),
    promised=st.booleans(),
)
def test_i19_the_order_of_payments_and_repeats_do_not_matter(
    *, amounts: list[int], repeats: list[int], order: Any, promised: bool
) -> None:
    """The same payments, shuffled and said again, end the same and move the same money."""

    def played(said: list[int]) -> tuple[Any, ...]:
        club = Club()
        club.offer()
        opened = club.opened("ann", code="SPRING" if promised else None)
        for number in said:
            amount = amounts[number]
            club.pay("ann", opened.invoice.id, amount, asset="HIVE", reference=f"tx{number}")
        assert club.wrong() == []
        stands = club.look("ann", opened.invoice.id)
        bought = "ann" in club.memory.subscriptions.rows
        sold = club.posted("platform:revenue")
        return stands.closed, bought, stands.paid + sold + club.posted(user_credit("ann"))

    said = list(range(len(amounts)))
    shuffled = [*said, *(number for number in repeats if number < len(amounts))]
    order.shuffle(shuffled)

    assert played(said) == played(shuffled)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_crash_or_a_lost_answer_anywhere_costs_nothing(data: st.DataObject) -> None:
    """Sell, pay and grant over a store that fails and an actor that falls: the end is the same."""
    club = Club(reply_us=2_000)
    club.offer(max_uses=1)
    falls = data.draw(st.lists(st.integers(1, 25), max_size=2))
    kinds: list[Fault | None] = ["err", "unknown", None]
    faults = data.draw(st.lists(st.sampled_from(kinds), max_size=20))
    told = iter(faults)

    def fault(_request: Any) -> Fault | None:
        return next(told, None)

    club.fault = fault
    id_ = club.new_id()
    for at in [*falls, 0]:
        if at:
            club.crash(subscriber_address("ann"), at_delivery=at)
        club.open("ann", code="SPRING", id_=id_)
    if club.memory.subscriptions.invoice(id_) is None:
        return  # It never got there, and nobody was told that it had.
    for at in [*falls, 0]:
        if at:
            club.crash(subscriber_address("ann"), at_delivery=at)
        club.pay("ann", id_, 2_500, asset="HIVE", reference="tx1")
    club.heal()
    club.check("ann")
    club.pay("ann", id_, 2_500, asset="HIVE", reference="tx1")

    assert club.look("ann", id_).closed == "settled"
    assert club.posted("platform:revenue") == 2_500
    assert club.memory.subscriptions.uses("SPRING") == 1
    assert club.row("ann").periods == 1
    assert club.wrong() == []
    assert not club.memory.ledger.pendings
    assert club.memory.ledger.balances.get(("promo:SPRING:pool", "PROMO"), Balance()).posted == 0
