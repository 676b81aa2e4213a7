"""What somebody has been shown of a space's shared entities."""

from __future__ import annotations

from typing import Any

JsonObject = dict[str, Any]


class Scenery:
    """Entities by id, as `entities-updated` shows them.

    A client learns of its own changes by the answer to them. It passes over an answer that is older
    than what it has been shown since.
    """

    def __init__(self) -> None:
        self.entities: dict[str, JsonObject] = {}

    def replace(self, entities: list[JsonObject]) -> None:
        """Take a whole scene."""
        self.entities = {one["entityId"]: one for one in entities}

    def update(self, entity: JsonObject) -> str | None:
        """Take a change; return what is wrong with it, if anything."""
        name = entity["entityId"]
        known = self.entities.get(name)
        if known is not None and entity["time"] < known["time"]:
            return f"{name} as of {entity['time']} after {known['time']}"
        components = {} if known is None else known["components"]
        merged = {**components, **entity["components"]}
        self.entities[name] = {
            **entity,
            "components": {key: value for key, value in merged.items() if value is not None},
        }
        return None

    def answered(self, entity: JsonObject, components: JsonObject) -> None:
        """Take a change of one's own, now that the server has."""
        known = self.entities.get(entity["entityId"])
        if known is None or entity["time"] >= known["time"]:
            self.update({**entity, "components": components})

    def remove(self, entity_id: str) -> None:
        """Forget an entity."""
        self.entities.pop(entity_id, None)

    def told(self) -> dict[str, tuple[str, JsonObject]]:
        """Return owner and components of each, by id."""
        return {
            name: (one["owner"], one["components"]) for name, one in sorted(self.entities.items())
        }
