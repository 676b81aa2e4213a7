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

from actors.space.hearing.changes import (
    KIND_BITS,
    LISTENER_SHIFT,
    Change,
    Codes,
    change,
    columns,
    no_codes,
)
from actors.space.hearing.crowd import Broadcast, Crowd, Mode, Terms, link_keys
from actors.space.hearing.relation import Relation


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
    """What listeners know, by row; it follows the answer when `take` is given one."""

    def __init__(self) -> None:
        self._codes = no_codes()
        self._life = np.zeros(0, np.int64)

    def take(self, codes: Codes, life: NDArray[np.int64]) -> Change:
        """Return what of an answer differs from what listeners know, and take it as told.

        Args:
            codes: int64 (m,), ascending.
            life: which body each row holds, int64 (n,). What was told of bodies that are gone, or
                to them, is forgotten.
        """
        before = self._codes
        if not np.array_equal(self._life, life):
            same = np.zeros(len(life), np.bool_)
            same[: len(self._life)] = self._life == life[: len(self._life)]
            listener, source, _ = columns(before)
            before = before[same[listener] & same[source]]
        self._codes, self._life = codes, life.copy()
        return change(before, codes)


def news(taken: Change, *, whole: NDArray[np.bool_], asked: NDArray[np.bool_]) -> Iterator[News]:
    """Yield what is news to whom, ascending by listener.

    Args:
        taken: what `Told.take` has answered.
        whole: bool (n,), who is told all they hear; the others are told differences.
        asked: bool (n,), who of those is told even that they hear nobody and did not before.
    """
    made = taken.made
    keys = taken.ended >> KIND_BITS
    gone = keys[~np.isin(keys, taken.now[made] >> KIND_BITS, assume_unique=True)]
    gone_by, gone_from, _ = columns(gone << KIND_BITS)
    concerned = [np.flatnonzero(whole & asked)]
    if whole.any():
        hear = taken.now >> LISTENER_SHIFT
        made = np.union1d(made, np.flatnonzero(whole[hear]))
        heard = taken.before >> LISTENER_SHIFT
        concerned.append(heard[whole[heard]])
        told = ~whole[gone_by]
        gone_by, gone_from = gone_by[told], gone_from[told]
    made_by = taken.now[made] >> LISTENER_SHIFT
    listeners = np.unique(np.concatenate([*concerned, made_by, gone_by]))
    first, last = np.searchsorted(made_by, listeners), np.searchsorted(made_by, listeners + 1)
    start, end = np.searchsorted(gone_by, listeners), np.searchsorted(gone_by, listeners + 1)
    for k, listener in enumerate(listeners.tolist()):
        yield News(
            listener,
            made[first[k] : last[k]],
            gone_from[start[k] : end[k]],
            bool(whole[listener]),
        )
