"""The store port's part for a space's hall: audio mode, roles, microphones, questions, bans.

The rows are the actor's own state; their fields are the columns, with times in microseconds. A
space writes what changed with `SaveHall`, whole or not at all, under its epoch; every row is
replaced by its key, so a repeated write is harmless. `SpaceActivated.hall` brings back what is not
over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

from actors.space.space_id import SpaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioConfig:
    """How people hear each other (table space_audio_config); one row a space.

    Attributes:
        audio_mode: announcement, stage, ambient or superambient.
        range_mm: how far a voice carries, millimetres; the column is in metres.
        speaker_requests: accounts that wait for the speaker role, in the order they asked.
        all_muted: `open` when people may unmute themselves, `locked` when not, None when nobody
            muted all.
        unmuted: accounts or guests whom that does not hold for.
        turns: how many speakers there have been; names the next one's row.
    """

    table: ClassVar[str] = "space_audio_config"

    audio_mode: str = "ambient"
    current_speaker: str | None = None
    range_mm: int = 5_000
    superambient_neighbor_count: int = 2
    changed_by: str | None = None
    change_reason: str | None = None
    changed_at_us: int | None = None
    speaker_requests: tuple[str, ...] = ()
    all_muted: str | None = None
    unmuted: tuple[str, ...] = ()
    turns: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerTurn:
    """One person's time as speaker (table audio_sessions).

    `number` counts from 1 in its space; `listener_count` is how many others were there at the end.
    """

    table: ClassVar[str] = "audio_sessions"

    number: int
    user_account: str
    audio_mode: str
    session_start_us: int
    session_end_us: int | None = None
    duration_seconds: int | None = None
    listener_count: int = 0
    ended_reason: str | None = None
    passed_to: str | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return (str(self.number),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Somebody silenced by a moderator (table space_mutes). `person`: account or `guest:<id>`."""

    table: ClassVar[str] = "space_mutes"

    person: str
    locked: bool
    muted_by: str
    muted_at_us: int

    @property
    def key(self) -> tuple[str, ...]:
        return (self.person,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban:
    """Somebody who may not come in (table space_bans), for good without `expires_at_us`."""

    table: ClassVar[str] = "space_bans"

    person: str
    reason: str | None
    banned_by: str
    banned_at_us: int
    expires_at_us: int | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.person,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Somebody's wish not to hear another (table space_bars); accounts or `guest:<id>`.

    `blocks`: the other does not hear them either.
    """

    table: ClassVar[str] = "space_bars"

    person: str
    target: str
    blocks: bool
    barred_at_us: int

    @property
    def key(self) -> tuple[str, ...]:
        return (self.person, self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Microphone:
    """A virtual microphone (table space_microphones).

    Attributes:
        broadcast_mode: full_volume, spatial_only or mixed.
        required_permission: the least standing that may ask for it; see `permissions.Standing`.
        price_minor: in the currency's smallest unit; recorded with each use. Prices in tokens (TOK)
            are taken by the ledger, others are settled elsewhere.
        price_per: what it is the price of: a use, or a minute.
        time_limit_seconds: how long one use may last; None for no limit.
        daily_quota_seconds: how long one person may use it within any 24 hours.
        uses: how many uses there have been; names the next one's row.
        arrivals: how many have ever queued; the next one's place in the order of arrival.
    """

    table: ClassVar[str] = "space_microphones"

    id: str
    microphone_name: str
    broadcast_mode: str = "full_volume"
    required_permission: str = "member"
    price_minor: int = 0
    price_currency: str = "DLUX"
    price_per: str = "use"
    time_limit_seconds: int | None = None
    daily_quota_seconds: int | None = None
    queue_enabled: bool = True
    created_by: str
    created_at_us: int
    deleted_at_us: int | None = None
    uses: int = 0
    arrivals: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        return (self.id,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """One use of a microphone (table microphone_usage); open while somebody holds it.

    Attributes:
        number: counts from 1 for each microphone.
        granted_by: who passed or gave it; None when it was asked for and granted by rule.
        until_us: when the time is up; None without a limit.
        price_minor: of a use that is paid in tokens, else 0; `price_per` as the microphone's.
        holds: ids of reservations in the ledger that are not settled, oldest first.
        charged: how many before them are.
        cost_minor: of a use that is paid in tokens, what has been paid for it so far.
    """

    table: ClassVar[str] = "microphone_usage"

    microphone_id: str
    number: int
    user_account: str
    granted_by: str | None = None
    started_at_us: int
    until_us: int | None = None
    ended_at_us: int | None = None
    duration_seconds: int | None = None
    cost_minor: int = 0
    cost_currency: str = "DLUX"
    ended_reason: str | None = None
    price_per: str = "use"
    price_minor: int = 0
    holds: tuple[str, ...] = ()
    charged: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        return (self.microphone_id, str(self.number))


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Somebody's place in a microphone's queue (table microphone_queue).

    `tries` counts the reservations for it that were let go again.
    """

    table: ClassVar[str] = "microphone_queue"

    microphone_id: str
    user_account: str
    priority: int  # class, 0 first
    arrival: int  # from 1, in the order of asking
    asked_at_us: int
    tries: int = 0

    @property
    def key(self) -> tuple[str, ...]:
        return (self.microphone_id, self.user_account)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionRound:
    """A Q&A session (table qa_sessions). Its askers speak through one microphone, the host's."""

    table: ClassVar[str] = "qa_sessions"

    id: str
    title: str
    host: str
    microphone_id: str
    tickets_only: bool = False
    by_votes: bool = False
    running: bool = False
    opened_at_us: int
    closed_at_us: int | None = None
    asked: int = 0  # how many questions there have been

    @property
    def key(self) -> tuple[str, ...]:
        return (self.id,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, written or only announced (table qa_questions).

    Attributes:
        number: from 1, in the order of asking.
        turn: from 1, in the order in which the microphone was given; None before.
        status: waiting, asking, answered, withdrawn or dropped.
    """

    table: ClassVar[str] = "qa_questions"

    round_id: str
    number: int
    user_account: str
    text: str | None
    idempotency_key: str | None = None
    asked_at_us: int
    votes: int = 0
    status: str = "waiting"
    turn: int | None = None
    picked_at_us: int | None = None
    ended_at_us: int | None = None

    @property
    def key(self) -> tuple[str, ...]:
        return (self.round_id, str(self.number))


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """One person's vote for a question (table qa_votes)."""

    table: ClassVar[str] = "qa_votes"

    round_id: str
    number: int  # the question's
    user_account: str
    voted_at_us: int

    @property
    def key(self) -> tuple[str, ...]:
        return (self.round_id, str(self.number), self.user_account)


HallRow = (
    AudioConfig | SpeakerTurn | Mute | Ban | Microphone | Usage | Waiting | QuestionRound | Question
    | Vote | Bar
)  # fmt: skip
HALL_ROWS: tuple[type[HallRow], ...] = (
    AudioConfig, SpeakerTurn, Mute, Ban, Microphone, Usage, Waiting, QuestionRound, Question, Vote,
    Bar,
)  # fmt: skip
"""In an order in which rows refer only to earlier ones."""

DELETABLE: tuple[type[HallRow], ...] = (Mute, Ban, Waiting, Vote, Bar)
"""Rows that may be taken away; the others are kept as a record."""

RowKey = tuple[str, ...]
"""A row's table, then its key within the space."""


def row_key(row: HallRow) -> RowKey:
    """Return what names a row among all of its space."""
    return (row.table, *row.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class HallRows:
    """What is going on in a space, as it was last made durable.

    Attributes:
        config: None where nobody has changed anything yet.
        turn: the speaker's, while it lasts.
        usages: those that last, and those that ended less than a day before the newest end.
        round: the open Q&A session, with its questions and votes.
    """

    config: AudioConfig | None = None
    turn: SpeakerTurn | None = None
    mutes: tuple[Mute, ...] = ()
    bans: tuple[Ban, ...] = ()
    microphones: tuple[Microphone, ...] = ()
    usages: tuple[Usage, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    round: QuestionRound | None = None
    questions: tuple[Question, ...] = ()
    votes: tuple[Vote, ...] = ()
    bars: tuple[Bar, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HallAudit:
    """An audit entry written with a hall's rows; the key makes a repeat harmless."""

    key: str
    action: str  # audio_mode, mute, kick, ban ...
    account: str | None  # who did it; None when a rule did
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveHall:
    """Write what changed in a space's hall under its epoch, all or none. Answer: None.

    `put` holds each row once; it replaces the row of its key. `gone` names rows of `DELETABLE`
    tables; names without a row are passed over.
    """

    actor: str
    epoch: int
    space: SpaceId
    put: tuple[HallRow, ...] = ()
    gone: tuple[RowKey, ...] = ()
    audit: tuple[HallAudit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadStandings:
    """What some accounts may do in a space. Answer: tuple of `StandingRow`, in the order asked."""

    space: SpaceId
    accounts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRow:
    """What is written down about an account in a space.

    Attributes:
        permissions: of presence_permissions: access, moderate, admin; sorted.
        subscriber: holds a subscription that is active and has not run out.
        tickets: types of valid tickets to this space that have not run out; sorted.
    """

    account: str
    permissions: tuple[str, ...] = ()
    subscriber: bool = False
    tickets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StartAudioSession:
    """Record that somebody says they begin to speak. Answer: `AudioSessionRow`.

    These rows of audio_sessions have no number; a space neither reads nor writes them.
    """

    space: SpaceId
    user_account: str
    audio_mode: str
    listener_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAudioSession:
    """Record the end of such a session. Answer: `AudioSessionRow`, or None.

    None: there is no such open session of this account.
    """

    id: int
    user_account: str
    ended_reason: str
    passed_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSessionRow:
    """A row of audio_sessions that a client wrote."""

    id: int
    space: SpaceId
    user_account: str
    audio_mode: str
    session_start_us: int
    session_end_us: int | None = None
    duration_seconds: int | None = None
    listener_count: int = 0
    ended_reason: str | None = None
    passed_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindMicrophone:
    """Which space a microphone is in. Answer: `SpaceId`, or None when there is none by this id."""

    microphone_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadQuestions:
    """The record of a Q&A session, open or closed. Answer: `QuestionRecord`, None if unknown."""

    space: SpaceId
    round_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionRecord:
    """A Q&A session with its questions in the order of asking."""

    round: QuestionRound
    questions: tuple[Question, ...]
