"""EasyRTC's messages: what its client may send, and the shapes of what it is sent. Pure.

The rules are those of open-easyrtc 2.1.8, except that a room's name may have 300 characters where
it allows 32: rooms named after posts are longer than that.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from adapters.realtime import json_text
from adapters.realtime.json_text import Json
from adapters.realtime.naf import easyrtc_errors as errors
from adapters.realtime.naf.easyrtc_errors import EasyRtcError
from adapters.realtime.naf.rooms import DEFAULT_APP, ROOM_LENGTH_MAX

JsonObject = dict[str, Any]

FIELDS_BYTES_MAX = 4096
TYPE_LENGTH_MAX = 128
SIGNALS = frozenset({"offer", "answer", "candidate", "reject", "hangup"})

_NAME = re.compile(r"[a-z0-9_.-]{1,32}", re.ASCII | re.IGNORECASE)
_VERSION = re.compile(r"[a-z0-9_.+-]{1,32}", re.ASCII | re.IGNORECASE)
_SESSION = re.compile(r"[a-z0-9_.%-]{1,100}", re.ASCII | re.IGNORECASE)
_ROOM = re.compile(rf"[a-z0-9_.-]{{1,{ROOM_LENGTH_MAX}}}", re.ASCII | re.IGNORECASE)
_USERNAME = re.compile(r".{1,64}")
_SHOW = re.compile(r"away|chat|dnd|xa")
_STATUS = re.compile(r".{0,255}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What `easyrtcAuth` asks for."""

    app: str
    username: str | None
    token: str | None  # one of ours, in the credential
    rooms: tuple[str, ...]
    presence: tuple[str, str | None] | None
    session: str | None  # EasyRTC's own; given back as it came


def easyrtc_id(socket_id: str) -> str:
    """Return the 16 characters that name a socket to EasyRTC pages."""
    return hashlib.sha256(socket_id.encode()).hexdigest()[:16]


def read_login(message: Json) -> Login:
    """Return what an `easyrtcAuth` message asks for.

    Raises:
        EasyRtcError: it is none; the client is told and disconnected.
    """
    if not isinstance(message, dict) or message.get("msgType") != "authenticate":
        raise EasyRtcError(errors.LOGIN_BAD_AUTH)
    data = message.get("msgData")
    if not isinstance(data, dict) or not isinstance(data.get("apiVersion"), str):
        raise EasyRtcError(errors.LOGIN_BAD_STRUCTURE)
    rooms = data.get("roomJoin", {})
    if not isinstance(rooms, dict):
        raise EasyRtcError(errors.LOGIN_BAD_STRUCTURE)
    credential = data.get("credential")
    if (
        not _VERSION.fullmatch(data["apiVersion"])
        or not _fits(_NAME, data.get("applicationName", DEFAULT_APP))
        or not _fits(_USERNAME, data.get("username", "nobody"))
        or not _fits(_SESSION, data.get("easyrtcsid", "none"))
        or ("credential" in data and not (isinstance(credential, dict) and credential))
    ):
        raise EasyRtcError(errors.BAD_STRUCTURE)
    token = credential.get("session_token") or credential.get("token") if credential else None
    return Login(
        app=data.get("applicationName", DEFAULT_APP),
        username=data.get("username"),
        token=token if isinstance(token, str) else None,
        rooms=_rooms(rooms),
        presence=_presence(data["setPresence"]) if "setPresence" in data else None,
        session=data.get("easyrtcsid"),
    )


def read_command(message: Json) -> tuple[str, Any]:
    """Return a command's type and what it carries.

    That is the rooms of roomJoin and roomLeave, the presence, the (room, fields) of
    setRoomApiField, the (target, msgData) of a signal, and None for the rest.

    Raises:
        EasyRtcError: it is none, or malformed.
    """
    kind = _kind(message)
    has_data = "msgData" in message
    data = message.get("msgData")
    if kind in SIGNALS:
        bodiless = kind in ("reject", "hangup")
        if has_data if bodiless else not (isinstance(data, dict) and data):
            raise EasyRtcError(errors.BAD_DATA)
        target = message.get("targetEasyrtcid")
        if not _fits(_NAME, target):
            raise EasyRtcError(errors.BAD_STRUCTURE)
        return kind, (target, data)
    if kind in ("getIceConfig", "getRoomList", "stillAlive"):
        if data and kind != "stillAlive":
            raise EasyRtcError(errors.BAD_DATA)
        return kind, None
    if kind not in _BODIES:
        raise EasyRtcError(errors.BAD_TYPE)
    if not isinstance(data, dict):
        raise EasyRtcError(errors.BAD_DATA)
    body = data.get(kind)
    if not isinstance(body, dict) or not body:
        raise EasyRtcError(errors.BAD_STRUCTURE)
    return kind, _BODIES[kind](body)


def read_message(message: Json) -> tuple[str, Json, str | None, str | None]:
    """Return the (type, data, target id, target room) of an `easyrtcMsg`.

    Raises:
        EasyRtcError: it is none, is malformed, or is for nobody we know how to reach.
    """
    kind = _kind(message)
    target, room = message.get("targetEasyrtcid"), message.get("targetRoom")
    if target is not None and not _fits(_NAME, target):
        raise EasyRtcError(errors.TARGET_EASYRTCID)
    if message.get("targetGroup") is not None:
        raise EasyRtcError(errors.TARGET_GROUP, "Message rejected. This server has no groups.")
    if room is not None and not _fits(_ROOM, room):
        raise EasyRtcError(errors.TARGET_ROOM)
    if target is None and room is None:
        raise EasyRtcError(errors.BAD_STRUCTURE)
    return kind, message.get("msgData"), target, room


def client(naf_id: str, member: JsonObject) -> JsonObject:
    """Return somebody as EasyRTC's lists of clients have them."""
    shown: JsonObject = {
        "easyrtcid": naf_id,
        "roomJoinTime": member["joined"],
        "presence": {"show": member["show"], "status": member["status"]},
    }
    if member["username"] is not None:
        shown["username"] = member["username"]
    if member["fields"] is not None:
        shown["apiField"] = member["fields"]
    return shown


def room_data(room: str, status: str, **rest: Json) -> JsonObject:
    """Return `roomData` about one room."""
    return {
        "msgType": "roomData",
        "msgData": {"roomData": {room: {"roomName": room, "roomStatus": status, **rest}}},
    }


def clients(members: JsonObject) -> JsonObject:
    """Return a whole room as EasyRTC's list of clients."""
    return {naf_id: client(naf_id, member) for naf_id, member in members.items()}


def _kind(message: Json) -> str:
    if not isinstance(message, dict):
        raise EasyRtcError(errors.BAD_STRUCTURE)
    kind = message.get("msgType")
    if not isinstance(kind, str) or not 0 < len(kind) <= TYPE_LENGTH_MAX:
        raise EasyRtcError(errors.BAD_TYPE)
    return kind


def _fits(pattern: re.Pattern[str], value: Json) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _rooms(rooms: JsonObject) -> tuple[str, ...]:
    for name, room in rooms.items():
        if not _ROOM.fullmatch(name) or not isinstance(room, dict) or room.get("roomName") != name:
            raise EasyRtcError(errors.BAD_STRUCTURE)
    return tuple(rooms)


def _presence(presence: Json) -> tuple[str, str | None]:
    if not isinstance(presence, dict) or not presence:
        raise EasyRtcError(errors.BAD_STRUCTURE)
    show, status = presence.get("show", "chat"), presence.get("status")
    if not _fits(_SHOW, show) or not (status is None or _fits(_STATUS, status)):
        raise EasyRtcError(errors.BAD_STRUCTURE)
    return show, status


def _fields(body: JsonObject) -> tuple[str, JsonObject]:
    room, fields = body.get("roomName"), body.get("field")
    if not _fits(_ROOM, room):
        raise EasyRtcError(errors.BAD_ROOM)
    if "field" in body and not isinstance(fields, dict):
        raise EasyRtcError(errors.BAD_STRUCTURE)
    try:
        size = len(json_text.write(fields))
    except TypeError:
        raise EasyRtcError(errors.BAD_FIELD) from None
    if size >= FIELDS_BYTES_MAX:
        raise EasyRtcError(errors.BAD_SIZE)
    return str(room), fields or {}


_BODIES: dict[str, Callable[[JsonObject], Any]] = {
    "roomJoin": _rooms,
    "roomLeave": _rooms,
    "setPresence": _presence,
    "setRoomApiField": _fields,
    "setUserCfg": lambda _body: None,
}
