"""The ledger's writer: admits commands, makes them durable a batch at a time, then answers.

While batches are being written the next one fills, so a hot account costs one row version a batch.
It keeps in memory what it needs to decide; the store checks every batch against its own books.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import chain
from typing import assert_never

from actors.ledger.book import Balance, Book, Decision, Entry, Pair
from actors.ledger.messages import (
    COMMITTED,
    STALE,
    BalanceIs,
    ExpireDue,
    Flush,
    Freeze,
    LedgerMessage,
    LedgerOpened,
    LedgerRead,
    Post,
    PostBatch,
    Posted,
    ReadLedger,
    SetFrozen,
    UnwatchBalance,
    UnwatchCommits,
    WatchBalance,
    WatchCommits,
)
from actors.store import FENCED, STORE
from engine.actor import Actor, IoDone, ReplyTo
from engine.clock import SECOND_US
from engine.context import Context
from engine.outcome import Err, Ok, Outcome, Unknown
from engine.refusal import Refusal, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much at once, and how much is kept in memory.

    Attributes:
        batch_commands: in one batch.
        batches: under way; one is decided while the store writes the one before.
        decisions_kept: retries come soon; an older command is read from the store again.
        balances_kept: the same people act again; others are read from the store.
    """

    batch_commands: int = 256
    batches: int = 2
    decisions_kept: int = 10_000
    balances_kept: int = 200_000


EXPIRE_AGAIN_US = SECOND_US // 2
"""After the store has failed: what is over no longer counts as soon as anybody asks, anyway."""

DEFAULT_LIMITS = Limits()

Waiting = tuple[Post, ReplyTo | None]


class LedgerStale(Exception):
    """The store's books are not what this writer thinks: it must begin again with fresh ones."""


@dataclass(slots=True)
class Batch:
    """Commands on their way to the store, and what to say when they are there."""

    items: list[Waiting]
    answers: list[tuple[ReplyTo | None, Posted | Refused]]
    opened: tuple[Pair, ...]
    undo_to: int  # where its part of the book's undo ends
    written: bool  # False: there was nothing to write
    balances: tuple[tuple[Pair, Balance], ...]  # of what it touches, as they are after it
    outcome: Outcome | None = None


class Ledger(Actor):
    """See the module's text."""

    def __init__(self, opened: LedgerOpened, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self.epoch = opened.epoch
        self.book = Book()
        self.book.sequence = opened.sequence
        self.book.at_us = opened.at_us
        self.book.frozen = set(opened.frozen)
        self.book.balances.update(opened.balances)
        for pending in opened.pendings:
            self.book.learn_pending(pending)
        self.new: dict[Pair, None] = {}  # Accounts that the store does not have yet.
        self.waiting: deque[Waiting] = deque()
        self.reading: list[Waiting] = []
        self.writing: deque[Batch] = deque()
        self.watched: dict[Pair, str] = {}  # whom to tell of it
        self.follower: str | None = None  # Who wants a word after each commit.
        self.batches = 0
        self.doubted = False  # The store knew an id that this writer did not.
        self.not_before_us = 0  # The store is away: do not try expiries again before.

    def __repr__(self) -> str:
        return f"<Ledger at {self.book.sequence}, {len(self.waiting)} waiting>"

    def started(self, ctx: Context) -> None:
        self._watch_expiries(ctx)

    def handle(self, message: LedgerMessage, ctx: Context) -> None:
        match message:
            case Post():
                self.waiting.append((message, ctx.asker))
                if not self.writing and not self.reading and len(self.waiting) == 1:
                    ctx.after(0, Flush(), key="flush")
                elif len(self.waiting) == self._enough:
                    self._go_on(ctx)
            case Flush() | ExpireDue():
                self._go_on(ctx)
            case WatchBalance(pair=pair, to=to):
                self.watched[pair] = to
            case UnwatchBalance(pair=pair):
                self.watched.pop(pair, None)
            case WatchCommits(to=to):
                self.follower = to
                ctx.put(to, COMMITTED, self.book.sequence)
            case UnwatchCommits():
                self.follower = None
            case Freeze(account=account, frozen=frozen, reason=reason):
                request = SetFrozen(
                    actor=ctx.address,
                    epoch=self.epoch,
                    account=account,
                    frozen=frozen,
                    reason=reason,
                )
                ctx.io(STORE, request, tag=("frozen", account, frozen, ctx.asker))
            case IoDone(tag="read", outcome=Ok(value=read)):
                items, self.reading = self.reading, []
                self._learn(read, items)
                self._write(items, ctx)
            case IoDone(tag="read", outcome=outcome):
                items, self.reading = self.reading, []
                for _, asker in items:
                    ctx.reply(outcome, to=asker)
                self._go_on(ctx)
            case IoDone(tag=("written", number), outcome=outcome):
                self._written(number, outcome, ctx)
            case IoDone(tag=("frozen", *_), outcome=Unknown()):
                raise LedgerStale([message.outcome])
            case IoDone(tag=("frozen", account, frozen, asker), outcome=outcome):
                if isinstance(outcome, Ok):
                    (self.book.frozen.add if frozen else self.book.frozen.discard)(account)
                ctx.reply(outcome.value if isinstance(outcome, Ok) else outcome, to=asker)
            case IoDone():
                raise AssertionError(message)
            case _:
                assert_never(message)

    def _go_on(self, ctx: Context) -> None:
        """Begin the next batch, when it is large enough or nothing else is under way."""
        limits = self.limits
        large = len(self.waiting) >= self._enough and len(self.writing) < limits.batches
        failed = any(isinstance(batch.outcome, Refused | Err) for batch in self.writing)
        if self.reading or failed or not (large or not self.writing):
            return
        due_us = self._expire_us
        if not self.waiting and (due_us is None or due_us > ctx.now_us):
            self._watch_expiries(ctx)
            return
        size = min(len(self.waiting), limits.batch_commands)
        items = [self.waiting.popleft() for _ in range(size)]
        unknown = self._unknown(items)
        if unknown or self.doubted:
            self._read(items, unknown, ctx)
        else:
            self._write(items, ctx)

    @property
    def _enough(self) -> int:
        """How many make a batch: fewer beside another, so that the store never has to wait."""
        whole = self.limits.batch_commands
        return whole // 2 if self.writing else whole

    def _unknown(self, items: list[Waiting]) -> tuple[Pair, ...]:
        known = self.book.balances
        pairs = (pair for post, _ in items for pair in post.command.accounts)
        return tuple(dict.fromkeys(pair for pair in pairs if pair not in known))

    def _read(self, items: list[Waiting], pairs: tuple[Pair, ...], ctx: Context) -> None:
        self.reading = items
        commands = [post.command for post, _ in items]
        request = ReadLedger(
            pairs=pairs,
            commands=tuple(command.id for command in commands),
            transfers=tuple(t.id for command in commands for t in command.transfers),
        )
        ctx.io(STORE, request, tag="read")

    def _learn(self, read: LedgerRead, items: list[Waiting]) -> None:
        """Take over what the store answered, but for what this writer has changed meanwhile."""
        book = self.book
        for pair, balance in read.balances:
            book.balances.setdefault(pair, balance)
        for pair in self._unknown(items):
            book.balances[pair] = Balance()
            self.new[pair] = None
        book.used.update(read.used)
        for decision in read.decisions:
            book.decisions.setdefault(decision.command_id, decision)

    def _write(self, items: list[Waiting], ctx: Context) -> None:
        """Decide the commands and make that durable; nothing new: answer at once."""
        book = self.book
        follows = book.sequence
        expired = tuple(book.expire(ctx.now_us))
        made: list[Decision] = []
        answers: list[tuple[ReplyTo | None, Posted | Refused]] = []
        for post, asker in items:
            command = post.command
            replayed = command.id in book.decisions
            try:
                decision = book.admit(command, ctx.now_us)
            except Refusal as refusal:
                answers.append((asker, refusal.value()))
                continue
            if not replayed:
                made.append(decision)
            posted = Posted(entries=decision.entries, replayed=replayed)
            answers.append((asker, decision.refused or posted))
        balances = _touched(book, expired, made)
        opened = tuple(pair for pair, _ in balances if pair in self.new)
        for pair in opened:
            del self.new[pair]
        written = bool(made or expired)
        batch = Batch(items, answers, opened, book.undo_length, written, balances)
        self.writing.append(batch)
        self.batches += 1
        if not written:
            self._written(self.batches, Ok(None), ctx)
            return
        request = PostBatch(
            actor=ctx.address,
            epoch=self.epoch,
            at_us=book.at_us,
            follows=follows,
            expired=expired,
            decisions=tuple(made),
            opened=opened,
            balances=balances,
        )
        ctx.io(STORE, request, tag=("written", self.batches))

    def _written(self, number: int, outcome: Outcome, ctx: Context) -> None:
        self.writing[number - self.batches - 1].outcome = outcome
        while self.writing and isinstance(self.writing[0].outcome, Ok):
            self._confirm(self.writing.popleft(), ctx)
        if self.writing and all(batch.outcome is not None for batch in self.writing):
            self._fail(ctx)
        self._go_on(ctx)

    def _confirm(self, batch: Batch, ctx: Context) -> None:
        book = self.book
        book.commit(batch.undo_to)
        for other in self.writing:
            other.undo_to -= batch.undo_to
        if not self.writing and not self.reading:
            book.forget(decisions=self.limits.decisions_kept, balances=self.limits.balances_kept)
        self.doubted = False
        for asker, answer in batch.answers:
            ctx.reply(answer, to=asker)
        for pair, balance in batch.balances if self.watched else ():
            watcher = self.watched.get(pair)
            if watcher is not None:
                ctx.tell(watcher, BalanceIs(pair=pair, available=balance.available))
        if self.follower is not None and batch.written:
            ctx.put(self.follower, COMMITTED, book.sequence)
        self._watch_expiries(ctx)

    def _fail(self, ctx: Context) -> None:
        """What is under way has not happened: ask the store for what it knows, or say so."""
        first = self.writing[0].outcome
        known = isinstance(first, Err) or (
            isinstance(first, Refused)
            and (first.code == FENCED or (first.code == STALE and not self.doubted))
        )
        happened = any(b.written and isinstance(b.outcome, Ok | Unknown) for b in self.writing)
        if not known or happened:
            raise LedgerStale([batch.outcome for batch in self.writing])
        self.book.rollback()
        self.not_before_us = ctx.now_us + EXPIRE_AGAIN_US
        failed, self.writing = self.writing, deque()
        for batch in failed:
            self.new.update(dict.fromkeys(batch.opened))
        if isinstance(first, Refused) and first.code == STALE:
            self.doubted = True
            for batch in reversed(failed):
                self.waiting.extendleft(reversed(batch.items))
            return
        for batch in failed:
            for _, asker in batch.items:
                ctx.reply(first, to=asker)
        if isinstance(first, Refused):
            ctx.stop(reason=FENCED)

    def _watch_expiries(self, ctx: Context) -> None:
        first_us = self._expire_us
        if first_us is not None:
            ctx.after(max(0, first_us - ctx.now_us), ExpireDue(), key="expire")

    @property
    def _expire_us(self) -> int | None:
        """When to release what is over, when nobody sends anything."""
        first_us = self.book.first_expiry_us
        return None if first_us is None else max(first_us, self.not_before_us)


def _touched(
    book: Book, expired: tuple[Entry, ...], made: list[Decision]
) -> tuple[tuple[Pair, Balance], ...]:
    pairs: dict[Pair, None] = {}
    for entry in chain(expired, *(decision.entries for decision in made)):
        transfer = entry.transfer
        pairs[transfer.debit, transfer.asset] = None
        pairs[transfer.credit, transfer.asset] = None
    balances = ((pair, book.balances[pair]) for pair in pairs)
    return tuple((pair, Balance(b.posted, b.pending_out, b.pending_in)) for pair, b in balances)
