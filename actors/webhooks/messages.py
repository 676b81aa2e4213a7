"""What the herald and endpoints are told, and what they ask of the port that sends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from engine.actor import Filled, IoDone, Undelivered

HERALD: Final = "herald:main"
"""The address of the one who reads the ledger for all endpoints."""

WEBHOOKS: Final = "webhooks"
"""The port that sends."""

USER_AGENT: Final = "Presence-Webhook/1"


def endpoint_address(endpoint: str) -> str:
    """Return the address of an endpoint's actor."""
    return f"webhook:{endpoint}"


# The herald.


@dataclass(frozen=True, slots=True)
class BeginHerald:
    """Be there, and look: a node has started, or an endpoint was enabled."""


@dataclass(frozen=True, slots=True)
class LookForNews:
    """Its own clock: look though nobody has said anything."""


@dataclass(frozen=True, slots=True)
class LookAgain:
    """Its own clock: there was another commit while it looked."""


HeraldMessage = BeginHerald | LookForNews | LookAgain | Filled | Undelivered | IoDone
"""The ledger fills its conflated lane after a commit."""


# An endpoint.


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateEndpoint:
    """Make this endpoint. Answer: `EndpointRow`; asked again, the same."""

    owner: str
    all: bool
    url: str
    events: tuple[str, ...]
    secret: str = field(repr=False)
    endpoints_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who asks, and whether they are an operator."""

    account: str
    operator: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteEndpoint:
    """Tell it nothing any more, and forget it. Answer: None."""

    by: By


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateSecret:
    """Sign with a new secret, and for a day with the one before too. Answer: `EndpointRow`."""

    by: By
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableEndpoint:
    """Send again; what waited begins its schedule anew. Answer: `EndpointRow`."""

    by: By


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableEndpoint:
    """Send nothing until it is enabled again; operators may. Answer: `EndpointRow`."""

    by: By


@dataclass(frozen=True, slots=True, kw_only=True)
class Redeliver:
    """Send an event again, before whatever waits of its aggregate. Answer: None."""

    by: By
    event: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPing:
    """Send an event that says nothing, under this id. Answer: None."""

    by: By
    event: str


@dataclass(frozen=True, slots=True)
class LookForDue:
    """Something waits, or its time has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveAgain:
    """The store failed to keep what came of an attempt: try again."""

    event: str


EndpointMessage = (
    CreateEndpoint
    | DeleteEndpoint
    | RotateSecret
    | EnableEndpoint
    | DisableEndpoint
    | Redeliver
    | SendPing
    | LookForDue
    | SaveAgain
    | IoDone
)


# The port.


@dataclass(frozen=True, slots=True, kw_only=True)
class PostEvent:
    """Send a body to a URL. Answer: `Answered`.

    `Err`: nobody was reached. `Unknown`: it may have arrived, and there was no answer in time.
    """

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """The status of the answer; redirects are not followed."""

    status: int
