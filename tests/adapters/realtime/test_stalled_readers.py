"""Clients that stop reading: closed with 4008 in time, while nobody else notices."""

from __future__ import annotations

import os
from dataclasses import replace

import psutil
import pytest
import trio
import trio.testing
from trio_websocket import wrap_client_stream

from adapters.realtime import (
    CloseCode,
    Encoded,
    RealtimeServer,
    RealtimeSettings,
    read_request_head,
)
from adapters.realtime.websocket import TEXT, frame
from tests.adapters.realtime.support import UPGRADE, EchoApp, serving
from tests.adapters.realtime.test_hostile_clients import Reader, masked, raw_client
from tests.support.waiting import eventually

pytestmark = pytest.mark.alone

HASTY = RealtimeSettings(stalled_reader_s=0.3, close_timeout_s=5.0)
PIECE_BYTES = 16 * 1024


async def test_a_reader_that_stalls_is_told_to_come_back_and_recover() -> None:
    """Far below the outbox's bound; the close frame stands behind what was half written.

    It is there for a page that slept longer than others get for their goodbyes, and had more to say
    itself meanwhile.
    """
    async with serving(replace(HASTY, close_timeout_s=0.001)) as served:
        slow = await raw_client(served, receive_buffer=4096)
        await served.app.until(lambda: served.app.sockets)
        served.app.sockets[0].emit(Encoded("roster", ({"filler": "x" * 600_000},)))
        await served.app.until(lambda: served.app.gone)
        assert [reason for _, reason in served.app.gone] == ["too slow"]
        await slow.send_all(masked(frame(TEXT, b'{"type":"pose"}')) * 100)
        await trio.testing.wait_all_tasks_blocked(0.05)
        reader = Reader(slow)
        assert await reader.last_close() == CloseCode.TOO_SLOW
        assert reader.reason == "reads too slowly: come back and recover"
        await slow.aclose()


async def test_a_connection_under_the_asgi_server_is_dropped_when_its_reader_stalls() -> None:
    """There no frame can follow one that is half written, so the connection breaks."""
    async with serving(HASTY, raw=False) as served:
        slow = await raw_client(served, receive_buffer=4096)
        await served.app.until(lambda: served.app.sockets)
        served.app.sockets[0].emit(Encoded("roster", ({"filler": "x" * 600_000},)))
        await served.app.until(lambda: served.app.gone)
        assert [reason for _, reason in served.app.gone] == ["transport close"]
        await slow.aclose()


async def test_stalled_readers_cost_others_nothing_and_little_memory() -> None:
    """Twenty megabytes go to a reader and ten who do not read; only outboxes' bounds are held."""
    settings = replace(HASTY, stalled_reader_s=60.0, outbox_bytes_max=500_000)
    async with serving(settings) as served:
        slow = [await raw_client(served, receive_buffer=4096) for _ in range(10)]
        await served.app.until(lambda: len(served.app.sockets) == len(slow))
        async with served.websocket("/") as reading:
            await reading.get_message()
            before = psutil.Process().memory_info().rss
            for number in range(1000):
                encoded = Encoded("flood", ({"number": number, "filler": "x" * 20_000},))
                for socket in list(served.app.sockets):
                    socket.emit(encoded)
                with trio.fail_after(5):
                    message = await reading.get_message()
                assert f'"number":{number},' in str(message)
            assert psutil.Process().memory_info().rss - before < 20_000_000
            await served.app.until(lambda: len(served.app.gone) == len(slow))
            assert {reason for _, reason in served.app.gone} == {"too slow"}
        for stream in slow:
            await stream.aclose()


@pytest.mark.parametrize("reads", [7, 0])
async def test_only_who_takes_nothing_at_all_has_stalled(
    reads: int, autojump_clock: trio.testing.MockClock
) -> None:
    """A slow line is no offence: the time counts from the last bytes that were taken."""
    app = EchoApp()
    settings = RealtimeSettings(stalled_reader_s=5.0, ping_interval_s=1000.0)
    server = RealtimeServer(app, settings, entropy=os.urandom)
    ours, theirs = trio.testing.lockstep_stream_pair()

    async def serve() -> None:
        head = await read_request_head(ours)
        assert head is not None
        await server.serve_websocket(ours, head)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.run)
        nursery.start_soon(serve)
        async with trio.open_nursery() as client:
            websocket = await wrap_client_stream(client, theirs, "here", "/")  # type: ignore[arg-type]
            await websocket.get_message()
            client.cancel_scope.cancel()
        app.sockets[0].emit(Encoded("roster", ({"filler": "x" * 500_000},)))
        begun_s = trio.current_time()
        for _ in range(reads):
            await trio.sleep(4)
            await theirs.receive_some(PIECE_BYTES)
        assert not app.gone
        await app.until(lambda: app.gone)
        assert [reason for _, reason in app.gone] == ["too slow"]
        assert trio.current_time() - begun_s == pytest.approx(4 * reads + 5, abs=0.5)
        nursery.cancel_scope.cancel()


async def test_who_is_told_goodbye_holds_a_place_until_it_has_gone() -> None:
    """Or stalling again and again would hold more files than there may be clients."""
    async with serving(replace(HASTY, connections_max=1)) as served, served.client() as http:
        slow = await raw_client(served, receive_buffer=4096)
        await served.app.until(lambda: served.app.sockets)
        served.app.sockets[0].emit(Encoded("roster", ({"filler": "x" * 600_000},)))
        await served.app.until(lambda: served.app.gone)
        assert (await http.get("/", headers=UPGRADE)).status_code == 503
        assert await Reader(slow).last_close() == CloseCode.TOO_SLOW
        await slow.aclose()
        await eventually(lambda: served.server.snapshot().websockets == 0)
        async with served.websocket("/") as newcomer:
            await newcomer.get_message()
