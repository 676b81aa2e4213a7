"""The head of an HTTP/1.1 request, read from a stream before anybody knows who will answer it.

The listener reads it, gives WebSocket upgrades to the realtime server and everything else, bytes
pushed back, to the HTTP server. So the parser is strict about what it must understand and leaves
the rest as it came.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote

import trio

from adapters.realtime import json_text

HEAD_BYTES_MAX = 16 * 1024  # What Node allows; cookies of a whole site fit.
_READ_BYTES = 4096
_END = b"\r\n\r\n"
_REQUEST_LINE = re.compile(r"([A-Z]{1,20}) ([!-~]+) HTTP/([0-9]\.[0-9])")
_HEADER = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t -~\x80-\xff]*)")
_QUERY_FIELDS_MAX = 64


class HeadError(Exception):
    """The request head cannot be used; `response()` is what to write before closing.

    Attributes:
        status: 400 malformed, 408 too slow, 431 too large.
        text: one sentence for the client.
        code: the error body's code.
    """

    def __init__(self, status: int, text: str, code: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.code = code

    def response(self) -> bytes:
        """Return a whole HTTP response that says so."""
        return http_response(self.status, json_text.write({"error": self.text, "code": self.code}))


@dataclass(frozen=True)
class RequestHead:
    """A request's first line and headers.

    Attributes:
        method: such as `GET`.
        target: path and query as they came, percent-encoded.
        headers: in their order; names in lower case, values as Latin-1.
        http_version: such as `1.1`.
        leftover: what had already arrived after the head.
        raw: all bytes read, head and leftover, to push back for another server.
    """

    method: str
    target: str
    headers: list[tuple[str, str]]
    http_version: str = "1.1"
    leftover: bytes = b""
    raw: bytes = field(default=b"", repr=False)

    @cached_property
    def fields(self) -> dict[str, str]:
        """Headers by lower-case name; repeated ones joined with commas."""
        return joined(self.headers)

    @property
    def path(self) -> str:
        """The target's path, decoded."""
        return unquote(self.target.partition("?")[0])

    @cached_property
    def query(self) -> dict[str, str]:
        """The target's query; the last of repeated names counts.

        Raises:
            ValueError: it has more than 64 fields.
        """
        return parse_query(self.target.partition("?")[2])

    @property
    def is_websocket_upgrade(self) -> bool:
        """Whether this asks for a WebSocket, well or badly; the realtime server judges which."""
        upgrades = self.fields.get("upgrade", "").lower()
        return "websocket" in (token.strip() for token in upgrades.split(","))


def joined(headers: list[tuple[str, str]]) -> dict[str, str]:
    """Return headers by name, repeated ones joined with commas."""
    fields: dict[str, str] = {}
    for name, value in headers:
        fields[name] = f"{fields[name]}, {value}" if name in fields else value
    return fields


def parse_query(query: str) -> dict[str, str]:
    """Return a query string's fields.

    Raises:
        ValueError: it has more than 64 fields.
    """
    return dict(parse_qsl(query, keep_blank_values=True, max_num_fields=_QUERY_FIELDS_MAX))


async def read_request_head(
    stream: trio.abc.ReceiveStream,
    *,
    max_bytes: int = HEAD_BYTES_MAX,
    timeout_s: float = 10.0,
) -> RequestHead | None:
    """Read one request head; None when the peer left before sending a byte.

    Args:
        stream: a fresh connection, or one whose last request is answered.
        max_bytes: how long the head may be.
        timeout_s: within which all of it must arrive, however slowly it drips.

    Raises:
        HeadError: write its `response()` and close.
        trio.BrokenResourceError: the connection broke.
    """
    received = bytearray()
    with trio.move_on_after(timeout_s):
        while True:
            data = await stream.receive_some(_READ_BYTES)
            if not data:
                if not received:
                    return None
                raise HeadError(400, "The connection ended inside the request head.", "bad_request")
            searched = max(0, len(received) - len(_END))
            received += data
            end = received.find(_END, searched)
            if 0 <= end <= max_bytes:
                return parse_head(bytes(received), end)
            if len(received) > max_bytes:
                raise HeadError(
                    431, f"A request head may have {max_bytes} bytes.", "request_head_too_large"
                )
    raise HeadError(
        408, f"The request head did not arrive within {timeout_s:g} s.", "request_timeout"
    )


def parse_head(raw: bytes, end: int) -> RequestHead:
    """Return the head in `raw[:end]`; the blank line follows at `end`.

    Raises:
        HeadError: it is malformed.
    """
    first, *lines = raw[:end].decode("latin-1").split("\r\n")
    request = _REQUEST_LINE.fullmatch(first)
    if request is None:
        raise HeadError(400, "The request line is malformed.", "bad_request")
    headers: list[tuple[str, str]] = []
    for line in lines:
        header = _HEADER.fullmatch(line)
        if header is None:
            raise HeadError(400, "A request header is malformed.", "bad_request")
        headers.append((header[1].lower(), header[2].rstrip(" \t")))
    return RequestHead(
        method=request[1],
        target=request[2],
        headers=headers,
        http_version=request[3],
        leftover=raw[end + len(_END) :],
        raw=raw,
    )


def http_response(status: int, body: bytes, headers: tuple[tuple[str, str], ...] = ()) -> bytes:
    """Return a whole HTTP/1.1 response with a JSON body that closes its connection."""
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "\r\n".join(lines).encode("latin-1") + _END + body
