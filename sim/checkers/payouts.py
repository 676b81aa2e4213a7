"""Cash-outs: paid once, by others; what still waits makes nobody a debtor."""

from __future__ import annotations

from actors.ledger.book import Balance, Entry
from engine.actor import Address
from engine.cell import Cell
from sim.checkers.base import Checker, Checks


class PayoutsArePaidOnce(Checker):
    """Looks at each row that pays out, or takes what somebody no longer has."""

    name = "payouts_are_paid_once"
    sentence = (
        "A payout is paid once, and approved by as many others as it needs; a refund makes no "
        "debt of what still waits."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._seen = 0
        self._paid: set[str] = set()

    def every_step(self, cell: Cell) -> None:
        entries = self.scene.memory.ledger.entries
        new, self._seen = entries[self._seen :], len(entries)
        for entry in new:
            transfer = entry.transfer
            if transfer.kind == "payout" and transfer.flag == "post":
                self._paid_out(transfer.ref.removeprefix("payout:"), cell.address)
            elif transfer.debit.endswith(":debt"):
                self._lent(entry, cell.address)

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

    def _lent(self, entry: Entry, address: Address) -> None:
        self.checked += 1
        transfer = entry.transfer
        sale = transfer.details.get("ticket")
        if sale is None:
            return
        waiting = transfer.debit.removesuffix("debt") + f"escrow/{sale}"
        stands = self.scene.memory.ledger.balances.get((waiting, transfer.asset), Balance())
        if stands.posted:
            self.fail(f"row {entry.sequence} makes a debt and {waiting} has {stands}", address)
