"""Going down: every client is told to come again."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx
import trio

from tests.adapters.realtime.support import QUICK, UPGRADE, close_code, serving

CALM = replace(QUICK, ping_interval_s=25.0, ping_timeout_s=20.0)
POLL = "/socket.io/?EIO=4&transport=polling"


async def test_everybody_is_told_to_reconnect_and_nobody_is_taken_in() -> None:
    """1012 on WebSockets, the close packet on polls, 503 to newcomers."""
    async with serving(CALM) as served, served.client() as client:
        session = f"{POLL}&sid={json.loads((await client.get(POLL)).text[1:])['sid']}"
        await client.post(session, content="40")
        await client.get(session)
        async with served.websocket() as websocket, served.websocket("/") as room:
            await websocket.send_message("40")
            await served.app.until(lambda: len(served.app.sockets) == 3)
            polled: list[httpx.Response] = []
            codes: list[int] = []

            async def poll() -> None:
                polled.append(await client.get(session))

            async def watch(each: object) -> None:
                codes.append(await close_code(each))  # type: ignore[arg-type]

            async with trio.open_nursery() as nursery:
                nursery.start_soon(poll)
                nursery.start_soon(watch, websocket)
                nursery.start_soon(watch, room)
                with trio.fail_after(5):
                    await served.server.drain(deadline_s=5)

            assert codes == [1012, 1012]
            assert polled[0].text == "1"
            assert {reason for _, reason in served.app.gone} == {"server shutting down"}
            assert len(served.app.gone) == 3
            for path, headers in ((POLL, {}), ("/", UPGRADE)):
                response = await client.get(path, headers=headers)
                assert response.status_code == 503
                assert response.json()["code"] == "draining"


async def test_a_client_between_two_polls_is_waited_for() -> None:
    """It learns of the drain with its next GET, and what was sent before is not lost."""
    async with serving(CALM) as served, served.client() as client:
        session = f"{POLL}&sid={json.loads((await client.get(POLL)).text[1:])['sid']}"
        await client.post(session, content='40\x1e42["message",1]')
        async with trio.open_nursery() as nursery:
            nursery.start_soon(lambda: served.server.drain(deadline_s=5))
            await served.app.until(lambda: served.app.gone)
            unread = await client.get(session)
            last = await client.get(session)
        assert unread.text.endswith('42["message-back",1]')
        assert last.text == "1"


async def test_a_client_that_does_not_answer_is_dropped_at_the_deadline() -> None:
    """The process must be able to end."""
    async with serving(CALM) as served:
        stream = await trio.open_tcp_stream("127.0.0.1", served.port)
        lines = ["GET / HTTP/1.1", "Host: h", *(f"{name}: {UPGRADE[name]}" for name in UPGRADE)]
        await stream.send_all(("\r\n".join(lines) + "\r\n\r\n").encode())
        await served.app.until(lambda: served.app.sockets)
        with trio.fail_after(5):
            await served.server.drain(deadline_s=0.1)
            while served.connections:
                await trio.lowlevel.checkpoint()
        assert served.server.snapshot().websockets == 0
        await stream.aclose()
