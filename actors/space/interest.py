"""Whose pose goes to whom at this publication. Integers only: every machine decides alike.

People who stand in one cell of a grid share a view, and a view is one set of bytes. A view gets the
32 people nearest to it and those whose microphone is open whenever they moved, others less often by
distance (`freshness` says who is due), all under a budget. docs/rules/poses.md has worked figures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from actors.space import pose_frame
from actors.space.freshness import LEVELS, OWED, PERIODS

VIEWS_MAX = 64  # views times movers is what a publication costs
CELL_MM = 8_000
NEAREST = 32
REACH_MM = (16_000, 64_000)
"""Whoever is not at full rate is at level 1 up to the first distance, then 2, then 3."""
BUDGET_BYTES = 1_400
"""A frame fits one network packet: 98 near bodies. At 15 Hz that is 21 kB/s a receiver."""

_COARSE = 3  # squares of distances are taken in 8 mm, so that they fit 64 bits
_NEAR_BYTES = pose_frame.NEAR.itemsize
_FAR_BYTES = pose_frame.FAR.itemsize
_SQUARE_MAX = (1 << 44) - 1  # 33 km; beyond that the order among the nearest is by index
_NOT_NOW = np.int64(1 << 62)
_FIRST_OF_ALL = np.int64(-(1 << 20))


@dataclass(frozen=True, slots=True)
class Views:
    """Who shares a view, and whom each view is shown.

    Attributes:
        receivers: the rows who are shown something, a view after the other (r,).
        receivers_end: where each view's part of `receivers` ends (v,).
        origins_mm: what each view's frame counts from (v, 3).
        view, body: the entries: row `body[k]` is shown in view `view[k]`; sorted by view.
    """

    receivers: NDArray[np.intp]
    receivers_end: NDArray[np.intp]
    origins_mm: NDArray[np.int64]
    view: NDArray[np.intp]
    body: NDArray[np.intp]


def cells(positions_mm: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the number of the view each position (n, 3) shares, 0 to at most 63.

    The cells are squares of 8 m on the ground, doubled until few enough are occupied.
    """
    size_mm = CELL_MM
    while True:
        ground = positions_mm[:, (0, 2)] // size_mm
        keys = ground[:, 0] * (1 << 32) + ground[:, 1]
        shared: NDArray[np.intp] = np.unique(keys, return_inverse=True)[1]
        if shared.max() < VIEWS_MAX:
            return shared
        size_mm *= 2


def owed_max(budget_bytes: int) -> int:
    """Return how many fit in half of a frame of so many bytes, wherever they are; at least one."""
    return max(1, (budget_bytes - pose_frame.HEADER.size) // (2 * _FAR_BYTES))


def views(
    rows: NDArray[np.void],
    marks: NDArray[np.uint8],
    *,
    tick: int,
    budget_bytes: int = BUDGET_BYTES,
) -> Views | None:
    """Return the views that have something to show; None when there are none.

    Args:
        rows: of `poses_table.ROW`.
        marks: at which levels each row is due (`freshness.due`).
        tick: the present one; it turns the order of those who are not at full rate.
        budget_bytes: the most that a frame may have.
    """
    receivers = np.flatnonzero(rows["receives"])
    due = np.flatnonzero(marks)
    if not receivers.size or not due.size:
        return None
    ears_mm = rows["position_mm"][receivers].astype(np.int64)
    shared = cells(ears_mm)
    people = np.bincount(shared)
    sums = np.zeros((len(people), 3), np.int64)
    np.add.at(sums, shared, ears_mm)
    origins_mm = sums // people[:, None]  # (v, 3)
    due_mm = rows["position_mm"][due].astype(np.int64)
    shown, keys = _shown(rows, marks, due, due_mm, origins_mm, tick=tick)
    room = budget_bytes - pose_frame.HEADER.size
    full = np.flatnonzero(shown.sum(axis=1) * _FAR_BYTES > room)
    if full.size:
        kept = _afford(shown[full], keys[full], due_mm, origins_mm[full], room=room)
        shown[full] = kept
    view, entry = np.nonzero(shown)
    order = np.argsort(shared, kind="stable")
    return Views(receivers[order], np.cumsum(people), origins_mm, view, due[entry])


def _shown(
    rows: NDArray[np.void],
    marks: NDArray[np.uint8],
    due: NDArray[np.intp],
    due_mm: NDArray[np.int64],
    origins_mm: NDArray[np.int64],
    *,
    tick: int,
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return who is due in which view (v, m), and their places in the view's list: lowest first.

    Who is owed comes first, then the movers at full rate, by distance; the others follow in an
    order that differs from tick to tick, so that what the budget leaves out is not always the same.
    No two places are one.
    """
    squares = _squares(due_mm, origins_mm)
    full = squares <= _nearest(rows, due, squares, origins_mm, tick=tick)[:, None]
    full |= rows["speaking"][due]
    level = np.full(squares.shape, LEVELS - 1, np.uint8)
    for number, reach_mm in reversed(list(enumerate(REACH_MM, 1))):
        level[squares <= (reach_mm >> _COARSE) ** 2] = number
    level[full] = 0
    shown = (marks[due] >> level & 1).astype(np.bool_)
    lottery = (due * 40_503 + tick * 25_717) & 0xFFFF
    first = np.minimum(squares, _SQUARE_MAX) << 16
    later = (1 << 60) + (level.astype(np.int64) << 32) + (lottery << 16)
    moved = marks[due] & 1 > 0
    keys = np.where(full & moved, first, later)
    return shown, np.where(marks[due] & OWED > 0, _FIRST_OF_ALL, keys) + due


def _squares(places_mm: NDArray[np.int64], origins_mm: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the squares of the distances of each view to each place, in 8 mm: (v, m)."""
    squares = np.zeros((len(origins_mm), len(places_mm)), np.int64)
    for axis in range(3):
        offsets = (places_mm[None, :, axis] - origins_mm[:, None, axis]) >> _COARSE
        squares += offsets * offsets
    return squares


def _nearest(
    rows: NDArray[np.void],
    due: NDArray[np.intp],
    squares: NDArray[np.int64],
    origins_mm: NDArray[np.int64],
    *,
    tick: int,
) -> NDArray[np.int64]:
    """Return how far the 32 nearest of those who move are from each view, squared as above (v,)."""
    moving = np.flatnonzero(tick - rows["changed_tick"] < PERIODS[-1])
    if moving.size <= NEAREST:
        return np.full(len(origins_mm), np.iinfo(np.int64).max)
    if not np.array_equal(moving, due):
        squares = _squares(rows["position_mm"][moving].astype(np.int64), origins_mm)
    limit: NDArray[np.int64] = np.partition(squares, NEAREST - 1, axis=1)[:, NEAREST - 1]
    return limit


def _afford(
    shown: NDArray[np.bool_],
    keys: NDArray[np.int64],
    due_mm: NDArray[np.int64],
    origins_mm: NDArray[np.int64],
    *,
    room: int,
) -> NDArray[np.bool_]:
    """Return whom of `shown` (v, m) the budget has room for, the first of each list first."""
    keys = np.where(shown, keys, _NOT_NOW)
    most = max(1, room // _NEAR_BYTES)
    if keys.shape[1] > most:
        chosen = np.argpartition(keys, most - 1, axis=1)[:, :most]
    else:
        chosen = np.broadcast_to(np.arange(keys.shape[1]), keys.shape)
    lowest = np.take_along_axis(keys, chosen, axis=1)
    order = np.argsort(lowest, axis=1)
    chosen = np.take_along_axis(chosen, order, axis=1)
    lowest = np.take_along_axis(lowest, order, axis=1)
    short = pose_frame.near(due_mm[chosen], origins_mm[:, None, :])
    sizes = np.where(short, _NEAR_BYTES, _FAR_BYTES)
    fits = (lowest < _NOT_NOW) & (np.cumsum(sizes, axis=1) <= room)
    kept = np.zeros(shown.shape, np.bool_)
    view, place = np.nonzero(fits)
    kept[view, chosen[view, place]] = True
    return kept
