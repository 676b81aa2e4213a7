"""What a session is told by its socket. The wire's names stay in the realtime adapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actors.naf import NafMember
from actors.person import Person
from actors.space.entities import EntityUpdate
from actors.space.hall.deeds import Deed, Look
from actors.space.space_id import SpaceId
from actors.user.messages import StandingChanged
from engine.actor import AskDone, Down, IoDone, Restarted, Undelivered

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionInit:
    """How a session starts: one connected socket and who is behind it."""

    socket_id: str
    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Identify:
    """The client proved who it is after connecting (a token in `join-space`)."""

    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinSpace:
    """Enter a space, leaving the one before.

    `binary_poses`: the client reads `poses` frames. `hearers`: it is told who hears it. `naf`: its
    page speaks Networked-A-Frame, which always comes in afresh. `ack`: its acknowledgement number.
    """

    space: SpaceId
    position: JsonObject | None = None
    avatar_data: Any = None
    claimed: str | None = None
    binary_poses: bool = False
    hearers: bool = False
    naf: NafMember | None = None
    ack: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveSpace:
    """Leave the present space and stay connected."""

    ack: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostChat:
    """Say something in the present space. `key` makes a client's retry harmless."""

    content: str
    message_type: str = "text"
    parent_message_id: int | None = None
    key: str | None = None
    ack: int | None = None


@dataclass(slots=True, init=False)
class MoveTo:
    """The client's newest pose and entities: `aframe-update`, whole.

    `entities` are those in it that have the shape of shared ones.

    A session gets it while poses cannot take the short way (`actors.session.pose_routes`), and when
    its entities are others than last time.
    """

    update: JsonObject
    entities: tuple[EntityUpdate, ...]

    # As of `Emit`: each pose makes one.
    def __init__(self, *, update: JsonObject, entities: tuple[EntityUpdate, ...] = ()) -> None:
        self.update = update
        self.entities = entities


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareEntity:
    """Create or change a shared entity of the present space."""

    update: EntityUpdate
    ack: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DropEntity:
    """Remove a shared entity of the present space."""

    entity_id: str
    ack: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """A WebRTC offer, answer or candidate for another member of the same space."""

    event: str
    target_socket_id: str
    payload: JsonObject
    ack: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayEvent:
    """A page author's own event for the others in the space."""

    event: str
    payload: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchChannel:
    """Be told what happens in a stream or a call: `room:join`."""

    channel: str
    ack: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UnwatchChannel:
    """Be told no longer: `room:leave`."""

    channel: str
    ack: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendNaf:
    """What a Networked-A-Frame page says to one or all others of its room.

    `pose`: where it puts its visitor, for those on other clients.
    """

    event: str  # naf-message or naf-signal
    type: str
    data: Any
    to: str | None = None
    pose: JsonObject | None = None
    ack: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoDeed:
    """Do something in the hall of the present space; `error_event` says what was wrong."""

    deed: Deed | Look
    error_event: str
    ack: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribeNaf:
    """How an EasyRTC page wants to appear; what is None stays as it is."""

    presence: tuple[str, str | None] | None = None  # show and status
    fields: JsonObject | None = None
    ack: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOutOfSpace:
    """Told by a space: a moderator has put this person out. For the stay of this `life`."""

    life: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """The connection is lost and its client may come back: nobody is to notice meanwhile."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """The client has come back over a new connection, and has every ordered event it missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndGrace:
    """The session's own timer: the client has not come back in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected:
    """The socket is gone for good."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIdle:
    """The session's own beat: end after two hours without a sign of life."""


SessionMessage = (
    Identify | JoinSpace | LeaveSpace | PostChat | MoveTo | ShareEntity | DropEntity | Signal
    | RelayEvent | DoDeed | SendNaf | DescribeNaf | PutOutOfSpace | WatchChannel | UnwatchChannel
    | Dropped | Resumed | EndGrace | Disconnected | CheckIdle
    | StandingChanged | AskDone | IoDone | Down | Restarted | Undelivered
)  # fmt: skip
