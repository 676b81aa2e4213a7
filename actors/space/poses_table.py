"""Where everybody stands, a row a body: what the tick computes with whole arrays."""

from __future__ import annotations

import math
import struct
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

_ROW_BYTES: Final = ROW.itemsize
_POSITION: Final = struct.Struct("<3i")
_ROTATION: Final = struct.Struct("<3H")
_ROTATION_AT: Final = _POSITION.size
assert list(ROW.names or ())[:2] == ["position_mm", "rotation"]

LONG_AGO: Final = -(1 << 40)


def millimetres(metres: float) -> int:
    """Return metres, finite and below 2,000 km as the wire's reader checks, as millimetres."""
    return math.floor(metres * MM_PER_M + 0.5)


def turns(degrees: float) -> int:
    """Return finite degrees as 65,536ths of a turn, wrapped into 0 to 65,535."""
    return math.floor(degrees * TURN / 360 + 0.5) % TURN


class Cells:
    """The table for whoever looks at one row: in a thirtieth of what arrays take for it.

    Attributes:
        changed_tick: the column, by row.
        placed: likewise.
    """

    __slots__ = ("_bytes", "changed_tick", "placed")

    def __init__(self, rows: NDArray[np.void]) -> None:
        self._bytes = rows.view(np.uint8).data
        self.changed_tick = rows["changed_tick"].data
        self.placed = rows["placed"].data

    def place_mm(self, row: int) -> tuple[int, int, int]:
        """Return where a body stands."""
        x, y, z = _POSITION.unpack_from(self._bytes, row * _ROW_BYTES)
        return x, y, z

    def set_place_mm(self, row: int, place_mm: tuple[int, int, int]) -> None:
        """Set where a body stands, which is known then."""
        _POSITION.pack_into(self._bytes, row * _ROW_BYTES, *place_mm)
        self.placed[row] = True

    def set_rotation(self, row: int, x: int, y: int, z: int) -> None:
        """Set where a body faces, 65,536ths of a turn about each axis."""
        _ROTATION.pack_into(self._bytes, row * _ROW_BYTES + _ROTATION_AT, x, y, z)


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
