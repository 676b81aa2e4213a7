"""A book with somebody at it who makes every batch durable at once, and sums over what it holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from actors.ledger.book import Balance, Book, Decision, Entry, Pair
from actors.ledger.refusals import IdempotencyConflict
from actors.ledger.transfer import Command
from tests.actors.ledger.stories import Author, Naive, Step

START_US = 1_700_000_000_000_000


class Desk:
    """Tells a book what happens and keeps the rows that it makes."""

    def __init__(self) -> None:
        self.book = Book()
        self.rows: list[Entry] = []
        self.batches: list[tuple[int, tuple[Command, ...]]] = []
        self.told: list[tuple[int, Command]] = []
        self.now_us = START_US
        self.author = Author("t")

    def command(self, command: Command) -> str:
        """Carry one command out in a batch of its own; return the refusal's code, or "ok"."""
        return self.batch([command])[0]

    def batch(self, commands: Sequence[Command]) -> list[str]:
        """Carry commands out as one batch, now, and commit it."""
        said = self.attempt(commands)
        self.book.commit(self.book.undo_length)
        return said

    def attempt(self, commands: Sequence[Command]) -> list[str]:
        """Carry commands out and leave it to the caller to commit or to roll back."""
        book = self.book
        self.batches.append((self.now_us, tuple(commands)))
        self.rows += book.expire(self.now_us)
        said = []
        for command in commands:
            for pair in command.accounts:
                book.balances.setdefault(pair, Balance())
            known = command.id in book.decisions
            try:
                decision = book.admit(command, self.now_us)
            except IdempotencyConflict as conflict:
                said.append(conflict.code)
                continue
            if not known:
                self.told.append((self.now_us, command))
                self.rows += decision.entries
            said.append(code_of(decision))
        return said

    def tell(self, story: Iterable[Step]) -> list[tuple[Command, str]]:
        """Live a story through, or on, a batch a command; return what was asked and answered."""
        said = []
        for step in story:
            self.now_us += step.pass_us
            command = None if step.pass_us else self.author.command(step)
            if command is None:
                self.batch([])
            else:
                said.append((command, self.command(command)))
        return said


def code_of(decision: Decision) -> str:
    """Return "ok", or the refusal's code."""
    return "ok" if decision.refused is None else decision.refused.code


def recomputed(rows: Iterable[Entry]) -> dict[Pair, Balance]:
    """Return what the rows come to, added up one by one; nothing of the book's is used."""
    balances: dict[Pair, Balance] = defaultdict(Balance)
    for row in rows:
        transfer = row.transfer
        debit = balances[transfer.debit, transfer.asset]
        credit = balances[transfer.credit, transfer.asset]
        if transfer.flag == "pending":
            debit.pending_out += transfer.amount
            credit.pending_in += transfer.amount
        else:
            debit.pending_out -= row.released
            credit.pending_in -= row.released
        if transfer.flag in ("plain", "post"):
            debit.posted -= transfer.amount
            credit.posted += transfer.amount
    return dict(balances)


def not_zero(balances: dict[Pair, Balance]) -> dict[Pair, Balance]:
    """Return the accounts that have ever held or promised something now."""
    return {pair: balance for pair, balance in balances.items() if balance != Balance()}


def naive_balances(naive: Naive) -> dict[Pair, Balance]:
    """Return the naive model's balances."""
    balances: dict[Pair, Balance] = defaultdict(Balance)
    for pair, posted in naive.posted.items():
        balances[pair].posted = posted
    for hold, _ in naive.holds.values():
        balances[hold.debit, hold.asset].pending_out += hold.amount
        balances[hold.credit, hold.asset].pending_in += hold.amount
    return not_zero(dict(balances))


def sums(balances: dict[Pair, Balance], what: str) -> dict[str, int]:
    """Return the sum of one attribute over all accounts of each asset."""
    totals: dict[str, int] = defaultdict(int)
    for (_, asset), balance in balances.items():
        totals[asset] += getattr(balance, what)
    return dict(totals)
