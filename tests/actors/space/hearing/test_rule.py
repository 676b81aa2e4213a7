"""Who hears whom, mode by mode: SPEC's sentences, each a property."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.space.hearing.crowd import Broadcast, Crowd, Mode, Terms
from actors.space.hearing.relation import apply, diff
from actors.space.hearing.rule import HearingRule
from tests.actors.space.hearing.crowds import (
    Person,
    Room,
    barred,
    gains,
    persons,
    plain_persons,
    plainly,
    rooms,
    some_terms,
    squared_mm2,
)

EVERYBODY = 1_000

pytestmark = pytest.mark.usefixtures("either_way")


def answer(crowd: Crowd, terms: Terms) -> dict[tuple[int, int], int]:
    return gains(HearingRule().update(crowd, terms))


@settings(deadline=None)
@given(rooms(), some_terms(Mode.ANNOUNCEMENT))
def test_announcement_every_listener_hears_exactly_the_speaker(room: Room, terms: Terms) -> None:
    """At full gain, wherever they stand and whoever else holds a microphone."""
    crowd = room.crowd()
    expected = {}
    if terms.speaker is not None and crowd.heard[terms.speaker]:
        listeners = np.flatnonzero(crowd.present).tolist()
        links = {(ear, terms.speaker) for ear in listeners if ear != terms.speaker}
        expected = dict.fromkeys(links - barred(crowd), 1_000)

    assert answer(crowd, terms) == expected


@settings(deadline=None)
@given(rooms(), some_terms(Mode.STAGE))
def test_stage_is_the_speaker_for_all_and_ambient_for_the_rest(room: Room, terms: Terms) -> None:
    """The speaker at gain 1 for everybody; others exactly as in ambient with the speaker silent."""
    crowd = room.crowd()
    heard = answer(crowd, terms)
    speaker = terms.speaker
    spoken = {link: gain for link, gain in heard.items() if link[1] == speaker}
    if speaker is not None:
        room.people[speaker] = replace(room.people[speaker] or Person(life=0), may_speak=False)
    ambient = answer(room.crowd(), replace(terms, mode=Mode.AMBIENT))

    assert {link: gain for link, gain in heard.items() if link[1] != speaker} == ambient
    assert spoken == answer(crowd, replace(terms, mode=Mode.ANNOUNCEMENT))


@settings(deadline=None)
@given(rooms(person=plain_persons), some_terms(Mode.AMBIENT), st.data())
def test_ambient_is_symmetric_before_the_cap(room: Room, terms: Terms, data: st.DataObject) -> None:
    """Distance has no direction, so with equal permissions neither has loudness; nor the memory."""
    room.muted_pairs = []
    terms = replace(terms, nearest_max=EVERYBODY)
    rule = HearingRule()
    for _ in range(3):
        heard = gains(rule.update(room.crowd(), terms))
        assert heard == {(source, listener): gain for (listener, source), gain in heard.items()}
        moved = data.draw(st.integers(0, len(room.people) - 1))
        room.people[moved] = data.draw(plain_persons)


@settings(deadline=None)
@given(rooms(), some_terms(Mode.AMBIENT))
def test_ambient_gain_never_grows_with_distance_and_is_zero_beyond_the_range(
    room: Room, terms: Terms
) -> None:
    """Who stands farther from a listener is not louder; from the range on nobody is heard."""
    crowd = room.crowd()
    ordinary = {
        link: gain
        for link, gain in answer(crowd, terms).items()
        if crowd.broadcast[link[1]] == Broadcast.NONE
    }
    for (listener, source), gain in ordinary.items():
        distance = squared_mm2(crowd, listener, source)
        assert distance < terms.range_mm**2
        for (ear, other), other_gain in ordinary.items():
            if ear == listener and squared_mm2(crowd, ear, other) <= distance:
                assert other_gain >= gain


@settings(deadline=None)
@given(
    st.sampled_from([5_000, 1_001, 2_345, 20_000]),
    st.lists(st.integers(0, 2_000), min_size=1, max_size=20),
    st.sampled_from([Broadcast.NONE, Broadcast.SPATIAL_ONLY]),
)
def test_a_link_once_made_lasts_to_11_tenths_of_the_range(
    range_mm: int, thousandths: list[int], broadcast: Broadcast
) -> None:
    """It is made nearer than the range, and once made ends beyond 1.1 times the range."""
    rule, linked = HearingRule(), False
    terms = Terms(mode=Mode.AMBIENT, range_mm=range_mm)
    for thousandth in thousandths:
        away_mm = range_mm * thousandth // 1_000
        people: list[Person | None] = [
            Person(),
            Person(at_mm=(0, 0, -away_mm), broadcast=broadcast),
        ]
        heard = gains(rule.update(Room(people).crowd(), terms))
        linked = away_mm < range_mm or (linked and 10 * away_mm <= 11 * range_mm)
        assert ((0, 1) in heard) == linked
        if away_mm >= range_mm:
            assert heard.get((0, 1), 0) == 0


@settings(deadline=None)
@given(rooms(person=plain_persons, most=30), some_terms(Mode.AMBIENT))
def test_the_cap_keeps_the_nearest(room: Room, terms: Terms) -> None:
    """Nobody is left out for somebody a millimetre farther; ties go to the lower row."""
    crowd = room.crowd()
    heard, whole = answer(crowd, terms), answer(crowd, replace(terms, nearest_max=EVERYBODY))
    for listener in range(len(crowd.life)):
        all_of_them = sorted(
            (math.isqrt(squared_mm2(crowd, listener, source)), source)
            for ear, source in whole
            if ear == listener
        )
        kept = {source for ear, source in heard if ear == listener}
        assert kept == {source for _, source in all_of_them[: terms.nearest_max]}


@settings(deadline=None)
@given(rooms(), some_terms())
def test_nobody_hears_who_must_not_be_heard(room: Room, terms: Terms) -> None:
    """Never oneself, a muted or blocked source, somebody without permission, or nobody's row."""
    crowd = room.crowd()
    heard = set(answer(crowd, terms))

    assert not heard & barred(crowd)
    for listener, source in heard:
        assert listener != source
        assert crowd.present[listener]
        assert crowd.present[source]
        assert crowd.may_speak[source]


@settings(deadline=None)
@given(rooms(), some_terms())
def test_without_a_position_only_what_needs_no_distance_is_heard(room: Room, terms: Terms) -> None:
    """The speaker, microphones that reach everybody, and partners; from no side."""
    crowd = room.crowd()
    relation = HearingRule().update(crowd, terms)
    for listener, source, pan in zip(
        relation.listener.tolist(), relation.source.tolist(), relation.pan.tolist(), strict=True
    ):
        if not (crowd.placed[listener] and crowd.placed[source]):
            assert pan == 0
            assert (
                source == terms.speaker
                or terms.mode is Mode.SUPERAMBIENT
                or crowd.broadcast[source] in {Broadcast.FULL_VOLUME, Broadcast.MIXED}
            )


@settings(max_examples=200, deadline=None)
@given(rooms(), st.lists(some_terms(), min_size=1, max_size=8), st.data())
def test_what_is_updated_equals_what_is_computed_anew_and_said_plainly(
    room: Room, terms: list[Terms], data: st.DataObject
) -> None:
    """People walk, come, go, mute and block; modes change: three ways give one answer each tick.

    A tick is of one mode: the differences lead from the last answer to this one whole.
    """
    rule, anew = HearingRule(), HearingRule()
    before: dict[tuple[int, int], int] = {}
    lives = [person.life if person else 0 for person in room.people]
    life = 1
    for term in terms:
        old = rule.relation
        crowd = room.crowd()
        same = {row for row, was in enumerate(lives) if was == crowd.life[row]}
        lives = crowd.life.tolist()
        relation = rule.update(crowd, term)
        heard = gains(relation)
        assert relation == anew.update(crowd, term, anew=True)
        assert apply(old, diff(old, relation)) == relation
        if term.mode is not Mode.SUPERAMBIENT:
            assert heard == plainly(crowd, term, before, same)
        before = heard
        for _ in range(data.draw(st.integers(0, 2))):
            row = data.draw(st.integers(0, len(room.people) - 1))
            life += 1
            person = data.draw(st.none() | persons)
            keep = room.people[row]
            if person is not None and keep is not None and data.draw(st.booleans()):
                room.people[row] = replace(keep, at_mm=person.at_mm)
            else:
                room.people[row] = person and replace(person, life=life)
        pair = data.draw(st.none() | st.permutations(range(len(room.people))).map(lambda p: p[:2]))
        if pair is not None:
            room.muted_pairs = [*room.muted_pairs[-3:], (pair[0], pair[1])]


@settings(deadline=None)
@given(rooms(), some_terms(), st.data())
def test_the_same_inputs_give_the_same_relation_in_any_order(
    room: Room, terms: Terms, data: st.DataObject
) -> None:
    """Mutes and blocks in another order, or twice, change nothing; nor which way a block names."""
    twin = Room(
        room.people,
        data.draw(st.permutations(room.muted_pairs * 2)),
        data.draw(st.permutations([(b, a) for a, b in room.blocked_pairs] * 2)),
    )

    assert HearingRule().update(room.crowd(), terms) == HearingRule().update(twin.crowd(), terms)


@settings(deadline=None)
@given(rooms(), some_terms(Mode.ANNOUNCEMENT, Mode.STAGE, Mode.AMBIENT), st.data())
def test_who_came_first_does_not_matter(room: Room, terms: Terms, data: st.DataObject) -> None:
    """The same people in other rows hear the same, where no cap has to choose between equals."""
    terms = replace(terms, nearest_max=EVERYBODY)
    rows = data.draw(st.permutations(range(len(room.people))))
    place = {row: at for at, row in enumerate(rows)}
    moved = Room(
        [room.people[row] for row in rows],
        [(place[a], place[b]) for a, b in room.muted_pairs],
        [(place[a], place[b]) for a, b in room.blocked_pairs],
    )
    speaker = None if terms.speaker is None else place[terms.speaker]
    heard = answer(moved.crowd(), replace(terms, speaker=speaker))

    assert heard == {
        (place[a], place[b]): gain for (a, b), gain in answer(room.crowd(), terms).items()
    }


def test_microphones_reach_as_they_broadcast() -> None:
    """The figures of docs/rules/hearing.md: who stands 3 m and 30 m from the holder hears what."""
    expected = {
        Broadcast.NONE: (500, None),
        Broadcast.FULL_VOLUME: (1_000, 1_000),
        Broadcast.SPATIAL_ONLY: (500, None),
        Broadcast.MIXED: (500, 500),
    }
    for broadcast, (near, far) in expected.items():
        people: list[Person | None] = [
            Person(broadcast=broadcast),
            Person(at_mm=(3_000, 0, 0), may_speak=False),
            Person(at_mm=(30_000, 0, 0), may_speak=False),
        ]
        heard = answer(Room(people).crowd(), Terms(mode=Mode.AMBIENT))
        assert (heard.get((1, 0)), heard.get((2, 0))) == (near, far)


def test_a_microphone_is_heard_beyond_the_cap() -> None:
    """Who holds a spatial microphone is not crowded out by those who stand nearer."""
    people: list[Person | None] = [Person(at_mm=(100 * row, 0, 0)) for row in range(20)]
    people.append(Person(at_mm=(4_000, 0, 0), broadcast=Broadcast.SPATIAL_ONLY))
    heard = answer(Room(people).crowd(), Terms(mode=Mode.AMBIENT))

    assert (0, 20) in heard
    assert len([link for link in heard if link[0] == 0]) == 13


def test_in_a_dense_crowd_the_smaller_circles_find_the_same() -> None:
    """A thousand in a hall, some in one point: as plain loops say, for a sample of them."""
    chance = np.random.default_rng(7)
    spots = chance.integers(0, 8_000, (400, 2)).tolist()
    spots += [[4_000, 4_000]] * 150 + chance.integers(0, 200_000, (50, 2)).tolist()
    people: list[Person | None] = [Person(at_mm=(x, 0, z)) for x, z in spots]
    room = Room(people, muted_pairs=[(0, row) for row in range(1, 300)], blocked_pairs=[(5, 401)])
    terms = Terms(mode=Mode.AMBIENT)

    assert answer(room.crowd(), terms) == plainly(room.crowd(), terms, {}, set())
