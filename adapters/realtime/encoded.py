"""An event encoded once for everybody who is to receive it."""

from __future__ import annotations

import base64
from typing import Final

from adapters.realtime import json_text, socketio
from adapters.realtime.json_text import Json
from adapters.realtime.outgoing import Outgoing

_NOWHERE: Final[dict[str, Outgoing]] = {}


class Encoded:
    """An event to emit: encoded once for Socket.IO and once for JSON rooms, whoever receives it.

    Make it with `RealtimeServer.encode`; do not change the arguments afterwards. Each form is made
    when its first receiver needs it.

    Args:
        event: its name.
        args: its arguments.
        offset: its position among the ordered events, which a Socket.IO client gets as a last
            argument more; None for what is not recovered. See docs/recovery.md.

    Raises:
        TypeError: on the first use, when an argument has no JSON form and is not binary.
    """

    __slots__ = (
        "_attachments", "_body", "_elsewhere", "_event_frame", "_json", "_root", "args", "event",
        "offset",
    )  # fmt: skip

    def __init__(self, event: str, args: tuple[Json, ...], *, offset: str | None = None) -> None:
        self.event = event
        self.args = args
        self.offset = offset
        self._body: bytes | None = None
        self._attachments: tuple[bytes, ...] = ()
        self._root: Outgoing | None = None
        self._elsewhere: dict[str, Outgoing] = _NOWHERE
        self._json: Outgoing | None = None
        self._event_frame: Outgoing | None = None

    def for_namespace(self, namespace: str) -> Outgoing:
        """Return the Socket.IO event packet for this namespace."""
        if namespace == "/":
            if self._root is None:
                self._root = self.asking("/", None)
            return self._root
        outgoing = self._elsewhere.get(namespace)
        if outgoing is None:
            outgoing = self.asking(namespace, None)
            self._elsewhere = {**self._elsewhere, namespace: outgoing}
        return outgoing

    def asking(self, namespace: str, ack: int | None) -> Outgoing:
        """Return the event packet that asks for acknowledgement `ack`."""
        body = self._body
        if body is None:
            position = () if self.offset is None else (self.offset,)
            body, self._attachments = socketio.set_apart([self.event, *self.args, *position])
            self._body = body
        return socketio.event(namespace, ack, body, self._attachments)

    def for_json_room(self) -> Outgoing:
        """Return the `{"type": event, ...payload}` text frame; binary values become base64 text.

        An argument that is no object stands under `data`, several stand under `args`.
        """
        if self._json is None:
            body: dict[str, Json] = {"type": self.event}
            if len(self.args) == 1 and isinstance(self.args[0], dict):
                body = {**self.args[0], "type": self.event}
            elif len(self.args) == 1:
                body["data"] = self.args[0]
            elif self.args:
                body["args"] = list(self.args)
            self._json = json_room_message(body)
        return self._json

    def for_event_frame(self) -> Outgoing:
        """Return the `{"event", "data"}` text frame of Networked-A-Frame's `uws` adapter."""
        if self._event_frame is None:
            data = self.args[0] if self.args else None
            self._event_frame = json_room_message({"event": self.event, "data": data})
        return self._event_frame


def json_room_message(body: dict[str, Json]) -> Outgoing:
    """Return one frame of the plain JSON room protocol."""
    return Outgoing(json_text.write(body, _base64_text), prefix=b"")


def _base64_text(value: bytes) -> str:
    return base64.b64encode(value).decode("ascii")
