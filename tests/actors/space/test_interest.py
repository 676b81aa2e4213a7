"""Who is shown whom: nobody is forgotten, the near come first, and the budget holds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.space import interest, pose_frame
from actors.space.poses_table import PosesTable

grounds = st.integers(-2_000_000, 2_000_000) | st.integers(-1_000_000_000, 1_000_000_000)


def crowd(places: list[tuple[int, int]], *, receives: bool = True) -> PosesTable:
    table = PosesTable()
    for x_mm, z_mm in places:
        table.add(
            position={"x": x_mm / 1000, "y": 0, "z": z_mm / 1000},
            rotation=None,
            speaking=False,
            receives=receives,
            now_us=0,
        )
    return table


def line(people: int, apart_mm: int) -> PosesTable:
    return crowd([(number * apart_mm, 0) for number in range(people)])


def move(table: PosesTable, indices: list[int], tick: int) -> None:
    places = [tuple(place) for place in table.rows["position_mm"][indices].tolist()]
    table.place(indices, places, [(0, 0, 0)] * len(indices), tick=tick)


def shown(table: PosesTable, tick: int) -> dict[int, set[int]]:
    """Return whom each receiver is shown."""
    return {
        receiver: set(view.bodies.tolist())
        for view in interest.views(table.rows, tick=tick)
        for receiver in view.receivers.tolist()
    }


@settings(max_examples=40)
@given(st.lists(st.tuples(grounds, grounds), min_size=2, max_size=150), st.integers(100, 10_000))
def test_a_move_reaches_everybody_within_8_ticks_or_the_refresh(
    places: list[tuple[int, int]], at: int
) -> None:
    """Whoever moved is shown to everybody in time, however far away, where the budget has room."""
    table = crowd(places)
    movers = list(range(min(len(places), 40)))
    move(table, movers, at)
    seen: dict[int, set[int]] = {receiver: set() for receiver in range(len(places))}
    for tick in range(at, at + interest.FAR_PERIOD):
        for receiver, bodies in shown(table, tick).items():
            seen[receiver] |= bodies

    for receiver, bodies in seen.items():
        assert bodies >= set(movers) - {receiver}


@settings(max_examples=40)
@given(st.lists(st.tuples(grounds, grounds), min_size=1, max_size=300))
def test_each_receiver_has_one_view_and_few_views_are_made(places: list[tuple[int, int]]) -> None:
    """What a tick costs is bounded, wherever people stand."""
    table = crowd(places)
    move(table, list(range(len(places))), 5)
    views = list(interest.views(table.rows, tick=5))

    receivers = [each for view in views for each in view.receivers.tolist()]
    assert len(receivers) == len(set(receivers))
    assert len(views) <= interest.VIEWS_MAX
    for view in views:
        frame = pose_frame.encode(
            view.bodies,
            table.rows["position_mm"][view.bodies].astype(np.int64),
            table.rows["rotation"][view.bodies],
            origin_mm=view.origin_mm,
            epoch=1,
            tick=5,
        )
        assert len(frame) <= interest.BUDGET_BYTES


def test_the_nearest_are_shown_at_every_tick() -> None:
    """In a long queue the 30 people around somebody are fresh; the far end is not."""
    table = line(400, 2_000)
    for tick in range(100, 110):
        move(table, list(range(400)), tick)
        bodies = shown(table, tick)[200]
        assert bodies >= set(range(190, 211)) - {200}
        assert len(bodies) < 150


def test_an_open_microphone_is_shown_at_every_tick_from_any_distance() -> None:
    """People look at who talks."""
    table = line(400, 2_000)
    table.rows["speaking"][399] = True
    for tick in range(100, 110):
        move(table, list(range(400)), tick)
        assert 399 in shown(table, tick)[0]


def test_a_missed_frame_is_made_good() -> None:
    """Who moved once is repeated every 75 ticks for a minute, and then there is silence."""
    table = line(3, 1_000)
    move(table, [1], 1_000)
    repeated = [tick for tick in range(1_001, 3_000) if shown(table, tick)]

    assert repeated[0] <= 1_000 + interest.REFRESH_TICKS
    assert np.diff(repeated).tolist() == [interest.REFRESH_TICKS] * (len(repeated) - 1)
    assert 1_000 + interest.LATELY_TICKS - interest.REFRESH_TICKS <= repeated[-1] < 1_900


def test_what_the_budget_leaves_out_is_not_always_the_same() -> None:
    """A thousand people in one hall: within 5 s everybody has seen everybody move."""
    table = line(1_000, 20)
    seen: set[int] = set()
    for tick in range(1, 76):
        move(table, list(range(1_000)), tick)
        seen |= shown(table, tick)[500]

    assert len(seen) == 1_000


def test_nobody_is_told_only_where_they_are_themself() -> None:
    """Somebody alone in a space causes no traffic; without binary receivers nobody does."""
    alone = line(1, 0)
    move(alone, [0], 1)
    stock = crowd([(0, 0), (1, 1)], receives=False)
    move(stock, [0], 1)

    assert shown(alone, 1) == {}
    assert shown(stock, 1) == {}
