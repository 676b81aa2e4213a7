"""Who is heard beyond the cap of the nearest: the speaker, and holders of microphones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from actors.space.hearing.crowd import Bars, Broadcast, Crowd, Mode, Terms, link_keys
from actors.space.hearing.relation import Relation, silence
from actors.space.hearing.sound import GAIN_FULL, linear_gains, pans, squares_between, whole_roots

MIXED_FLOOR = GAIN_FULL // 2
"""Who holds a `mixed` microphone is nowhere quieter than at half gain, 6 dB down."""


@dataclass(frozen=True, slots=True)
class Roles:
    """Who is heard in which way at this tick; a person has one of them or none."""

    speaker: int | None
    """Heard by everybody at full gain, from no side."""
    microphones: NDArray[np.intp]
    """Rows that are heard as their microphone broadcasts."""
    ordinary: NDArray[np.bool_]
    """bool (n,): heard by distance, within the cap."""

    @classmethod
    def of(cls, crowd: Crowd, terms: Terms) -> Roles:
        """Return the roles that the mode leaves people."""
        heard = crowd.heard
        speaker = terms.speaker if terms.mode in {Mode.ANNOUNCEMENT, Mode.STAGE} else None
        if speaker is not None:
            speaker = speaker if heard[speaker] else None
        others = heard.copy()
        if terms.mode is Mode.ANNOUNCEMENT:
            others[:] = False
        elif speaker is not None:
            others[speaker] = False
        ordinary = others & crowd.placed & (crowd.broadcast == Broadcast.NONE)
        if terms.mode is Mode.SUPERAMBIENT:
            ordinary[:] = False
        return cls(speaker, np.flatnonzero(others & (crowd.broadcast != Broadcast.NONE)), ordinary)


def broadcast_links(
    crowd: Crowd, terms: Terms, bars: Bars, roles: Roles, *, before: Relation
) -> Relation:
    """Return the links to the speaker and to those who hold a microphone.

    Args:
        crowd: where everybody stands.
        terms: the range.
        bars: links that must not be.
        roles: of this crowd under these terms.
        before: links of the last tick, of these bodies.
    """
    loud = [] if roles.speaker is None else [roles.speaker]
    if not loud and not len(roles.microphones):
        return silence()
    present = np.flatnonzero(crowd.present)
    keys, gains, sides = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for source in [*loud, *roles.microphones.tolist()]:
        mouths = np.full(len(present), source)
        fit = (present != source) & ~bars.forbid(present, mouths)
        ears, mouths = present[fit], mouths[fit]
        links = link_keys(ears, mouths)
        gain = np.full(len(ears), GAIN_FULL)
        pan = np.zeros(len(ears), np.int64)
        kind = crowd.broadcast[source]
        if source != roles.speaker and kind != Broadcast.FULL_VOLUME:
            there = crowd.placed[ears] & crowd.placed[source]
            where_mm = crowd.position_mm
            away_mm2 = squares_between(where_mm, mouths, ears)
            by_distance = linear_gains(whole_roots(away_mm2), range_mm=terms.range_mm)
            gain = np.where(there, by_distance, 0)
            pan = np.where(there, pans(where_mm, crowd.yaw, ears, mouths), 0)
            if kind == Broadcast.MIXED:
                gain = np.maximum(gain, MIXED_FLOOR)
            else:
                near = away_mm2 < terms.range_mm**2
                near |= np.isin(links, before.keys) & (100 * away_mm2 <= 121 * terms.range_mm**2)
                near &= there
                links, gain, pan = links[near], gain[near], pan[near]
        keys.append(links)
        gains.append(gain)
        sides.append(pan)
    return Relation.of(np.concatenate(keys), np.concatenate(gains), np.concatenate(sides))
