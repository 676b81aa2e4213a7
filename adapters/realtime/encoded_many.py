"""Several events as one message on its way out: one write a socket, whatever they are."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.realtime.encoded import Encoded
from adapters.realtime.engineio import SEPARATOR
from adapters.realtime.outgoing import Outgoing


class OutgoingMany(Outgoing):
    """Messages that leave together, in order; each is encoded once for all its receivers."""

    __slots__ = ("_parts",)

    def __init__(self, parts: Sequence[Outgoing]) -> None:
        super().__init__(None)
        self._parts = parts

    @property
    def frames(self) -> bytes:
        """WebSocket frames, ready to be written."""
        if self._frames is None:
            self._frames = b"".join([part.frames for part in self._parts])
        return self._frames

    @property
    def payload(self) -> bytes:
        """Polling packets, joined by the separator."""
        if self._payload is None:
            self._payload = SEPARATOR.join([part.payload for part in self._parts])
        return self._payload

    @property
    def messages(self) -> tuple[str | bytes, ...]:
        """WebSocket messages, for a carrier that makes its own frames."""
        return tuple(message for part in self._parts for message in part.messages)


class EncodedMany(Encoded):
    """Several events to emit as one.

    Attributes:
        events: in their order; none of them is asked an answer for.
    """

    __slots__ = ("_many_by_namespace", "_many_json", "events")

    def __init__(self, events: Sequence[Encoded]) -> None:
        super().__init__(events[0].event if events else "", ())
        self.events = events
        self._many_by_namespace: dict[str, OutgoingMany] = {}
        self._many_json: OutgoingMany | None = None

    def without(self, number: int) -> EncodedMany:
        """Return the others: all but the one of this place, from 0."""
        return EncodedMany([*self.events[:number], *self.events[number + 1 :]])

    def for_namespace(self, namespace: str) -> Outgoing:
        """Return the Socket.IO event packets for this namespace."""
        outgoing = self._many_by_namespace.get(namespace)
        if outgoing is None:
            parts = [event.for_namespace(namespace) for event in self.events]
            outgoing = self._many_by_namespace[namespace] = OutgoingMany(parts)
        return outgoing

    def for_json_room(self) -> Outgoing:
        """Return the text frames of the plain JSON room protocol."""
        if self._many_json is None:
            self._many_json = OutgoingMany([event.for_json_room() for event in self.events])
        return self._many_json
