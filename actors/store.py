"""The store port: every durable request the actors and the HTTP surface make, and its answer.

Each request is a value. Two implementations pass the same contract tests: Postgres
(`adapters/postgres`) and memory (`sim/store.py`). Writes carry the epoch their actor was activated
with; a stale epoch is refused with code `fenced` and changes nothing. Keys make a repeated write
harmless.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from actors.space.space_id import SpaceId
from actors.store_hall import HallRows

STORE = "store"
"""The port's name for `ctx.io`."""

FENCED = "fenced"
"""Refusal code: another activation of this actor has taken over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceSettings:
    """A space's durable settings (table presence_space_settings)."""

    max_users: int = 50
    chat_enabled: bool = True
    voice_enabled: bool = True
    guests_allowed: bool = True
    created_by: str | None = None
    tick_hz: int | None = None  # how often poses are published, 5 to 30; None: as the server does
    settings: dict[str, Any] = field(default_factory=dict)  # theme, spawn_points[], background


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceFacts:
    """What the content replica knows of a space: decides whether it exists and who may enter.

    `known` is False when no row names it. `author` is the post's author or the document's owner.
    `permissions` holds (account, permission) rows of collaboration_permissions.
    """

    known: bool
    display_name: str | None = None
    description: str | None = None
    content_type: str | None = None  # post: 360, vrml, aframe, blog, art, game
    author: str | None = None
    public: bool = True
    hidden: bool = False  # hidden or flagged posts are closed to everybody
    permissions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityRow:
    """A persistent entity of a scene (table space_entities, unique by space and id)."""

    id: str  # at most 128 characters
    owner: str  # socket id; its socket may be long gone
    owner_account: str | None
    owned_at_ms: int  # since the Unix epoch
    time_ms: int  # of its newest change
    creator: str | None
    template: str | None
    parent: str | None
    locked: bool
    components: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateSpace:
    """Bump the actor's epoch and load its space. Answer: `SpaceActivated`.

    `defaults` are the settings of a space whose owner has set none.
    """

    actor: str
    space: SpaceId
    defaults: SpaceSettings = SpaceSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceActivated:
    epoch: int  # from 1, one higher at each activation
    settings: SpaceSettings
    facts: SpaceFacts
    entities: tuple[EntityRow, ...] = ()  # what is persistent, as it was saved last
    chat_id_last: int = 0  # id of the newest message of the space; 0 when there is none
    hall: HallRows = field(default_factory=HallRows)
    premium_until_us: int | None = None  # None: it was never bought


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateChat:
    """Bump the actor's epoch. Answer: `ChatActivated`."""

    actor: str
    space: SpaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatActivated:
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFacts:
    """Read a space's facts and settings without activating anything. Answer: `SpaceRead`."""

    space: SpaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class SpaceRead:
    settings: SpaceSettings
    facts: SpaceFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSpaces:
    """One page of spaces from the replica: posts newest first, then documents `caller` may see.

    The limit applies to posts and to documents separately. Answer: tuple of `ListedSpace`.
    """

    type: str | None = None
    caller: str | None = None
    limit: int = 20
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSpace:
    space_type: str
    space_id: str
    display_name: str
    description: str | None
    type: str
    votes: int
    rating: float | None
    created_at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveSettings:
    """Replace a space's settings under its epoch. Answer: None."""

    actor: str
    epoch: int
    space: SpaceId
    settings: SpaceSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A chat message to append; `key` is unique and makes a repeat find the first row."""

    key: str
    account: str | None
    guest_id: str | None
    content: str
    message_type: str = "text"
    parent_message_id: int | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """A durable chat message (table chat_messages)."""

    id: int  # ascending in the order everybody sees
    space: SpaceId
    key: str
    account: str | None
    guest_id: str | None
    message_type: str
    content: str
    metadata: dict[str, Any]
    parent_message_id: int | None
    thread_count: int
    is_edited: bool
    is_deleted: bool
    created_at_us: int  # since the Unix epoch
    updated_at_us: int
    reactions: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendMessages:
    """Append messages in the order given, all or none. Answer: tuple of `MessageRow`, same order.

    A key that exists already answers with its first row. A parent that is not a message of this
    space is refused with code `no_such_message`, field `parent_message_id`, and details
    `{"key": ...}` naming the message at fault; nothing is written.
    """

    actor: str
    epoch: int
    space: SpaceId
    messages: tuple[NewMessage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindMessages:
    """Read messages by key: how an `Unknown` append is resolved. Answer: tuple of `MessageRow`."""

    space: SpaceId
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadMessages:
    """The newest `limit` messages after skipping `offset`, answered oldest first.

    Answer: `MessagePage`.
    """

    space: SpaceId
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePage:
    messages: tuple[MessageRow, ...]
    has_more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    """Somebody's presence in a space (table presence_sessions, unique by socket_id)."""

    socket_id: str
    space: SpaceId
    account: str | None
    guest_id: str | None
    position: dict[str, Any] | None
    avatar_data: Any
    voice_enabled: bool
    connected_at_us: int
    last_activity_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveSessions:
    """Write the presence of some sessions and remove others, under the space's epoch.

    Rows replace rows with the same socket_id. Answer: None.
    """

    actor: str
    epoch: int
    space: SpaceId
    present: tuple[SessionRow, ...] = ()
    gone: tuple[str, ...] = ()  # socket ids


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearSpaceSessions:
    """Remove every session row of a space, under its epoch: the first act of an activation."""

    actor: str
    epoch: int
    space: SpaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveEntities:
    """Write some entities of a space and remove others, under the space's epoch. Answer: None."""

    actor: str
    epoch: int
    space: SpaceId
    present: tuple[EntityRow, ...] = ()
    gone: tuple[str, ...] = ()  # entity ids


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One access or refusal (table presence_audit_log)."""

    action: str  # join_space, leave_space, login, refused ...
    account: str | None
    space: SpaceId | None
    details: dict[str, Any] = field(default_factory=dict)
    ip: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordAudit:
    """Append audit entries. Answer: None."""

    entries: tuple[AuditEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueChallenge:
    """Remember a login challenge until it expires. Answer: None."""

    challenge: str
    account: str
    expires_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnChallenge:
    """Spend a challenge; call only after its signature was verified. Answer: bool, True once.

    `issued` True: it must have been issued to this account and not have expired. False: the client
    made it itself, and it must only never have been spent before. Spent ones are kept until
    `expires_us`, after which the caller refuses them by their age.
    """

    challenge: str
    account: str
    issued: bool
    now_us: int
    expires_us: int
