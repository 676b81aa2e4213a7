"""From the hall's events to deeds: every field is checked and named as the client spells it."""

from __future__ import annotations

import math
from typing import Any

import pytest

from actors.session.messages import DoDeed
from actors.space.hall.deeds import (
    AskQuestion,
    BanPerson,
    BarOne,
    CalculateConnections,
    ConfigureMicrophone,
    CreateMicrophone,
    Deed,
    Kick,
    MuteOne,
    PassMicrophone,
    PickQuestion,
    RequestMicrophone,
    RequestSpeaker,
    SetAudioMode,
    ShowConnections,
    VoteForQuestion,
)
from adapters.realtime.events import ERROR_EVENTS, RESERVED_EVENTS, to_message
from adapters.realtime.hall_events import HALL_ERROR_EVENTS, HALL_SERVER_EVENTS
from engine.refusal import BadInput


@pytest.mark.parametrize(
    ("event", "payload", "deed", "error"),
    [
        ("speaker-request", {}, RequestSpeaker(), "audio-error"),
        (
            "audio-mode",
            {"audio_mode": "stage", "spatial_audio_range_meters": 7.5, "reason": "talk"},
            SetAudioMode(audio_mode="stage", range_mm=7_500, reason="talk"),
            "audio-error",
        ),
        ("audio-mode", {"audio_mode": 7}, SetAudioMode(audio_mode=""), "audio-error"),
        (
            "microphone-create",
            {"microphone_name": "main", "time_limit_seconds": 60, "queue_enabled": False},
            CreateMicrophone(microphone_name="main", time_limit_seconds=60, queue_enabled=False),
            "microphone-error",
        ),
        (
            "microphone-configure",
            {"microphone_id": "m", "time_limit_seconds": None, "unknown": 1},
            ConfigureMicrophone(microphone_id="m", changes=(("time_limit_seconds", None),)),
            "microphone-error",
        ),
        (
            "microphone-request",
            {"microphone_id": "m"},
            RequestMicrophone(microphone_id="m"),
            "microphone-error",
        ),
        (
            "microphone-pass",
            {"microphone_id": "m", "target_user": "bob"},
            PassMicrophone(microphone_id="m", target_user="bob"),
            "microphone-error",
        ),
        ("audio-connections", {}, ShowConnections(), "audio-error"),
        (
            "audio-calculate",
            {"user_positions": [{"user_account": "bob", "position": {"x": 1, "y": 0.5, "z": -2}}]},
            CalculateConnections(positions=(("bob", (1_000, 500, -2_000)),)),
            "audio-error",
        ),
        ("person-block", {"target_user": "guest:7"}, BarOne(person="guest:7", blocks=True),
         "person-error"),
        ("question-ask", {}, AskQuestion(), "question-error"),
        ("question-ask", {"text": "a\nb", "key": "k"}, AskQuestion(text="a\nb", key="k"),
         "question-error"),
        ("question-vote", {"number": 2}, VoteForQuestion(number=2), "question-error"),
        ("question-pick", {}, PickQuestion(), "question-error"),
        (
            "moderate-mute",
            {"target_user": "guest:7", "locked": False},
            MuteOne(person="guest:7", locked=False),
            "moderation-error",
        ),
        ("moderate-kick", {"target_socket_id": "s1"}, Kick(person="socket:s1"),
         "moderation-error"),
        (
            "moderate-ban",
            {"target_user": "bob", "duration_s": 60, "reason": "x"},
            BanPerson(person="bob", duration_us=60_000_000, reason="x"),
            "moderation-error",
        ),
    ],
)  # fmt: skip
def test_an_event_becomes_its_deed(
    event: str, payload: dict[str, Any], deed: Deed, error: str
) -> None:
    """With its acknowledgement, and the event that says what was wrong."""
    assert to_message(event, [payload], 7) == DoDeed(deed=deed, error_event=error, ack=7)


@pytest.mark.parametrize("event", ["speaker-request", "speaker-release", "question-done"])
def test_what_needs_no_fields_needs_no_argument(event: str) -> None:
    """`socket.emit('speaker-request')`."""
    assert isinstance(to_message(event, [], None), DoDeed)


@pytest.mark.parametrize(
    ("event", "field"),
    [
        ("audio-mode", "spatial_audio_range_meters"),
        ("audio-mode", "superambient_neighbor_count"), ("audio-mode", "current_speaker"),
        ("audio-calculate", "user_positions"), ("audio-connections", "limit"),
        ("audio-connections", "offset"), ("person-mute", "target_user"),
        ("audio-mode", "reason"), ("speaker-pass", "target_user"),
        ("microphone-create", "microphone_name"), ("microphone-request", "microphone_id"),
        ("questions-open", "microphone_id"), ("questions-open", "running"),
        ("question-ask", "text"), ("question-ask", "key"), ("question-vote", "number"),
        ("question-pick", "number"), ("moderate-mute", "target_user"),
        ("moderate-ban", "duration_s"), ("moderate-mute-all", "locked"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("wrong", [[], {}, b"raw", math.nan, -1.5])
def test_a_wrong_field_is_named(event: str, field: str, wrong: Any) -> None:
    """SPEC, everywhere: the field, as the client spells it."""
    payload = {"microphone_id": "m", "target_user": "bob", "microphone_name": "n", field: wrong}
    with pytest.raises(BadInput) as caught:
        to_message(event, [payload], None)
    assert caught.value.field == field


def test_every_event_has_its_error_and_none_is_the_servers() -> None:
    """What only the server says cannot be sent by a page, and is no request."""
    assert HALL_ERROR_EVENTS.items() <= ERROR_EVENTS.items()
    assert HALL_SERVER_EVENTS <= RESERVED_EVENTS
    assert not HALL_SERVER_EVENTS & set(HALL_ERROR_EVENTS)
    assert set(HALL_ERROR_EVENTS.values()) <= HALL_SERVER_EVENTS
