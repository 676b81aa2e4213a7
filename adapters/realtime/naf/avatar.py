"""Where a Networked-A-Frame page's visitor stands, read from what it syncs. Pure.

So that people on other clients see and hear them in the right place.
"""

from __future__ import annotations

import re

from actors.session.messages import JsonObject, MoveTo
from adapters.realtime.events import to_message
from adapters.realtime.json_text import Json
from engine.refusal import BadInput

_AVATAR = re.compile(r"avatar|player|camera|rig|head")
_UPDATES = {"u", "um"}


def avatar_pose(naf_id: str, type_: str, data: Json) -> JsonObject | None:
    """Return the new position and rotation of a page's own avatar; None when nothing says so.

    Its avatar is the entity that it made and owns, that stands in the scene itself, and whose
    template is called after an avatar, player, camera, rig or head. The first two components of a
    template are position and rotation unless its author says otherwise.
    """
    if type_ not in _UPDATES or not isinstance(data, dict):
        return None
    entities = data.get("d") if type_ == "um" else [data]
    for entity in entities if isinstance(entities, list) else ():
        if isinstance(entity, dict) and _is_avatar(entity, naf_id):
            components = entity["components"]
            parts = {"position": components.get("0"), "rotation": components.get("1")}
            pose = {key: part for key, part in parts.items() if _is_vector(part)}
            return _checked(pose) if pose else None
    return None


def _is_avatar(entity: JsonObject, naf_id: str) -> bool:
    template = entity.get("template")
    return (
        entity.get("creator") == naf_id
        and entity.get("owner") == naf_id
        and entity.get("parent") is None
        and isinstance(template, str)
        and _AVATAR.search(template.lower()) is not None
        and isinstance(entity.get("components"), dict)
    )


def _is_vector(part: Json) -> bool:
    return isinstance(part, dict) and part.keys() == {"x", "y", "z"}


def _checked(pose: JsonObject) -> JsonObject | None:
    try:
        moved = to_message("aframe-update", [pose], None)
    except BadInput:
        return None  # The entity is the page's own affair; the body stays where it is.
    assert isinstance(moved, MoveTo)
    return moved.update
