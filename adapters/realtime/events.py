"""From a client's event to the message its session understands. Pure; the simulator uses it too.

The events and fields are those of WIRE 2.1 and, for JSON rooms, 2.2. What is not understood is
refused with the field and what was expected.
"""

from __future__ import annotations

import re
from typing import Any, Final

from actors.channel.messages import is_channel_name
from actors.chat.rules import MESSAGE_TYPES
from actors.limits import CHAT, ENTITIES, EVENTS, JOINS, POSES, SIGNALS
from actors.session.messages import (
    DropEntity,
    JoinSpace,
    LeaveSpace,
    MoveTo,
    PostChat,
    RelayEvent,
    SessionMessage,
    ShareEntity,
    Signal,
    UnwatchChannel,
    WatchChannel,
)
from actors.space.entry import LOBBY
from actors.space.space_id import SpaceId
from adapters.realtime.entity_events import entities_beside_pose, entity_id, read_entity
from adapters.realtime.hall_events import HALL_ERROR_EVENTS, HALL_SERVER_EVENTS, to_deed
from adapters.realtime.json_text import Json
from adapters.realtime.storable import storable
from engine.refusal import BadInput, Refusal

ERROR_EVENTS: Final = {
    "join-space": "space-error",
    "leave-space": "space-error",
    "chat-message": "chat-error",
    "entity-update": "entity-error",
    "entity-remove": "entity-error",
    "webrtc-offer": "webrtc-error",
    "webrtc-answer": "webrtc-error",
    "webrtc-ice-candidate": "webrtc-error",
    **HALL_ERROR_EVENTS,
    "room:join": "room-error",
    "room:leave": "room-error",
}
"""The event that says what was wrong with another; `error` for the rest."""

LIMIT_OF_EVENT: Final = {
    "join-space": JOINS,
    "leave-space": JOINS,
    "chat-message": CHAT,
    "webrtc-offer": SIGNALS,
    "webrtc-answer": SIGNALS,
    "webrtc-ice-candidate": SIGNALS,
    "entity-update": ENTITIES,
    "entity-remove": ENTITIES,
    "aframe-update": POSES,
}
"""Which limit an event counts for; EVENTS for the rest."""


def limit_of(event: str) -> str:
    """Return the name of the limit (`actors.limits`) that an event counts for."""
    return LIMIT_OF_EVENT.get(event, EVENTS)


RESERVED_EVENTS: Final = HALL_SERVER_EVENTS | frozenset(
    {
        "aframe-update", "chat-error", "chat-message", "chat-reaction",
        "connect", "connect_error", "disconnect", "disconnecting", "document-comment",
        "entities-removed", "entities-updated", "entity-error", "entity-remove", "entity-update",
        "error", "join-space", "leave-space", "poses", "room-error",
        "server-draining", "space-error", "space-joined", "spatial-connections-updated",
        "stream-status", "user-joined", "user-left", "viewer-count", "webrtc-answer",
        "webrtc-error", "webrtc-ice-candidate", "webrtc-offer",
    }
)  # fmt: skip
"""Names that mean something to clients, so a page's own events may not have them."""

RESERVED_PREFIXES: Final = ("tip:", "room:", "call:")
"""Nobody may make others believe that money moved."""

_EVENT_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,63}", re.ASCII)
_SIGNAL_FIELDS: Final = {
    "webrtc-offer": "offer",
    "webrtc-answer": "answer",
    "webrtc-ice-candidate": "candidate",
}
_COORDINATE_MAX_M: Final = 1e6
_NUMBERS: Final = frozenset({int, float})  # and not bool, which is an int to isinstance
_KEY_LENGTH_MAX: Final = 64
_ID_MAX: Final = 2**63 - 1


class UnknownEvent(Refusal):
    """The server has no use for an event of this name."""

    code = "unknown_event"


def to_message(event: str, args: list[Json], ack: int | None) -> SessionMessage:
    """Return what a session is to be told for a Socket.IO event.

    Args:
        event: the event's name.
        args: its arguments, as decoded; the first is the payload.
        ack: the number to acknowledge, if the client asked for it.

    Raises:
        BadInput: a field is missing or wrong; named as the client spells it.
        UnknownEvent: no such event.
    """
    if event == "aframe-update" and args and isinstance(args[0], dict):
        return _aframe_update(event, args[0], ack)  # The commonest by far.
    if event == "leave-space":
        return LeaveSpace(ack=ack)
    reader = _READERS.get(event)
    if reader is None:
        raise UnknownEvent(f"unknown event {event[:64]!r}", field="event")
    payload = args[0] if args else {} if event in HALL_ERROR_EVENTS else None
    if event in ("room:join", "room:leave") and isinstance(payload, str):
        payload = {"channel": payload}  # The bare string is what the product's clients send.
    if not isinstance(payload, dict):
        raise BadInput(f"{event}: expected one object as its argument", field=event)
    return reader(event, payload, ack)


def to_room_message(event: str, payload: dict[str, Any]) -> SessionMessage:
    """Return what a session is to be told for a frame of the plain JSON room protocol.

    Chat there is `{type, user, message}`; every type without a meaning of its own is the page
    author's, for the others in the room.

    Raises:
        BadInput: as `to_message`, or a name that only the server may use.
    """
    fields = {key: value for key, value in payload.items() if key != "type"}
    if event == "chat-message" and "content" not in fields:
        fields["content"] = fields.get("message")
    if event in _READERS or event == "leave-space":
        return to_message(event, [fields], None)
    reserved = event in RESERVED_EVENTS or event.startswith(RESERVED_PREFIXES)
    if reserved or not _EVENT_NAME.fullmatch(event):
        raise BadInput(
            "type: expected 1 to 64 letters, digits, colons, dots, dashes or underscores, and not "
            "the name of a server's event",
            field="type",
        )
    return RelayEvent(event=event, payload=fields)


def _join_space(_event: str, payload: dict[str, Any], ack: int | None) -> SessionMessage:
    space_type, space_id = payload.get("spaceType"), payload.get("spaceId")
    if space_type is None and space_id is None:
        space_type, space_id = LOBBY.type, LOBBY.id
    subspace = payload.get("subspace")
    claimed = payload.get("userAccount")
    if claimed is not None and not (
        isinstance(claimed, str) and len(claimed) <= 64 and claimed.isprintable()
    ):
        raise BadInput("userAccount: expected a name of at most 64 characters", field="userAccount")
    poses = payload.get("poses")
    if poses not in (None, "events", "binary"):
        raise BadInput('poses: expected "events" or "binary"', field="poses")
    hearers = payload.get("hearers")
    if not (hearers is None or isinstance(hearers, bool)):
        raise BadInput("hearers: expected true or false", field="hearers")
    return JoinSpace(
        space=SpaceId.checked(space_type, space_id, "main" if subspace in (None, "") else subspace),
        position=_vector(payload, "position"),
        avatar_data=storable(payload.get("avatar_data"), "avatar_data"),
        claimed=claimed or None,
        binary_poses=poses == "binary",
        hearers=hearers is True,
        ack=ack,
    )


def _chat_message(_event: str, payload: dict[str, Any], ack: int | None) -> SessionMessage:
    content = payload.get("content")
    if not isinstance(content, str):
        raise BadInput("content: expected text", field="content")
    message_type = payload.get("message_type", payload.get("type", "text"))
    if message_type not in MESSAGE_TYPES:
        raise BadInput(
            f"message_type: expected one of {', '.join(MESSAGE_TYPES)}", field="message_type"
        )
    parent = payload.get("parent_message_id")
    if parent is not None and not (
        isinstance(parent, int) and not isinstance(parent, bool) and 0 < parent <= _ID_MAX
    ):
        raise BadInput(
            "parent_message_id: expected the id of a message, or null", field="parent_message_id"
        )
    key = payload.get("key")
    if key is not None and (
        not isinstance(key, str)
        or not 0 < len(key) <= _KEY_LENGTH_MAX
        or ":" in key
        or not key.isprintable()
    ):
        raise BadInput(
            f"key: expected 1 to {_KEY_LENGTH_MAX} printable characters without a colon",
            field="key",
        )
    return PostChat(
        content=content, message_type=message_type, parent_message_id=parent, key=key, ack=ack
    )


def _aframe_update(_event: str, payload: dict[str, Any], _ack: int | None) -> SessionMessage:
    _vector(payload, "position")
    _vector(payload, "rotation")
    voice_enabled = payload.get("voice_enabled")
    if voice_enabled is not None and not isinstance(voice_enabled, bool):
        raise BadInput("voice_enabled: expected true or false", field="voice_enabled")
    return MoveTo(update=payload, entities=entities_beside_pose(payload.get("entities")))


def _signal(event: str, payload: dict[str, Any], ack: int | None) -> SessionMessage:
    field = _SIGNAL_FIELDS[event]
    target = payload.get("targetSocketId")
    if not isinstance(target, str):
        raise BadInput("targetSocketId: expected a socket id", field="targetSocketId")
    if field not in payload:
        raise BadInput(f"{field}: expected what the other is to get", field=field)
    return Signal(event=event, target_socket_id=target, payload={field: payload[field]}, ack=ack)


def _entity_update(_event: str, payload: dict[str, Any], ack: int | None) -> SessionMessage:
    return ShareEntity(update=read_entity(payload), ack=ack)


def _entity_remove(_event: str, payload: dict[str, Any], ack: int | None) -> SessionMessage:
    return DropEntity(entity_id=entity_id(payload.get("entityId")), ack=ack)


def _room(event: str, payload: dict[str, Any], ack: int | None) -> SessionMessage:
    channel = payload.get("channel")
    if not isinstance(channel, str) or not is_channel_name(channel):
        raise BadInput(
            "channel: expected 1 to 64 letters, digits, dashes or underscores", field="channel"
        )
    if event == "room:join":
        return WatchChannel(channel=channel, ack=ack)
    return UnwatchChannel(channel=channel, ack=ack)


_READERS: Final = {
    "join-space": _join_space,
    "chat-message": _chat_message,
    "aframe-update": _aframe_update,
    "entity-update": _entity_update,
    "entity-remove": _entity_remove,
    "webrtc-offer": _signal,
    "webrtc-answer": _signal,
    "webrtc-ice-candidate": _signal,
    **dict.fromkeys(HALL_ERROR_EVENTS, to_deed),
    "room:join": _room,
    "room:leave": _room,
}


def _vector(payload: dict[str, Any], field: str) -> dict[str, Any] | None:
    """Return the object of three finite numbers under `field`, or None when there is none."""
    value = payload.get(field)
    if value is None:
        return None
    if isinstance(value, dict) and "x" in value and "y" in value and "z" in value:
        x, y, z = value["x"], value["y"], value["z"]
        if (
            type(x) in _NUMBERS
            and type(y) in _NUMBERS
            and type(z) in _NUMBERS
            and -_COORDINATE_MAX_M <= x <= _COORDINATE_MAX_M  # Not so for NaN and infinities.
            and -_COORDINATE_MAX_M <= y <= _COORDINATE_MAX_M
            and -_COORDINATE_MAX_M <= z <= _COORDINATE_MAX_M
        ):
            if len(value) > len("xyz"):
                storable(value, field)
            return value
    raise BadInput(
        f"{field}: expected an object with finite numbers x, y and z, at most "
        f"{_COORDINATE_MAX_M:.0f} from 0",
        field=field,
    )
