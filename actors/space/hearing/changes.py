"""Links with their kind as numbers, and what changed from one answer to the next.

A code is `listener << 19 | source << 3 | kind`. Codes ascend, each link once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from actors.space.hearing.crowd import ROW_BITS

KIND_BITS = 3
LISTENER_SHIFT = ROW_BITS + KIND_BITS
_ROW = (1 << ROW_BITS) - 1
_KIND = (1 << KIND_BITS) - 1

Codes = NDArray[np.int64]


class Columns(NamedTuple):
    """Of codes: int64 (m,) each."""

    listener: NDArray[np.int64]
    source: NDArray[np.int64]
    kind: NDArray[np.int64]


def columns(codes: Codes) -> Columns:
    """Return what codes are made of."""
    return Columns(codes >> LISTENER_SHIFT, codes >> KIND_BITS & _ROW, codes & _KIND)


def no_codes() -> Codes:
    """Return the codes of nobody hearing anybody."""
    return np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Change:
    """What turns some codes into others; of a link that changed its kind, both codes.

    Attributes:
        before: int64 (b,), ascending.
        now: int64 (m,), ascending.
        made: where in `now` those stand that `before` lacks: intp, ascending.
        ended: those of `before` that `now` lacks: int64, ascending.
    """

    before: Codes
    now: Codes
    made: NDArray[np.intp]
    ended: Codes


def change(before: Codes, now: Codes) -> Change:
    """Return what changed, by one sort of both; both ascend."""
    if np.array_equal(before, now):
        return Change(before, now, np.zeros(0, np.intp), no_codes())
    both = np.concatenate([before << 1, (now << 1) | 1])
    both.sort()
    code = both >> 1
    twice = code[1:] == code[:-1]
    alone = np.ones(len(both), np.bool_)
    alone[1:][twice] = False
    alone[:-1][twice] = False
    lone = both[alone]
    new = (lone & 1) == 1
    return Change(before, now, np.searchsorted(now, lone[new] >> 1), lone[~new] >> 1)
