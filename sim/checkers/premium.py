"""Premium for spaces: paid for in full, had once for each payment, and shown for no longer."""

from __future__ import annotations

from actors.booth.premium import PREMIUM
from actors.ledger.book import Entry
from actors.space.actor import Space
from actors.space.premium import PERIOD_US
from engine.cell import Cell
from sim.checkers.base import Checker, Checks


class PremiumIsPaidFor(Checker):
    """Counts each space's payments by itself, and compares with what the space goes by."""

    name = "premium_is_paid_for"
    sentence = (
        "Each month of premium is paid for at its price, once; a space is premium for as many "
        "months as were paid, and no longer."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._seen = 0
        self._until_us: dict[tuple[str, str], int] = {}

    def every_step(self, cell: Cell) -> None:
        entries = self.scene.memory.ledger.entries
        new, self._seen = entries[self._seen :], len(entries)
        for entry in new:
            if entry.transfer.kind == PREMIUM:
                self._paid(entry, cell.address)
        if isinstance(cell.actor, Space) and self._until_us:
            self._shown(cell.actor, cell.address)

    def _paid(self, entry: Entry, address: str) -> None:
        self.checked += 1
        paid, said = entry.transfer, entry.transfer.details
        price = self.scene.policy.money.premium.price
        if paid.amount < price or paid.asset != "TOK" or paid.credit != "platform:revenue":
            self.fail(f"a month is had for {paid.amount} {paid.asset} of {price}", address)
        space = said["space_type"], said["space_id"]
        self._until_us[space] = max(self._until_us.get(space, 0), entry.at_us) + PERIOD_US

    def _shown(self, space: Space, address: str) -> None:
        self.checked += 1
        id_ = space.state.space
        until_us = self._until_us.get((id_.type, id_.id), 0)
        if (space.state.premium_until_us or 0) > until_us:
            over_us = (space.state.premium_until_us or 0) - until_us
            self.fail(f"{id_} is premium for {over_us} us that nobody paid", address)

    def at_end(self) -> None:
        for (type_, id_), until_us in self._until_us.items():
            self.checked += 1
            had_us = self.scene.memory.space_money.premium_of(type_, id_)
            if had_us != until_us:
                self.fail(f"{type_}/{id_} is premium until {had_us}, paid until {until_us}")
