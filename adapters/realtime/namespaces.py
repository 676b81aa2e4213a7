"""Socket.IO on one Engine.IO session: namespaces, their sockets, events and acknowledgements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from adapters.realtime import socketio
from adapters.realtime.app import INVALID_NAMESPACE, Accepted, App, Handshake, Transport
from adapters.realtime.encoded import Encoded
from adapters.realtime.engineio_session import FORCED_CLOSE, PARSE_ERROR, EngineSession
from adapters.realtime.guard import guarded
from adapters.realtime.json_text import Json
from adapters.realtime.outgoing import Outgoing
from adapters.realtime.socketio import Kind, Packet, PacketParser
from adapters.realtime.timers import Timer, Timers
from adapters.realtime.websocket import CloseCode
from engine.refusal import Refused

CLIENT_DISCONNECT: Final = "client namespace disconnect"
SERVER_DISCONNECT: Final = "server namespace disconnect"

_EVENT: Final = Kind.EVENT  # Looked up in the enumeration, a member costs as much as a call.

OnAck = Callable[[list[Json]], None]


class NamespaceSocket:
    """One connection to one namespace; see `app.Socket`."""

    __slots__ = (
        "_acks", "_acks_asked", "_connection", "_held", "_session", "gone", "id", "namespace",
    )  # fmt: skip

    def __init__(
        self, id: str, namespace: str, session: EngineSession, connection: SocketIoConnection
    ) -> None:
        self.id = id
        self.namespace = namespace
        self._session = session
        self._connection = connection
        self._held: list[Outgoing] | None = []  # What the App emits while it decides.
        self._acks: dict[int, OnAck] = {}
        self._acks_asked = 0
        self.gone = False  # What is sent now goes nowhere.

    def __repr__(self) -> str:
        return f"<Socket {self.id} {self.namespace} {self.transport}>"

    @property
    def transport(self) -> Transport:
        return self._session.transport

    @property
    def behind(self) -> bool:
        return self._session.carrier.waiting > 0

    def emit(self, encoded: Encoded) -> None:
        self._send(encoded.for_namespace(self.namespace))

    def emit_with_ack(self, encoded: Encoded, on_ack: OnAck) -> None:
        number = self._acks_asked
        self._acks_asked += 1
        if len(self._acks) >= self._session.settings.acks_pending_max:
            del self._acks[next(iter(self._acks))]
        self._acks[number] = on_ack
        self._send(encoded.asking(self.namespace, number))

    def acknowledge(self, ack: int, *args: Json) -> None:
        self._send(socketio.acknowledgement(self.namespace, ack, list(args)))

    def disconnect(self, *, close: bool) -> None:
        self._connection.dismiss(self, close=close)

    def reconnect(self) -> None:
        self._session.close(SERVER_DISCONNECT, code=CloseCode.SERVICE_RESTART)

    def _send(self, outgoing: Outgoing) -> None:
        if self._held is not None:
            self._held.append(outgoing)
        elif not self.gone:
            self._session.send(outgoing)

    def release(self, accepted: Accepted | None) -> None:
        """Send the acceptance, then what the client missed, then what was held back."""
        held, self._held = self._held or [], None
        pid, missed = (None, ()) if accepted is None else (accepted.pid, accepted.missed)
        self._send(socketio.connected(self.namespace, self.id, pid))
        for outgoing in (*missed, *held):
            self._send(outgoing)

    def answered(self, ack: int, args: list[Json]) -> None:
        """Hand a client's answer to whoever asked; numbers nobody asked for are passed over."""
        on_ack = self._acks.pop(ack, None)
        if on_ack is not None:
            on_ack(args)


class SocketIoConnection:
    """All namespaces of one session. It is the session's handler."""

    __slots__ = (
        "_app",
        "_lonely",
        "_new_id",
        "_parser",
        "_seen",
        "_session",
        "_sockets",
        "_timers",
    )

    def __init__(
        self, session: EngineSession, app: App, timers: Timers, new_id: Callable[[], str]
    ) -> None:
        self._session = session
        self._app = app
        self._timers = timers
        self._new_id = new_id
        self._parser = PacketParser(bytes_max=session.settings.payload_bytes_max)
        self._sockets: dict[str, NamespaceSocket] = {}
        self._seen: set[str] = set()
        self._lonely: Timer | None = None
        self._watch()

    @property
    def sockets(self) -> int:
        """How many namespaces are connected."""
        return len(self._sockets)

    def message(self, data: str | bytes) -> None:
        """Take one Engine.IO message."""
        try:
            packet = self._parser.feed(data)
        except socketio.TooBig as too_big:
            self._session.reject(str(too_big), code=CloseCode.TOO_BIG)
            return
        except socketio.BadPacket as error:
            self._session.reject(str(error))
            return
        if packet is None:
            return
        socket = self._sockets.get(packet.namespace)
        if packet.kind is _EVENT and socket is not None:
            self._app.event(socket, packet.data[0], packet.data[1:], packet.ack)
        elif packet.kind is Kind.CONNECT:
            self._connect(packet, socket)
        elif socket is None:
            # What a client sent before it learnt of its disconnection is no fault of its.
            if packet.namespace not in self._seen:
                self._session.reject("a packet for a namespace that was never connected")
        elif packet.kind is Kind.ACK:
            assert packet.ack is not None, "the parser refuses answers without a number"
            socket.answered(packet.ack, packet.data)
        else:
            self._leave(socket, CLIENT_DISCONNECT)

    def dismiss(self, socket: NamespaceSocket, *, close: bool) -> None:
        """Disconnect a socket from this side, and with `close` everything on its connection."""
        for each in list(self._sockets.values()) if close else [socket]:
            if not each.gone:
                self._session.send(socketio.disconnected(each.namespace))
            self._leave(each, SERVER_DISCONNECT)
        if close:
            self._session.close(FORCED_CLOSE)

    def closed(self, reason: str) -> None:
        """Say goodbye for every socket: their session has ended."""
        if self._lonely is not None:
            self._timers.cancel(self._lonely)
        for socket in list(self._sockets.values()):
            self._forget(socket, reason)

    def _connect(self, packet: Packet, socket: NamespaceSocket | None) -> None:
        namespace = packet.namespace
        if socket is not None:
            self._session.reject("the namespace is connected already")
            return
        if len(self._seen | {namespace}) > self._session.settings.namespaces_max:
            self._session.send(socketio.connect_error(namespace, "Too many namespaces"))
            return
        self._seen.add(namespace)
        origin = self._session.origin
        handshake = Handshake(
            namespace=namespace,
            headers=origin.headers,
            query=origin.query,
            remote_address=origin.remote_address,
            auth=packet.data,
            transport=self._session.transport,
        )
        socket = NamespaceSocket(self._new_id(), namespace, self._session, self)
        decision = self._app.connect(socket, handshake)
        if isinstance(decision, Refused):
            self._session.send(_refusal(namespace, decision))
            return
        if decision is not None and decision.id is not None:
            socket.id = decision.id
        self._sockets[namespace] = socket
        if self._lonely is not None:
            self._timers.cancel(self._lonely)
            self._lonely = None
        socket.release(decision)

    def _leave(self, socket: NamespaceSocket, reason: str) -> None:
        self._forget(socket, reason)
        if not self._sockets and not self._session.over:
            self._watch()

    def _forget(self, socket: NamespaceSocket, reason: str) -> None:
        if self._sockets.get(socket.namespace) is socket:
            del self._sockets[socket.namespace]
            socket.gone = True
            guarded("App.disconnect", self._app.disconnect, socket, reason)

    def _watch(self) -> None:
        """A connection without a socket serves nobody: give it some time, then end it."""
        if self._lonely is None:
            self._lonely = self._timers.after(
                self._session.settings.connect_timeout_s, self._end_lonely
            )

    def _end_lonely(self) -> None:
        self._lonely = None
        self._session.close(
            PARSE_ERROR, code=CloseCode.POLICY_VIOLATION, text="no namespace was connected"
        )


def _refusal(namespace: str, refused: Refused) -> Outgoing:
    if refused == INVALID_NAMESPACE:
        return socketio.connect_error(namespace, refused.text)
    data: dict[str, Json] = {"code": refused.code, **refused.details}
    if refused.field is not None:
        data["field"] = refused.field
    return socketio.connect_error(namespace, refused.text, data)
