"""What spaces sell, beside the ledger: the store's requests and rows.

Who holds a ticket is the ledger's to say; a sale says for what, at which price, and whether it
still counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

SaleStatus = Literal["open", "ended", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleRow:
    """Tickets of one type to a space (table space_ticket_sales).

    Attributes:
        price: of one, tokens.
        seats: None: as many as want to.
        payee: who gets the creator's share; None where the space belongs to nobody.
        status: open: its tickets are valid; ended: they are used; cancelled: they are given back.
    """

    id: str
    space_type: str
    space_id: str
    ticket_type: str
    price: int
    seats: int | None
    payee: str | None
    opened_by: str
    opened_at_us: int
    status: SaleStatus = "open"
    closed_at_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBooth:
    """Take a booth over: bump its actor's epoch and read its sales. Answer: `BoothOpened`."""

    actor: str
    space_type: str
    space_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BoothOpened:
    """`sales`: those that are open, and cancelled ones whose tickets are not all given back."""

    epoch: int
    sales: tuple[SaleRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveSale:
    """Write a sale under its booth's epoch. Answer: None."""

    actor: str
    epoch: int
    row: SaleRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSales:
    """A space's sales, newest first. Answer: tuple of `SaleView`."""

    space_type: str
    space_id: str
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleView:
    """A sale and how many of its tickets are held."""

    row: SaleRow
    sold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTicket:
    """A ticket that somebody holds; `id` is the command that sold it."""

    id: str
    sale: str
    account: str
    price: int
    purchased_at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FindHeld:
    """The tickets of a sale that are held, oldest first. Answer: tuple of `HeldTicket`.

    With an account, only theirs.
    """

    sale: str
    account: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ListUnreturned:
    """Spaces with a cancelled sale whose tickets are still held. Answer: tuple of (type, id)."""

    limit: int = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """How a space shares what it takes in (table profit_sharing_config).

    Basis points: what is left of 10,000 goes where the money policy's remainder does.
    """

    space_type: str
    space_id: str
    owner: str
    platform_bps: int
    creator_bps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSharing:
    """Answer: `Sharing`, or None where nobody has set any."""

    space_type: str
    space_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveSharing:
    """Set how a space shares; replaces what was. Answer: None."""

    sharing: Sharing


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPremium:
    """Until when a space is premium. Answer: microseconds, or None where nobody bought it."""

    space_type: str
    space_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBillingStats:
    """What somebody's tokens did since a time. Answer: `BillingStats`."""

    account: str
    since_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BillingStats:
    """Tokens. Packs bought and cash-outs are neither spent nor earned, refunds are neither too.

    Attributes:
        breakdown: (reason, movements, tokens in less tokens out), by reason.
    """

    spent_count: int
    spent: int
    earned_count: int
    earned: int
    breakdown: tuple[tuple[str, int, int], ...]
