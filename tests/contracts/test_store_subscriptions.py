"""What subscriptions keep, through the store port: memory and Postgres alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from actors.money.policy import DAY_US, DEFAULT_POLICIES, SubscriptionPolicy
from actors.money.records import OpenWallet
from actors.store import FENCED
from actors.store_answers import RefusedByStore
from actors.subscriptions.commands import (
    deposit_command,
    open_command,
    promo_commands,
    settle_command,
)
from actors.subscriptions.pricing import Order, quoted, repriced
from actors.subscriptions.records import (
    Catalogue,
    DueSubscribers,
    Invoice,
    InvoiceRow,
    ListInvoices,
    ListPromos,
    LookAgain,
    Notice,
    Payment,
    PromoCode,
    ReadCatalogue,
    ReadDueInvoices,
    ReadDueSubscribers,
    ReadInvoice,
    ReadPromo,
    ReadSubscription,
    SaveInvoice,
    SavePayment,
    SavePricing,
    SavePromo,
    SaveSubscription,
    SaveTier,
    Subscription,
)
from actors.subscriptions.reports import (
    Figures,
    ListPayments,
    ReadFigures,
)
from actors.subscriptions.rules import Settle, extended
from sim.subscription_store import RATES, TIERS
from tests.contracts.stores import Store
from tests.contracts.till import NOW_US, Till, new_id

POLICY = SubscriptionPolicy()
CATALOGUE = Catalogue(tiers=TIERS, rates=RATES)
ANN = "subscriber:ann"


def promo(code: str, **fields: Any) -> PromoCode:
    return PromoCode(
        **{
            "code": code, "discount": "percentage", "value": 5_000, "created_by": "root",
            "created_at_us": NOW_US, **fields,
        }
    )  # fmt: skip


def invoice(account: str = "ann", tier: int = 1, code: PromoCode | None = None) -> Invoice:
    order = Order(
        id=new_id(), account=account, tier=TIERS[tier], period="monthly", asset="HIVE", promo=code
    )
    return quoted(order, CATALOGUE, POLICY, NOW_US)


def payment(of: Invoice, reference: str, **fields: Any) -> Payment:
    usual = {"amount": of.price, "asset": of.asset, "source": "test", "at_us": NOW_US + 1}
    return Payment(**{"reference": reference, "invoice": of.id, **usual, **fields})


async def opened(store: Store, actor: str) -> int:
    epoch: int = await store.perform(OpenWallet(actor=actor))
    return epoch


async def granted(
    store: Store, of: Invoice, epoch: int, at_us: int = NOW_US + 2, actor: str = ANN
) -> tuple[bool, Subscription]:
    before = await store.perform(ReadSubscription(account=of.account))
    row = extended(before, of, at_us, with_promo=of.promo is not None, policy=POLICY)
    notice = Notice(key=f"invoice/{of.id}", type="activated", text="It is.", at_us=at_us)
    request = SaveSubscription(
        actor=actor, epoch=epoch, row=row, at_us=at_us, invoice=of, notices=(notice,)
    )
    return await store.perform(request), row


async def test_the_tiers_of_the_product_are_there(store: Store) -> None:
    """With their limits and prices, in order; and the rates."""
    assert await store.perform(ReadCatalogue()) == CATALOGUE


async def test_a_tier_is_added_changed_and_repriced(store: Store) -> None:
    """A code is one tier's; an id that there is not says no."""
    gold = replace(TIERS[3], id=0, code="gold", name="Gold", sort_order=9, features={"vip": True})
    kept = await store.perform(SaveTier(tier=gold))
    assert kept == replace(gold, id=kept.id)
    assert await store.perform(SaveTier(tier=gold)) is None
    assert await store.perform(SaveTier(tier=replace(kept, code="basic"))) is None
    assert await store.perform(SaveTier(tier=replace(kept, id=kept.id + 99, code="x"))) is None
    changed = replace(kept, active=False, name="Old gold")
    assert await store.perform(SaveTier(tier=changed)) == changed

    rates = {"HIVE": 500_000, "DLUX": 1_000_000}
    priced = repriced(changed, RATES | rates)
    after = await store.perform(SavePricing(rates=rates, tiers=(priced,)))
    assert after == Catalogue(tiers=(*TIERS, priced), rates=RATES | rates)
    assert await store.perform(ReadCatalogue()) == after


async def test_promo_codes_are_kept_once_and_listed(store: Store) -> None:
    """Newest first, with how often they were used."""
    first = promo("FIRST", tiers=("pro",), max_uses=3, valid_until_us=NOW_US + 1)
    second = promo("SECOND", created_at_us=NOW_US + 1, discount="free_months", value=2)
    assert await store.perform(SavePromo(promo=first)) is True
    assert await store.perform(SavePromo(promo=replace(first, value=1))) is False
    assert await store.perform(SavePromo(promo=second)) is True

    assert await store.perform(ReadPromo(code="FIRST")) == first
    assert await store.perform(ReadPromo(code="NONE")) is None
    assert await store.perform(ListPromos()) == ((second, 0), (first, 0))
    assert await store.perform(ListPromos(limit=1, offset=1)) == ((first, 0),)


async def test_an_invoice_stays_as_it_was_and_payments_are_kept_once(store: Store) -> None:
    """The first under an id or reference; a payment makes its invoice due."""
    one = invoice()
    assert await store.perform(ReadInvoice(id=one.id)) is None
    kept = await store.perform(SaveInvoice(invoice=one))
    assert kept == InvoiceRow(invoice=one)
    assert await store.perform(SaveInvoice(invoice=replace(one, price=1))) == kept

    looked = ReadDueInvoices(account="ann", now_us=NOW_US)
    assert await store.perform(looked) == (one.id,)
    await store.perform(LookAgain(invoice=one.id, at_us=NOW_US + DAY_US))
    assert await store.perform(looked) == ()

    first = payment(one, "tx1", amount=10**30, at_us=NOW_US - 1)
    second = payment(one, "tx2", amount=7, fee=3)
    assert await store.perform(SavePayment(payment=first)) == first
    assert await store.perform(looked) == (one.id,)
    assert await store.perform(SavePayment(payment=replace(first, amount=1))) == first
    assert await store.perform(SavePayment(payment=second)) == second
    row = await store.perform(ReadInvoice(id=one.id))
    assert row == InvoiceRow(invoice=one, payments=(first, second))

    await store.perform(LookAgain(invoice=one.id, at_us=None, closed="given_back"))
    await store.perform(LookAgain(invoice=one.id, at_us=None, closed="refused"))
    row = await store.perform(ReadInvoice(id=one.id))
    assert row.closed == "given_back"
    rows = await store.perform(ListPayments(account="ann"))
    assert [(each.payment, each.status) for each in rows] == [
        (second, "refunded"), (first, "refunded"),
    ]  # fmt: skip


async def test_an_invoice_is_granted_once_under_the_epoch(store: Store) -> None:
    """Whoever writes it again is told that it had happened; who was overtaken writes nothing."""
    one = invoice()
    await store.perform(SaveInvoice(invoice=one))
    stale = await opened(store, ANN)
    epoch = await opened(store, ANN)
    with pytest.raises(RefusedByStore) as caught:
        await granted(store, one, stale)
    assert caught.value.code == FENCED
    assert await store.perform(ReadSubscription(account="ann")) is None

    first, row = await granted(store, one, epoch)
    again, _ = await granted(store, one, epoch, NOW_US + 5)

    assert (first, again) == (True, False)
    assert await store.perform(ReadSubscription(account="ann")) == row
    kept = await store.perform(ReadInvoice(id=one.id))
    assert kept.closed == "settled"


def due(*accounts: str, next_us: int | None = None) -> DueSubscribers:
    return DueSubscribers(accounts=accounts, next_us=next_us)


async def test_who_is_due_and_when(store: Store) -> None:
    """Of subscriptions and of invoices, each account once, at most so many."""
    one, two = invoice(), invoice("bob")
    for each in (one, two):
        await store.perform(SaveInvoice(invoice=each))
    both = ReadDueSubscribers(now_us=NOW_US)
    assert await store.perform(both) == due("ann", "bob")
    assert await store.perform(replace(both, limit=1)) == due("ann")
    assert await store.perform(ReadDueSubscribers(now_us=NOW_US - 1)) == due(next_us=NOW_US)

    _, row = await granted(store, one, await opened(store, ANN))
    await store.perform(LookAgain(invoice=two.id, at_us=None))
    assert row.due_us == NOW_US + 2 + 23 * DAY_US
    before = ReadDueSubscribers(now_us=row.due_us - 1)
    assert await store.perform(before) == due(next_us=row.due_us)
    assert await store.perform(ReadDueSubscribers(now_us=row.due_us)) == due("ann")


async def test_figures_are_counted_from_what_is_there(store: Store) -> None:
    """Subscribers by tier, payments by state, revenue from the ledger, notices by type."""
    assert await store.perform(ReadFigures(now_us=NOW_US)) == Figures(
        active=0, waiting=0, processed_today=0, refunded_week=0, tiers=(), revenue_month=(),
        revenue_30_days=(), expiring=(), notices=(), notified=0,
    )  # fmt: skip
    code = promo("SPRING", max_uses=5)
    await store.perform(SavePromo(promo=code))
    one, two = invoice(code=code), invoice("bob", 3)
    till = await Till.of(store)
    for command in promo_commands(code, "ann"):
        await till.post(command)
    for each in (one, two):
        await store.perform(SaveInvoice(invoice=each))
        assert (await till.post(open_command(each))).refused is None
    paid = payment(one, "tx1")
    await store.perform(SavePayment(payment=paid))
    await store.perform(SavePayment(payment=payment(two, "tx2", amount=1, at_us=NOW_US + 3)))
    await store.perform(SavePayment(payment=payment(one, "tx3", asset="HBD", at_us=NOW_US + 4)))
    await till.post(deposit_command(one, paid))
    step = Settle(taken=one.price, surplus=0, held=True)
    settle = settle_command(one, step, DEFAULT_POLICIES.products["subscription"])
    assert (await till.post(settle)).refused is None
    _, row = await granted(store, one, await opened(store, ANN))

    now_us = NOW_US + 10
    assert await store.perform(ListPromos()) == ((code, 1),)
    assert await store.perform(ReadFigures(now_us=now_us)) == Figures(
        active=1, waiting=1, processed_today=1, refunded_week=1, tiers=(("basic", "Basic", 1),),
        revenue_month=(("HIVE", 2_500),), revenue_30_days=(("HIVE", 2_500),), expiring=(),
        notices=(("activated", 1, 1, 1, 1),), notified=1,
    )  # fmt: skip
    assert row.expires_us is not None
    later = await store.perform(ReadFigures(now_us=row.expires_us - DAY_US))
    assert later.expiring == (row,)
    assert (later.revenue_month, later.revenue_30_days) == ((), (("HIVE", 2_500),))
    assert later.notices == (("activated", 1, 1, 0, 0),)
    states = await store.perform(ListPayments(limit=2))
    assert [(each.account, each.tier, each.status) for each in states] == [
        ("ann", "basic", "refunded"), ("bob", "pro", "pending"),
    ]  # fmt: skip
    assert await store.perform(ListPayments(account="ann", limit=5, offset=1)) == (
        replace(states[0], payment=paid, status="processed"),
    )


async def test_invoices_are_listed_with_their_payments_newest_first(store: Store) -> None:
    """One's own or everybody's; those that have not ended; never what could not be had."""
    made = [
        replace(invoice(account), created_at_us=NOW_US + number)
        for number, account in enumerate(("ann", "bob", "ann", "ann"))
    ]
    for one in made:
        await store.perform(SaveInvoice(invoice=one))
    first, other, paid, refused = made
    came = [payment(paid, "l1", amount=1), payment(paid, "l2", amount=2)]
    for each in came:
        await store.perform(SavePayment(payment=each))
    await store.perform(LookAgain(invoice=paid.id, at_us=None, closed="settled"))
    await store.perform(LookAgain(invoice=refused.id, at_us=None, closed="refused"))

    async def listed(**fields: Any) -> list[InvoiceRow]:
        return list(await store.perform(ListInvoices(**fields)))

    settled = InvoiceRow(invoice=paid, payments=tuple(came), closed="settled")
    assert await listed(account="ann") == [settled, InvoiceRow(invoice=first)]
    assert await listed(account="ann", waiting=True) == [InvoiceRow(invoice=first)]
    assert await listed(waiting=True) == [InvoiceRow(invoice=one) for one in (other, first)]
    assert await listed(limit=1) == [settled]
    assert await listed(limit=5, offset=2) == [InvoiceRow(invoice=first)]
    assert await listed(account="eve") == []
