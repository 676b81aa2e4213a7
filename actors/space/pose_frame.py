"""The binary pose frame: many bodies in one event. The layout stands in docs/rules/poses.md."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from actors.space.interest import Views

VERSION = 1
HEADER = struct.Struct("<BxHII3i")
"""Version, near entries, epoch, tick, origin in millimetres."""

NEAR = np.dtype([("index", "<u2"), ("offset_mm", "<i2", 3), ("rotation", "<u2", 3)])
FAR = np.dtype([("index", "<u2"), ("offset_mm", "<i4", 3), ("rotation", "<u2", 3)])
NEAR_MM_MAX = (1 << 15) - 1
"""An offset of 16 bits reaches 32.767 m from the origin along each axis."""


def near(positions_mm: NDArray[np.int64], origin_mm: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which positions (n, 3) have the short form in a frame of this origin."""
    fits: NDArray[np.bool_] = (np.abs(positions_mm - origin_mm) <= NEAR_MM_MAX).all(axis=-1)
    return fits


def encode_views(
    shown: Views, rows: NDArray[np.void], *, epoch: int, tick: int
) -> Iterator[tuple[NDArray[np.intp], bytes]]:
    """Yield the receivers and the frame of each view that has something to show.

    Somebody who has a view for themself is not told only where they are themself. The origins'
    parts, and the positions', fit 31 bits, so that every offset fits 32.

    Args:
        shown: the views.
        rows: of `poses_table.ROW`.
        epoch: the space's.
        tick: the present one.
    """
    offsets = rows["position_mm"][shown.body] - shown.origins_mm[shown.view]  # (e, 3)
    short = (np.abs(offsets) <= NEAR_MM_MAX).all(axis=-1)
    parts, ends = [], []
    views = np.arange(1, len(shown.origins_mm) + 1)
    for layout, which in ((NEAR, np.flatnonzero(short)), (FAR, np.flatnonzero(~short))):
        entries = np.empty(which.size, layout)
        body = shown.body[which]
        entries["index"] = body
        entries["offset_mm"] = offsets[which]
        entries["rotation"] = rows["rotation"][body]
        parts.append(entries.tobytes())
        ends.append(np.searchsorted(shown.view[which], views).tolist())
    bodies_end = np.searchsorted(shown.view, views).tolist()
    near_begin = far_begin = body_begin = receiver_begin = 0
    for near_end, far_end, body_end, receiver_end, origin in zip(
        *ends, bodies_end, shown.receivers_end.tolist(), shown.origins_mm.tolist(), strict=True
    ):
        receivers = shown.receivers[receiver_begin:receiver_end]
        bodies = body_end - body_begin
        alone = bodies == 1 == receivers.size and shown.body[body_begin] == receivers[0]
        if bodies and not alone:
            near_entries = parts[0][near_begin * NEAR.itemsize : near_end * NEAR.itemsize]
            far_entries = parts[1][far_begin * FAR.itemsize : far_end * FAR.itemsize]
            head = HEADER.pack(
                VERSION, near_end - near_begin, epoch & 0xFFFFFFFF, tick & 0xFFFFFFFF, *origin
            )
            yield receivers, head + near_entries + far_entries
        near_begin, far_begin = near_end, far_end
        body_begin, receiver_begin = body_end, receiver_end


@dataclass(frozen=True, slots=True)
class PoseFrame:
    """A decoded frame; `poses` maps a body's index to millimetres and 65,536ths of a turn."""

    epoch: int
    tick: int
    poses: dict[int, tuple[tuple[int, ...], tuple[int, ...]]]


def decode(data: bytes) -> PoseFrame:
    """Return what a frame says.

    Raises:
        ValueError: it is no frame of this version.
    """
    if len(data) < HEADER.size or data[0] != VERSION:
        raise ValueError("no pose frame of version 1")
    _version, shorts, epoch, tick, *origin = HEADER.unpack_from(data)
    end = HEADER.size + shorts * NEAR.itemsize
    if end > len(data) or (len(data) - end) % FAR.itemsize:
        raise ValueError("a pose frame of the wrong length")
    poses = {}
    for layout, part in ((NEAR, data[HEADER.size : end]), (FAR, data[end:])):
        entries = np.frombuffer(part, layout)
        positions = entries["offset_mm"].astype(np.int64) + np.array(origin, np.int64)
        for index, position, rotation in zip(
            entries["index"].tolist(),
            positions.tolist(),
            entries["rotation"].tolist(),
            strict=True,
        ):
            poses[index] = (tuple(position), tuple(rotation))
    return PoseFrame(epoch, tick, poses)
