"""What each listener has been told of whom they hear, and what is news to them.

A link is told when it is made, when it ends and when it becomes one of another kind. How loud it is
and from which side it comes follows from the kind and from the positions that everybody knows, so
walking about within a link is no news: a browser's PannerNode does it at its own frame rate.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from actors.space.hearing.crowd import ROW_BITS, Broadcast, Crowd, Mode, Terms, link_keys
from actors.space.hearing.relation import Relation

KIND_BITS = 3
_ROW = (1 << ROW_BITS) - 1


class LinkKind(IntEnum):
    """By what right somebody is heard."""

    NEARBY = 0
    """By distance."""
    SPEAKER = 1
    """At full gain, from no side."""
    PARTNER = 2
    """At full gain, by place."""
    FULL_VOLUME = 3
    SPATIAL_ONLY = 4
    MIXED = 5
    """The last three: as the microphone they hold broadcasts."""


_KIND_OF_BROADCAST = np.array(
    [LinkKind.NEARBY, LinkKind.FULL_VOLUME, LinkKind.SPATIAL_ONLY, LinkKind.MIXED], np.int64
)
assert len(_KIND_OF_BROADCAST) == len(Broadcast)


def link_kinds(
    relation: Relation, crowd: Crowd, terms: Terms, pairs: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the kind of each link: int64 (m,).

    Args:
        relation: the answer for this crowd under these terms.
        crowd: of that answer.
        terms: of that answer.
        pairs: super ambient's, int64 (p, 2); none in other modes.
    """
    source = relation.source
    kinds = _KIND_OF_BROADCAST[crowd.broadcast[source]]
    if terms.speaker is not None and terms.mode in {Mode.ANNOUNCEMENT, Mode.STAGE}:
        kinds[source == terms.speaker] = LinkKind.SPEAKER
    if terms.mode is Mode.SUPERAMBIENT and len(pairs):
        one, other = pairs[:, 0], pairs[:, 1]
        both = np.concatenate([link_keys(one, other), link_keys(other, one)])
        kinds[np.isin(relation.keys, both)] = LinkKind.PARTNER
    return kinds


@dataclass(frozen=True, slots=True)
class News:
    """What one listener is to be told.

    Attributes:
        listener: their row.
        made: indices into the relation, of links that are new or of another kind than before.
        ended: rows that this listener heard until now and that hold the same bodies still.
        whole: `made` is all they hear, whatever they were told before.
    """

    listener: int
    made: NDArray[np.intp]
    ended: NDArray[np.int64]
    whole: bool


class Told:
    """What listeners know, by row; it follows the relation when `news` is taken."""

    def __init__(self) -> None:
        self._codes = np.zeros(0, np.int64)
        self._life = np.zeros(0, np.int64)

    def news(
        self,
        relation: Relation,
        kinds: NDArray[np.int64],
        life: NDArray[np.int64],
        *,
        whole: NDArray[np.bool_],
        asked: NDArray[np.bool_],
    ) -> Iterator[News]:
        """Yield what is news to whom, ascending by listener, and take it as told.

        Args:
            relation: who hears whom now.
            kinds: of its links, int64 (m,).
            life: which body each row holds, int64 (n,).
            whole: bool (n,), who is told all they hear; the others are told differences.
            asked: bool (n,), who of those is told even that they hear nobody and did not before.
        """
        before = self._still_true(life)
        codes = (relation.keys << KIND_BITS) | kinds
        made = np.flatnonzero(
            whole[relation.listener] | ~np.isin(codes, before, assume_unique=True)
        )
        known = before >> KIND_BITS
        gone = known[~np.isin(known, relation.keys, assume_unique=True)]
        gone = gone[~whole[gone >> ROW_BITS]]
        self._codes, self._life = codes, life.copy()
        made_by, gone_by, heard_by = relation.listener[made], gone >> ROW_BITS, known >> ROW_BITS
        concerned = [made_by, gone_by, heard_by[whole[heard_by]], np.flatnonzero(whole & asked)]
        listeners = np.unique(np.concatenate(concerned))
        first, last = np.searchsorted(made_by, listeners), np.searchsorted(made_by, listeners + 1)
        start, end = np.searchsorted(gone_by, listeners), np.searchsorted(gone_by, listeners + 1)
        for k, listener in enumerate(listeners.tolist()):
            yield News(
                listener,
                made[first[k] : last[k]],
                gone[start[k] : end[k]] & _ROW,
                bool(whole[listener]),
            )

    def _still_true(self, life: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what was told of bodies that are still here, to bodies that are."""
        if np.array_equal(self._life, life):
            return self._codes
        same = np.zeros(len(life), np.bool_)
        same[: len(self._life)] = self._life == life[: len(self._life)]
        keys = self._codes >> KIND_BITS
        true: NDArray[np.int64] = self._codes[same[keys >> ROW_BITS] & same[keys & _ROW]]
        return true
