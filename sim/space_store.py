"""What spaces sell, in memory: sales and shares, and what follows from the ledger's books."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from actors.booth.commands import SEAT_SOLD
from actors.booth.premium import PREMIUM, premium_ref
from actors.ledger.accounts import user_main
from actors.money.commands import SEAT, TOKEN
from actors.money.space_records import (
    BillingStats,
    BoothOpened,
    FindHeld,
    HeldTicket,
    ListUnreturned,
    OpenBooth,
    ReadBillingStats,
    ReadPremium,
    ReadSales,
    ReadSharing,
    SaleRow,
    SaleView,
    SaveSale,
    SaveSharing,
    Sharing,
)
from actors.space.premium import premium_until
from actors.space.space_id import SpaceId
from actors.store import FENCED
from engine.refusal import Refusal
from sim.ledger_store import LedgerBooks


class _Fenced(Refusal):
    code = FENCED


@dataclass(slots=True)
class SpaceMoneyBooks:
    """Sales by id, shares by space. Who holds a ticket is asked of `ledger`."""

    ledger: LedgerBooks
    epochs: dict[str, int]
    sales: dict[str, SaleRow]
    shares: dict[tuple[str, str], Sharing] = field(default_factory=dict)

    def answers(self) -> dict[type, Callable[[Any], Any]]:
        """Return what answers each request."""
        return {
            OpenBooth: self._open,
            SaveSale: self._save,
            ReadSales: self._read,
            FindHeld: self.held,
            ListUnreturned: self._unreturned,
            ReadSharing: lambda request: self.shares.get((request.space_type, request.space_id)),
            SaveSharing: self._save_sharing,
            ReadPremium: lambda request: self.premium_of(request.space_type, request.space_id),
            ReadBillingStats: self._stats,
        }

    def _open(self, request: OpenBooth) -> BoothOpened:
        epoch = self.epochs[request.actor] = self.epochs.get(request.actor, 0) + 1
        here = self.of(request.space_type, request.space_id)
        sales = tuple(row for row in here if row.status == "open" or self._owes(row))
        return BoothOpened(epoch=epoch, sales=sales)

    def of(self, space_type: str, space_id: str) -> list[SaleRow]:
        """Return a space's sales, oldest first."""
        rows = self.sales.values()
        here = [row for row in rows if (row.space_type, row.space_id) == (space_type, space_id)]
        return sorted(here, key=lambda row: (row.opened_at_us, row.id))

    def _owes(self, row: SaleRow) -> bool:
        return row.status == "cancelled" and self.sold(row.id) > 0

    def _save(self, request: SaveSale) -> None:
        if self.epochs.get(request.actor) != request.epoch:
            raise _Fenced(f"{request.actor} was activated again after epoch {request.epoch}")
        self.sales[request.row.id] = request.row

    def _read(self, request: ReadSales) -> tuple[SaleView, ...]:
        rows = self.of(request.space_type, request.space_id)[::-1]
        page = rows[request.offset : request.offset + request.limit]
        return tuple(SaleView(row=row, sold=self.sold(row.id)) for row in page)

    def _holders(self, sale: str) -> list[str]:
        prefix = f"seats:{sale}:"
        return [
            account.removeprefix(prefix)
            for (account, asset), balance in self.ledger.balances.items()
            if asset == SEAT
            and account.startswith(prefix)
            and not account.endswith(":.pool")
            and balance.posted > 0
        ]

    def sold(self, sale: str) -> int:
        """Return how many tickets of a sale are held."""
        return len(self._holders(sale))

    def tickets_of(self, space_type: str, space_id: str, account: str) -> tuple[str, ...]:
        """Return the types of valid tickets to a space that somebody was sold."""
        return tuple(
            row.ticket_type
            for row in self.of(space_type, space_id)
            if row.status == "open" and account in self._holders(row.id)
        )

    def held(self, request: FindHeld) -> tuple[HeldTicket, ...]:
        """Return the tickets of a sale that are held, oldest first."""
        holders = set(self._holders(request.sale))
        if request.account is not None:
            holders &= {request.account}
        newest: dict[str, tuple[int, HeldTicket]] = {}
        for decision in self.ledger.decisions.values():
            for entry in decision.entries:
                said = entry.transfer.details
                if entry.transfer.kind == SEAT_SOLD and said["sale"] == request.sale:
                    ticket = HeldTicket(
                        id=decision.command_id,
                        sale=request.sale,
                        account=said["account"],
                        price=int(said["price"]),
                        purchased_at_us=entry.at_us,
                    )
                    newest[said["account"]] = entry.sequence, ticket
        found = sorted(held for account, held in newest.items() if account in holders)
        return tuple(ticket for _, ticket in found[: request.limit])

    def _unreturned(self, request: ListUnreturned) -> tuple[tuple[str, str], ...]:
        spaces = {
            (row.space_type, row.space_id): None for row in self.sales.values() if self._owes(row)
        }
        return tuple(sorted(spaces))[: request.limit]

    def premium_of(self, space_type: str, space_id: str) -> int | None:
        """Return until when a space is premium."""
        ref = premium_ref(space_type, space_id)
        found = (entry for entry in self.ledger.entries if entry.transfer.ref == ref)
        return premium_until(entry.at_us for entry in found if entry.transfer.kind == PREMIUM)

    def give(self, space: SpaceId, owner: str) -> None:
        """Say whose a space is; it shares as by default."""
        self.shares[space.type, space.id] = Sharing(
            space_type=space.type, space_id=space.id, owner=owner, platform_bps=1_000,
            creator_bps=8_500,
        )  # fmt: skip

    def _save_sharing(self, request: SaveSharing) -> None:
        sharing = request.sharing
        self.shares[sharing.space_type, sharing.space_id] = sharing

    def _stats(self, request: ReadBillingStats) -> BillingStats:
        main, by = user_main(request.account), dict[str, list[int]]()
        spent, earned = [], []
        for entry in self.ledger.entries:
            transfer = entry.transfer
            if (
                transfer.asset != TOKEN
                or transfer.flag not in ("plain", "post")
                or entry.at_us < request.since_us
                or main not in (transfer.debit, transfer.credit)
            ):
                continue
            delta = -transfer.amount if transfer.debit == main else transfer.amount
            reason = reason_of(transfer.kind)
            by.setdefault(reason, []).append(delta)
            if delta < 0 and reason not in ("payout", "refund"):
                spent.append(-delta)
            elif delta > 0 and reason not in ("purchase", "refund"):
                earned.append(delta)
        return BillingStats(
            spent_count=len(spent),
            spent=sum(spent),
            earned_count=len(earned),
            earned=sum(earned),
            breakdown=tuple((name, len(by[name]), sum(by[name])) for name in sorted(by)),
        )


def reason_of(kind: str) -> str:
    """Return the reason by which billing_events shows transfers of a kind."""
    return "ppm" if kind.startswith("call") else kind.removesuffix("_share")
