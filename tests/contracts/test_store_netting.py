"""What stores say of earnings: what of them pays a debt, and what of them is taken back."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import trio
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.ledger.book import Balance
from actors.ledger.transfer import Transfer, derived_id, one
from actors.money.netting import DirectEarnings, ReadDirectEarnings
from actors.money.records import ReadWallet
from sim.earnings_store import read_direct_earnings, read_wallet
from sim.ledger_store import LedgerBooks
from tests.contracts.stores import Maker, Store
from tests.contracts.teller import Teller, new_tag

MOVES = {
    "purchase": ("issuance:tokens", "main"),
    "tip": ("issuance:tokens", "main"),
    "tip_release": ("issuance:tokens", "main"),
    "refund": ("issuance:tokens", "main"),
    "resumed": ("issuance:tokens", "main"),
    "spent": ("main", "issuance:tokens"),
    "dispute": ("main", "issuance:tokens"),
    "refunded": ("main", "issuance:tokens"),
    "paid": ("main", "issuance:tokens"),
    "payout": ("main", "issuance:tokens"),
    "fee": ("main", "issuance:tokens"),
    "owed": ("debt", "issuance:tokens"),
}
"""What happens to somebody's wallet, and from where to where."""

KINDS = {"resumed": "refund", "spent": "tip", "refunded": "refund", "paid": "debt",
         "fee": "dispute_fee", "owed": "refund"}  # fmt: skip


def move(who: str, number: int, deed: str, amount: int) -> Transfer:
    names = {"main": f"user:{who}:main", "debt": f"creator:{who}:debt"}
    debit, credit = (names.get(each, each) for each in MOVES[deed])
    return Transfer(
        id=derived_id(who, f"{number}"),
        kind=KINDS.get(deed, deed),
        debit=debit,
        credit=credit,
        asset="TOK",
        amount=amount,
        ref="dispute:1" if deed == "resumed" else "",
        details={"counted": str(amount)} if deed == "paid" else {},
    )


async def check_story(maker: Maker, story: list[tuple[str, int]], after: int) -> None:
    async with maker.open(shared=True) as world:
        await tell_and_compare(world.store, story, after)


async def tell_and_compare(store: Store, story: list[tuple[str, int]], after: int) -> None:
    teller, who = Teller(store), new_tag()
    await teller.book()
    since_us = 0
    for number, (deed, amount) in enumerate(story):
        teller.now_us += 1
        if number == after:
            since_us = teller.now_us
        await teller.batch(one(move(who, number, deed, amount)))
    pair = f"user:{who}:main", "TOK"
    balances = {pair: (await teller.balances(pair)).get(pair, Balance())}
    rows: Any = SimpleNamespace(entries=teller.entries, balances=balances, pendings={})
    books = cast("LedgerBooks", rows)
    wallet = ReadWallet(account=who, locked_since_us=since_us)
    assert await store.perform(wallet) == read_wallet(books, wallet)
    direct = ReadDirectEarnings(account=who, locked_since_us=since_us)
    assert await store.perform(direct) == read_direct_earnings(books, direct)


@settings(max_examples=40, deadline=None)
@given(
    story=st.lists(st.tuples(st.sampled_from(list(MOVES)), st.integers(1, 60)), max_size=14),
    after=st.integers(0, 14),
)
def test_stores_read_the_same_out_of_the_same_rows(
    maker: Maker, story: list[tuple[str, int]], after: int
) -> None:
    """Whatever came and went: what a row-by-row reading says is what the store answers."""
    trio.run(check_story, maker, story, after)


async def test_earnings_of_before_a_debt_pay_none_of_it(store: Store) -> None:
    """50 were spent when 30 became owed; of the next 20 all can pay, and what has paid is told."""
    teller = Teller(store)
    deeds = [("tip", 50), ("spent", 50), ("owed", 30), ("tip", 20), ("tip_release", 9)]
    for number, (deed, amount) in enumerate(deeds):
        await teller.batch(one(move("dora", number, deed, amount)))
    read = ReadDirectEarnings(account="dora", locked_since_us=teller.now_us)
    assert await store.perform(read) == DirectEarnings(earned=70, counted=50)
    wallet = await store.perform(ReadWallet(account="dora", locked_since_us=teller.now_us))
    assert (wallet.earned_before, wallet.cashable) == (29, 29)
    paid = move("dora", 9, "paid", 10)
    await teller.batch(one(replace(paid, details={"counted": "70"})))
    assert await store.perform(read) == DirectEarnings(earned=70, counted=70)
