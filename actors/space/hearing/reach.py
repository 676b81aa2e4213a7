"""Who is near whom among a few people: kept as they walk, for a tenth of the cost of the rule."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from actors.space.hearing.crowd import ROW_BITS, Terms
from actors.space.poses_table import Cells

Place = tuple[int, int, int]

NEARER: Final = 0
FADING: Final = 1
FARTHER: Final = 2
"""Than the range; than where links end, 1.1 times the range; and beyond."""


class Reach:
    """Tells whether steps can have changed who hears whom.

    While everybody stays on the same side of every other's range, and of where links end, and
    nothing else changes, so do the links of all who may hear everybody within reach.

    Args:
        rows: of everybody present and placed.
        cells: where they stand.
        terms: the range.
    """

    def __init__(self, rows: Iterable[int], cells: Cells, terms: Terms) -> None:
        self._range_mm2 = terms.range_mm**2
        self._places: dict[int, Place] = {}
        self._sides: dict[int, int] = {}
        self.walked(rows, cells)

    def walked(self, rows: Iterable[int], cells: Cells) -> bool:
        """Take in that some stand elsewhere; return whether anybody's side of a range changed."""
        changed = False
        places, sides, range_mm2 = self._places, self._sides, self._range_mm2
        for row in rows:
            x, y, z = places[row] = cells.place_mm(row)
            for other, (other_x, other_y, other_z) in places.items():
                x_mm, y_mm, z_mm = x - other_x, y - other_y, z - other_z
                away_mm2 = x_mm * x_mm + y_mm * y_mm + z_mm * z_mm
                if away_mm2 < range_mm2:
                    side = NEARER
                else:
                    side = FADING if 100 * away_mm2 <= 121 * range_mm2 else FARTHER
                pair = row << ROW_BITS | other if row < other else other << ROW_BITS | row
                if sides.get(pair) != side:
                    sides[pair] = side
                    changed = True
        return changed
