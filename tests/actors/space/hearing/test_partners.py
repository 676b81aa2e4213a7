"""Super ambient's promises, with and without people who bar each other."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from math import isqrt

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.space.hearing.crowd import Bars, Mode, Terms
from actors.space.hearing.partners import Partners
from actors.space.hearing.rule import HearingRule
from tests.actors.space.hearing.crowds import (
    Person,
    Room,
    barred,
    gains,
    places_mm,
    plain_persons,
    rooms,
    squared_mm2,
)

Pair = tuple[int, int]


def pairs_of(partners: Partners, room: Room, count: int) -> set[Pair]:
    crowd = room.crowd()
    pairs = partners.update(crowd, Bars.of(crowd), count=count)
    found = [(a, b) for a, b in pairs.tolist()]
    assert found == sorted(set(found))
    assert all(a < b for a, b in found)
    return set(found)


def degrees(pairs: set[Pair], room: Room) -> dict[int, int]:
    crowd = room.crowd()
    return {
        row: sum(row in pair for pair in pairs) for row in np.flatnonzero(crowd.present).tolist()
    }


def must_be_alone(room: Room, most: int) -> int:
    """Return how many are alone in the best graph with at most so many partners each.

    Las Vergnas: over all sets S, those who may meet nobody outside S, less `most` for each in S.
    """
    crowd = room.crowd()
    people = np.flatnonzero(crowd.present).tolist()
    bars = barred(crowd)
    open_to = {
        a: {b for b in people if b != a and (a, b) not in bars and (b, a) not in bars}
        for a in people
    }
    return max(
        sum(not open_to[a] - set(taken) for a in people if a not in taken) - most * size
        for size in range(len(people) + 1)
        for taken in combinations(people, size)
    )


@st.composite
def histories(draw: st.DrawFn, *, most: int = 9) -> list[Room]:
    """Draw a room and what becomes of it as people come, go and walk, one at a time."""
    people: list[Person | None] = draw(
        st.lists(plain_persons | st.none(), min_size=2, max_size=most)
    )
    people = [person and replace(person, life=row + 1) for row, person in enumerate(people)]
    history = [Room(people)]
    for life in range(100, 100 + draw(st.integers(1, 8))):
        people = list(people)
        row = draw(st.integers(0, len(people) - 1))
        person = people[row]
        if person is None:
            people[row] = replace(draw(plain_persons), life=life)
        else:
            people[row] = draw(st.none() | st.just(replace(person, at_mm=draw(places_mm))))
        history.append(Room(people))
    return history


@settings(deadline=None)
@given(histories(), st.integers(1, 2))
def test_nobody_is_alone_and_nobody_has_too_many(history: list[Room], count: int) -> None:
    """With two or more eligible people all have partners within the same tick, at most the count.

    One more only where an odd number forces it: with a count of 1, one person of an odd number.
    """
    partners = Partners()
    for room in history:
        have = degrees(pairs_of(partners, room, count), room)
        if len(have) >= 2:
            assert min(have.values()) >= 1
            over = [row for row, degree in have.items() if degree > count]
            assert len(over) == (len(have) % 2 if count == 1 else 0)
            assert max(have.values()) <= (count + 1 if over else count)


@settings(deadline=None)
@given(histories(), st.integers(1, 2))
def test_a_pair_stays_while_both_stay_unless_somebody_would_be_alone(
    history: list[Room], count: int
) -> None:
    """Walking parts nobody; of those who come or are left, each who would be alone parts one."""
    partners = Partners()
    lives: list[int] = []
    before: set[Pair] = set()
    for room in history:
        now_lives = [person.life if person else 0 for person in room.people]
        stay = {row for row, life in enumerate(lives) if life != 0 and life == now_lives[row]}
        kept = {(a, b) for a, b in before if a in stay and b in stay}
        lonely = [row for row, degree in degrees(kept, room).items() if degree == 0]
        pairs = pairs_of(partners, room, count)
        assert len(kept - pairs) <= len(lonely)
        if lives == now_lives:
            assert pairs == before
        lives, before = now_lives, pairs


@settings(deadline=None, max_examples=200)
@given(st.lists(rooms(most=7), min_size=1, max_size=3), st.integers(1, 2))
def test_with_people_who_bar_each_other_no_more_are_alone_than_must_be(
    history: list[Room], count: int
) -> None:
    """Barred pairs never are; who is alone, has no place in any graph with count + 1 a person."""
    partners = Partners()
    for room in history:
        room.people += [None] * (7 - len(room.people))
        pairs = pairs_of(partners, room, count)
        bars = barred(room.crowd())
        have = degrees(pairs, room)

        assert not {(a, b) for a, b in bars if (min(a, b), max(a, b)) in pairs}
        assert set(have) >= {row for pair in pairs for row in pair}
        assert max(have.values(), default=0) <= count + 1
        assert sum(degree == 0 for degree in have.values()) == must_be_alone(room, count + 1)
        if count == 2 and must_be_alone(room, 2) == 0:
            assert max(have.values(), default=0) <= 2


@settings(deadline=None)
@given(rooms(person=plain_persons), st.integers(1, 2))
def test_what_is_heard_in_super_ambient_is_mutual(room: Room, count: int) -> None:
    """Partners hear each other at full gain wherever they stand, and a muted one listens."""
    rule = HearingRule()
    room.people = [
        person and replace(person, may_speak=row != 1) for row, person in enumerate(room.people)
    ]
    heard = gains(rule.update(room.crowd(), Terms(mode=Mode.SUPERAMBIENT, neighbor_count=count)))
    pairs = pairs_of(rule.partners, room, count)

    assert set(heard) == {link for a, b in pairs for link in ((a, b), (b, a)) if link[1] != 1}
    assert set(heard.values()) <= {1_000}


@settings(deadline=None)
@given(histories(), st.integers(1, 2))
def test_the_same_history_gives_the_same_pairs(history: list[Room], count: int) -> None:
    """Nothing is drawn by chance."""
    one, other = Partners(), Partners()
    for room in history:
        assert pairs_of(one, room, count) == pairs_of(other, room, count)


def nearest_first(room: Room) -> set[Pair]:
    """Return who is paired when all pairs are tried from the nearest on, one partner each."""
    crowd = room.crowd()
    tried = sorted(
        (isqrt(squared_mm2(crowd, a, b) // 4) * 2, a, b)
        for a, b in combinations(range(len(room.people)), 2)
    )
    taken: set[int] = set()
    pairs = set()
    for _, a, b in tried:
        if a not in taken and b not in taken:
            pairs.add((a, b))
            taken |= {a, b}
    return pairs


def test_partners_are_the_nearest_first() -> None:
    """In a hall of 300, circle by circle, the same pairs as when all 44,850 were tried in order."""
    chance = np.random.default_rng(3)
    spots = (chance.integers(-15_000, 15_000, (300, 3)) * [2, 0, 2]).tolist()
    room = Room([Person(at_mm=(x, y, z)) for x, y, z in spots])

    assert pairs_of(Partners(), room, 1) == nearest_first(room)


def test_three_who_know_each_other_make_a_triangle_and_a_fourth_is_let_in() -> None:
    """The figures of docs/rules/partners.md: one pair parts so that nobody is alone."""
    people: list[Person | None] = [
        Person(at_mm=(0, 0, 0)),
        Person(at_mm=(1_000, 0, 0)),
        Person(at_mm=(0, 0, 2_000)),
    ]
    partners = Partners()
    assert pairs_of(partners, Room(people), 2) == {(0, 1), (0, 2), (1, 2)}

    people.append(Person(at_mm=(30_000, 0, 0)))
    assert pairs_of(partners, Room(people), 2) == {(0, 2), (0, 3), (1, 2), (1, 3)}


def test_a_fifth_makes_a_third_and_a_sixth_takes_them_out_again() -> None:
    """The other figures of docs/rules/partners.md: one too many only while the number is odd."""
    people: list[Person | None] = [Person(at_mm=(x, 0, 0)) for x in (0, 1_000, 10_000, 11_500)]
    partners = Partners()
    assert pairs_of(partners, Room(people), 1) == {(0, 1), (2, 3)}

    people.append(Person(at_mm=(14_000, 0, 0)))
    assert pairs_of(partners, Room(people), 1) == {(0, 1), (2, 3), (3, 4)}

    people.append(Person(at_mm=(20_000, 0, 0)))
    assert pairs_of(partners, Room(people), 1) == {(0, 1), (2, 3), (4, 5)}


def test_one_too_many_is_undone_when_the_bars_fall() -> None:
    """Three who block each other share the fourth; when they make up, nobody has three partners."""
    people: list[Person | None] = [Person(at_mm=(x, 0, 0)) for x in (0, 1_000, 2_000, 3_000)]
    quarrel = Room(people, blocked_pairs=[(1, 2), (2, 3), (1, 3)])
    partners = Partners()
    assert pairs_of(partners, quarrel, 2) == {(0, 1), (0, 2), (0, 3)}

    have = degrees(pairs_of(partners, Room(people), 2), quarrel)
    assert set(have.values()) == {2}


def test_fewer_partners_allowed_part_the_farther() -> None:
    """When the count falls from 2 to 1 the nearer partner stays and the rest meet anew."""
    people: list[Person | None] = [Person(at_mm=(x, 0, 0)) for x in (0, 1_000, 9_000, 10_500)]
    partners = Partners()
    pairs_of(partners, Room(people), 2)

    assert pairs_of(partners, Room(people), 1) == {(0, 1), (2, 3)}


def test_a_thousand_at_the_door_are_all_in_company() -> None:
    """Everybody in one point, or without a known place, costs no more than a hall."""
    room = Room([Person(at_mm=None if row % 3 else (0, 0, 0)) for row in range(1_000)])
    have = degrees(pairs_of(Partners(), room, 2), room)

    assert set(have.values()) == {2}
