"""Visits on bare sockets, polite and rude: a thousand real clients would measure themselves."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import trio

from tests.server.bare import BareHttp, CutOff, connection
from tests.server.people import LOBBY

POLL = "/socket.io/?EIO=4&transport=polling"
WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"
UPGRADE = (
    "Host: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def masked(text: str) -> bytes:
    """A client's text frame with a mask of zeros."""
    data = text.encode()
    size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
    return b"\x81" + size + bytes(4) + data


async def until(stream: trio.SocketStream, what: bytes) -> None:
    """Read until the bytes have come."""
    received = b""
    while what not in received:
        data = await stream.receive_some()
        assert data, received
        received += data


async def read_all(stream: trio.SocketStream) -> bytes:
    """Read to the end, however it comes."""
    received = b""
    with trio.fail_after(5):
        try:
            while data := await stream.receive_some():
                received += data
        except trio.BrokenResourceError:
            pass
    return received


@asynccontextmanager
async def open_engine(url: str) -> AsyncIterator[Callable[[str], Any]]:
    """Open an Engine.IO WebSocket, join the root; yields a sender. Ends by half-closing."""
    async with connection(url) as stream:
        await stream.send_all(f"GET {WEBSOCKET} HTTP/1.1\r\n{UPGRADE}".encode() + masked("40"))
        await until(stream, b"40{")

        async def send(packet: str) -> None:
            data = packet.encode()
            if len(data) < 65_536:
                await stream.send_all(masked(packet))
            else:
                head = b"\x81\xff" + len(data).to_bytes(8, "big") + bytes(4)
                await stream.send_all(head + data)

        yield send
        try:
            await stream.send_eof()
        except trio.BrokenResourceError:
            return
        await read_all(stream)


async def joined_websocket(stream: trio.SocketStream, *, join: bool) -> None:
    """Upgrade, connect, and perhaps enter the lobby."""
    await stream.send_all(f"GET {WEBSOCKET} HTTP/1.1\r\n{UPGRADE}".encode() + masked("40"))
    await until(stream, b"40{")
    if join:
        await stream.send_all(masked(f'42["join-space",{json.dumps(LOBBY)}]'))
        await until(stream, b"space-joined")


async def polite(url: str, join: bool) -> None:  # noqa: FBT001
    """Come by WebSocket and say goodbye."""
    async with connection(url) as stream:
        await joined_websocket(stream, join=join)
        await stream.send_all(masked("41") + masked("1") + b"\x88\x80\0\0\0\0")
        await read_all(stream)


async def rude(url: str, join: bool) -> None:  # noqa: FBT001
    """Come by WebSocket and vanish."""
    async with connection(url) as stream:
        await joined_websocket(stream, join=join)


async def room_visit(url: str, join: bool) -> None:  # noqa: FBT001
    """Come as a page with JSON frames."""
    async with connection(url) as stream:
        await stream.send_all(f"GET / HTTP/1.1\r\n{UPGRADE}".encode())
        await until(stream, b"\r\n\r\n")
        if join:
            await stream.send_all(masked(json.dumps({"type": "join-space", **LOBBY})))
            await until(stream, b"space-joined")


async def polling_session(http: BareHttp) -> str:
    """Open a session; return the path of its requests."""
    _, text = await http.text("GET", POLL)
    return f"{POLL}&sid={json.loads(text[1:])['sid']}"


async def polling_visit(url: str, join: bool) -> None:  # noqa: FBT001
    """Come by polling and say goodbye."""
    async with connection(url) as stream:
        http = BareHttp(stream)
        session = await polling_session(http)
        packets = ["40"] + [f'42["join-space",{json.dumps(LOBBY)}]'] * join
        assert (await http.text("POST", session, "\x1e".join(packets)))[0] == 200
        assert "40{" in (await http.text("GET", session))[1]
        assert (await http.text("POST", session, "41\x1e1"))[0] == 200


async def polling_desertion(url: str, join: bool) -> None:  # noqa: FBT001
    """Come by polling and hang up during a poll, or just before: then silence gives it away."""
    async with connection(url) as stream:
        http = BareHttp(stream)
        session = await polling_session(http)
        packets = ["40"] + [f'42["join-space",{json.dumps(LOBBY)}]'] * join
        await http.text("POST", session, "\x1e".join(packets))
        heard = ""
        while ("space-joined" if join else "40{") not in heard:
            heard = (await http.text("GET", session))[1]
        await stream.send_all(f"GET {session} HTTP/1.1\r\nHost: h\r\n\r\n".encode())


async def polled(url: str, packet: str) -> int:
    """Send a packet by polling; return the status of the POST, 0 when there was no answer."""
    async with connection(url) as stream:
        http = BareHttp(stream)
        session = await polling_session(http)
        assert (await http.text("POST", session, "40"))[0] == 200
        try:
            status = (await http.text("POST", session, packet))[0]
        except CutOff:
            return 0
    async with connection(url) as stream:
        await BareHttp(stream).text("POST", session, "1")
    return status
