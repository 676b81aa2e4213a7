"""What EasyRTC says when it says no: its codes, with its texts where we have none of our own."""

from __future__ import annotations

from adapters.realtime.json_text import Json
from engine.refusal import Refused

LOGIN_BAD_AUTH = "LOGIN_BAD_AUTH"
LOGIN_BAD_ROOM = "LOGIN_BAD_ROOM"
LOGIN_BAD_STRUCTURE = "LOGIN_BAD_STRUCTURE"
BAD_DATA = "MSG_REJECT_BAD_DATA"
BAD_FIELD = "MSG_REJECT_BAD_FIELD"
BAD_ROOM = "MSG_REJECT_BAD_ROOM"
BAD_SIZE = "MSG_REJECT_BAD_SIZE"
BAD_STRUCTURE = "MSG_REJECT_BAD_STRUCTURE"
BAD_TYPE = "MSG_REJECT_BAD_TYPE"
GENERAL = "MSG_REJECT_GEN_FAIL"
TARGET_EASYRTCID = "MSG_REJECT_TARGET_EASYRTCID"
TARGET_GROUP = "MSG_REJECT_TARGET_GROUP"
TARGET_ROOM = "MSG_REJECT_TARGET_ROOM"

TEXTS = {
    LOGIN_BAD_AUTH: "Authentication for application failed. Socket will be disconnected.",
    LOGIN_BAD_ROOM: "Requested room is invalid or does not exist. Socket will be disconnected.",
    LOGIN_BAD_STRUCTURE: "The provided structure is improper. Socket will be disconnected.",
    BAD_DATA: "Message rejected. The provided msgData is improper.",
    BAD_FIELD: "Message rejected. Problem with field structure or name.",
    BAD_ROOM: "Message rejected. Requested room is invalid or does not exist.",
    BAD_SIZE: "Message rejected. Packet size is too large.",
    BAD_STRUCTURE: "Message rejected. The provided structure is improper.",
    BAD_TYPE: "Message rejected. The provided msgType is unsupported.",
    GENERAL: "Message rejected. General failure occurred.",
    TARGET_EASYRTCID: "Message rejected. Target easyrtcid is invalid or no longer in your room.",
    TARGET_GROUP: "Message rejected. Target group is invalid or not defined.",
    TARGET_ROOM: "Message rejected. Target room is invalid or you are not in it.",
}

_OF_REFUSALS = {"no_such_member": TARGET_EASYRTCID, "not_in_space": TARGET_ROOM}


class EasyRtcError(Exception):
    """A message that EasyRTC refuses; `text` is shown by its client, in a dialog if need be."""

    def __init__(self, code: str, text: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.text = text or TEXTS[code]


def error_of(refused: Refused) -> EasyRtcError:
    """Return what an actor's no is in EasyRTC's words."""
    code = _OF_REFUSALS.get(refused.code)
    return EasyRtcError(GENERAL, refused.text) if code is None else EasyRtcError(code)


def error_message(error: EasyRtcError, server_time_ms: int) -> dict[str, Json]:
    """Return the acknowledgement that says no."""
    return {
        "msgType": "error",
        "serverTime": server_time_ms,
        "msgData": {"errorCode": error.code, "errorText": error.text},
    }
