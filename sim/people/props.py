"""What people do with things: bring their own, move them, take others', put them away."""

from __future__ import annotations

import json
from typing import Any

from actors.limits import RateLimited
from engine.clock import SECOND_US
from engine.entropy import Chance
from sim.people.scenery import Scenery

EVERY_US = SECOND_US // 2
TAKES, REMOVES = 0.25, 0.1
PREFIX = "prop "


class Props:
    """Decides what to do with which entity next, and learns from the answers.

    Every other prop is persistent. `changes` counts what was taken by the server, `refusals` what
    was not.
    """

    def __init__(self, owner: str, count: int) -> None:
        self.mine = [f"{owner}-{number}" for number in range(1, count + 1)]
        self.changes = 0
        self.refusals: list[str] = []
        self._number = 0

    def next(self, scenery: Scenery, stream: Chance) -> tuple[str, dict[str, Any], str]:
        """Return an event, its payload and what its answer is to be known by."""
        self._number += 1
        others = [name for name in sorted(scenery.entities) if name not in self.mine]
        takes = bool(others) and stream.happens(TAKES)
        name = stream.choice(others if takes else self.mine)
        if not takes and name in scenery.entities and stream.happens(REMOVES):
            return "entity-remove", {"entityId": name}, f"{PREFIX}{json.dumps([name, None])}"
        components: dict[str, Any] = {f"c{stream.below(3)}": self._number}
        payload: dict[str, Any] = {"entityId": name, "components": components}
        if takes or name not in scenery.entities:
            payload["takeOwnership"] = True
        if not takes:
            payload["persistent"] = self.mine.index(name) % 2 == 0
        return "entity-update", payload, f"{PREFIX}{json.dumps([name, components])}"

    def answered(self, what: str, answer: dict[str, Any], scenery: Scenery) -> bool:
        """Take an answer in; return False when the scene has to be shown anew."""
        name, components = json.loads(what.removeprefix(PREFIX))
        if answer.get("success"):
            self.changes += 1
            if components is None:
                scenery.remove(name)
            else:
                scenery.answered(answer["entity"], components)
            return True
        code = str(answer.get("code"))
        self.refusals.append(code)
        return code in ("not_owner", "no_such_entity", "not_in_space", RateLimited.code)
