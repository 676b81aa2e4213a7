"""Where somebody who walks to and fro is at a time, in whole millimetres."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isqrt

from engine.clock import SECOND_US

Point = tuple[int, int]


def place_mm(corners: Sequence[Point], mm_per_s: int, walked_us: int) -> Point:
    """Return where a walker is who set out from the first corner `walked_us` ago.

    At the last corner the walker turns and goes the same way back. Corners in millimetres; integers
    throughout, so that every machine gives the same place.
    """
    if not corners:
        return (0, 0)
    legs = [isqrt((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) for a, b in pairwise(corners)]
    whole_mm = sum(legs)
    if whole_mm == 0:
        return corners[0]
    there_mm = walked_us * mm_per_s // SECOND_US % (2 * whole_mm)
    if there_mm > whole_mm:
        there_mm = 2 * whole_mm - there_mm
    for leg_mm, (a, b) in zip(legs, pairwise(corners), strict=True):
        if there_mm <= leg_mm and leg_mm:
            return (
                a[0] + (b[0] - a[0]) * there_mm // leg_mm,
                a[1] + (b[1] - a[1]) * there_mm // leg_mm,
            )
        there_mm -= leg_mm
    return corners[-1]
