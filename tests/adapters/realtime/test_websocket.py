"""WebSocket frames: what a client may send, whatever way the bytes are cut."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.realtime.websocket import (
    BINARY,
    CONTINUATION,
    PING,
    TEXT,
    Close,
    CloseCode,
    Event,
    FrameParser,
    Ping,
    Pong,
    Violation,
    accept_token,
    close_frame,
    frame,
    unmask,
)

MASK = b"\x37\xfa\x21\x3d"


def client_frame(opcode: int, payload: bytes, *, final: bool = True, mask: bytes = MASK) -> bytes:
    """A frame as a client sends it: masked."""
    plain = bytearray(frame(opcode, payload))
    header_size = len(plain) - len(payload)
    plain[1] |= 0x80
    if not final:
        plain[0] &= 0x7F
    return bytes(plain[:header_size]) + mask + unmask(payload, mask)


def parsed(data: bytes, *, message_bytes_max: int = 1000) -> list[Event]:
    return FrameParser(message_bytes_max=message_bytes_max).feed(data)


def violation(data: bytes, *, message_bytes_max: int = 1000) -> CloseCode:
    last = parsed(data, message_bytes_max=message_bytes_max)[-1]
    assert isinstance(last, Violation)
    return last.code


def test_the_examples_of_the_rfc() -> None:
    """RFC 6455 §1.3 and §5.7 give these bytes."""
    assert accept_token("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
    assert frame(TEXT, b"Hello") == bytes.fromhex("810548656c6c6f")
    assert parsed(bytes.fromhex("818537fa213d7f9f4d5158")) == ["Hello"]
    assert parsed(bytes.fromhex("898537fa213d7f9f4d5158")) == [Ping(b"Hello")]
    assert frame(BINARY, bytes(256))[:4] == bytes.fromhex("827e0100")
    assert frame(BINARY, bytes(65536))[:10] == bytes.fromhex("827f0000000000010000")


@pytest.mark.parametrize(
    "key", ["", "short", "dGhlIHNhbXBsZQ==", "dGhlIHNhbXBsZSBub25jZQ", "ä" * 24]
)
def test_a_key_that_is_not_sixteen_bytes_is_refused(key: str) -> None:
    """Anything else is no WebSocket client."""
    assert accept_token(key) is None


messages = st.one_of(st.text(max_size=200), st.binary(max_size=200))


@given(
    st.lists(messages, max_size=8), st.lists(st.integers(1, 60)), st.binary(min_size=4, max_size=4)
)
def test_messages_arrive_however_the_bytes_are_cut(
    sent: list[str | bytes], cuts: list[int], mask: bytes
) -> None:
    """TCP keeps the order of bytes and nothing else."""
    data = b"".join(
        client_frame(TEXT, each.encode(), mask=mask)
        if isinstance(each, str)
        else client_frame(BINARY, each, mask=mask)
        for each in sent
    )
    parser = FrameParser(message_bytes_max=1000)
    received: list[Event] = []
    for cut in cuts:
        received += parser.feed(data[:cut])
        data = data[cut:]
    received += parser.feed(data)

    assert received == sent


@given(st.text(min_size=1, max_size=50), st.integers(1, 10))
def test_a_fragmented_message_is_joined_and_control_frames_pass_between(
    text: str, size: int
) -> None:
    """Fragments may cut a character in two; a ping may come between any two of them."""
    whole = text.encode()
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    data = b"".join(
        client_frame(TEXT if at == 0 else CONTINUATION, piece, final=at == len(pieces) - 1)
        + client_frame(PING, b"?")
        for at, piece in enumerate(pieces)
    )
    events = parsed(data)

    assert [each for each in events if not isinstance(each, Ping)] == [text]
    assert events.count(Ping(b"?")) == len(pieces)


@given(st.binary(max_size=300))
def test_no_bytes_make_the_parser_raise(data: bytes) -> None:
    """Whatever comes is an event, a violation, or not finished."""
    parsed(data)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (frame(TEXT, b"hi"), 1002),  # not masked
        (bytes([0xC1, 0x80]) + MASK, 1002),  # reserved bit
        (client_frame(3, b""), 1002),
        (client_frame(11, b""), 1002),
        (client_frame(PING, b"x", final=False), 1002),
        (client_frame(PING, bytes(126)), 1002),
        (client_frame(CONTINUATION, b"x"), 1002),
        (client_frame(TEXT, b"x", final=False) + client_frame(TEXT, b"y"), 1002),
        (client_frame(TEXT, b"\xff"), 1007),
        (client_frame(TEXT, bytes(1001)), 1009),
        (
            client_frame(TEXT, bytes(600), final=False) + client_frame(CONTINUATION, bytes(401)),
            1009,
        ),
        (client_frame(8, b"x"), 1002),
        (client_frame(8, struct.pack("!H", 1005)), 1002),
        (client_frame(8, struct.pack("!H", 999)), 1002),
        (client_frame(8, struct.pack("!H", 1000) + b"\xff"), 1007),
    ],
)
def test_what_breaks_the_protocol_is_named(data: bytes, code: int) -> None:
    """The close code tells the client's author what to mend."""
    assert violation(data) == code


def test_an_oversized_frame_is_refused_by_its_header() -> None:
    """Waiting for the payload would hold what is forbidden in memory."""
    assert violation(client_frame(BINARY, bytes(70_000))[:14]) == 1009


def test_what_came_before_a_violation_counts_and_nothing_after_it() -> None:
    """An honest message is not lost because the next one is broken."""
    parser = FrameParser(message_bytes_max=10)
    events = parser.feed(
        client_frame(TEXT, b"hi") + frame(TEXT, b"bare") + client_frame(TEXT, b"x")
    )

    assert events[0] == "hi"
    assert isinstance(events[1], Violation)
    assert len(events) == 2
    assert parser.feed(client_frame(TEXT, b"x")) == []


def test_close_frames_carry_code_and_reason() -> None:
    """Our own can be read back; an empty one means «no code»."""
    plain = close_frame(CloseCode.TOO_SLOW, "é" * 100)
    assert len(plain) <= 127
    assert parsed(client_frame(8, plain[2:])) == [Close(4008, "é" * 61)]
    assert parsed(client_frame(8, b"")) == [Close(1005, "")]
    assert parsed(client_frame(10, b"ok")) == [Pong(b"ok")]
