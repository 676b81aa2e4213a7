"""What a booth is asked. Its address is `booth:<space type>:<space id>`."""

from __future__ import annotations

from dataclasses import dataclass

from actors.money.errands import TryAgain
from actors.money.space_records import HeldTicket
from actors.subscriptions.messages import (
    CallOffInvoice,
    ConfirmPayment,
    LookAtInvoice,
    OpenTicketInvoice,
)
from engine.actor import AskDone, IoDone

BOOTH_DESK = "booths:desk"


def booth_address(space_type: str, space_id: str) -> str:
    """Return the address of a space's booth: one for all its subspaces."""
    return f"booth:{space_type}:{space_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSale:
    """Sell tickets of a type, or change their price. Answer: `SaleRow`.

    `sale` names a new one; `seats` is its and stays.
    """

    sale: str
    by: str
    ticket_type: str
    price: int
    seats: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseSale:
    """End a sale: its tickets are used; or cancel it: they are all given back. Answer: `SaleRow`.

    The answer to a cancellation comes when everybody has their tokens back.
    """

    by: str
    ticket_type: str
    cancelled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BuySpaceTicket:
    """Buy at the space's own price. Answer: `SpaceTicketSold`.

    `price`: what the buyer was shown; None: they take it as it is.
    """

    ticket: str
    buyer: str
    ticket_type: str
    price: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceTicketSold:
    ticket: HeldTicket
    ticket_type: str
    balance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundSpaceTicket:
    """Take a ticket back and give its price back. Answer: `HeldTicket`, the one that was."""

    holder: str
    by: str
    ticket_type: str
    operator: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BuySpacePremium:
    """Make a space premium for a month more, by its owner. Answer: `SpacePremiumSold`.

    `price`: what the buyer was shown; None: they take it as it is.
    """

    id: str
    buyer: str
    price: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpacePremiumSold:
    """`until_us`: the space is premium before this time."""

    price: int
    until_us: int
    balance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldCredit:
    """Reserve one unit of a microphone's time. Answer: True, or `InsufficientTokens`.

    `hold` is the id of what is reserved; asked again it is the same.
    """

    hold: str
    account: str
    amount: int
    microphone_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeCredit:
    """Take `amount` of what was reserved, nothing if it is 0, and let the rest go.

    Answer: int, the tokens that were paid: `amount`, or 0 when the reservation had lapsed.
    """

    hold: str
    account: str
    held: int
    amount: int
    microphone_id: str
    use: int
    unit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveBack:
    """Told by the desk: go on giving back what cancelled sales owe."""


@dataclass(frozen=True, slots=True)
class SweepBooths:
    """Told once after a start: wake the booths that owe somebody a refund."""


BoothMessage = (
    SetSale | CloseSale | BuySpaceTicket | RefundSpaceTicket | BuySpacePremium | HoldCredit
    | ChargeCredit | GiveBack | OpenTicketInvoice | ConfirmPayment | LookAtInvoice
    | CallOffInvoice
    | IoDone | AskDone | TryAgain
)  # fmt: skip
