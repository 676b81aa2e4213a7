"""Whose pose goes to whom at this tick. Integers only: every machine decides alike.

People who stand in one cell of a grid share a view, and a view is one set of bytes. A view gets the
32 movers nearest to it and those whose microphone is open at every tick, others less often by
distance, and everybody who moved lately once more in turn: a frame that a slow reader missed is
made good without a word from it. See docs/rules/poses.md for worked figures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from actors.space import pose_frame

VIEWS_MAX = 64  # views times movers is what a tick costs
CELL_MM = 8_000
NEAREST = 32
BANDS = ((16_000, 2), (64_000, 4))
"""Up to this far from the view, in millimetres, once in so many ticks."""
FAR_PERIOD = 8
REFRESH_TICKS = 75
"""Whoever moved lately is repeated this often, whether or not they moved again: 5 s at 15 Hz."""
LATELY_TICKS = 900
"""60 s at 15 Hz, longer than a client that reads nothing stays connected (45 s without a pong)."""
BUDGET_BYTES = 1_400
"""A frame fits one network packet: 98 near bodies. At 15 Hz that is 21 kB/s a receiver."""

_COARSE = 3  # squares of distances are taken in 8 mm, so that they fit 64 bits


@dataclass(frozen=True, slots=True)
class View:
    """The rows who share a view, whom they are shown, and what the frame counts from."""

    receivers: NDArray[np.intp]
    bodies: NDArray[np.intp]
    origin_mm: NDArray[np.int64]


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


def views(rows: NDArray[np.void], *, tick: int) -> Iterator[View]:
    """Yield the views that have something to show at this tick.

    Args:
        rows: of `poses_table.ROW`.
        tick: the present one; poses that arrived for it carry it as `changed_tick`.
    """
    receivers = np.flatnonzero(rows["receives"])
    changed = rows["changed_tick"]
    turn = (tick + np.arange(len(rows))) % REFRESH_TICKS == 0
    due = rows["placed"] & (changed > tick - np.where(turn, LATELY_TICKS, FAR_PERIOD))
    movers = np.flatnonzero(due)
    if not receivers.size or not movers.size:
        return
    ears_mm = rows["position_mm"][receivers].astype(np.int64)
    shared = cells(ears_mm)
    people = np.bincount(shared)
    sums = np.zeros((len(people), 3), np.int64)
    np.add.at(sums, shared, ears_mm)
    origins_mm = sums // people[:, None]  # (v, 3)
    movers_mm = rows["position_mm"][movers].astype(np.int64)
    far, shown = _due(rows, movers, movers_mm, origins_mm, turn=turn[movers], tick=tick)
    for view, origin_mm in enumerate(origins_mm):
        chosen = np.flatnonzero(shown[view])
        if not chosen.size:
            continue
        here = receivers[shared == view]
        chosen = _afford(chosen, far[view], movers, movers_mm, origin_mm)
        bodies = movers[chosen]
        if here.size == 1 and bodies.size == 1 and here[0] == bodies[0]:
            continue  # Nobody needs to be told where they are themself.
        yield View(here, bodies, origin_mm)


def _due(
    rows: NDArray[np.void],
    movers: NDArray[np.intp],
    movers_mm: NDArray[np.int64],
    origins_mm: NDArray[np.int64],
    *,
    turn: NDArray[np.bool_],
    tick: int,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return how far down each view's list each mover stands, and which are shown: (v, m) both.

    The movers at full rate come first, by distance; the others follow in an order that differs from
    tick to tick, so that what the budget leaves out is not always the same.
    """
    offsets = (movers_mm[None, :, :] - origins_mm[:, None, :]) >> _COARSE  # (v, m, 3)
    squares = np.einsum("vmi,vmi->vm", offsets, offsets)
    full = np.broadcast_to(rows["speaking"][movers], squares.shape)
    if movers.size > NEAREST:
        limit = np.partition(squares, NEAREST - 1, axis=1)[:, NEAREST - 1]
        full = full | (squares <= limit[:, None])
    else:
        full = np.ones_like(full)
    period = np.full(squares.shape, FAR_PERIOD)
    for reach_mm, ticks in reversed(BANDS):
        period[squares <= (reach_mm >> _COARSE) ** 2] = ticks
    period[full] = 1
    changed = rows["changed_tick"][movers]
    moved = changed > tick - period
    shown = (moved & ((tick + movers) % period == 0)) | turn
    lottery = (movers * 40_503 + tick * 25_717) & 0xFFFF
    far = np.where(full & moved, squares, (1 << 60) + (period << 16) + lottery)
    return far, shown


def _afford(
    chosen: NDArray[np.intp],
    far: NDArray[np.int64],
    movers: NDArray[np.intp],
    movers_mm: NDArray[np.int64],
    origin_mm: NDArray[np.int64],
) -> NDArray[np.intp]:
    """Return those that the budget has room for, the first of the list first."""
    room = BUDGET_BYTES - pose_frame.HEADER.size
    if chosen.size * pose_frame.FAR.itemsize <= room:
        return chosen
    chosen = chosen[np.lexsort((movers[chosen], far[chosen]))]
    short = pose_frame.near(movers_mm[chosen], origin_mm)
    sizes = np.where(short, pose_frame.NEAR.itemsize, pose_frame.FAR.itemsize)
    return chosen[np.cumsum(sizes) <= room]
