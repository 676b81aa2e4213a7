"""Pairs of people, nearest first: what super ambient begins with and fills up by."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from actors.space.hearing.crowd import Crowd
from actors.space.hearing.grid import Grid
from actors.space.hearing.sound import squares_between, whole_roots

NOWHERE_MM = 1 << 32
"""Where those whose position is not known are taken to stand: beyond everybody, and in a row."""
ALL_MAX = 128  # so few are compared each with each
_LOOKS_MAX = 40
_CIRCLE_MM_MIN = 32
CIRCLE_MM_MAX = 1 << 34


class Places:
    """How far people are from each other when partners are chosen."""

    def __init__(self, crowd: Crowd) -> None:
        rows = np.arange(len(crowd.life), dtype=np.int64)
        nowhere = np.zeros((len(rows), 3), np.int64)
        nowhere[:, 0] = NOWHERE_MM // 2 + rows
        placed = crowd.placed[:, None]
        self.at_mm = np.where(placed, crowd.position_mm.astype(np.int64), nowhere)

    def _apart_mm(self, a: NDArray[np.integer], b: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return distances between rows to 2 mm: halves, so that squares of 4,000 km fit."""
        return whole_roots(squares_between(self.at_mm >> 1, a, b)) << 1

    def from_one(self, row: int, others: NDArray[np.intp]) -> NDArray[np.int64]:
        """Return how far each of the others is from this one, whole millimetres."""
        return self._apart_mm(others, np.full(len(others), row))

    def first_circle_mm(self, rows: NDArray[np.intp]) -> int:
        """Return a circle that holds few enough of these people to be looked at."""
        circle_mm = CIRCLE_MM_MAX
        while circle_mm > _CIRCLE_MM_MIN:
            places_mm = self.at_mm[rows]
            if Grid(places_mm, circle_mm).around(places_mm).total <= _LOOKS_MAX * len(rows):
                break
            circle_mm //= 2
        return circle_mm

    def within(self, rows: NDArray[np.intp], circle_mm: int) -> list[tuple[int, int, int]]:
        """Return (distance, row, greater row) of all who are nearer than the circle.

        Ascending. Where more people stand within 32 mm of each other than can be looked at, each
        comes with the next eight of them only.
        """
        places_mm = self.at_mm[rows]
        grid = Grid(places_mm, circle_mm)
        spans = grid.around(places_mm)
        if spans.total <= 2 * _LOOKS_MAX * len(rows):
            a, b, _ = grid.within(places_mm, spans, radius_mm=circle_mm)
        else:
            steps = range(1, 9)
            a = np.concatenate([grid.order[:-step] for step in steps])
            b = np.concatenate([grid.order[step:] for step in steps])
            a, b = np.minimum(a, b), np.maximum(a, b)
        once = a < b
        return self._ascending(rows[a[once]], rows[b[once]], below_mm=circle_mm)

    def all_pairs(self, rows: NDArray[np.intp]) -> list[tuple[int, int, int]]:
        """Return (distance, row, greater row) of each two of these people, ascending."""
        a, b = np.triu_indices(len(rows), 1)
        return self._ascending(rows[a], rows[b], below_mm=1 << 62)

    def _ascending(
        self, a: NDArray[np.intp], b: NDArray[np.intp], *, below_mm: int
    ) -> list[tuple[int, int, int]]:
        away_mm = self._apart_mm(a, b)
        order = np.lexsort((b, a, away_mm))
        order = order[away_mm[order] < below_mm]
        return list(zip(away_mm[order].tolist(), a[order].tolist(), b[order].tolist(), strict=True))
