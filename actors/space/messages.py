"""What a space is told and asked, and what it answers.

Asked messages answer with the type named, or with a `Refused`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actors.naf import NafMember
from actors.person import Person
from actors.space.entities import EntityUpdate
from actors.space.hall.coins import CountCoins
from actors.space.hall.commits import RetryHall
from actors.space.hall.messages import Act, HallDue, ReloadStandings
from actors.space.hearing.ears import Listen
from actors.space.hearing.ledger_keeper import CutLedger
from actors.space.space_id import SpaceId
from actors.space.state import TellDepartures
from actors.store import MessageRow, SpaceFacts, SpaceSettings
from engine.actor import AskDone, Down, Filled, IoDone, Restarted, Undelivered
from engine.refusal import Refused

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enter:
    """Asked by a session: give this socket a body in the space. Answer: `Entered`.

    The space sends `space-joined` to the socket and `user-joined` to the others itself, so that
    both stand in its one order of events. Those who come in a rush come in together, a moment
    later. Entering twice changes nothing and answers again.
    """

    socket_id: str
    life: int  # how often this socket has entered a space; its poses carry the same number
    person: Person
    position: JsonObject | None
    rotation: JsonObject | None = None
    avatar_data: Any
    voice_enabled: bool = False
    binary_poses: bool = False  # this client reads `poses` frames
    hearers: bool = False  # this client is told who hears it
    naf: NafMember | None = None  # this page speaks Networked-A-Frame
    connected_at_us: int
    attended: bool = True  # the client is connected, and not only waited for
    again: bool = False  # this life was admitted before: a space that forgot it takes it back


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    space: SpaceId
    epoch: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reenter:
    """Told by a session whose space has restarted: the body it had, for the new roster."""

    socket_id: str
    life: int
    person: Person
    position: JsonObject | None
    rotation: JsonObject | None = None
    avatar_data: Any
    voice_enabled: bool
    binary_poses: bool = False
    hearers: bool = False
    naf: NafMember | None = None
    connected_at_us: int
    attended: bool = True  # the client is connected, and not only waited for


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLost:
    """Told by a session that waits for its client to come back: the body stays, unattended.

    Roles have their grace from now on, however long the body stays.
    """

    socket_id: str
    life: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionBack:
    """Told by a session whose client has come back to its body."""

    socket_id: str
    life: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Asked by a session: take the socket's body away. Leaving twice changes nothing.

    Answer: None; the space sends this socket nothing more.
    """

    socket_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Asked by a session, or over HTTP with no socket: post to the space's chat.

    The space decides whether this person may talk here and forwards to the chat actor.
    Answer: `actors.store.MessageRow`, once it is durable.
    """

    socket_id: str | None
    person: Person
    content: str
    message_type: str = "text"
    parent_message_id: int | None = None
    key: str  # makes a repeat harmless


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalPeer:
    """Asked by a session: hand a WebRTC signal to another member. Answer: None."""

    socket_id: str
    target_socket_id: str
    event: str  # webrtc-offer, webrtc-answer, webrtc-ice-candidate
    payload: JsonObject  # what the target gets, without the sender


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayToRoom:
    """Told by a session: pass a page author's own event to the other members."""

    socket_id: str
    event: str
    payload: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayNaf:
    """Told by a session: pass on what a Networked-A-Frame page says to others of its room.

    Acknowledged by the space itself, with `NoSuchMember` or `NotInSpace` for a no.
    """

    socket_id: str
    event: str  # naf-message, or naf-signal for WebRTC
    type: str
    data: Any  # theirs; passed on unread
    to: str | None  # a member's NAF id; None for everybody else
    ack: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppearNaf:
    """Told by a session: how this member appears to the others from now on.

    Acknowledged as `RelayNaf` is.
    """

    socket_id: str
    naf: NafMember
    ack: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowPoses:
    """Told by a session whose client has come back: it missed poses, so show it where all are."""

    socket_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Told by the space's chat: these are durable, in the order of ids; show each of them once."""

    messages: tuple[MessageRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Admit:
    """Asked over HTTP: may this person come in now? Changes nothing. Answer: `SpaceView`."""

    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Describe:
    """Asked over HTTP: what is the space like now? Answer: `SpaceView`."""

    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceView:
    """A space at one moment.

    `users` are the objects of `space-joined`: socketId, userAccount, guestId, displayName, claimed,
    position, rotation, avatar_data, voice_enabled, connected_at.
    """

    space: SpaceId
    settings: SpaceSettings
    facts: SpaceFacts
    users: tuple[JsonObject, ...]
    epoch: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateEntities:
    """Asked or told by a session: change shared entities. Answer: `EntitiesUpdated`.

    Each update counts by itself. Others are shown what changed at the next tick.
    """

    socket_id: str
    updates: tuple[EntityUpdate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitiesUpdated:
    """What became of the updates.

    `entities` are those that were taken, as `entities-updated` shows them but without components;
    `refused` tells of the others why, by entity id.
    """

    entities: tuple[JsonObject, ...]
    refused: dict[str, Refused]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveEntity:
    """Asked or told by a session: remove a shared entity for everybody. Answer: None."""

    socket_id: str
    entity_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowScene:
    """The space's own timer: show the shared entities that changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveScene:
    """The space's own timer: write the persistent entities that changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LetIn:
    """The space's own timer: let in those who wait at its door."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """The space's own timer: publish the poses that are due."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PremiumUntil:
    """Told by the booth: the space has been bought premium until then."""

    until_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveRoster:
    """The space's own timer: write presence rows that changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """The space's own slow beat: renew what others keep of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopWaiting:
    """The space's own timer after a crash: open with those who have re-entered by now."""


SpaceMessage = (
    Enter | Reenter | ConnectionLost | ConnectionBack | Leave
    | Say | SignalPeer | RelayToRoom | RelayNaf | AppearNaf | ShowPoses | Posted | Admit | Describe
    | UpdateEntities | RemoveEntity | ShowScene | SaveScene
    | Act | ReloadStandings | HallDue | RetryHall | Listen | CutLedger | CountCoins
    | LetIn | TellDepartures | PremiumUntil | Tick | SaveRoster | Beat | StopWaiting
    | Filled | Down | Restarted | Undelivered | IoDone | AskDone
)  # fmt: skip
