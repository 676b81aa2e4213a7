"""Where everybody stands, a row a body: what the tick computes with whole arrays."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush
from typing import Any

import numpy as np
from numpy.typing import NDArray

from actors.space import freshness

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
        ("published_us", "<i8"),
        ("window", "<i8", freshness.LEVELS),
        ("behind", "?", freshness.LEVELS - 1),
        ("leap_mm", "<i8"),
        ("leap_at_us", "<i8"),
        ("placed", "?"),
        ("speaking", "?"),
        ("receives", "?"),
    ]
)
"""`changed_tick`, `published_us`: when the newest pose went out; `window`, `behind`: what
`freshness` remembers; `leap_mm` of distance was left at `leap_at_us`; `placed`: a position is
known; `receives`: the body's client asked for the binary form."""

LONG_AGO = -(1 << 40)

Indices = NDArray[np.intp]


def millimetres(metres: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return metres as millimetres; finite and below 2,000 km, as the wire's reader checks."""
    rounded: NDArray[np.int64] = np.rint(metres * MM_PER_M).astype(np.int64)
    return rounded


def turns(degrees: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return finite degrees as 65,536ths of a turn, wrapped into 0 to 65,535."""
    wrapped: NDArray[np.int64] = np.rint(degrees * TURN / 360).astype(np.int64) % TURN
    return wrapped


def _three(vector: Mapping[str, Any] | None) -> NDArray[np.float64]:
    return np.array([vector[axis] for axis in "xyz"] if vector is not None else [0, 0, 0], float)


class PosesTable:
    """The rows by body index. An index belongs to one body at a time; the lowest free is next."""

    def __init__(self) -> None:
        self.rows: NDArray[np.void] = np.zeros(16, ROW)
        self._free = list(range(16))

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
            self._free = list(range(size, 2 * size))
        index = heappop(self._free)
        self.rows[index] = (
            millimetres(_three(position)),
            turns(_three(rotation)),
            LONG_AGO,
            LONG_AGO,
            LONG_AGO,
            False,
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
        heappush(self._free, index)

    def possible(
        self, at: Indices, wanted_mm: NDArray[np.int64], *, now_us: int
    ) -> NDArray[np.bool_]:
        """Return which of these moves a body can make, and charge those to its allowance.

        Args:
            at: the rows (n,), each body once.
            wanted_mm: where each wants to be (n, 3).
            now_us: the time of this publication.
        """
        rows = self.rows
        steps = np.abs(wanted_mm - rows["position_mm"][at]).max(axis=1)  # (n,), along one axis
        rested_us = np.minimum(now_us - rows["leap_at_us"][at], 3_600_000_000)
        allowed = rows["leap_mm"][at] + rested_us * SPEED_MM_PER_S_MAX // 1_000_000
        allowed = np.minimum(allowed, LEAP_MM_MAX)
        placed = rows["placed"][at]
        possible: NDArray[np.bool_] = ~placed | (steps <= allowed)
        spent = np.where(placed & possible, steps, 0)
        rows["leap_mm"][at] = allowed - spent
        rows["leap_at_us"][at] = now_us
        return possible

    def place(
        self,
        at: Indices,
        positions_mm: NDArray[np.int64],
        rotations: NDArray[np.int64],
        *,
        tick: int,
    ) -> None:
        """Set poses that `possible` has let through: (n,), (n, 3) and (n, 3)."""
        rows = self.rows
        rows["position_mm"][at] = positions_mm
        rows["rotation"][at] = rotations
        rows["changed_tick"][at] = tick
        rows["placed"][at] = True
