"""The server for the public protocol suites, as a process."""

from __future__ import annotations

import re
import selectors
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trio
from trio_websocket import WebSocketConnection, open_websocket_url

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 30.0


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Start the server on a free port, and end it afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.conformance_server", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            assert process.stdout is not None
            with selectors.DefaultSelector() as selector:
                selector.register(process.stdout, selectors.EVENT_READ)
                assert selector.select(READY_WITHIN_S), "the server said nothing"
            said = process.stdout.readline()
            ready = re.fullmatch(r"ready on port (\d+)\n", said)
            assert ready is not None, said
            yield int(ready[1])
        finally:
            process.kill()


async def message(websocket: WebSocketConnection) -> str | bytes:
    """Return the next message that is no ping."""
    with trio.fail_after(5):
        while (each := await websocket.get_message()) == "2":
            await websocket.send_message("3")
    assert isinstance(each, (str, bytes))
    return each


@pytest.mark.parametrize("path", ["/socket.io/", "/engine.io/"])
async def test_handshake_names_the_intervals_and_size_that_the_suites_expect(
    port: int, path: str
) -> None:
    """Both protocols announce 300 ms, 200 ms and a million bytes."""
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        opened = await client.get(path, params={"EIO": "4", "transport": "polling"})
    assert opened.status_code == 200
    for part in ('"pingInterval":300', '"pingTimeout":200', '"maxPayload":1000000'):
        assert part in opened.text


@pytest.mark.parametrize(("namespace", "head"), [("/", ""), ("/custom", "/custom,")])
async def test_namespace_emits_auth_echoes_and_acknowledges(
    port: int, namespace: str, head: str
) -> None:
    """A client is told its own auth, then hears back what it says, as event or answer."""
    url = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
    async with open_websocket_url(url) as websocket:
        await message(websocket)
        await websocket.send_message(f'40{head}{{"token":"123"}}')
        assert str(await message(websocket)).startswith(f'40{head}{{"sid":')
        assert await message(websocket) == f'42{head}["auth",{{"token":"123"}}]', namespace
        await websocket.send_message(f'42{head}["message",1,{{"2":[true]}}]')
        assert await message(websocket) == f'42{head}["message-back",1,{{"2":[true]}}]'
        await websocket.send_message(f'42{head}456["message-with-ack","x"]')
        assert await message(websocket) == f'43{head}456["x"]'


async def test_other_namespaces_are_refused(port: int) -> None:
    """A namespace that is neither of the two gets the stock refusal."""
    url = f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket"
    async with open_websocket_url(url) as websocket:
        await message(websocket)
        await websocket.send_message("40/random")
        assert await message(websocket) == '44/random,{"message":"Invalid namespace"}'


async def test_engine_io_echoes_text_and_binary(port: int) -> None:
    """A message comes back as the kind it was."""
    url = f"ws://127.0.0.1:{port}/engine.io/?EIO=4&transport=websocket"
    async with open_websocket_url(url) as websocket:
        await message(websocket)
        await websocket.send_message("4hello")
        assert await message(websocket) == "4hello"
        await websocket.send_message(b"\x01\x02")
        assert await message(websocket) == b"\x01\x02"


def test_taken_port_is_said_in_one_line() -> None:
    """Who starts it twice reads which port is taken and what to do, not a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "bench.conformance_server", "--port", str(port)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=READY_WITHIN_S,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        f"port {port} is taken; choose another with --port, or 0 for any that is free"
    ]
