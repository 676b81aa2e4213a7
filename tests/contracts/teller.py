"""A writer that remembers nothing, for stores' tests: the simplest that can be right."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from typing import Any

from actors.ledger.book import Balance, Book, Decision, Entry, Pair
from actors.ledger.messages import (
    LEDGER,
    LedgerOpened,
    LedgerRead,
    OpenLedger,
    PostBatch,
    ReadLedger,
)
from actors.ledger.transfer import Command, Transfer, derived_id, one
from tests.actors.ledger.desk import START_US
from tests.actors.ledger.stories import ROOT
from tests.contracts.stores import Store

_tags = itertools.count(1)


def new_tag() -> str:
    """Return a name that no other example uses."""
    return f"x{os.getpid()}-{next(_tags)}"


class Teller:
    """A writer that remembers nothing: it opens the books anew and reads, for every batch."""

    def __init__(self, store: Store, at_us: int = START_US) -> None:
        self.store = store
        self.now_us = at_us
        self.entries: list[Entry] = []

    async def book(self, commands: Sequence[Command] = ()) -> tuple[Book, LedgerOpened]:
        opened: LedgerOpened = await self.store.perform(OpenLedger(actor=LEDGER))
        self.now_us = max(self.now_us, opened.at_us)
        book = Book()
        book.sequence, book.at_us = opened.sequence, opened.at_us
        book.frozen = set(opened.frozen)
        book.balances.update(opened.balances)
        for pending in opened.pendings:
            book.learn_pending(pending)
        pairs = tuple(dict.fromkeys(pair for command in commands for pair in command.accounts))
        read: LedgerRead = await self.store.perform(
            ReadLedger(
                pairs=pairs,
                commands=tuple(command.id for command in commands),
                transfers=tuple(t.id for command in commands for t in command.transfers),
            )
        )
        book.balances |= dict(read.balances)
        book.used |= set(read.used)
        book.decisions |= {decision.command_id: decision for decision in read.decisions}
        return book, opened

    async def prepare(self, *commands: Command) -> PostBatch:
        """Return the batch that carries out what of the commands is new."""
        book, opened = await self.book(commands)
        new = {pair for c in commands for pair in c.accounts if pair not in book.balances}
        for pair in new:
            book.balances[pair] = Balance()
        expired = book.expire(self.now_us)
        known = set(book.decisions)
        self.said = [book.admit(command, self.now_us) for command in commands]
        made = dict.fromkeys(decision.command_id for decision in self.said)
        decisions = tuple(book.decisions[each] for each in made if each not in known)
        entries = [*expired, *(entry for each in decisions for entry in each.entries)]
        touched = {
            (name, entry.transfer.asset)
            for entry in entries
            for name in (entry.transfer.debit, entry.transfer.credit)
        }
        self.entries += entries
        return PostBatch(
            actor=LEDGER,
            epoch=opened.epoch,
            at_us=book.at_us,
            follows=opened.sequence,
            expired=tuple(expired),
            decisions=decisions,
            opened=tuple(new & touched),
            balances=tuple((pair, book.balances[pair]) for pair in touched),
        )

    async def batch(self, *commands: Command) -> list[Decision]:
        """Carry commands out as one batch."""
        await self.store.perform(await self.prepare(*commands))
        return self.said

    async def balances(self, *pairs: Pair) -> dict[Pair, Balance]:
        """Return what the store says now."""
        read = await self.store.perform(ReadLedger(pairs=pairs))
        return dict(read.balances)


def tip(number: int, payer: str, payee: str, amount: int, **fields: Any) -> Command:
    """Return the command of one transfer of tokens."""
    return one(
        Transfer(
            id=derived_id(ROOT, f"tip/{number}"),
            kind="tip",
            debit=payer,
            credit=payee,
            asset="TOK",
            amount=amount,
            **fields,
        )
    )


ADA, BOB, ISSUE = "user:ada:main", "user:bob:main", "issuance:TOK"
ADA_TOK, BOB_TOK = (ADA, "TOK"), (BOB, "TOK")
