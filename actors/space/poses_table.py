"""Where everybody stands, a row a body: what the tick computes with whole arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from heapq import heappop, heappush
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from actors.space import freshness

MM_PER_M: Final = 1000
TURN: Final = 1 << 16
"""Units of rotation in a full turn: 0.0055 degrees each."""

BODIES_MAX: Final = 1 << 16  # an index has 16 bits on the wire

ROW: Final = np.dtype(
    [
        ("position_mm", "<i4", 3),
        ("rotation", "<u2", 3),
        ("changed_tick", "<i8"),
        ("window", "<i8", freshness.LEVELS),
        ("behind", "?", freshness.LEVELS - 1),
        ("placed", "?"),
        ("speaking", "?"),
        ("receives", "?"),
    ],
    align=True,
)
"""`changed_tick`: when the newest pose went out; `window`, `behind`: what `freshness` remembers;
`placed`: a position is known; `receives`: the body's client asked for the binary form. Aligned, or
`Cells` could not be made."""

LONG_AGO: Final = -(1 << 40)


def millimetres(metres: float) -> int:
    """Return metres, finite and below 2,000 km as the wire's reader checks, as millimetres."""
    return round(metres * MM_PER_M)


def turns(degrees: float) -> int:
    """Return finite degrees as 65,536ths of a turn, wrapped into 0 to 65,535."""
    return round(degrees * TURN / 360) % TURN


class Cells:
    """The table's columns for whoever looks at one row: `position_mm[row, axis]`.

    A cell is read or written in a thirtieth of what an array takes for it.
    """

    __slots__ = ("changed_tick", "placed", "position_mm", "rotation")

    def __init__(self, rows: NDArray[np.void]) -> None:
        self.position_mm = rows["position_mm"].data
        self.rotation = rows["rotation"].data
        self.changed_tick = rows["changed_tick"].data
        self.placed = rows["placed"].data

    def place_mm(self, row: int) -> tuple[int, int, int]:
        """Return where a body stands."""
        cells = self.position_mm
        return cells[row, 0], cells[row, 1], cells[row, 2]


class PosesTable:
    """The rows by body index. An index belongs to one body at a time; the lowest free is next."""

    def __init__(self) -> None:
        self.rows: NDArray[np.void] = np.zeros(16, ROW)
        self.cells = Cells(self.rows)
        self._free = list(range(16))

    def add(
        self,
        *,
        position: Mapping[str, Any] | None,
        rotation: Mapping[str, Any] | None,
        speaking: bool,
        receives: bool,
    ) -> int:
        """Give a body its row and return the index."""
        if not self._free:
            size = len(self.rows)
            assert size < BODIES_MAX, "capacity is checked before a body is made"
            self.rows = np.concatenate([self.rows, np.zeros(size, ROW)])
            self.cells = Cells(self.rows)
            self._free = list(range(size, 2 * size))
        index = heappop(self._free)
        self.rows[index] = (
            _three(position, millimetres),
            _three(rotation, turns),
            LONG_AGO,
            LONG_AGO,
            False,
            position is not None,
            speaking,
            receives,
        )
        return index

    def remove(self, index: int) -> None:
        """Clear a row for the next body."""
        self.rows[index] = np.zeros((), ROW)
        heappush(self._free, index)


def _three(vector: Mapping[str, Any] | None, units: Callable[[float], int]) -> tuple[int, ...]:
    return (0, 0, 0) if vector is None else tuple([units(vector[axis]) for axis in "xyz"])
