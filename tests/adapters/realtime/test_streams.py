"""Streams that are no sockets (TLS, memory), on a virtual clock with the default intervals."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing
from trio_websocket import ConnectionClosed, WebSocketConnection, wrap_client_stream

from adapters.realtime import RealtimeServer, RealtimeSettings, read_request_head
from tests.adapters.realtime.support import EchoApp, close_code, text

Pair = Callable[[], tuple[trio.abc.HalfCloseableStream, trio.abc.HalfCloseableStream]]
PAIRS: list[Pair] = [trio.testing.memory_stream_pair, trio.testing.lockstep_stream_pair]


@asynccontextmanager
async def connected(pair: Pair, app: EchoApp) -> AsyncIterator[WebSocketConnection]:
    """A Socket.IO client on one end of the pair, past its greeting; the server on the other."""
    ours, theirs = pair()
    server = RealtimeServer(app, RealtimeSettings(), entropy=os.urandom)

    async def serve() -> None:
        head = await read_request_head(ours)
        assert head is not None
        await server.serve_websocket(ours, head)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.run)
        nursery.start_soon(serve)
        websocket = await wrap_client_stream(
            nursery,
            theirs,  # type: ignore[arg-type]  # Any stream does.
            "here",
            "/socket.io/?EIO=4&transport=websocket",
        )
        await websocket.get_message()
        await websocket.send_message("40")
        await websocket.get_message()
        await websocket.get_message()
        yield websocket
        await trio.aclose_forcefully(theirs)
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize("pair", PAIRS)
async def test_any_stream_carries_a_socket(
    pair: Pair, autojump_clock: trio.testing.MockClock
) -> None:
    """Also one that takes no byte before the last was read; order is kept."""
    async with connected(pair, EchoApp()) as websocket:
        for number in range(20):
            await websocket.send_message(f'42["message",{number}]')
        answers = [await text(websocket) for _ in range(20)]
        assert answers == [f'42["message-back",{number}]' for number in range(20)]
        await websocket.send_message("4oops")
        assert await close_code(websocket) == 1008


@pytest.mark.parametrize("pair", PAIRS)
async def test_pings_come_every_25_seconds_and_silence_ends_after_20_more(
    pair: Pair, autojump_clock: trio.testing.MockClock
) -> None:
    """The defaults, which the stock client is told in its handshake."""
    app = EchoApp()
    async with connected(pair, app) as websocket:
        for _ in range(3):
            start_s = trio.current_time()
            assert await websocket.get_message() == "2"
            assert trio.current_time() - start_s == pytest.approx(25, abs=0.5)
            await websocket.send_message("3")
        assert await websocket.get_message() == "2"
        start_s = trio.current_time()
        with trio.fail_after(60), contextlib.suppress(ConnectionClosed):
            await websocket.get_message()
        assert app.gone[0][1] == "ping timeout"
        assert trio.current_time() - start_s == pytest.approx(20, abs=0.5)
