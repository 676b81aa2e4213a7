"""What spaces sell, through the store port: memory and Postgres alike."""

from __future__ import annotations

import itertools
import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest
import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.booth.commands import (
    about,
    charge_credit_command,
    give_back_command,
    hold_credit_command,
    refund_id,
    space_policy,
    space_ticket_command,
)
from actors.booth.premium import premium_command
from actors.ledger.book import Entry
from actors.ledger.messages import ReadLedger
from actors.ledger.transfer import Transfer, derived_id, one
from actors.money.commands import pool_command, right_command, tip_command
from actors.money.policy import DEFAULT_POLICIES
from actors.money.space_records import (
    BillingStats,
    BoothOpened,
    FindHeld,
    HeldTicket,
    ListUnreturned,
    OpenBooth,
    ReadBillingStats,
    ReadPremium,
    ReadSales,
    ReadSharing,
    SaleRow,
    SaleView,
    SaveSale,
    SaveSharing,
    Sharing,
)
from actors.space.premium import PERIOD_US
from actors.space.space_id import SpaceId
from actors.store import FENCED, ActivateSpace
from actors.store_answers import RefusedByStore
from actors.store_hall import Microphone, ReadStandings, SaveHall, Usage, Waiting
from tests.contracts.stores import Maker, PostgresWorld, Store, new_space
from tests.contracts.teller import Teller
from tests.support.postgres import execute

SPACE = DEFAULT_POLICIES.products["space"]
_numbers = itertools.count(1)


def new_name(letter: str) -> str:
    return f"{letter}{os.getpid() % 100_000}-{next(_numbers)}"


class Fair:
    """A space with a booth, and people with tokens."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.teller = Teller(store)
        self.space = new_space()
        self.owner = new_name("o")
        self.actor = f"booth:{self.space.type}:{self.space.id}"

    async def open(self) -> BoothOpened:
        opened: BoothOpened = await self.store.perform(
            OpenBooth(actor=self.actor, space_type=self.space.type, space_id=self.space.id)
        )
        return opened

    async def sale(self, epoch: int, price: int = 20, seats: int | None = None,
                   ticket_type: str = "qna_access") -> SaleRow:  # fmt: skip
        row = SaleRow(
            id=derived_id(self.actor, f"sale/{next(_numbers)}"),
            space_type=self.space.type, space_id=self.space.id, ticket_type=ticket_type,
            price=price, seats=seats, payee=self.owner, opened_by=self.owner,
            opened_at_us=self.teller.now_us + next(_numbers),
        )  # fmt: skip
        await self.save(epoch, row)
        return row

    async def save(self, epoch: int, row: SaleRow) -> None:
        await self.store.perform(SaveSale(actor=self.actor, epoch=epoch, row=row))

    async def fund(self, account: str, tokens: int) -> None:
        transfer = Transfer(
            id=derived_id(account, "funds"), kind="purchase", debit="issuance:tokens",
            credit=f"user:{account}:main", asset="TOK", amount=tokens,
        )  # fmt: skip
        await self.teller.batch(one(transfer))

    async def buy(self, row: SaleRow, account: str) -> tuple[str, str]:
        """Return the ticket's id, and `ok` or the ledger's refusal."""
        ticket = derived_id(row.id, f"ticket/{next(_numbers)}")
        if row.seats is not None:
            await self.teller.batch(pool_command(row.id, row.seats))
        await self.teller.batch(right_command(row.id, account))
        shares = space_policy(SPACE, row.payee, None)
        (made,) = await self.teller.batch(space_ticket_command(ticket, shares, row, account))
        return ticket, "ok" if made.refused is None else made.refused.code

    async def back(self, ticket: str, attempt: int = 0) -> str:
        read = await self.store.perform(ReadLedger(pairs=(), commands=(ticket,)))
        entries: Sequence[Entry] = read.decisions[0].entries
        pairs = [(e.transfer.credit, e.transfer.asset) for e in entries]
        there = await self.teller.balances(*pairs)
        command = give_back_command(refund_id(ticket, attempt), ticket, entries, there, self.owner)
        (made,) = await self.teller.batch(command)
        return "ok" if made.refused is None else made.refused.code

    async def tickets(self, *accounts: str) -> list[tuple[str, ...]]:
        rows = await self.store.perform(ReadStandings(space=self.space, accounts=accounts))
        return [row.tickets for row in rows]

    async def held(self, row: SaleRow) -> list[str]:
        found: tuple[HeldTicket, ...] = await self.store.perform(FindHeld(sale=row.id))
        return [ticket.account for ticket in found]


@pytest.fixture
async def fair(store: Store) -> Fair:
    return Fair(store)


async def test_a_ticket_counts_while_it_is_held_and_its_sale_is_open(fair: Fair) -> None:
    """Standings follow from the ledger: bought, given back, used, cancelled."""
    ann, bob = new_name("a"), new_name("b")
    for name in (ann, bob):
        await fair.fund(name, 100)
    opened = await fair.open()
    row = await fair.sale(opened.epoch, seats=2)
    ticket, _ = await fair.buy(row, ann)
    assert await fair.tickets(ann, bob) == [("qna_access",), ()]
    assert await fair.held(row) == [ann]
    assert await fair.back(ticket) == "ok"
    assert await fair.back(ticket, 1) == "insufficient_funds"  # The seat is gone.
    assert await fair.tickets(ann) == [()]
    again, _ = await fair.buy(row, ann)
    assert await fair.tickets(ann) == [("qna_access",)]
    (found,) = await fair.store.perform(FindHeld(sale=row.id, account=ann))
    assert (found.id, found.price) == (again, 20)
    await fair.save(opened.epoch, replace(row, status="ended", closed_at_us=row.opened_at_us + 5))
    assert await fair.tickets(ann) == [()]
    elsewhere = replace(fair.space, id=f"{fair.space.id}x")
    rows = await fair.store.perform(ReadStandings(space=elsewhere, accounts=(ann,)))
    assert rows[0].tickets == ()


async def test_a_booth_remembers_what_is_open_and_what_it_owes(fair: Fair) -> None:
    """After a crash a cancelled sale is found until its last ticket is back; epochs fence."""
    ann = new_name("a")
    await fair.fund(ann, 100)
    opened = await fair.open()
    assert opened.sales == ()
    row = await fair.sale(opened.epoch)
    vip = await fair.sale(opened.epoch, ticket_type="vip")
    ticket, _ = await fair.buy(row, ann)
    off = replace(row, status="cancelled", closed_at_us=row.opened_at_us + 5)
    await fair.save(opened.epoch, off)
    where = (fair.space.type, fair.space.id)
    assert where in await fair.store.perform(ListUnreturned())
    later = await fair.open()
    assert later.epoch == opened.epoch + 1
    assert set(later.sales) == {off, vip}
    with pytest.raises(RefusedByStore) as refused:
        await fair.save(opened.epoch, vip)
    assert refused.value.code == FENCED
    await fair.back(ticket)
    assert where not in await fair.store.perform(ListUnreturned())
    assert (await fair.open()).sales == (vip,)
    views = await fair.store.perform(ReadSales(space_type=where[0], space_id=where[1]))
    assert views == (SaleView(row=vip, sold=0), SaleView(row=off, sold=0))


async def test_premium_follows_from_what_was_bought(fair: Fair) -> None:
    """The longest of ids too; a retry adds nothing, and each space has what was bought for it."""
    ann, now = new_name("a"), fair.teller.now_us
    await fair.fund(ann, 300)
    space = replace(fair.space, id=f"{fair.space.id}{'x' * 255}"[:255])
    read = ReadPremium(space_type=space.type, space_id=space.id)
    wake = ActivateSpace(actor=space.address, space=space)
    assert await fair.store.perform(read) is None
    assert (await fair.store.perform(wake)).premium_until_us is None

    first, second = (derived_id(ann, f"premium/{number}") for number in (1, 2))
    (made,) = await fair.teller.batch(premium_command(first, space, ann, 100))
    assert await fair.teller.batch(premium_command(first, space, ann, 100)) == [made]
    began_us = made.entries[0].at_us
    assert began_us >= now
    assert await fair.store.perform(read) == began_us + PERIOD_US
    await fair.teller.batch(premium_command(second, space, ann, 100))
    assert await fair.store.perform(read) == began_us + 2 * PERIOD_US
    assert (await fair.store.perform(wake)).premium_until_us == began_us + 2 * PERIOD_US
    other = ReadPremium(space_type=fair.space.type, space_id=fair.space.id)
    assert await fair.store.perform(other) is None


async def test_how_a_space_shares_is_kept_and_replaced(fair: Fair) -> None:
    """One row a space, in hundredths of a percent."""
    read = ReadSharing(space_type=fair.space.type, space_id=fair.space.id)
    assert await fair.store.perform(read) is None
    for platform, creator in ((1_000, 8_500), (1_250, 8_725)):
        sharing = Sharing(
            space_type=fair.space.type, space_id=fair.space.id, owner="olga",
            platform_bps=platform, creator_bps=creator,
        )  # fmt: skip
        await fair.store.perform(SaveSharing(sharing=sharing))
        assert await fair.store.perform(read) == sharing


async def test_statistics_sum_what_was_spent_and_earned(fair: Fair) -> None:
    """Packs and refunds are neither; the window begins where it is said to."""
    ann = new_name("a")
    await fair.fund(ann, 100)
    row = await fair.sale((await fair.open()).epoch)
    ticket, _ = await fair.buy(row, ann)
    command = tip_command(
        derived_id(ann, "tip"), DEFAULT_POLICIES.products["tip"], tipper=ann, payee=fair.owner,
        amount=5, context={},
    )  # fmt: skip
    await fair.teller.batch(command)
    await fair.back(ticket)
    stats: BillingStats = await fair.store.perform(ReadBillingStats(account=ann))
    assert (stats.spent_count, stats.spent, stats.earned) == (4, 25, 0)
    assert stats.breakdown == (
        ("purchase", 1, 100), ("refund", 3, 20), ("ticket", 3, -20), ("tip", 1, -5),
    )  # fmt: skip
    earned: BillingStats = await fair.store.perform(ReadBillingStats(account=fair.owner))
    assert (earned.earned_count, earned.earned) == (2, 22)
    none = await fair.store.perform(
        ReadBillingStats(account=ann, since_us=fair.teller.now_us + 10**9)
    )
    assert none == BillingStats(spent_count=0, spent=0, earned_count=0, earned=0, breakdown=())


@settings(max_examples=15, deadline=None)
@given(
    buys=st.lists(st.sampled_from("abcd"), min_size=1, max_size=8),
    seats=st.integers(1, 3),
    price=st.integers(0, 60),
)
def test_seats_are_never_oversold_and_refunds_return_all(
    maker: Maker, buys: list[str], seats: int, price: int
) -> None:
    """I1, I14, I15, I28, I29: valid tickets are sold seats, at most `seats`; all back, all paid."""

    async def scene() -> None:
        async with maker.open(shared=True) as world:
            fair = Fair(world.store)
            names = {letter: new_name(letter) for letter in "abcd"}
            for name in names.values():
                await fair.fund(name, 100)
            row = await fair.sale((await fair.open()).epoch, price=price, seats=seats)
            sold: dict[str, str] = {}
            for letter in buys:
                ticket, said = await fair.buy(row, names[letter])
                assert (said == "ok") == (letter not in sold and len(sold) < seats)
                if said == "ok":
                    sold[letter] = ticket
                assert sorted(await fair.held(row)) == sorted(names[each] for each in sold)
            for ticket in sold.values():
                assert await fair.back(ticket) == "ok"
            mains = [(f"user:{name}:main", "TOK") for name in names.values()]
            there = await fair.teller.balances(*mains)
            assert [there[pair].posted for pair in mains] == [100] * 4
            assert await fair.held(row) == []

    trio.run(scene)


async def test_paid_uses_and_places_come_back_as_they_were(store: Store) -> None:
    """A use that is over is kept in mind until it is settled, of a deleted microphone too."""
    space = new_space()
    activated = await store.perform(ActivateSpace(actor=space.address, space=space))
    mic = Microphone(
        id=derived_id(space.id, "mic")[:32], microphone_name="main", created_by="ada",
        created_at_us=1_700_000_000_000_000, price_minor=10, price_currency="TOK",
        price_per="minute", uses=3,
    )  # fmt: skip
    gone = replace(mic, id=derived_id(space.id, "gone")[:32], deleted_at_us=mic.created_at_us + 9)
    place = Waiting(
        microphone_id=mic.id, user_account="bob", priority=5, arrival=1,
        asked_at_us=mic.created_at_us, tries=2,
    )  # fmt: skip
    lasting = Usage(
        microphone_id=mic.id, number=3, user_account="ann", started_at_us=mic.created_at_us,
        price_per="minute", price_minor=10, holds=("h2", "h3"), charged=1, cost_minor=10,
        cost_currency="TOK",
    )  # fmt: skip
    owing = replace(
        lasting, microphone_id=gone.id, number=1, ended_at_us=mic.created_at_us + 5,
        duration_seconds=0, ended_reason="deleted",
    )  # fmt: skip
    put = (mic, gone, lasting, owing, place)
    await store.perform(SaveHall(actor=space.address, epoch=activated.epoch, space=space, put=put))
    rows = (await store.perform(ActivateSpace(actor=space.address, space=space))).hall
    assert rows.microphones == (mic,)
    assert set(rows.usages) == {lasting, owing}
    assert rows.waiting == (place,)
    paid = replace(owing, holds=(), charged=3, cost_minor=12)
    await store.perform(
        SaveHall(actor=space.address, epoch=activated.epoch + 1, space=space, put=(paid,))
    )
    rows = (await store.perform(ActivateSpace(actor=space.address, space=space))).hall
    assert rows.usages == (lasting,)


@pytest.fixture
async def postgres() -> AsyncIterator[PostgresWorld]:
    async with Maker("postgres").open() as world:
        assert isinstance(world, PostgresWorld)
        yield world


SEED_SHARING = """
INSERT INTO profit_sharing_config
(space_type, space_id, space_owner, platform_fee_percent, creator_share_percent)
VALUES ('post', 'author/permlink', 'author', 10.00, 85.00);
"""
SEED_REVENUE = """
SELECT
  space_type,
  space_id,
  space_owner,
  SUM(amount) as total_revenue,
  SUM(platform_fee) as platform_revenue,
  SUM(creator_share) as creator_revenue
FROM payment_transactions
WHERE status = 'confirmed'
GROUP BY space_type, space_id, space_owner;
"""


async def test_the_sql_of_the_product_documents_runs_as_written(postgres: PostgresWorld) -> None:
    """Shares are inserted and revenue is read as in the seeds: a ticket of 20, 25 for minutes.

    Of 20: 2, 17, 1. Of 25: 2, 21, 2. Together 45, 4 for the platform, 38 for the creator.
    """
    execute(postgres.database, SEED_SHARING)
    fair = Fair(postgres.store)
    fair.space, fair.owner = SpaceId("post", "author/permlink"), "author"
    fair.actor = "booth:post:author/permlink"
    sharing = await fair.store.perform(ReadSharing(space_type="post", space_id="author/permlink"))
    assert sharing == Sharing(
        space_type="post", space_id="author/permlink", owner="author", platform_bps=1_000,
        creator_bps=8_500,
    )  # fmt: skip
    await fair.fund("ann", 100)
    row = await fair.sale((await fair.open()).epoch)
    await fair.buy(row, "ann")
    hold = derived_id("mic", "hold")
    await fair.teller.batch(hold_credit_command(hold, "ann", 30, "mic"))
    charge = charge_credit_command(
        hold, space_policy(SPACE, "author", sharing), account="ann", payee="author", held=30,
        amount=25, microphone_id="mic", details=about("post", "author/permlink", "author"),
    )  # fmt: skip
    await fair.teller.batch(charge)
    (found,) = execute(postgres.database, SEED_REVENUE)
    assert [*map(str, tuple(found)[:3])] == ["post", "author/permlink", "author"]
    assert [int(each) for each in tuple(found)[3:]] == [45, 4, 38]
    tickets = execute(
        postgres.database,
        "select user_account, ticket_type, status, price_tokens from space_tickets",
    )
    assert [tuple(each) for each in tickets] == [("ann", "qna_access", "valid", 20)]
