"""Socket.IO v5 packets, without I/O: `type[count-][namespace,][ack]JSON` and binary attachments."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from adapters.realtime import json_text
from adapters.realtime.json_text import Json
from adapters.realtime.outgoing import Outgoing

NAMESPACE_LENGTH_MAX: Final = 512  # Clients use whole URL paths as namespaces.
ATTACHMENTS_MAX: Final = 64
_ACK_DIGITS_MAX: Final = 15  # Below 2**53, where JavaScript still counts exactly.
_RESERVED_EVENTS: Final = frozenset(
    ("connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener")
)


class Kind(IntEnum):
    """The packet types; a client sends all but `CONNECT_ERROR`."""

    CONNECT = 0
    DISCONNECT = 1
    EVENT = 2
    ACK = 3
    CONNECT_ERROR = 4
    BINARY_EVENT = 5
    BINARY_ACK = 6


_EVENT: Final = Kind.EVENT  # Looked up in the enumeration, a member costs as much as a call.


class BadPacket(ValueError):
    """The message is not a Socket.IO packet; the connection it came on must be closed."""


class TooBig(BadPacket):
    """A packet's attachments are more, or larger, than allowed."""


@dataclass(slots=True, init=False)
class Packet:
    """A whole packet from a client.

    `kind` is never a binary one: attachments are back in their places. `data` is a non-empty list
    beginning with the event's name for EVENT, a list for ACK, an object for CONNECT, None for
    DISCONNECT.
    """

    kind: Kind
    namespace: str
    ack: int | None
    data: Json

    # Each pose makes one: a constructor of its own is compiled, and a generated one is not.
    def __init__(self, kind: Kind, namespace: str, ack: int | None, data: Json) -> None:
        self.kind = kind
        self.namespace = namespace
        self.ack = ack
        self.data = data


class PacketParser:
    """Turns one connection's messages into packets.

    Args:
        bytes_max: what one packet and its attachments may have together.
    """

    __slots__ = ("_attachments", "_bytes", "_bytes_max", "_missing", "_waiting")

    def __init__(self, *, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._waiting: Packet | None = None  # Has placeholders; its attachments are on their way.
        self._attachments: list[bytes] = []
        self._missing = 0
        self._bytes = 0

    def feed(self, message: str | bytes) -> Packet | None:
        """Return the packet this message completes, None while attachments are missing.

        Raises:
            BadPacket: says what is wrong; the parser is of no further use.
        """
        if isinstance(message, bytes):
            return self._attach(message)
        if self._waiting is not None:
            raise BadPacket("a text packet came where a binary attachment was due")
        if message[:2] == "2[":  # The commonest by far: an event in the root namespace, no ack.
            return Packet(_EVENT, "/", None, _event_data(message[1:]))
        return self._parse(message)

    def _parse(self, text: str) -> Packet | None:
        kind, at = _kind(text)
        count = 0
        if kind in (Kind.BINARY_EVENT, Kind.BINARY_ACK):
            count, at = _attachment_count(text, at)
        namespace, at = _namespace(text, at)
        ack, at = _ack(text, at)
        packet = Packet(_PLAIN.get(kind, kind), namespace, ack, _data(kind, text[at:]))
        if packet.kind is Kind.ACK and ack is None:
            raise BadPacket("an acknowledgement needs its number")
        if packet.kind in (Kind.CONNECT, Kind.DISCONNECT) and ack is not None:
            raise BadPacket("only events and acknowledgements have a number")
        if count == 0:
            return packet
        self._waiting, self._missing, self._bytes = packet, count, len(text)
        return None

    def _attach(self, attachment: bytes) -> Packet | None:
        packet = self._waiting
        if packet is None:
            raise BadPacket("a binary attachment came without its packet")
        self._bytes += len(attachment)
        if self._bytes > self._bytes_max:
            raise TooBig(f"a packet and its attachments may have {self._bytes_max} bytes")
        self._attachments.append(attachment)
        self._missing -= 1
        if self._missing:
            return None
        attachments, self._attachments, self._waiting = self._attachments, [], None
        data = [_filled(each, attachments) for each in packet.data]
        return Packet(packet.kind, packet.namespace, packet.ack, data)


_PLAIN: Final = {Kind.BINARY_EVENT: Kind.EVENT, Kind.BINARY_ACK: Kind.ACK}


def _kind(text: str) -> tuple[Kind, int]:
    if text[:1] not in ("0", "1", "2", "3", "5", "6"):  # "" is not among them, and 4 is ours.
        raise BadPacket("a packet begins with its type: 0, 1, 2, 3, 5 or 6")
    return Kind(int(text[0])), 1


def _attachment_count(text: str, at: int) -> tuple[int, int]:
    dash = text.find("-", at, at + 5)
    digits = text[at:dash]
    if dash < 0 or not (digits.isascii() and digits.isdigit()):
        raise BadPacket("a binary packet says how many attachments follow, then a dash")
    count = int(digits)
    if count > ATTACHMENTS_MAX:
        raise TooBig(f"a packet may have {ATTACHMENTS_MAX} attachments")
    return count, dash + 1


def _namespace(text: str, at: int) -> tuple[str, int]:
    if text[at : at + 1] != "/":
        return "/", at
    comma = text.find(",", at)
    end = len(text) if comma < 0 else comma
    if end - at > NAMESPACE_LENGTH_MAX:
        raise BadPacket(f"a namespace may have {NAMESPACE_LENGTH_MAX} characters")
    return text[at:end], end + 1


def _ack(text: str, at: int) -> tuple[int | None, int]:
    end = at
    while end < len(text) and "0" <= text[end] <= "9":
        end += 1
        if end - at > _ACK_DIGITS_MAX:
            raise BadPacket(f"an acknowledgement number may have {_ACK_DIGITS_MAX} digits")
    return (int(text[at:end]) if end > at else None), end


def _data(kind: Kind, body: str) -> Json:
    match kind:
        case Kind.CONNECT:
            data = _json(body) if body else {}
            if not isinstance(data, dict):
                raise BadPacket("the data of a connect packet is an object")
            return data
        case Kind.DISCONNECT:
            if body:
                raise BadPacket("a disconnect packet has no data")
            return None
        case Kind.EVENT | Kind.BINARY_EVENT:
            return _event_data(body)
        case _:
            data = _json(body)
            if not isinstance(data, list):
                raise BadPacket("the data of an acknowledgement is an array")
            return data


def _event_data(body: str) -> Json:
    data = _json(body)
    if not isinstance(data, list) or not data:
        raise BadPacket("the data of an event is an array that begins with its name")
    name = data[0]
    if not isinstance(name, str) or name in _RESERVED_EVENTS:
        raise BadPacket("an event's name is a string that the protocol does not reserve")
    return data


def _json(body: str) -> Json:
    try:
        return json_text.read(body)
    except json_text.BadJson as error:
        raise BadPacket(str(error)) from None


def _filled(value: Json, attachments: list[bytes]) -> Json:
    """Return `value` with its placeholders replaced; recursion is bounded by the JSON reader."""
    if isinstance(value, list):
        return [_filled(each, attachments) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("_placeholder") is not True:
        return {key: _filled(each, attachments) for key, each in value.items()}
    number = value.get("num")
    if type(number) is not int or not 0 <= number < len(attachments):
        raise BadPacket("a placeholder names an attachment that did not come")
    return attachments[number]


def connected(namespace: str, sid: str, pid: str | None = None) -> Outgoing:
    """Return the packet that accepts a connection; `pid` lets the client come back to it."""
    accepted = {"sid": sid} if pid is None else {"sid": sid, "pid": pid}
    return _packet(b"0", namespace, None, json_text.write(accepted))


def connect_error(namespace: str, message: str, data: Json = None) -> Outgoing:
    """Return the packet that refuses a connection; `data` is left out when None."""
    body = {"message": message} if data is None else {"message": message, "data": data}
    return _packet(b"4", namespace, None, json_text.write(body))


def disconnected(namespace: str) -> Outgoing:
    """Return the packet that ends a connection; the stock client stays away after it."""
    return _packet(b"1", namespace, None, b"")


def event(
    namespace: str, ack: int | None, body: bytes, attachments: tuple[bytes, ...] = ()
) -> Outgoing:
    """Return an event packet; body and attachments come from `set_apart([name, *args])`."""
    return _packet(b"5" if attachments else b"2", namespace, ack, body, attachments)


def acknowledgement(namespace: str, ack: int, args: list[Json]) -> Outgoing:
    """Return the packet that answers event number `ack`."""
    body, attachments = set_apart(args)
    return _packet(b"6" if attachments else b"3", namespace, ack, body, attachments)


def set_apart(args: list[Json]) -> tuple[bytes, tuple[bytes, ...]]:
    """Return the JSON of `args` with placeholders, and the binary values they stand for.

    Raises:
        TypeError: something in it has no JSON form and is not binary.
    """
    attachments: list[bytes] = []

    def placeholder(value: bytes) -> Json:
        attachments.append(value)
        return {"_placeholder": True, "num": len(attachments) - 1}

    return json_text.write(args, placeholder), tuple(attachments)


def _packet(
    kind: bytes,
    namespace: str,
    ack: int | None,
    body: bytes,
    attachments: tuple[bytes, ...] = (),
) -> Outgoing:
    head = kind + b"%d-" % len(attachments) if attachments else kind
    if namespace != "/":
        head += namespace.encode("utf-8") + b","
    if ack is not None:
        head += b"%d" % ack
    return Outgoing(head + body, attachments)
