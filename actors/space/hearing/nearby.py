"""The nearest voices of each listener, by distance: ambient's rule, and stage's for all but one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from actors.space.hearing.crowd import RANGE_MM_MAX, ROW_BITS, Bars, Crowd, Terms
from actors.space.hearing.grid import Grid, Spans
from actors.space.hearing.relation import Relation
from actors.space.hearing.sound import squares_between, whole_roots

_DISTANCE_BITS = 21  # 1.1 km in millimetres
_LOOKS_MAX = 60
"""More candidates a listener than this and a smaller circle is tried first."""
_SPARSE = 8
"""With fewer than an eighth of that the next search begins with twice the circle, for a circle four
times as large holds about half of it then."""
_CIRCLE_MM_MIN = 32
FEW_PAIRS = 1_024
_CHUNK = 1 << 21
"""Pairs looked at together: 200 MB of arrays at most, wherever people stand."""


@dataclass(frozen=True, slots=True)
class Links:
    """Links by distance, ascending by listener, then distance, then source; whole millimetres."""

    listener: NDArray[np.int64]
    source: NDArray[np.int64]
    distance_mm: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.listener)

    def where(self, which: NDArray[np.bool_]) -> Links:
        """Return some of the links."""
        return Links(self.listener[which], self.source[which], self.distance_mm[which])


def no_links() -> Links:
    """Return no links at all."""
    nothing = np.zeros(0, np.int64)
    return Links(nothing, nothing, nothing)


class NearestVoices:
    """Finds whom listeners hear by distance; remembers how small a circle held enough people.

    Where people stand close, a circle that holds enough of them is looked at instead of the whole
    range: it is halved while it holds too many, then doubled for those who have not found enough.
    The next search begins with the circle that this one came to; whatever it begins with, it finds
    the same.
    """

    def __init__(self) -> None:
        self._circle_mm = RANGE_MM_MAX

    def find(
        self,
        crowd: Crowd,
        terms: Terms,
        bars: Bars,
        *,
        listeners: NDArray[np.bool_],
        sources: NDArray[np.bool_],
        before: Relation,
    ) -> Links:
        """Return whom each of these listeners hears by distance.

        A source is heard from nearer than the range, or, when it was heard before, up to 1.1 times
        the range; of these a listener hears the `nearest_max` nearest, by whole millimetres and
        then by row.

        Args:
            crowd: where everybody stands.
            terms: range and cap.
            bars: links that must not be.
            listeners: bool (n,), whose links are asked for; each placed.
            sources: bool (n,), who may be heard; each placed.
            before: links of the last tick, of these bodies, by whatever right they were made.
        """
        ears, mouths = np.flatnonzero(listeners), np.flatnonzero(sources)
        listener, source, away_mm2 = self._in_range(crowd, terms, bars, ears, mouths)
        counts = np.bincount(listener, minlength=len(listeners))
        room = listeners & (counts < terms.nearest_max)
        fading = _fading(crowd, terms, bars, before.where(room[before.listener]), sources)
        return _nearest(
            np.concatenate([listener, fading.listener]),
            np.concatenate([source, fading.source]),
            np.concatenate([whole_roots(away_mm2), fading.distance_mm]),
            nearest_max=terms.nearest_max,
        )

    def _in_range(
        self,
        crowd: Crowd,
        terms: Terms,
        bars: Bars,
        ears: NDArray[np.intp],
        mouths: NDArray[np.intp],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return links with squared distances: all in range, or more than the cap's nearest."""
        position_mm, range_mm = crowd.position_mm, terms.range_mm
        if few(len(ears), len(mouths)):
            return _all_in_range(position_mm, range_mm, bars, ears, mouths)
        most = terms.nearest_max + 1 + bars.listener_max
        circle_mm, grid, spans, mouths = self._settle(position_mm, ears, mouths, range_mm, most)
        found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]] = []
        while True:
            last = circle_mm >= range_mm
            radius_mm = min(circle_mm, range_mm)
            places_mm = position_mm.take(ears, axis=0)
            wanting: list[NDArray[np.intp]] = []
            for part, runs in _chunks(grid, places_mm, spans):
                place, point, away_mm2 = grid.within(places_mm[part], runs, radius_mm=radius_mm)
                here = ears[part]
                listener, source = here.take(place), mouths.take(point)
                fit = (listener != source) & ~bars.forbid(listener, source)
                if not last:
                    enough = np.bincount(place[fit], minlength=len(here)) >= terms.nearest_max
                    wanting.append(here[~enough])
                    fit &= enough.take(place)
                fits = np.flatnonzero(fit)
                found.append((listener.take(fits), source.take(fits), away_mm2.take(fits)))
            if last:
                break
            ears = np.concatenate(wanting)
            circle_mm *= 2
            grid = Grid(position_mm.take(mouths, axis=0), min(circle_mm, range_mm))
            spans = grid.around(position_mm.take(ears, axis=0))
        listeners, sources, squares_mm2 = zip(*found, strict=True)
        return np.concatenate(listeners), np.concatenate(sources), np.concatenate(squares_mm2)

    def _settle(
        self,
        position_mm: NDArray[np.signedinteger],
        ears: NDArray[np.intp],
        mouths: NDArray[np.intp],
        range_mm: int,
        most: int,
    ) -> tuple[int, Grid, Spans, NDArray[np.intp]]:
        """Return the circle to begin with, its grid and spans, and the sources worth a look."""
        places_mm = position_mm.take(ears, axis=0)
        looks_max = _LOOKS_MAX * len(ears)
        self._circle_mm = min(self._circle_mm, range_mm)
        thinned = False
        while True:
            grid = Grid(position_mm.take(mouths, axis=0), self._circle_mm)
            spans = grid.around(places_mm)
            if spans.total <= looks_max:
                break
            if not thinned:
                mouths, thinned = _first_of_each_place(position_mm, mouths, most), True
            elif self._circle_mm >= 2 * _CIRCLE_MM_MIN:
                self._circle_mm = -(-self._circle_mm // 2)
            else:
                break
        circle_mm = self._circle_mm
        if _SPARSE * spans.total < looks_max:
            self._circle_mm *= 2
        return circle_mm, grid, spans, mouths


def few(listeners: int, sources: int) -> bool:
    """Whether every pair of them is looked at, since that is quicker than any grid."""
    return listeners * sources <= FEW_PAIRS


def _all_in_range(
    position_mm: NDArray[np.signedinteger],
    range_mm: int,
    bars: Bars,
    ears: NDArray[np.intp],
    mouths: NDArray[np.intp],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return the links in range with squared distances: whole in floats, as of `Grid.within`."""
    listener, source = np.repeat(ears, len(mouths)), np.tile(mouths, len(ears))
    places = position_mm.astype(np.float64)
    offset_mm = places.take(source, axis=0) - places.take(listener, axis=0)
    away_mm2 = (offset_mm * offset_mm).sum(axis=1)
    near = (away_mm2 < range_mm * range_mm) & (listener != source)
    fits = np.flatnonzero(near & ~bars.forbid(listener, source))
    return listener.take(fits), source.take(fits), away_mm2.take(fits)


def _fading(
    crowd: Crowd, terms: Terms, bars: Bars, before: Relation, sources: NDArray[np.bool_]
) -> Links:
    """Return those of the last links that are out of range and not yet ended."""
    before = before.where(sources[before.source])
    ears, mouths = before.listener, before.source
    away_mm2 = squares_between(crowd.position_mm, mouths, ears)
    fading = away_mm2 >= terms.range_mm**2
    fading &= 100 * away_mm2 <= 121 * terms.range_mm**2
    fading &= ~bars.forbid(ears, mouths)
    return Links(ears[fading], mouths[fading], whole_roots(away_mm2[fading]))


def hearers_within(
    crowd: Crowd, radius_mm: int, *, listeners: NDArray[np.bool_], around: NDArray[np.bool_]
) -> NDArray[np.intp]:
    """Return which listeners have somebody of `around` nearer than the radius; both placed."""
    ears, mouths = np.flatnonzero(listeners), np.flatnonzero(around)
    position_mm = crowd.position_mm
    places_mm = position_mm[mouths]
    grid = Grid(position_mm[ears], radius_mm)
    found = np.zeros(len(ears), np.bool_)
    for part, runs in _chunks(grid, places_mm, grid.around(places_mm)):
        found[grid.within(places_mm[part], runs, radius_mm=radius_mm)[1]] = True
    return ears[found]


def _first_of_each_place(
    position_mm: NDArray[np.signedinteger], mouths: NDArray[np.intp], most: int
) -> NDArray[np.intp]:
    """Return the sources without those whom nobody can hear for others at the very same place.

    A thousand people at the door of a space stand in one point. They are equally far from anybody,
    so the first few rows are heard before the rest.
    """
    x, y, z = position_mm[mouths].T
    order = np.lexsort((mouths, z, y, x))
    ordered = position_mm[mouths[order]]
    new = np.ones(len(order), np.bool_)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    start = np.flatnonzero(new)
    rank = np.arange(len(order)) - np.repeat(start, np.diff(start, append=len(order)))
    return np.sort(mouths[order[rank < most]])


def _chunks(
    grid: Grid, places_mm: NDArray[np.signedinteger], spans: Spans
) -> Iterator[tuple[slice, Spans]]:
    """Yield the places in parts with a bounded number of pairs to look at."""
    if spans.total <= _CHUNK:
        yield slice(0, len(places_mm)), spans
        return
    part = np.cumsum(spans.each) // _CHUNK
    bounds = [0, *(np.flatnonzero(np.diff(part)) + 1).tolist(), len(places_mm)]
    for first, last in pairwise(bounds):
        yield slice(first, last), grid.around(places_mm[first:last])


def _nearest(
    listener: NDArray[np.int64],
    source: NDArray[np.int64],
    distance_mm: NDArray[np.int64],
    *,
    nearest_max: int,
) -> Links:
    """Return the nearest links of each listener, in their order."""
    keys = (listener << (_DISTANCE_BITS + ROW_BITS)) | (distance_mm << ROW_BITS) | source
    keys.sort()
    by = keys >> (_DISTANCE_BITS + ROW_BITS)
    near = np.ones(len(keys), np.bool_)
    near[nearest_max:] = by[nearest_max:] != by[:-nearest_max]
    nearest = np.flatnonzero(near)
    keys, by = keys.take(nearest), by.take(nearest)
    return Links(by, keys & ((1 << ROW_BITS) - 1), (keys >> ROW_BITS) & ((1 << _DISTANCE_BITS) - 1))
