"""Request heads, read from streams that may be slow, broken or hostile."""

from __future__ import annotations

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from adapters.realtime.head import HeadError, RequestHead, parse_head, read_request_head

HEAD = (
    b"GET /socket.io/a%20b?EIO=4&x=%2F HTTP/1.1\r\n"
    b"Host: here\r\nUpgrade:  WebSocket \r\nCookie: a=1\r\nCookie: b=2\r\nEmpty:\r\n\r\n"
)


async def read(
    *pieces: bytes, close: bool = False, max_bytes: int = 1000, timeout_s: float = 10
) -> RequestHead | None:
    ours, theirs = trio.testing.memory_stream_pair()
    for piece in pieces:
        await theirs.send_all(piece)
    if close:
        await theirs.send_eof()
    return await read_request_head(ours, max_bytes=max_bytes, timeout_s=timeout_s)


async def test_a_head_is_read_and_what_follows_is_kept() -> None:
    """A client may send its first frames right behind the head."""
    head = await read(HEAD + b"\x81\x80more")

    assert head is not None
    assert (head.method, head.path, head.http_version) == ("GET", "/socket.io/a b", "1.1")
    assert head.query == {"EIO": "4", "x": "/"}
    assert head.fields == {
        "host": "here",
        "upgrade": "WebSocket",
        "cookie": "a=1, b=2",
        "empty": "",
    }
    assert head.is_websocket_upgrade
    assert head.leftover == b"\x81\x80more"
    assert head.raw == HEAD + b"\x81\x80more"


@given(st.integers(1, len(HEAD) - 1))
def test_a_head_may_come_in_pieces(cut: int) -> None:
    """Even cut inside the blank line that ends it."""

    async def main() -> None:
        head = await read(HEAD[:cut], HEAD[cut:])
        assert head is not None
        assert head.raw == HEAD

    trio.run(main)


async def test_a_peer_that_says_nothing_and_leaves_is_no_error() -> None:
    """Load balancers open connections to see whether anybody is there."""
    assert await read(close=True) is None


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\nHost: here\r\n\r\n",
        b"get / HTTP/1.1\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/11\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\n: no name\r\n\r\n",
        b"GET / HTTP/1.1\r\nName : value\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\0\r\n\r\n",
        b"GET / HTTP/1.1\r\nA: b\nB: c\r\n\r\n",
        b"\x16\x03\x01 TLS? \r\n\r\n",
        b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n",
    ],
)
async def test_a_malformed_head_is_refused(head: bytes) -> None:
    """What two servers could read differently is read by neither."""
    with pytest.raises(HeadError) as caught:
        await read(head)
    assert caught.value.status == 400


async def test_a_head_that_is_cut_off_is_refused() -> None:
    """The rest will never come."""
    with pytest.raises(HeadError) as caught:
        await read(HEAD[:20], close=True)
    assert caught.value.status == 400


@pytest.mark.parametrize("padding", [b"x" * 2000, b"x" * 2000 + b"\r\n\r\n"])
async def test_a_head_that_is_too_long_is_refused(padding: bytes) -> None:
    """Whether or not its end is in sight."""
    with pytest.raises(HeadError) as caught:
        await read(b"GET / HTTP/1.1\r\nA: " + padding)
    assert caught.value.status == 431
    assert caught.value.response().startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert caught.value.response().endswith(
        b'{"error":"A request head may have 1000 bytes.","code":"request_head_too_large"}'
    )


async def test_a_head_that_drips_is_dropped_in_time(autojump_clock: trio.testing.MockClock) -> None:
    """Each byte on its own is fast enough; all of them together are not."""
    ours, theirs = trio.testing.memory_stream_pair()
    start_s = trio.current_time()

    async def drip() -> None:
        for at in range(len(HEAD)):
            await theirs.send_all(HEAD[at : at + 1])
            await trio.sleep(1)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(drip)
        with pytest.raises(HeadError) as caught:
            await read_request_head(ours, timeout_s=10)
        nursery.cancel_scope.cancel()
    assert caught.value.status == 408
    assert trio.current_time() - start_s == pytest.approx(10)


def test_a_query_with_very_many_fields_is_refused() -> None:
    """Nobody has that many, and each costs memory."""
    head = parse_head(b"GET /?" + b"a&" * 100 + b" HTTP/1.1", len(b"GET /?" + b"a&" * 100) + 9)
    with pytest.raises(ValueError, match="fields"):
        _ = head.query
