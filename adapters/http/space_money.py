"""What clients of spaces' money send and are answered: tickets, shares, statistics."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from adapters.http.answers import Time
from adapters.http.money_requests import Keyed
from adapters.http.requests import Limit, Offset, Text

TicketType = Annotated[str, Meta(min_length=1, max_length=32)]
Percent = Annotated[float, Meta(ge=0, le=100, description="At most two digits after the point.")]


class SalesQuery(Struct, kw_only=True):
    limit: Limit = 50
    offset: Offset = 0


class SaleBody(Struct, kw_only=True):
    price_tokens: Annotated[int, Meta(description="Of one ticket, whole tokens.")]
    max_tickets: Annotated[
        int | None, Meta(description="Settled when a sale opens; none: as many as want to.")
    ] = None


class SpaceCheckoutBody(Keyed, kw_only=True):
    """The price is the space's; another one is refused."""

    ticket_type: TicketType = "qna_access"
    price_tokens: int | None = None


class SpaceRefundBody(Keyed, kw_only=True):
    ticket_type: TicketType = "qna_access"
    account: Annotated[
        Text | None, Meta(description="Whose ticket; the caller's own when left out.")
    ] = None


class SharingBody(Struct, kw_only=True):
    """What is left out stays. Owners set their share, operators everything."""

    space_owner: Text | None = None
    platform_fee_percent: Percent | None = None
    creator_share_percent: Percent | None = None


class Sale(Struct, kw_only=True):
    id: str
    ticket_type: str
    price_tokens: int
    max_tickets: int | None
    sold: int
    status: Literal["open", "ended", "cancelled"]
    opened_at: Time
    closed_at: Time | None


class Sales(Struct, kw_only=True):
    tickets: list[Sale]
    mine: Annotated[list[str], Meta(description="Types of valid tickets the caller holds.")]
    has_more: bool
    success: bool = True


class SaleAnswer(Struct, kw_only=True):
    ticket: Sale
    success: bool = True


class SpaceTicketBought(Struct, kw_only=True):
    ticket_id: str = field(name="ticketId")
    ticket_type: str
    price_tokens: int = field(name="priceTokens")
    new_balance: int = field(name="newBalance")
    success: bool = True


class SpaceTicketBack(Struct, kw_only=True):
    ticket_id: str = field(name="ticketId")
    ticket_type: str
    price_tokens: int = field(name="priceTokens")
    account: str
    success: bool = True


class ProfitSharing(Struct, kw_only=True):
    space_type: str
    space_id: str
    space_owner: str | None
    platform_fee_percent: float
    creator_share_percent: float
    success: bool = True


class Spent(Struct, kw_only=True):
    transaction_count: int
    total_spent: int


class Earned(Struct, kw_only=True):
    transaction_count: int
    total_earned: int


class Reason(Struct, kw_only=True):
    reason: str
    count: int
    total: Annotated[int, Meta(description="Tokens that came in less those that went out.")]


class BillingFigures(Struct, kw_only=True):
    period: str
    spent: Spent
    earned: Earned
    breakdown: list[Reason]
    success: bool = True
