"""Disputes of calls and microphones from first to last, on every store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from actors.booth.commands import charge_credit_command, charge_id, hold_credit_command
from actors.calls.commands import charge_command, hold_command, late_command
from actors.calls.messages import (
    CallPage,
    CallRead,
    CallStatistics,
    CreateCall,
    ReadCall,
    ReadCalls,
    ReadCallStatistics,
    SaveCall,
)
from actors.calls.metering import MeterPolicy
from actors.calls.state import Block, CallFacts
from actors.ledger.messages import Post, Posted
from actors.ledger.transfer import Command, Transfer, derived_id, one
from actors.money.commands import tip_command
from actors.money.dispute_records import DisputeKind, DisputeRow, ListDisputes
from actors.money.errands import Ask, Errand, Tell
from actors.money.policy import DEFAULT_POLICIES, MoneyPolicies, read_policies
from actors.money.records import (
    CreatorRow,
    ListTips,
    OpenWallet,
    ReadTipStats,
    SaveCreator,
    TipPage,
    TipSide,
    TipStats,
)
from actors.money.refusals import DisputeNotFound, NotCashable, SaleGoesOn
from actors.money.split import Share
from actors.store_answers import RefusedByStore
from actors.wallet.cashing import cash_out
from actors.wallet.disputing import Desk, close_dispute, dispute_id, open_dispute
from actors.wallet.earnings import release_due
from actors.wallet.messages import CashOut, CloseDispute, OpenDispute
from engine.refusal import Refused
from tests.contracts.stores import Store
from tests.contracts.teller import Teller

DAY_US = 86_400_000_000
SLOW = read_policies(
    {"policies": {"space": {
        "split": [["platform:revenue", 1_000], ["creator", 8_500]],
        "remainder_to": "fees:processing", "release": "2d",
    }}}
)  # fmt: skip


def moved(kind: str, debit: str, credit: str, amount: int) -> Command:
    transfer = Transfer(
        id=derived_id("disputes", kind), kind=kind, debit=debit, credit=credit, asset="TOK",
        amount=amount,
    )  # fmt: skip
    return one(transfer)


class Clerk:
    """Does what cleo's wallet does with a store, and what the ledger does for it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.teller = Teller(store)
        self.desk: Desk

    @classmethod
    async def of(cls, store: Store) -> Clerk:
        clerk = cls(store)
        epoch = await store.perform(OpenWallet(actor="wallet:cleo"))
        clerk.desk = Desk(account="cleo", actor="wallet:cleo", epoch=epoch, fee=3)
        await clerk.teller.batch(moved("purchase", "issuance:tokens", "user:ann:main", 500))
        return clerk

    async def see_through(self, errand: Errand) -> Any:
        answer: Any = None
        refused: Refused | None = None
        while True:
            try:
                if refused is not None:
                    step = errand.throw(RefusedByStore(refused))
                else:
                    step = errand.send(answer)
            except StopIteration as done:
                return done.value
            answer, refused = None, None
            if isinstance(step, Ask):
                answer = await self.store.perform(step.request)
            elif isinstance(step, Post):
                (decision,) = await self.teller.batch(step.command)
                answer, refused = Posted(entries=decision.entries), decision.refused
            else:
                assert isinstance(step, Tell)

    async def dispute(self, sale: str, kind: DisputeKind) -> DisputeRow:
        wish = OpenDispute(sale=sale, kind=kind, reason="stolen card", by="op")
        row: DisputeRow = await self.see_through(open_dispute(self.desk, wish, self.teller.now_us))
        return row

    async def decide(self, sale: str, *, won: bool) -> DisputeRow:
        wish = CloseDispute(dispute=dispute_id(sale), won=won, by="op")
        row: DisputeRow = await self.see_through(close_dispute(self.desk, wish, self.teller.now_us))
        return row

    async def release(self, money: MoneyPolicies, now_us: int) -> Any:
        return await self.see_through(release_due(self.desk, money, now_us))

    async def tokens(self, *accounts: str) -> tuple[int, ...]:
        balances = await self.teller.balances(*((account, "TOK") for account in accounts))
        found = (balances.get((account, "TOK")) for account in accounts)
        return tuple(0 if balance is None else balance.posted for balance in found)

    async def called(self, *shares: Share) -> CallFacts:
        """Return a call: a block paid to its hold, and one late; of each, who gets what."""
        at_us = self.teller.now_us
        facts = CallFacts(
            id=derived_id("disputes", "call"),
            fan="ann",
            creator="cleo",
            initiator="fan",
            call_type="video",
            message="",
            rate=60,
            created_us=at_us,
        )
        await self.store.perform(CreateCall(facts=facts))
        blocks = tuple(
            Block(number=number, amount=30, generation=0, due_us=at_us, paid=True, shares=shares)
            for number in (1, 2)
        )
        connected = replace(
            facts, ringing_us=at_us, accepted_us=at_us, connected_us=at_us, blocks=2
        )
        await self.store.perform(SaveCall(epoch=1, facts=connected, blocks=blocks))
        await self.teller.batch(
            hold_command(facts, 1, 0, 30, MeterPolicy(), ""), charge_command(facts, blocks[0], 30)
        )
        await self.teller.batch(late_command(facts, blocks[1]))
        return connected

    async def hang_up(self, call: CallFacts) -> None:
        over = replace(
            call, ending_us=self.teller.now_us, settled_us=self.teller.now_us, reason="hung_up",
            ended_by="ann", cost=60, earned=60,
        )  # fmt: skip
        await self.store.perform(SaveCall(epoch=1, facts=over, blocks=()))

    async def spoken(self, money: MoneyPolicies) -> str:
        """Return the charge of 20 tokens for a microphone of cleo's."""
        hold = derived_id("disputes", "microphone")
        details = {"microphone": "m", "use": 1, "unit": 1, "amount": "20"}
        await self.teller.batch(hold_credit_command(hold, "ann", 20, "m"))
        await self.teller.batch(charge_credit_command(
            hold, money.products["space"], account="ann", payee="cleo", held=20, amount=20,
            microphone_id="m", details=details,
        ))  # fmt: skip
        return charge_id(hold)


@pytest.fixture
async def clerk(store: Store) -> Clerk:
    return await Clerk.of(store)


CLEO, FROZEN = "user:cleo:main", "creator:cleo:frozen/"


async def test_all_blocks_of_a_call_are_frozen_and_given_back(clerk: Clerk) -> None:
    """Only when it is over; lost, who called has them again, and the creator owes what is gone."""
    call = await clerk.called()
    with pytest.raises(SaleGoesOn):
        await clerk.dispute(call.id, "call")
    await clerk.hang_up(call)
    with pytest.raises(DisputeNotFound):
        await clerk.dispute(call.id, "tip")
    await clerk.teller.batch(moved("spent", CLEO, "user:zoe:main", 25))
    assert (await clerk.dispute(call.id, "call")).status == "open"
    assert await clerk.tokens(CLEO, FROZEN + call.id, "user:ann:main") == (0, 35, 440)
    assert (await clerk.decide(call.id, won=False)).status == "lost"
    places = (CLEO, FROZEN + call.id, "user:ann:main", "creator:cleo:debt", "platform:revenue")
    assert await clerk.tokens(*places) == (0, 0, 500, -28, 3)


async def test_what_others_had_of_a_call_is_given_back_too(clerk: Clerk) -> None:
    """Only the creator's share is frozen; lost, the platform gives back its own."""
    call = await clerk.called(Share("creator", 27), Share("platform:revenue", 3))
    await clerk.hang_up(call)
    places = (CLEO, FROZEN + call.id, "user:ann:main", "platform:revenue")
    assert await clerk.tokens(*places) == (54, 0, 440, 6)
    await clerk.dispute(call.id, "call")
    assert await clerk.tokens(*places) == (0, 54, 440, 6)
    assert (await clerk.decide(call.id, won=False)).status == "lost"
    assert await clerk.tokens(*places, "creator:cleo:debt") == (0, 0, 500, 3, -3)


async def test_a_call_that_is_won_is_the_creators_again(clerk: Clerk) -> None:
    """And saying it again changes nothing."""
    call = await clerk.called()
    await clerk.hang_up(call)
    for _ in range(2):
        await clerk.dispute(call.id, "call")
        assert await clerk.tokens(CLEO, FROZEN + call.id) == (0, 60)
    for _ in range(2):
        assert (await clerk.decide(call.id, won=True)).status == "won"
        assert await clerk.tokens(CLEO, FROZEN + call.id) == (60, 0)


async def test_a_microphones_charge_is_given_back_by_all_who_had_of_it(clerk: Clerk) -> None:
    """The platform's part and the rest too; the fee is 3 of cleo's own."""
    charge = await clerk.spoken(DEFAULT_POLICIES)
    shares = ("platform:revenue", CLEO, "fees:processing", "user:ann:main")
    assert await clerk.tokens(*shares) == (2, 17, 1, 480)
    await clerk.dispute(charge, "microphone")
    assert await clerk.tokens(CLEO, FROZEN + charge) == (0, 17)
    await clerk.decide(charge, won=False)
    assert await clerk.tokens(*shares, "creator:cleo:debt") == (3, 0, 0, 500, -3)


async def test_a_microphones_charge_waits_longer_for_a_dispute(clerk: Clerk) -> None:
    """Out of its escrow and back, with its clock stopped meanwhile."""
    charge = await clerk.spoken(SLOW)
    sold_us = clerk.teller.now_us
    clerk.teller.now_us += DAY_US
    await clerk.dispute(charge, "microphone")
    assert await clerk.release(SLOW, sold_us + 9 * DAY_US) == ()
    assert await clerk.tokens(CLEO, FROZEN + charge) == (0, 17)
    clerk.teller.now_us += 8 * DAY_US
    await clerk.decide(charge, won=True)
    assert len(await clerk.release(SLOW, sold_us + 10 * DAY_US - 1)) == 1
    assert await clerk.release(SLOW, sold_us + 10 * DAY_US) == ()
    assert await clerk.tokens(CLEO, FROZEN + charge) == (17, 0)


async def test_a_tip_that_was_lost_is_shown_as_reversed_and_counted_nowhere(clerk: Clerk) -> None:
    """In both people's lists; one that is disputed, or was won, counts like any other."""
    store, tips = clerk.store, [derived_id("disputes", f"tip/{number}") for number in range(3)]
    for number, id_ in enumerate(tips):
        policy = DEFAULT_POLICIES.products["tip"]
        sent = tip_command(id_, policy, tipper="ann", payee="cleo", amount=7 + number, context={})
        await clerk.teller.batch(sent)
    for id_ in tips:
        await clerk.dispute(id_, "tip")
    page: TipPage = await store.perform(ListTips(account="cleo", side="received"))
    assert (page.total, page.amount, page.reversed) == (3, 24, 0)
    await clerk.decide(tips[0], won=False)
    await clerk.decide(tips[1], won=True)
    open_ones = await store.perform(ListDisputes(undecided=True))
    assert [row.sale for row in open_ones] == [tips[2]]
    sides: tuple[tuple[str, TipSide], ...]
    sides = (("cleo", "received"), ("ann", "sent"), ("ann", "both"))
    for account, side in sides:
        page = await store.perform(ListTips(account=account, side=side))
        assert (page.total, page.amount, page.reversed) == (3, 17, 1)
        assert {row.id for row in page.tips if row.reversed} == {tips[0]}
    stats: TipStats = await store.perform(ReadTipStats(creator="cleo"))
    assert (stats.tips, stats.amount, stats.largest) == (2, 17, 9)
    assert stats.top == (("ann", 17, 2),)


@pytest.mark.parametrize("won", [True, False])
async def test_a_call_that_was_lost_counts_nowhere(clerk: Clerk, *, won: bool) -> None:
    """Both see it as reversed, and it is in no sum; one that was won is as before."""

    async def sums() -> tuple[int, int, int]:
        found: CallStatistics = await clerk.store.perform(ReadCallStatistics(creator="cleo"))
        return found.calls, found.fans, found.earned

    async def reversed_for(account: str) -> frozenset[str]:
        page: CallPage = await clerk.store.perform(ReadCalls(account=account))
        assert len(page.calls) == 1
        return page.reversed

    call = await clerk.called()
    await clerk.hang_up(call)
    assert await sums() == (1, 1, 60)
    await clerk.dispute(call.id, "call")
    assert await sums() == (1, 1, 60)
    assert await reversed_for("cleo") == frozenset()
    await clerk.decide(call.id, won=won)
    assert await sums() == ((1, 1, 60) if won else (0, 0, 0))
    for account in ("ann", "cleo"):
        assert await reversed_for(account) == (frozenset() if won else frozenset({call.id}))
    read: CallRead = await clerk.store.perform(ReadCall(call_id=call.id))
    assert read.reversed is not won


@pytest.mark.parametrize("lock", ["0d", "1d"])
async def test_a_cash_out_sees_what_it_releases_itself(clerk: Clerk, lock: str) -> None:
    """The ledger releases later than was asked; only with a lock it is too young to go."""
    sale = {"packs": {"9.99 USD": 100}, "cashout_lock": lock, "cashout_min": 1}
    tip = {"remainder_to": "creator", "release": "2d"}
    money = read_policies({"policies": {"tip": tip}, "token_sale": sale})
    creator = CreatorRow(account="cleo", display_name="Cleo", profile_pic=None, created_at_us=1)
    await clerk.store.perform(SaveCreator(creator=creator))
    sent = tip_command(
        derived_id("disputes", "late tip"), money.products["tip"], tipper="ann", payee="cleo",
        amount=30, context={},
    )  # fmt: skip
    await clerk.teller.batch(sent)
    asked_us = clerk.teller.now_us + 2 * DAY_US
    clerk.teller.now_us = asked_us + 7
    wish = CashOut(payout=derived_id("disputes", f"payout {lock}"), tokens=30)
    errand = cash_out(clerk.desk, wish, money, asked_us)
    if lock == "0d":
        assert (await clerk.see_through(errand)).status == "requested"
    else:
        with pytest.raises(NotCashable):
            await clerk.see_through(errand)
        assert await clerk.tokens(CLEO) == (30,)
