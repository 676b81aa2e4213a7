"""Who is shown whom: nobody is forgotten, the near come first, and the budget holds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from actors.space import freshness, interest, pose_frame
from actors.space.poses_table import PosesTable

HZ = 15
OWED_MAX = interest.owed_max(interest.BUDGET_BYTES)
grounds = st.integers(-2_000_000, 2_000_000) | st.integers(-1_000_000_000, 1_000_000_000)


def crowd(places: list[tuple[int, int]], *, receives: bool = True) -> PosesTable:
    table = PosesTable()
    for x_mm, z_mm in places:
        table.add(
            position={"x": x_mm / 1000, "y": 0, "z": z_mm / 1000},
            rotation=None,
            speaking=False,
            receives=receives,
        )
    return table


def line(people: int, apart_mm: int) -> PosesTable:
    return crowd([(number * apart_mm, 0) for number in range(people)])


def move(table: PosesTable, indices: list[int], tick: int) -> NDArray[np.intp]:
    at = np.array(indices, np.intp)
    table.rows["changed_tick"][at] = tick
    return at


def publish(table: PosesTable, movers: list[int], tick: int) -> dict[int, set[int]]:
    """Return whom each receiver is shown when these move at this tick."""
    fresh = move(table, movers, tick)
    marks = freshness.due(table.rows, fresh, tick=tick, hz=HZ, owed_max=OWED_MAX)
    views = interest.views(table.rows, marks, tick=tick)
    if views is None:
        return {}
    frames = pose_frame.encode_views(views, table.rows, epoch=1, tick=tick)
    return {
        receiver: set(pose_frame.decode(frame).poses)
        for receivers, frame in frames
        for receiver in receivers.tolist()
    }


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(grounds, grounds), min_size=2, max_size=150), st.integers(100, 10_000))
def test_a_move_reaches_everybody_at_once_or_within_8_ticks(
    places: list[tuple[int, int]], at: int
) -> None:
    """Whoever moved is shown to everybody in time, however far away, where the budget has room."""
    table = crowd(places)
    movers = list(range(min(len(places), 40)))
    seen: dict[int, set[int]] = {receiver: set() for receiver in range(len(places))}
    for tick in range(at, at + 10):
        for receiver, bodies in publish(table, movers if tick == at else [], tick).items():
            seen[receiver] |= bodies

    for receiver, bodies in seen.items():
        assert bodies >= set(movers) - {receiver}


walks = st.lists(st.lists(st.booleans(), min_size=1, max_size=40), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(walks, st.sampled_from([0, 14_000, 60_000, 500_000]), st.integers(0, 500))
def test_nobody_starves_and_what_is_shown_is_fresh(
    walks: list[list[bool]], away_mm: int, begin: int
) -> None:
    """Each receiver sees a mover within the mover's period, and the last pose in the end.

    40 others around the receiver take the places of the nearest, so that `away_mm` decides.
    """
    others = 40
    table = crowd([(away_mm, n) for n in range(len(walks))], receives=False)
    for n in range(others):
        table.add(
            position={"x": 0, "y": 0, "z": n / 1000},
            rotation=None,
            speaking=False,
            receives=n == 0,
        )
    receiver, crowded = len(walks), list(range(len(walks), len(walks) + others))
    period = 8 if away_mm > 64_000 else 4 if away_mm > 16_000 else 2
    moved_at: dict[int, int] = {}
    seen_at: dict[int, int] = {}
    for step in range(60):
        tick = begin + step
        movers = [n for n, walk in enumerate(walks) if step < len(walk) and walk[step]]
        shown = publish(table, movers + crowded, tick).get(receiver, set())
        for n in movers:
            moved_at[n] = tick
        for n in shown & moved_at.keys():
            seen_at[n] = tick
        for n, at in moved_at.items():
            assert seen_at.get(n, -1) >= at or tick - at <= period
            assert n not in movers or tick - seen_at.get(n, begin - 1) <= 2 * period

    assert all(seen_at[n] >= at for n, at in moved_at.items())


@settings(max_examples=60, deadline=None)
@given(walks)
def test_a_mover_is_shown_once_in_a_window_and_once_at_rest(walks: list[list[bool]]) -> None:
    """Far movers cost an eighth: at most one update in 8 ticks, one more when they rest."""
    table = crowd([(0, 0)] * len(walks))
    at_level_3: dict[int, list[int]] = {n: [] for n in range(len(walks))}
    for tick in range(60):
        movers = [n for n, walk in enumerate(walks) if tick < len(walk) and walk[tick]]
        fresh = move(table, movers, tick)
        marks = freshness.due(table.rows, fresh, tick=tick, hz=HZ, owed_max=OWED_MAX)
        for n in movers:
            if marks[n] >> 3 & 1:
                at_level_3[n].append(tick)

    for n, ticks in at_level_3.items():
        windows = [(tick + n) // 8 for tick in ticks]
        refreshes = 60 // (freshness.REFRESH_S * HZ) + 2
        assert len(windows) - len(set(windows)) <= refreshes


@settings(max_examples=15, deadline=None)
@given(walks, st.integers(0, 10_000))
def test_the_next_quiet_publication_is_known(walks: list[list[bool]], begin: int) -> None:
    """A space sleeps until then and nothing is due before; so nobody has to look at every tick."""
    table = crowd([(0, 0)] * len(walks))
    awake: int | None = None
    for tick in range(begin, begin + 50 + freshness.LATELY_S * HZ):
        step = tick - begin
        movers = [n for n, walk in enumerate(walks) if step < len(walk) and walk[step]]
        if not movers and tick != awake:
            marks = freshness.due(
                table.rows.copy(), move(table, [], tick), tick=tick, hz=HZ, owed_max=OWED_MAX
            )
            assert not marks.any() or (awake is not None and tick > awake)
            continue
        marks = freshness.due(
            table.rows, move(table, movers, tick), tick=tick, hz=HZ, owed_max=OWED_MAX
        )
        assert marks.any()
        awake = freshness.next_tick(table.rows, tick=tick, hz=HZ)
        assert awake is None or awake > tick

    assert awake is None


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(grounds, grounds), min_size=1, max_size=300), st.integers(80, 1_400))
def test_each_receiver_has_one_view_and_few_views_are_made(
    places: list[tuple[int, int]], budget_bytes: int
) -> None:
    """What a publication costs is bounded, in views and in bytes, wherever people stand."""
    table = crowd(places)
    fresh = move(table, list(range(len(places))), 5)
    owed_max = interest.owed_max(budget_bytes)
    marks = freshness.due(table.rows, fresh, tick=5, hz=HZ, owed_max=owed_max)
    views = interest.views(table.rows, marks, tick=5, budget_bytes=budget_bytes)

    assert views is not None
    receivers = views.receivers.tolist()
    assert sorted(receivers) == list(range(len(places)))
    assert len(views.origins_mm) <= interest.VIEWS_MAX
    for _, frame in pose_frame.encode_views(views, table.rows, epoch=1, tick=5):
        assert len(frame) <= budget_bytes


def test_the_worked_figures() -> None:
    """The example of docs/rules/poses.md."""
    table = line(1, 0)
    table.rows["window"] = 0  # not the first move after a long rest, nor one that is repeated
    table.rows["window"][:, 1] = -1
    shown = []
    for tick in range(60):
        fresh = move(table, [0] if tick in (0, 1, 3, 4, 6, 7) else [], tick)
        marks = freshness.due(table.rows, fresh, tick=tick, hz=HZ, owed_max=OWED_MAX)
        shown += [tick] * int(marks[0] >> 2 & 1)

    assert shown == [0, 4, 12, 16]


def test_the_nearest_are_shown_at_every_tick() -> None:
    """In a long queue the 30 people around somebody are fresh; the far end is not."""
    table = line(400, 2_000)
    for tick in range(100, 110):
        bodies = publish(table, list(range(400)), tick)[200]
        assert bodies >= set(range(190, 211)) - {200}
        assert tick == 100 or len(bodies) < 150


def test_an_open_microphone_is_shown_at_every_tick_from_any_distance() -> None:
    """People look at who talks."""
    table = line(400, 2_000)
    table.rows["speaking"][399] = True
    for tick in range(100, 110):
        assert 399 in publish(table, list(range(400)), tick)[0]


def test_a_missed_frame_is_made_good() -> None:
    """Who moved once is repeated every 5 s for a minute, and then there is silence."""
    table = line(3, 1_000)
    publish(table, [1], 1_000)
    at_rest, *repeated = [tick for tick in range(1_001, 3_000) if publish(table, [], tick)]

    assert at_rest == 1_009
    assert repeated[0] <= 1_000 + freshness.REFRESH_S * HZ
    assert np.diff(repeated).tolist() == [freshness.REFRESH_S * HZ] * (len(repeated) - 1)
    assert 1_000 + (freshness.LATELY_S - freshness.REFRESH_S) * HZ <= repeated[-1] < 1_900


@settings(max_examples=20, deadline=None)
@given(
    st.integers(2, 400),
    st.integers(0, 100),
    st.sampled_from([20, 3_000, 400_000]),
    st.integers(0, 1_000),
)
def test_who_stops_in_a_crowd_is_soon_seen_where_they_stand(
    stopping: int, walking: int, apart_mm: int, begin: int
) -> None:
    """However many stop at once and whoever else walks on: 8 ticks, and then 34 a tick, to all."""
    table = line(stopping + walking, apart_mm)
    everybody = set(range(stopping + walking))
    walkers = list(range(stopping, stopping + walking))
    publish(table, sorted(everybody), begin)
    seen: dict[int, set[int]] = {receiver: set() for receiver in everybody}
    for tick in range(begin + 1, begin + 10 + -(-len(everybody) // OWED_MAX)):
        for receiver, bodies in publish(table, walkers, tick).items():
            if tick > begin + freshness.PERIODS[-1]:
                seen[receiver] |= bodies

    for receiver, bodies in seen.items():
        assert bodies >= set(range(stopping)) - {receiver}


def test_what_the_budget_leaves_out_is_not_always_the_same() -> None:
    """A thousand people in one hall: within 5 s everybody has seen everybody move."""
    table = line(1_000, 20)
    seen: set[int] = set()
    for tick in range(1, 76):
        seen |= publish(table, list(range(1_000)), tick)[500]

    assert len(seen) == 1_000


def test_nobody_is_told_only_where_they_are_themself() -> None:
    """Somebody alone in a space causes no traffic; without binary receivers nobody does."""
    alone = line(1, 0)
    stock = crowd([(0, 0), (1, 1)], receives=False)

    assert publish(alone, [0], 1) == {}
    assert publish(stock, [0], 1) == {}
