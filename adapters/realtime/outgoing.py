"""Messages on their way out, encoded at most once for each form and shared by every receiver."""

from __future__ import annotations

import base64

from adapters.realtime.engineio import SEPARATOR
from adapters.realtime.websocket import BINARY, TEXT, frame


class Outgoing:
    """One text message, the binary messages that follow it, or both; never changes.

    Args:
        text: UTF-8, without the Engine.IO type digit.
        attachments: binary messages to send right after the text.
        prefix: the Engine.IO packet type; empty outside Engine.IO.
    """

    __slots__ = ("_attachments", "_frames", "_payload", "_text")

    def __init__(
        self, text: bytes | None, attachments: tuple[bytes, ...] = (), *, prefix: bytes = b"4"
    ) -> None:
        self._text = None if text is None else prefix + text
        self._attachments = attachments
        self._frames: bytes | None = None
        self._payload: bytes | None = None

    @property
    def frames(self) -> bytes:
        """WebSocket frames, ready to be written."""
        frames = self._frames
        if frames is None:
            frames = b"" if self._text is None else frame(TEXT, self._text)
            if self._attachments:
                frames += b"".join(frame(BINARY, each) for each in self._attachments)
            self._frames = frames
        return frames

    @property
    def payload(self) -> bytes:
        """Polling packets, joined by the separator."""
        payload = self._payload
        if payload is None:
            packets = [] if self._text is None else [self._text]
            packets += [b"b" + base64.b64encode(each) for each in self._attachments]
            payload = self._payload = SEPARATOR.join(packets)
        return payload

    @property
    def size(self) -> int:
        """How many bytes its messages have."""
        return len(self._text or b"") + sum(map(len, self._attachments))

    @property
    def messages(self) -> tuple[str | bytes, ...]:
        """WebSocket messages, for a carrier that makes its own frames."""
        if self._text is None:
            return self._attachments
        return (self._text.decode("utf-8"), *self._attachments)
