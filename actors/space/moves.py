"""Updates on their way into the table: merged, checked and carried out."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from actors.space.poses_table import PosesTable, millimetres, turns
from actors.space.roster import LEAP_MM_MAX, Body

JsonObject = dict[str, Any]
Update = tuple[int, JsonObject]
"""What the space's conflated lane holds of a socket: the life of the body it is for, and the event
as the client sent it."""

_POSE_KEYS: Final = frozenset({"position", "rotation", "voice_enabled"})
AXES: Final = frozenset({"x", "y", "z"})
MM_PER_US: Final = 1
"""A body gets 1 km/s back towards its next leap."""


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


class Step(Enum):
    """What has become of somebody's pose: refused, still nowhere, turned at most, or elsewhere."""

    IMPOSSIBLE = 0
    NOWHERE = 1
    STANDS = 2
    WALKS = 3


# Looked up once: an Enum is slow at it.
IMPOSSIBLE: Final = Step.IMPOSSIBLE
NOWHERE: Final = Step.NOWHERE
STANDS: Final = Step.STANDS
WALKS: Final = Step.WALKS


def carry_out(body: Body, update: JsonObject, table: PosesTable, *, now_us: int, tick: int) -> Step:
    """Set the pose that an update says in its body's row, if the body can get there.

    What an update does not say stays as it is. A body that stands somewhere leaps no farther along
    an axis than its allowance, and gets 1 km/s of it back: more than any vehicle needs.
    """
    row, cells = body.pose_index, table.cells
    step: Step = STANDS
    position = update.get("position")
    if position is not None:
        x_mm = millimetres(position["x"])
        y_mm = millimetres(position["y"])
        z_mm = millimetres(position["z"])
        was_mm = cells.place_mm(row)
        if not cells.placed[row]:
            step = WALKS
        elif was_mm != (x_mm, y_mm, z_mm):
            leap_mm = max(abs(x_mm - was_mm[0]), abs(y_mm - was_mm[1]), abs(z_mm - was_mm[2]))
            rested_us = now_us - body.leap_at_us
            allowed_mm = min(body.leap_mm + rested_us * MM_PER_US, LEAP_MM_MAX)
            if leap_mm > allowed_mm:
                return IMPOSSIBLE
            body.leap_mm, body.leap_at_us = allowed_mm - leap_mm, now_us
            step = WALKS
        if step is WALKS:
            cells.set_place_mm(row, (x_mm, y_mm, z_mm))
    elif not cells.placed[row]:
        return NOWHERE
    rotation = update.get("rotation")
    if rotation is not None:
        cells.set_rotation(row, turns(rotation["x"]), turns(rotation["y"]), turns(rotation["z"]))
    cells.changed_tick[row] = tick
    return step


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
