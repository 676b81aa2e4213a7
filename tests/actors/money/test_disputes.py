"""Disputes: frozen, then the payee's again or given back; each once, whatever crashes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ledger.messages import LEDGER
from actors.ledger.transfer import derived_id
from actors.money.dispute_records import UNFINISHED, DisputeKind, DisputeRow
from actors.money.policy import MoneyPolicies, read_policies
from actors.money.records import StreamRow
from actors.stream.messages import RefundTicket, stream_address
from actors.wallet.actor import wallet_address
from actors.wallet.disputing import TRIES, dispute_id
from actors.wallet.messages import CashOut, CloseDispute, OpenDispute, ReleaseDue
from engine.outcome import Outcome
from tests.actors.money.fair import Fair, code

DAY_S = 86_400
DAY_US = DAY_S * 1_000_000


def policies(release: str, *, fee: int = 3) -> MoneyPolicies:
    stream = {
        "split": [["platform:revenue", 1_000]],
        "remainder_to": "creator",
        "release": release,
    }
    return read_policies(
        {
            "policies": {"tip": {"remainder_to": "creator", "release": release}, "stream": stream},
            "token_sale": {"packs": {"9.99 USD": 100}, "cashout_lock": "0d", "cashout_min": 1},
            "disputes": {"fee": fee},
        }
    )


class Court(Fair):
    """A fair with a stream of cleo's at 50 tokens a ticket, and an operator."""

    def __init__(self, release: str = "2d", *, fee: int = 3) -> None:
        super().__init__(money=policies(release, fee=fee))
        self.enrol("cleo", "zoe")
        for fan in ("ann", "bob"):
            self.give(fan, 500)
        self.row: StreamRow = StreamRow(**{
            name: getattr(self.stream("cleo"), name) for name in StreamRow.__dataclass_fields__
        })  # fmt: skip
        self.sales: dict[str, tuple[DisputeKind, int]] = {}

    def sell_tip(self, fan: str, amount: int) -> str:
        id_ = self.new_id()
        assert code(self.tip(fan, "cleo", amount, id_=id_)) == "ok"
        self.sales[id_] = ("tip", amount)
        return id_

    def dispute(self, sale: str, kind: DisputeKind = "tip", *, by: str = "op",
                reason: str = "stolen card") -> Outcome:  # fmt: skip
        wish = OpenDispute(sale=sale, kind=kind, reason=reason, by=by)
        return self.ask(wallet_address("cleo"), wish)

    def decide(self, sale: str, *, won: bool, by: str = "op") -> Outcome:
        wish = CloseDispute(dispute=dispute_id(sale), won=won, by=by)
        return self.ask(wallet_address("cleo"), wish)

    def look(self) -> Outcome:
        return self.ask(wallet_address("cleo"), ReleaseDue())

    def cash_out(self, tokens: int) -> Outcome:
        return self.ask(wallet_address("cleo"), CashOut(payout=self.new_id(), tokens=tokens))

    def refund(self, fan: str) -> Outcome:
        wish = RefundTicket(refund=self.new_id(), holder=fan, by="cleo")
        return self.ask(stream_address(self.row.id), wish)

    def frozen(self, sale: str) -> int:
        return self.balance(f"creator:cleo:frozen/{sale}")

    @property
    def debt(self) -> int:
        return -self.balance("creator:cleo:debt")

    @property
    def disputes(self) -> dict[str, DisputeRow]:
        return {row.sale: row for row in self.memory.money.disputes.values()}


def test_a_disputes_clock_stands_still() -> None:
    """MONEY 2.5: a day before the dispute, nothing during it, and the other day after it is won."""
    court = Court("2d")
    sale = court.sell_tip("ann", 30)
    court.run(DAY_S)
    assert code(court.dispute(sale)) == "ok"
    court.run(10 * DAY_S)
    court.look()
    assert (court.tokens("cleo"), court.frozen(sale)) == (0, 30)
    assert code(court.decide(sale, won=True)) == "ok"
    court.run(DAY_S // 2)
    court.look()
    assert court.tokens("cleo") == 0
    court.run(DAY_S // 2)
    court.look()
    assert (court.tokens("cleo"), court.frozen(sale)) == (30, 0)


def test_a_lost_ticket_is_given_back_with_its_seat() -> None:
    """The buyer has all of it, the platform's part too, and the payee owes the fee."""
    court = Court("2d")
    ticket = court.new_id()
    assert code(court.buy(court.row, "ann", id_=ticket)) == "ok"
    assert code(court.dispute(ticket, "stream_ticket")) == "ok"
    assert code(court.decide(ticket, won=False)) == "ok"
    assert (court.tokens("ann"), court.debt) == (500, 3)
    assert court.balance("platform:revenue") == 3
    assert court.memory.money.sold(court.row.id) == 0
    assert code(court.buy(court.row, "ann")) == "ok"


def test_what_was_released_is_frozen_in_the_wallet_or_owed() -> None:
    """Released at once and partly spent: the rest is frozen, the spent part a debt when lost."""
    court = Court("0d")
    sale = court.sell_tip("ann", 30)
    assert code(court.tip("cleo", "zoe", 20)) == "ok"
    assert code(court.dispute(sale)) == "ok"
    assert (court.tokens("cleo"), court.frozen(sale), court.debt) == (0, 10, 0)
    assert code(court.decide(sale, won=False)) == "ok"
    assert (court.tokens("ann"), court.frozen(sale), court.debt) == (500, 0, 23)


def test_frozen_earnings_are_not_cashed_out_as_bought_tokens() -> None:
    """Bought tokens are never cashed out in place of what is frozen; won, they can be."""
    court = Court("0d")
    sale = court.sell_tip("ann", 30)
    court.give("cleo", 100)
    assert code(court.dispute(sale)) == "ok"
    assert code(court.cash_out(1)) == "not_cashable"
    assert code(court.decide(sale, won=True)) == "ok"
    assert code(court.cash_out(31)) == "not_cashable"
    assert code(court.cash_out(30)) == "ok"


def test_what_a_dispute_refuses() -> None:
    """Another reason, another verdict, another kind, no sale, one's own; a retry is the same."""
    court = Court("2d")
    sale = court.sell_tip("ann", 30)
    assert code(court.dispute(court.new_id())) == "dispute_not_found"
    assert code(court.dispute(sale, "stream_ticket")) == "dispute_not_found"
    assert code(court.decide(sale, won=True)) == "dispute_not_found"
    assert code(court.dispute(sale, by="cleo")) == "own_dispute"
    assert [code(court.dispute(sale)) for _ in range(2)] == ["ok", "ok"]
    assert code(court.dispute(sale, reason="again")) == "dispute_state"
    assert code(court.decide(sale, won=False, by="cleo")) == "own_dispute"
    assert [code(court.decide(sale, won=False)) for _ in range(2)] == ["ok", "ok"]
    assert code(court.decide(sale, won=True)) == "dispute_state"
    assert code(court.dispute(sale)) == "dispute_state"
    assert (court.tokens("ann"), court.debt) == (500, 3)


def test_a_refunded_ticket_is_not_refunded_again() -> None:
    """Given back by its creator while it is disputed; lost, what is frozen is the creator's."""
    court = Court("0d", fee=0)
    court.give("cleo", 45)
    ticket = court.new_id()
    assert code(court.buy(court.row, "ann", id_=ticket)) == "ok"
    assert code(court.dispute(ticket, "stream_ticket")) == "ok"
    assert code(court.refund("ann")) == "ok"
    assert code(court.decide(ticket, won=False)) == "ok"
    assert (court.tokens("ann"), court.tokens("cleo"), court.debt) == (500, 45, 0)
    assert code(court.buy(court.row, "bob", id_=court.new_id())) == "ok"


deeds = st.lists(
    st.tuples(
        st.sampled_from(
            ["tip", "buy", "dispute", "dispute", "won", "lost", "lost", "refund", "spend",
             "cash out", "wait", "end", "look", "look"]
        ),
        st.integers(0, 3),
        st.sampled_from([None, None, "wallet:cleo", "wallet:cleo", LEDGER]),
        st.integers(1, 12),
    ),
    min_size=5,
    max_size=25,
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(story=deeds, release=st.sampled_from(["0d", "2d"]))
def test_every_token_is_in_one_place(story: list[Any], release: str) -> None:
    """I43, I47: sums exact, nothing paid while frozen, nothing refunded twice."""
    court = Court(release)
    for fan in ("ann", "bob"):
        ticket = court.new_id()
        assert code(court.buy(court.row, fan, id_=ticket)) == "ok"
        court.sales[ticket] = ("stream_ticket", 45)
    for deed, number, crash, delivery in story:
        if crash is not None:
            court.crash(crash, at_delivery=delivery)
        carry_out(court, deed, number)
        check_places(court)


def carry_out(court: Court, deed: str, number: int) -> None:
    fan = ("ann", "bob")[number % 2]
    sale = list(court.sales)[number % len(court.sales)]
    match deed:
        case "tip":
            id_ = court.new_id()
            court.sales[id_] = ("tip", 7 + number)
            court.tip(fan, "cleo", 7 + number, id_=id_)
        case "buy":
            ticket = court.new_id()
            if code_of(court.buy(court.row, fan, id_=ticket)) == "ok":
                court.sales[ticket] = ("stream_ticket", 45)
        case "dispute":
            court.dispute(sale, court.sales[sale][0])
        case "won" | "lost":
            court.decide(sale, won=deed == "won")
        case "refund":
            court.refund(fan)
        case "spend":
            court.tip("cleo", "zoe", 10 + number)
        case "cash out":
            court.cash_out(1 + 5 * number)
        case "wait":
            court.run(DAY_S)
        case "end":
            court.end(court.row, "cleo")
        case "look":
            if code_of(court.look()) == "ok":
                assert not [row for row in court.disputes.values() if row.status in UNFINISHED]


def code_of(outcome: Outcome) -> str | None:
    try:
        return code(outcome)
    except AssertionError:
        return None  # A crash: nobody knows.


def check_places(court: Court) -> None:
    books = court.memory.ledger
    sums = {"escrow": 0, "frozen": 0}
    for (account, _), balance in books.balances.items():
        for part in sums:
            if account.startswith(f"creator:cleo:{part}/"):
                assert balance.posted >= 0
                sums[part] += balance.posted
    kinds = [entry.transfer.kind for entry in books.entries]
    fees = sum(e.transfer.amount for e in books.entries if e.transfer.kind == "dispute_fee")
    held = court.memory.money.sold(court.row.id)
    lost = {row.sale for row in court.disputes.values() if told(court, row, "lost")}
    assert fees == 3 * len(lost)
    given = [tip for tip in court.memory.money.tips() if tip.creator == "cleo"]
    tips = sum(tip.amount for tip in given if tip.id not in lost)
    spent = court.tokens("zoe") + court.balance("creator:zoe:escrow")
    spent += sum(
        balance.posted
        for (account, _), balance in books.balances.items()
        if account.startswith("creator:zoe:escrow/")
    )
    cleo = court.tokens("cleo") + sum(sums.values()) - court.debt
    assert cleo == 45 * held + tips - spent - fees, kinds
    assert court.tokens("ann") + court.tokens("bob") == 1_000 - 50 * held - tips
    assert court.balance("platform:revenue") == 5 * held + fees
    assert court.debt >= 0
    for row in court.disputes.values():
        for step in ("open", "close"):
            ids = [derived_id(row.id, f"{step}/{attempt}") for attempt in range(TRIES)]
            made = [books.decisions[id_] for id_ in ids if id_ in books.decisions]
            assert len([each for each in made if each.refused is None]) <= 1
        if row.status == "open":
            assert court.balance(f"creator:cleo:escrow/{row.sale}") == 0
        if row.status in ("won", "lost"):
            assert court.frozen(row.sale) == 0


def told(court: Court, row: DisputeRow, verdict: str) -> bool:
    """Whether the ledger has done what was decided."""
    if row.status not in (verdict, "losing"):
        return False
    ref = f"dispute:{row.id}"
    return any(
        entry.transfer.kind == "dispute_fee" and entry.transfer.ref == ref
        for entry in court.memory.ledger.entries
    )


@pytest.mark.parametrize("fee", [-1, "3", 2.5])
def test_a_fee_is_a_number_of_tokens(fee: Any) -> None:
    """What cannot be is refused with its place."""
    with pytest.raises(ValueError, match=r"disputes\.fee"):
        read_policies({"disputes": {"fee": fee}})
