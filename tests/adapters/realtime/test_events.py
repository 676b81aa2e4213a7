"""From events to messages: whatever a client sends is understood, or refused by field."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.session.messages import JoinSpace, LeaveSpace, MoveTo, PostChat, RelayEvent, Signal
from actors.space.space_id import SpaceId
from adapters.realtime.events import (
    ERROR_EVENTS,
    RESERVED_EVENTS,
    UnknownEvent,
    to_message,
    to_room_message,
)
from engine.refusal import BadInput, Refusal

EVENTS = sorted({*ERROR_EVENTS, "aframe-update"})
VECTORS = ("position", "rotation")
FIELDS: dict[str, dict[str, Any]] = {
    "join-space": {
        "spaceType": "post",
        "spaceId": "ada/harbour",
        "subspace": "main",
        "position": {"x": 1, "y": 2.5, "z": -3},
        "avatar_data": {"colour": "red"},
        "userAccount": "ada",
    },
    "chat-message": {
        "content": "hello",
        "message_type": "text",
        "parent_message_id": 7,
        "key": "abc",
    },
    "aframe-update": {
        "position": {"x": 1, "y": 2.5, "z": -3},
        "rotation": {"x": 0, "y": 90, "z": 0},
        "voice_enabled": True,
    },
    "webrtc-offer": {"targetSocketId": "b", "offer": {}},
    "webrtc-answer": {"targetSocketId": "b", "answer": {}},
    "webrtc-ice-candidate": {"targetSocketId": "b", "candidate": {}},
}
WHATEVER = {("join-space", "avatar_data")} | {
    (event, field)
    for event, fields in FIELDS.items()
    if event.startswith("webrtc")
    for field in fields
    if field != "targetSocketId"
}
"""Fields that take any JSON."""

scalars = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.binary(max_size=3)
    | st.text(st.characters(), max_size=5) | st.just(10**400)
)  # fmt: skip
json_values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["x", "y", "z", "w"]), inner, max_size=4)
        | st.fixed_dictionaries({"x": inner, "y": inner, "z": inner})
    ),
    max_leaves=6,
)
every_field = sorted({field for fields in FIELDS.values() for field in fields})


@given(
    st.sampled_from([*EVENTS, "nonsense"]),
    st.lists(json_values | st.dictionaries(st.sampled_from(every_field), json_values), max_size=2),
)
def test_any_arguments_make_a_message_or_a_refusal(event: str, args: list[Any]) -> None:
    """Malformed input is a clear error, never a crash."""
    field: str | None = "none"
    try:
        to_message(event, args, None)
    except Refusal as refusal:
        field = refusal.field
    assert field


@given(st.text(max_size=8) | st.sampled_from(EVENTS), st.dictionaries(st.text(), json_values))
def test_any_frame_of_a_room_makes_a_message_or_a_refusal(
    event: str, payload: dict[str, Any]
) -> None:
    """WIRE 2.2: rooms are as strict as the rest."""
    field: str | None = "none"
    try:
        to_room_message(event, payload)
    except Refusal as refusal:
        field = refusal.field
    assert field


@pytest.mark.parametrize(
    ("event", "field"), [(event, field) for event, fields in FIELDS.items() for field in fields]
)
@pytest.mark.parametrize("wrong", [False, 1.5, [], {}, "\x00", b"raw", math.nan])
def test_a_wrong_type_is_refused_by_the_name_of_its_field(
    event: str, field: str, wrong: Any
) -> None:
    """The sender learns which field to mend."""
    allowed = (event, field) in WHATEVER or (field == "voice_enabled" and wrong is False)
    if allowed or (field in {"content", "targetSocketId"} and wrong == "\x00"):
        return
    with pytest.raises(BadInput) as caught:
        to_message(event, [{**FIELDS[event], field: wrong}], None)
    assert caught.value.field == field


@pytest.mark.parametrize("event", FIELDS)
def test_the_right_fields_are_understood(event: str) -> None:
    """WIRE 2.1: the fields are those of the documents."""
    message = to_message(event, [FIELDS[event]], 5)
    match message:
        case JoinSpace():
            assert message.space == SpaceId("post", "ada/harbour", "main")
            assert (message.claimed, message.ack) == ("ada", 5)
        case PostChat():
            assert (message.content, message.parent_message_id, message.key) == ("hello", 7, "abc")
        case MoveTo():
            assert message.update == FIELDS[event]
        case Signal():
            assert (message.event, message.target_socket_id) == (event, "b")
            assert "targetSocketId" not in message.payload
        case _:
            raise AssertionError(message)


@pytest.mark.parametrize("nothing", [{}, {"subspace": ""}, {"subspace": None}])
def test_joining_without_a_name_is_joining_the_lobby(nothing: dict[str, Any]) -> None:
    """SPEC 1: `global/lobby` is always there."""
    message = to_message("join-space", [nothing], None)

    assert isinstance(message, JoinSpace)
    assert message.space == SpaceId("global", "lobby")


@pytest.mark.parametrize("event", sorted(set(FIELDS)))
@pytest.mark.parametrize("args", [[], [None], ["text"], [3], [[1]], [b"raw"]])
def test_an_event_without_its_object_is_refused(event: str, args: list[Any]) -> None:
    """Every one of these events has one object as its argument."""
    with pytest.raises(BadInput) as caught:
        to_message(event, args, None)
    assert caught.value.field == event


@pytest.mark.parametrize(
    "bad",
    [
        {"avatar_data": {"note": "a\x00b"}},
        {"avatar_data": {"model": b"glb"}},
        {"avatar_data": "a" * 17_000},
        {"position": {"x": 0, "y": 0, "z": 0, "note": "\x00"}},
    ],
)
def test_what_a_space_keeps_must_be_storable(bad: dict[str, Any]) -> None:
    """One person's avatar must not keep everybody's presence rows from being written."""
    with pytest.raises(BadInput) as caught:
        to_message("join-space", [bad], None)
    assert caught.value.field in bad


def test_a_key_and_a_parent_that_no_database_can_hold_are_refused() -> None:
    """One person's message must not keep the others of its batch from being written."""
    for field, value in (("key", "a\x00"), ("key", "a:b"), ("parent_message_id", 2**63)):
        with pytest.raises(BadInput) as caught:
            to_message("chat-message", [{"content": "x", field: value}], None)
        assert caught.value.field == field


def test_leaving_needs_no_argument() -> None:
    """WIRE 2.1."""
    assert to_message("leave-space", ["whatever"], 3) == LeaveSpace(ack=3)


def test_an_unknown_event_says_so() -> None:
    """Unknown events get a clear error."""
    with pytest.raises(UnknownEvent, match="dance"):
        to_message("dance", [{}], None)


def test_rooms_relay_what_has_no_meaning_of_its_own() -> None:
    """WIRE 2.2: page authors' events are for the others in the room."""
    assert to_room_message("ring", {"type": "ring", "tone": 3}) == RelayEvent(
        event="ring", payload={"tone": 3}
    )
    chat = to_room_message("chat-message", {"type": "chat-message", "message": "hi", "user": "x"})
    assert isinstance(chat, PostChat)
    assert chat.content == "hi"


READ_ELSEWHERE = {"leave-space", "entity-update", "entity-remove"}


@pytest.mark.parametrize(
    "name",
    [
        *sorted(RESERVED_EVENTS - set(FIELDS) - READ_ELSEWHERE),
        "",
        " ",
    ],
)
def test_nobody_can_relay_an_event_that_only_the_server_sends(name: str) -> None:
    """WIRE 5: a page's own event cannot be taken for the server's."""
    with pytest.raises(BadInput) as caught:
        to_room_message(name, {})
    assert caught.value.field == "type"
