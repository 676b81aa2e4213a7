"""What sockets are answered: outcomes as acknowledgements carry them, chat as rooms read it."""

from __future__ import annotations

from typing import Any, Final

from adapters.realtime.encoded import Encoded
from adapters.realtime.json_text import Json
from engine.refusal import Refused

CHAT_MESSAGE: Final = "chat-message"


def as_rooms_read(encoded: Encoded) -> Encoded:
    """Return an event as JSON rooms get it: chat has `user` and `message` beside all the rest."""
    if encoded.event != CHAT_MESSAGE:
        return encoded
    (payload,) = encoded.args
    room_names = {"user": payload["display_name"], "message": payload["content"]}
    return Encoded(encoded.event, ({**payload, **room_names},))


def answer_of(outcome: dict[str, Any] | Refused) -> dict[str, Json]:
    """Return an outcome as acknowledgements carry it."""
    if not isinstance(outcome, Refused):
        return {"success": True, **outcome}
    answer: dict[str, Json] = {
        "success": False,
        "error": outcome.text,
        "code": outcome.code,
        "retryable": outcome.retryable,
        **outcome.details,
    }
    if outcome.field is not None:
        answer["field"] = outcome.field
    return answer
