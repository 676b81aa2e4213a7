"""Spaces' money: tickets are sold once and all given back, microphones cost their time."""

from __future__ import annotations

from actors.booth.commands import MICROPHONE, SEAT_BACK, SEAT_SOLD
from actors.ledger.accounts import user_main
from actors.ledger.book import Decision, Entry
from actors.money.commands import SEAT, TOKEN, seat_account
from actors.space.microphones.credit import cost
from actors.store_hall import Usage
from engine.cell import Cell
from sim.checkers.base import Checker, Checks


class SpaceTicketsAreHonest(Checker):
    """Looks at each ticket as it is sold, and at the end at those that were called off."""

    name = "space_tickets_are_honest"
    sentence = (
        "A space sells no more tickets than it has, one a person, each at its price; called off, "
        "everybody has back exactly what they paid."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._seen = 0

    def every_step(self, cell: Cell) -> None:
        entries = self.scene.memory.ledger.entries
        new, self._seen = entries[self._seen :], len(entries)
        for entry in new:
            if entry.transfer.kind == SEAT_SOLD:
                self._look(entry, cell.address)

    def _look(self, entry: Entry, address: str) -> None:
        self.checked += 1
        memory, said = self.scene.memory, entry.transfer.details
        sale = memory.money.sales[said["sale"]]
        sold = memory.space_money.sold(sale.id)
        if sale.seats is not None and sold > sale.seats:
            self.fail(f"{sold} tickets of {sale.seats} are sold", address)
        held = memory.ledger.balances[seat_account(sale.id, said["account"]), SEAT].posted
        if held > 1:
            self.fail(f"{said['account']} has {held} tickets", address)

    def at_end(self) -> None:
        memory = self.scene.memory
        paid: dict[tuple[str, str], int] = {}
        for decision in memory.ledger.decisions.values():
            self._add_up(decision, paid)
        for (sale, account), tokens in paid.items():
            self.checked += 1
            row = memory.money.sales[sale]
            seat = memory.ledger.balances[seat_account(sale, account), SEAT].posted
            if seat > 0 and row.status == "cancelled":
                self.fail(f"{account} has a ticket of {sale}, which is called off")
            if seat == 0 and tokens != 0:
                self.fail(f"{account} has no ticket of {sale} and has paid {tokens}")

    def _add_up(self, decision: Decision, paid: dict[tuple[str, str], int]) -> None:
        """Add what a sale took from its buyer, or a refund gave back."""
        for entry in decision.entries:
            transfer = entry.transfer
            if transfer.kind not in (SEAT_SOLD, SEAT_BACK):
                continue
            seat = transfer.credit if transfer.kind == SEAT_SOLD else transfer.debit
            _, sale, account = seat.split(":", 2)
            main = user_main(account)
            moved = 0
            for other in decision.entries:
                if other.transfer.kind == "purchase":
                    continue  # Money from outside bought them first.
                if other.transfer.asset == TOKEN and main in (
                    other.transfer.debit, other.transfer.credit,
                ):  # fmt: skip
                    out = other.transfer.debit == main
                    moved += other.transfer.amount if out else -other.transfer.amount
            said = transfer.details
            if transfer.kind == SEAT_SOLD and moved != int(said["price"]):
                self.fail(f"{account} paid {moved} for a ticket of {said['price']}")
            paid[sale, account] = paid.get((sale, account), 0) + moved


class MicrophonesCostTheirTime(Checker):
    """Follows every charge, and compares with the uses on record."""

    name = "microphones_cost_their_time"
    sentence = (
        "Each unit of a paid use is charged once and at most its price; what a use has cost is "
        "what was paid for it, which is what its time comes to; and nobody has one unpaid."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._seen = 0
        self._paid: dict[tuple[str, int], int] = {}
        self._units: set[tuple[str, int, int]] = set()

    def every_step(self, cell: Cell) -> None:
        entries = self.scene.memory.ledger.entries
        new, self._seen = entries[self._seen :], len(entries)
        for entry in new:
            if entry.transfer.kind == MICROPHONE:
                self._charged(entry, cell.address)

    def _charged(self, entry: Entry, address: str) -> None:
        self.checked += 1
        said = entry.transfer.details
        use = said["microphone"], said["use"]
        unit = (*use, said["unit"])
        if unit in self._units:
            self.fail(f"unit {unit} is charged twice", address)
        self._units.add(unit)
        self._paid[use] = self._paid.get(use, 0) + int(said["amount"])

    def at_end(self) -> None:
        hall = self.scene.memory.hall
        uses = [use for space in hall.spaces() for use in hall.of(space, Usage)]
        for use in uses:
            if use.price_minor == 0:
                continue
            self.checked += 1
            paid = self._paid.pop((use.microphone_id, use.number), 0)
            if paid != use.cost_minor:
                self.fail(f"{paid} was paid for {use}")
            if use.duration_seconds is not None:
                if use.holds:
                    self.fail(f"{use} is over and not settled")
                elif paid != cost(use, use.duration_seconds):
                    self.fail(f"{use} cost {paid}, not {cost(use, use.duration_seconds)}")
        for use_key, tokens in self._paid.items():
            self.fail(f"{tokens} were paid for {use_key}, which is no use")
