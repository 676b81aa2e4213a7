"""Engine.IO v4 packets and payloads, without I/O.

A packet is a type digit and text. Binary messages travel as bare WebSocket frames, and in polling
as `b` and base64. A polling payload joins packets with the record separator.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from adapters.realtime import json_text

PROTOCOL = "4"
SEPARATOR = b"\x1e"

OPEN = "0"
CLOSE = "1"
PING = "2"
PONG = "3"
MESSAGE = "4"
UPGRADE = "5"
NOOP = "6"
_BINARY = "b"
PROBE_PING = "2probe"
PROBE_PONG = b"3probe"

_TYPES = frozenset((OPEN, CLOSE, PING, PONG, MESSAGE, UPGRADE, NOOP))
PACKETS_PER_PAYLOAD_MAX = 4096
"""One POST may bring this many packets: the stock client batches what it queued while offline."""


class BadPacket(ValueError):
    """The bytes are not an Engine.IO packet; the message says why."""


@dataclass(frozen=True, slots=True)
class EngineError:
    """An Engine.IO request that is refused, as the reference server words it."""

    code: int
    message: str
    status: int = 400

    def body(self) -> bytes:
        """Return the response's JSON body."""
        return json_text.write({"code": self.code, "message": self.message})


TRANSPORT_UNKNOWN = EngineError(0, "Transport unknown")
SESSION_UNKNOWN = EngineError(1, "Session ID unknown")
BAD_HANDSHAKE_METHOD = EngineError(2, "Bad handshake method")
BAD_REQUEST = EngineError(3, "Bad request")
FORBIDDEN = EngineError(4, "Forbidden", 403)
UNSUPPORTED_VERSION = EngineError(5, "Unsupported protocol version")


def open_packet(
    sid: str,
    *,
    upgrades: tuple[str, ...],
    ping_interval_s: float,
    ping_timeout_s: float,
    payload_bytes_max: int,
) -> bytes:
    """Return the handshake packet; the wire counts milliseconds."""
    return b"0" + json_text.write(
        {
            "sid": sid,
            "upgrades": list(upgrades),
            "pingInterval": round(ping_interval_s * 1000),
            "pingTimeout": round(ping_timeout_s * 1000),
            "maxPayload": payload_bytes_max,
        }
    )


def split_payload(body: bytes) -> list[str | bytes]:
    """Return a polling payload's packets: text ones with their type digit, binary ones as bytes.

    Raises:
        BadPacket: the payload is empty, is not UTF-8, or one packet is malformed.
    """
    try:
        pieces = body.decode("utf-8").split("\x1e")
    except UnicodeDecodeError:
        raise BadPacket("a payload must be UTF-8") from None
    if len(pieces) > PACKETS_PER_PAYLOAD_MAX:
        raise BadPacket(f"a payload may have {PACKETS_PER_PAYLOAD_MAX} packets")
    return [_packet(piece) for piece in pieces]


def _packet(piece: str) -> str | bytes:
    kind = piece[:1]
    if kind in _TYPES and kind:
        return piece
    if kind != _BINARY:
        raise BadPacket("a packet begins with its type, 0 to 6 or b")
    try:
        return base64.b64decode(piece[1:], validate=True)
    except (binascii.Error, ValueError):
        raise BadPacket("a binary packet is b and base64") from None
