"""Which movers are news at a publication, and when the next quiet one is due.

Everything here is per mover, whoever looks at them; `interest` then asks per view. Time is counted
in ticks, the periods of the space. A mover who is shown to somebody once in p ticks has windows of
p ticks, shifted by its index so that not all begin together: it is shown at the first fresh update
in a window, so that what is shown is never old, and once more when it has rested for more than p
ticks, if its last update came later in the window. The windows of 8, 4 and 2 ticks nest.

Whoever has come to rest, and whoever is repeated, is *owed* to everybody: so many a publication
that a frame has room for all of them, and the others at the next.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PERIODS = (2, 4, 8)
"""Of those who are not shown at every tick; level 0 is full rate, level n has PERIODS[n - 1]."""
LEVELS = len(PERIODS) + 1
REFRESH_S = 5
"""Whoever moved lately is repeated this often: with their next step, or as they rest."""
LATELY_S = 60
"""Longer than a client that reads nothing stays connected (45 s without a pong)."""

ALL_LEVELS = (1 << LEVELS) - 1
OWED = 1 << LEVELS
_REFRESH = len(PERIODS)  # the column of its windows
_LAST = len(PERIODS) - 1


def due(
    rows: NDArray[np.void], fresh: NDArray[np.intp], *, tick: int, hz: int, owed_max: int
) -> NDArray[np.uint8]:
    """Return at which levels each row is shown now, and remember that it was.

    Args:
        rows: of `poses_table.ROW`; `window` and `behind` are changed.
        fresh: the rows whose pose is published now; their `changed_tick` is `tick`.
        tick: the present one.
        hz: ticks a second.
        owed_max: how many every frame has room for, whoever else is due.

    Returns:
        A set of bits a row: bit n for level n, and `OWED` with all of them.
    """
    phase = tick + np.arange(len(rows))
    is_fresh = np.zeros(len(rows), np.bool_)
    is_fresh[fresh] = True
    marks = is_fresh.astype(np.uint8)
    rest = tick - rows["changed_tick"]
    resting = ~is_fresh & (rest < LATELY_S * hz) & rows["placed"]
    for column, period in enumerate(PERIODS):
        window = phase // period
        first = is_fresh & (window > rows["window"][:, column])
        rows["window"][first, column] = window[first]
        behind = rows["behind"][:, column]
        if column == _LAST:
            marks[first] |= 1 << (column + 1)
            rows["behind"][:, column] = behind | is_fresh
        else:
            late = resting & behind & (rest > period)
            marks[first | late] |= 1 << (column + 1)
            rows["behind"][:, column] = (behind | is_fresh) & ~(first | late)
    window = phase // (REFRESH_S * hz)
    # A pose of somebody who walks would be old by now; their next step is not.
    rested = resting & (rest > PERIODS[-1])
    again = (window > rows["window"][:, _REFRESH]) & (is_fresh | rested)
    # Who has come to rest is shown to all: a view may have changed its level meanwhile.
    owed = _in_turn(again | (rested & rows["behind"][:, _LAST]), owed_max, tick=tick)
    rows["window"][owed, _REFRESH] = window[owed]
    rows["behind"][owed[rested[owed]], _LAST] = False
    marks[owed] = ALL_LEVELS | OWED
    return marks


def _in_turn(owed: NDArray[np.bool_], most: int, *, tick: int) -> NDArray[np.intp]:
    """Return the rows of at most so many; everybody's turn comes within rows / most ticks."""
    index = np.flatnonzero(owed)
    if len(index) <= most:
        return index
    begin = int(np.searchsorted(index, tick * most % len(owed)))
    return np.roll(index, -begin)[:most]


def next_tick(rows: NDArray[np.void], *, tick: int, hz: int) -> int | None:
    """Return the next tick at which something is due though nobody moves; None: never."""
    lately, refresh = LATELY_S * hz, REFRESH_S * hz
    index = np.flatnonzero(rows["placed"] & (tick - rows["changed_tick"] < lately))
    if not index.size:
        return None
    changed = rows["changed_tick"][index]
    waits = (tick + index) // refresh > rows["window"][index, _REFRESH]
    if (waits & (tick - changed > PERIODS[-1]) & (tick + 1 - changed < lately)).any():
        return tick + 1
    again = np.maximum(((tick + index) // refresh + 1) * refresh - index, changed + PERIODS[-1] + 1)
    again = again[again - changed < lately]
    soonest = [again.min()] if again.size else []
    for column, period in enumerate(PERIODS):
        behind = rows["behind"][index, column]
        if behind.any():
            soonest.append(changed[behind].min() + period + 1)
    return max(int(min(soonest)), tick + 1) if soonest else None
