"""The stock Socket.IO client, unmodified, in Node."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from subprocess import PIPE
from typing import Any

import pytest
import trio

from adapters.realtime import RealtimeSettings
from tests.adapters.realtime.support import EchoApp, Served, serving
from tests.support.node import node, node_project

SETTINGS = RealtimeSettings()
TRANSPORTS = ["polling", "websocket", "polling,websocket", "websocket,polling"]


class Steps:
    """What the client reports, in order."""

    def __init__(self, output: trio.abc.ReceiveStream) -> None:
        self._output = output
        self._buffer = b""

    async def next(self) -> dict[str, Any]:
        """Return the next report."""
        while b"\n" not in self._buffer:
            data = await self._output.receive_some()
            assert data, "the client ended before its story did"
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        step: dict[str, Any] = json.loads(line)
        return step


@asynccontextmanager
async def client(url: str, scenario: str, transports: str) -> AsyncIterator[Steps]:
    """Run the stock client; it must end well by itself."""
    command = [node(), "client.mjs", url, scenario, transports]
    with trio.fail_after(20):
        async with trio.open_nursery() as nursery:
            run = partial(trio.run_process, command, cwd=node_project(), stdout=PIPE)
            process = await nursery.start(run)
            yield Steps(process.stdout)


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("transports", TRANSPORTS)
async def test_a_whole_conversation(transports: str, *, raw: bool) -> None:
    """Text, binary, acknowledgements both ways, namespaces and order, on every way to connect."""
    async with serving(SETTINGS, raw=raw) as served:
        async with client(served.http, "conversation", transports) as steps:
            connected = await steps.next()
            assert connected["first"] == transports.partition(",")[0]
            assert connected["auth"] == [{"token": "123"}]
            assert connected["id"] == served.app.sockets[0].id
            settled = "polling" if transports == "polling" else "websocket"
            assert await steps.next() == {"step": "settled", "transport": settled}
            assert await steps.next() == {
                "step": "text",
                "args": [1, "zwölf 🎙", {"deep": [True, None]}],
            }
            assert await steps.next() == {"step": "binary", "args": [[1, 2, 3], [4, 5]]}
            assert await steps.next() == {"step": "ack", "answer": "a"}
            assert await steps.next() == {"step": "binary ack", "answer": [7]}
            assert await steps.next() == {"step": "asked", "what": "life"}
            assert await steps.next() == {"step": "custom", "shared": True, "other": True}
            assert await steps.next() == {
                "step": "nowhere",
                "message": "Invalid namespace",
                "data": None,
            }
            assert await steps.next() == {
                "step": "dismissed",
                "reason": "io server disconnect",
                "still": True,
            }
            assert await steps.next() == {"step": "many", "ordered": True}
        assert served.app.answers == [["the answer to life", b"\x09"]]
        await served.app.until(lambda: not served.app.sockets)
        await ended(served)


@pytest.mark.parametrize("transports", TRANSPORTS[:3])
async def test_a_drained_client_comes_back_by_itself(transports: str) -> None:
    """It takes the drain for a lost connection, and finds the successor on the same port."""
    async with serving(SETTINGS) as first:
        port = first.port
        async with client(first.http, "reconnect", transports) as steps:
            assert await steps.next() == {"step": "connected"}
            await first.server.drain(deadline_s=5)
            await first.stop()
            async with serving(SETTINGS, EchoApp(), port=port):
                assert await steps.next() == {"step": "lost", "reason": "transport close"}
                assert await steps.next() == {"step": "back", "answer": "again"}


async def ended(served: Served) -> None:
    """Wait until every connection has gone, and see that nothing was kept."""
    with trio.fail_after(10):
        while served.server.snapshot().websockets or served.server.snapshot().sessions:
            await trio.lowlevel.checkpoint()
    assert served.server.snapshot().timers == 0
