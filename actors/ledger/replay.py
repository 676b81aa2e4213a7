"""The ledger once more from zero: every row must follow from the commands before it.

Commands are made again from their rows and admitted by a fresh book at the times they were. What
comes out must be the rows, field by field; the first one that differs is named.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from actors.ledger.book import Balance, Book, Entry, Pair
from actors.ledger.transfer import Command
from engine.refusal import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An entry as the store has it, and the command it belongs to; None: the ledger's own."""

    entry: Entry
    command_id: str | None
    digest: bytes | None


class HistoryDiffers(Exception):
    """A row is not what follows from those before it.

    Attributes:
        sequence: the first such row.
    """

    def __init__(self, sequence: int, text: str) -> None:
        super().__init__(f"row {sequence}: {text}")
        self.sequence = sequence


class Replay:
    """Takes all rows in order, a batch at a time; `balances` is then what they come to."""

    def __init__(self) -> None:
        self._book = Book()

    @property
    def balances(self) -> dict[Pair, Balance]:
        """Every account that the rows touch, with what they come to."""
        return self._book.balances

    @property
    def sequence(self) -> int:
        """The last row taken."""
        return self._book.sequence

    @property
    def pendings(self) -> list[str]:
        """Ids of the pendings that no row has resolved, in their order."""
        return list(self._book.pendings)

    def batch(self, rows: Iterable[Row]) -> None:
        """Take the rows of one whole batch, which all bear its time.

        Raises:
            HistoryDiffers: names the first row that is not what it should be.
        """
        groups: list[list[Row]] = []
        for row in rows:
            transfer = row.entry.transfer
            for name in (transfer.debit, transfer.credit):
                self._book.balances.setdefault((name, transfer.asset), Balance())
            if groups and row.command_id == groups[-1][0].command_id:
                groups[-1].append(row)
            else:
                groups.append([row])
        if not groups:
            return
        at_us = groups[0][0].entry.at_us
        expired = self._book.expire(at_us)
        stands = [row.entry for row in groups.pop(0)] if groups[0][0].command_id is None else []
        self._compare(expired, stands)
        for group in groups:
            self._admit(group, at_us)
        self._book.commit(self._book.undo_length)
        self._book.forget(decisions=0, balances=len(self._book.balances))

    def _admit(self, group: list[Row], at_us: int) -> None:
        first = group[0]
        sequence = first.entry.sequence
        if first.command_id is None:
            raise HistoryDiffers(sequence, "it belongs to no command and is no expiry that is due")
        transfers = tuple(row.entry.transfer for row in group)
        try:
            command = Command(id=first.command_id, transfers=transfers)
            decision = self._book.admit(command, at_us)
        except Refusal as refusal:
            raise HistoryDiffers(sequence, refusal.text) from None
        if command.digest != first.digest:
            which = f"command {first.command_id}"
            raise HistoryDiffers(sequence, f"{which} said something else when it was accepted")
        if decision.refused is not None:
            raise HistoryDiffers(sequence, f"it could not happen: {decision.refused.text}")
        self._compare(list(decision.entries), [row.entry for row in group])

    def _compare(self, made: list[Entry], stands: list[Entry]) -> None:
        for ours, theirs in zip(made, stands, strict=False):
            if ours != theirs:
                raise HistoryDiffers(theirs.sequence, _difference(ours, theirs))
        if len(made) > len(stands):
            raise HistoryDiffers(made[len(stands)].sequence, "a row is missing here")
        if len(made) < len(stands):
            raise HistoryDiffers(stands[len(made)].sequence, "nothing expired at that time")


def _difference(ours: Entry, theirs: Entry) -> str:
    for field in fields(Entry):
        should, stands = getattr(ours, field.name), getattr(theirs, field.name)
        if should != stands:
            return f"{field.name} is {stands!r} and should be {should!r}"
    return "it differs"
