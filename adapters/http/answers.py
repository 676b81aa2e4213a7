"""What the server answers: one struct a body. Names are the wire's (WIRE 1.2, 1.3)."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

Time = Annotated[
    str, Meta(description="ISO-8601, UTC, milliseconds", extra_json_schema={"format": "date-time"})
]
Position = dict[str, Any]


class Problem(Struct, kw_only=True):
    """The body of every refusal."""

    error: Annotated[str, Meta(description="One sentence a person can act on.")]
    code: Annotated[str, Meta(description="Never changes; branch on it.")]
    field: str | UnsetType = UNSET
    retryable: bool | UnsetType = UNSET
    limit: Annotated[str | UnsetType, Meta(description="Which limit was met; with 429.")] = UNSET
    retry_after_s: Annotated[int | UnsetType, Meta(description="When to try again.")] = UNSET
    details: dict[str, Any] | UnsetType = UNSET
    valid_modes: Annotated[list[str] | UnsetType, Meta(description="With `bad_audio_mode`.")] = (
        UNSET
    )


class Health(Struct, kw_only=True):
    status: str
    service: str
    timestamp: Time
    version: str
    node: str


class Alive(Struct, kw_only=True):
    status: str


class Readiness(Struct, kw_only=True):
    """503 carries `error` and `code` too, as every refusal does."""

    status: str
    reasons: list[str]
    error: str | UnsetType = UNSET
    code: str | UnsetType = UNSET


class Connection(Struct, kw_only=True):
    status: Annotated[str, Meta(description="connected, failed or not_used")]
    timestamp: Time
    error: str | UnsetType = UNSET


class Connections(Struct, kw_only=True):
    timestamp: Time
    replica_db: Connection
    redis: Connection
    data_api: Connection
    node: str


class ListedSpace(Struct, kw_only=True):
    space_type: str
    space_id: str
    display_name: str
    description: str | None
    type: str
    votes: int
    rating: float | None
    created_at: Time
    active_users: int


class SpaceList(Struct, kw_only=True):
    spaces: list[ListedSpace]
    total: Annotated[int, Meta(description="Rows on this page.")]
    success: bool = True
    node: str


class ConnectedUser(Struct, kw_only=True):
    socket_id: str
    user_account: str | None
    guest_id: str | None
    display_name: str
    claimed: str | None
    connected_at: Time
    position: Position | None
    voice_enabled: bool


class SpaceDetails(Struct, kw_only=True):
    space_type: str
    space_id: str
    subspace: str
    display_name: str
    description: str | None
    type: str
    author: str | None
    active_users: int
    connected_users: list[ConnectedUser]
    authenticated_users: list[str]
    settings: dict[str, Any]
    vr_settings: dict[str, Any]
    chat_enabled: bool
    voice_enabled: bool
    guests_allowed: bool
    max_users: int
    is_premium: bool
    premium_until: Annotated[Time | None, Meta(description="null: it was never bought.")]
    tick_hz: Annotated[
        int | None,
        Meta(description="How often a second poses are shown; null: as the server does."),
    ]


class SpaceAnswer(Struct, kw_only=True):
    space: SpaceDetails
    has_access: bool
    permission: Annotated[
        str | None, Meta(description="What the caller may do: admin, moderate, access, or null.")
    ]
    success: bool = True
    node: str


class TurnCredentials(Struct, kw_only=True):
    """`credential` repeats `password`: servers sent one, clients read the other."""

    username: str
    password: str
    credential: str
    ttl: Annotated[int, Meta(description="Seconds.")]
    uris: list[str]


class IceServer(Struct, kw_only=True):
    urls: list[str]
    username: str
    credential: str


class TurnConfig(Struct, kw_only=True):
    iceServers: list[IceServer]  # noqa: N815 - the browser's own spelling
    iceTransportPolicy: str = "all"  # noqa: N815
    iceCandidatePoolSize: int = 10  # noqa: N815


class JoinedSpace(Struct, kw_only=True):
    """Small, and every string within Latin-1: clients put this body into a URL with `btoa`."""

    space_type: str
    space_id: str
    subspace: str
    display_name: str
    chat_enabled: bool
    voice_enabled: bool
    max_users: int


class PresentUser(Struct, kw_only=True):
    socket_id: str
    user_account: str | None
    display_name: str


class PresentState(Struct, kw_only=True):
    """The space as it is now. The roster is cut short here; `space-joined` brings all of it."""

    active_users: int
    users: list[PresentUser]
    epoch: int
    offset: int


class Joined(Struct, kw_only=True):
    space: JoinedSpace
    subspace: str
    user_account: str | None
    guest_id: str | None
    turn_credentials: TurnCredentials
    iceServers: list[IceServer]  # noqa: N815
    websocket_url: str
    session_token: str
    expires_at: Time
    state: PresentState
    success: bool = True
    node: str


class Reaction(Struct, kw_only=True):
    reaction: str
    count: int


class Message(Struct, kw_only=True):
    id: int
    space_type: str
    space_id: str
    subspace: str
    user_account: str | None
    guest_id: str | None
    display_name: str
    message_type: str
    content: str
    metadata: dict[str, Any]
    parent_message_id: int | None
    thread_count: int
    is_edited: bool
    is_deleted: bool
    reactions: list[Reaction]
    created_at: Time
    updated_at: Time
    key: str


class Messages(Struct, kw_only=True):
    messages: Annotated[list[Message], Meta(description="Oldest first, within the newest page.")]
    has_more: bool
    success: bool = True
    node: str


class Posted(Struct, kw_only=True):
    message: Message
    success: bool = True
    node: str


class Challenge(Struct, kw_only=True):
    account: str
    challenge: Annotated[str, Meta(description="Sign exactly this text with the posting key.")]
    expires_at: Time
    expires: Annotated[int, Meta(description="Unix seconds.")]
    instructions: str
    success: bool = True


class OldChallenge(Struct, kw_only=True):
    challenge: Annotated[int, Meta(description="Unix seconds; sign their decimal digits.")]
    expires: Annotated[int, Meta(description="Unix seconds.")]
    message: str
    instructions: str
    success: bool = True


class LoggedIn(Struct, kw_only=True):
    account: str
    token: str
    session_token: str
    expires_at: Time
    admin: bool
    success: bool = True


class GuestAdmitted(Struct, kw_only=True):
    guest_id: str
    name: str | None
    display_name: str
    token: str
    session_token: str
    expires_at: Time
    success: bool = True


class Me(Struct, kw_only=True):
    account: str | None
    guest_id: str | None
    display_name: str
    admin: bool
    proof: Annotated[str, Meta(description="signature or token")]
    success: bool = True


class WhoAmI(Struct, kw_only=True):
    account: str
    keyType: str  # noqa: N815 - the data host's own spelling
    isAdmin: bool  # noqa: N815
    success: bool = True
