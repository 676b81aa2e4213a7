"""Super ambient's partners: a graph in which nobody is alone and nobody has too many."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from actors.space.hearing.crowd import ROW_BITS, Bars, Crowd
from actors.space.hearing.pairing import ALL_MAX, CIRCLE_MM_MAX, Places


class Partners:
    """Keeps everybody in company: mutual pairs, few a person, that stay while both stay.

    Who is present is eligible, for everybody may listen; being muted ends nothing. Pairs are made
    nearest first, first for those who are alone, then for those who have room. Walking about
    changes no pair. Somebody who would be alone, since all others have as many
    as they may, takes a place that is freed by breaking the least there is to break (`_rescue`), or
    becomes one too many for somebody when the search finds no other way.

    docs/rules/partners.md has the algorithm, what it guarantees and what it costs.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """Part everybody."""
        self._of: dict[int, set[int]] = {}
        self._life = np.zeros(0, np.int64)
        self._bar_keys = np.zeros(0, np.int64)
        self._count = 0
        self._barred: dict[int, set[int]] = {}
        self._pairs = np.zeros((0, 2), np.int64)

    @property
    def pairs(self) -> NDArray[np.int64]:
        """The last answer of `update`; none when everybody was parted."""
        return self._pairs

    def update(self, crowd: Crowd, bars: Bars, *, count: int) -> NDArray[np.int64]:
        """Return the pairs of this tick: int64 (m, 2), lower row first, ascending.

        Args:
            crowd: where everybody stands.
            bars: of the crowd; who bars whom, either way, is no pair.
            count: how many partners a person has at most, 1 or 2.
        """
        eligible = crowd.present
        life = np.where(eligible, crowd.life, 0)
        known = len(self._life)
        changed = life.copy()
        changed[:known] = np.where(life[:known] == self._life, 0, 1)
        barred_anew = not np.array_equal(bars.keys, self._bar_keys)
        if not changed.any() and not barred_anew and count == self._count:
            return self._pairs
        for row in np.flatnonzero(changed[:known]).tolist():
            self._leave(row)
        for row in np.flatnonzero((changed != 0) & eligible).tolist():
            self._of[row] = set()
        if barred_anew:
            self._bar(bars)
        self._life, self._bar_keys = life, bars.keys
        lowered, self._count = count < self._count, count
        self._places = Places(crowd)
        self._everybody = np.array(sorted(self._of), np.intp)
        if lowered:
            self._part_with_the_farthest()
        self._pair_up(alone=True)
        for most in (count, count + 1):
            for row in self._alone():
                self._rescue(row, most)
        self._spare_the_overburdened()
        self._pair_up(alone=False)
        pairs = [(a, b) for a in sorted(self._of) for b in sorted(self._of[a]) if a < b]
        self._pairs = np.array(pairs, np.int64).reshape(-1, 2)
        return self._pairs

    def _leave(self, row: int) -> None:
        for partner in self._of.pop(row, ()):
            self._of[partner].discard(row)

    def _bar(self, bars: Bars) -> None:
        self._barred = {}
        for key in bars.keys.tolist():
            a, b = key >> ROW_BITS, key & ((1 << ROW_BITS) - 1)
            self._barred.setdefault(a, set()).add(b)
            self._barred.setdefault(b, set()).add(a)
            if b in self._of.get(a, ()):
                self._part(a, b)

    def _join(self, a: int, b: int) -> None:
        self._of[a].add(b)
        self._of[b].add(a)

    def _part(self, a: int, b: int) -> None:
        self._of[a].discard(b)
        self._of[b].discard(a)

    def _may(self, a: int, b: int) -> bool:
        return a != b and b not in self._of[a] and b not in self._barred.get(a, ())

    def _alone(self) -> list[int]:
        return [row for row in self._everybody.tolist() if not self._of[row]]

    def _with_room(self, *, alone: bool) -> NDArray[np.intp]:
        """Return who has room for a partner; nobody, when `alone` and none of them is alone."""
        rows = [row for row in self._everybody.tolist() if len(self._of[row]) < self._count]
        if alone and all(self._of[row] for row in rows):
            return np.zeros(0, np.intp)
        return np.array(rows, np.intp)

    def _pair_up(self, *, alone: bool) -> None:
        """Pair those who have room, nearest first; with `alone`, only if that helps one alone."""
        rows = self._with_room(alone=alone)
        circle_mm = self._places.first_circle_mm(rows) if len(rows) > ALL_MAX else 0
        while len(rows) > ALL_MAX and circle_mm < CIRCLE_MM_MAX:
            self._take(self._places.within(rows, circle_mm), alone=alone)
            rows = self._with_room(alone=alone)
            circle_mm *= 2
        self._take(self._places.all_pairs(rows), alone=alone)

    def _take(self, candidates: list[tuple[int, int, int]], *, alone: bool) -> None:
        partners, most = self._of, self._count
        for _, a, b in candidates:
            room = len(partners[a]) < most and len(partners[b]) < most
            if room and not (alone and partners[a] and partners[b]) and self._may(a, b):
                self._join(a, b)

    def _nearest_to(self, row: int, others: NDArray[np.intp]) -> list[int]:
        away_mm = self._places.from_one(row, others)
        nearest: list[int] = others[np.lexsort((others, away_mm))].tolist()
        return nearest

    def _rescue(self, alone: int, most: int) -> bool:
        """Find a partner for somebody alone; False when nobody can be freed, nothing changed then.

        A search along alternating paths. The seeker goes to the nearest who has room; or who can do
        without one partner, because that one has another; or takes the place of a partner who has
        nobody else and who then seeks in turn.
        """
        came: dict[int, tuple[int, int] | None] = {alone: None}
        unseen = np.ones(len(self._life), np.bool_)
        seekers = deque([alone])
        while seekers:
            seeker = seekers.popleft()
            others = self._everybody[unseen[self._everybody]]
            for host in self._nearest_to(seeker, others):
                if not self._may(seeker, host) or host == alone:
                    continue
                guests = self._of[host]
                if len(guests) >= most:
                    spare = [guest for guest in guests if len(self._of[guest]) > 1]
                    if not spare:
                        unseen[host] = False
                        for guest in sorted(guests):
                            came.setdefault(guest, (seeker, host))
                            seekers.append(guest)
                            unseen[guest] &= most > 1  # A path must not come upon itself.
                        continue
                    self._part(
                        host, min(spare, key=lambda guest: (not self._may(seeker, guest), guest))
                    )
                self._join(seeker, host)
                while (step := came[seeker]) is not None:
                    self._part(step[1], seeker)
                    self._join(*step)
                    seeker = step[0]
                return True
        return False

    def _spare_the_overburdened(self) -> None:
        """Take from those who have one too many whoever has, or can find, another place."""
        for row in self._everybody.tolist():
            while len(self._of[row]) > self._count:
                guests = sorted(self._of[row])
                spare = [guest for guest in guests if len(self._of[guest]) > 1]
                far = self._nearest_to(row, np.array(spare or guests, np.intp))[-1]
                self._part(row, far)
                if not spare and not self._rescue(far, self._count):
                    self._join(row, far)
                    break

    def _part_with_the_farthest(self) -> None:
        """When fewer partners are allowed, keep the nearest; who is left alone is paired anew."""
        for row in self._everybody.tolist():
            while len(self._of[row]) > self._count:
                guests = np.array(sorted(self._of[row]), np.intp)
                spare = [guest for guest in guests.tolist() if len(self._of[guest]) > 1]
                self._part(row, self._nearest_to(row, np.array(spare or guests, np.intp))[-1])
