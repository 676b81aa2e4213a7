"""What clients say of shared entities, read or refused with the field at fault."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.session.messages import DropEntity, MoveTo, ShareEntity
from actors.space.entities import EntityUpdate
from adapters.realtime.events import to_message
from engine.refusal import BadInput

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
FIELDS = [
    "entityId", "components", "template", "parent", "persistent", "locked", "takeOwnership", "time",
]  # fmt: skip


def test_an_update_is_read_field_by_field() -> None:
    """Facts that are not named stay as they are; null is a value."""
    payload = {
        "entityId": "lamp",
        "components": {"position": {"x": 1}, "light": None},
        "template": "#lamp",
        "parent": None,
        "persistent": True,
        "takeOwnership": True,
        "time": 5,
    }
    message = to_message("entity-update", [payload], 7)

    assert message == ShareEntity(
        update=EntityUpdate(
            entity_id="lamp",
            components={"position": {"x": 1}, "light": None},
            facts={"template": "#lamp", "parent": None, "persistent": True},
            take=True,
            time_ms=5,
        ),
        ack=7,
    )
    assert to_message("entity-remove", [{"entityId": "lamp"}], None) == DropEntity(entity_id="lamp")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("entityId", None),
        ("entityId", ""),
        ("entityId", "x" * 129),
        ("entityId", "a\nb"),
        ("components", []),
        ("components", {"": 1}),
        ("components", {"a": "\0"}),
        ("components", {"a": b"binary"}),
        ("components", {"a": "x" * 17_000}),
        ("template", 5),
        ("parent", ""),
        ("persistent", 1),
        ("locked", "yes"),
        ("takeOwnership", "yes"),
        ("time", 1.5),
        ("time", -1),
        ("time", True),
    ],
)
def test_a_wrong_field_is_named(field: str, value: Any) -> None:
    """Bad input changes nothing and says what was expected."""
    with pytest.raises(BadInput) as caught:
        to_message("entity-update", [{"entityId": "lamp", field: value}], None)

    assert caught.value.field == field


@given(st.dictionaries(st.sampled_from(FIELDS), json_values))
def test_any_object_is_read_or_refused_by_field(payload: dict[str, Any]) -> None:
    """Nothing else comes out, whatever goes in."""
    for event in ("entity-update", "entity-remove"):
        fault = _fault(event, payload)
        assert fault is None or fault in FIELDS


def _fault(event: str, payload: dict[str, Any]) -> str | None:
    try:
        to_message(event, [payload], None)
    except BadInput as refusal:
        return refusal.field
    return None


@given(json_values)
def test_entities_of_any_other_shape_beside_a_pose_are_the_pages_own(value: Any) -> None:
    """WIRE 2.1 says nothing of their shape: what does not fit is passed on, never refused."""
    message = to_message("aframe-update", [{"entities": value}], None)

    assert isinstance(message, MoveTo)
    assert message.update == {"entities": value}


def test_entities_beside_a_pose_come_as_a_list_or_by_id() -> None:
    """Those that fit are taken, the newest of each id."""
    lamp = EntityUpdate(entity_id="lamp", components={"a": 1})
    listed = [{"entityId": "lamp", "components": {"a": n}} for n in (0, 1)]
    by_id = {"lamp": {"components": {"a": 1}}, "odd": 5, "bare": {}, "": {"components": {}}}
    for entities in ([*listed, {"components": {}}, 7], by_id):
        message = to_message("aframe-update", [{"entities": entities}], None)
        assert isinstance(message, MoveTo)
        assert message.entities == (lamp,)
