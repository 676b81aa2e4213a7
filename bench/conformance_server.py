"""The server that the public Engine.IO v4 and Socket.IO v5 protocol suites are run against.

Run: python -m bench.conformance_server [--port 3000]

Of this project it has the realtime adapter, and the stream that gives a request head back to
Hypercorn; nothing of spaces. At /socket.io/, the namespaces `/` and `/custom` emit
`auth` with the handshake's, answer `message` with `message-back` and acknowledge
`message-with-ack`. At /engine.io/, every message goes back.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from dataclasses import replace
from typing import Any

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState

from adapters.listener import PushedBack
from adapters.realtime import (
    INVALID_NAMESPACE,
    App,
    Encoded,
    EngineServer,
    EngineSession,
    Handshake,
    HeadError,
    Json,
    Outgoing,
    RealtimeServer,
    RealtimeSettings,
    Socket,
    read_request_head,
)
from engine.refusal import Refused

SETTINGS = RealtimeSettings(
    ping_interval_s=0.3, ping_timeout_s=0.2, payload_bytes_max=1_000_000, connect_timeout_s=1.0
)
AUTH_DELAY_S = 0.01
_HEAD_TIMEOUT_S = 5.0


class SuiteApp(App):
    """What the Socket.IO suite expects of a server.

    `auth` follows the acceptance by `AUTH_DELAY_S`: the suite listens for one message at a time,
    and a client that finds two frames in one read hands both out before it listens again.

    Args:
        nursery: runs what waits for that time.
    """

    def __init__(self, nursery: trio.Nursery) -> None:
        self._nursery = nursery

    def connect(self, socket: Socket, handshake: Handshake) -> Refused | None:
        """Accept the two namespaces."""
        if handshake.namespace not in ("/", "/custom"):
            return INVALID_NAMESPACE
        self._nursery.start_soon(_emit_auth, socket, handshake.auth)
        return None

    def event(self, socket: Socket, name: str, args: list[Json], ack: int | None) -> None:
        """Say back what was said."""
        if name == "message":
            socket.emit(Encoded("message-back", tuple(args)))
        elif name == "message-with-ack" and ack is not None:
            socket.acknowledge(ack, *args)

    def disconnect(self, socket: Socket, reason: str) -> None:
        """Nothing is kept of a socket."""


class Echo:
    """One Engine.IO session whose messages all go back."""

    def __init__(self, session: EngineSession) -> None:
        self._session = session

    def message(self, data: str | bytes) -> None:
        """Send it back, text as text and binary as binary."""
        if isinstance(data, str):
            self._session.send(Outgoing(data.encode()))
        else:
            self._session.send(Outgoing(None, (data,)))

    def closed(self, reason: str) -> None:
        """Nothing is kept of a session."""


class ConformanceServer:
    """Both protocols behind one port.

    Args:
        nursery: runs the heartbeats.
    """

    def __init__(self, nursery: trio.Nursery) -> None:
        self._socketio = RealtimeServer(SuiteApp(nursery), SETTINGS, entropy=os.urandom)
        self._engineio = EngineServer(
            Echo, replace(SETTINGS, path="/engine.io/"), entropy=os.urandom
        )
        self._config = Config()
        self._config.errorlog = None
        self._context = WorkerContext(None)
        nursery.start_soon(self._socketio.run)
        nursery.start_soon(self._engineio.run)

    async def connection(self, stream: trio.SocketStream) -> None:
        """Serve one connection to its end: an upgrade directly, all else through Hypercorn."""
        try:
            head = await read_request_head(stream, timeout_s=_HEAD_TIMEOUT_S)
            if head is None:
                return
            if head.is_websocket_upgrade:
                await self._chosen(head.path).serve_websocket(stream, head)
                return
            await TCPServer(
                ASGIWrapper(self._asgi),
                self._config,
                self._context,
                ConnectionState({}),
                PushedBack(stream, head.raw, stalled_reader_s=SETTINGS.stalled_reader_s),  # type: ignore[arg-type]
            )
        except HeadError as error:
            await stream.send_all(error.response())
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return  # The peer left in the middle of it.
        finally:
            await trio.aclose_forcefully(stream)

    async def _asgi(self, scope: Any, receive: Any, send: Any) -> None:
        await self._chosen(scope["path"]).asgi(scope, receive, send)

    def _chosen(self, path: str) -> RealtimeServer | EngineServer:
        return self._engineio if path.startswith("/engine.io") else self._socketio


async def serve(port: int) -> None:
    """Serve until cancelled; says on standard output when it is ready.

    A chosen port listens on every interface.

    Args:
        port: 0 for any that is free.
    """
    # `localhost` is ::1 to some clients and 127.0.0.1 to others, and port 0 must be one number.
    listeners = await trio.open_tcp_listeners(port, host="127.0.0.1" if port == 0 else None)
    async with trio.open_nursery() as nursery:
        server = ConformanceServer(nursery)
        print(f"ready on port {listeners[0].socket.getsockname()[1]}", flush=True)
        await trio.serve_listeners(server.connection, listeners)


async def _emit_auth(socket: Socket, auth: Json) -> None:
    await trio.sleep(AUTH_DELAY_S)
    socket.emit(Encoded("auth", (auth,)))


def main() -> None:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=3000, help="0 for any that is free")
    port = parser.parse_args().port
    try:
        trio.run(serve, port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        sys.exit(f"port {port} is taken; choose another with --port, or 0 for any that is free")


if __name__ == "__main__":
    main()
