"""Tickets to a space: its own price, one a person, all back when it is off."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.booth.messages import (
    BOOTH_DESK,
    BuySpaceTicket,
    CloseSale,
    RefundSpaceTicket,
    SetSale,
    SpaceTicketSold,
    SweepBooths,
    booth_address,
)
from actors.money.policy import DEFAULT_TABLES, read_policies
from actors.money.space_records import FindHeld, HeldTicket, SaleRow, SaveSharing, Sharing
from actors.person import Person
from actors.session.messages import DoDeed
from actors.space.hall.deeds import AskQuestion, CreateMicrophone, Deed, OpenQuestions
from actors.space.space_id import SpaceId
from actors.wallet.actor import wallet_address
from actors.wallet.disputing import dispute_id
from actors.wallet.messages import CashOut, CloseDispute, OpenDispute
from engine.outcome import Ok, Outcome, Unknown
from engine.refusal import Refused
from sim.replica import Post
from tests.actors.money.fair import Fair, code
from tests.actors.support import Client, Fault

HALL = SpaceId("post", "ada/talk")
BOOTH = booth_address(HALL.type, HALL.id)
QNA = "qna_access"
TIPS = DEFAULT_TABLES["policies"]["tip"]
FANS = ("ann", "bob", "cay", "dan")


class Talk(Fair):
    """Ada's space sells tickets; the fans have a hundred tokens each."""

    def __init__(self, *, reply_us: int = 0, **tables: Any) -> None:
        money = read_policies({**DEFAULT_TABLES, "policies": tables})
        super().__init__(reply_us=reply_us, money=money)
        self.memory.add_post(Post(author="ada", permlink="talk", type="vrml", created_at_us=1))
        for fan in FANS:
            self.give(fan, 100)

    def sell(self, price: int = 20, seats: int | None = None, by: str = "ada",
             ticket_type: str = QNA) -> Outcome:  # fmt: skip
        wish = SetSale(sale=self.new_id(), by=by, ticket_type=ticket_type, price=price, seats=seats)
        return self.ask(BOOTH, wish)

    def get(self, buyer: str, price: int | None = None, id_: str | None = None) -> Outcome:
        wish = BuySpaceTicket(
            ticket=id_ or self.new_id(), buyer=buyer, ticket_type=QNA, price=price
        )
        return self.ask(BOOTH, wish)

    def close(self, *, cancelled: bool, by: str = "ada") -> Outcome:
        return self.ask(BOOTH, CloseSale(by=by, ticket_type=QNA, cancelled=cancelled))

    def back(self, holder: str, by: str, *, operator: bool = False) -> Outcome:
        wish = RefundSpaceTicket(holder=holder, by=by, ticket_type=QNA, operator=operator)
        return self.ask(BOOTH, wish)

    def row(self, outcome: Outcome) -> SaleRow:
        assert isinstance(outcome, Ok), outcome
        assert isinstance(outcome.value, SaleRow)
        return outcome.value

    def holders(self, sale: str) -> list[str]:
        found: tuple[HeldTicket, ...] = self.memory.space_money.held(FindHeld(sale=sale))
        return sorted(ticket.account for ticket in found)

    def viewer_in(self, account: str) -> Client:
        client = self.connect(f"{account}-1", Person(account=account))
        client.join(HALL)
        self.run(0.1)
        return client

    def act(self, client: Client, deed: Deed) -> Any:
        """Have somebody do something; return the answer, or its refusal's code."""
        client.asked.append(len(client.asked) + 1)
        client.tell(DoDeed(deed=deed, error_event="hall-error", ack=client.asked[-1]))
        self.run(0.1)
        answer = client.answer(client.asked[-1])
        return {"code": answer.code} if isinstance(answer, Refused) else answer

    def paid_in(self) -> dict[str, int]:
        return {name: self.tokens(name) for name in FANS}


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_a_ticket_costs_what_the_space_says_and_is_shared(talk: Talk) -> None:
    """Of 20 tokens 2 are the platform's, 17 the owner's, 1 for processing.

    A client's own price is refused, a changed price holds from then on, and nobody buys two.
    """
    talk.row(talk.sell(price=20))
    assert code(talk.get("ann", price=5)) == "invalid_price"
    outcome = talk.get("ann", price=20)
    assert isinstance(outcome, Ok)
    assert isinstance(outcome.value, SpaceTicketSold)
    assert outcome.value.balance == 80
    assert talk.tokens("ada") == 17
    assert talk.balance("platform:revenue") == 2
    assert talk.balance("fees:processing") == 1

    assert code(talk.get("ann")) == "ticket_already_purchased"
    assert talk.row(talk.sell(price=30)).price == 30
    assert code(talk.get("bob", price=20)) == "invalid_price"
    assert talk.get("bob") != outcome
    assert talk.tokens("bob") == 70


def test_only_who_administers_a_space_sets_its_price(talk: Talk) -> None:
    """Nobody else sells, ends or cancels; who administers needs no ticket."""
    assert code(talk.sell(by="eve")) == "not_permitted"
    assert code(talk.get("ann")) == "not_on_sale"
    talk.row(talk.sell())
    assert code(talk.close(cancelled=True, by="eve")) == "not_permitted"
    assert code(talk.get("ada")) == "no_ticket_needed"
    assert code(talk.sell(price=-1)) == "bad_input"
    assert code(talk.sell(seats=0)) == "bad_input"
    assert code(talk.sell(ticket_type="a ticket")) == "bad_input"
    assert code(talk.sell(seats=5)) == "seats_are_set"


def test_who_cannot_pay_or_comes_late_keeps_their_tokens(talk: Talk) -> None:
    """A price above the balance and a sold-out sale take nothing."""
    talk.row(talk.sell(price=100, seats=1))
    talk.row(talk.sell(price=101))
    assert code(talk.get("ann")) == "insufficient_tokens"
    talk.row(talk.sell(price=100))
    assert code(talk.get("bob")) == "ok"
    assert code(talk.get("cay")) == "sold_out"
    assert talk.paid_in() == {"ann": 100, "bob": 0, "cay": 100, "dan": 100}


def test_a_refund_is_once_and_frees_the_seat(talk: Talk) -> None:
    """The owner gives a ticket back whenever they like, its holder only in time."""
    sale = talk.row(talk.sell(seats=1))
    talk.get("ann")
    assert code(talk.back("ann", by="bob")) == "unauthorized_party"
    assert code(talk.back("ann", by="ann")) == "refund_over"
    assert code(talk.back("ann", by="ada")) == "ok"
    assert code(talk.back("ann", by="ada")) == "no_ticket"
    assert talk.tokens("ann") == 100
    assert talk.balance("platform:revenue") == 0
    assert code(talk.get("bob")) == "ok"
    assert talk.holders(sale.id) == ["bob"]


def test_a_holder_gives_back_within_the_policys_time() -> None:
    """Where there is such a time: refund_within 1 h, from escrow, so it costs the owner nothing."""
    policy = {**DEFAULT_TABLES["policies"]["space"], "release": "1h", "refund_within": "1h"}
    talk = Talk(space=policy)
    talk.row(talk.sell())
    talk.get("ann")
    assert talk.tokens("ada") == 0
    assert code(talk.back("ann", by="ann")) == "ok"
    talk.get("bob")
    talk.run(3_700)
    assert code(talk.back("bob", by="bob")) == "refund_over"
    assert talk.paid_in() == {"ann": 100, "bob": 80, "cay": 100, "dan": 100}


def test_a_cancelled_session_gives_everybody_their_tokens(talk: Talk) -> None:
    """MONEY 2.3: cancelled from any state. What the owner spent meanwhile is the owner's debt."""
    sale = talk.row(talk.sell(seats=3))
    for fan in ("ann", "bob", "cay"):
        assert code(talk.get(fan)) == "ok"
    talk.enrol("zoe")
    assert code(talk.tip("ada", "zoe", 40)) == "ok"
    assert talk.row(talk.close(cancelled=True)).status == "cancelled"
    assert talk.paid_in() == dict.fromkeys(FANS, 100)
    assert talk.holders(sale.id) == []
    assert talk.tokens("ada") == 0
    assert talk.balance("creator:ada:debt") == -40
    assert code(talk.get("dan")) == "not_on_sale"
    assert code(talk.close(cancelled=True)) == "not_on_sale"


@settings(max_examples=40, deadline=None)
@given(owed=st.integers(1, 90), earned=st.integers(1_000, 1_500), again=st.booleans())
def test_earnings_pay_a_debt_first(owed: int, earned: int, again: bool) -> None:  # noqa: FBT001
    """I47: a cash-out recovers no more than is owed, and at most half of what was earned."""
    talk = Talk(space={"split": [], "remainder_to": "creator"}, tip=TIPS)
    talk.enrol("ada", "zoe")
    talk.row(talk.sell(price=owed))
    talk.get("ann")
    assert code(talk.tip("ada", "zoe", owed)) == "ok"
    talk.close(cancelled=True)
    assert talk.balance("creator:ada:debt") == -owed
    talk.give("rich", earned)
    talk.tip("rich", "ada", earned)
    talk.run(8 * 86_400)
    payout = CashOut(payout=talk.new_id(), tokens=1_000)
    cashed = talk.ask(wallet_address("ada"), payout)
    paid = min(owed, earned // 2)
    assert talk.balance("creator:ada:debt") == paid - owed
    assert code(cashed) == ("ok" if earned - paid >= 1_000 else "not_cashable")
    if again:
        talk.ask(wallet_address("ada"), payout)
        assert talk.balance("creator:ada:debt") == paid - owed
    assert talk.tokens("ada") >= 0


def test_a_lost_dispute_takes_a_ticket_back(talk: Talk) -> None:
    """The buyer has all of it, the seat is free; what the owner has spent is a debt."""
    sale = talk.row(talk.sell(seats=1))
    ticket = talk.new_id()
    assert code(talk.get("ann", id_=ticket)) == "ok"
    talk.enrol("zoe")
    assert code(talk.tip("ada", "zoe", 7)) == "ok"
    wallet = wallet_address("ada")
    opening = OpenDispute(sale=ticket, kind="space_ticket", reason="stolen card", by="op")
    opened = talk.ask(wallet, opening)
    assert isinstance(opened, Ok), opened
    assert talk.tokens("ada") == 0
    closing = CloseDispute(dispute=opened.value.id, won=False, by="op")
    assert code(talk.ask(wallet, closing)) == "ok"
    assert talk.paid_in() == dict.fromkeys(FANS, 100)
    assert (talk.holders(sale.id), talk.balance("creator:ada:debt")) == ([], -7)
    assert (talk.balance("platform:revenue"), talk.balance("fees:processing")) == (0, 0)
    assert code(talk.get("bob")) == "ok"


def test_who_lost_a_ticket_is_told(talk: Talk) -> None:
    """Nobody reconnects: what the ticket allowed is over when the dispute is lost."""
    ada, ann = (talk.viewer_in(name) for name in ("ada", "ann"))
    mic = talk.act(ada, CreateMicrophone(microphone_name="q"))["microphone"]["id"]
    talk.act(ada, OpenQuestions(microphone_id=mic, title="Q", tickets_only=True))
    talk.row(talk.sell())
    ticket = talk.new_id()
    talk.get("ann", id_=ticket)
    talk.run(0.2)
    assert ann.got("abilities-changed")[-1]["abilities"]["ask_question"]
    wallet = wallet_address("ada")
    talk.ask(wallet, OpenDispute(sale=ticket, kind="space_ticket", reason="x", by="op"))
    talk.run(0.2)
    assert ann.got("abilities-changed")[-1]["abilities"]["ask_question"]
    talk.ask(wallet, CloseDispute(dispute=dispute_id(ticket), won=False, by="op"))
    talk.run(0.2)
    assert not ann.got("abilities-changed")[-1]["abilities"]["ask_question"]


def test_an_ended_session_keeps_what_it_earned(talk: Talk) -> None:
    """Its tickets are used: they open nothing any more, and are not given back."""
    talk.row(talk.sell())
    talk.get("ann")
    assert talk.row(talk.close(cancelled=False)).status == "ended"
    assert talk.tokens("ada") == 17
    assert code(talk.back("ann", by="ada")) == "not_on_sale"
    talk.row(talk.sell(price=10))
    assert code(talk.get("ann")) == "ok"


def test_a_space_shares_as_its_row_says(talk: Talk) -> None:
    """platform_fee_percent and creator_share_percent of profit_sharing_config, for its owner."""
    sharing = Sharing(
        space_type=HALL.type, space_id=HALL.id, owner="olga", platform_bps=2_500, creator_bps=5_000
    )
    talk.memory.answer(SaveSharing(sharing=sharing))
    talk.row(talk.sell(price=10, by="olga"))
    talk.get("ann")
    assert talk.tokens("olga") == 5
    assert talk.balance("platform:revenue") == 2
    assert talk.balance("fees:processing") == 3


def test_a_ticket_counts_at_once_for_those_who_are_here(talk: Talk) -> None:
    """SPEC 4: only ticket holders ask; buying opens it without reconnecting, a refund ends it."""
    ada, ann = (talk.viewer_in(name) for name in ("ada", "ann"))
    mic = talk.act(ada, CreateMicrophone(microphone_name="q"))["microphone"]["id"]
    talk.act(ada, OpenQuestions(microphone_id=mic, title="Q", tickets_only=True))
    assert talk.act(ann, AskQuestion(text="1"))["code"] == "ticket_needed"
    talk.row(talk.sell())
    talk.get("ann")
    talk.run(0.2)
    assert ann.got("abilities-changed")[-1]["abilities"]["ask_question"]
    assert "question" in talk.act(ann, AskQuestion(text="2"))
    talk.close(cancelled=True)
    talk.run(0.2)
    assert not ann.got("abilities-changed")[-1]["abilities"]["ask_question"]


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.sampled_from(["buy", "crash booth", "lose", "run"]), max_size=12),
    crashes=st.lists(st.integers(0, 30), max_size=3),
)
def test_cancelling_gives_all_back_whatever_falls_over(
    steps: list[str], crashes: list[int]
) -> None:
    """I15, I29: refunds come to what was paid, whatever crashes; nobody holds a ticket after."""
    talk = Talk(reply_us=2_000)
    sale = talk.row(talk.sell(seats=3))
    fans = iter(FANS)
    lost: list[Fault] = []
    talk.fault = lambda _request: lost.pop() if lost else None
    for step in steps:
        if step == "buy":
            fan = next(fans, None)
            if fan is not None:
                wish = BuySpaceTicket(ticket=talk.new_id(), buyer=fan, ticket_type=QNA, price=None)
                talk.core.tell(BOOTH, wish)
        elif step == "crash booth":
            talk.crash(BOOTH)
        elif step == "lose":
            lost.append("unknown")
        else:
            talk.run(0.005)
    talk.core.tell(BOOTH, CloseSale(by="ada", ticket_type=QNA, cancelled=True))
    for crash in sorted(crashes):
        talk.run(0.001 * crash)
        talk.crash(BOOTH)
    lost.clear()
    talk.heal()
    talk.run(30)
    outcome: Outcome = Unknown("")
    while isinstance(outcome, Unknown):
        outcome = talk.close(cancelled=True)
    talk.core.tell(BOOTH_DESK, SweepBooths())
    talk.run(30)
    assert talk.holders(sale.id) == []
    assert talk.paid_in() == dict.fromkeys(FANS, 100)
    assert talk.tokens("ada") == talk.balance("platform:revenue") == 0
