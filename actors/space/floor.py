"""Audio mode and speaker: pure rules. At most one speaker, and only in modes that have one."""

from __future__ import annotations

from dataclasses import replace

from actors.space.hall.deeds import SetAudioMode
from actors.space.hall.refusals import (
    AUDIO_MODES,
    BadAudioMode,
    FloorTaken,
    NoSpeakerInMode,
    NotHere,
    NotSpeaker,
    QueueFull,
)
from actors.space.hall.state import Draft, JsonObject, seconds
from actors.space.hall.who import Who, check_may_hold
from actors.store_hall import AudioConfig, SpeakerTurn
from engine.refusal import BadInput

SPEAKER_MODES = frozenset({"announcement", "stage"})
REQUESTS_MAX = 200
RANGE_MIN_MM, RANGE_MAX_MM = 1_001, 1_000_000
NEIGHBORS_MAX = 2  # one or two partners (SPEC 3)


def config_view(config: AudioConfig) -> JsonObject:
    """Return the configuration as the wire shows it."""
    return {
        "audio_mode": config.audio_mode,
        "current_speaker": config.current_speaker,
        "spatial_audio_range_meters": config.range_mm / 1000,
        "superambient_neighbor_count": config.superambient_neighbor_count,
        "all_muted": config.all_muted is not None,
        "unmute_locked": config.all_muted == "locked",
    }


def set_mode(draft: Draft, who: Who, deed: SetAudioMode) -> JsonObject:
    """Change mode and settings in one step; a speaker ends with a mode that has none.

    Raises:
        BadAudioMode, BadInput: the input is at fault.
        NotPermitted: only administrators do this.
        NotHere, GuestsListen, Muted: the speaker named cannot be one.
    """
    if deed.audio_mode not in AUDIO_MODES:
        raise BadAudioMode
    account = who.administrator()
    if deed.range_mm is not None and not RANGE_MIN_MM <= deed.range_mm <= RANGE_MAX_MM:
        raise BadInput(
            "spatial_audio_range_meters: expected more than 1 and at most 1000",
            field="spatial_audio_range_meters",
        )
    count = deed.superambient_neighbor_count
    if count is not None and not 1 <= count <= NEIGHBORS_MAX:
        raise BadInput(
            f"superambient_neighbor_count: expected 1 to {NEIGHBORS_MAX}",
            field="superambient_neighbor_count",
        )
    named = deed.current_speaker
    if named is not None:
        if deed.audio_mode not in SPEAKER_MODES:
            raise BadInput(
                "current_speaker: this audio mode has no speaker", field="current_speaker"
            )
        check_may_hold(draft, named, field="current_speaker")
    before = draft.hall.config
    speaks = deed.audio_mode in SPEAKER_MODES
    draft.configure(
        audio_mode=deed.audio_mode,
        range_mm=before.range_mm if deed.range_mm is None else deed.range_mm,
        superambient_neighbor_count=before.superambient_neighbor_count if count is None else count,
        changed_by=account,
        change_reason=deed.reason,
        changed_at_us=draft.now_us,
        speaker_requests=before.speaker_requests if speaks else (),
    )
    draft.tell(
        "audio-mode-changed",
        {
            **config_view(draft.hall.config),
            "current_speaker": (named or before.current_speaker) if speaks else None,
            "changed_by": account,
            "reason": deed.reason,
            "previous_mode": before.audio_mode,
        },
    )
    details = {"from": before.audio_mode, "to": deed.audio_mode, "reason": deed.reason}
    draft.audit("audio_mode", account, **details)
    if not speaks:
        release(draft, "mode changed")
    elif named is not None and named != draft.hall.speaker:
        _hand_over(draft, named, "granted")
    elif draft.hall.turn is not None and deed.audio_mode != before.audio_mode:
        # A row of audio_sessions has one mode: the turn goes on as another.
        speaker = draft.hall.turn.user_account
        _end_turn(draft, "mode changed")
        _begin_turn(draft, speaker)
    return {"audio_config": config_view(draft.hall.config)}


def request(draft: Draft, who: Who) -> JsonObject:
    """Give the free role to who may take it; anybody else waits for a grant.

    Raises:
        Refusal: the mode has no speaker, this person may not be one, or too many are waiting.
    """
    account = _would_speak(draft, who)
    config = draft.hall.config
    if config.current_speaker == account:
        return {"granted": True, "speaker": account}
    if config.current_speaker is None and who.abilities.take_free_floor:
        _hand_over(draft, account, "granted")
        return {"granted": True, "speaker": account}
    if account not in config.speaker_requests:
        if len(config.speaker_requests) >= REQUESTS_MAX:
            raise QueueFull(REQUESTS_MAX)
        draft.configure(speaker_requests=(*config.speaker_requests, account))
        draft.tell(
            "speaker-requested",
            {"user": account, "waiting": list(draft.hall.config.speaker_requests)},
            to=(account,),
            moderators=True,
        )
    position = draft.hall.config.speaker_requests.index(account) + 1
    return {"granted": False, "position": position}


def grant(draft: Draft, who: Who, target: str) -> JsonObject:
    """Give the free role to somebody.

    Raises:
        Refusal: not a moderator, the role is taken, or the other cannot have it.
    """
    who.moderator()
    _check_mode(draft)
    check_may_hold(draft, target)
    speaker = draft.hall.speaker
    if speaker is not None and speaker != target:
        raise FloorTaken(speaker)
    if speaker is None:
        _hand_over(draft, target, "granted")
    return {"speaker": target}


def decline(draft: Draft, who: Who, target: str) -> JsonObject:
    """Take somebody off the list of those who asked.

    Raises:
        Refusal: not a moderator nor the person, or they are not on the list.
    """
    if who.proven() != target:
        who.moderator()
    if target not in draft.hall.config.speaker_requests:
        raise NotHere
    forget_request(draft, target)
    draft.tell("speaker-declined", {"user": target, "by": who.account}, to=(target,))
    return {}


def pass_on(draft: Draft, who: Who, target: str) -> JsonObject:
    """Hand the role from the speaker to another.

    Raises:
        Refusal: the sender is neither speaker nor administrator, or the other cannot have it.
    """
    account = who.proven()
    _check_mode(draft)
    speaker = draft.hall.speaker
    if speaker is None or not (speaker == account or who.abilities.administer):
        raise NotSpeaker
    check_may_hold(draft, target)
    if target != speaker:
        _hand_over(draft, target, "passed")
    return {"speaker": target}


def give_up(draft: Draft, who: Who) -> JsonObject:
    """Release the role as its speaker, or end another's as administrator.

    Raises:
        NotSpeaker: neither.
    """
    account = who.proven()
    speaker = draft.hall.speaker
    if speaker is None or not (speaker == account or who.abilities.administer):
        raise NotSpeaker
    release(draft, "released" if speaker == account else "revoked", by=account)
    return {}


def take(draft: Draft, who: Who) -> JsonObject:
    """Have the role as administrator, whoever has it.

    Raises:
        Refusal: not an administrator, or the mode has no speaker.
    """
    account = who.administrator()
    _would_speak(draft, who)
    if draft.hall.speaker != account:
        _hand_over(draft, account, "taken")
    return {"speaker": account}


def release(draft: Draft, reason: str, *, by: str | None = None) -> None:
    """Leave the space without a speaker; nothing when there is none."""
    speaker = draft.hall.speaker
    if speaker is not None:
        _end_turn(draft, reason)
        draft.configure(current_speaker=None)
        draft.tell("speaker-role-released", {"speaker": speaker, "reason": reason, "by": by})


def forget_request(draft: Draft, account: str) -> None:
    """Take an account off the list of those who asked, if it is there."""
    requests = draft.hall.config.speaker_requests
    if account in requests:
        draft.configure(speaker_requests=tuple(one for one in requests if one != account))


def _hand_over(draft: Draft, target: str, how: str) -> None:
    """Make `target` the speaker in place of who was."""
    former = draft.hall.speaker
    if former is not None:
        _end_turn(draft, how, passed_to=target)
    forget_request(draft, target)
    draft.configure(current_speaker=target)
    _begin_turn(draft, target)
    if former is None:
        draft.tell("speaker-role-granted", {"speaker": target})
    else:
        draft.tell(
            "speaker-role-passed",
            {"from_user": former, "to_user": target, "taken": how == "taken"},
        )


def _begin_turn(draft: Draft, speaker: str) -> None:
    config = draft.hall.config
    draft.configure(turns=config.turns + 1)
    draft.set(
        turn=SpeakerTurn(
            number=config.turns + 1,
            user_account=speaker,
            audio_mode=config.audio_mode,
            session_start_us=draft.now_us,
        )
    )


def _end_turn(draft: Draft, reason: str, *, passed_to: str | None = None) -> None:
    turn = draft.hall.turn
    if turn is not None:
        draft.end(
            replace(
                turn,
                session_end_us=draft.now_us,
                duration_seconds=seconds(draft.now_us - turn.session_start_us),
                listener_count=draft.room.others(turn.user_account),
                ended_reason=reason,
                passed_to=passed_to,
            )
        )
        draft.set(turn=None)


def _check_mode(draft: Draft) -> None:
    if draft.hall.config.audio_mode not in SPEAKER_MODES:
        raise NoSpeakerInMode(draft.hall.config.audio_mode)


def _would_speak(draft: Draft, who: Who) -> str:
    account = who.proven()
    _check_mode(draft)
    check_may_hold(draft, account, field="speaker")
    return account
