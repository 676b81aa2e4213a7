"""What a stream is asked. Its address is `stream:<id>`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from actors.money.errands import TryAgain
from actors.money.records import TicketRow
from actors.subscriptions.messages import (
    CallOffInvoice,
    ConfirmPayment,
    LookAtInvoice,
    OpenTicketInvoice,
)
from engine.actor import AskDone, IoDone


def stream_address(stream: str) -> str:
    """Return the address of a stream."""
    return f"stream:{stream}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateStream:
    """Announce a stream. Answer: `StreamRow`; the first one under its id stays."""

    creator: str
    type: Literal["public", "private"]
    title: str
    description: str
    category: str
    price: int
    seats: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StartStream:
    """Its creator goes live. Answer: `StreamRow`."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndStream:
    """Its creator ends it, for good. Answer: `StreamRow`."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyTicket:
    """Buy a ticket at the stream's own price. Answer: `TicketSold`.

    `price`: what the buyer was shown; None: they take it as it is.
    """

    ticket: str
    buyer: str
    price: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSold:
    ticket: TicketRow
    balance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundTicket:
    """Take a ticket back and give its price back. Answer: `TicketRow`, the one that was.

    Its creator may at any time, its holder within the policy's time; `operator` may as well.
    """

    refund: str
    holder: str
    by: str
    operator: bool = False


StreamMessage = (
    CreateStream | StartStream | EndStream | BuyTicket | RefundTicket | OpenTicketInvoice
    | ConfirmPayment | LookAtInvoice | CallOffInvoice | IoDone | AskDone | TryAgain
)  # fmt: skip
