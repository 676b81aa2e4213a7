"""Who shares in what a call costs, through the store port: memory and Postgres alike."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.calls.commands import charge_command, hold_command, late_command
from actors.calls.messages import (
    CreateCall,
    OpenCall,
    ReadCall,
    ReadCalls,
    ReadCallStatistics,
    SaveCall,
)
from actors.calls.metering import MeterPolicy, Segment, block_shares, charge, total
from actors.calls.state import Block, CallFacts, activated, ended
from actors.ledger.accounts import user_main
from actors.ledger.book import Balance
from actors.ledger.transfer import Transfer, derived_id, one
from actors.money.space_records import BillingStats, ReadBillingStats
from actors.money.split import PAYEE, Share, Split
from tests.actors.ledger.desk import START_US
from tests.contracts.stores import Maker, Store, World
from tests.contracts.teller import Teller

_numbers = itertools.count(1)
REVENUE = "platform:revenue"


class Line:
    """A call between a fan with tokens and a creator, and its meter's commands one by one."""

    def __init__(self, store: Store, split: Split, rate: int) -> None:
        self.store = store
        self.teller = Teller(store)
        self.policy = MeterPolicy(split=split)
        number = next(_numbers)
        self.facts = CallFacts(
            id=derived_id("call shares", f"{os.getpid()}/{number}/{id(store)}"),
            fan=f"f{os.getpid() % 100_000}-{number}",
            creator=f"c{os.getpid() % 100_000}-{number}",
            initiator="fan",
            call_type="video",
            message="",
            rate=rate,
            created_us=START_US,
        )

    async def fund(self, tokens: int) -> None:
        bought = Transfer(
            id=derived_id(self.facts.id, "fund"), kind="purchase", debit="issuance:TOK",
            credit=user_main(self.facts.fan), asset="TOK", amount=tokens,
        )  # fmt: skip
        await self.teller.batch(one(bought))

    def block(self, number: int) -> Block:
        amount = charge((Segment(1, self.facts.rate),), number, self.policy)
        shares = block_shares(self.facts.rate, number, amount, self.policy)
        kept = () if shares == (Share(PAYEE, amount),) else shares
        return Block(number=number, amount=amount, generation=0, due_us=START_US, shares=kept)

    async def bill(self, block: Block, *, late: bool) -> None:
        """Reserve a block, charge it, and charge it again: also when its hold is gone."""
        policy = replace(self.policy, block_s=1) if late else self.policy
        hold = hold_command(self.facts, block.number, 0, block.amount, policy, "")
        await self.teller.batch(hold)
        if late:
            self.teller.now_us += policy.block_us + 46_000_000
            (gone,) = await self.teller.batch(charge_command(self.facts, block, block.amount))
            assert gone.refused is not None
        for command in (
            late_command(self.facts, block) if late
            else charge_command(self.facts, block, block.amount),
            late_command(self.facts, block),
        ):  # fmt: skip
            await self.teller.batch(command)

    async def tokens(self, account: str) -> int:
        pair = (account, "TOK")
        return (await self.teller.balances(pair)).get(pair, Balance()).posted

    async def stats(self, account: str) -> BillingStats:
        stats: BillingStats = await self.store.perform(
            ReadBillingStats(account=account, since_us=0)
        )
        return stats


@pytest.mark.parametrize("split", [Split(), Split(parts=((REVENUE, 1_000),))])
async def test_a_block_keeps_its_shares_and_their_sums(world: World, split: Split) -> None:
    """The next meter finds what the last has written, and sums are the creator's part."""
    line = Line(world.store, split, 25)
    perform = world.store.perform
    one_, two = line.block(1), line.block(2)
    cut = 13 if split == Split() else 12
    assert (one_.amount, one_.creator_cut) == (13, cut)
    facts = replace(activated(line.facts, START_US, 1), blocks=2)
    await perform(CreateCall(facts=line.facts))
    await perform(SaveCall(epoch=1, facts=facts, blocks=(one_, two)))
    await perform(SaveCall(epoch=1, facts=facts, blocks=(replace(one_, paid=True),)))

    opened = await perform(OpenCall(call_id=facts.id))
    assert (opened.paid, opened.earned, opened.unpaid) == (13, cut, (two,))
    read = await perform(ReadCall(call_id=facts.id))
    assert read.blocks == (replace(one_, paid=True), two)

    over = ended(facts, START_US, "hung_up", facts.fan)
    over = replace(over, settled_us=START_US, cost=13, earned=cut)
    await perform(SaveCall(epoch=2, facts=over))
    assert (await perform(ReadCallStatistics(creator=facts.creator))).earned == cut
    for account in (facts.fan, facts.creator):
        (listed,) = (await perform(ReadCalls(account=account))).calls
        assert (listed.cost, listed.earned) == (13, cut)


splits = st.one_of(
    st.builds(Split, parts=st.integers(0, 10_000).map(lambda bps: ((REVENUE, bps),))),
    st.builds(
        Split,
        parts=st.tuples(
            st.tuples(st.just(REVENUE), st.integers(0, 5_000)),
            st.tuples(st.just(PAYEE), st.integers(0, 5_000)),
        ),
        remainder_to=st.just("fees:processing"),
    ),
)


def test_every_block_is_shared_exactly(maker: Maker) -> None:
    """I14, I18: each block is charged once, what the fan pays is what all get, to the token.

    The creator's balance and statistics are their part alone; without a split it is everything.
    """

    async def bill(split: Split, rate: int, lates: list[bool]) -> None:
        async with maker.open(shared=True) as world:
            line = Line(world.store, split, rate)
            facts = line.facts
            parties = (REVENUE, "fees:processing")
            before = {party: await line.tokens(party) for party in parties}
            await line.fund(total(rate, len(lates), line.policy) + 7)
            earned = 0
            for number, late in enumerate(lates, 1):
                block = line.block(number)
                assert sum(share.amount for share in block.shares) in (0, block.amount)
                earned += block.creator_cut
                if block.amount:
                    await line.bill(block, late=late)
            cost = total(rate, len(lates), line.policy)
            assert await line.tokens(user_main(facts.fan)) == 7
            assert await line.tokens(user_main(facts.creator)) == earned
            others = [await line.tokens(party) - before[party] for party in parties]
            assert earned + sum(others) == cost
            assert min(others) >= 0
            if split.remainder_to == PAYEE:
                assert others[0] == cost * split.parts[0][1] // 10_000
            fan, creator = await line.stats(facts.fan), await line.stats(facts.creator)
            assert (fan.spent, creator.earned) == (cost, earned)

    @settings(max_examples=25 if maker.name == "memory" else 6, deadline=None)
    @given(splits, st.integers(1, 40), st.lists(st.booleans(), min_size=1, max_size=5))
    def example(split: Split, rate: int, lates: list[bool]) -> None:
        trio.run(bill, split, rate, lates)

    example()
