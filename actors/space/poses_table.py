"""Where everybody stands, a row a body: what the tick computes with whole arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

MM_PER_M = 1000
TURN = 1 << 16
"""Units of rotation in a full turn: 0.0055 degrees each."""

LEAP_MM_MAX = 10_000 * MM_PER_M
SPEED_MM_PER_S_MAX = 1_000 * MM_PER_M
"""A body may leap 10 km, a world's teleport, and gets 1 km/s back towards the next leap: more than
any vehicle needs. What goes farther is impossible and is refused."""

BODIES_MAX = 1 << 16  # an index has 16 bits on the wire

ROW = np.dtype(
    [
        ("position_mm", "<i4", 3),
        ("rotation", "<u2", 3),
        ("changed_tick", "<i8"),
        ("leap_mm", "<i8"),
        ("leap_at_us", "<i8"),
        ("placed", "?"),
        ("speaking", "?"),
        ("receives", "?"),
    ]
)
"""`leap_mm` of distance was left at `leap_at_us`; `placed`: a position is known; `receives`: the
body's client asked for the binary form."""

LONG_AGO = -(1 << 40)

Triple = tuple[int, int, int]


def millimetres(vector: Mapping[str, Any]) -> Triple:
    """Return metres as millimetres; finite and below 2,000 km, as the wire's reader checks."""
    return (
        round(vector["x"] * MM_PER_M),
        round(vector["y"] * MM_PER_M),
        round(vector["z"] * MM_PER_M),
    )


def turns(vector: Mapping[str, Any]) -> Triple:
    """Return finite degrees as 65,536ths of a turn, wrapped into 0 to 65,535."""
    return (
        round(vector["x"] * TURN / 360) % TURN,
        round(vector["y"] * TURN / 360) % TURN,
        round(vector["z"] * TURN / 360) % TURN,
    )


class PosesTable:
    """The rows by body index. An index belongs to one body at a time; the lowest free is next."""

    def __init__(self) -> None:
        self.rows: NDArray[np.void] = np.zeros(16, ROW)
        self._free = list(range(15, -1, -1))

    def add(
        self,
        *,
        position: Mapping[str, Any] | None,
        rotation: Mapping[str, Any] | None,
        speaking: bool,
        receives: bool,
        now_us: int,
    ) -> int:
        """Give a body its row and return the index."""
        if not self._free:
            size = len(self.rows)
            assert size < BODIES_MAX, "capacity is checked before a body is made"
            self.rows = np.concatenate([self.rows, np.zeros(size, ROW)])
            self._free = list(range(2 * size - 1, size - 1, -1))
        index = self._free.pop()
        self.rows[index] = (
            (0, 0, 0) if position is None else millimetres(position),
            (0, 0, 0) if rotation is None else turns(rotation),
            LONG_AGO,
            LEAP_MM_MAX,
            now_us,
            position is not None,
            speaking,
            receives,
        )
        return index

    def remove(self, index: int) -> None:
        """Clear a row for the next body."""
        self.rows[index] = np.zeros((), ROW)
        self._free.append(index)
        self._free.sort(reverse=True)

    def possible(
        self, indices: Sequence[int], positions_mm: Sequence[Triple], *, now_us: int
    ) -> NDArray[np.bool_]:
        """Return which of these moves a body can make, and charge those to its allowance.

        Args:
            indices: each body once.
            positions_mm: where each wants to be.
            now_us: the time of this tick.
        """
        at = np.array(indices, np.intp)
        wanted = np.array(positions_mm, np.int64).reshape(-1, 3)
        rows = self.rows
        steps = np.abs(wanted - rows["position_mm"][at]).max(axis=1)  # (n,), along one axis
        rested_us = np.minimum(now_us - rows["leap_at_us"][at], 3_600_000_000)
        allowed = rows["leap_mm"][at] + rested_us * SPEED_MM_PER_S_MAX // 1_000_000
        allowed = np.minimum(allowed, LEAP_MM_MAX)
        possible: NDArray[np.bool_] = ~rows["placed"][at] | (steps <= allowed)
        spent = np.where(rows["placed"][at] & possible, steps, 0)
        rows["leap_mm"][at] = allowed - spent
        rows["leap_at_us"][at] = now_us
        return possible

    def place(
        self,
        indices: Sequence[int],
        positions_mm: Sequence[Triple],
        rotations: Sequence[Triple],
        *,
        tick: int,
    ) -> None:
        """Set poses that `possible` has let through."""
        if indices:
            at = np.array(indices, np.intp)
            self.rows["position_mm"][at] = np.array(positions_mm, np.int64)
            self.rows["rotation"][at] = np.array(rotations, np.int64)
            self.rows["changed_tick"][at] = tick
            self.rows["placed"][at] = True
