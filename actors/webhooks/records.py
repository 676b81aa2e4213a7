"""What webhooks keep: the store's requests and rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from actors.webhooks.events import Group

OVERLAP_US = 24 * 3_600_000_000
"""How long the secret before the newest still signs."""

KEPT_FOR_DISABLED_US = 3 * OVERLAP_US
"""How long what happens is kept for an endpoint that is disabled, as for one that fails."""

DeliveryState = Literal["pending", "delivered", "failed"]

# Endpoints.


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRow:
    """Where somebody wants to be told of money (table webhook_endpoints).

    Attributes:
        owner: whose it is; of one that is told `all`, the operator who made it.
        all: it is told of everybody's money.
        events: the types it wants; none: every one.
        since: the last row of the ledger before what it is told of: when it was made, or enabled
            again after too long.
        disabled: why nothing is sent, and since when; None: it is enabled.
    """

    id: str
    owner: str
    all: bool
    url: str
    events: tuple[str, ...]
    secret: str = field(repr=False)
    created_at_us: int
    previous_secret: str | None = field(default=None, repr=False)
    previous_until_us: int | None = None
    since: int = 0
    disabled: str | None = None
    disabled_us: int | None = None

    def secrets(self, now_us: int) -> tuple[str, ...]:
        """Return the secrets that sign now, the newest first."""
        previous, until_us = self.previous_secret, self.previous_until_us
        if previous is None or until_us is None or until_us <= now_us:
            return (self.secret,)
        return self.secret, previous

    @property
    def account(self) -> str | None:
        """Whose side of each event it is told; None: all of it."""
        return None if self.all else self.owner


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEndpoint:
    """Take an endpoint over: bump its actor's epoch and read it. Answer: `EndpointOpened`."""

    actor: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointOpened:
    epoch: int
    row: EndpointRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddEndpoint:
    """Keep a new one. Answer: the `EndpointRow`; None: its owner has `endpoints_max` already.

    Its `since` is the ledger's last row. The first under an id stays.
    """

    actor: str
    epoch: int
    row: EndpointRow
    endpoints_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveSecrets:
    """Write which secrets sign. Answer: None."""

    actor: str
    epoch: int
    row: EndpointRow


@dataclass(frozen=True, slots=True, kw_only=True)
class SetDisabled:
    """Disable an endpoint, or enable it. Answer: None.

    When it is enabled again the schedule of what waits for it begins anew. After more than
    KEPT_FOR_DISABLED_US it is told of what happens from now on.
    """

    actor: str
    epoch: int
    id: str
    because: str | None
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveEndpoint:
    """Delete it with all its deliveries. Answer: None."""

    actor: str
    epoch: int
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEndpoints:
    """Somebody's endpoints, oldest first; everybody's without an owner. Answer: tuple of rows."""

    owner: str | None = None
    limit: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEndpoint:
    """Answer: `EndpointRow`, or None."""

    id: str


# Deliveries.


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """An event for an endpoint, as it will be sent but for its number.

    Attributes:
        aggregate: what it is about; `seq` counts from 1 for each endpoint and aggregate.
        until_seq: its JSON up to the number.
    """

    endpoint: str
    event: str
    type: str
    aggregate: str
    until_seq: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event on its way to one endpoint (table webhook_deliveries).

    Attributes:
        next_us: when it is to be sent, if nothing before it waits; meaningless when it has ended.
        first_us, last_us: its first and its newest attempt.
        status: what the newest was answered; None: nothing.
        error: what went wrong with the newest.
    """

    endpoint: str
    event: str
    type: str
    aggregate: str
    seq: int
    body: bytes
    created_at_us: int
    next_us: int
    state: DeliveryState = "pending"
    attempts: int = 0
    first_us: int | None = None
    last_us: int | None = None
    status: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDue:
    """What is to be sent to an endpoint now. Answer: `Due`.

    Of each aggregate only the first that waits, the longest due first.
    """

    endpoint: str
    now_us: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """`next_us`: when the next that is not due yet will be; None: there is none."""

    deliveries: tuple[Delivery, ...]
    next_us: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveAttempt:
    """Write what came of an attempt, and disable the endpoint if it says so. Answer: None."""

    actor: str
    epoch: int
    delivery: Delivery
    disables: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPing:
    """Keep an event that is for one endpoint alone; the first under its id stays. Answer: None."""

    actor: str
    epoch: int
    delivery: NewDelivery
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendAgain:
    """Let a delivery begin anew, whatever became of it. Answer: bool, whether there is one."""

    actor: str
    epoch: int
    endpoint: str
    event: str
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListDeliveries:
    """An endpoint's deliveries, newest first. Answer: tuple of `Delivery`."""

    endpoint: str
    state: DeliveryState | None = None
    limit: int = 50


# The herald.


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenHerald:
    """Take the herald over: bump its epoch. Answer: int, the epoch."""

    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadNews:
    """What the ledger holds that was not told yet, from one snapshot. Answer: `News`.

    At most `rows_max` rows, whole groups, and none at all while there is no endpoint.
    """

    now_us: int
    rows_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A group with its place: the first of its rows in the ledger."""

    sequence: int
    group: Group


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Attributes: what is to be told.

    Attributes:
        follows: the cursor as it stands.
        cursor: the last row that was read; the cursor's next place.
        told: groups in their order, without what the ledger did by itself.
        wanted: there is an endpoint, enabled or not disabled for long.
        more: there are further rows.
    """

    follows: int
    cursor: int
    told: tuple[Told, ...]
    wanted: bool
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadConcerned:
    """Who may want to be told of what these accounts did. Answer: tuple of `EndpointRow`.

    Read after the news, so that it has every endpoint that was there before them.
    """

    owners: tuple[str, ...]
    now_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FanOut:
    """Keep deliveries and move the cursor: both or neither. Answer: None.

    Refused with `fenced` when another herald has taken over or the cursor is not where `follows`
    says. An endpoint that was deleted meanwhile is passed over.
    """

    actor: str
    epoch: int
    follows: int
    cursor: int
    deliveries: tuple[NewDelivery, ...]
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadWaiting:
    """Which enabled endpoints have something that is due. Answer: tuple of ids."""

    now_us: int
    limit: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetDeliveries:
    """Delete what ended before a time, some at once. Answer: int, how many."""

    before_us: int
    limit: int = 5_000
