"""Microphones that are paid in tokens: reserved before time, taken for what was used."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.ledger.accounts import user_main
from actors.ledger.book import Balance
from actors.ledger.transfer import derived_id
from actors.money.commands import TOKEN
from actors.money.records import NewPurchase, SavePurchase
from actors.space.hall.deeds import (
    ConfigureMicrophone,
    MuteOne,
    PassMicrophone,
    ReleaseMicrophone,
    RequestMicrophone,
)
from actors.space.microphones.credit import charge, settled
from actors.store_hall import Usage
from actors.wallet.actor import wallet_address
from actors.wallet.messages import CreditPurchase
from engine.outcome import Ok
from sim.replica import Post
from tests.actors.hall.talkers import Meeting
from tests.actors.support import HARBOUR, Fault


class Paid(Meeting):
    """The harbour, which belongs to ada; some have tokens."""

    def __init__(self, *names: str, tokens: dict[str, int], **settings: Any) -> None:
        super().__init__(**settings)
        self.world.memory.add_post(
            Post(author="ada", permlink="harbour", type="vrml", created_at_us=1)
        )
        for account, count in tokens.items():
            self.give(account, count)
        for name in ("ada", *names):
            self.join(name)
        for client in self.people.values():
            client.inbox.clear()

    def give(self, account: str, tokens: int) -> None:
        id_ = derived_id("bought", f"{account}/{self.world.core.now_us}")
        purchase = NewPurchase(
            id=id_, credit_id=derived_id(id_, "credit"), account=account, tokens=tokens,
            price=10 * tokens, asset="USD", created_at_us=self.world.core.now_us,
        )  # fmt: skip
        self.world.memory.answer(SavePurchase(purchase=purchase))
        paid = CreditPurchase(purchase=id_, event=id_, paid=10 * tokens, asset="USD", fee=0)
        assert isinstance(self.world.ask(wallet_address(account), paid), Ok)

    def balance(self, account: str) -> Balance:
        books = self.world.memory.ledger.balances
        return books.get((user_main(account), TOKEN), Balance())

    def uses(self) -> list[Usage]:
        return sorted(self.world.memory.hall.of(HARBOUR, Usage), key=lambda one: one.number)

    def paid_mic(self, price: int, per: str = "minute", **fields: Any) -> str:
        return self.microphone(price_minor=price, price_currency="TOK", price_per=per, **fields)

    def taken(self) -> int:
        """Tokens that left the world's wallets for microphones."""
        return sum(
            entry.transfer.amount
            for entry in self.world.memory.ledger.entries
            if entry.transfer.kind in ("microphone", "microphone_share")
        )


def test_a_use_costs_its_price_whatever_it_lasts() -> None:
    """Of 20 tokens 2 are the platform's, 17 the owner's; it is taken as soon as the use begins."""
    room = Paid("bob", tokens={"bob": 50})
    mic = room.paid_mic(20, "use")
    assert room.do("bob", RequestMicrophone(microphone_id=mic))["granted"]
    room.world.run(1)
    assert room.balance("bob").available == 30
    room.world.run(200)
    room.do("bob", ReleaseMicrophone(microphone_id=mic))
    room.world.run(1)
    (use,) = room.uses()
    assert (use.cost_minor, use.cost_currency, use.holds) == (20, "TOK", ())
    assert room.balance("bob").posted == 30
    assert room.balance("ada").posted == 17


@pytest.mark.parametrize(
    ("seconds", "cost"), [(1, 1), (20, 4), (59, 10), (60, 10), (61, 11), (150, 25), (179.5, 30)]
)
def test_minutes_cost_what_was_used(seconds: float, cost: int) -> None:
    """At 10 a minute 20 s are 4 tokens, 150 s are 25; nothing stays reserved."""
    room = Paid("bob", tokens={"bob": 100})
    mic = room.paid_mic(10)
    room.do("bob", RequestMicrophone(microphone_id=mic))
    assert room.balance("bob").pending_out == 10
    room.world.run(seconds - 0.1)
    room.do("bob", ReleaseMicrophone(microphone_id=mic))
    room.world.run(1)
    (use,) = room.uses()
    assert use.cost_minor == cost
    assert room.balance("bob") == Balance(100 - cost, 0, 0)


def test_without_credit_the_answer_says_so_and_the_queue_goes_on() -> None:
    """Who asks for a free one is refused; who waited loses the place, and the next has it."""
    room = Paid("bob", "cay", "dan", tokens={"bob": 30, "dan": 30})
    mic = room.paid_mic(10)
    refused = room.refused("cay", RequestMicrophone(microphone_id=mic))
    assert (refused.code, refused.details["required"]) == ("insufficient_tokens", 10)
    assert room.do("bob", RequestMicrophone(microphone_id=mic))["granted"]
    assert room.do("cay", RequestMicrophone(microphone_id=mic))["position"] == 1
    room.do("dan", RequestMicrophone(microphone_id=mic))
    room.do("bob", ReleaseMicrophone(microphone_id=mic))
    room.world.run(1)
    (unpaid,) = room.heard("cay", "microphone-unpaid")
    assert (unpaid["code"], unpaid["current"]) == ("insufficient_tokens", 0)
    assert room.hall.holding[mic].user_account == "dan"
    assert not room.hall.waiting


def test_a_use_ends_when_the_tokens_run_out() -> None:
    """Two minutes are paid; ten seconds before the end the holder hears why."""
    room = Paid("bob", "tom", tokens={"bob": 25, "tom": 100})
    mic = room.paid_mic(10)
    room.do("bob", RequestMicrophone(microphone_id=mic))
    room.do("tom", RequestMicrophone(microphone_id=mic))
    room.world.run(112)
    (ending,) = room.heard("bob", "microphone-ending")
    assert (ending["code"], ending["seconds_left"]) == ("insufficient_tokens", 10)
    room.world.run(10)
    (use, following) = room.uses()
    assert (use.ended_reason, use.cost_minor, use.duration_seconds) == ("credit used up", 20, 120)
    assert following.user_account == "tom"
    assert room.balance("bob") == Balance(5, 0, 0)


def test_a_top_up_in_time_goes_on() -> None:
    """Within the last ten seconds the next minute is tried again, every second."""
    room = Paid("bob", tokens={"bob": 10})
    mic = room.paid_mic(10)
    room.do("bob", RequestMicrophone(microphone_id=mic))
    room.world.run(41)
    room.give("bob", 10)
    room.world.run(30)
    assert room.hall.holding[mic].user_account == "bob"


def test_those_who_moderate_pay_nothing_and_payers_do_not_hand_on() -> None:
    """The owner's microphone is free for the owner, who may give it away; a payer may not."""
    room = Paid("bob", "mod", tokens={"bob": 50})
    mic = room.paid_mic(10)
    assert room.do("mod", RequestMicrophone(microphone_id=mic))["granted"]
    room.do("mod", PassMicrophone(microphone_id=mic, target_user="bob"))
    room.world.run(100)
    room.do("bob", ReleaseMicrophone(microphone_id=mic))
    assert room.taken() == 0
    room.do("bob", RequestMicrophone(microphone_id=mic))
    passing = PassMicrophone(microphone_id=mic, target_user="mod")
    assert room.refused("bob", passing).code == "microphone_paid"


def test_prices_in_other_currencies_are_only_written_down() -> None:
    """DLUX is settled elsewhere: the use says what it costs, the ledger moves nothing."""
    room = Paid("bob", tokens={})
    mic = room.microphone(price_minor=250)
    assert room.do("bob", RequestMicrophone(microphone_id=mic))["granted"]
    assert room.uses()[0].cost_minor == 250
    assert room.taken() == 0


def test_a_new_price_holds_from_the_next_use() -> None:
    """A use under way keeps its price."""
    room = Paid("bob", tokens={"bob": 100})
    mic = room.paid_mic(10)
    room.do("bob", RequestMicrophone(microphone_id=mic))
    change = ConfigureMicrophone(microphone_id=mic, changes=(("price_minor", 40),))
    room.do("ada", change)
    room.world.run(70)
    room.do("bob", ReleaseMicrophone(microphone_id=mic))
    room.do("bob", RequestMicrophone(microphone_id=mic))
    room.world.run(30)
    room.do("bob", ReleaseMicrophone(microphone_id=mic))
    room.world.run(1)
    assert [use.cost_minor for use in room.uses()] == [12, 20]


def test_a_muted_payer_keeps_the_place_and_the_tokens() -> None:
    """What was reserved for somebody who cannot have it now is let go; later it is tried anew."""
    room = Paid("bob", "cay", "mod", tokens={"bob": 30, "cay": 30})
    mic = room.paid_mic(10)
    room.do("bob", RequestMicrophone(microphone_id=mic))
    room.do("cay", RequestMicrophone(microphone_id=mic))
    room.start("bob", ReleaseMicrophone(microphone_id=mic))
    room.start("mod", MuteOne(person="cay"))
    room.world.run(2)
    assert (mic, "cay") in room.hall.waiting
    assert room.balance("cay") == Balance(30, 0, 0)


@given(price=st.integers(1, 500), seconds=st.integers(0, 600), lost=st.sets(st.integers(1, 10)))
def test_the_charges_of_a_use_come_to_its_cost(price: int, seconds: int, lost: set[int]) -> None:
    """I36 for microphones: ⌈price·s/60⌉, in minutes of at most the price, whatever lapses."""
    minutes = 1 + seconds // 60
    use = Usage(
        microphone_id="m", number=1, user_account="bob", started_at_us=0, ended_at_us=seconds,
        duration_seconds=seconds, price_per="minute", price_minor=price,
        holds=tuple(f"{n}" for n in range(minutes)),
    )  # fmt: skip
    charges = []
    while use.holds:
        charges.append(charge(use))
        use = settled(use, 0 if len(charges) in lost else charges[-1])
    assert sum(charges) == -(-price * seconds // 60)
    assert all(0 <= one <= price for one in charges)
    assert use.cost_minor == sum(c for n, c in enumerate(charges, 1) if n not in lost)


STEPS = st.sampled_from(
    ["request bob", "request cay", "release bob", "release cay", "crash space", "crash booth",
     "crash ledger", "lose", "err", "wait 1", "wait 20", "wait 65"]
)  # fmt: skip


CUT_OFF = [
    "crash space", "lose", "request bob", "lose", "wait 1", "release bob", "request bob",
    "crash space",
]  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(steps=st.lists(STEPS, max_size=14), per=st.sampled_from(["use", "minute"]))
@example(steps=CUT_OFF, per="minute")
def test_nothing_is_charged_twice_or_for_nothing(steps: list[str], per: str) -> None:
    """I5, I35, I38, I39, I41: a use costs what its time does, once, and nothing stays reserved."""
    room = Paid("bob", "cay", tokens={"bob": 45, "cay": 10}, reply_us=3_000)
    world = room.world
    mic = room.paid_mic(10, per)
    faults: list[Fault] = []
    world.fault = lambda _request: faults.pop() if faults else None
    addresses = {
        "space": HARBOUR.address,
        "booth": "booth:post:ada/harbour",
        "ledger": "ledger:main",
    }
    for step in steps:
        word, _, what = step.partition(" ")
        match word:
            case "request":
                room.start(what, RequestMicrophone(microphone_id=mic))
            case "release":
                room.start(what, ReleaseMicrophone(microphone_id=mic))
            case "crash":
                world.crash(addresses[what])
            case "lose":
                faults.append("unknown")
            case "err":
                faults.append("err")
            case _:
                world.run(float(what))
        world.run(0.004)
    faults.clear()
    world.heal()
    world.run(30)
    for name in ("ada", "bob", "cay"):
        if room.people[name].dismissed:  # A space that fell too often closes sockets; pages return.
            room.join(name)
    for name in ("bob", "cay"):
        room.start(name, ReleaseMicrophone(microphone_id=mic))
    world.run(30)
    for name in ("bob", "cay"):  # Who was second has it now.
        room.start(name, ReleaseMicrophone(microphone_id=mic))
    world.run(700)
    due = 0
    for use in room.uses():
        assert use.ended_at_us is not None
        assert use.holds == ()
        assert use.duration_seconds is not None
        exact = 10 if per == "use" else -(-10 * use.duration_seconds // 60)
        assert use.cost_minor == min(exact, 10 * use.charged)
        due += use.cost_minor
    assert room.taken() == due
    assert room.balance("bob").posted + room.balance("cay").posted == 55 - due
    assert room.balance("bob").pending_out == room.balance("cay").pending_out == 0
