"""What money keeps beside the ledger, through the store port: memory and Postgres alike."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace
from typing import Any

import pytest
import trio

from actors.ledger.book import Balance, Book, Decision
from actors.ledger.messages import LedgerOpened, OpenLedger, PostBatch, ReadLedger
from actors.ledger.transfer import Command, Transfer, derived_id, one
from actors.money.commands import (
    hold_command,
    pay_command,
    pool_command,
    right_command,
    sale_command,
    ticket_command,
    tip_command,
    void_command,
)
from actors.money.dispute_records import DisputeRow, ListDisputes, ReadDispute, SaveDispute
from actors.money.disputes import FROZEN_KIND, RESUMED_KIND
from actors.money.escrow import release_command
from actors.money.policy import DEFAULT_POLICIES, Policy
from actors.money.records import (
    ApprovePayout,
    BeginRequest,
    CreatorRow,
    FindTicket,
    FinishRequest,
    ListEntries,
    ListPayouts,
    ListPurchases,
    ListStreams,
    ListTips,
    ListTranches,
    NewPayout,
    NewPurchase,
    NotePayout,
    OpenStream,
    OpenWallet,
    PrepareTip,
    ReadCreator,
    ReadPayout,
    ReadPurchase,
    ReadStream,
    ReadTipStats,
    ReadWallet,
    SaveCreator,
    SavePaymentEvent,
    SavePayout,
    SavePurchase,
    SaveStream,
    StreamRow,
    WalletRow,
)
from actors.store import FENCED
from actors.store_answers import RefusedByStore
from tests.contracts.stores import Store

NOW_US = 1_700_000_000_000_000
TIP = DEFAULT_POLICIES.products["tip"]
STREAM = DEFAULT_POLICIES.products["stream"]
SALE = DEFAULT_POLICIES.token_sale

_numbers = itertools.count(1)


def new_id() -> str:
    return derived_id(f"money contract {os.getpid()}", str(next(_numbers)))


class Till:
    """Posts commands to a store's ledger, each as one batch, as the writer does."""

    def __init__(self, store: Store, opened: LedgerOpened) -> None:
        self.store = store
        self.opened = opened
        self.book = Book()
        self.now_us = NOW_US

    @classmethod
    async def of(cls, store: Store) -> Till:
        return cls(store, await store.perform(OpenLedger(actor="ledger:main")))

    async def post(self, command: Command) -> Decision:
        read = await self.store.perform(
            ReadLedger(pairs=command.accounts, commands=(command.id,), transfers=())
        )
        known = dict(read.balances)
        for pair in command.accounts:
            if pair not in self.book.balances:
                self.book.balances[pair] = known.get(pair, Balance())
        self.now_us += 1
        follows = self.book.sequence
        decision = self.book.admit(command, self.now_us)
        pairs = {
            (name, entry.transfer.asset): None
            for entry in decision.entries
            for name in (entry.transfer.debit, entry.transfer.credit)
        }
        await self.store.perform(
            PostBatch(
                actor="ledger:main",
                epoch=self.opened.epoch,
                follows=follows,
                at_us=self.now_us,
                expired=(),
                decisions=(decision,),
                opened=tuple(pair for pair in pairs if pair not in known),
                balances=tuple((pair, self.book.balances[pair]) for pair in pairs),
            )
        )
        self.book.commit(self.book.undo_length)
        return decision

    async def give(self, account: str, tokens: int) -> None:
        id_ = new_id()
        purchase = NewPurchase(
            id=id_,
            credit_id=derived_id(id_, "credit"),
            account=account,
            tokens=tokens,
            price=10 * tokens,
            asset="USD",
            created_at_us=NOW_US,
        )
        await self.post(sale_command(purchase, SALE, fee=0, event="test"))


@pytest.fixture
async def till(store: Store) -> Till:
    return await Till.of(store)


async def enrol(store: Store, *accounts: str) -> None:
    for account in accounts:
        creator = CreatorRow(
            account=account, display_name=account.title(), profile_pic=None, created_at_us=NOW_US
        )
        await store.perform(SaveCreator(creator=creator))


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
        created_at_us=NOW_US + next(_numbers),
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


async def test_a_purchase_is_paid_when_the_ledger_says_so(store: Store, till: Till) -> None:
    """The first intent under an id stays; nothing but the ledger marks it."""
    id_ = new_id()
    purchase = NewPurchase(
        id=id_,
        credit_id=derived_id(id_, "credit"),
        account="ann",
        tokens=100,
        price=999,
        asset="USD",
        created_at_us=NOW_US,
    )
    first = await store.perform(SavePurchase(purchase=purchase))
    again = await store.perform(SavePurchase(purchase=replace(purchase, tokens=5)))
    assert first == again
    assert (again.purchase, again.paid) == (purchase, False)

    await till.post(sale_command(purchase, SALE, fee=59, event="evt_1"))

    assert (await store.perform(ReadPurchase(id=id_))).paid
    assert await store.perform(ReadPurchase(id=new_id())) is None
    (entry,) = await store.perform(ListEntries(account="user:ann:main", asset="TOK"))
    assert (entry.kind, entry.amount, entry.balance) == ("purchase", 100, 100)
    assert entry.command == purchase.credit_id


async def test_purchases_are_listed_newest_first(store: Store, till: Till) -> None:
    """By whom, and whether a payment has come: the ledger says that, not the row."""
    bought = []
    for number, account in enumerate(("ann", "bob", "ann")):
        id_ = new_id()
        purchase = NewPurchase(
            id=id_,
            credit_id=derived_id(id_, "credit"),
            account=account,
            tokens=100,
            price=999,
            asset="USD",
            created_at_us=NOW_US + number,
        )
        await store.perform(SavePurchase(purchase=purchase))
        bought.append(purchase)
    await till.post(sale_command(bought[0], SALE, fee=0, event="evt_1"))

    async def listed(**fields: Any) -> list[tuple[NewPurchase, bool]]:
        rows = await store.perform(ListPurchases(**fields))
        return [(row.purchase, row.paid) for row in rows]

    everybodys = [(bought[2], False), (bought[1], False), (bought[0], True)]
    assert await listed() == everybodys
    assert await listed(unpaid=True) == everybodys[:2]
    assert await listed(account="ann") == [everybodys[0], everybodys[2]]
    assert await listed(account="ann", unpaid=True) == everybodys[:1]
    assert await listed(limit=1, offset=1) == everybodys[1:2]


async def test_a_payment_event_is_new_once(store: Store) -> None:
    """A provider repeats itself."""
    event = SavePaymentEvent(
        id=new_id(), purchase="p", type="paid", body={"a": [1]}, verdict="applied", at_us=NOW_US
    )

    assert await store.perform(event) is True
    assert await store.perform(replace(event, verdict="ignored")) is False


async def test_a_wallet_counts_what_came_and_went(store: Store, till: Till) -> None:
    """Bought tokens are not earned; what was earned lately is told apart; holds count."""
    await enrol(store, "cleo")
    assert await store.perform(ReadWallet(account="cleo")) == WalletRow(account="cleo")
    await till.give("ann", 5_000)
    await till.give("cleo", 10)
    await till.post(
        tip_command(new_id(), TIP, tipper="ann", payee="cleo", amount=3_000, context={})
    )
    then_us = till.now_us
    await till.post(tip_command(new_id(), TIP, tipper="ann", payee="cleo", amount=500, context={}))
    await till.post(tip_command(new_id(), TIP, tipper="cleo", payee="ann", amount=1, context={}))
    payouts = [new_payout("cleo", 1_000), new_payout("cleo", 1_200), new_payout("cleo", 300)]
    for payout in payouts:
        await till.post(hold_command(payout))
    await till.post(pay_command(payouts[0]))
    await till.post(void_command(payouts[2]))

    wallet = await store.perform(ReadWallet(account="cleo", locked_since_us=then_us))

    assert wallet == WalletRow(
        account="cleo",
        balance=10 + 3_500 - 1 - 1_000 - 1_200,
        purchased=10,
        spent=1,
        earned=3_500,
        cashed_out=2_200,
        earned_before=3_000,
    )
    assert wallet.cashable == 800


def new_payout(account: str, tokens: int) -> NewPayout:
    id_ = new_id()
    return NewPayout(
        id=id_,
        account=account,
        tokens=tokens,
        worth=5 * tokens,
        asset="USD",
        approvals_needed=2,
        hold_id=derived_id(id_, "hold"),
        pay_id=derived_id(id_, "pay"),
        void_id=derived_id(id_, "void"),
        requested_at_us=NOW_US + next(_numbers),
    )


async def test_what_became_of_a_cash_out_follows_from_facts(store: Store, till: Till) -> None:
    """Reserved, approved by different people, paid: each read from what happened."""
    epoch = await store.perform(OpenWallet(actor="wallet:cleo"))
    await till.give("cleo", 1_000)
    payout = new_payout("cleo", 1_000)
    save = SavePayout(actor="wallet:cleo", epoch=epoch, payout=payout)
    assert (await store.perform(save)).status == "refused"
    await till.post(hold_command(payout))
    assert (await store.perform(ReadPayout(id=payout.id))).status == "requested"
    for approver in ("op", "op"):
        await store.perform(ApprovePayout(id=payout.id, approver=approver, at_us=NOW_US))
    row = await store.perform(ApprovePayout(id=payout.id, approver="oq", at_us=NOW_US))
    assert (row.status, row.approvals) == ("approved", ("op", "oq"))
    await store.perform(NotePayout(id=payout.id, reference="wire 7"))
    await store.perform(NotePayout(id=payout.id, reference="wire 8"))
    await till.post(pay_command(payout))

    row = await store.perform(ReadPayout(id=payout.id))
    assert (row.status, row.reference) == ("paid", "wire 7")
    other = new_payout("dora", 1_000)
    epoch = await store.perform(OpenWallet(actor="wallet:dora"))
    await store.perform(SavePayout(actor="wallet:dora", epoch=epoch, payout=other))
    listed = await store.perform(ListPayouts())
    assert [each.payout for each in listed] == [other, payout]
    assert [each.payout for each in await store.perform(ListPayouts(account="cleo"))] == [payout]


async def test_a_stale_wallet_saves_no_cash_out(store: Store) -> None:
    """Two activations could both think that the same tokens may go."""
    epoch = await store.perform(OpenWallet(actor="wallet:cleo"))
    await store.perform(OpenWallet(actor="wallet:cleo"))
    payout = new_payout("cleo", 1_000)

    with pytest.raises(RefusedByStore) as caught:
        await store.perform(SavePayout(actor="wallet:cleo", epoch=epoch, payout=payout))

    assert caught.value.code == FENCED
    assert await store.perform(ReadPayout(id=payout.id)) is None


async def test_activations_at_the_same_time_have_epochs_of_their_own(store: Store) -> None:
    """Many wallets wake together; one that is woken twice is told two numbers."""
    actors = [f"wallet:fan{number % 20}" for number in range(40)]
    epochs: list[tuple[str, int]] = []

    async def wake(actor: str) -> None:
        epochs.append((actor, await store.perform(OpenWallet(actor=actor))))

    async with trio.open_nursery() as nursery:
        for actor in actors:
            nursery.start_soon(wake, actor)

    assert sorted(epochs) == sorted((actor, epoch) for actor in set(actors) for epoch in (1, 2))


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


async def test_a_key_is_claimed_once_and_keeps_its_answer(store: Store) -> None:
    """In flight, finished, lapsed: of two who try at once one goes ahead."""
    owner, key = new_id(), "key-1"
    begin = BeginRequest(owner=owner, key=key, digest=b"one", now_us=NOW_US, lapses_us=NOW_US + 30)
    other = replace(begin, digest=b"two")
    assert (await store.perform(begin)).ours
    in_flight = await store.perform(begin)
    assert (in_flight.ours, in_flight.same, in_flight.status) == (False, True, None)
    assert not (await store.perform(other)).same
    finish = FinishRequest(
        owner=owner, key=key, status=200, body='{"a":1}', kept_until_us=NOW_US + 100
    )
    await store.perform(finish)
    done = await store.perform(replace(begin, now_us=NOW_US + 99))
    assert (done.ours, done.status, done.body) == (False, 200, '{"a":1}')
    assert (await store.perform(replace(begin, now_us=NOW_US + 100))).ours
    await store.perform(FinishRequest(owner=owner, key=key))
    assert (await store.perform(other)).ours


async def test_disputes_are_kept_and_listed(store: Store) -> None:
    """Under their wallet's epoch; unfinished ones are found by account."""
    actor = "wallet:dora"
    epoch = await store.perform(OpenWallet(actor=actor))
    row = DisputeRow(
        id=new_id(),
        sale=new_id(),
        kind="tip",
        account="dora",
        reason="stolen card",
        status="opening",
        opened_by="op",
        opened_at_us=NOW_US,
    )
    await store.perform(SaveDispute(actor=actor, epoch=epoch, row=row))
    mine = ListDisputes(account="dora", unfinished=True)
    assert await store.perform(mine) == (row,)
    closed = replace(row, status="won", closed_by="op", closed_at_us=NOW_US + 5)
    await store.perform(SaveDispute(actor=actor, epoch=epoch, row=closed))
    assert await store.perform(mine) == ()
    assert await store.perform(ReadDispute(id=row.id)) == closed
    assert closed in await store.perform(ListDisputes())
    assert await store.perform(ReadDispute(id=new_id())) is None
    with pytest.raises(RefusedByStore) as refused:
        await store.perform(SaveDispute(actor=actor, epoch=epoch - 1, row=row))
    assert refused.value.code == FENCED


async def test_a_disputes_time_is_read_from_the_ledger(store: Store, till: Till) -> None:
    """A tranche that was frozen is listed once when it is back, with when that was; tokens too."""
    slow, tip = Policy(release_us=7), new_id()
    await till.give("ann", 100)
    await till.post(tip_command(tip, slow, tipper="ann", payee="dora", amount=10, context={}))
    (before,) = await store.perform(ListTranches(account="dora"))
    frozen = f"creator:dora:frozen/{tip}"
    there = moved(before.escrow, frozen, 10, FROZEN_KIND)
    await till.post(one(there))
    assert await store.perform(ListTranches(account="dora")) == ()
    details = {"frozen_at_us": NOW_US + 1, "resumed_at_us": NOW_US + 9}
    back = replace(moved(frozen, before.escrow, 10, RESUMED_KIND), details=details)
    await till.post(one(back))
    assert await store.perform(ListTranches(account="dora")) == (replace(before, **details),)

    await till.post(tip_command(new_id(), TIP, tipper="ann", payee="dora", amount=20, context={}))
    read = ReadWallet(account="dora", locked_since_us=till.now_us + 100)
    await till.post(one(moved("user:dora:main", frozen, 20, FROZEN_KIND)))
    assert (await store.perform(read)).earned_before == 0
    refund = replace(moved(frozen, "user:dora:main", 20, "refund"), ref=f"dispute:{new_id()}")
    await till.post(one(refund))
    wallet = await store.perform(read)
    assert (wallet.earned_before, wallet.spent, wallet.cashable) == (20, 0, 20)


def moved(debit: str, credit: str, amount: int, kind: str) -> Transfer:
    return Transfer(id=new_id(), kind=kind, debit=debit, credit=credit, asset="TOK", amount=amount)
