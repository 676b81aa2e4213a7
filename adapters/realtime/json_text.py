"""JSON as the wire has it: strict in what is read, binary values set apart in what is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import orjson

Json = Any
"""A JSON value; where the protocol allows binary, `bytes` may stand anywhere inside."""

DEPTH_MAX: Final = 200
"""How deep a received value may nest: what was read can be wrapped and written again (254)."""


class BadJson(ValueError):
    """The text is not JSON that this server accepts; the message says why."""


def read(text: str) -> Json:
    """Return the value written in `text`.

    Raises:
        BadJson: it is not JSON (NaN, infinities and lone surrogates are not), or is nested deeper
            than `DEPTH_MAX`.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadJson(f"not JSON: {error}") from None
    # Counting brackets is nearly free, and few honest messages have this many.
    if (
        len(text) > DEPTH_MAX
        and text.count("[") + text.count("{") > DEPTH_MAX
        and _deeper_than(value, DEPTH_MAX)
    ):
        raise BadJson(f"nested deeper than {DEPTH_MAX}")
    return value


def write(value: Json, on_bytes: Callable[[bytes], Json] | None = None) -> bytes:
    """Return `value` as compact UTF-8 JSON; `on_bytes` says what stands for each binary value.

    Raises:
        TypeError: something in it is not JSON, is nested deeper than 254, or is binary while
            `on_bytes` is None.
    """

    def default(other: object) -> Json:
        if on_bytes is not None and isinstance(other, (bytes, bytearray, memoryview)):
            return on_bytes(bytes(other))
        raise TypeError  # orjson names the type.

    return orjson.dumps(value, default=default)


def _deeper_than(value: Json, depth: int) -> bool:
    level = [value]
    while level and depth >= 0:
        depth -= 1
        level = [
            child
            for node in level
            if isinstance(node, (list, dict))
            for child in (node.values() if isinstance(node, dict) else node)
        ]
    return bool(level)
