"""The little of WebSocket and Socket.IO that a load needs, cheap enough to leave the core free."""

from __future__ import annotations

import json
import re
import socket
import struct
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

UPDATE = b'["aframe-update"'
JOINED = b'430[{"success":true'
PING = b"\x81\x012"
PONG = b"\x81\x81\0\0\0\0003"
BINARY, CLOSE = 0x82, 0x88
CLOSE_BYTES_MAX = 127
HANDSHAKE_WITHIN_S = 10.0

_POSITION = re.compile(rb'"x":([\d.]+),"y":(\d+)(?:\.0)?,"z":(\d+)(?:\.0)?\}')
_HEADER = struct.Struct("<BxHII3i")
_NEAR = np.dtype([("index", "<u2"), ("offset_mm", "<i2", 3), ("rotation", "<u2", 3)])
_FAR = np.dtype([("index", "<u2"), ("offset_mm", "<i4", 3), ("rotation", "<u2", 3)])
UPGRADE = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def masked(text: str) -> bytes:
    """Return a client's text frame; its mask is zeros."""
    data = text.encode()
    size = len(data)
    head = bytes([0x80 | size]) if size < 126 else b"\xfe" + size.to_bytes(2, "big")
    return b"\x81" + head + bytes(4) + data


def event(name: str, *args: object, ack: str = "") -> bytes:
    """Return the frame of a Socket.IO event."""
    return masked(f"42{ack}" + json.dumps([name, *args]))


def join_frame(*, binary: bool = False, subspace: str = "bench") -> bytes:
    """Return the frame that enters the benchmark's space; its answer begins with `JOINED`."""
    where = {"spaceType": "global", "spaceId": "lobby", "subspace": subspace}
    return event("join-space", where | ({"poses": "binary"} if binary else {}), ack="0")


def connected(port: int, *, receive_bytes: int = 0) -> socket.socket:
    """Return a non-blocking socket whose default namespace is connected.

    Raises:
        OSError: the server refused, or took longer than `HANDSHAKE_WITHIN_S`.
    """
    client = socket.socket()
    client.settimeout(HANDSHAKE_WITHIN_S)
    if receive_bytes:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    client.connect(("127.0.0.1", port))
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    client.sendall(UPGRADE)
    got = b""
    for end in (b"}", b'40{"sid'):
        if end != b"}":
            client.sendall(masked("40"))
        while not (end in got.partition(b"\r\n\r\n")[2] and got.endswith(b"}")):
            data = client.recv(4096)
            if not data:
                raise ConnectionError(f"refused with {got[:200]!r}")
            got += data
    client.settimeout(0)
    return client


def frames(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield first byte, begin and end of the payload of each whole frame."""
    at, size_all = 0, len(data)
    while size_all - at >= 2:
        size, begin = data[at + 1], at + 2
        if size == 126:
            size, begin = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
        elif size == 127:
            size, begin = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
        end = begin + size
        if end > size_all or begin > size_all:
            return
        yield data[at], begin, end
        at = end


def entries(data: bytes, begin: int, end: int) -> int:
    """Return how many bodies the pose frame at data[begin:end] shows."""
    near: int = _HEADER.unpack_from(data, begin)[1]
    near_bytes = near * _NEAR.itemsize
    return near + (end - begin - _HEADER.size - near_bytes) // _FAR.itemsize


def frame_positions(data: bytes) -> NDArray[np.int64]:
    """Return where a pose frame shows its bodies, millimetres: (n, 3)."""
    _, near, _, _, *origin = _HEADER.unpack_from(data)
    middle = _HEADER.size + near * _NEAR.itemsize
    parts = (np.frombuffer(data[_HEADER.size : middle], _NEAR), np.frombuffer(data[middle:], _FAR))
    offsets = [part["offset_mm"].astype(np.int64) for part in parts]
    return np.concatenate(offsets) + np.array(origin, np.int64)


def event_positions(data: bytes) -> tuple[NDArray[np.int64], bytes]:
    """Return the positions of the `aframe-update` events in data, millimetres (n, 3), and the rest.

    The rest belongs before the next data: it holds what was cut off.
    """
    found, end = [], 0
    for match in _POSITION.finditer(data):
        x, y, z = match.groups()
        found.append((round(float(x) * 1000), int(y) * 1000, int(z) * 1000))
        end = match.end()
    return np.array(found, np.int64).reshape(-1, 3), data[end:]


def close_code(data: bytes) -> int | None:
    """Return the code of the close frame that ends data, if one does."""
    at = data.rfind(b"\x88", max(0, len(data) - CLOSE_BYTES_MAX))
    while at >= 0:
        if at + 2 <= len(data) and len(data) == at + 2 + data[at + 1] and data[at + 1] >= 2:
            return int.from_bytes(data[at + 2 : at + 4], "big")
        at = data.rfind(b"\x88", max(0, len(data) - CLOSE_BYTES_MAX), at)
    return None
