"""JSON of a client's that the server keeps: small enough, and such that the database takes it."""

from __future__ import annotations

from adapters.realtime import json_text
from adapters.realtime.json_text import Json
from engine.refusal import BadInput

KEPT_LENGTH_MAX = 16_384  # bytes of JSON; each newcomer is sent everybody's


def storable(value: Json, field: str) -> Json:
    """Return a value that the space keeps for newcomers, if the database can keep it too.

    Raises:
        BadInput: it can not; `field` is named.
    """
    try:
        text = json_text.write(value)
    except TypeError:
        raise BadInput(f"{field}: expected JSON without binary parts", field=field) from None
    if len(text) > KEPT_LENGTH_MAX:
        raise BadInput(f"{field}: expected at most {KEPT_LENGTH_MAX} bytes of JSON", field=field)
    if b"\\u0000" in text.replace(b"\\\\", b""):
        raise BadInput(f"{field}: expected text without NUL", field=field)
    return value
