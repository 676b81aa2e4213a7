"""Disputes of sales: the store's requests and rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DisputeKind = Literal["tip", "stream_ticket", "space_ticket", "microphone", "call"]
DisputeStatus = Literal["opening", "open", "winning", "won", "losing", "lost"]
UNFINISHED: tuple[DisputeStatus, ...] = ("opening", "winning", "losing")
"""Decided, and the ledger may not have been told yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeRow:
    """Somebody disputes having bought something (table disputes); one a sale.

    Attributes:
        account: who earned by the sale, and whose wallet sees the dispute through.
    """

    id: str
    sale: str
    kind: DisputeKind
    account: str
    reason: str
    status: DisputeStatus
    opened_by: str
    opened_at_us: int
    closed_by: str | None = None
    closed_at_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveDispute:
    """Write a dispute under its wallet's epoch. Answer: None."""

    actor: str
    epoch: int
    row: DisputeRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDispute:
    """Answer: `DisputeRow`, or None."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDisputes:
    """Newest first; everybody's without an account. Answer: tuple of `DisputeRow`.

    With `unfinished` only those that the ledger may not have been told of; with `undecided` only
    those that are neither won nor lost.
    """

    account: str | None = None
    unfinished: bool = False
    undecided: bool = False
    limit: int = 50
    offset: int = 0
