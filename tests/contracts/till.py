"""A till that posts commands to a store's ledger, for contracts of what is kept beside it."""

from __future__ import annotations

import itertools
import os

from actors.ledger.book import Balance, Book, Decision
from actors.ledger.messages import LedgerOpened, OpenLedger, PostBatch, ReadLedger
from actors.ledger.transfer import Command, derived_id
from actors.money.commands import (
    sale_command,
)
from actors.money.policy import DEFAULT_POLICIES
from actors.money.records import (
    CreatorRow,
    NewPurchase,
    SaveCreator,
)
from tests.contracts.stores import Store

NOW_US = 1_700_000_000_000_000


SALE = DEFAULT_POLICIES.token_sale
TIP = DEFAULT_POLICIES.products["tip"]


numbers = itertools.count(1)


def new_id() -> str:
    return derived_id(f"money contract {os.getpid()}", str(next(numbers)))


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


async def enrol(store: Store, *accounts: str) -> None:
    for account in accounts:
        creator = CreatorRow(
            account=account, display_name=account.title(), profile_pic=None, created_at_us=NOW_US
        )
        await store.perform(SaveCreator(creator=creator))
