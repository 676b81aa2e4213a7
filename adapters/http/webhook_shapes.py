"""What clients send and are answered about webhooks that leave us."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from adapters.http.requests import Limit

Time = Annotated[str, Meta(description="ISO 8601, UTC")]
Scope = Literal["own", "all"]
State = Literal["pending", "delivered", "failed"]


class EndpointBody(Struct, kw_only=True):
    url: Annotated[str, Meta(description="Over https, at a public address.")]
    events: Annotated[
        list[str],
        Meta(description="Types of events, as docs/rules/webhooks.md lists them; none: every one."),
    ] = []
    scope: Annotated[Scope, Meta(description="all: everybody's money; for operators.")] = "own"


class EndpointsQuery(Struct, kw_only=True):
    scope: Annotated[Scope, Meta(description="all: everybody's endpoints; for operators.")] = "own"


class DeliveriesQuery(Struct, kw_only=True):
    state: State | None = None
    limit: Limit = 50


class Endpoint(Struct, kw_only=True):
    id: str
    url: str
    owner: str
    scope: Scope
    events: list[str]
    enabled: bool
    disabled_because: str | None
    created_at: Time
    previous_secret_until: Annotated[
        Time | None, Meta(description="Until when the secret before this one signs too.")
    ]


class EndpointAnswer(Struct, kw_only=True):
    endpoint: Endpoint
    success: bool = True


class EndpointMade(Struct, kw_only=True):
    """The secret is shown here and never again."""

    endpoint: Endpoint
    secret: Annotated[str, Meta(description="Signs what is sent; shown this once.")]
    success: bool = True


class Endpoints(Struct, kw_only=True):
    endpoints: list[Endpoint]
    count: int
    success: bool = True


class Delivery(Struct, kw_only=True):
    event_id: str
    type: str
    aggregate: Annotated[str, Meta(description="What it is about; ordered within it.")]
    seq: Annotated[int, Meta(description="Counts an aggregate's events at this endpoint from 1.")]
    state: State
    attempts: int
    created_at: Time
    next_attempt_at: Time | None
    last_attempt_at: Time | None
    last_status: Annotated[int | None, Meta(description="None: there was no answer.")]
    last_error: str | None


class Deliveries(Struct, kw_only=True):
    deliveries: list[Delivery]
    count: int
    success: bool = True


class Begun(Struct, kw_only=True):
    event_id: str
    success: bool = True


class Deleted(Struct, kw_only=True):
    success: bool = True
