"""How a voice sounds to a listener: its gain by distance, and from which side it comes.

The only function taken of floats is the square root, which IEEE 754 rounds correctly: of a square
below 2**52 its whole part is exact, so every machine finds the same millimetre.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

GAIN_FULL = 1_000
PAN_FULL = 1_000
FULL_WITHIN_MM = 1_000
"""WebAudio's reference distance: nearer than 1 m is not louder."""

_STEPS = 4_096  # 0.09 degrees each; a pan is told to one part in 1,000
_UNIT = 1 << 15
SINES = np.array([round(_UNIT * math.sin(2 * math.pi * k / _STEPS)) for k in range(_STEPS)])
"""Sines of 4,096ths of a turn, times 32,768. No entry lies so near a half that the last bit of a
machine's sine could round it the other way; a test looks."""
_YAW_SHIFT = 4
_QUARTER = _STEPS // 4


def squares_between(
    position_mm: NDArray[np.signedinteger], a: NDArray[np.integer], b: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Return the squared distances, mm², between rows `a` and rows `b` of positions (n, 3).

    A column at a time: taking whole rows costs numpy fifteen times as much.
    """
    total = np.zeros(len(a), np.int64)
    for axis in range(3):
        column = position_mm[:, axis].astype(np.int64)
        offset_mm = column.take(a) - column.take(b)
        total += offset_mm * offset_mm
    return total


def whole_roots(squares_mm2: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.int64]:
    """Return square roots of whole numbers rounded down, exact below 2**52."""
    return np.sqrt(squares_mm2, dtype=np.float64).astype(np.int64)


def linear_gains(distance_mm: NDArray[np.int64], *, range_mm: int) -> NDArray[np.int64]:
    """Return how loud voices are at these distances, in thousandths.

    WebAudio's `linear` model with refDistance 1, maxDistance the range and rolloffFactor 1, so that
    a browser's PannerNode agrees to the thousandth: full up to 1 m, then falling to 0 at the range.

    Worked: range 5,000 mm; 1,000 → 1,000; 3,000 → 500; 4,999 → 0; 5,400 → 0.
    """
    faded = GAIN_FULL * (range_mm - distance_mm) // (range_mm - FULL_WITHIN_MM)
    return np.clip(faded, 0, GAIN_FULL)


def pans(
    position_mm: NDArray[np.signedinteger],
    yaw: NDArray[np.uint16],
    listener: NDArray[np.integer],
    source: NDArray[np.integer],
) -> NDArray[np.int64]:
    """Return from which side each listener hears each source, both rows of (n, 3) and (n,).

    The sine, in thousandths, of the angle on the ground between where the listener faces and where
    the source is: -1,000 is straight left, 1,000 straight right, and 0 in front, behind, above or
    in the same place. A yaw of 0 faces -z with +x at the right hand; a quarter turn faces -x, as in
    A-Frame. Mirrored places have opposite pans.

    Worked: the source 3 m to +x and 4 m to -z of a listener who faces -z: 600; of one who faces -x
    (yaw 16,384): 800, for -z is then at the right hand.
    """
    step = yaw.astype(np.intp) >> _YAW_SHIFT
    sine, cosine = SINES[step], SINES[(step + _QUARTER) & (_STEPS - 1)]
    x_mm, z_mm = (position_mm[:, axis].astype(np.int64) for axis in (0, 2))
    x = x_mm.take(source) - x_mm.take(listener)
    z = z_mm.take(source) - z_mm.take(listener)
    rightward = x * cosine.take(listener) - z * sine.take(listener)
    away_mm = np.maximum(whole_roots(x * x + z * z), 1)
    side = PAN_FULL * np.abs(rightward) // (away_mm * _UNIT)
    signed: NDArray[np.int64] = np.sign(rightward) * np.minimum(side, PAN_FULL)
    return signed
