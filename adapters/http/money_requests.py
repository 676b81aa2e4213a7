"""What clients of tokens, tips and streams send. Names are the product's own (WIRE 1.8)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from actors.money.commands import TOKEN
from adapters.http.requests import Limit, Offset, Text

Tokens = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Key = Annotated[str, Meta(min_length=1, max_length=128)]


class PageQuery(Struct, kw_only=True):
    limit: Limit = 50
    offset: Offset = 0


class StatementQuery(Struct, kw_only=True):
    """`from` belongs to the period, `to` does not."""

    format: Literal["json", "csv"] = "json"
    account: Annotated[Text | None, Meta(description="Another's; for operators.")] = None
    asset: Text = TOKEN
    from_: Text | None = field(default=None, name="from")
    to: Text | None = None
    after: Annotated[int, Meta(ge=0, description="`next_after` of the page before.")] = 0


class PeriodQuery(Struct, kw_only=True):
    period: Literal["24h", "7d", "30d", "all"] = "30d"


class StreamsQuery(Struct, kw_only=True):
    status: Literal["scheduled", "live", "ended"] | None = None
    limit: Limit = 50
    offset: Offset = 0


class PurchasesQuery(PageQuery, kw_only=True):
    status: Literal["pending", "all"] = "all"


class LiveQuery(PageQuery, kw_only=True):
    status: Literal["scheduled", "live", "ended"] = "live"


class Keyed(Struct, kw_only=True):
    """The header Idempotency-Key says the same."""

    idempotency_key: Key | None = field(default=None, name="idempotencyKey")


class CreatorBody(Struct, kw_only=True):
    display_name: Annotated[str, Meta(min_length=1, max_length=64)]
    profile_pic: Annotated[str, Meta(max_length=1000)] | None = None


class TipBody(Keyed, kw_only=True):
    """`creatorId` and `amount` are the old names."""

    to_creator_id: Text | None = field(default=None, name="toCreatorId")
    amount_tokens: int | None = field(default=None, name="amountTokens")
    creator_id: Text | None = field(default=None, name="creatorId")
    amount: int | None = None
    message: str | None = ""
    context: dict[str, Any] | None = None


class StreamBody(Keyed, kw_only=True):
    title: str
    type: Literal["public", "private"] = "public"
    description: str | None = ""
    category: str | None = ""
    ticket_price: int | None = field(default=0, name="ticketPrice")
    max_tickets: int | None = field(default=None, name="maxTickets")


class CheckoutBody(Keyed, kw_only=True):
    price_tokens: Annotated[
        int | None, Meta(description="What the buyer was shown; another price is refused.")
    ] = field(default=None, name="priceTokens")


class RefundBody(Keyed, kw_only=True):
    account: Annotated[
        Text | None, Meta(description="Whose ticket; the caller's own when left out.")
    ] = None


class AccessBody(Struct, kw_only=True):
    channel: Text
    creator_id: Text | None = field(default=None, name="creatorId")


class PurchaseBody(Keyed, kw_only=True):
    token_amount: Tokens | None = field(default=None, name="tokenAmount")
    amount_tokens: Tokens | None = field(default=None, name="amountTokens")
    payment_method_id: Text | None = field(default=None, name="paymentMethodId")
    client_key: Key | None = field(default=None, name="clientIdempotencyKey")


class PayoutBody(Keyed, kw_only=True):
    token_amount: Tokens = field(name="tokenAmount")


class ConfirmBody(Struct, kw_only=True):
    reference: Annotated[
        str, Meta(min_length=1, max_length=200, description="How it was paid: a transaction's id.")
    ]


class ConfirmPurchaseBody(Struct, kw_only=True):
    reference: Annotated[str, Meta(min_length=1, max_length=200)]
    fee: Annotated[int, Meta(ge=0, description="What the provider kept, minor units.")] = 0


class EventData(Struct, kw_only=True):
    object: dict[str, Any] = field(default_factory=dict)


class PaymentEventBody(Struct, kw_only=True):
    """As payment providers send it: an event with the object that it is about."""

    id: Annotated[str, Meta(min_length=1, max_length=128)]
    type: Annotated[str, Meta(min_length=1, max_length=128)]
    data: EventData
