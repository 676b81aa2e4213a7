"""Space premium: its owner buys a month at a time, and more people fit in while it lasts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.booth.messages import BuySpacePremium, SpacePremiumSold, booth_address
from actors.booth.premium import PREMIUM
from actors.money.policy import DEFAULT_TABLES, read_policies
from actors.money.space_records import ReadPremium
from actors.space.premium import PERIOD_US, premium_until, users_max
from actors.space.space_id import SpaceId
from engine.clock import SECOND_US
from engine.outcome import Ok, Outcome
from sim.replica import Post
from tests.actors.money.fair import Fair, code
from tests.actors.support import Client, Fault

HALL = SpaceId("post", "ada/talk")
BOOTH = booth_address(HALL.type, HALL.id)
DAY_US = 86_400 * SECOND_US
MONEY = read_policies({**DEFAULT_TABLES, "space_premium": {"price": 30, "users_max": 2}})


class Talk(Fair):
    """Ada's space has room for one, for two when it is premium; she has a hundred tokens."""

    def __init__(self, *, reply_us: int = 0) -> None:
        super().__init__(reply_us=reply_us, money=MONEY, space_users_max=1)
        self.memory.add_post(Post(author="ada", permlink="talk", type="vrml", created_at_us=1))
        self.give("ada", 100)

    def add(self, buyer: str = "ada", price: int | None = None, id_: str | None = None) -> Outcome:
        wish = BuySpacePremium(id=id_ or self.new_id(), buyer=buyer, price=price)
        return self.ask(BOOTH, wish)

    def bought(self) -> SpacePremiumSold:
        outcome = self.add()
        assert isinstance(outcome, Ok), outcome
        assert isinstance(outcome.value, SpacePremiumSold)
        return outcome.value

    def visitor(self, name: str) -> Client:
        client = self.connect(name)
        client.join(HALL)
        self.run(0.2)
        return client

    def times(self) -> list[int]:
        """When it was bought, as the ledger has it."""
        entries = self.memory.ledger.entries
        return [entry.at_us for entry in entries if entry.transfer.kind == PREMIUM]


@pytest.fixture
def talk() -> Talk:
    return Talk()


days = st.lists(st.integers(0, 400), max_size=12).map(sorted)


@given(days)
def test_each_purchase_adds_a_whole_month(bought: list[int]) -> None:
    """No day that was paid for is lost, and none is had that was not: counted day by day."""
    paid, owed = 0, 0
    on: list[int] = []
    for day in range(800):
        owed += 30 * bought.count(day)
        if owed:
            on.append(day)
            owed -= 1
            paid += 1
    assert paid == 30 * len(bought)

    until_us = premium_until([day * DAY_US for day in bought])

    assert until_us == (None if not bought else (on[-1] + 1) * DAY_US)


@given(days, st.integers(0, 800 * DAY_US), st.integers(1, 99), st.integers(1, 99))
def test_premium_never_lowers_a_limit(
    bought: list[int], now_us: int, owners: int, premium: int
) -> None:
    """A number that the owner set stays; the default is raised, and only while it lasts."""
    until_us = premium_until([day * DAY_US for day in bought])
    fit = users_max(owners, default=50, premium=premium, premium_until_us=until_us, now_us=now_us)

    lasts = until_us is not None and now_us < until_us
    assert fit == (max(50, premium) if owners == 50 and lasts else owners)


def test_the_pages_example_is_right() -> None:
    """Bought on days 0, 10 and 80: from day 0 to 60, and from 80 to 110."""
    assert premium_until([0, 10 * DAY_US]) == 60 * DAY_US
    assert premium_until([0, 10 * DAY_US, 80 * DAY_US]) == 110 * DAY_US


def test_more_people_fit_in_from_the_moment_it_is_bought_until_it_ends(talk: Talk) -> None:
    """A space with somebody in it learns at once, one that slept when it wakes."""
    first = talk.visitor("s1")
    assert first.got("space-joined")[-1]["max_users"] == 1
    assert talk.visitor("s2").space is None
    sold = talk.bought()
    assert (sold.price, sold.balance, talk.balance("platform:revenue")) == (30, 70, 30)
    talk.run(0.1)
    second = talk.visitor("s3")
    assert second.got("space-joined")[-1]["max_users"] == 2
    assert talk.visitor("s4").space is None

    for client in (first, second):
        client.disconnect()
    talk.run(29 * 86_400)
    talk.visitor("t1")
    last = talk.visitor("t2")
    assert last.space == HALL
    last.disconnect()
    talk.run((sold.until_us - talk.core.now_us) / SECOND_US - 5)
    for name in ("u1", "u2"):
        last = talk.visitor(name)
        assert last.space == HALL
    talk.run(5)
    assert last.space == HALL, "who is inside stays"
    last.disconnect()
    talk.run(0.2)
    assert talk.visitor("u3").space is None


def test_a_space_that_is_awake_and_empty_learns_from_who_comes_first(talk: Talk) -> None:
    """Nobody tells it: it reads, at the next beat again if that fails."""
    talk.visitor("s1").disconnect()
    talk.run(0.2)
    talk.bought()
    failing: list[Fault] = ["err"]
    talk.fault = lambda request: (
        failing.pop() if failing and isinstance(request, ReadPremium) else None
    )
    talk.visitor("s2")
    assert not failing
    assert talk.visitor("s3").space is None
    talk.run(30)
    assert talk.visitor("s4").space == HALL


@pytest.mark.parametrize(
    ("buyer", "price", "said"),
    [("eve", None, "not_permitted"), ("ada", 31, "invalid_price"), ("ada", 30, "ok")],
)
def test_only_the_owner_buys_at_the_price(
    talk: Talk, buyer: str, price: int | None, said: str
) -> None:
    """Whoever else asks, or was shown another price, pays nothing."""
    talk.give("eve", 100)
    assert code(talk.add(buyer, price)) == said
    assert len(talk.times()) == (said == "ok")


def test_who_cannot_pay_gets_nothing(talk: Talk) -> None:
    """Three months cost 90 of a hundred; the fourth is refused."""
    outcomes = [code(talk.add()) for _ in range(4)]
    assert outcomes == ["ok", "ok", "ok", "insufficient_tokens"]
    assert talk.tokens("ada") == 10
    assert premium_until(talk.times()) == talk.times()[0] + 3 * PERIOD_US


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.sampled_from(["crash booth", "lose", "fail", "run"]), min_size=1, max_size=10
    ),
    crash_at=st.integers(1, 8),
)
def test_a_purchase_happens_once_whatever_falls_over(steps: list[str], crash_at: int) -> None:
    """The same id asked for again and again, with crashes and lost replies: one month, once."""
    talk = Talk(reply_us=2_000)
    wish = BuySpacePremium(id=talk.new_id(), buyer="ada", price=30)
    faults: list[Fault] = []

    def fault(_request: Any) -> Fault | None:
        return faults.pop() if faults else None

    talk.fault = fault
    for step in steps:
        talk.core.tell(BOOTH, wish)
        match step:
            case "crash booth":
                talk.crash(BOOTH, at_delivery=crash_at)
            case "lose":
                faults.append("unknown")
            case "fail":
                faults.append("err")
            case _:
                talk.run(0.005)
    talk.run(1)
    talk.heal()
    outcome = talk.ask(BOOTH, wish)

    assert isinstance(outcome, Ok), outcome
    (bought_us,) = talk.times()
    assert outcome.value.until_us == bought_us + PERIOD_US
    assert talk.tokens("ada") == 70
