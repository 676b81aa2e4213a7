"""The crowd and the terms of one space, kept up to date from what is durable of its hall."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from actors.space.hall.people import People
from actors.space.hall.state import Hall
from actors.space.hearing.crowd import Broadcast, Crowd, Mode, Terms
from actors.space.roster import Body
from actors.space.state import SpaceState

_LOUDEST_FIRST: Final = (Broadcast.FULL_VOLUME, Broadcast.MIXED, Broadcast.SPATIAL_ONLY)


class Gathering:
    """What `HearingRule` is given: rows of the poses table, and what the hall says of their people.

    Abilities are asked only for those of whom something changed, so that a vote or a question costs
    a thousand people nothing.
    """

    def __init__(self, state: SpaceState, people: People) -> None:
        self._state = state
        self._people = people
        self._hall: Hall | None = None
        self._bodies = 0
        size = len(state.roster.table.rows)
        self._life = np.zeros(size, np.int64)
        self._may_speak = np.zeros(size, np.bool_)
        self._broadcast = np.zeros(size, np.uint8)
        self._twice: dict[str, None] = {}  # who has more than one body here
        self._muted_pairs: list[tuple[int, int]] = []
        self._blocked_pairs: list[tuple[int, int]] = []
        self.terms = Terms(mode=Mode.AMBIENT)
        self.heeds_places = True
        """Whether who hears whom depends on where people stand."""

    @property
    def life(self) -> NDArray[np.int64]:
        """Which body each row holds, 0 for none: int64 (n,), a number no other body here had."""
        return self._life

    def came(self, body: Body) -> None:
        """A body has its row."""
        short = len(self._state.roster.table.rows) - len(self._life)
        if short > 0:
            self._life = np.concatenate([self._life, np.zeros(short, np.int64)])
            self._may_speak = np.concatenate([self._may_speak, np.zeros(short, np.bool_)])
            self._broadcast = np.concatenate([self._broadcast, np.zeros(short, np.uint8)])
        self._bodies += 1
        self._life[body.pose_index] = self._bodies

    def went(self, body: Body) -> None:
        """A body's row is free."""
        self._life[body.pose_index] = 0

    def stale(self) -> bool:
        """Whether anything but positions may have changed since `refresh`."""
        return bool(self._people.changed) or self._state.hall is not self._hall

    def refresh(self, now_us: int) -> None:
        """Take in what has changed but for positions."""
        before, hall = self._hall, self._state.hall
        names, self._people.changed = self._people.changed, {}
        came_or_went = bool(names)
        if before is None or _all_may_differ(before, hall):
            names = dict.fromkeys(self._people.here)
        elif before is not hall:
            names = {**names, **dict.fromkeys(_differ(before, hall))}
        self._hall = hall
        for name in names:
            rows = self.rows(name)
            if len(rows) > 1:
                self._twice[name] = None
            else:
                self._twice.pop(name, None)
            if rows:
                self._may_speak[rows] = self._people.abilities(name, hall, now_us).speak
        if came_or_went or before is None or before.bars is not hall.bars:
            self._pair(hall)
        self.give_roles()

    def people_with_two_bodies(self) -> bool:
        """Whether it depends on somebody's microphones which of their bodies speaks."""
        return bool(self._twice)

    def crowd(self) -> Crowd:
        """Return the bodies as they stand now; arrays of the space's own, to be copied if kept."""
        rows = self._state.roster.table.rows
        return Crowd(
            life=self._life,
            position_mm=rows["position_mm"],
            placed=rows["placed"],
            yaw=rows["rotation"][:, 1],
            may_speak=self._may_speak,
            broadcast=self._broadcast,
            muted_pairs=np.array(self._muted_pairs, np.int64).reshape(-1, 2),
            blocked_pairs=np.array(self._blocked_pairs, np.int64).reshape(-1, 2),
        )

    def rows(self, name: str) -> list[int]:
        """Return the rows of a person's bodies here, in the order they came."""
        bodies = self._state.roster.bodies
        return [bodies[socket_id].pose_index for socket_id in self._people.here.get(name, ())]

    def _mouth(self, name: str) -> int | None:
        """Return the body that a person speaks with: the first whose microphone is open."""
        rows = self.rows(name)
        speaking = self._state.roster.table.rows["speaking"]
        return next((row for row in rows if speaking[row]), rows[0] if rows else None)

    def give_roles(self) -> bool:
        """Find the bodies of the speaker and of those with microphones; return whether anew."""
        hall = self._hall
        assert hall is not None
        config, before = hall.config, (self.terms, self._broadcast.tobytes())
        self._broadcast[:] = Broadcast.NONE
        for account, kind in broadcasts(hall).items():
            mouth = self._mouth(account)
            if mouth is not None:
                self._broadcast[mouth] = kind
        self.terms = Terms(
            mode=Mode(config.audio_mode),
            speaker=None if config.current_speaker is None else self._mouth(config.current_speaker),
            range_mm=config.range_mm,
            neighbor_count=config.superambient_neighbor_count,
        )
        mode, spatial = self.terms.mode, self._broadcast == Broadcast.SPATIAL_ONLY
        self.heeds_places = mode in {Mode.AMBIENT, Mode.STAGE} or (
            mode is Mode.SUPERAMBIENT and bool(spatial.any())
        )
        return before != (self.terms, self._broadcast.tobytes())

    def _pair(self, hall: Hall) -> None:
        self._muted_pairs = []
        self._blocked_pairs = []
        for name in self._twice:
            own = self.rows(name)
            self._blocked_pairs += [(a, b) for a in own for b in own if a < b]
        here = self._people.here
        for bar in hall.bars.values():
            if bar.person in here and bar.target in here:
                pairs = self._blocked_pairs if bar.blocks else self._muted_pairs
                pairs += [(a, b) for a in self.rows(bar.person) for b in self.rows(bar.target)]


def broadcasts(hall: Hall) -> dict[str, Broadcast]:
    """Return how each account that holds a microphone is heard: the loudest way of several."""
    kinds: dict[str, Broadcast] = {}
    for usage in hall.holding.values():
        kind = Broadcast[hall.microphones[usage.microphone_id].broadcast_mode.upper()]
        had = kinds.get(usage.user_account, kind)
        kinds[usage.user_account] = min(kind, had, key=_LOUDEST_FIRST.index)
    return kinds


def _all_may_differ(before: Hall, hall: Hall) -> bool:
    return before.config.all_muted != hall.config.all_muted


def _differ(before: Hall, hall: Hall) -> set[str]:
    """Return of whom the durable hall says something else than before about speaking."""
    names = set(before.config.unmuted) ^ set(hall.config.unmuted)
    for was, now in ((before.mutes, hall.mutes), (before.bans, hall.bans)):
        if was is not now:
            names |= was.keys() ^ now.keys()
    held = {one.user_account for one in before.holding.values()}
    holds = {one.user_account for one in hall.holding.values()}
    return names | (held ^ holds) | _some(before.speaker) ^ _some(hall.speaker)


def _some(name: str | None) -> set[str]:
    return set() if name is None else {name}
