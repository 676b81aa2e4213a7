"""One space's hearing from tick to tick: who hears whom now, found from what changed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from actors.space.hearing.broadcast import Roles, broadcast_links
from actors.space.hearing.crowd import Bars, Crowd, Mode, Terms, link_keys
from actors.space.hearing.nearby import (
    Links,
    NearestVoices,
    few,
    hearers_within,
    no_links,
)
from actors.space.hearing.partners import Partners
from actors.space.hearing.relation import Relation, silence
from actors.space.hearing.sound import GAIN_FULL, linear_gains, pans


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the last answer was computed from; copies, since the space's table is written to."""

    life: NDArray[np.int64]
    position_mm: NDArray[np.signedinteger]
    listeners: NDArray[np.bool_]
    sources: NDArray[np.bool_]
    bar_keys: NDArray[np.int64]
    range_mm: int
    nearest_max: int

    def comparable(self, other: _Seen) -> bool:
        """Return whether only people changed, not the terms or the size of the table."""
        return (len(self.life), self.range_mm, self.nearest_max) == (
            len(other.life),
            other.range_mm,
            other.nearest_max,
        )


class HearingRule:
    """Decides who hears whom in one space, tick by tick.

    It remembers the last answer, for links that linger and pairs that stay, and what it was
    computed from, so that only the neighbourhoods of what changed are computed again. What it
    answers is the same as if everything had been (`anew`).

    Attributes:
        relation: the last answer.
        partners: super ambient's pairs; forgotten in other modes.
    """

    def __init__(self) -> None:
        self.relation: Relation = silence()
        self.partners = Partners()
        self._voices = NearestVoices()
        self._links: Links = no_links()
        self._seen: _Seen | None = None
        self._life: NDArray[np.int64] = np.zeros(0, np.int64)

    def update(self, crowd: Crowd, terms: Terms, *, anew: bool = False) -> Relation:
        """Return who hears whom at this tick.

        Args:
            crowd: the bodies now. Rows may have been added at the end since the last tick, never
                taken away.
            terms: in force at this tick; a change of mode is whole or not yet.
            anew: look at everybody again, whatever changed.
        """
        bars = Bars.of(crowd)
        roles = Roles.of(crowd, terms)
        before = self._still_there(crowd.life)
        parts = [broadcast_links(crowd, terms, bars, roles, before=before)]
        if terms.mode in {Mode.STAGE, Mode.AMBIENT}:
            self._links = self._by_distance(crowd, terms, bars, roles, before, anew=anew)
            parts.append(_heard_by_distance(crowd, terms, self._links))
        else:
            self._links, self._seen = no_links(), None
        if terms.mode is Mode.SUPERAMBIENT:
            pairs = self.partners.update(crowd, bars, count=terms.neighbor_count)
            parts.append(_heard_by_partners(crowd, bars, pairs))
            parts[0] = _without(parts[0], parts[1])
        else:
            self.partners.forget()
        self._life = crowd.life.copy()
        self.relation = Relation.of(
            np.concatenate([part.keys for part in parts]),
            np.concatenate([part.gain for part in parts]),
            np.concatenate([part.pan for part in parts]),
        )
        return self.relation

    def _still_there(self, life: NDArray[np.int64]) -> Relation:
        """Return those of the last links whose two ends are the same bodies as then."""
        if np.array_equal(self._life, life):
            return self.relation
        same = np.zeros(len(life), np.bool_)
        same[: len(self._life)] = self._life == life[: len(self._life)]
        return self.relation.where(same[self.relation.listener] & same[self.relation.source])

    def _by_distance(
        self,
        crowd: Crowd,
        terms: Terms,
        bars: Bars,
        roles: Roles,
        before: Relation,
        *,
        anew: bool,
    ) -> Links:
        seen, links = self._seen, self._links
        now = self._seen = _Seen(
            crowd.life.copy(),
            crowd.position_mm.copy(),
            crowd.present & crowd.placed,
            roles.ordinary,
            bars.keys,
            terms.range_mm,
            terms.nearest_max,
        )
        touched = now.listeners
        listeners, sources = int(now.listeners.sum()), int(now.sources.sum())
        anew = anew or few(listeners, sources)
        if seen is not None and not anew and seen.comparable(now):
            touched = touched & _touched(seen, now, crowd, self.relation)
        found = self._voices.find(
            crowd, terms, bars, listeners=touched, sources=now.sources, before=before
        )
        kept = links.where((now.listeners & ~touched)[links.listener])
        return Links(
            np.concatenate([kept.listener, found.listener]),
            np.concatenate([kept.source, found.source]),
            np.concatenate([kept.distance_mm, found.distance_mm]),
        )


def _touched(seen: _Seen, now: _Seen, crowd: Crowd, before: Relation) -> NDArray[np.bool_]:
    """Return which listeners may hear others by distance than at the last tick: bool (n,)."""
    moved: NDArray[np.bool_] = (seen.position_mm != now.position_mm).any(axis=1) | (
        seen.life != now.life
    )
    changed = (seen.sources != now.sources) | (moved & now.sources)
    touched: NDArray[np.bool_] = moved | (seen.listeners != now.listeners)
    touched[np.setxor1d(seen.bar_keys, now.bar_keys) >> 16] = True
    people = 1 + int(now.listeners.sum())
    if int((changed | touched).sum()) * (people + len(before)) * 2 > people**2:
        return now.listeners  # Nearly everybody is a neighbour of what changed.
    touched[before.listener[changed[before.source]]] = True
    near = hearers_within(
        crowd, now.range_mm, listeners=now.listeners & ~touched, around=changed & now.sources
    )
    touched[near] = True
    return touched


def _heard_by_distance(crowd: Crowd, terms: Terms, links: Links) -> Relation:
    return Relation(
        link_keys(links.listener, links.source),
        linear_gains(links.distance_mm, range_mm=terms.range_mm).astype(np.int16),
        pans(crowd.position_mm, crowd.yaw, links.listener, links.source).astype(np.int16),
    )


def _heard_by_partners(crowd: Crowd, bars: Bars, pairs: NDArray[np.int64]) -> Relation:
    """Return the links of pairs, both ways where neither is muted, at full gain."""
    listener = np.concatenate([pairs[:, 0], pairs[:, 1]])
    source = np.concatenate([pairs[:, 1], pairs[:, 0]])
    audible = crowd.heard[source] & ~bars.forbid(listener, source)
    listener, source = listener[audible], source[audible]
    there = crowd.placed[listener] & crowd.placed[source]
    side = pans(crowd.position_mm, crowd.yaw, listener, source)
    return Relation.of(
        link_keys(listener, source), np.full(len(listener), GAIN_FULL), np.where(there, side, 0)
    )


def _without(relation: Relation, others: Relation) -> Relation:
    """Return the links that `others` does not have."""
    return relation.where(~np.isin(relation.keys, others.keys))
