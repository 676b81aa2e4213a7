"""Credit and tickets for money from outside, through the store port: memory and Postgres alike."""

from __future__ import annotations

import itertools
import os
from dataclasses import replace

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.booth.commands import space_ticket_command
from actors.ledger.accounts import user_credit
from actors.ledger.book import Balance
from actors.ledger.refusals import IdempotencyConflict
from actors.ledger.transfer import derived_id
from actors.money.commands import pool_command, right_command
from actors.money.policy import DEFAULT_POLICIES
from actors.money.space_records import FindHeld, SaleRow
from actors.subscriptions.commands import (
    deposit_command,
    invoice_account,
    open_command,
    pay_back_command,
    settle_id,
    settle_ticket_command,
    unhold_command,
)
from actors.subscriptions.records import (
    TICKET,
    Invoice,
    InvoiceRow,
    Payment,
    ReadInvoice,
    SaveInvoice,
    SavePayment,
    TicketGoods,
)
from actors.subscriptions.reports import (
    CreditRow,
    ListCredits,
    ListPayments,
)
from actors.subscriptions.rules import Settle
from tests.actors.ledger.desk import START_US
from tests.contracts.stores import Maker, Store
from tests.contracts.teller import Teller

_numbers = itertools.count(1)
PRICE = 6_667
SALE = DEFAULT_POLICIES.token_sale


def new_name(letter: str) -> str:
    return f"{letter}{os.getpid() % 100_000}-{next(_numbers)}"


def new_id() -> str:
    return derived_id(f"credit/{os.getpid()}", str(next(_numbers)))


class Stall:
    """A space's tickets at 20 tokens, for HIVE."""

    def __init__(self, store: Store, seats: int | None = None) -> None:
        self.store = store
        self.teller = Teller(store)
        self.sale = SaleRow(
            id=new_id(), space_type="post", space_id="ada/talk", ticket_type="qna_access",
            price=20, seats=seats, payee=new_name("o"), opened_by="ada", opened_at_us=START_US,
        )  # fmt: skip

    def invoice(self, account: str, credit: int = 0) -> Invoice:
        goods = TicketGoods(
            seller="booth:post:ada/talk", sale=self.sale.id, tokens=20,
            limited=self.sale.seats is not None, space_type="post", space_id="ada/talk",
            ticket_type="qna_access",
        )  # fmt: skip
        return Invoice(
            id=new_id(), account=account, tier=TICKET, period="once", asset="HIVE", price=PRICE,
            full_price=PRICE, worth=200, full_worth=200, length_us=0, extra_us=0, spare=33,
            promo=None, created_at_us=START_US, quoted_until_us=START_US + 900_000_000,
            closes_us=START_US + 90_000_000_000, credit=credit, goods=goods,
        )  # fmt: skip

    async def take(self, of: Invoice, amount: int, asset: str = "HIVE") -> Payment:
        payment = Payment(
            reference=new_id(), invoice=of.id, amount=amount, asset=asset, source="test",
            at_us=START_US,
        )  # fmt: skip
        await self.teller.batch(deposit_command(of, payment))
        return payment

    async def opens(self, of: Invoice) -> bool:
        await self.teller.batch(right_command(self.sale.id, of.account))
        (said,) = await self.teller.batch(open_command(of))
        return said.refused is None

    async def settles(self, of: Invoice, there: int, *, held: bool) -> bool:
        step = Settle(taken=PRICE, surplus=there - PRICE, held=held)
        policy = DEFAULT_POLICIES.products["space"]
        ticket = space_ticket_command(settle_id(of, step), policy, self.sale, of.account)
        (said,) = await self.teller.batch(settle_ticket_command(of, step, ticket, SALE))
        return said.refused is None

    async def credit(self, account: str) -> Balance:
        pair = (user_credit(account), "HIVE")
        return (await self.teller.balances(pair)).get(pair, Balance())

    async def held(self, account: str) -> int:
        return len(await self.store.perform(FindHeld(sale=self.sale.id, account=account)))


async def test_the_invoice_of_a_ticket_is_kept_whole(store: Store) -> None:
    """With what it is for; its payments are no subscription's, and are not listed as such."""
    stall = Stall(store)
    one = stall.invoice(new_name("a"), credit=7)
    kept = await store.perform(SaveInvoice(invoice=one))
    assert kept == InvoiceRow(invoice=one)
    paid = Payment(
        reference=new_id(), invoice=one.id, amount=5, asset="HIVE", source="t", at_us=START_US
    )
    await store.perform(SavePayment(payment=paid))
    assert await store.perform(ReadInvoice(id=one.id)) == InvoiceRow(invoice=one, payments=(paid,))
    assert await store.perform(ListPayments(account=one.account)) == ()


async def test_the_last_seat_is_one_payment_s(store: Store) -> None:
    """The quote holds it; let go, whoever pays first has it, and the other's money stays theirs."""
    stall = Stall(store, seats=1)
    ann, bob = stall.invoice(new_name("a")), stall.invoice(new_name("b"))
    await stall.teller.batch(pool_command(stall.sale.id, 1))
    assert await stall.opens(ann)
    assert not await stall.opens(bob)
    await stall.teller.batch(unhold_command(ann))
    cay = stall.invoice(new_name("c"))
    assert await stall.opens(cay)
    for one in (ann, cay):
        await stall.take(one, PRICE + 100)

    assert not await stall.settles(ann, PRICE + 100, held=False)
    assert await stall.settles(cay, PRICE + 100, held=True)
    assert not await stall.settles(cay, PRICE + 100, held=False)
    assert [await stall.held(one.account) for one in (ann, cay)] == [0, 1]
    assert (await stall.credit(cay.account)).posted == 100
    waits = (invoice_account(ann.id), "HIVE")
    assert (await stall.teller.balances(waits))[waits].posted == PRICE + 100


async def test_what_was_overpaid_is_listed_until_it_is_paid_back(store: Store) -> None:
    """By account and money, with what is reserved; nothing of it when nothing is there."""
    stall = Stall(store)
    one = stall.invoice(new_name("a"))
    await stall.take(one, 900, "HBD")
    assert await store.perform(ListCredits(account=one.account)) == (
        CreditRow(account=one.account, asset="HBD", posted=900, reserved=0),
    )
    everybody = await store.perform(ListCredits(limit=1_000))
    assert one.account in [row.account for row in everybody]
    paid = pay_back_command(one.account, one.id, "HBD", 900)
    for _ in range(2):
        (said,) = await stall.teller.batch(paid)
        assert said.refused is None
    with pytest.raises(IdempotencyConflict):
        await stall.teller.batch(pay_back_command(one.account, one.id, "HBD", 1))
    assert await store.perform(ListCredits(account=one.account)) == ()


def test_two_purchases_at_once_never_spend_credit_twice(maker: Maker) -> None:
    """I20, I21: whatever is quoted with it, let go, sold and paid back, in whatever order."""
    steps = st.lists(
        st.tuples(st.sampled_from(["open", "unhold", "settle", "back"]), st.integers(0, 7_000)),
        max_size=10,
    )

    async def play(came: int, story: list[tuple[str, int]]) -> None:
        async with maker.open(shared=True) as world:
            stall = Stall(world.store)
            ann = new_name("a")
            first = replace(stall.invoice(ann), asset="HBD")  # Other money is credit at once.
            await stall.take(first, came)
            used: dict[str, int] = {}
            left = came
            opened: list[Invoice] = []
            for what, how in story:
                if what == "open":
                    stall = Stall(world.store)  # Another sale: one buys one ticket of each.
                    one = stall.invoice(ann, credit=min(how, PRICE))
                    if await stall.opens(one):
                        used[one.id] = one.credit
                        opened.append(one)
                elif what == "back":
                    paid = pay_back_command(ann, new_id(), "HIVE", how or 1)
                    (said,) = await stall.teller.batch(paid)
                    left -= (how or 1) if said.refused is None else 0
                elif opened and what == "unhold":
                    one = opened.pop()
                    await stall.teller.batch(unhold_command(one))
                    del used[one.id]
                elif opened:
                    one = opened.pop()
                    assert one.goods is not None
                    stall.sale = replace(stall.sale, id=one.goods.sale)
                    if one.credit < PRICE:
                        await stall.take(one, PRICE - one.credit)
                    assert await stall.settles(one, PRICE, held=True)
                    left -= used.pop(one.id)
                    assert await stall.held(ann) == 1
                credit = await stall.credit(ann)
                assert (credit.posted, credit.pending_out) == (left, sum(used.values()))
                assert credit.available >= 0
                rows = await world.store.perform(ListCredits(account=ann))
                assert rows == ((
                    CreditRow(account=ann, asset="HIVE", posted=left, reserved=sum(used.values())),
                ) if left else ())  # fmt: skip

    @settings(max_examples=25 if maker.name == "memory" else 8, deadline=None)
    @given(st.integers(1, 15_000), steps)
    def example(came: int, story: list[tuple[str, int]]) -> None:
        trio.run(play, came, story)

    example()
