"""WebSocket (RFC 6455) from the server's side, without I/O: handshake, frames, closing codes.

Bytes in, events out: `FrameParser.feed` takes what a read returned and gives every event in it.
Frames to clients are plain bytes made by `frame`, so one frame can be written to many sockets.
No extension is negotiated: poses are small and short-lived, and compression would forbid sharing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_CONTROL_BYTES_MAX: Final = 125  # RFC 6455 §5.5

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA


class CloseCode(IntEnum):
    """Why a WebSocket ends, as its close frame says it."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    INVALID_DATA = 1007
    POLICY_VIOLATION = 1008
    TOO_BIG = 1009
    SERVER_ERROR = 1011
    SERVICE_RESTART = 1012
    """The server is going down: connect again now, to another node or to its successor."""
    TRY_AGAIN_LATER = 1013
    TOO_SLOW = 4008
    """The client read too slowly and its outbox overflowed: come back and recover."""


@dataclass(frozen=True, slots=True)
class Ping:
    payload: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    payload: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """The client's close frame; 1005 stands for one without a code."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Violation:
    """The client broke the protocol: close with this code and read no further."""

    code: CloseCode
    reason: str


Event = str | bytes | Ping | Pong | Close | Violation
"""A whole text message is a `str`, a whole binary one `bytes`."""


def accept_token(key: str) -> str | None:
    """Return the `Sec-WebSocket-Accept` for a client's key, None when it is not 16 bytes."""
    try:
        if len(base64.b64decode(key, validate=True)) != 16:
            return None
    except (binascii.Error, ValueError):
        return None
    digest = hashlib.sha1(key.encode("ascii") + _GUID, usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


def handshake_reply(token: str) -> bytes:
    """Return the 101 response that turns the connection into a WebSocket."""
    return (
        "HTTP/1.1 101 Switching Protocols\r\n"
        "Upgrade: websocket\r\n"
        "Connection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {token}\r\n\r\n"
    ).encode("ascii")


def frame(opcode: int, payload: bytes) -> bytes:
    """Return one unmasked, final frame."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 0x10000:
        return struct.pack("!BBH", 0x80 | opcode, 126, size) + payload
    return struct.pack("!BBQ", 0x80 | opcode, 127, size) + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """Return a close frame; the reason is cut to the 123 bytes it may have."""
    text = reason.encode("utf-8")[: _CONTROL_BYTES_MAX - 2].decode("utf-8", "ignore")
    return frame(CLOSE, struct.pack("!H", code) + text.encode("utf-8"))


def unmask(payload: bytes | bytearray, mask: bytes | bytearray) -> bytes:
    """Return the payload XORed with the repeated 4-byte mask."""
    size = len(payload)
    key = (mask * ((size + 3) // 4))[:size]
    # One XOR of two long integers beats any loop over bytes.
    mixed = int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")
    return mixed.to_bytes(size, "little")


class FrameParser:
    """Turns what a client sent into events, however the bytes were cut.

    Args:
        message_bytes_max: the largest message accepted, fragments added up. A larger one is a
            `Violation` with code 1009 as soon as its header is seen, before it is held in memory.
    """

    __slots__ = (
        "_dead",
        "_fragments",
        "_fragments_opcode",
        "_message_bytes_max",
        "_rest",
        "_rest_needs",
    )

    def __init__(self, *, message_bytes_max: int) -> None:
        self._message_bytes_max = message_bytes_max
        self._rest: bytes | bytearray = b""  # A frame's beginning whose end has not arrived.
        self._rest_needs = 0  # Bytes `_rest` must hold before another look can get further.
        self._fragments: bytearray | None = None
        self._fragments_opcode = TEXT
        self._dead = False

    @property
    def wanted(self) -> int:
        """How many bytes the frame that has begun still needs; at least 1."""
        return max(self._rest_needs - len(self._rest), 1)

    def feed(self, data: bytes) -> list[Event]:
        """Return the events that `data` completes; a `Close` or `Violation` is the last ever."""
        events: list[Event] = []
        if self._dead:
            return events
        rest = self._rest
        if rest:
            if isinstance(rest, bytes):
                rest = self._rest = bytearray(rest)
            rest += data
            if len(rest) < self._rest_needs:
                return events
        at = self._parse(rest or data, events)
        if at is None:
            self._dead = True
            self._rest = b""
        elif rest:
            self._rest = bytes(rest[at:])
        elif at < len(data):
            self._rest = data[at:]
        return events

    def _parse(self, source: bytes | bytearray, events: list[Event]) -> int | None:
        """Return where the first unfinished frame begins, None when nothing may follow."""
        at = 0
        end = len(source)
        while True:
            if end - at < 2:
                self._rest_needs = 2
                return at
            first = source[at]
            size = source[at + 1] & 0x7F
            start = at + 6
            if size >= 126:
                start = at + (8 if size == 126 else 14)
                if end < start:
                    self._rest_needs = start - at
                    return at
                size = int.from_bytes(source[at + 2 : start - 4], "big")
            fault = self._fault(first, source[at + 1], size)
            if fault is not None:
                events.append(fault)
                return None
            stop = start + size
            if end < stop:
                self._rest_needs = stop - at
                return at
            payload = unmask(source[start:stop], source[start - 4 : start])
            at = stop
            event = self._event(first, payload)
            if event is not None:
                events.append(event)
                if isinstance(event, (Close, Violation)):
                    return None

    def _fault(self, first: int, second: int, size: int) -> Violation | None:
        """Judge a frame by its header, so that nothing forbidden is waited for."""
        opcode = first & 0x0F
        if first & 0x70:
            return _broken("reserved bits are set and no extension was agreed")
        if not second & 0x80:
            return _broken("a frame from a client must be masked")
        if opcode >= CLOSE:
            if opcode > PONG:
                return _broken(f"unknown opcode {opcode}")
            if not first & 0x80 or size > _CONTROL_BYTES_MAX:
                return _broken("a control frame must be whole and at most 125 bytes")
            return None
        if opcode > BINARY:
            return _broken(f"unknown opcode {opcode}")
        held = 0
        if self._fragments is None:
            if opcode == CONTINUATION:
                return _broken("a continuation without a beginning")
        elif opcode != CONTINUATION:
            return _broken("a new message inside a fragmented one")
        else:
            held = len(self._fragments)
        if held + size > self._message_bytes_max:
            return Violation(
                CloseCode.TOO_BIG, f"a message may have {self._message_bytes_max} bytes"
            )
        return None

    def _event(self, first: int, payload: bytes) -> Event | None:
        opcode = first & 0x0F
        if first == 0x80 | TEXT:
            return _text(payload)
        if first == 0x80 | BINARY:
            return payload
        if opcode == PING:
            return Ping(payload)
        if opcode == PONG:
            return Pong(payload)
        if opcode == CLOSE:
            return _close_event(payload)
        if self._fragments is None:
            self._fragments = bytearray()
            self._fragments_opcode = opcode
        self._fragments += payload
        if not first & 0x80:
            return None
        message = bytes(self._fragments)
        self._fragments = None
        return _text(message) if self._fragments_opcode == TEXT else message


def _text(payload: bytes) -> str | Violation:
    try:
        return payload.decode("utf-8")
    except UnicodeDecodeError:
        return Violation(CloseCode.INVALID_DATA, "a text message must be UTF-8")


def _broken(reason: str) -> Violation:
    return Violation(CloseCode.PROTOCOL_ERROR, reason)


def _close_event(payload: bytes) -> Close | Violation:
    if not payload:
        return Close(1005, "")
    if len(payload) == 1:
        return _broken("a close code has two bytes")
    code = int.from_bytes(payload[:2], "big")
    if not (1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999):
        return _broken(f"close code {code} may not be sent")
    try:
        return Close(code, payload[2:].decode("utf-8"))
    except UnicodeDecodeError:
        return Violation(CloseCode.INVALID_DATA, "a close reason must be UTF-8")
