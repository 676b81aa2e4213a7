"""The auditor: a second opinion on every balance, and on every word the ledger has given."""

from __future__ import annotations

from collections import defaultdict
from itertools import islice

from actors.ledger.accounts import floor
from actors.ledger.book import Decision, Entry, Pair
from actors.ledger.replay import HistoryDiffers, Replay, Row
from engine.actor import Address
from engine.cell import Cell
from sim.checkers.base import Checker, Checks


class BalancesAgree(Checker):
    """Adds up every row by itself, as soon as it is durable, and compares what it touched."""

    name = "balances_agree"
    sentence = (
        "Every balance is what its rows come to, nobody goes below their floor, each hold ends "
        "once and in time, and nothing is made or lost."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._posted: dict[Pair, int] = defaultdict(int)
        self._out: dict[Pair, int] = defaultdict(int)
        self._in: dict[Pair, int] = defaultdict(int)
        self._holds: dict[str, Entry] = {}
        self._rows = 0

    def every_step(self, cell: Cell) -> None:
        if self._rows != len(self.scene.memory.ledger.entries):
            self._catch_up(cell.address)

    def _catch_up(self, address: Address) -> None:
        entries = self.scene.memory.ledger.entries
        touched: dict[Pair, None] = {}
        for entry in entries[self._rows :]:
            self._take(entry, touched)
        self._rows = len(entries)
        self._compare(touched, address)

    def at_end(self) -> None:
        self.checked += 1
        self._catch_up("")
        books = self.scene.memory.ledger
        self._compare(dict.fromkeys(books.balances), "")
        for asset in {pair[1] for pair in self._posted}:
            made = sum(v for pair, v in self._posted.items() if pair[1] == asset)
            if made:
                self.fail(f"{made} {asset} came out of nothing")
        if self._holds.keys() != books.pendings.keys():
            self.fail(f"holds are {sorted(self._holds)}, the store has {sorted(books.pendings)}")

    def _take(self, entry: Entry, touched: dict[Pair, None]) -> None:
        transfer = entry.transfer
        debit, credit = (transfer.debit, transfer.asset), (transfer.credit, transfer.asset)
        touched |= {debit: None, credit: None}
        moved = transfer.amount if transfer.flag in ("plain", "post") else 0
        reserved = transfer.amount if transfer.flag == "pending" else 0
        if transfer.flag == "pending":
            self._holds[transfer.id] = entry
        elif transfer.pending_id is not None:
            hold = self._holds.pop(transfer.pending_id, None)
            if hold is None:
                self.fail(f"row {entry.sequence} ends a hold that is not there")
                return
            reserved = -hold.transfer.amount
            until_us = hold.expires_us
            over = until_us is not None and entry.at_us >= until_us
            if moved > hold.transfer.amount or over != (transfer.flag == "expire"):
                self.fail(f"row {entry.sequence} ends {hold} wrongly")
        self._posted[debit] -= moved
        self._posted[credit] += moved
        self._out[debit] += reserved
        self._in[credit] += reserved

    def _compare(self, pairs: dict[Pair, None], address: Address) -> None:
        books = self.scene.memory.ledger
        for pair in pairs:
            self.checked += 1
            stands = books.balances[pair]
            ours = (self._posted[pair], self._out[pair], self._in[pair])
            limit = floor(pair[0])
            if (stands.posted, stands.pending_out, stands.pending_in) != ours:
                self.fail(f"{pair} is {stands}, its rows come to {ours}", address)
            elif limit is not None and ours[0] - ours[1] < limit:
                self.fail(f"{pair} is below its floor: {ours}", address)


class HistoryStays(Checker):
    """Keeps every row as it first saw it."""

    name = "history_stays"
    sentence = "The ledger's rows never change or vanish, and are counted without a gap."

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._rows: list[Entry] = []

    def every_step(self, cell: Cell) -> None:
        entries = self.scene.memory.ledger.entries
        for entry in entries[len(self._rows) :]:
            self.checked += 1
            if entry.sequence != len(self._rows) + 1:
                self.fail(f"row {len(self._rows) + 1} is numbered {entry.sequence}", cell.address)
            if self._rows and entry.at_us < self._rows[-1].at_us:
                self.fail(f"row {entry.sequence} is earlier than the one before", cell.address)
            self._rows.append(entry)
        if len(entries) < len(self._rows):
            self.fail(f"{len(self._rows)} rows were there, now {len(entries)}", cell.address)

    def at_end(self) -> None:
        self.checked += 1
        for was, stands in zip(self._rows, self.scene.memory.ledger.entries, strict=False):
            if was is not stands and was != stands:
                self.fail(f"row {was.sequence} was {was} and is {stands}")


class HistoryFollows(Checker):
    """Carries out every command again, from its rows, as soon as they are durable."""

    name = "history_follows"
    sentence = (
        "Told again from zero, every row follows from those before it: groups whole, each in its "
        "own asset, amounts whole, to the last field."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._replay = Replay()
        self._batches = 0
        self._decided: dict[int, Decision] = {}
        self._decisions = 0
        self._broken = False

    def every_step(self, cell: Cell) -> None:
        books = self.scene.memory.ledger
        if self._batches != len(books.batches) and not self._broken:
            self._catch_up(cell.address)

    def at_end(self) -> None:
        books = self.scene.memory.ledger
        for pair, balance in self._replay.balances.items():
            self.checked += 1
            if balance != books.balances[pair]:
                self.fail(f"{pair} is {books.balances[pair]}, told again {balance}")

    def _catch_up(self, address: Address) -> None:
        books = self.scene.memory.ledger
        new = len(books.decisions) - self._decisions
        self._decisions += new
        for decision in islice(reversed(books.decisions.values()), new):
            self._decided |= {entry.sequence: decision for entry in decision.entries}
        batches, self._batches = books.batches[self._batches :], len(books.batches)
        try:
            for first, last in batches:
                self.checked += 1
                self._replay.batch([self._row(entry) for entry in books.entries[first - 1 : last]])
        except HistoryDiffers as differs:
            self._broken = True
            self.fail(str(differs), address)

    def _row(self, entry: Entry) -> Row:
        decision = self._decided.pop(entry.sequence, None)
        if decision is None:
            return Row(entry=entry, command_id=None, digest=None)
        return Row(entry=entry, command_id=decision.command_id, digest=decision.digest)


class PaidAsTold(Checker):
    """Compares what payers were told with what is in the books, and lets nobody wait for ever."""

    name = "paid_as_told"
    sentence = "Every payment is decided once; who asks again is told the same, and it is so."

    def at_end(self) -> None:
        decisions = self.scene.memory.ledger.decisions
        for payer in self.scene.payers():
            where = f"payer:{payer.part.name}"
            if payer.wrong:
                self.fail(f"{payer.part.name}: {payer.wrong[0]}", where)
            for number, command in enumerate(payer.sent):
                self.checked += 1
                decision = decisions.get(command.id)
                told = payer.told.get(number)
                if decision is None or told is None:
                    self.fail(f"{payer.part.name} still waits for payment {number}", where)
                    continue
                stands = "ok" if decision.refused is None else decision.refused.code
                answer = payer.answers.get(number)
                if told != stands or (answer and answer.entries != decision.entries):
                    text = f"{payer.part.name} was told {told} of {number}, it is {stands}"
                    self.fail(text, where)
