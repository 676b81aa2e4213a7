"""The client's half of Socket.IO, without I/O: what people send and how they read what comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adapters.realtime import json_text, socketio
from adapters.realtime.encoded import Encoded
from adapters.realtime.socketio import Kind, PacketParser


@dataclass(frozen=True, slots=True)
class Arrived:
    """A packet from the server.

    `kind` is a `socketio.Kind`; `name` is an event's; `value` its first argument, an
    acknowledgement's, or the data of a connection packet; `offset` an ordered event's position.
    """

    kind: Kind
    name: str
    ack: int | None
    value: Any
    offset: str | None = None


def event_text(
    event: str, payload: Any, ack: int | None = None, *, offset: str | None = None
) -> str:
    """Return the packet of an event."""
    return _text(Encoded(event, (payload,), offset=offset).asking("/", ack).messages)


def connected_text(sid: str, pid: str | None) -> str:
    """Return the packet that accepts a client."""
    return _text(socketio.connected("/", sid, pid).messages)


def acknowledgement_text(ack: int, answer: Any) -> str:
    """Return the packet that acknowledges an event."""
    return _text(socketio.acknowledgement("/", ack, [answer]).messages)


def read(text: str) -> Arrived:
    """Return what a text packet says; nothing that people take part in has attachments.

    Raises:
        BadPacket: it is not a packet of a Socket.IO server.
    """
    if text[:1] == "4":  # The server's own, so its parser does not know it.
        return Arrived(Kind.CONNECT_ERROR, "", None, json_text.read(text[1:]))
    packet = PacketParser(bytes_max=len(text) * 4).feed(text)
    if packet is None:
        raise socketio.BadPacket("people take part in nothing that has attachments")
    if packet.kind is Kind.EVENT:
        name, *args = packet.data
        # What the stock client takes for a position: a last argument that is a string.
        offset = args[-1] if args and isinstance(args[-1], str) else None
        return Arrived(packet.kind, name, packet.ack, args[0] if args else None, offset)
    if packet.kind is Kind.ACK:
        return Arrived(packet.kind, "", packet.ack, packet.data[0] if packet.data else None)
    return Arrived(packet.kind, "", None, packet.data)


def _text(messages: tuple[str | bytes, ...]) -> str:
    (text,) = messages
    assert isinstance(text, str) and text.startswith("4")  # noqa: PT018
    return text[1:]
