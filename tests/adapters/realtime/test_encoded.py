"""One event, two protocols."""

from __future__ import annotations

import pytest

from adapters.realtime.encoded import Encoded
from adapters.realtime.json_text import Json


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (({"a": 1},), '{"a":1,"type":"moved"}'),
        (({"type": "mine", "a": 1},), '{"type":"moved","a":1}'),
        (([1],), '{"type":"moved","data":[1]}'),
        ((1, 2), '{"type":"moved","args":[1,2]}'),
        ((), '{"type":"moved"}'),
        (({"raw": b"\1"},), '{"raw":"AQ==","type":"moved"}'),
    ],
)
def test_json_rooms_get_the_payload_with_its_type(args: tuple[Json, ...], text: str) -> None:
    """Such pages dispatch on `type`, so the event's name always wins that field."""
    assert Encoded("moved", args).for_json_room().messages == (text,)


def test_receivers_of_one_namespace_share_the_bytes() -> None:
    """Encoding a broadcast costs the same for one receiver and for a thousand."""
    encoded = Encoded("moved", ({"a": 1},))

    assert encoded.for_namespace("/") is encoded.for_namespace("/")
    assert encoded.for_json_room() is encoded.for_json_room()
    assert encoded.for_namespace("/x").messages == ('42/x,["moved",{"a":1}]',)


def test_what_has_no_json_form_is_refused() -> None:
    """The caller's bug shows where it emits, not at some client."""
    with pytest.raises(TypeError, match="not JSON serializable: object"):
        Encoded("moved", (object(),)).for_namespace("/")
