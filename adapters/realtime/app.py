"""What the realtime server asks of the program behind it, and what it offers that program."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal, Protocol

from adapters.realtime.encoded import Encoded
from adapters.realtime.json_text import Json
from adapters.realtime.outgoing import Outgoing
from engine.refusal import Refused

Transport = Literal["websocket", "polling", "json", "uws"]
"""`json` and `uws` are plain WebSockets whose frames are `{type, ...}` or `{event, data}`."""

INVALID_NAMESPACE = Refused(code="invalid_namespace", text="Invalid namespace")
"""The refusal stock clients know; it goes out with its message alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handshake:
    """How a socket came.

    Attributes:
        namespace: as the client spelt it; for a JSON room, the path of the URL.
        headers: of the request that opened the connection, by lower-case name.
        query: of that request.
        remote_address: the peer's IP address; a proxy's when there is one before us.
        auth: the object given to the client's `auth` option; empty when none was.
        transport: what carried the connection when the namespace was opened.
    """

    namespace: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    remote_address: str
    auth: Json
    transport: Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A Socket.IO client that may come back after a lost connection, or has.

    Attributes:
        pid: its secret.
        id: of the socket that goes on here; None for a new one.
        missed: what that one was sent and the client has not received, oldest first.
    """

    pid: str
    id: str | None = None
    missed: Sequence[Outgoing] = ()


class Socket(Protocol):
    """One Socket.IO namespace connection, or one plain-JSON WebSocket.

    Every method returns at once and does nothing after the socket's end.
    """

    @property
    def id(self) -> str:
        """20 URL-safe random characters; a Socket.IO client sees the same id."""
        ...

    @property
    def transport(self) -> Transport:
        """What carries it now."""
        ...

    @property
    def behind(self) -> bool:
        """Whether something waits for the client to read: snapshots had better be left out."""
        ...

    def emit(self, encoded: Encoded) -> None:
        """Send an event after all that was sent before.

        A client that reads too slowly overflows its outbox and is closed with 4008.
        """
        ...

    def emit_with_ack(self, encoded: Encoded, on_ack: Callable[[list[Json]], None]) -> None:
        """Send an event and call `on_ack` with the client's answer.

        Not called when the client never answers; a JSON room cannot answer.
        """
        ...

    def acknowledge(self, ack: int, *args: Json) -> None:
        """Answer the event that came with this number."""
        ...

    def disconnect(self, *, close: bool) -> None:
        """End the socket after what was sent before; the stock client stays away.

        With `close`, its connection and all other sockets on it end too. `App.disconnect` is called
        before this returns.
        """
        ...

    def reconnect(self) -> None:
        """Close the connection in the way after which the stock client comes back by itself.

        Every socket on it ends. `App.disconnect` is called before this returns.
        """
        ...


class App(Protocol):
    """The program behind the sockets. All calls are synchronous, in the trio thread."""

    def connect(self, socket: Socket, handshake: Handshake) -> Refused | Accepted | None:
        """Accept a socket with None or `Accepted`, or refuse it.

        What is emitted meanwhile is sent after the acceptance, and after what was missed. With
        `Accepted.id` the socket takes that id before this returns to it. A refused client is told
        `text`, and `{"code", "field", ...details}` as data.
        """
        ...

    def event(self, socket: Socket, name: str, args: list[Json], ack: int | None) -> None:
        """Take an event; `ack` is the number to `acknowledge`, None when no answer is asked for."""
        ...

    def disconnect(self, socket: Socket, reason: str) -> None:
        """Take leave of an accepted socket, exactly once."""
        ...

    def together(self) -> AbstractContextManager[None]:
        """Surround what came from several sockets that were ready at the same moment."""
        return nullcontext()
