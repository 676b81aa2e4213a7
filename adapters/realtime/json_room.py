"""The plain JSON room protocol: a WebSocket without Socket.IO, one `{type, ...}` object a frame."""

from __future__ import annotations

from collections.abc import Callable

from adapters.realtime import json_text
from adapters.realtime.app import App, Handshake, Transport
from adapters.realtime.encoded import Encoded, json_room_message
from adapters.realtime.engineio_session import SHUTTING_DOWN, Origin
from adapters.realtime.guard import guarded
from adapters.realtime.json_text import Json
from adapters.realtime.namespaces import SERVER_DISCONNECT
from adapters.realtime.pipe import PING_TIMEOUT, Pipe
from adapters.realtime.settings import RealtimeSettings
from adapters.realtime.timers import Timers
from adapters.realtime.websocket import CloseCode
from engine.refusal import Refused

FAULTS_MAX = 3
"""The frame that is malformed for this time in a row closes the connection with 1008."""


class JsonRoomSocket:
    """One such WebSocket, as a `app.Socket` and as the receiver of its pipe.

    A frame `{"type": name, ...}` is the event `name` with the whole object as its argument. What is
    emitted becomes `{"type": event, ...payload}`. A frame that cannot be read is answered with
    `{"type": "error", "error", "code"}`.

    A client whose frames are `{"event", "data"}` instead, as those of Networked-A-Frame's `uws`
    adapter are, is sent such frames too.

    Args:
        id: 20 random characters.
        on_end: called once when the WebSocket has ended.
    """

    def __init__(
        self,
        id: str,
        pipe: Pipe,
        *,
        app: App,
        timers: Timers,
        settings: RealtimeSettings,
        on_end: Callable[[JsonRoomSocket], None],
    ) -> None:
        self.id = id
        self._pipe = pipe
        self._app = app
        self._timers = timers
        self._settings = settings
        self._on_end = on_end
        self._faults = 0
        self._transport: Transport = "json"
        self._connected = False
        self._held: list[Encoded] | None = []
        self._heartbeat = timers.after(settings.ping_interval_s, self._ping)
        pipe.receiver = self

    def __repr__(self) -> str:
        return f"<Socket {self.id} {self._transport}>"

    @property
    def transport(self) -> Transport:
        return self._transport

    @property
    def behind(self) -> bool:
        return self._pipe.waiting > 0

    def open(self, origin: Origin) -> None:
        """Ask the App; a refused client gets an error frame and close code 1008."""
        refused = self._app.connect(
            self,
            Handshake(
                namespace=origin.path,
                headers=origin.headers,
                query=origin.query,
                remote_address=origin.remote_address,
                auth={},
                transport="json",
            ),
        )
        if isinstance(refused, Refused):
            self._complain(refused.text, refused.code)
            self._pipe.close(CloseCode.POLICY_VIOLATION, refused.text)
            return
        self._connected = True
        held, self._held = self._held or [], None
        for encoded in held:
            self.emit(encoded)

    def emit(self, encoded: Encoded) -> None:
        if self._held is not None:
            self._held.append(encoded)
        elif self._connected:
            uws = self._transport == "uws"
            self._pipe.send(encoded.for_event_frame() if uws else encoded.for_json_room())

    def emit_with_ack(self, encoded: Encoded, on_ack: Callable[[list[Json]], None]) -> None:
        self.emit(encoded)

    def acknowledge(self, ack: int, *args: Json) -> None:
        """Do nothing: such clients never ask for an answer."""

    def disconnect(self, *, close: bool) -> None:
        self._close(SERVER_DISCONNECT, CloseCode.NORMAL)

    def reconnect(self) -> None:
        self._close(SERVER_DISCONNECT, CloseCode.SERVICE_RESTART)

    def drain(self) -> None:
        """Tell the client to connect again."""
        self._close(SHUTTING_DOWN, CloseCode.SERVICE_RESTART)

    def received(self, message: str | bytes) -> None:
        """Take one frame."""
        if not self._connected:
            return
        try:
            body = _object(message)
        except json_text.BadJson as error:
            self._fault(str(error))
            return
        self._faults = 0
        name: str = body.get("type") or body["event"]
        payload: Json = body
        if "type" not in body:
            self._transport = "uws"
            payload = body.get("data")
        if not guarded("App.event", self._app.event, self, name, [payload], None):
            self._close("server error", CloseCode.SERVER_ERROR)

    def ended(self, reason: str) -> None:
        """The WebSocket is gone."""
        self._finish(reason)
        self._on_end(self)

    def _fault(self, why: str) -> None:
        self._complain(why, "bad_frame")
        self._faults += 1
        if self._faults >= FAULTS_MAX:
            self._pipe.close(CloseCode.POLICY_VIOLATION, why)

    def _complain(self, text: str, code: str) -> None:
        self._pipe.send(json_room_message({"type": "error", "error": text, "code": code}))

    def _ping(self) -> None:
        """Ask for a sign of life; anything that arrives within the timeout is one."""
        self._pipe.heard = False
        if self._pipe.ping():
            self._heartbeat = self._timers.after(self._settings.ping_timeout_s, self._judge)

    def _judge(self) -> None:
        if self._pipe.heard:
            self._heartbeat = self._timers.after(self._settings.ping_interval_s, self._ping)
        else:
            self._close(PING_TIMEOUT, CloseCode.GOING_AWAY)

    def _close(self, reason: str, code: CloseCode) -> None:
        self._pipe.close(code, reason)
        self._finish(reason)

    def _finish(self, reason: str) -> None:
        self._timers.cancel(self._heartbeat)
        if self._connected:
            self._connected = False
            guarded("App.disconnect", self._app.disconnect, self, reason)


def _object(message: str | bytes) -> dict[str, Json]:
    if isinstance(message, bytes):
        raise json_text.BadJson("expected a text frame with a JSON object")
    body = json_text.read(message)
    if not isinstance(body, dict):
        raise json_text.BadJson("expected a JSON object")
    name = body["type"] if "type" in body else body.get("event")
    if not isinstance(name, str) or not name:
        raise json_text.BadJson("expected a JSON object with its type, a string")
    return body
