"""What a session is told by its socket. The wire's names stay in the realtime adapter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actors.person import Person
from actors.space.space_id import SpaceId
from engine.actor import AskDone, Down, Restarted, Undelivered

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

    `binary_poses`: the client reads `poses` frames. `ack`: its acknowledgement number.
    """

    space: SpaceId
    position: JsonObject | None = None
    avatar_data: Any = None
    claimed: str | None = None
    binary_poses: bool = False
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


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveTo:
    """The client's newest pose and entities: `aframe-update`, whole. Conflated per tick."""

    update: JsonObject


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
class Disconnected:
    """The socket is gone."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckIdle:
    """The session's own beat: end after two hours without a sign of life."""


SessionMessage = (
    Identify | JoinSpace | LeaveSpace | PostChat | MoveTo | Signal | RelayEvent | Disconnected
    | CheckIdle | WatchChannel | UnwatchChannel | AskDone | Down | Restarted | Undelivered
)  # fmt: skip
