"""Realtime: Socket.IO v5 on Engine.IO v4, and plain JSON rooms, over WebSocket and long-polling.

Bytes come in through `RealtimeServer.serve_websocket` (raw streams, the fast way) and
`RealtimeServer.asgi` (long-polling, and upgrades inside an ASGI server). They reach an `App` as
sockets that connect, send events and go. The App answers through `Socket`, whose methods never
wait.

What it promises: a client's events arrive in order; what is emitted to a socket arrives in order
or the socket ends; a malformed packet ends its own session with a reason and disturbs nobody; a
client that does not read is closed with `CloseCode.TOO_SLOW` (4008) at a bounded cost in memory;
nothing is left behind by who has gone.

From the wire upwards: `wire` (sockets), `websocket` (frames), `websocket_pipe` and `asgi_pipe`
(open WebSockets), `engineio*` (sessions; usable alone through `EngineServer`), `socketio` and
`namespaces`, `json_room`, `server`.
"""

from adapters.realtime.app import INVALID_NAMESPACE, Accepted, App, Handshake, Socket
from adapters.realtime.encoded import Encoded
from adapters.realtime.engineio_server import EngineServer
from adapters.realtime.engineio_session import EngineSession
from adapters.realtime.head import HeadError, RequestHead, read_request_head
from adapters.realtime.json_text import Json
from adapters.realtime.outgoing import Outgoing
from adapters.realtime.server import RealtimeServer, Snapshot
from adapters.realtime.settings import RealtimeSettings
from adapters.realtime.websocket import CloseCode

__all__ = [
    "INVALID_NAMESPACE",
    "Accepted",
    "App",
    "CloseCode",
    "Encoded",
    "EngineServer",
    "EngineSession",
    "Handshake",
    "HeadError",
    "Json",
    "Outgoing",
    "RealtimeServer",
    "RealtimeSettings",
    "RequestHead",
    "Snapshot",
    "Socket",
    "read_request_head",
]
