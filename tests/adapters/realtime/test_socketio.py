"""Socket.IO packets: the protocol's examples, round trips, and what is refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.realtime import socketio
from adapters.realtime.encoded import Encoded
from adapters.realtime.json_text import Json
from adapters.realtime.outgoing import Outgoing
from adapters.realtime.socketio import BadPacket, Kind, Packet, PacketParser, TooBig


def parse(*messages: str | bytes, bytes_max: int = 1000) -> Packet:
    parser = PacketParser(bytes_max=bytes_max)
    for message in messages[:-1]:
        assert parser.feed(message) is None
    packet = parser.feed(messages[-1])
    assert packet is not None
    return packet


def wire(outgoing: Outgoing) -> list[str | bytes]:
    """The messages without Engine.IO's type digit."""
    first, *attachments = outgoing.messages
    assert isinstance(first, str)
    return [first[1:], *attachments]


PLACEHOLDER_0 = '{"_placeholder":true,"num":0}'
PLACEHOLDER_1 = '{"_placeholder":true,"num":1}'


@pytest.mark.parametrize(
    ("messages", "packet"),
    [
        (["0"], Packet(Kind.CONNECT, "/", None, {})),
        (['0{"token":"123"}'], Packet(Kind.CONNECT, "/", None, {"token": "123"})),
        (["0/admin,"], Packet(Kind.CONNECT, "/admin", None, {})),
        (["0/admin"], Packet(Kind.CONNECT, "/admin", None, {})),
        (['0/admin,{"a":1}'], Packet(Kind.CONNECT, "/admin", None, {"a": 1})),
        (["1"], Packet(Kind.DISCONNECT, "/", None, None)),
        (["1/admin,"], Packet(Kind.DISCONNECT, "/admin", None, None)),
        (['2["foo"]'], Packet(Kind.EVENT, "/", None, ["foo"])),
        (['2/admin,["bar"]'], Packet(Kind.EVENT, "/admin", None, ["bar"])),
        (['212["foo"]'], Packet(Kind.EVENT, "/", 12, ["foo"])),
        (['2/admin,13["foo"]'], Packet(Kind.EVENT, "/admin", 13, ["foo"])),
        (["312[]"], Packet(Kind.ACK, "/", 12, [])),
        (['3/admin,13["bar"]'], Packet(Kind.ACK, "/admin", 13, ["bar"])),
        ([f'51-["baz",{PLACEHOLDER_0}]', b"\1"], Packet(Kind.EVENT, "/", None, ["baz", b"\1"])),
        (
            [f'52-/admin,["baz",{PLACEHOLDER_1},[{PLACEHOLDER_0}]]', b"\1", b"\2"],
            Packet(Kind.EVENT, "/admin", None, ["baz", b"\2", [b"\1"]]),
        ),
        (
            [f'51-14["foo",{{"a":{PLACEHOLDER_0}}}]', b"x"],
            Packet(Kind.EVENT, "/", 14, ["foo", {"a": b"x"}]),
        ),
        ([f"61-15[{PLACEHOLDER_0}]", b"x"], Packet(Kind.ACK, "/", 15, [b"x"])),
        (['50-["foo"]'], Packet(Kind.EVENT, "/", None, ["foo"])),
    ],
)
def test_the_packets_of_the_protocol_are_read(messages: list[str | bytes], packet: Packet) -> None:
    """These are the examples of the protocol's own page."""
    assert parse(*messages) == packet


@pytest.mark.parametrize(
    ("outgoing", "messages"),
    [
        (socketio.connected("/", "wZX3oN0b"), ['0{"sid":"wZX3oN0b"}']),
        (socketio.connected("/admin", "oSO0OpakMV"), ['0/admin,{"sid":"oSO0OpakMV"}']),
        (
            socketio.connect_error("/random", "Invalid namespace"),
            ['4/random,{"message":"Invalid namespace"}'],
        ),
        (
            socketio.connect_error("/", "No", {"code": "no"}),
            ['4{"message":"No","data":{"code":"no"}}'],
        ),
        (socketio.disconnected("/"), ["1"]),
        (socketio.disconnected("/admin"), ["1/admin,"]),
        (Encoded("foo", ()).for_namespace("/"), ['2["foo"]']),
        (Encoded("bar", (1, None)).for_namespace("/admin"), ['2/admin,["bar",1,null]']),
        (Encoded("foo", ()).asking("/", 15), ['215["foo"]']),
        (socketio.acknowledgement("/", 12, []), ["312[]"]),
        (socketio.acknowledgement("/admin", 13, ["bar"]), ['3/admin,13["bar"]']),
        (
            Encoded("baz", (b"\1\2", {"deep": [b"\3"]})).for_namespace("/admin"),
            [f'52-/admin,["baz",{PLACEHOLDER_0},{{"deep":[{PLACEHOLDER_1}]}}]', b"\1\2", b"\3"],
        ),
        (
            socketio.acknowledgement("/", 15, ["bar", b"\1"]),
            [f'61-15["bar",{PLACEHOLDER_0}]', b"\1"],
        ),
    ],
)
def test_the_packets_of_the_protocol_are_written(
    outgoing: Outgoing, messages: list[str | bytes]
) -> None:
    """Byte for byte as the reference server writes them."""
    assert wire(outgoing) == messages


@pytest.mark.parametrize(
    "message",
    [
        "",
        "abc",
        "9",
        "4{}",  # Only a server refuses connections.
        "2",
        "2{}",
        "2[]",
        "2[1]",
        "2[null]",
        '2["connect"]',
        '2["disconnecting"]',
        '2abc["x"]',
        '21a["x"]',
        "2[NaN]",
        '2["x",1e999]',
        '2["x"',
        '2["\\ud800"]',
        "0[]",
        "0null",
        '012{"a":1}',
        "1{}",
        "3[]",
        "31{}",
        "31",
        '5["x"]',
        '5-["x"]',
        '5x-["x"]',
        '5-1-["x"]',
        "2/" + "n" * 600 + ',["x"]',
        '29999999999999999["x"]',
        '2["x",' + "[" * 300 + "]" * 300 + "]",
        '599-["x"]',
        b"\1",
    ],
)
def test_what_is_no_packet_is_refused(message: str | bytes) -> None:
    """A malformed packet closes the connection, so it must never be half understood."""
    with pytest.raises(BadPacket):
        parse(message)


@pytest.mark.parametrize(
    "messages",
    [
        [f'51-["x",{PLACEHOLDER_0}]', '2["y"]'],
        [f'51-["x",{PLACEHOLDER_1}]', b"\1"],
        ['51-["x",{"_placeholder":true,"num":"0"}]', b"\1"],
        ['51-["x",{"_placeholder":true,"num":true}]', b"\1"],
        ['51-["x",{"_placeholder":true}]', b"\1"],
    ],
)
def test_attachments_must_fit_their_packet(messages: list[str | bytes]) -> None:
    """A placeholder names an attachment, and attachments follow at once."""
    with pytest.raises(BadPacket):
        parse(*messages)


def test_attachments_count_towards_the_size_of_their_packet() -> None:
    """Or one packet could hold sixty-four times what a message may."""
    with pytest.raises(TooBig):
        parse(f'52-["x",{PLACEHOLDER_0},{PLACEHOLDER_1}]', bytes(60), bytes(60), bytes_max=100)


leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53), 2**53),
    st.text(max_size=5),
    st.binary(max_size=5),
)
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.text(max_size=3).filter(lambda key: key != "_placeholder"), inner, max_size=3
        ),
    ),
    max_leaves=12,
)


@given(
    st.text(min_size=1, max_size=9).filter(lambda name: name not in socketio._RESERVED_EVENTS),
    st.lists(values, max_size=3),
    st.sampled_from(["/", "/custom", "/a/b-c"]),
    st.one_of(st.none(), st.integers(0, 10**9)),
)
def test_what_is_written_can_be_read(
    name: str, args: list[Json], namespace: str, ack: int | None
) -> None:
    """Events look the same in both directions, so the codec must agree with itself."""
    packet = parse(*wire(Encoded(name, tuple(args)).asking(namespace, ack)), bytes_max=10_000)

    assert packet == Packet(Kind.EVENT, namespace, ack, [name, *args])


@given(st.text(max_size=30))
def test_no_text_makes_the_parser_fail_otherwise(text: str) -> None:
    """Anything but a packet is a `BadPacket`, never another error."""
    with contextlib.suppress(BadPacket):
        PacketParser(bytes_max=1000).feed(text)
