"""The hall's events of a client: audio modes, speaker, microphones, questions, moderation. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.session.messages import DoDeed
from actors.space.hall.deeds import (
    AskQuestion,
    BanPerson,
    BarOne,
    CalculateConnections,
    CloseQuestions,
    ConfigureMicrophone,
    CreateMicrophone,
    DeclineSpeaker,
    Deed,
    DeleteMicrophone,
    GrantSpeaker,
    Kick,
    ListMicrophones,
    Look,
    MarkAnswered,
    MuteAll,
    MuteOne,
    OpenQuestions,
    PassMicrophone,
    PassSpeaker,
    PickQuestion,
    ReleaseMicrophone,
    ReleaseSpeaker,
    RequestMicrophone,
    RequestSpeaker,
    RevokeMicrophone,
    RunQuestions,
    SetAudioMode,
    ShowBans,
    ShowConnections,
    ShowHall,
    TakeSpeaker,
    Unban,
    UnbarOne,
    UnmuteAll,
    UnmuteOne,
    VoteForQuestion,
    WithdrawQuestion,
)
from actors.space.hearing.looks import POSITIONS_MAX
from engine.refusal import BadInput

Payload = dict[str, Any]

NAME_LENGTH_MAX = 80
TEXT_LENGTH_MAX = 500
SECONDS_MAX = 10 * 365 * 86_400
NUMBER_MAX = 2**31 - 1
PAGE_MAX = 1_000
COORDINATE_MAX_M = 1_000_000  # as for poses
MICROPHONE_FIELDS = (
    "microphone_name", "broadcast_mode", "required_permission", "price_minor", "price_currency",
    "price_per", "time_limit_seconds", "daily_quota_seconds", "queue_enabled",
)  # fmt: skip


def _set_audio_mode(payload: Payload) -> Deed | Look:
    mode = payload.get("audio_mode")
    range_m = payload.get("spatial_audio_range_meters")
    if range_m is not None and not (
        isinstance(range_m, int | float)
        and not isinstance(range_m, bool)
        and 1 < range_m <= 1000  # Not so for NaN and infinities either.
    ):
        raise BadInput(
            "spatial_audio_range_meters: expected more than 1 and at most 1000",
            field="spatial_audio_range_meters",
        )
    return SetAudioMode(
        audio_mode=mode if isinstance(mode, str) else "",  # The rule names those there are.
        range_mm=None if range_m is None else round(range_m * 1000),
        superambient_neighbor_count=_number_or_none(payload, "superambient_neighbor_count"),
        current_speaker=_text_or_none(payload, "current_speaker"),
        reason=_text_or_none(payload, "reason"),
    )


def _show_connections(payload: Payload) -> Deed | Look:
    limit = _number_or_none(payload, "limit", PAGE_MAX)
    offset = payload.get("offset", 0)
    if not (type(offset) is int and 0 <= offset <= NUMBER_MAX):
        raise BadInput("offset: expected a whole number from 0", field="offset")
    return ShowConnections(limit=limit or 100, offset=offset)


def _calculate_connections(payload: Payload) -> Deed | Look:
    given = payload.get("user_positions")
    if not (isinstance(given, list) and 1 <= len(given) <= POSITIONS_MAX):
        raise BadInput(
            f"user_positions: expected a list of 1 to {POSITIONS_MAX}", field="user_positions"
        )
    return CalculateConnections(positions=tuple(_stands(one) for one in given))


def _stands(given: Any) -> tuple[str, tuple[int, int, int]]:
    place: Any = given.get("position") if isinstance(given, dict) else None
    try:
        x_mm, y_mm, z_mm = (_millimetres(place[axis]) for axis in "xyz")
    except (KeyError, TypeError, ValueError):
        raise BadInput(
            "user_positions: expected objects of user_account and position {x, y, z} in metres",
            field="user_positions",
        ) from None
    return _text(given, "user_account"), (x_mm, y_mm, z_mm)


def _millimetres(metres: Any) -> int:
    if isinstance(metres, bool) or not abs(metres) <= COORDINATE_MAX_M:
        raise ValueError(metres)
    millimetres: int = round(metres * 1000)
    return millimetres


def _create_microphone(payload: Payload) -> Deed | Look:
    if "microphone_name" not in payload:
        _text(payload, "microphone_name")
    return CreateMicrophone(**_microphone_fields(payload))


def _configure_microphone(payload: Payload) -> Deed | Look:
    fields = _microphone_fields(payload)
    if not fields:
        raise BadInput(
            f"microphone-configure: expected one of {', '.join(MICROPHONE_FIELDS)}",
            field="microphone_id",
        )
    return ConfigureMicrophone(
        microphone_id=_text(payload, "microphone_id"), changes=tuple(fields.items())
    )


def _microphone_fields(payload: Payload) -> Payload:
    fields = {name: payload[name] for name in MICROPHONE_FIELDS if name in payload}
    for name, value in fields.items():
        if isinstance(value, str):
            _text(payload, name)
        elif not (value is None or isinstance(value, bool | int)):
            raise BadInput(f"{name}: expected text, a whole number, true or false", field=name)
    return fields


def _ban(payload: Payload) -> Deed | Look:
    duration_s = _number_or_none(payload, "duration_s", SECONDS_MAX)
    return BanPerson(
        person=_person(payload),
        reason=_text_or_none(payload, "reason"),
        duration_us=None if duration_s is None else duration_s * 1_000_000,
    )


def _person(payload: Payload) -> str:
    """Return who is meant: an account, `guest:<id>`, or whoever is behind a socket id."""
    if payload.get("target_socket_id") is not None:
        return f"socket:{_text(payload, 'target_socket_id')}"
    name = _text(payload, "target_user")
    if ":" in name and not name.startswith("guest:"):
        raise BadInput("target_user: expected an account or guest:<id>", field="target_user")
    return name


_AUDIO: dict[str, Callable[[Payload], Deed | Look]] = {
    "audio-mode": _set_audio_mode,
    "audio-state": lambda _payload: ShowHall(),
    "audio-connections": _show_connections,
    "audio-calculate": _calculate_connections,
    "speaker-request": lambda _payload: RequestSpeaker(),
    "speaker-grant": lambda payload: GrantSpeaker(target_user=_text(payload, "target_user")),
    "speaker-decline": lambda payload: DeclineSpeaker(target_user=_text(payload, "target_user")),
    "speaker-pass": lambda payload: PassSpeaker(target_user=_text(payload, "target_user")),
    "speaker-release": lambda _payload: ReleaseSpeaker(),
    "speaker-take": lambda _payload: TakeSpeaker(),
}
_MICROPHONES: dict[str, Callable[[Payload], Deed | Look]] = {
    "microphone-create": _create_microphone,
    "microphone-configure": _configure_microphone,
    "microphone-delete": lambda payload: DeleteMicrophone(microphone_id=_microphone(payload)),
    "microphone-list": lambda _payload: ListMicrophones(),
    "microphone-request": lambda payload: RequestMicrophone(microphone_id=_microphone(payload)),
    "microphone-release": lambda payload: ReleaseMicrophone(microphone_id=_microphone(payload)),
    "microphone-pass": lambda payload: PassMicrophone(
        microphone_id=_microphone(payload), target_user=_text(payload, "target_user")
    ),
    "microphone-revoke": lambda payload: RevokeMicrophone(microphone_id=_microphone(payload)),
}
_QUESTIONS: dict[str, Callable[[Payload], Deed | Look]] = {
    "questions-open": lambda payload: OpenQuestions(
        microphone_id=_microphone(payload),
        title=_text_or_none(payload, "title") or "",
        tickets_only=_flag(payload, "tickets_only"),
        by_votes=_flag(payload, "by_votes"),
        running=_flag(payload, "running"),
    ),
    "questions-run": lambda payload: RunQuestions(running=_flag(payload, "running", default=True)),
    "questions-close": lambda _payload: CloseQuestions(),
    "question-ask": lambda payload: AskQuestion(
        text=_text_or_none(payload, "text"), key=_text_or_none(payload, "key", 64)
    ),
    "question-withdraw": lambda payload: WithdrawQuestion(number=_number(payload, "number")),
    "question-vote": lambda payload: VoteForQuestion(
        number=_number(payload, "number"), vote=_flag(payload, "vote", default=True)
    ),
    "question-pick": lambda payload: PickQuestion(number=_number_or_none(payload, "number")),
    "question-done": lambda _payload: MarkAnswered(),
}
_MODERATION: dict[str, Callable[[Payload], Deed | Look]] = {
    "moderate-mute": lambda payload: MuteOne(
        person=_person(payload), locked=_flag(payload, "locked", default=True)
    ),
    "moderate-unmute": lambda payload: UnmuteOne(person=_person(payload)),
    "moderate-mute-all": lambda payload: MuteAll(locked=_flag(payload, "locked", default=True)),
    "moderate-unmute-all": lambda _payload: UnmuteAll(),
    "moderate-kick": lambda payload: Kick(
        person=_person(payload), reason=_text_or_none(payload, "reason")
    ),
    "moderate-ban": _ban,
    "moderate-bans": lambda _payload: ShowBans(),
    "moderate-unban": lambda payload: Unban(person=_person(payload)),
}
_AVERSIONS: dict[str, Callable[[Payload], Deed | Look]] = {
    "person-mute": lambda payload: BarOne(person=_person(payload)),
    "person-block": lambda payload: BarOne(person=_person(payload), blocks=True),
    "person-unmute": lambda payload: UnbarOne(person=_person(payload)),
}
_FAMILIES = {
    "audio-error": _AUDIO,
    "microphone-error": _MICROPHONES,
    "question-error": _QUESTIONS,
    "moderation-error": _MODERATION,
    "person-error": _AVERSIONS,
}

HALL_ERROR_EVENTS = {
    event: error for error, family in _FAMILIES.items() for event in family
}  # fmt: skip
"""The event that says what was wrong with another."""

HALL_SERVER_EVENTS = frozenset(
    {
        "abilities-changed", "all-muted", "all-unmuted", "audio-error", "audio-mode-changed",
        "microphone-changed", "microphone-deleted", "microphone-ending", "microphone-error",
        "microphone-queue", "microphone-released", "microphone-taken", "moderation-error",
        "muted-people-changed", "person-error",
        "question-added", "question-answered", "question-error", "question-picked",
        "question-removed", "question-voted", "questions-closed", "questions-opened",
        "questions-running", "removed-from-space", "speaker-declined", "speaker-requested",
        "spatial-connections-updated", "spatial-hearers-updated",
        "speaker-role-granted", "speaker-role-passed", "speaker-role-released", "user-muted",
        "user-unmuted",
    }
)  # fmt: skip
"""What only the server says."""


def to_deed(event: str, payload: Payload, ack: int | None) -> DoDeed:
    """Return what a session is to be told for one of `HALL_ERROR_EVENTS`' keys.

    Raises:
        BadInput: a field is missing or wrong; named as the client spells it.
    """
    return DoDeed(deed=deed_of(event, payload), error_event=HALL_ERROR_EVENTS[event], ack=ack)


def deed_of(event: str, payload: Payload) -> Deed | Look:
    """Return what one of `HALL_ERROR_EVENTS`' keys asks for.

    Raises:
        BadInput: a field is missing or wrong; named as the client spells it.
    """
    return _FAMILIES[HALL_ERROR_EVENTS[event]][event](payload)


def _microphone(payload: Payload) -> str:
    return _text(payload, "microphone_id")


def _text(payload: Payload, field: str) -> str:
    value = payload.get(field)
    if not (isinstance(value, str) and 0 < len(value) <= NAME_LENGTH_MAX and value.isprintable()):
        raise BadInput(
            f"{field}: expected 1 to {NAME_LENGTH_MAX} printable characters", field=field
        )
    return value


def _text_or_none(payload: Payload, field: str, length_max: int = TEXT_LENGTH_MAX) -> str | None:
    value = payload.get(field)
    if value is None:
        return None
    if (
        not isinstance(value, str)
        or len(value) > length_max
        or "\0" in value
        or any("\ud800" <= one <= "\udfff" for one in value)
    ):
        raise BadInput(f"{field}: expected text of at most {length_max} characters", field=field)
    return value


def _number_or_none(payload: Payload, field: str, number_max: int = NUMBER_MAX) -> int | None:
    value = payload.get(field)
    if value is None:
        return None
    if not (type(value) is int and 0 < value <= number_max):
        raise BadInput(f"{field}: expected a whole number from 1", field=field)
    return value


def _number(payload: Payload, field: str) -> int:
    value = _number_or_none(payload, field)
    if value is None:
        raise BadInput(f"{field}: expected a whole number from 1", field=field)
    return value


def _flag(payload: Payload, field: str, *, default: bool = False) -> bool:
    value = payload.get(field, default)
    if not isinstance(value, bool):
        raise BadInput(f"{field}: expected true or false", field=field)
    return value
