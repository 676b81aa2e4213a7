"""Purchases, wallets, cash-outs, keys and disputes beside the ledger: memory and Postgres alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import trio

from actors.ledger.transfer import Transfer, derived_id, one
from actors.money.commands import (
    hold_command,
    pay_command,
    sale_command,
    tip_command,
    void_command,
)
from actors.money.dispute_records import DisputeRow, ListDisputes, ReadDispute, SaveDispute
from actors.money.disputes import FROZEN_KIND, RESUMED_KIND
from actors.money.policy import Policy
from actors.money.records import (
    ApprovePayout,
    BeginRequest,
    FinishRequest,
    ListEntries,
    ListPayouts,
    ListPurchases,
    ListTranches,
    NewPayout,
    NewPurchase,
    NotePayout,
    OpenWallet,
    ReadPayout,
    ReadPurchase,
    ReadWallet,
    SavePaymentEvent,
    SavePayout,
    SavePurchase,
    WalletRow,
)
from actors.store import FENCED
from actors.store_answers import RefusedByStore
from tests.contracts.stores import Store
from tests.contracts.till import NOW_US, SALE, TIP, Till, enrol, new_id, numbers


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
        requested_at_us=NOW_US + next(numbers),
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
