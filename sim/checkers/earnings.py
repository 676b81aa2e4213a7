"""Earnings: what a sale brought waits, is released or is given back; paid out once, by others."""

from __future__ import annotations

from collections import defaultdict

from actors.ledger.book import Balance, Entry
from actors.money.policy import Product
from engine.actor import Address
from engine.cell import Cell
from sim.checkers.base import Checker, Checks

RELEASED: dict[str, Product] = {"tip_release": "tip", "ticket_release": "stream"}
"""The policy by which each kind of release waits."""

STREAM = "stream:"


class EarningsAreInOnePlace(Checker):
    """Follows each row into and out of escrow, debts and payouts, as soon as it is durable."""

    name = "earnings_are_in_one_place"
    sentence = (
        "What a sale earned is released or given back once, and not before its time; a refund "
        "makes no debt of what still waits, and no debt is paid twice; a payout is paid once, "
        "and approved by as many others as it needs."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._seen = 0
        self._waits: dict[str, int] = defaultdict(int)
        self._since_us: dict[str, int] = {}
        self._owed: dict[str, int] = defaultdict(int)
        self._paid: set[str] = set()

    def every_step(self, cell: Cell) -> None:
        entries = self.scene.memory.ledger.entries
        new, self._seen = entries[self._seen :], len(entries)
        for entry in new:
            if entry.transfer.flag in ("plain", "post"):
                self._take(entry, cell.address)

    def at_end(self) -> None:
        books = self.scene.memory.ledger
        for (account, _asset), balance in books.balances.items():
            if ":escrow/" in account and balance.posted != self._waits[account]:
                self.fail(f"{account} has {balance.posted}, its rows come to {self._waits}")

    def _take(self, entry: Entry, address: Address) -> None:
        transfer = entry.transfer
        if ":escrow/" in transfer.credit:
            self._waits[transfer.credit] += transfer.amount
            self._since_us.setdefault(transfer.credit, entry.at_us)
        if ":escrow/" in transfer.debit:
            self.checked += 1
            self._waits[transfer.debit] -= transfer.amount
            if self._waits[transfer.debit] < 0:
                self.fail(f"more has left {transfer.debit} than came", address)
            if transfer.kind in RELEASED:
                self._released(entry, address)
        if transfer.debit.endswith(":debt"):
            self._lent(entry, address)
        if transfer.credit.endswith(":debt"):
            self._owed[transfer.credit] -= transfer.amount
            if self._owed[transfer.credit] < 0:
                self.fail(f"more was recovered than {transfer.credit} owed", address)
        if transfer.kind == "payout" and transfer.flag == "post":
            self._paid_out(transfer.ref.removeprefix("payout:"), address)

    def _released(self, entry: Entry, address: Address) -> None:
        transfer, streams = entry.transfer, self.scene.memory.money.streams
        policy = self.scene.policy.money.products[RELEASED[transfer.kind]]
        from_us: int | None = self._since_us[transfer.debit]
        if transfer.ref.startswith(STREAM):
            from_us = streams[transfer.ref.removeprefix(STREAM)].ended_at_us
        if from_us is None or entry.at_us < from_us + policy.release_us:
            self.fail(f"row {entry.sequence} is released before its time", address)

    def _lent(self, entry: Entry, address: Address) -> None:
        """A refund took what its payee no longer has."""
        self.checked += 1
        transfer = entry.transfer
        self._owed[transfer.debit] += transfer.amount
        sale = transfer.details.get("ticket")
        if sale is None:
            return
        waiting = transfer.debit.removesuffix("debt") + f"escrow/{sale}"
        stands = self.scene.memory.ledger.balances.get((waiting, transfer.asset), Balance())
        if stands.posted:
            self.fail(f"row {entry.sequence} makes a debt and {waiting} has {stands}", address)

    def _paid_out(self, payout: str, address: Address) -> None:
        self.checked += 1
        row = self.scene.memory.money._payout(payout)
        if row is None or payout in self._paid:
            self.fail(f"payout {payout} is paid twice, or nobody asked for it", address)
            return
        self._paid.add(payout)
        others = set(row.approvals) - {row.payout.account}
        if len(others) < row.payout.approvals_needed:
            self.fail(f"payout {payout} is paid, and approved by {sorted(others)} only", address)
