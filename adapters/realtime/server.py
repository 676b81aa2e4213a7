"""The realtime server: Socket.IO and plain JSON rooms in front of one `App`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import trio

from adapters.realtime.app import App
from adapters.realtime.asgi_pipe import Receive, Scope, Send
from adapters.realtime.cors import origin_allowed
from adapters.realtime.encoded import Encoded
from adapters.realtime.engineio import FORBIDDEN
from adapters.realtime.engineio_server import EngineServer, random_id, refusal
from adapters.realtime.engineio_session import EngineSession, Origin
from adapters.realtime.head import RequestHead
from adapters.realtime.host import Attach
from adapters.realtime.json_room import JsonRoomSocket
from adapters.realtime.json_text import Json
from adapters.realtime.namespaces import SocketIoConnection
from adapters.realtime.pipe import Pipe
from adapters.realtime.settings import RealtimeSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What a realtime server holds at one moment; all zero when everybody has gone.

    Attributes:
        sessions: Engine.IO sessions.
        json_rooms: plain JSON WebSockets.
        websockets: open WebSockets of either kind, closing ones included.
        watched: of those, the ones that are read as soon as something arrives.
        lingering: closed polling sessions whose last packets wait to be fetched.
        timers: pending timers.
    """

    sessions: int
    json_rooms: int
    websockets: int
    watched: int
    lingering: int
    timers: int


class RealtimeServer:
    """Serves Socket.IO v5 and JSON rooms, on raw streams and under an ASGI server alike.

    It knows nothing of what its events mean: that is the App's.

    Args:
        app: the program behind the sockets.
        settings: limits and intervals.
        entropy: returns that many random bytes, such as `os.urandom`; ids are made of it.
    """

    def __init__(
        self, app: App, settings: RealtimeSettings, *, entropy: Callable[[int], bytes]
    ) -> None:
        self._app = app
        self._settings = settings
        self._entropy = entropy
        self._engine = EngineServer(self._opened, settings, entropy=entropy, together=app.together)
        self._rooms: set[JsonRoomSocket] = set()

    async def run(self) -> None:
        """Run heartbeats and reaping until cancelled; everything served needs this to run."""
        await self._engine.run()

    async def serve_websocket(self, stream: trio.abc.Stream, head: RequestHead) -> None:
        """Answer a WebSocket upgrade and carry the connection to its end.

        Without `EIO` and `transport` in its query it is a JSON room, whatever its path.

        Args:
            stream: positioned behind `head.leftover`; closed when this returns.
            head: from `read_request_head`, with `is_websocket_upgrade` true.
        """
        await self._engine.host.serve_raw(stream, head, self._route)

    async def asgi(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve an ASGI `http` scope (long-polling) or `websocket` scope, under trio."""
        if scope["type"] == "websocket":
            await self._engine.host.serve_asgi(scope, receive, send, self._route)
        else:
            await self._engine.asgi(scope, receive, send)

    def encode(self, event: str, *args: Json) -> Encoded:
        """Return an event to emit to any number of sockets, encoded once for all of them."""
        return Encoded(event, args)

    async def drain(self, *, deadline_s: float) -> None:
        """Tell every client to connect again: WebSocket close 1012, or Engine.IO's close packet.

        The stock client then reconnects by itself. Whoever comes meanwhile is told 503. `App` is
        told `server shutting down` for each socket.

        Args:
            deadline_s: seconds from now after which what is still open is dropped.
        """
        for room in list(self._rooms):
            room.drain()
        await self._engine.drain(deadline_s=deadline_s)

    def snapshot(self) -> Snapshot:
        """Return how much is held right now."""
        engine = self._engine
        return Snapshot(
            sessions=len(engine.table.sessions),
            json_rooms=len(self._rooms),
            websockets=len(engine.host.pipes),
            watched=engine.host.watched,
            lingering=len(engine.table.lingering),
            timers=len(engine.host.timers),
        )

    def _opened(self, session: EngineSession) -> SocketIoConnection:
        return SocketIoConnection(session, self._app, self._engine.host.timers, self._new_id)

    def _new_id(self) -> str:
        return random_id(self._entropy)

    def _route(self, origin: Origin) -> Attach:
        if "EIO" in origin.query or "transport" in origin.query:
            return self._engine.route(origin)
        if not origin_allowed(origin.headers, self._settings):
            raise refusal(FORBIDDEN)
        self._engine.host.check_room()

        def join(pipe: Pipe) -> None:
            room = JsonRoomSocket(
                self._new_id(),
                pipe,
                app=self._app,
                timers=self._engine.host.timers,
                settings=self._settings,
                on_end=self._room_ended,
            )
            self._rooms.add(room)
            self._engine.host.clients.add(room)
            room.open(origin)

        return join

    def _room_ended(self, room: JsonRoomSocket) -> None:
        self._rooms.discard(room)
        self._engine.host.clients.discard(room)
