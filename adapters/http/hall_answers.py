"""What the server answers about a space's hall; the objects are those of the socket events."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from adapters.http.answers import Time


class Done(Struct, kw_only=True):
    success: bool = True
    node: str


class AudioConfig(Struct, kw_only=True):
    audio_mode: str
    current_speaker: str | None
    spatial_audio_range_meters: float
    superambient_neighbor_count: int
    all_muted: bool
    unmute_locked: bool


class AudioModeSet(Done, kw_only=True):
    audio_config: AudioConfig


class Microphone(Struct, kw_only=True):
    id: str
    microphone_name: str
    broadcast_mode: str
    required_permission: str
    price_minor: int
    price_currency: str
    price_per: str
    time_limit_seconds: int | None
    daily_quota_seconds: int | None
    queue_enabled: bool
    holder: str | None
    until: Time | None
    waiting: int
    position: Annotated[int, Meta(description="The caller's place in the queue.")] | None = None


class Question(Struct, kw_only=True):
    number: int
    user: str
    text: str | None
    votes: int
    status: str
    asked_at: Time


class QuestionRound(Struct, kw_only=True):
    id: str
    title: str
    host: str
    microphone_id: str
    tickets_only: bool
    by_votes: bool
    running: bool
    asking: Question | None
    waiting: list[Question]


class Mute(Struct, kw_only=True):
    user: Annotated[str, Meta(description="an account or guest:<id>")]
    by: str
    locked: bool


class Ban(Struct, kw_only=True):
    user: Annotated[str, Meta(description="an account or guest:<id>")]
    by: str
    reason: str | None
    since: Time
    until: Annotated[Time | None, Meta(description="null: for good")]


class Banned(Done, kw_only=True):
    until: Annotated[Time | None, Meta(description="null: for good")]


class Bans(Done, kw_only=True):
    bans: list[Ban]


class Hall(AudioConfig, kw_only=True):
    """What `space-joined` shows of the hall."""

    speaker_requests: Annotated[
        list[str], Meta(description="To moderators and to those who ask; else empty.")
    ]
    mutes: Annotated[list[Mute], Meta(description="To moderators; else only one's own.")]
    microphones: list[Microphone]
    questions: QuestionRound | None
    voted: Annotated[list[int], Meta(description="Waiting questions the caller voted for.")]
    abilities: dict[str, Any]
    muted_people: list[str]
    blocked_people: list[str]
    success: bool = True
    node: str


class Speaker(Done, kw_only=True):
    granted: bool | UnsetType = UNSET
    speaker: str | UnsetType = UNSET
    position: Annotated[int, Meta(description="Among those who asked.")] | UnsetType = UNSET


class AudioLink(Struct, kw_only=True):
    """One person heard by another. Socket ids only where connections exist."""

    listener: str | None
    listenerSocketId: str | UnsetType = UNSET  # noqa: N815 - as the sockets spell it
    userAccount: str | None  # noqa: N815
    socketId: str | UnsetType = UNSET  # noqa: N815
    kind: Annotated[str, Meta(description="nearby, speaker, partner or microphone")]
    broadcast_mode: str | UnsetType = UNSET
    gain: Annotated[float, Meta(ge=0, le=1)]
    pan: Annotated[float, Meta(ge=-1, le=1)]


class AudioConnections(Done, kw_only=True):
    audio_mode: str
    connections: list[AudioLink]
    total: int
    has_more: bool
    everybody: Annotated[
        bool, Meta(description="Whether these are everybody's, as administrators see them.")
    ]


class AudibleLink(Struct, kw_only=True):
    listener: str
    listener_socket_id: str
    source: str
    source_socket_id: str
    kind: str


class Audibility(Done, kw_only=True):
    at: Time
    known: Annotated[bool, Meta(description="False where the ledger says nothing of this moment.")]
    audio_mode: str | None
    people: list[str]
    links: list[AudibleLink]


class CalculatedConnections(Done, kw_only=True):
    audio_mode: str
    connections: list[AudioLink]


class Microphones(Done, kw_only=True):
    microphones: list[Microphone]


class MicrophoneAnswer(Done, kw_only=True):
    """`queue_position` repeats `position`."""

    microphone: Microphone
    granted: bool | UnsetType = UNSET
    position: int | UnsetType | None = UNSET
    queue_position: int | UnsetType | None = UNSET


class Questions(Done, kw_only=True):
    questions: QuestionRound | None


class QuestionAnswer(Done, kw_only=True):
    question: Question


class Votes(Done, kw_only=True):
    number: int
    votes: int


class Running(Done, kw_only=True):
    running: bool


class RecordedQuestion(Struct, kw_only=True):
    number: int
    turn: int | None
    user_account: str
    text: str | None
    votes: int
    status: str
    asked_at: Time
    picked_at: Time | None
    ended_at: Time | None


class QuestionsRecord(Done, kw_only=True):
    id: str
    title: str
    host: str
    opened_at: Time
    closed_at: Time | None
    questions: list[RecordedQuestion]


class AudioSession(Struct, kw_only=True):
    id: int
    space_type: str
    space_id: str
    subspace: str
    user_account: str
    audio_mode: str
    session_start: Time
    session_end: Time | None
    duration_seconds: int | None
    listener_count: int
    ended_reason: str | None
    passed_to: str | None


class AudioSessionAnswer(Done, kw_only=True):
    session: AudioSession
