"""Engine.IO payloads and the two forms of what goes out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.realtime import engineio
from adapters.realtime.engineio import BadPacket, split_payload
from adapters.realtime.outgoing import Outgoing


def test_a_payload_is_packets_between_separators() -> None:
    """The protocol's own example, with text and binary."""
    assert split_payload(b"4hello\x1ebAQIDBA==\x1e3") == ["4hello", b"\1\2\3\4", "3"]


@pytest.mark.parametrize(
    "payload",
    [b"", b"abc", b"4a\x1e", b"\x1e4a", b"7", b"bAQI", b"b***", b"4\xff", b"4a\x1e" * 5000 + b"4a"],
)
def test_a_malformed_payload_is_refused(payload: bytes) -> None:
    """One bad packet condemns the payload: what it meant cannot be known."""
    with pytest.raises(BadPacket):
        split_payload(payload)


texts = st.text(max_size=20).filter(lambda text: "\x1e" not in text)


@given(st.lists(st.one_of(texts, st.binary(max_size=20)), min_size=1, max_size=5))
def test_what_goes_out_by_polling_can_be_read_back(messages: list[str | bytes]) -> None:
    """Payloads look the same in both directions."""
    outgoing = [
        Outgoing(each.encode()) if isinstance(each, str) else Outgoing(None, (each,))
        for each in messages
    ]
    payload = engineio.SEPARATOR.join(each.payload for each in outgoing)

    assert split_payload(payload) == [
        "4" + each if isinstance(each, str) else each for each in messages
    ]


def test_the_handshake_counts_milliseconds() -> None:
    """The stock client arms its own timeout with these figures."""
    packet = engineio.open_packet(
        "abc",
        upgrades=("websocket",),
        ping_interval_s=25,
        ping_timeout_s=20,
        payload_bytes_max=10**6,
    )
    assert packet == (
        b'0{"sid":"abc","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,'
        b'"maxPayload":1000000}'
    )


def test_each_form_is_made_once() -> None:
    """A thousand receivers share the same bytes object."""
    outgoing = Outgoing(b'2["x"]', (b"\1",))

    assert outgoing.frames == b'\x81\x072["x"]'.replace(b"\x072", b"\x0742") + b"\x82\x01\x01"
    assert outgoing.frames is outgoing.frames
    assert outgoing.payload == b'42["x"]\x1ebAQ=='
    assert outgoing.payload is outgoing.payload
    assert outgoing.messages == ('42["x"]', b"\1")


def test_errors_have_the_words_of_the_reference_server() -> None:
    """Clients show them, and the public suites compare their codes."""
    assert [
        each.body()
        for each in (
            engineio.TRANSPORT_UNKNOWN,
            engineio.SESSION_UNKNOWN,
            engineio.BAD_HANDSHAKE_METHOD,
            engineio.BAD_REQUEST,
            engineio.FORBIDDEN,
            engineio.UNSUPPORTED_VERSION,
        )
    ] == [
        b'{"code":0,"message":"Transport unknown"}',
        b'{"code":1,"message":"Session ID unknown"}',
        b'{"code":2,"message":"Bad handshake method"}',
        b'{"code":3,"message":"Bad request"}',
        b'{"code":4,"message":"Forbidden"}',
        b'{"code":5,"message":"Unsupported protocol version"}',
    ]
