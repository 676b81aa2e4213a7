"""One port for everything: WebSocket upgrades to the realtime server, the rest to Hypercorn."""

from __future__ import annotations

import contextlib
import errno
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config
from hypercorn.trio.lifespan import Lifespan
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState, LifespanState

from adapters.realtime import HeadError, RealtimeServer, read_request_head

BACKLOG = 4096  # a rush of people: the kernel's default of 128 refuses them
_PIECE_BYTES = 16 * 1024  # Sent between two looks at the clock.
_log = logging.getLogger("presence.listener")


class CannotListen(Exception):
    """The address cannot be listened on; the text says why and what to do."""


class PushedBack(trio.abc.HalfCloseableStream):
    """A socket's stream that first gives back what was read from it already.

    Args:
        stream: the socket.
        data: what was read.
        stalled_reader_s: how long the peer may take none of what is sent; then the stream breaks.
            Hypercorn lets nothing cancel what it sends.
    """

    def __init__(self, stream: trio.SocketStream, data: bytes, *, stalled_reader_s: float) -> None:
        self._stream = stream
        self._data = data
        self._stalled_reader_s = stalled_reader_s
        self.socket = stream.socket  # Hypercorn asks it for the peer's name.

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        if self._data:
            await trio.lowlevel.checkpoint()
            data, self._data = self._data, b""
            return data
        return await self._stream.receive_some(max_bytes)

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        rest = memoryview(data)
        while rest:
            with trio.move_on_after(self._stalled_reader_s) as patience:
                await self._stream.send_all(rest[:_PIECE_BYTES])
            if patience.cancelled_caught:
                await trio.aclose_forcefully(self._stream)
                raise trio.BrokenResourceError("the reader has stalled")
            rest = rest[_PIECE_BYTES:]

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def send_eof(self) -> None:
        await self._stream.send_eof()

    async def aclose(self) -> None:
        await self._stream.aclose()


class Listener:
    """Accepts connections and hands each to whom it is for.

    Args:
        http: the ASGI app for everything but sockets.
        realtime: takes WebSockets, and polling under its path.
        realtime_path: where polling is served.
        handshake_timeout_s: within which a connection must have said what it wants.
        stalled_reader_s: how long a client may take nothing of an HTTP answer that waits for it.
        graceful_timeout_s: what requests under way get when the server stops.
    """

    def __init__(
        self,
        http: Callable[..., Awaitable[None]],
        realtime: RealtimeServer,
        *,
        realtime_path: str,
        handshake_timeout_s: float,
        stalled_reader_s: float,
        graceful_timeout_s: float,
    ) -> None:
        self._http = http
        self._realtime = realtime
        self._realtime_prefix = realtime_path.rstrip("/")
        self._handshake_timeout_s = handshake_timeout_s
        self._stalled_reader_s = stalled_reader_s
        self._graceful_timeout_s = graceful_timeout_s
        self._accepting = trio.CancelScope()
        self._ended = trio.Event()
        self._context = WorkerContext(None)
        self._config = Config()
        self._config.errorlog = None
        self._config.include_server_header = False
        self.connections = 0

    async def run(
        self, host: str, port: int, *, task_status: trio.TaskStatus[int] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Serve until `stop`; reports the port once it accepts connections.

        Raises:
            CannotListen: the address is taken, forbidden or not this machine's.
        """
        try:
            listeners = await trio.open_tcp_listeners(port, host=host, backlog=BACKLOG)
        except OSError as error:
            raise CannotListen(_why(error, host, port)) from error
        app = ASGIWrapper(self._asgi)
        state: LifespanState = {}
        lifespan = Lifespan(app, self._config, state)
        async with trio.open_nursery() as lifespan_nursery:
            await lifespan_nursery.start(lifespan.handle_lifespan)
            await lifespan.wait_for_startup()
            async with trio.open_nursery() as connections:
                serve = partial(self._connection, app=app, state=state)
                task_status.started(listeners[0].socket.getsockname()[1])
                with self._accepting:
                    await trio.serve_listeners(serve, listeners, handler_nursery=connections)
                # Hypercorn closes idle connections now, and busy ones after their answer.
                await self._context.terminated.set()
                connections.cancel_scope.deadline = trio.current_time() + self._graceful_timeout_s
            self._ended.set()
            await lifespan.wait_for_shutdown()
            lifespan_nursery.cancel_scope.cancel()

    async def stop(self) -> None:
        """Take no more connections and wait until those under way have finished."""
        self._accepting.cancel()
        await self._ended.wait()

    async def _asgi(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"]
        polling = scope["type"] == "http" and (
            path == self._realtime_prefix
            or (path.startswith(f"{self._realtime_prefix}/") and not path.endswith(".js"))
        )  # Stock servers have their client's script beside their polling.
        if polling or scope["type"] == "websocket":
            await self._realtime.asgi(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    async def _connection(
        self, stream: trio.SocketStream, *, app: ASGIWrapper, state: LifespanState
    ) -> None:
        self.connections += 1
        try:
            await self._serve(stream, app, state)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass  # The peer left in the middle of it.
        except Exception:  # noqa: BLE001 - one connection's trouble must not end the others.
            _log.exception("a connection ended with an error")
        finally:
            self.connections -= 1
            with contextlib.suppress(trio.BrokenResourceError):
                await trio.aclose_forcefully(stream)

    async def _serve(
        self, stream: trio.SocketStream, app: ASGIWrapper, state: LifespanState
    ) -> None:
        try:
            head = await read_request_head(stream, timeout_s=self._handshake_timeout_s)
        except HeadError as error:
            await stream.send_all(error.response())
            return
        if head is None:
            return
        if head.is_websocket_upgrade:
            await self._realtime.serve_websocket(stream, head)
            return
        pushed = PushedBack(stream, head.raw, stalled_reader_s=self._stalled_reader_s)
        connection = ConnectionState(state.copy())
        await TCPServer(app, self._config, self._context, connection, pushed)  # type: ignore[arg-type]


def _why(error: OSError, host: str, port: int) -> str:
    where = f"{host}:{port}"
    inner = error.__cause__ if isinstance(error.__cause__, OSError) else error
    number = error.errno or inner.errno
    if number == errno.EADDRINUSE:
        return f"{where} is in use by another program; choose another port with PRESENCE_PORT"
    if number == errno.EACCES:
        return f"{where} may not be used by this user; choose a port above 1023"
    return f"{where} cannot be listened on: {error}"
