"""Statements and seals over the ledger's books in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from actors.ledger.accounts import floor
from actors.ledger.book import Balance, Entry, Pair
from actors.ledger.messages import (
    Audited,
    AuditLedger,
    CheckSeals,
    Differing,
    ReadStatement,
    SealsChecked,
)
from actors.ledger.seals import FIRST_SEAL, leaf, seal_of
from actors.ledger.statements import Line, Statement


def statement_of(entries: Sequence[Entry], request: ReadStatement) -> Statement:
    """Return a statement over the books' rows."""
    until_us = request.until_us
    if request.to_the_last and entries:
        until_us = max(until_us, entries[-1].at_us + 1)
    opening = balance = 0
    lines: list[Line] = []
    more = False
    for entry in entries:
        if entry.at_us >= until_us:
            break
        line = _line(entry, request.account, request.asset)
        if line is None:
            continue
        if entry.at_us < request.from_us or entry.sequence <= request.after:
            opening = balance = line.balance
        elif len(lines) == request.lines_max:
            more = True
            break
        else:
            lines.append(line)
            balance = line.balance
    return Statement(
        account=request.account,
        asset=request.asset,
        from_us=request.from_us,
        until_us=until_us,
        opening=opening,
        lines=tuple(lines),
        closing=balance,
        next_after=lines[-1].sequence if more else None,
    )


def _line(entry: Entry, account: str, asset: str) -> Line | None:
    transfer = entry.transfer
    if account not in (transfer.debit, transfer.credit) or transfer.asset != asset:
        return None
    if transfer.flag not in ("plain", "post"):
        return None
    out = transfer.debit == account
    return Line(
        sequence=entry.sequence,
        at_us=entry.at_us,
        id=transfer.id,
        command_id=None,
        kind=transfer.kind,
        ref=transfer.ref,
        counterparty=transfer.credit if out else transfer.debit,
        amount=-transfer.amount if out else transfer.amount,
        balance=entry.debit_posted if out else entry.credit_posted,
        details=transfer.details,
    )


class SecondSums:
    """Balances added up from the rows, apart from those that the store keeps."""

    def __init__(self) -> None:
        self.sequence = 0
        self._sums: dict[Pair, list[int]] = defaultdict(lambda: [0, 0, 0])
        self._held: dict[str, int] = {}

    def audit(
        self, request: AuditLedger, entries: list[Entry], balances: dict[Pair, Balance]
    ) -> Audited:
        """Take the next rows, and compare when that is all."""
        for entry in entries[self.sequence : self.sequence + request.rows_max]:
            self._take(entry)
            self.sequence = entry.sequence
        behind = len(entries) - self.sequence
        if behind or not request.compare:
            return Audited(sequence=self.sequence, behind=behind)
        assets = {asset for _, asset in self._sums}
        return Audited(
            sequence=self.sequence,
            behind=0,
            compared=True,
            differing=tuple(self._differing(balances)),
            unbalanced=tuple(sorted(asset for asset in assets if self._unbalanced(asset))),
        )

    def _take(self, entry: Entry) -> None:
        transfer = entry.transfer
        moved = transfer.amount if transfer.flag in ("plain", "post") else 0
        held = 0
        if transfer.flag == "pending":
            held = self._held[transfer.id] = transfer.amount
        elif transfer.pending_id is not None:
            held = -self._held.pop(transfer.pending_id)
        debit = self._sums[transfer.debit, transfer.asset]
        credit = self._sums[transfer.credit, transfer.asset]
        debit[0] -= moved
        debit[1] += held
        credit[0] += moved
        credit[2] += held

    def _differing(self, balances: dict[Pair, Balance]) -> Iterator[Differing]:
        for pair in sorted({*balances, *self._sums}):
            stands, should = balances.get(pair, Balance()), Balance(*self._sums[pair])
            limit = floor(pair[0])
            if stands != should or (limit is not None and stands.available < limit):
                yield Differing(
                    account=pair[0], asset=pair[1], stands=replace(stands), should=should
                )

    def _unbalanced(self, asset: str) -> bool:
        sums = [each for pair, each in self._sums.items() if pair[1] == asset]
        out, into = sum(each[1] for each in sums), sum(each[2] for each in sums)
        return sum(each[0] for each in sums) != 0 or out != into


class Seals:
    """A chain over whole batches; the rows' texts are their bytes."""

    def __init__(self) -> None:
        self.seals: list[tuple[int, bytes]] = []

    @property
    def last(self) -> tuple[int, bytes]:
        """The last sealed sequence and its seal."""
        return self.seals[-1] if self.seals else (0, FIRST_SEAL)

    def add(self, entries: list[Entry]) -> None:
        """Seal the next batch."""
        self.seals.append((entries[-1].sequence, _seal(self.last[1], entries)))

    def check(
        self, request: CheckSeals, entries: list[Entry], batches: list[tuple[int, int]]
    ) -> SealsChecked:
        """Compare the next sealed batches with their rows."""
        chain = dict([(0, FIRST_SEAL), *self.seals])
        after, previous = request.after, chain[request.after]
        todo = [each for each in batches if after < each[1] <= self.last[0]]
        for first, last in todo[: request.batches_max]:
            if _seal(previous, entries[first - 1 : last]) != chain[last]:
                damage = f"row {first} to {last}: not what was sealed"
                return SealsChecked(last_sequence=after, done=True, damage=damage)
            after, previous = last, chain[last]
        return SealsChecked(last_sequence=after, done=not todo)


def _seal(previous: bytes, entries: list[Entry]) -> bytes:
    leaves = [leaf(repr(entry).encode()) for entry in entries]
    return seal_of(previous, entries[-1].sequence, leaves)
