"""Clients that send too much, read too little, or never finish what they began."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx
import pytest
import trio
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from adapters.realtime import CloseCode, Encoded, RealtimeSettings
from adapters.realtime.websocket import BINARY, Close, FrameParser, frame
from tests.adapters.realtime.support import UPGRADE, Served, close_code, serving

SMALL = RealtimeSettings(payload_bytes_max=1000, outbox_bytes_max=100_000, close_timeout_s=0.5)
POLL = "/socket.io/?EIO=4&transport=polling"


async def opened(client: httpx.AsyncClient) -> str:
    return f"{POLL}&sid={json.loads((await client.get(POLL)).text[1:])['sid']}"


async def raw_client(
    served: Served, path: str = "/", *, receive_buffer: int | None = None
) -> trio.SocketStream:
    """A WebSocket client after its handshake, on a bare socket."""
    socket = trio.socket.socket()
    if receive_buffer is not None:
        socket.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_RCVBUF, receive_buffer)
    await socket.connect(("127.0.0.1", served.port))
    stream = trio.SocketStream(socket)
    lines = [f"GET {path} HTTP/1.1", "Host: h", *(f"{name}: {UPGRADE[name]}" for name in UPGRADE)]
    await stream.send_all(("\r\n".join(lines) + "\r\n\r\n").encode())
    response = b""
    while b"\r\n\r\n" not in response:
        response += await stream.receive_some(1)
    assert response.startswith(b"HTTP/1.1 101 ")
    return stream


def masked(data: bytes) -> bytes:
    """A server's frame turned into a client's, with a mask of zeros."""
    plain = bytearray(data)
    plain[1] |= 0x80
    header = {0xFE: 4, 0xFF: 10}.get(plain[1], 2)
    return bytes(plain[:header]) + bytes(4) + bytes(plain[header:])


class Reader:
    """Reads a server's frames from a bare socket."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self.reason = ""  # Of the close frame, once that was read.

    async def last_close(self) -> int:
        """Read to the end; return the code of the close frame."""
        data = b""
        with trio.fail_after(5):
            while received := await self.stream.receive_some():
                data += received
        parser = FrameParser(message_bytes_max=10**7)
        at = 0
        while at < len(data):
            size = data[at + 1]
            header = {126: 4, 127: 10}.get(size, 2)
            if size >= 126:
                size = int.from_bytes(data[at + 2 : at + header], "big")
            for event in parser.feed(masked(data[at : at + header + size])):
                if isinstance(event, Close):
                    self.reason = event.reason
                    return event.code
            at += header + size
        raise AssertionError("no close frame")


@pytest.mark.parametrize("raw", [True, False])
@pytest.mark.parametrize("path", ["/", "/socket.io/?EIO=4&transport=websocket"])
async def test_an_oversized_message_closes_with_1009(path: str, *, raw: bool) -> None:
    """Whole or in fragments, on a raw stream or under the ASGI server."""
    async with serving(SMALL, raw=raw) as served, served.websocket(path) as websocket:
        await websocket.send_message("4" + "x" * 1000)
        assert await close_code(websocket) == CloseCode.TOO_BIG


async def test_the_close_frame_reaches_a_client_that_is_still_sending() -> None:
    """Closing while bytes are unread makes the kernel reset the connection and drop the frame."""
    async with serving(SMALL) as served:
        stream = await raw_client(served)
        await stream.send_all(masked(frame(BINARY, bytes(500_000))))
        assert await Reader(stream).last_close() == CloseCode.TOO_BIG
        await stream.aclose()


async def test_an_oversized_post_is_413() -> None:
    """By its length or as it arrives; the session is not touched."""
    async with serving(SMALL) as served, served.client() as client:
        session = await opened(client)
        response = await client.post(session, content=b"4" + b"x" * 1000)
        assert response.status_code == 413
        assert response.json()["code"] == "payload_too_large"

        stream = await trio.open_tcp_stream("127.0.0.1", served.port)
        chunk = b"64\r\n" + b"x" * 100 + b"\r\n"
        head = f"POST {session} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        await stream.send_all(head.encode() + chunk * 11)
        with trio.fail_after(5):
            assert (await stream.receive_some()).startswith(b"HTTP/1.1 413 ")
        await stream.aclose()

        assert (await client.post(session, content="40")).text == "ok"


async def test_attachments_beyond_the_limit_close_with_1009() -> None:
    """Sixty-four messages of the allowed size would be one event of sixty-four times that."""
    path = "/socket.io/?EIO=4&transport=websocket"
    async with serving(SMALL) as served, served.websocket(path) as websocket:
        await websocket.send_message("40")
        place = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}'
        await websocket.send_message(f'452-["message",{place}]')
        await websocket.send_message(bytes(600))
        await websocket.send_message(bytes(600))
        assert await close_code(websocket) == CloseCode.TOO_BIG


async def test_a_client_that_does_not_read_is_closed_and_can_know_why() -> None:
    """Its outbox is bounded; others get everything; what it reads at last ends with 4008."""
    settings = replace(SMALL, close_timeout_s=5.0)
    async with serving(settings) as served:
        slow = await raw_client(served, receive_buffer=4096)
        await served.app.until(lambda: len(served.app.sockets) == 1)
        async with served.websocket("/") as reading:
            await reading.get_message()
            encoded = Encoded("flood", ({"filler": "x" * 10_000},))
            count = 0
            while len(served.app.sockets) == 2:
                for socket in list(served.app.sockets):
                    socket.emit(encoded)
                count += 1
                assert count < 2000, "the kernel's buffers are full long before"
                await reading.get_message()
            assert [reason for _, reason in served.app.gone] == ["too slow"]
            assert await Reader(slow).last_close() == CloseCode.TOO_SLOW
        await slow.aclose()


async def test_a_polling_client_that_does_not_poll_is_ended() -> None:
    """The same bound holds where there is no socket to fill."""
    async with serving(SMALL) as served, served.client() as client:
        session = await opened(client)
        await client.post(session, content="40")
        for _ in range(12):
            served.app.sockets[0].emit(Encoded("flood", ("x" * 10_000,)))
        await served.app.until(lambda: served.app.gone)
        assert [reason for _, reason in served.app.gone] == ["too slow"]
        assert (await client.get(session)).status_code == 400


async def test_one_packet_of_a_polling_client_may_be_larger_than_the_outbox() -> None:
    """A crowd's roster is, wherever it stands among what waits."""
    async with serving(SMALL) as served, served.client() as client:
        session = await opened(client)
        await client.post(session, content="40")
        for size in (10_000, 300_000, 10_000):
            served.app.sockets[0].emit(Encoded("roster", ("x" * size,)))
        answer = await client.get(session)
        assert answer.status_code == 200
        assert len(answer.text) > 320_000
        assert not served.app.gone


async def test_a_handshake_that_never_finishes_is_dropped() -> None:
    """With 408, and nothing stays."""
    async with serving(head_timeout_s=0.1) as served:
        stream = await trio.open_tcp_stream("127.0.0.1", served.port)
        await stream.send_all(b"GET /socket.io/ HTTP/1.1\r\nHos")
        with trio.fail_after(5):
            answer = await stream.receive_some()
            assert answer.startswith(b"HTTP/1.1 408 ")
            assert await stream.receive_some() == b""
        await stream.aclose()


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Sec-WebSocket-Version": "8"}, 426),
        ({"Sec-WebSocket-Key": "short"}, 400),
        ({"Connection": "keep-alive"}, 400),
    ],
)
async def test_a_bad_websocket_handshake_is_refused(changed: dict[str, str], status: int) -> None:
    """Before anything is set up for it."""
    async with serving() as served, served.client() as client:
        response = await client.get("/", headers=UPGRADE | changed)
        assert response.status_code == status
        assert response.json()["code"] == "bad_handshake"
        assert served.app.handshakes == []


async def test_a_full_server_says_so() -> None:
    """503 and when to come again; whoever is in stays."""
    async with serving(replace(SMALL, connections_max=2)) as served, served.client() as client:
        await opened(client)
        async with served.websocket("/") as room:
            await room.get_message()
            for path, headers in ((POLL, {}), ("/", UPGRADE)):
                response = await client.get(path, headers=headers)
                assert response.status_code == 503
                assert response.headers["retry-after"] == "10"
        await served.app.until(lambda: served.app.gone)
        with trio.fail_after(5):
            while (await client.get(POLL)).status_code != 200:
                await trio.lowlevel.checkpoint()


async def test_a_page_of_another_origin_is_refused_on_every_transport() -> None:
    """Browsers leave the check of WebSockets to the server."""
    settings = replace(SMALL, cors_origins=("https://dlux.io",), cors_credentials=True)
    async with serving(settings) as served, served.client() as client:
        for path, headers in (
            (POLL, {}),
            ("/", UPGRADE),
            (POLL.replace("polling", "websocket"), UPGRADE),
        ):
            response = await client.get(path, headers=headers | {"Origin": "https://evil.example"})
            assert response.status_code == 403
            assert response.json() == {"code": 4, "message": "Forbidden"}

        response = await client.get(POLL, headers={"Origin": "https://dlux.io"})
        assert response.headers["access-control-allow-origin"] == "https://dlux.io"
        assert response.headers["access-control-allow-credentials"] == "true"

        response = await client.options(
            POLL,
            headers={
                "Origin": "https://dlux.io",
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "content-type,x-mine",
            },
        )
        assert response.status_code == 204
        assert response.headers["access-control-allow-methods"] == "GET, POST"
        assert response.headers["access-control-allow-headers"] == "content-type,x-mine"

        errors = await client.get("/socket.io/?EIO=3", headers={"Origin": "https://dlux.io"})
        assert errors.headers["access-control-allow-origin"] == "https://dlux.io"


@hypothesis_settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    st.lists(st.binary(max_size=200), max_size=5),
    st.sampled_from(["/", "/socket.io/?EIO=4&transport=websocket"]),
)
async def test_noise_disturbs_nobody(noise: list[bytes], path: str) -> None:
    """Whatever one connection sends, another is served, and nothing is left of the first."""
    async with serving(SMALL) as served:
        stream = await raw_client(served, path)
        for each in noise:
            try:
                await stream.send_all(each)
            except trio.BrokenResourceError:
                break
        async with served.websocket("/") as other:
            await other.get_message()
            await other.send_message('{"type":"message"}')
            assert await other.get_message() == '{"type":"message-back"}'
        await stream.aclose()
        with trio.fail_after(5):
            while served.connections:
                await trio.lowlevel.checkpoint()
        assert served.server.snapshot().sessions == 0
