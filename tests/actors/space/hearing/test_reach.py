"""Among a few people, looking for steps over a range is as good as asking the rule."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from actors.space.hearing.crowd import Crowd, Mode, Terms
from actors.space.hearing.reach import Reach
from actors.space.hearing.rule import HearingRule
from actors.space.poses_table import PosesTable
from tests.actors.space.hearing.crowds import Person, Room, places_mm, rooms, some_terms

Walk = dict[int, tuple[int, int, int]]
edges_mm = st.sampled_from([0, 4_999, 5_000, 5_200, 5_499, 5_500, 5_501, 5_700, 6_000])
on_an_edge = st.tuples(edges_mm, st.just(0), st.just(0))
steps = st.dictionaries(st.integers(0, 3) | st.integers(0, 11), on_an_edge | places_mm, max_size=3)
walks = st.lists(steps, max_size=8)


def stand(table: PosesTable, places: Walk) -> None:
    """Put bodies where they walk, as poses do."""
    for row, place in places.items():
        table.cells.set_place_mm(row, place)


@settings(deadline=None, max_examples=200)
@example(
    Room([Person(), Person()]),
    Terms(mode=Mode.AMBIENT),
    [{1: (4_999, 0, 0)}, {1: (5_200, 0, 0)}, {1: (5_501, 0, 0)}, {0: (600, 0, 0)}],
)
@given(rooms(most=12), some_terms(Mode.STAGE, Mode.AMBIENT, Mode.SUPERAMBIENT), walks)
def test_while_nobody_crosses_a_range_the_rule_links_the_same_people(
    room: Room, terms: Terms, walks: list[Walk]
) -> None:
    """SPEC 3: hearing in a small space follows every step that matters, and no other is paid for.

    Everybody within reach is heard there, by the cap on how many a listener hears.
    """
    terms = replace(terms, nearest_max=12)
    crowd = room.crowd()
    table = PosesTable()
    stand(table, {n: one.at_mm for n, one in enumerate(room.people) if one and one.at_mm})

    def now() -> Crowd:
        rows = table.rows[: len(room.people)]
        return replace(crowd, position_mm=rows["position_mm"], placed=rows["placed"])

    rule = HearingRule()
    links = rule.update(now(), terms).keys.tolist()
    here = [n for n, one in enumerate(room.people) if one is not None and one.at_mm is not None]
    reach = Reach(here, table.cells, terms)
    for walk in walks:
        present = {
            row: place
            for row, place in walk.items()
            if row < len(room.people) and room.people[row] is not None
        }
        stand(table, present)
        if reach.walked(present, table.cells):
            links = rule.update(now(), terms).keys.tolist()
        else:
            assert rule.update(now(), terms, anew=True).keys.tolist() == links
