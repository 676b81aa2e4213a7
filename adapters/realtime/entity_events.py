"""Reads what clients say of shared entities. Pure; see docs/rules/entities.md."""

from __future__ import annotations

from typing import Any, Final

from actors.space.entities import EntityUpdate
from adapters.realtime.json_text import Json
from adapters.realtime.storable import storable
from engine.refusal import BadInput

ID_LENGTH_MAX: Final = 128
TEMPLATE_LENGTH_MAX: Final = 256
COMPONENT_NAME_LENGTH_MAX: Final = 128
TIME_MAX_MS: Final = 2**53
BESIDE_POSE_MAX: Final = 100  # entities in one `aframe-update`


def read_entity(payload: dict[str, Any]) -> EntityUpdate:
    """Return the update that an `entity-update` asks for.

    Raises:
        BadInput: a field is missing or wrong; named as the client spells it.
    """
    facts: dict[str, Any] = {}
    if "template" in payload:
        facts["template"] = _text_or_none(payload, "template", TEMPLATE_LENGTH_MAX)
    if "parent" in payload:
        facts["parent"] = _text_or_none(payload, "parent", ID_LENGTH_MAX)
    for name in ("persistent", "locked"):
        if payload.get(name) is not None:
            facts[name] = _flag(payload, name)
    time_ms = payload.get("time")
    if time_ms is not None and not (_is_whole(time_ms) and 0 <= time_ms <= TIME_MAX_MS):
        raise BadInput("time: expected milliseconds since 1970, a whole number", field="time")
    return EntityUpdate(
        entity_id=entity_id(payload.get("entityId")),
        components=_components(payload.get("components")),
        facts=facts,
        take=payload.get("takeOwnership") is not None and _flag(payload, "takeOwnership"),
        time_ms=time_ms,
    )


def entities_beside_pose(value: Json) -> tuple[EntityUpdate, ...]:
    """Return the shared entities in an `aframe-update`: a list of them, or an object by id.

    What has another shape is the page's own affair, and no fault.
    """
    if value is None:
        return ()
    if isinstance(value, dict):
        many = [{**one, "entityId": name} for name, one in value.items() if isinstance(one, dict)]
    elif isinstance(value, list):
        many = [one for one in value if isinstance(one, dict)]
    else:
        return ()
    updates: dict[str, EntityUpdate] = {}
    for one in many[:BESIDE_POSE_MAX]:
        if isinstance(one.get("components"), dict):
            try:
                update = read_entity(one)
            except BadInput:
                continue
            updates[update.entity_id] = update
    return tuple(updates.values())


def entity_id(value: Json) -> str:
    """Return an entity's id.

    Raises:
        BadInput: it is none.
    """
    if isinstance(value, str) and 0 < len(value) <= ID_LENGTH_MAX and value.isprintable():
        return value
    raise BadInput(
        f"entityId: expected 1 to {ID_LENGTH_MAX} printable characters", field="entityId"
    )


def _components(value: Json) -> dict[str, Any]:
    if value is None:
        return {}
    if isinstance(value, dict) and all(
        0 < len(name) <= COMPONENT_NAME_LENGTH_MAX for name in value
    ):
        kept: dict[str, Any] = storable(value, "components")
        return kept
    raise BadInput(
        "components: expected an object of values by name, each name of at most "
        f"{COMPONENT_NAME_LENGTH_MAX} characters",
        field="components",
    )


def _text_or_none(payload: dict[str, Any], field: str, length_max: int) -> str | None:
    value = payload[field]
    if value is None:
        return None
    if isinstance(value, str) and 0 < len(value) <= length_max and value.isprintable():
        return value
    raise BadInput(
        f"{field}: expected 1 to {length_max} printable characters, or null", field=field
    )


def _flag(payload: dict[str, Any], field: str) -> bool:
    value = payload[field]
    if isinstance(value, bool):
        return value
    raise BadInput(f"{field}: expected true or false", field=field)


def _is_whole(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
