"""The binary pose frame: many bodies in one event. The layout stands in docs/rules/poses.md."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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


def encode(
    indices: NDArray[np.intp],
    positions_mm: NDArray[np.int64],
    rotations: NDArray[np.uint16],
    *,
    origin_mm: NDArray[np.int64],
    epoch: int,
    tick: int,
) -> bytes:
    """Return the frame of these bodies: (n,), (n, 3), (n, 3).

    The origin's parts, and the positions', fit 31 bits, so that every offset fits 32.
    """
    short = near(positions_mm, origin_mm)
    parts = [
        HEADER.pack(
            VERSION,
            int(short.sum()),
            epoch & 0xFFFFFFFF,
            tick & 0xFFFFFFFF,
            *(int(part) for part in origin_mm),
        )
    ]
    for layout, which in ((NEAR, short), (FAR, ~short)):
        entries = np.empty(int(which.sum()), layout)
        entries["index"] = indices[which]
        entries["offset_mm"] = positions_mm[which] - origin_mm
        entries["rotation"] = rotations[which]
        parts.append(entries.tobytes())
    return b"".join(parts)


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
