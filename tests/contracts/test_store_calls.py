"""Calls through the store port: taken over, made, saved and read."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace

import pytest

from actors.calls.messages import (
    CallOpened,
    CallRead,
    CreateCall,
    OpenCall,
    ReadCall,
    ReadCalls,
    ReadCallStatistics,
    ReadLastCall,
    ReadLiveCalls,
    ReadParties,
    SaveCall,
    SaveEvidence,
)
from actors.calls.state import Block, CallFacts, Interval, activated, ended, paused
from actors.ledger.transfer import derived_id
from actors.store import FENCED
from actors.store_answers import RefusedByStore
from tests.contracts.stores import World

NOW_US = 1_700_000_000_000_000
SECOND_US = 1_000_000

_numbers = itertools.count(1)


def new_call(**fields: object) -> CallFacts:
    """Return a call that no other test uses."""
    number = next(_numbers)
    facts = CallFacts(
        id=derived_id("contract", f"{os.getpid()}/{number}"),
        fan="fan",
        creator="creator",
        initiator="fan",
        call_type="video",
        message="hello",
        rate=100,
        created_us=NOW_US + number,
    )
    return replace(facts, **fields)  # type: ignore[arg-type]


def lived(facts: CallFacts) -> tuple[CallFacts, Interval, Block]:
    """Return a call that is active in its first interval, with a block that is due."""
    facts = replace(facts, ringing_us=NOW_US, accepted_us=NOW_US + 1)
    facts = replace(activated(facts, NOW_US + 2, 1), blocks=1, evidence_us=NOW_US + 9)
    assert facts.interval is not None
    block = Block(number=1, amount=50, generation=0, due_us=NOW_US + 7)
    return facts, facts.interval, block


async def test_what_is_saved_is_what_the_next_meter_finds(world: World) -> None:
    """State, intervals, blocks that the ledger has not answered for, and the sum of the paid."""
    perform = world.store.perform
    facts, interval, block = lived(new_call())
    assert await perform(OpenCall(call_id=facts.id)) == CallOpened()
    await perform(CreateCall(facts=new_call(id=facts.id, created_us=facts.created_us)))
    two = Block(number=2, amount=49, generation=3, due_us=NOW_US + 8)
    await perform(SaveCall(epoch=1, facts=facts, intervals=(interval,), blocks=(block, two)))
    await perform(SaveCall(epoch=1, facts=facts, blocks=(replace(block, paid=True),)))

    opened = await perform(OpenCall(call_id=facts.id))

    assert opened == CallOpened(epoch=2, facts=facts, unpaid=(two,), paid=50, earned=50)
    read = await perform(ReadCall(call_id=facts.id))
    assert read == CallRead(
        facts=facts, intervals=(interval,), blocks=(replace(block, paid=True), two)
    )


async def test_only_the_newest_meter_writes(world: World) -> None:
    """A taken-over call refuses the old meter's state and evidence, and nothing of it changes."""
    perform = world.store.perform
    facts, interval, block = lived(new_call())
    await perform(CreateCall(facts=facts))
    await perform(OpenCall(call_id=facts.id))
    late = SaveCall(epoch=1, facts=facts, intervals=(interval,), blocks=(block,))
    for request in (late, SaveEvidence(call_id=facts.id, epoch=1, evidence_us=NOW_US)):
        with pytest.raises(RefusedByStore) as refused:
            await perform(request)
        assert refused.value.code == FENCED
    read = await perform(ReadCall(call_id=facts.id))
    assert (read.intervals, read.blocks) == ((), ())
    with pytest.raises(RefusedByStore) as refused:
        await perform(CreateCall(facts=facts))
    assert refused.value.code == FENCED


async def test_evidence_reaches_the_next_meter_and_never_goes_back(world: World) -> None:
    """It is kept beside the state; a take-over that writes nothing loses none of it."""
    perform = world.store.perform
    facts, interval, _ = lived(new_call())
    await perform(CreateCall(facts=facts))
    await perform(SaveCall(epoch=1, facts=facts, intervals=(interval,)))
    for at in (30, 60, 40):
        evidence = SaveEvidence(call_id=facts.id, epoch=1, evidence_us=NOW_US + at)
        await perform(evidence)

    for epoch in (2, 3):
        opened = await perform(OpenCall(call_id=facts.id))
        assert opened.epoch == epoch
        assert opened.facts == replace(facts, evidence_us=NOW_US + 60)


async def test_live_calls_are_those_that_are_not_settled(world: World) -> None:
    """A settled call is nobody's business any more."""
    perform = world.store.perform
    one, two = new_call(), new_call()
    await perform(CreateCall(facts=one))
    await perform(CreateCall(facts=two))
    over = replace(ended(two, NOW_US, "hung_up", "fan"), settled_us=NOW_US + 1)
    await perform(SaveCall(epoch=1, facts=over))

    live = await perform(ReadLiveCalls())
    assert one.id in live
    assert two.id not in live


async def test_pages_pending_calls_and_sums(world: World) -> None:
    """Newest first for either side; pending is what rings at this account; sums are of settled."""
    perform = world.store.perform
    fan, star = f"f{os.getpid() % 99_999}-{next(_numbers)}", f"s{next(_numbers)}"
    ringing = new_call(fan=fan, creator=star)
    done, _, _ = lived(new_call(fan=fan, creator=star))
    done = paused(replace(done, evidence_us=NOW_US + 40 * SECOND_US), NOW_US * 2, "fan")
    done = replace(ended(done, NOW_US * 2, "hung_up", fan), settled_us=NOW_US * 2)
    done = replace(done, cost=100, earned=90)
    for facts in (ringing, done):
        await perform(CreateCall(facts=facts))
    await perform(SaveCall(epoch=1, facts=replace(ringing, ringing_us=NOW_US)))
    await perform(SaveCall(epoch=1, facts=done, intervals=(done.interval,)))  # type: ignore[arg-type]

    for account in (fan, star):
        page = await perform(ReadCalls(account=account, limit=1))
        assert ([facts.id for facts in page.calls], page.has_more) == ([done.id], True)
        page = await perform(ReadCalls(account=account, limit=5, offset=1))
        assert ([facts.id for facts in page.calls], page.has_more) == ([ringing.id], False)
    pending = await perform(ReadCalls(account=star, pending=True))
    assert [facts.id for facts in pending.calls] == [ringing.id]
    assert (await perform(ReadCalls(account=fan, pending=True))).calls == ()
    sums = await perform(ReadCallStatistics(creator=star))
    assert (sums.calls, sums.fans, sums.earned) == (1, 1, 90)
    assert sums.active_us == sums.longest_us == done.closed_us
    assert await perform(ReadLastCall(fan=fan, creator=star)) == done.created_us
    assert await perform(ReadLastCall(fan=star, creator=fan)) is None
    assert set(await perform(ReadParties(channel=done.channel))) >= {fan, star}
    assert await perform(ReadParties(channel="call_nobody")) == ()
