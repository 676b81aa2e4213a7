"""Creators, tips and streams beside the ledger: memory and Postgres alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import trio

from actors.money.commands import (
    pool_command,
    right_command,
    ticket_command,
    tip_command,
)
from actors.money.escrow import release_command
from actors.money.policy import DEFAULT_POLICIES, Policy
from actors.money.records import (
    CreatorRow,
    FindTicket,
    ListStreams,
    ListTips,
    ListTranches,
    OpenStream,
    PrepareTip,
    ReadCreator,
    ReadStream,
    ReadTipStats,
    SaveCreator,
    SaveStream,
    StreamRow,
)
from actors.store import FENCED
from actors.store_answers import RefusedByStore
from tests.contracts.stores import Store
from tests.contracts.till import NOW_US, TIP, Till, enrol, new_id, numbers

STREAM = DEFAULT_POLICIES.products["stream"]


async def test_a_creator_is_enrolled_once_and_may_change(store: Store) -> None:
    """The first enrolment's time stays; how they are shown is theirs to change."""
    await enrol(store, "cleo")
    changed = CreatorRow(
        account="cleo", display_name="Cleo!", profile_pic="https://x", created_at_us=NOW_US + 5
    )

    saved = await store.perform(SaveCreator(creator=changed))

    assert saved == replace(changed, created_at_us=NOW_US)
    assert await store.perform(ReadCreator(account="cleo")) == saved
    assert await store.perform(ReadCreator(account="nobody")) is None


async def test_tips_are_what_the_ledger_paid(store: Store, till: Till) -> None:
    """Words without a payment are shown to nobody; sums count everything, pages what is asked."""
    await enrol(store, "cleo", "dora")
    await till.give("ann", 100)
    await till.give("cleo", 10)
    ids = [new_id() for _ in range(4)]
    assert not await store.perform(PrepareTip(tip=new_id(), creator="eve", message="hi"))
    for tip, words in zip(ids, ["one", "", "three 👋", "never paid"], strict=True):
        assert await store.perform(PrepareTip(tip=tip, creator="cleo", message=words))
    context = {"channel": "stream_1", "streamId": "x"}
    for number, tip in enumerate(ids[:3], 1):
        await till.post(
            tip_command(tip, TIP, tipper="ann", payee="cleo", amount=10 * number, context=context)
        )
    back = new_id()
    await till.post(tip_command(back, TIP, tipper="cleo", payee="dora", amount=7, context={}))

    sent = await store.perform(ListTips(account="ann", side="sent", limit=2))
    assert [(tip.id, tip.message, tip.amount) for tip in sent.tips] == [
        (ids[2], "three 👋", 30),
        (ids[1], "", 20),
    ]
    assert (sent.total, sent.amount) == (3, 60)
    assert sent.tips[0].context == context
    assert (sent.tips[0].creator_cut, sent.tips[0].platform_fee) == (30, 0)
    received = await store.perform(ListTips(account="cleo", side="received", offset=1))
    assert [tip.id for tip in received.tips] == [ids[1], ids[0]]
    both = await store.perform(ListTips(account="cleo", side="both"))
    assert [tip.id for tip in both.tips] == [back, *reversed(ids[:3])]
    assert (await store.perform(ListTips(account="eve", side="both"))).total == 0


async def test_statistics_of_tips(store: Store, till: Till) -> None:
    """Sums over everybody, the best five by what they gave; only since the time asked for."""
    await enrol(store, "cleo")
    for number in range(1, 8):
        await till.give(f"fan{number}", 100)
        for _ in range(2):
            await till.post(
                tip_command(
                    new_id(), TIP, tipper=f"fan{number}", payee="cleo", amount=number, context={}
                )
            )

    stats = await store.perform(ReadTipStats(creator="cleo"))
    assert (stats.tips, stats.amount, stats.largest, stats.tippers) == (14, 56, 7, 7)
    assert stats.top == tuple((f"fan{n}", 2 * n, 2) for n in range(7, 2, -1))
    later = await store.perform(ReadTipStats(creator="cleo", since_us=till.now_us))
    assert (later.tips, later.amount) == (1, 7)
    none = await store.perform(ReadTipStats(creator="ann"))
    assert (none.tips, none.amount, none.largest, none.tippers, none.top) == (0, 0, 0, 0, ())


def stream_row(**fields: Any) -> StreamRow:
    id_ = new_id()
    row = StreamRow(
        id=id_,
        creator="cleo",
        channel=f"stream_{id_[:12]}",
        title="Concert",
        description="",
        category="music",
        type="private",
        status="scheduled",
        price=50,
        seats=2,
        created_at_us=NOW_US + next(numbers),
    )
    return replace(row, **fields)


async def test_a_stream_is_written_under_its_epoch(store: Store) -> None:
    """A stale activation changes nothing."""
    row = stream_row()
    actor = f"stream:{row.id}"
    first = await store.perform(OpenStream(actor=actor, id=row.id))
    assert first.row is None
    await store.perform(SaveStream(actor=actor, epoch=first.epoch, row=row))
    live = replace(row, status="live", started_at_us=NOW_US + 9)
    second = await store.perform(OpenStream(actor=actor, id=row.id))
    assert second.row == row

    with pytest.raises(RefusedByStore) as caught:
        await store.perform(SaveStream(actor=actor, epoch=first.epoch, row=live))

    assert caught.value.code == FENCED
    await store.perform(SaveStream(actor=actor, epoch=second.epoch, row=live))
    view = await store.perform(ReadStream(channel=row.channel))
    assert (view.row, view.creator, view.sold) == (live, None, 0)
    assert await store.perform(ReadStream(id=new_id())) is None


async def test_streams_are_listed_newest_first(store: Store) -> None:
    """By creator, and by status where asked."""
    await enrol(store, "cleo")
    rows = [stream_row(), stream_row(status="ended"), stream_row(), stream_row(creator="dora")]
    for row in rows:
        actor = f"stream:{row.id}"
        opened = await store.perform(OpenStream(actor=actor, id=row.id))
        await store.perform(SaveStream(actor=actor, epoch=opened.epoch, row=row))

    async def listed(**fields: Any) -> list[StreamRow]:
        views = await store.perform(ListStreams(creator="cleo", **fields))
        assert all(view.creator.display_name == "Cleo" for view in views)
        return [view.row for view in views]

    assert await listed() == [rows[2], rows[1], rows[0]]
    assert await listed(status="ended") == [rows[1]]
    assert await listed(limit=1, offset=1) == [rows[1]]
    everybodys = await store.perform(ListStreams(status="ended"))
    assert [view.row for view in everybodys] == [rows[1]]


async def test_tickets_are_seats_in_the_ledger(store: Store, till: Till) -> None:
    """Whoever holds a seat has a ticket; the last seat is the last, and one is enough."""
    row = stream_row()
    opened = await store.perform(OpenStream(actor=f"stream:{row.id}", id=row.id))
    await store.perform(SaveStream(actor=f"stream:{row.id}", epoch=opened.epoch, row=row))
    await till.post(pool_command(row.id, 2))
    refusals = []
    ids = [new_id() for _ in range(4)]
    for fan, ticket in zip(["ann", "ann", "bob", "cy"], ids, strict=True):
        await till.give(fan, 60)
        if fan != "ann" or ticket == ids[0]:
            await till.post(right_command(row.id, fan))
        decision = await till.post(
            ticket_command(
                ticket, STREAM, stream=row.id, buyer=fan, payee="cleo", price=50, limited=True
            )
        )
        refusals.append(decision.refused.details["asset"] if decision.refused else None)

    assert refusals == [None, "RIGHT", None, "SEAT"]
    found = await store.perform(FindTicket(stream=row.id, account="ann"))
    assert (found.id, found.account, found.price) == (ids[0], "ann", 50)
    assert await store.perform(FindTicket(stream=row.id, account="cy")) is None
    assert (await store.perform(ReadStream(id=row.id))).sold == 2


async def test_what_is_in_escrow_is_listed_until_it_leaves(store: Store, till: Till) -> None:
    """A tip is delivered when it is given, a ticket when its stream has ended."""
    slow = Policy(release_us=7)
    await till.give("ann", 100)
    row = stream_row()
    actor = f"stream:{row.id}"
    opened = await store.perform(OpenStream(actor=actor, id=row.id))
    await store.perform(SaveStream(actor=actor, epoch=opened.epoch, row=row))
    tip, ticket = new_id(), new_id()
    await till.post(tip_command(tip, slow, tipper="ann", payee="cleo", amount=10, context={}))
    tipped_us = till.now_us
    await till.post(right_command(row.id, "ann"))
    await till.post(
        ticket_command(
            ticket, slow, stream=row.id, buyer="ann", payee="cleo", price=40, limited=False
        )
    )

    first, second = await store.perform(ListTranches(account="cleo"))

    assert (first.sale, first.amount, first.product) == (tip, 10, "tip")
    assert first.settled_at_us == first.delivered_at_us == tipped_us
    assert first.release_at_us(slow) == tipped_us + 7
    assert (second.sale, second.amount, second.product) == (ticket, 40, "ticket")
    assert second.delivered_at_us is None
    assert second.release_at_us(slow) is None
    ended = replace(row, status="ended", ended_at_us=till.now_us + 50)
    await store.perform(SaveStream(actor=actor, epoch=opened.epoch, row=ended))
    await till.post(release_command(first))
    (left,) = await store.perform(ListTranches(account="cleo"))
    assert left.delivered_at_us == ended.ended_at_us
    assert await store.perform(ListTranches(account="cle")) == ()


async def test_tips_are_prepared_together(store: Store) -> None:
    """Each is told of its own creator; a repeat keeps the first words."""
    await enrol(store, "cleo")
    answers: dict[int, bool] = {}
    tips = [new_id() for _ in range(10)]

    async def prepare(number: int) -> None:
        creator = "cleo" if number % 2 else "nobody"
        prepared = PrepareTip(tip=tips[number % 10], creator=creator, message=f"no. {number}")
        answers[number] = await store.perform(prepared)

    async with trio.open_nursery() as nursery:
        for number in range(20):
            nursery.start_soon(prepare, number)

    assert answers == {number: bool(number % 2) for number in range(20)}
