"""Points by cell, so that what is near a place is found without looking at the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_REACH = 2
"""Cells to each side that are looked at: 25 of half the radius hold fewer who are too far than 9 of
the whole."""
_RUNS = 2 * _REACH + 1
_EDGE = 2 * _REACH + 1
"""Empty cells around the points: a place beyond looks into these alone, and finds as few."""
_CELLS_A_POINT = 16
"""More cells than this for each point, and they are searched for instead of counted."""


@dataclass(frozen=True, slots=True)
class Spans:
    """Where in the grid's order the points around each place stand: five runs a place."""

    first: NDArray[np.intp]  # (m, 5)
    count: NDArray[np.intp]  # (m, 5)

    @property
    def each(self) -> NDArray[np.intp]:
        """How many points there are to look at around each place: intp (m,)."""
        each: NDArray[np.intp] = self.count.sum(axis=1)
        return each

    @property
    def total(self) -> int:
        """How many pairs of a place and a point there are to look at."""
        return int(self.count.sum())


class Grid:
    """Points on the ground in square cells, ordered by column and then along it.

    So the five cells beside a place in one column are one run of the order, and the 25 around it
    are five runs. Where a run begins is looked up in a table of all cells; where the points stand
    so far apart that most cells are empty, it is found by binary search. Building it is one sort of
    n integers, 0.01 ms for a thousand: less than keeping it up to date while people walk.
    """

    def __init__(self, points_mm: NDArray[np.signedinteger], radius_mm: int) -> None:
        self.cell_mm = -(-radius_mm // _REACH)
        ground_mm = points_mm[:, ::2] if len(points_mm) else np.zeros((1, 2), np.int64)
        lowest = ground_mm.min(axis=0).astype(np.int64) // self.cell_mm
        highest = ground_mm.max(axis=0).astype(np.int64) // self.cell_mm
        self._low = (lowest - _EDGE).tolist()
        self._width, self._depth = (highest - lowest + 1 + 2 * _EDGE).tolist()
        keys = self._keys(points_mm)
        self.order = np.argsort(keys, kind="stable")
        self._sorted_keys = keys.take(self.order)
        self._lower: NDArray[np.intp] | None = None
        if self._width * self._depth <= _CELLS_A_POINT * len(keys):
            counts = np.bincount(keys + 1, minlength=self._width * self._depth + 1)
            self._lower = np.cumsum(counts)
        self._columns = points_mm.T.take(self.order, axis=1).astype(np.float64)

    def around(self, places_mm: NDArray[np.signedinteger]) -> Spans:
        """Return which points stand in the cells around each place (m, 3)."""
        middle = self._keys(places_mm)
        beside = middle[:, None] + np.arange(-_REACH, _REACH + 1) * self._depth
        first = self._rank(beside - _REACH)
        return Spans(first, self._rank(beside + (_REACH + 1)) - first)

    def _keys(self, places_mm: NDArray[np.signedinteger]) -> NDArray[np.int64]:
        """Return the number of each place's cell; beyond the edge, of the edge's nearest cell."""
        x, z = (places_mm[:, axis].astype(np.int64) // self.cell_mm for axis in (0, 2))
        x = np.clip(x - self._low[0], _REACH, self._width - 1 - _REACH)
        z = np.clip(z - self._low[1], _REACH, self._depth - 1 - _REACH)
        keys: NDArray[np.int64] = x * self._depth + z
        return keys

    def _rank(self, keys: NDArray[np.int64]) -> NDArray[np.intp]:
        """Return how many points have a lower key, for each of these, in any shape."""
        if self._lower is not None:
            return self._lower.take(keys)
        ascending = np.argsort(keys, axis=None)  # Searching for what ascends is ten times as fast.
        ranks = np.empty(keys.size, np.intp)
        ranks[ascending] = np.searchsorted(self._sorted_keys, keys.ravel()[ascending])
        return ranks.reshape(keys.shape)

    def within(
        self, places_mm: NDArray[np.signedinteger], spans: Spans, *, radius_mm: int
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
        """Return which place has which point nearer than the radius, at most the grid's.

        The squares are whole numbers in floats: exact up to 2**53, 94,000 km.

        Returns:
            Indices of places, ascending, and of points, and the squared distances, mm²; three
            arrays (k,).
        """
        counts, each = spans.count.ravel(), spans.each
        at = np.arange(spans.total)
        at += np.repeat(spans.first.ravel() - (np.cumsum(counts) - counts), counts)
        places = places_mm.T.astype(np.float64, order="C")
        away_mm2 = np.zeros(len(at))
        for axis in (0, 2):
            offset_mm = self._columns[axis].take(at)
            offset_mm -= np.repeat(places[axis], each)
            offset_mm *= offset_mm
            away_mm2 += offset_mm
        near = np.flatnonzero(away_mm2 < radius_mm * radius_mm)
        at, away_mm2 = at.take(near), away_mm2.take(near)
        place = np.repeat(np.arange(len(places_mm)), each).take(near)
        height_mm = self._columns[1].take(at) - places[1].take(place)
        if height_mm.any():
            away_mm2 += height_mm * height_mm
            near = np.flatnonzero(away_mm2 < radius_mm * radius_mm)
            at, away_mm2, place = at.take(near), away_mm2.take(near), place.take(near)
        return place, self.order.take(at), away_mm2
