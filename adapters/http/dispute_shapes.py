"""What operators send and are answered about disputes."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from actors.money.dispute_records import DisputeKind
from adapters.http.answers import Time
from adapters.http.money_requests import PageQuery
from adapters.http.requests import Text


class DisputesQuery(PageQuery, kw_only=True):
    status: Literal["undecided", "all"] = "all"


class DisputeBody(Struct, kw_only=True):
    kind: DisputeKind
    id: Annotated[
        Text, Meta(description="Of a tip, ticket or call; a microphone's charge: its `command`.")
    ]
    reason: Annotated[str, Meta(min_length=1, max_length=500, pattern="^[^\\x00]*$")]


class Dispute(Struct, kw_only=True):
    id: str
    kind: DisputeKind
    sale: str
    account: Annotated[str, Meta(description="Who earned by the sale.")]
    reason: str
    frozen: Annotated[int, Meta(description="Tokens that are nobody's until it is decided.")]
    status: Annotated[
        str,
        Meta(
            description="open, won or lost; opening, winning and losing: decided, and finished "
            "when its account next looks at its earnings or an operator asks again."
        ),
    ]
    opened_by: str
    opened_at: Time
    closed_by: str | None
    closed_at: Time | None


class DisputeAnswer(Struct, kw_only=True):
    dispute: Dispute
    success: bool = True


class Disputes(Struct, kw_only=True):
    disputes: list[Dispute]
    count: int
    has_more: bool
    success: bool = True
