"""Crowds for the tests of hearing: built a person at a time, and the rule said in plain loops."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isqrt

import numpy as np
from hypothesis import strategies as st

from actors.space.hearing.crowd import Broadcast, Crowd, Mode, Terms
from actors.space.hearing.relation import Relation


@dataclass
class Person:
    at_mm: tuple[int, int, int] | None = (0, 0, 0)
    yaw: int = 0
    may_speak: bool = True
    broadcast: Broadcast = Broadcast.NONE
    life: int = 1


@dataclass
class Room:
    people: list[Person | None]
    muted_pairs: list[tuple[int, int]] = field(default_factory=list)
    blocked_pairs: list[tuple[int, int]] = field(default_factory=list)

    def crowd(self) -> Crowd:
        people = [person or Person(life=0) for person in self.people]
        n = len(people)
        return Crowd(
            life=np.array([p.life for p in people], np.int64),
            position_mm=np.array([p.at_mm or (0, 0, 0) for p in people], np.int32).reshape(n, 3),
            placed=np.array([p.at_mm is not None for p in people], np.bool_),
            yaw=np.array([p.yaw for p in people], np.uint16),
            may_speak=np.array([p.may_speak for p in people], np.bool_),
            broadcast=np.array([p.broadcast for p in people], np.uint8),
            muted_pairs=np.array(self.muted_pairs, np.int64).reshape(-1, 2),
            blocked_pairs=np.array(self.blocked_pairs, np.int64).reshape(-1, 2),
        )


Link = tuple[int, int]


def gains(relation: Relation) -> dict[Link, int]:
    """Return the gain of each link."""
    links = zip(relation.listener.tolist(), relation.source.tolist(), strict=True)
    return dict(zip(links, relation.gain.tolist(), strict=True))


def squared_mm2(crowd: Crowd, a: int, b: int) -> int:
    there, here = crowd.position_mm[a].tolist(), crowd.position_mm[b].tolist()
    return int(sum((p - q) ** 2 for p, q in zip(there, here, strict=True)))


def barred(crowd: Crowd) -> set[Link]:
    blocked = [tuple(pair) for pair in crowd.blocked_pairs.tolist()]
    return {(a, b) for a, b in crowd.muted_pairs.tolist()} | {
        link for a, b in blocked for link in ((a, b), (b, a))
    }


def plainly(crowd: Crowd, terms: Terms, before: dict[Link, int], same: set[int]) -> dict[Link, int]:
    """Return the gains of announcement, stage and ambient, a pair of people at a time.

    Args:
        crowd: as the rule gets it.
        terms: not of super ambient.
        before: the last answer.
        same: rows that hold the body they held then.
    """
    links: dict[Link, int] = {}
    people = np.flatnonzero(crowd.present).tolist()
    barred_links = barred(crowd)
    for ear in people:
        near: list[tuple[int, int, int]] = []
        for mouth in people:
            if mouth == ear or not crowd.heard[mouth] or (ear, mouth) in barred_links:
                continue
            spoken_to = terms.mode is not Mode.AMBIENT and mouth == terms.speaker
            if spoken_to:
                links[ear, mouth] = 1_000
                continue
            if terms.mode is Mode.ANNOUNCEMENT:
                continue
            kind = Broadcast(int(crowd.broadcast[mouth]))
            if kind is Broadcast.FULL_VOLUME:
                links[ear, mouth] = 1_000
                continue
            placed = bool(crowd.placed[ear] and crowd.placed[mouth])
            d2, gain = squared_mm2(crowd, ear, mouth), 0
            if placed:
                faded = 1_000 * (terms.range_mm - isqrt(d2)) // (terms.range_mm - 1_000)
                gain = min(max(faded, 0), 1_000)
            if kind is Broadcast.MIXED:
                links[ear, mouth] = max(gain, 500)
                continue
            had = (ear, mouth) in before and ear in same and mouth in same
            audible = d2 < terms.range_mm**2 or (had and 100 * d2 <= 121 * terms.range_mm**2)
            if placed and audible and kind is Broadcast.SPATIAL_ONLY:
                links[ear, mouth] = gain
            elif placed and audible:
                near.append((isqrt(d2), mouth, gain))
        for _, mouth, gain in sorted(near)[: terms.nearest_max]:
            links[ear, mouth] = gain
    return links


axes_mm = st.integers(-4_000, 4_000) | st.integers(-12_000, 12_000) | st.sampled_from([0, 1_000])
places_mm = st.tuples(axes_mm, st.sampled_from([0, 0, 1_600, 4_000]), axes_mm)
persons = st.builds(
    Person,
    at_mm=places_mm | places_mm | st.none(),
    yaw=st.integers(0, 65_535),
    may_speak=st.sampled_from([True, True, False]),
    broadcast=st.sampled_from([Broadcast.NONE] * 6 + list(Broadcast)),
)
plain_persons = st.builds(Person, at_mm=places_mm, yaw=st.integers(0, 65_535))


@st.composite
def rooms(draw: st.DrawFn, *, person: st.SearchStrategy[Person] = persons, most: int = 14) -> Room:
    """Draw people, some rows empty, and a few who mute or block each other."""
    people: list[Person | None] = draw(
        st.lists(person | person | st.none(), min_size=2, max_size=most)
    )
    row = st.integers(0, len(people) - 1)
    pairs = st.lists(st.tuples(row, row).filter(lambda pair: pair[0] != pair[1]), max_size=4)
    return Room(people, draw(pairs), draw(pairs))


def some_terms(*modes: Mode) -> st.SearchStrategy[Terms]:
    return st.builds(
        Terms,
        mode=st.sampled_from(modes or tuple(Mode)),
        speaker=st.none() | st.integers(0, 1),
        range_mm=st.sampled_from([5_000, 5_000, 1_001, 2_345, 20_000]),
        neighbor_count=st.integers(1, 2),
        nearest_max=st.sampled_from([1, 2, 3, 12]),
    )
