"""The table of poses: rows, quantities and what a body cannot do."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actors.person import Person
from actors.space.moves import IMPOSSIBLE, WALKS, carry_out
from actors.space.poses_table import PosesTable, millimetres, turns
from actors.space.roster import LEAP_MM_MAX, Body, Roster

metres = st.floats(-1e6, 1e6)
degrees = st.floats(-1e6, 1e6)


def added(table: PosesTable, position: dict[str, Any] | None = None) -> int:
    return table.add(position=position, rotation=None, speaking=False, receives=True)


@given(metres, degrees)
def test_quantities_are_within_half_a_unit(x: float, angle: float) -> None:
    """A millimetre, and 0.0055 degrees modulo a turn, are finer than anybody sees."""
    x_mm = millimetres(x)
    units = turns(angle)

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


def present(position: dict[str, Any] | None) -> tuple[Roster, Body]:
    roster = Roster()
    body = Body(
        socket_id="ada",
        life=1,
        person=Person(account="ada"),
        position=position,
        avatar_data=None,
        voice_enabled=False,
        connected_at_us=0,
        active_at_us=0,
    )
    roster.add(body)
    return roster, body


def test_a_body_leaps_10_km_at_once_and_then_as_far_as_its_allowance() -> None:
    """The stated bound: 10 km in hand, 1 km/s back; a refused leap costs nothing."""
    roster, body = present({"x": 0, "y": 0, "z": 0})

    def leap(x_mm: int, now_us: int) -> bool:
        update = {"position": {"x": x_mm / 1000, "y": 0, "z": 0}}
        before = roster.table.rows.copy()
        step = carry_out(body, update, roster.table, now_us=now_us, tick=1)
        if step is IMPOSSIBLE:
            assert (roster.table.rows == before).all()
        return step is not IMPOSSIBLE

    assert not leap(LEAP_MM_MAX + 1, 0)
    assert leap(LEAP_MM_MAX, 0)
    assert not leap(LEAP_MM_MAX + LEAP_MM_MAX, 0)
    assert not leap(LEAP_MM_MAX + 1, 0)
    assert not leap(LEAP_MM_MAX + 1_000_001, 1_000_000)
    assert leap(LEAP_MM_MAX + 2_000_000, 2_000_000)
    assert leap(LEAP_MM_MAX + 2_000_000, 2_000_000)


def test_a_body_whose_place_is_unknown_may_appear_anywhere() -> None:
    """The first position is where it begins, not a leap from the origin."""
    roster, body = present(None)
    update = {"position": {"x": 1e6, "y": 0, "z": -1e6}}

    assert carry_out(body, update, roster.table, now_us=0, tick=1) is WALKS
    assert roster.table.rows["position_mm"][body.pose_index].tolist() == [10**9, 0, -(10**9)]


@given(st.lists(st.tuples(metres, degrees, st.booleans(), st.booleans()), max_size=8))
def test_what_an_update_does_not_say_stays_as_it_is(
    said: list[tuple[float, float, bool, bool]],
) -> None:
    """SPEC 2: position and rotation are kept apart; the row holds the newest of each."""
    roster, body = present({"x": 0, "y": 0, "z": 0})
    place, turned = (0, 0, 0), (0, 0, 0)
    for number, (x, angle, walks, turns_round) in enumerate(said, start=1):
        update: dict[str, Any] = {}
        if walks:
            update["position"] = {"x": x, "y": 1, "z": -x}
            place = millimetres(x), 1000, millimetres(-x)
        if turns_round:
            update["rotation"] = {"x": 0, "y": angle, "z": -angle}
            turned = 0, turns(angle), turns(-angle)
        was = roster.table.cells.place_mm(body.pose_index)
        step = carry_out(body, update, roster.table, now_us=number * 10**10, tick=number)
        row = roster.table.rows[body.pose_index]
        if step is IMPOSSIBLE:
            assert max(abs(a - b) for a, b in zip(place, was, strict=True)) > LEAP_MM_MAX
            return
        assert (step is WALKS) == (place != was)
        assert (tuple(row["position_mm"]), tuple(row["rotation"])) == (place, turned)
        assert row["changed_tick"] == number
