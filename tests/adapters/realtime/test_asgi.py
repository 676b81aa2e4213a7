"""The same server where an ASGI server makes the frames."""

from __future__ import annotations

from dataclasses import replace

import trio

from adapters.realtime import Encoded
from tests.adapters.realtime.support import QUICK, UPGRADE, close_code, serving, text

CALM = replace(QUICK, ping_interval_s=25.0, ping_timeout_s=20.0)


async def test_an_upgrade_inside_the_asgi_server_works_as_on_a_raw_stream() -> None:
    """Events, binary, acknowledgements and the closing code pass through it."""
    async with serving(CALM, raw=False) as served, served.websocket() as websocket:
        assert (await text(websocket)).startswith("0{")
        await websocket.send_message("40")
        assert (await text(websocket)).startswith("40{")
        assert await websocket.get_message() == '42["auth",{}]'
        await websocket.send_message('451-["message",{"_placeholder":true,"num":0}]')
        await websocket.send_message(b"")
        assert await websocket.get_message() == '451-["message-back",{"_placeholder":true,"num":0}]'
        assert await websocket.get_message() == b""
        await websocket.send_message('427["message-with-ack","x"]')
        assert await websocket.get_message() == '437["x"]'
        await websocket.send_message("4broken")
        assert await close_code(websocket) == 1008
    assert [reason for _, reason in served.app.gone] == ["parse error"]


async def test_a_client_that_leaves_is_noticed() -> None:
    """With or without a word."""
    async with serving(CALM, raw=False) as served:
        async with served.websocket() as websocket:
            await websocket.send_message("40")
            await served.app.until(lambda: served.app.sockets)
        await served.app.until(lambda: served.app.gone)
        with trio.fail_after(5):
            while served.connections:
                await trio.lowlevel.checkpoint()
        assert served.server.snapshot().websockets == 0


async def test_refusals_before_the_upgrade_have_their_body() -> None:
    """Through the ASGI extension that allows it."""
    async with serving(CALM, raw=False) as served, served.client() as client:
        response = await client.get("/socket.io/?EIO=3&transport=websocket", headers=UPGRADE)
        assert response.status_code == 400
        assert response.json() == {"code": 5, "message": "Unsupported protocol version"}


async def test_a_client_that_does_not_read_is_ended() -> None:
    """The outbox is bounded here too."""
    async with serving(replace(CALM, outbox_bytes_max=50_000), raw=False) as served:
        async with served.websocket("/") as websocket:
            await websocket.get_message()
            for _ in range(20):
                served.app.sockets[0].emit(Encoded("flood", ("x" * 10_000,)))
                if not served.app.sockets:
                    break
            assert await close_code(websocket) == 4008
        assert [reason for _, reason in served.app.gone] == ["too slow"]


async def test_one_message_may_be_larger_than_the_outbox() -> None:
    """A crowd's roster is, and whoever reads is shown it, with what comes behind."""
    async with serving(replace(CALM, outbox_bytes_max=50_000), raw=False) as served:
        async with served.websocket("/") as websocket:
            await websocket.get_message()
            served.app.sockets[0].emit(Encoded("roster", ("x" * 200_000,)))
            for _ in range(4):
                served.app.sockets[0].emit(Encoded("news", ("x" * 10_000,)))
            with trio.fail_after(5):
                sizes = [len(str(await websocket.get_message())) for _ in range(5)]
            assert [size > 200_000 for size in sizes] == [True, False, False, False, False]
        assert not [reason for _, reason in served.app.gone if reason == "too slow"]
