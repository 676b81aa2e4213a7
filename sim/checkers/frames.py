"""What binary frames say: where people really went, of those who are really there."""

from __future__ import annotations

from typing import Any

from actors.clients import Emit
from actors.space import pose_frame
from actors.space.actor import Space
from actors.space.messages import Enter, Reenter
from actors.space.poses_table import millimetres
from engine.actor import Address
from engine.cell import Cell
from sim.checkers.base import Checker, Checks

Place = tuple[int, ...]


class FramesAreTrue(Checker):
    """Reads every frame and compares it with what the clients have sent."""

    name = "frames_are_true"
    sentence = "A frame shows only people who are there, each where they said they were."

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._said: dict[tuple[Address, str, int], set[Place]] = {}

    def space_told(self, cell: Cell, message: Any) -> None:
        if isinstance(message, Enter | Reenter):
            self._says(cell, message.socket_id, message.life, message.position)

    def space_put(self, cell: Cell, key: Any, value: Any) -> None:
        life, update = value
        self._says(cell, key, life, update.get("position"))

    def _says(self, cell: Cell, socket_id: str, life: int, position: Any) -> None:
        if position is not None:
            place = tuple([millimetres(position[axis]) for axis in "xyz"])
            self._said.setdefault((cell.address, socket_id, life), set()).add(place)

    def space_emitted(self, cell: Cell, emit: Emit) -> None:
        if emit.event != "poses":
            return
        assert isinstance(cell.actor, Space)
        roster = cell.actor.state.roster
        bodies = {body.pose_index: body for body in roster.bodies.values()}
        for index, (place, _rotation) in pose_frame.decode(emit.payload).poses.items():
            self.checked += 1
            body = bodies.get(index)
            if body is None:
                self.fail(f"a frame shows {index}, and nobody has this index", cell.address)
            elif place not in self._said.get((cell.address, body.socket_id, body.life), ()):
                self.fail(
                    f"a frame shows {body.socket_id} at {place}, no place it sent", cell.address
                )
