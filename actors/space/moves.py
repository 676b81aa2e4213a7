"""Updates on their way into the table: merged, and turned into arrays all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from actors.space.poses_table import PosesTable, millimetres, turns
from actors.space.roster import Body

JsonObject = dict[str, Any]
Update = tuple[int, JsonObject]
"""What the space's conflated lane holds of a socket: the life of the body it is for, and the event
as the client sent it."""

_POSE_KEYS = frozenset({"position", "rotation", "voice_enabled"})
AXES = frozenset({"x", "y", "z"})
_NOWHERE = (0.0, 0.0, 0.0)


def merge_updates(old: Update, new: Update) -> Update:
    """Return what is published of two updates between two publications: the rule of the lane.

    A part that the newer one leaves out, or has null for, keeps its value, unless the older was for
    another body.
    """
    if old[0] != new[0]:
        return new
    said = {
        key: value for key, value in new[1].items() if value is not None or key not in _POSE_KEYS
    }
    return new[0], {**old[1], **said}


@dataclass(slots=True)
class Moves:
    """Some bodies and their newest updates.

    Attributes:
        bodies, updates: who moves, and what they sent; no body twice.
        at: the bodies' rows (n,).
    """

    bodies: list[Body]
    updates: list[JsonObject]
    at: NDArray[np.intp]

    @classmethod
    def of(cls, bodies: list[Body], updates: list[JsonObject]) -> Moves:
        """Return the moves of these bodies."""
        at = np.fromiter((body.pose_index for body in bodies), np.intp, len(bodies))
        return cls(bodies, updates, at)

    def only(self, which: NDArray[np.bool_]) -> Moves:
        """Return those moves (n,)."""
        if which.all():
            return self
        chosen = np.flatnonzero(which)
        bodies, updates = self.bodies, self.updates
        some = chosen.tolist()
        return Moves([bodies[k] for k in some], [updates[k] for k in some], self.at[chosen])

    def places(
        self, table: PosesTable
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Return where each goes (n, 3), how it is then turned (n, 3), and whether that is a place.

        What an update does not say stays as it is.
        """
        metres: list[float] = []
        degrees: list[float] = []
        halves: list[tuple[int, bool, bool]] = []
        for k, update in enumerate(self.updates):
            position, rotation = update.get("position"), update.get("rotation")
            if position is not None and rotation is not None:
                metres += (position["x"], position["y"], position["z"])
                degrees += (rotation["x"], rotation["y"], rotation["z"])
                continue
            halves.append((k, position is None, rotation is None))
            metres += _parts(position)
            degrees += _parts(rotation)
        wanted_mm = millimetres(np.array(metres, np.float64).reshape(-1, 3))
        turned = turns(np.array(degrees, np.float64).reshape(-1, 3))
        placed = np.ones(len(self.bodies), np.bool_)
        for k, no_position, no_rotation in halves:
            row = table.rows[self.at[k]]
            if no_position:
                wanted_mm[k] = row["position_mm"]
                placed[k] = row["placed"]
            if no_rotation:
                turned[k] = row["rotation"]
        return wanted_mm, turned, placed


def _parts(vector: JsonObject | None) -> tuple[float, float, float]:
    return _NOWHERE if vector is None else (vector["x"], vector["y"], vector["z"])


def settle(body: Body, update: JsonObject, arrivals: int) -> bool:
    """Make an update the body's state; return whether a frame says all that is new in it.

    Args:
        body: who moved.
        update: what they sent.
        arrivals: how many have come in so far; later ones have not heard what the update holds.
    """
    fits = True
    if body.extras or not update.keys() <= _POSE_KEYS:
        extras = {key: value for key, value in update.items() if key not in _POSE_KEYS}
        fits = extras == body.extras and (not extras or body.extras_for >= arrivals)
        body.extras, body.extras_for = extras, arrivals
    position = update.get("position")
    if position is not None:
        body.position = position
    elif body.position is None:
        fits = False
    rotation = update.get("rotation")
    if rotation is not None:
        body.rotation = rotation
        if len(rotation) != len(AXES) or rotation.keys() != AXES:
            fits = False
    voice_enabled = update.get("voice_enabled")
    if voice_enabled is not None and voice_enabled != body.voice_enabled:
        body.voice_enabled = voice_enabled
        fits = False
    return fits
