"""The table of poses: rows, quantities and what a body cannot do."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from actors.space.poses_table import LEAP_MM_MAX, PosesTable, millimetres, turns

metres = st.floats(-1e6, 1e6)
degrees = st.floats(-1e6, 1e6)


def added(table: PosesTable, position: dict[str, Any] | None = None) -> int:
    return table.add(position=position, rotation=None, speaking=False, receives=True, now_us=0)


@given(metres, degrees)
def test_quantities_are_within_half_a_unit(x: float, angle: float) -> None:
    """A millimetre, and 0.0055 degrees modulo a turn, are finer than anybody sees."""
    x_mm = int(millimetres(np.array(x)))
    units = int(turns(np.array(angle)))

    assert abs(x_mm / 1000 - x) <= 0.000_501
    off = (units * 360 / 65_536 - angle) % 360
    assert min(off, 360 - off) < 0.003
    assert 0 <= units < 65_536


@given(st.lists(st.booleans(), max_size=60))
def test_an_index_belongs_to_one_body_at_a_time(comings: list[bool]) -> None:
    """Whatever order people come and go in; the lowest free index is the next one."""
    table, present = PosesTable(), set[int]()
    for comes in comings:
        if comes:
            index = added(table)
            assert index == min(set(range(len(present) + 1)) - present)
            present.add(index)
        elif present:
            table.remove(present.pop())
    assert table.rows["receives"].sum() == len(present)


def test_a_body_leaps_10_km_at_once_and_then_as_far_as_its_allowance() -> None:
    """The stated bound: 10 km in hand, 1 km/s back; a refused leap costs nothing."""
    table = PosesTable()
    body = np.array([added(table, {"x": 0, "y": 0, "z": 0})])

    def leap(x_mm: int, now_us: int) -> bool:
        wanted_mm = np.array([(x_mm, 0, 0)])
        (possible,) = table.possible(body, wanted_mm, now_us=now_us).tolist()
        if possible:
            table.place(body, wanted_mm, np.zeros((1, 3), np.int64), tick=1)
        return bool(possible)

    assert not leap(LEAP_MM_MAX + 1, 0)
    assert leap(LEAP_MM_MAX, 0)
    assert not leap(LEAP_MM_MAX + 1, 0)
    assert not leap(LEAP_MM_MAX + 1_000_001, 1_000_000)
    assert leap(LEAP_MM_MAX + 2_000_000, 2_000_000)
    assert leap(LEAP_MM_MAX + 2_000_000, 2_000_000)


def test_a_body_whose_place_is_unknown_may_appear_anywhere() -> None:
    """The first position is where it begins, not a leap from the origin."""
    table = PosesTable()
    body = np.array([added(table)])

    assert table.possible(body, np.array([(10**9, 0, -(10**9))]), now_us=0).all()
