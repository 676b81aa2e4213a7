"""Statements and seals over the ledger's books in memory."""

from __future__ import annotations

from collections.abc import Iterable

from actors.ledger.book import Entry
from actors.ledger.messages import ReadStatement
from actors.ledger.seals import FIRST_SEAL, leaf, seal_of
from actors.ledger.statements import Line, Statement


def statement_of(entries: Iterable[Entry], request: ReadStatement) -> Statement:
    """Return a statement over the books' rows."""
    opening = balance = 0
    lines: list[Line] = []
    more = False
    for entry in entries:
        if entry.at_us >= request.until_us:
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
        until_us=request.until_us,
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
        leaves = [leaf(repr(entry).encode()) for entry in entries]
        sequence = entries[-1].sequence
        self.seals.append((sequence, seal_of(self.last[1], sequence, leaves)))
