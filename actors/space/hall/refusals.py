"""Why a hall says no."""

from __future__ import annotations

from engine.refusal import Refusal

AUDIO_MODES = ("announcement", "stage", "ambient", "superambient")


class BadAudioMode(Refusal):
    """There is no such mode."""

    code = "bad_audio_mode"

    def __init__(self) -> None:
        super().__init__(
            f"audio_mode: expected one of {', '.join(AUDIO_MODES)}",
            field="audio_mode",
            valid_modes=list(AUDIO_MODES),
        )


class GuestsListen(Refusal):
    """A guest wants what only accounts have."""

    code = "guests_listen_only"

    def __init__(self) -> None:
        super().__init__("Guests listen only; log in to do this")


class NotPermitted(Refusal):
    """The person's standing is too low; `needs` says which is enough."""

    code = "not_permitted"

    def __init__(self, needs: str) -> None:
        super().__init__(f"This needs {needs.replace('_', ' ')} rights in this space", needs=needs)


class TicketNeeded(Refusal):
    """Only ticket holders ask questions here."""

    code = "ticket_needed"

    def __init__(self) -> None:
        super().__init__("Only ticket holders ask questions here; buy a ticket and ask again")


class Muted(Refusal):
    """A moderator has silenced this person, or voice is off here."""

    code = "muted"

    def __init__(self) -> None:
        super().__init__("This person may not speak in this space now")


class UnmuteLocked(Refusal):
    """Muted by a moderator who keeps it that way."""

    code = "unmute_locked"

    def __init__(self) -> None:
        super().__init__("A moderator has muted you and must unmute you")


class Banned(Refusal):
    """Not admitted until a time, or at all."""

    code = "banned"

    def __init__(self, until: str | None) -> None:
        when = "for good" if until is None else f"until {until}"
        super().__init__(f"You are banned from this space {when}", until=until)


class NoSpeakerInMode(Refusal):
    """Nobody is the speaker in ambient modes."""

    code = "no_speaker_in_mode"

    def __init__(self, audio_mode: str) -> None:
        super().__init__(
            "This audio mode has no speaker; announcement and stage have", audio_mode=audio_mode
        )


class FloorTaken(Refusal):
    """Somebody is the speaker already."""

    code = "speaker_taken"
    retryable = True

    def __init__(self, speaker: str) -> None:
        super().__init__(f"{speaker} is the speaker", speaker=speaker)


class NotSpeaker(Refusal):
    """Only the speaker does this."""

    code = "not_speaker"

    def __init__(self) -> None:
        super().__init__("You are not the speaker")


class NotHere(Refusal):
    """The person named is not in this space."""

    code = "person_not_here"

    def __init__(self, field: str = "target_user") -> None:
        super().__init__(f"{field}: nobody by this name is in the space", field=field)


class NoSuchMicrophone(Refusal):
    """There is no microphone by this id here."""

    code = "no_such_microphone"

    def __init__(self) -> None:
        super().__init__("microphone_id: no such microphone here", field="microphone_id")


class MicrophonePaid(Refusal):
    """Who pays for a microphone gives it back and does not hand it on."""

    code = "microphone_paid"

    def __init__(self) -> None:
        super().__init__("You pay for this microphone: release it, and the next one can pay")


class MicrophoneTaken(Refusal):
    """Somebody has it and it has no queue."""

    code = "microphone_taken"
    retryable = True

    def __init__(self, holder: str) -> None:
        super().__init__(f"{holder} has this microphone", holder=holder)


class QueueFull(Refusal):
    """No more places in the queue."""

    code = "queue_full"
    retryable = True

    def __init__(self, waiting_max: int) -> None:
        super().__init__("Too many are waiting; ask again later", waiting_max=waiting_max)


class TooManyBars(Refusal):
    """Somebody mutes or blocks more people than a space keeps for one."""

    code = "too_many_bars"

    def __init__(self, bars_max: int) -> None:
        super().__init__(
            f"You mute or block {bars_max} people here; let somebody be heard again first",
            bars_max=bars_max,
        )


class QuotaExhausted(Refusal):
    """Today's time with this microphone is used up."""

    code = "quota_exhausted"
    retryable = True

    def __init__(self, quota_s: int, retry_after_s: int) -> None:
        super().__init__(
            f"You have had your {quota_s} s with this microphone in 24 hours",
            quota_s=quota_s,
            retry_after_s=retry_after_s,
        )


class NotHolder(Refusal):
    """Only who has the microphone does this."""

    code = "not_holder"

    def __init__(self) -> None:
        super().__init__("You do not have this microphone")


class TooManyMicrophones(Refusal):
    """A space has room for so many."""

    code = "too_many_microphones"

    def __init__(self, microphones_max: int) -> None:
        super().__init__(f"A space has at most {microphones_max} microphones")


class MicrophoneInUse(Refusal):
    """A Q&A session needs it."""

    code = "microphone_in_use"
    retryable = True

    def __init__(self) -> None:
        super().__init__("The Q&A session uses this microphone; close the session first")


class QuestionsClosed(Refusal):
    """There is no Q&A session now."""

    code = "questions_closed"

    def __init__(self) -> None:
        super().__init__("There is no Q&A session in this space now")


class QuestionsOpen(Refusal):
    """One Q&A session at a time."""

    code = "questions_open"

    def __init__(self) -> None:
        super().__init__("A Q&A session is open already; close it first")


class NoSuchQuestion(Refusal):
    """No question by this number is waiting."""

    code = "no_such_question"

    def __init__(self) -> None:
        super().__init__("number: no waiting question by this number", field="number")


class AlreadyAsked(Refusal):
    """One question a person waits at a time."""

    code = "already_asked"
    retryable = True

    def __init__(self, number: int) -> None:
        super().__init__("Your earlier question is still waiting", number=number)


class NothingAsked(Refusal):
    """Nobody has the microphone for a question now."""

    code = "nothing_asked"

    def __init__(self) -> None:
        super().__init__("No question is being asked now")


class HallBusy(Refusal):
    """More was decided than the database has taken in."""

    code = "hall_busy"
    retryable = True

    def __init__(self) -> None:
        super().__init__("Too much is going on in this space; try again in a moment")
