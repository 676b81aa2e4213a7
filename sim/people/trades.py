"""What simulated people want done with money, as the requests their devices make."""

from __future__ import annotations

from dataclasses import dataclass

from actors.ledger.transfer import derived_id
from actors.money.dispute_records import DisputeKind
from actors.space.space_id import SpaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrol:
    """PUT /api/creators/me."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """POST /api/streams/create: a private stream. `seats` None: as many as want to."""

    id: str
    price: int
    seats: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyPack:
    """POST /api/tokens/purchase, and the provider's word that it is paid."""

    id: str
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveTip:
    """POST /api/tips/send, where those who watch the creator are told."""

    id: str
    to: str
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BuySeat:
    """POST /api/streams/{id}/tickets/checkout, of the creator's stream."""

    id: str
    creator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveSeatBack:
    """POST /api/streams/{id}/tickets/refund, of the creator's stream."""

    id: str
    creator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndShow:
    """POST /api/streams/{id}/end."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CashOutTokens:
    """POST /api/tokens/payout; two operators look at it, and one of them pays."""

    id: str
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscribe:
    """POST /api/payments/purchase, and the provider's word that it is paid, said twice.

    Attributes:
        pays: of the price, in percent; 0: never.
        calls_off: they think better of it, as the payment is on its way.
    """

    id: str
    tier: str
    code: str | None
    pays: int
    calls_off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SellTickets:
    """PUT /api/spaces/{space}/tickets/qna_access. `seats` None: as many as want to."""

    id: str
    space: SpaceId
    price: int
    seats: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyTicketTo:
    """POST /api/spaces/{space}/tickets/checkout."""

    id: str
    space: SpaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOff:
    """POST /api/spaces/{space}/tickets/qna_access/cancel."""

    id: str
    space: SpaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """POST /api/admin/disputes: what `payee` earned by a sale is frozen."""

    id: str
    kind: DisputeKind
    sale: str
    payee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decide:
    """POST /api/admin/disputes/{id}/won, or lost."""

    id: str
    sale: str
    payee: str
    won: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOut:
    """POST /api/tokens/payout."""

    id: str
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAtEarnings:
    """GET /api/earnings, which releases what is due."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyPremium:
    """POST /api/payments/purchase {purchase_type: space_premium}, by the space's owner."""

    id: str
    space: SpaceId


Trade = (
    Enrol | Announce | BuyPack | GiveTip | BuySeat | SellTickets | BuyTicketTo | CallOff | Subscribe
    | GiveSeatBack | EndShow | CashOutTokens | Dispute | Decide | TakeOut | LookAtEarnings
    | BuyPremium
)  # fmt: skip
QNA = "qna_access"


def trade_id(name: str, what: str, number: int = 0) -> str:
    """Return the id of somebody's trade: a retry has the same."""
    return derived_id(f"trade of {name}", f"{what}/{number}")


def call_id_of(name: str, number: int) -> str:
    """Return the id of a person's n-th call, the same in every try and every run."""
    return derived_id(name, f"call/{number}")


def stream_of(creator: str) -> str:
    """Return the id of a simulated creator's one stream."""
    return trade_id(creator, "stream")


def sold_to(name: str, kind: DisputeKind, number: int) -> str:
    """Return the id of the n-th thing of a kind that somebody pays for."""
    match kind:
        case "call":
            return call_id_of(name, number)
        case "tip":
            return trade_id(name, "tip", number)
        case "stream_ticket":
            return trade_id(name, "seat", number)
        case "space_ticket":
            return trade_id(name, "ticket")
        case "microphone":
            raise ValueError("a microphone's charges have no ids of the payer's own")


def channel_of(creator: str) -> str:
    """Return the channel in which a simulated creator's tips are shown."""
    return f"live_{creator}"
