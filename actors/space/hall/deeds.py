"""What people do in a hall. One value a deed; the wire's names stay in the realtime adapter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAudioMode:
    """Change how people hear each other. None leaves a setting as it is."""

    audio_mode: str
    range_mm: int | None = None
    superambient_neighbor_count: int | None = None
    current_speaker: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestSpeaker:
    """Have the speaker role, or wait for somebody to grant it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantSpeaker:
    """Give the role to somebody: who asked for it, or anybody present."""

    target_user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineSpeaker:
    """Take somebody (oneself too) off the list of those who asked."""

    target_user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassSpeaker:
    """Hand the role on."""

    target_user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseSpeaker:
    """Give the role up; administrators may end another's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeSpeaker:
    """Have the role now, whoever has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateMicrophone:
    """Set a microphone up; fields as in `store_hall.Microphone`."""

    microphone_name: str
    broadcast_mode: str = "full_volume"
    required_permission: str = "member"
    price_minor: int = 0
    price_currency: str = "DLUX"
    price_per: str = "use"
    time_limit_seconds: int | None = None
    daily_quota_seconds: int | None = None
    queue_enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigureMicrophone:
    """Change a microphone. `changes` holds (field of `CreateMicrophone`, value) pairs.

    A use that is under way keeps its price and its end.
    """

    microphone_id: str
    changes: tuple[tuple[str, str | int | bool | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteMicrophone:
    microphone_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMicrophones:
    """What microphones there are, who has them and my place in their queues."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestMicrophone:
    """Have a microphone, or a place in its queue. Asking twice is asking once."""

    microphone_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseMicrophone:
    """Give a microphone back, or leave its queue."""

    microphone_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PassMicrophone:
    microphone_id: str
    target_user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeMicrophone:
    """Take a microphone from its holder; the next in the queue gets it."""

    microphone_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestions:
    """Open a Q&A session on a microphone, which the host then has."""

    microphone_id: str
    title: str = ""
    tickets_only: bool = False
    by_votes: bool = False
    running: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AskQuestion:
    """Queue for the microphone; the text may be left out. `key` makes a repeat harmless."""

    text: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawQuestion:
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteForQuestion:
    """Vote for a question, or take the vote back."""

    number: int
    vote: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PickQuestion:
    """Give the microphone to an asker; without a number, to the first in the queue."""

    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunQuestions:
    """Let the queue run: after each answer the next asker gets the microphone by itself."""

    running: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkAnswered:
    """The present question is done; the microphone returns to the host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseQuestions:
    """End the Q&A session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteOne:
    """Silence an account or `guest:<id>`; locked: only a moderator unmutes."""

    person: str
    locked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmuteOne:
    """Let somebody speak again; oneself too, where that is not locked."""

    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteAll:
    """Silence everybody but moderators and who has the floor, newcomers too, until unmuted."""

    locked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmuteAll:
    """End `MuteAll`. Who was muted by name stays so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kick:
    """Put somebody out; they may come back."""

    person: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BanPerson:
    """Put somebody out for a time, or for good."""

    person: str
    reason: str | None = None
    duration_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unban:
    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BarOne:
    """Not want to hear an account or `guest:<id>`; with `blocks`, nor be heard by them."""

    person: str
    blocks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UnbarOne:
    """Hear somebody again."""

    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowHall:
    """What a newcomer is shown: audio mode, microphones, questions, one's own abilities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowBans:
    """Who may not come in, and why; for moderators."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowConnections:
    """Who hears whom now: one's own links; everybody's for administrators."""

    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CalculateConnections:
    """Who would hear whom if these stood so. `positions`: (account, millimetres), each once."""

    positions: tuple[tuple[str, tuple[int, int, int]], ...]


Look = ShowHall | ShowBans | ShowConnections | CalculateConnections
"""What changes nothing."""

Deed = (
    SetAudioMode | RequestSpeaker | GrantSpeaker | DeclineSpeaker | PassSpeaker | ReleaseSpeaker
    | TakeSpeaker | CreateMicrophone | ConfigureMicrophone | DeleteMicrophone | ListMicrophones
    | RequestMicrophone | ReleaseMicrophone | PassMicrophone | RevokeMicrophone | OpenQuestions
    | AskQuestion | WithdrawQuestion | VoteForQuestion | PickQuestion | RunQuestions | MarkAnswered
    | CloseQuestions | MuteOne | UnmuteOne | MuteAll | UnmuteAll | Kick | BanPerson | Unban
    | BarOne | UnbarOne
)  # fmt: skip
