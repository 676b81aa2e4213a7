"""Several events in one write say exactly what they say one by one."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.realtime.encoded import Encoded
from adapters.realtime.encoded_many import EncodedMany
from adapters.realtime.engineio import SEPARATOR

values = st.dictionaries(
    st.text(max_size=5), st.integers(0, 99) | st.binary(max_size=5), max_size=3
)


def encoded(payloads: list[dict[str, Any]]) -> list[Encoded]:
    return [Encoded("event", (payload,)) for payload in payloads]


@given(st.lists(values, min_size=1, max_size=5), st.data())
def test_every_form_is_that_of_the_events_one_by_one(
    payloads: list[dict[str, Any]], data: st.DataObject
) -> None:
    """WebSocket frames, polling packets and messages; and all but one, for whom one is left out."""
    number = data.draw(st.integers(0, len(payloads) - 1))
    for many, alone in (
        (EncodedMany(encoded(payloads)), encoded(payloads)),
        (
            EncodedMany(encoded(payloads)).without(number),
            encoded(payloads[:number] + payloads[number + 1 :]),
        ),
    ):
        for together, apart in (
            (many.for_namespace("/x"), [one.for_namespace("/x") for one in alone]),
            (many.for_json_room(), [one.for_json_room() for one in alone]),
        ):
            assert together.frames == b"".join(one.frames for one in apart)
            assert together.payload == SEPARATOR.join(one.payload for one in apart)
            assert together.messages == tuple(text for one in apart for text in one.messages)
