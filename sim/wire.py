"""The client's half of Socket.IO, without I/O: what people send and how they read what comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adapters.realtime import json_text
from adapters.realtime.encoded import Encoded
from adapters.realtime.outgoing import Outgoing
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


def event_text(event: str, payload: Any, ack: int | None) -> str:
    """Return the packet of an event that a client sends."""
    text, attachments = written(Encoded(event, (payload,)).asking("/", ack))
    assert not attachments, "people send no binary values"
    return text


def written(outgoing: Outgoing) -> tuple[str, tuple[bytes, ...]]:
    """Return a packet's text and the attachments that follow it."""
    text, *attachments = outgoing.messages
    assert isinstance(text, str)
    assert text.startswith("4")
    return text[1:], tuple(each for each in attachments if isinstance(each, bytes))


class Reader:
    """Reads what one connection brings, message by message."""

    def __init__(self) -> None:
        self._parser = PacketParser(bytes_max=1 << 26)

    def feed(self, data: str | bytes) -> Arrived | None:
        """Return what a packet says; None while its attachments are still to come.

        Raises:
            BadPacket: it is not a packet of a Socket.IO server.
        """
        if isinstance(data, str) and data[:1] == "4":
            # The server's own, so its parser does not know it.
            return Arrived(Kind.CONNECT_ERROR, "", None, json_text.read(data[1:]))
        packet = self._parser.feed(data)
        if packet is None:
            return None
        if packet.kind is Kind.EVENT:
            name, *args = packet.data
            # What the stock client takes for a position: a last argument that is a string.
            offset = args[-1] if args and isinstance(args[-1], str) else None
            return Arrived(packet.kind, name, packet.ack, args[0] if args else None, offset)
        if packet.kind is Kind.ACK:
            return Arrived(packet.kind, "", packet.ack, packet.data[0] if packet.data else None)
        return Arrived(packet.kind, "", None, packet.data)
