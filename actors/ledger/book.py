"""The ledger's rule, pure: which commands are admitted, and what that does to balances.

The writer keeps a `Book` of the accounts it has met and admits by it; the store keeps the balances
of record and compares.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final

from actors.ledger.accounts import floor
from actors.ledger.refusals import (
    AccountFrozen,
    ExceedsPending,
    IdempotencyConflict,
    InsufficientFunds,
    PendingNotFound,
    PendingResolved,
    TransferExists,
)
from actors.ledger.transfer import Command, Transfer, derived_id
from engine.refusal import Refusal, Refused

Pair = tuple[str, str]
"""(account, asset)"""


@dataclass(slots=True)
class Balance:
    """One account in one asset, minor units.

    Attributes:
        posted: credits minus debits, for good.
        pending_out: reserved by pending transfers out of it.
        pending_in: promised by pending transfers into it.
    """

    posted: int = 0
    pending_out: int = 0
    pending_in: int = 0

    @property
    def available(self) -> int:
        return self.posted - self.pending_out


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePending:
    """A pending transfer that nothing has resolved yet."""

    id: str
    kind: str
    debit: str
    credit: str
    asset: str
    amount: int
    expires_us: int | None
    ref: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A transfer as it stands in the ledger.

    `sequence` counts all entries from 1 without a gap. `released` is what a resolution sets free of
    its pending. The balances are those right after it: posted, minor units.
    """

    sequence: int
    at_us: int
    transfer: Transfer
    released: int
    expires_us: int | None
    debit_posted: int
    credit_posted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What became of a command: entries, or the refusal that stands for ever."""

    command_id: str
    digest: bytes
    refused: Refused | None
    entries: tuple[Entry, ...]


Undo = Callable[[], object]
Expiry = tuple[int, str]
"""When, and which pending."""

EXPIRY_NAMESPACE: Final = "expiry"


class Book:
    """Balances, live pendings and answers. Every change can be undone until it is durable."""

    def __init__(self) -> None:
        self.balances: dict[Pair, Balance] = {}
        self.pendings: dict[str, LivePending] = {}
        self.decisions: dict[str, Decision] = {}
        self.frozen: set[str] = set()
        self.sequence = 0
        self.at_us = 0
        self.used: set[str] = set()
        """Transfer ids that are known to be taken, as far as commands under way name them."""
        self._expiries: list[Expiry] = []
        self._expiring: set[Expiry] = set()  # The same, so that each is there once.
        self._undo: list[Undo] = []

    def __repr__(self) -> str:
        return f"<Book {len(self.balances)} balances, {len(self.pendings)} pending>"

    def learn_pending(self, pending: LivePending) -> None:
        """Take a live pending that the store knows."""
        self.pendings[pending.id] = pending
        if pending.expires_us is not None:
            self._expect((pending.expires_us, pending.id))

    def _expect(self, expiry: Expiry) -> None:
        if expiry not in self._expiring:
            self._expiring.add(expiry)
            heapq.heappush(self._expiries, expiry)

    def _next_expiry(self) -> Expiry:
        expiry = heapq.heappop(self._expiries)
        self._expiring.remove(expiry)
        return expiry

    def expire(self, now_us: int) -> list[Entry]:
        """Release every pending whose time is over; return the entries that say so."""
        self._advance(now_us)
        entries = []
        while self._expiries and self._expiries[0][0] <= self.at_us:
            due = self._next_expiry()
            self._undo.append(partial(self._expect, due))
            pending_id = due[1]
            pending = self.pendings.get(pending_id)
            if pending is None or pending.expires_us != due[0]:
                continue  # Resolved, or undone and made again later.
            transfer = Transfer(
                id=derived_id(pending_id, EXPIRY_NAMESPACE),
                kind=pending.kind,
                debit=pending.debit,
                credit=pending.credit,
                asset=pending.asset,
                amount=pending.amount,
                flag="expire",
                pending_id=pending_id,
                ref=pending.ref,
            )
            entries.append(self._resolve(transfer, pending, posts=0))
        return entries

    def admit(self, command: Command, now_us: int) -> Decision:
        """Carry a command out, or say why not; call `expire` for this moment first.

        Every account it touches must be known. The same command again gets the same decision.

        Raises:
            IdempotencyConflict: its id belongs to another command; nothing is kept of this one.
        """
        self._advance(now_us)
        known = self.decisions.get(command.id)
        digest = command.digest
        if known is not None:
            if known.digest != digest:
                raise IdempotencyConflict(
                    "this id was used before, for something else; take a new one", field="id"
                )
            return known
        mark = len(self._undo)
        entries: list[Entry] = []
        refused = None
        try:
            entries.extend(self._carry_out(transfer) for transfer in command.transfers)
        except Refusal as refusal:
            refused = refusal.value()
            entries = []
            self._undo_to(mark)
        decision = Decision(
            command_id=command.id, digest=digest, refused=refused, entries=tuple(entries)
        )
        self.decisions[command.id] = decision
        self._undo.append(partial(self.decisions.__delitem__, command.id))
        return decision

    @property
    def undo_length(self) -> int:
        """How much there is to undo now; `commit` takes it as its mark."""
        return len(self._undo)

    def commit(self, mark: int) -> None:
        """Everything up to a mark is durable."""
        del self._undo[:mark]
        if not self._undo:
            self.used.clear()

    def rollback(self) -> None:
        """Nothing since the last commit has happened."""
        self._undo_to(0)
        self.used.clear()

    def forget(self, *, decisions: int, balances: int) -> None:
        """Keep only so many of the newest in memory, after a commit; the store has them all."""
        # One walk: a dict's first key is found behind everything that was deleted before it.
        for old in list(islice(self.decisions, max(0, len(self.decisions) - decisions))):
            del self.decisions[old]
        if len(self.balances) > balances:
            held = {
                (account, pending.asset)
                for pending in self.pendings.values()
                for account in (pending.debit, pending.credit)
            }
            self.balances = {pair: self.balances[pair] for pair in held}

    @property
    def first_expiry_us(self) -> int | None:
        """When the next pending's time is over."""
        while self._expiries:
            due_us, pending_id = self._expiries[0]
            pending = self.pendings.get(pending_id)
            if pending is not None and pending.expires_us == due_us:
                return due_us
            self._next_expiry()
        return None

    def _advance(self, now_us: int) -> None:
        if now_us > self.at_us:
            before = self.at_us
            self.at_us = now_us
            self._undo.append(partial(setattr, self, "at_us", before))

    def _undo_to(self, mark: int) -> None:
        while len(self._undo) > mark:
            self._undo.pop()()

    def _carry_out(self, transfer: Transfer) -> Entry:
        for account in (transfer.debit, transfer.credit):
            if account in self.frozen:
                raise AccountFrozen(
                    f"{account} is frozen until an operator has looked at it", account=account
                )
        if transfer.id in self.used or transfer.id in self.pendings:
            raise TransferExists("a transfer's id was used before", field="id")
        if transfer.flag == "plain":
            self._reserve_check(transfer)
            return self._enter(transfer, out=-transfer.amount, into=transfer.amount)
        if transfer.flag == "pending":
            self._reserve_check(transfer)
            return self._hold(transfer)
        return self._settle(transfer)

    def _reserve_check(self, transfer: Transfer) -> None:
        limit = floor(transfer.debit)
        balance = self.balances[transfer.debit, transfer.asset]
        if limit is not None and balance.available - transfer.amount < limit:
            raise InsufficientFunds(
                f"{transfer.amount} {transfer.asset} are needed; {balance.available} are there",
                account=transfer.debit,
                asset=transfer.asset,
                required=str(transfer.amount),
                available=str(balance.available),
            )

    def _settle(self, transfer: Transfer) -> Entry:
        assert transfer.pending_id is not None
        pending = self.pendings.get(transfer.pending_id)
        if pending is None:
            raise PendingResolved(
                "what was reserved is no longer: it was taken, released or has expired",
                field="pending_id",
            )
        between = (pending.debit, pending.credit, pending.asset)
        if between != (transfer.debit, transfer.credit, transfer.asset):
            raise PendingNotFound(
                "the pending transfer is between other accounts", field="pending_id"
            )
        if transfer.amount > pending.amount:
            raise ExceedsPending(
                f"at most the {pending.amount} that are reserved can be taken", field="amount"
            )
        return self._resolve(
            transfer, pending, posts=transfer.amount if transfer.flag == "post" else 0
        )

    def _hold(self, transfer: Transfer) -> Entry:
        expires_us = None if transfer.timeout_us is None else self.at_us + transfer.timeout_us
        self.learn_pending(
            LivePending(
                id=transfer.id,
                kind=transfer.kind,
                debit=transfer.debit,
                credit=transfer.credit,
                asset=transfer.asset,
                amount=transfer.amount,
                expires_us=expires_us,
                ref=transfer.ref,
            )
        )
        self._undo.append(partial(self.pendings.__delitem__, transfer.id))
        return self._enter(transfer, held=transfer.amount, expires_us=expires_us)

    def _resolve(self, transfer: Transfer, pending: LivePending, *, posts: int) -> Entry:
        del self.pendings[pending.id]
        # Undone, it must expire again: its place in the queue may have been given up meanwhile.
        self._undo.append(partial(self.learn_pending, pending))
        return self._enter(
            transfer, out=-posts, into=posts, held=-pending.amount, released=pending.amount
        )

    def _enter(
        self,
        transfer: Transfer,
        *,
        out: int = 0,
        into: int = 0,
        held: int = 0,
        released: int = 0,
        expires_us: int | None = None,
    ) -> Entry:
        debit = self.balances[transfer.debit, transfer.asset]
        credit = self.balances[transfer.credit, transfer.asset]
        debit.posted += out
        debit.pending_out += held
        credit.posted += into
        credit.pending_in += held
        self.sequence += 1
        self.used.add(transfer.id)

        def undo() -> None:
            debit.posted -= out
            debit.pending_out -= held
            credit.posted -= into
            credit.pending_in -= held
            self.sequence -= 1
            self.used.discard(transfer.id)

        self._undo.append(undo)
        return Entry(
            sequence=self.sequence,
            at_us=self.at_us,
            transfer=transfer,
            released=released,
            expires_us=expires_us,
            debit_posted=debit.posted,
            credit_posted=credit.posted,
        )
