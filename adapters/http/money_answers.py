"""What the server answers about money. Names are the product's own (WIRE 1.8)."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, field

from adapters.http.answers import Time

Decimal = Annotated[str, Meta(description="An exact decimal number.", pattern=r"^-?\d+(\.\d+)?$")]


class MoneyProblem(Struct, kw_only=True):
    """The body of a refusal here: what it needs to say stands beside the code."""

    error: Annotated[str, Meta(description="The code in upper case, as the product's clients do.")]
    code: str
    message: Annotated[str, Meta(description="One sentence a person can act on.")]
    timestamp: Time
    success: bool = False
    field: str | UnsetType = UNSET
    retryable: bool | UnsetType = UNSET
    required: int | UnsetType = UNSET
    current: int | UnsetType = UNSET
    shortfall: int | UnsetType = UNSET
    current_balance: int | UnsetType = UNSET
    required_amount: int | UnsetType = UNSET
    ticketId: str | UnsetType | None = UNSET  # noqa: N815


class Creator(Struct, kw_only=True):
    id: str
    username: str
    display_name: str
    profile_pic: str | None
    created_at: Time


class CreatorAnswer(Struct, kw_only=True):
    creator: Creator
    success: bool = True


class Tip(Struct, kw_only=True):
    id: str
    tipper_id: str
    creator_id: str
    amount_tokens: int
    creator_cut: int
    platform_fee: int
    message: str | None
    context_type: str | None
    context: dict[str, Any]
    created_at: Time
    reversed: Annotated[bool, Meta(description="Lost to a dispute: the tipper has it back.")]


class TipSent(Struct, kw_only=True):
    tip: Tip
    new_balance: int
    tip_id: str = field(name="tipId")
    amount_tokens: int = field(name="amountTokens")
    creator_cut: int = field(name="creatorCut")
    platform_fee: int = field(name="platformFee")
    success: bool = True


class Tips(Struct, kw_only=True):
    tips: list[Tip]
    count: Annotated[int, Meta(description="Rows on this page.")]
    total_tips: Annotated[int, Meta(description="All there are but the reversed.")]
    total_amount: int
    has_more: bool
    success: bool = True


class TipFigures(Struct, kw_only=True):
    total_tips: int
    total_amount: int
    average_tip: float
    largest_tip: int
    unique_tippers: int


class TopTipper(Struct, kw_only=True):
    id: str
    username: str
    total_amount: int
    tip_count: int


class TipStats(Struct, kw_only=True):
    stats: TipFigures
    top_tippers: list[TopTipper]
    period: str
    success: bool = True


class Stream(Struct, kw_only=True):
    id: str
    creator_id: str
    channel: str
    title: str
    description: str
    category: str
    type: str
    status: str
    ticket_price: int
    price_tokens: int
    max_tickets: int | None
    created_at: Time
    started_at: Time | None
    ended_at: Time | None
    creator_username: str
    creator_display_name: str
    creator_profile_pic: str | None
    tickets_sold: int
    viewers: int | UnsetType = UNSET


class StreamAnswer(Struct, kw_only=True):
    stream: Stream
    success: bool = True


class Streams(Struct, kw_only=True):
    streams: list[Stream]
    count: int
    success: bool = True


class Access(Struct, kw_only=True):
    has_access: bool = field(name="hasAccess")
    reason: Annotated[str, Meta(description="public_stream, ticket_purchased, creator, no_ticket")]
    success: bool = True


class TicketSold(Struct, kw_only=True):
    ticket_id: str = field(name="ticketId")
    price_tokens: int = field(name="priceTokens")
    new_balance: int = field(name="newBalance")
    success: bool = True


class Refunded(Struct, kw_only=True):
    ticket_id: str = field(name="ticketId")
    price_tokens: int = field(name="priceTokens")
    account: str
    success: bool = True


class Waiting(Struct, kw_only=True):
    sale: str
    type: str
    amount: Decimal
    currency: str
    reference: str
    settled_at: Time
    release_at: Annotated[Time | None, Meta(description="null until it is delivered")]


class Earnings(Struct, kw_only=True):
    escrow: Annotated[list[Waiting], Meta(description="What waits, oldest first.")]
    escrow_tokens: int
    available: int
    cashable: int
    total_earned: int
    success: bool = True


class TokenPack(Struct, kw_only=True):
    tokens: int
    price: Decimal
    currency: str


class Packs(Struct, kw_only=True):
    packs: list[TokenPack]
    token_value: Decimal = field(name="tokenValue")
    currency: str
    success: bool = True


class Balance(Struct, kw_only=True):
    balance: int
    usd_estimate: float = field(name="usdEstimate")
    token_value: float = field(name="tokenValue")
    timestamp: Time
    success: bool = True


class Credit(Struct, kw_only=True):
    """What was overpaid in one money; the next purchase in it uses it."""

    currency: str
    available: Decimal
    reserved: Annotated[Decimal, Meta(description="For purchases that are open.")]


class Wallet(Struct, kw_only=True):
    tokens: int
    balance: int
    total_balance: int
    total_purchased: int
    total_spent: int
    total_earned: int
    cashable: Annotated[int, Meta(description="Earned long enough ago to be cashed out.")]
    cashout_min: int
    creator: Annotated[Creator | None, Meta(description="null until the caller enrols.")]
    credit: Annotated[list[Credit], Meta(description="What was overpaid, by its money.")]
    success: bool = True


class HistoryEntry(Struct, kw_only=True):
    id: str
    command: Annotated[str | None, Meta(description="What it was part of, all or nothing.")]
    type: str
    amount: Annotated[int, Meta(description="Negative when it went out.")]
    balance_after: int
    reference: str
    details: dict[str, Any]
    created_at: Time


class History(Struct, kw_only=True):
    history: list[HistoryEntry]
    count: int
    has_more: bool
    success: bool = True


class StatementLine(Struct, kw_only=True):
    sequence: int
    at: Time
    id: str
    kind: str
    ref: str
    counterparty: str
    amount: Annotated[str, Meta(description="Negative when it went out.")]
    balance: str
    details: dict[str, Any]


class Statement(Struct, kw_only=True):
    account: str
    asset: str
    from_: Time = field(name="from")
    to: Time
    opening: str
    closing: Annotated[str, Meta(description="The opening balance and all lines together.")]
    received: str
    paid: str
    lines: list[StatementLine]
    next_after: int | None


class StatementAnswer(Struct, kw_only=True):
    statement: Statement
    success: bool = True


class Purchase(Struct, kw_only=True):
    id: str
    account: str
    token_amount: int
    amount: Decimal
    currency: str
    status: Annotated[str, Meta(description="pending or completed")]
    created_at: Time


class Purchases(Struct, kw_only=True):
    purchases: list[Purchase]
    count: int
    has_more: bool
    success: bool = True


class PaymentIntent(Struct, kw_only=True):
    id: str
    status: str
    client_secret: str


class PurchaseAnswer(Struct, kw_only=True):
    transaction: Purchase
    payment_intent: PaymentIntent = field(name="paymentIntent")
    new_balance: Annotated[
        int, Meta(description="As it is now: tokens are there when the payment is confirmed.")
    ] = field(name="newBalance")
    timestamp: Time
    success: bool = True


class Credited(Struct, kw_only=True):
    new_balance: int = field(name="newBalance")
    success: bool = True


class Payout(Struct, kw_only=True):
    id: str
    account: str
    token_amount: int
    amount: Decimal
    currency: str
    status: Annotated[str, Meta(description="requested, approved, paid, cancelled, refused")]
    approvals: list[str]
    approvals_needed: int
    reference: str | None
    requested_at: Time


class PayoutAnswer(Struct, kw_only=True):
    payout: Payout
    success: bool = True


class Payouts(Struct, kw_only=True):
    payouts: list[Payout]
    count: int
    has_more: bool
    success: bool = True


class Received(Struct, kw_only=True):
    received: bool = True
    verdict: str
