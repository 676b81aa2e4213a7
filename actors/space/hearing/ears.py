"""Who hears whom in a living space: when to find out, and whom to tell.

Hears of everything that decides it: bodies that come and go, poses, the durable hall. At most once
a period, and only if something did change, it asks the rule again and sends each listener what is
news to them: `spatial-connections-updated`. One answer is for one moment, so no update mixes two
audio modes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from actors.clients import CLIENTS, Emit
from actors.space.hall.people import People, name_of
from actors.space.hearing.changes import KIND_BITS, Change
from actors.space.hearing.crowd import Crowd, Terms
from actors.space.hearing.gathering import Gathering
from actors.space.hearing.hearers import Hearers
from actors.space.hearing.ledger import Who
from actors.space.hearing.ledger_keeper import LedgerKeeper
from actors.space.hearing.reach import Reach
from actors.space.hearing.rule import HearingRule
from actors.space.hearing.sound import GAIN_FULL, PAN_FULL
from actors.space.hearing.told import LinkKind, News, Told, link_kinds, news
from actors.space.roster import Body
from actors.space.state import SpaceState
from actors.wire_time import milliseconds
from engine.clock import SECOND_US
from engine.context import Context

CROWD: Final = 1_000
"""For each so many people their steps change who hears whom a period later. In one, who walks comes
10 cm nearer, and nobody hears where in a crowd of thousands a voice begins."""

JsonObject = dict[str, Any]
Link = tuple[int, int, int, int]
"""Source row, kind, gain and pan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """The space's own timer: something that decides who hears whom has changed."""


@dataclass(frozen=True, slots=True)
class _Faces:
    """Who is in which row, until somebody comes or goes."""

    bodies: dict[int, Body]
    people: dict[int, Who]


class Ears:
    """See the module's text.

    Attributes:
        rule: its `relation` is the last answer.
        gathering: what the answer is computed from.
        kinds: of the answer's links, int64 (m,) of `LinkKind`.
        keeper: of the audibility ledger.
    """

    def __init__(self, state: SpaceState, people: People) -> None:
        self._state = state
        self.rule = HearingRule()
        self.gathering = Gathering(state, people)
        self.kinds: NDArray[np.int64] = np.zeros(0, np.int64)
        self.keeper = LedgerKeeper(state)
        self._told = Told()
        self._hearers = Hearers()
        self._period_us = SECOND_US // (state.settings.tick_hz or state.policy.tick_hz)
        self._next_us = 0
        self._listen_at_us: int | None = None
        self._published = False
        self._walked: dict[int, None] = {}
        self._reach: Reach | None = None
        self._mode: str | None = None
        self._resync: dict[str, None] = {}
        self._faces: _Faces | None = None

    @property
    def settled(self) -> bool:
        """Whether everything heard of is in the answer, and told."""
        waiting = self._listen_at_us is not None
        news = waiting or self._published or self._resync or self.gathering.stale()
        return not news

    # Hearing of changes.

    def came(self, body: Body) -> None:
        """A body has come."""
        self.gathering.came(body)
        self._faces = None

    def went(self, body: Body, ctx: Context) -> None:
        """A body has gone; who heard it is told so by `user-left`."""
        self._walked.pop(body.pose_index, None)
        self.gathering.went(body)
        self._faces = None
        self.keeper.went(body.pose_index, ctx)
        self._resync.pop(body.socket_id, None)

    def resync(self, socket_id: str) -> None:
        """Somebody has forgotten what they were told: tell them all they hear, be it nothing."""
        self._resync[socket_id] = None

    def look(self, ctx: Context, *, published: bool = False, walked: Sequence[int] = ()) -> None:
        """See to it that news are told soon, if there may be any.

        Args:
            ctx: of this delivery.
            published: poses have just been published; in a small space listen now, if enough
                time has passed.
            walked: the rows of those who thereby stand elsewhere.
        """
        if not self._state.roster.bodies:
            self._stop_waiting(ctx)
            return
        if published and self._follows(ctx.now_us):
            assert self._reach is not None
            if walked and self._reach.walked(walked, self._state.roster.table.cells):
                self._answer(ctx)
            return
        if published:
            self._published = True
            for row in walked:
                self._walked[row] = None
        at_us = self._next_us
        if not (self._resync or self.gathering.stale()):
            if not self._published:
                return
            at_us += self._period_us * (len(self._state.roster) // CROWD)
        if published and ctx.now_us >= at_us and self._reach is not None:
            self.listen(ctx)
            return
        # In a crowd the poses leave first: those who arrive meanwhile have to wait anyway.
        pause_us = self._period_us // 2 if self._published else 0
        at_us = max(at_us, ctx.now_us + pause_us)
        if self._listen_at_us is None or at_us < self._listen_at_us:
            self._listen_at_us = at_us
            ctx.after(at_us - ctx.now_us, Listen(), key="listen")

    def listen(self, ctx: Context, *, anew: bool = False) -> None:
        """Find out who hears whom now, and tell those to whom it is news.

        Args:
            ctx: of this delivery.
            anew: even if it can only have become louder, softer or come from another side.
        """
        self._stop_waiting(ctx)
        self._published = False
        walked, self._walked = self._walked, {}
        if self._changed(walked, ctx.now_us) or anew:
            self._answer(ctx)

    def _answer(self, ctx: Context) -> None:
        self._next_us = ctx.now_us + self._period_us
        gathering = self.gathering
        crowd, terms = gathering.crowd(), gathering.terms
        self._reach = self._reach_of(crowd, terms) if self._is_small else None
        relation = self.rule.update(crowd, terms)
        self.kinds = link_kinds(relation, crowd, terms, self.rule.partners.pairs)
        taken = self._told.take((relation.keys << KIND_BITS) | self.kinds, crowd.life)
        self.keeper.heard(terms.mode, taken, self._known().people, ctx)
        self._tell(crowd, terms, taken, ctx)

    def _follows(self, now_us: int) -> bool:
        """Whether all that may have changed is where those stand who have just walked."""
        gathering = self.gathering
        return (
            self._reach is not None
            and self._listen_at_us is None
            and now_us >= self._next_us
            and gathering.heeds_places
            and not (self._published or self._walked or self._resync)
            and not (gathering.people_with_two_bodies() or gathering.stale())
        )

    def _stop_waiting(self, ctx: Context) -> None:
        if self._listen_at_us is not None:
            self._listen_at_us = None
            ctx.cancel("listen")

    def catch_up(self, ctx: Context) -> None:
        """Have `rule` answer for the present moment, or for one less than a period ago."""
        if ctx.now_us >= self._next_us:
            self.listen(ctx, anew=True)

    def _changed(self, walked: Iterable[int], now_us: int) -> bool:
        """Whether somebody may hear others than before; of steps alone, by where people stand."""
        gathering = self.gathering
        changed = bool(self._resync) or gathering.stale()
        if changed:
            gathering.refresh(now_us)
        elif gathering.people_with_two_bodies():
            changed = gathering.give_roles()
        if changed or not walked or not gathering.heeds_places:
            return changed
        return self._reach is None or self._reach.walked(walked, self._state.roster.table.cells)

    def _reach_of(self, crowd: Crowd, terms: Terms) -> Reach:
        here = np.flatnonzero(crowd.present & crowd.placed).tolist()
        return Reach(here, self._state.roster.table.cells, terms)

    @property
    def _is_small(self) -> bool:
        return len(self._state.roster) <= self.gathering.terms.nearest_max + 1

    def _known(self) -> _Faces:
        if self._faces is None:
            here = self._state.roster.bodies.values()
            self._faces = _Faces(
                bodies={body.pose_index: body for body in here},
                people={body.pose_index: (name_of(body.person), body.socket_id) for body in here},
            )
        return self._faces

    # Telling.

    def _tell(self, crowd: Crowd, terms: Terms, taken: Change, ctx: Context) -> None:
        asked = np.zeros(len(crowd.life), np.bool_)
        bodies = self._state.roster.bodies
        asked[[bodies[one].pose_index for one in self._resync]] = True
        self._resync = {}
        whole = asked | (crowd.present & (self._mode != terms.mode))
        self._mode = terms.mode
        names = self._known().bodies
        alike: dict[tuple[Link, ...], list[str]] = {}
        for each in news(taken, whole=whole, asked=asked):
            links = self._links(each)
            socket_id = names[each.listener].socket_id
            if each.whole:
                alike.setdefault(links, []).append(socket_id)
                continue
            ended = [names[row].socket_id for row in each.ended.tolist()]
            self._send((socket_id,), links, ended, names, terms, ctx, whole=False)
        for links, sockets in alike.items():
            self._send(tuple(sockets), links, [], names, terms, ctx, whole=True)
        self._hearers.tell(self.rule.relation, crowd, names, asked, ctx)

    def _links(self, told: News) -> tuple[Link, ...]:
        relation, made = self.rule.relation, told.made
        columns = (relation.source, self.kinds, relation.gain, relation.pan)
        return tuple(zip(*(column[made].tolist() for column in columns), strict=True))

    def _send(
        self,
        to: tuple[str, ...],
        links: tuple[Link, ...],
        ended: list[str],
        names: dict[int, Body],
        terms: Terms,
        ctx: Context,
        *,
        whole: bool,
    ) -> None:
        payload = {
            "connections": [connection_view(names[link[0]], *link[1:]) for link in links],
            "ended": ended,
            "audio_mode": terms.mode.value,
            "resync": whole,
            "timestamp": milliseconds(ctx.now_us),
        }
        ctx.io(CLIENTS, Emit(to=to, event="spatial-connections-updated", payload=payload))


_WORDS: Final[dict[int, JsonObject]] = {
    LinkKind.NEARBY: {"kind": "nearby"},
    LinkKind.SPEAKER: {"kind": "speaker"},
    LinkKind.PARTNER: {"kind": "partner"},
    LinkKind.FULL_VOLUME: {"kind": "microphone", "broadcast_mode": "full_volume"},
    LinkKind.SPATIAL_ONLY: {"kind": "microphone", "broadcast_mode": "spatial_only"},
    LinkKind.MIXED: {"kind": "microphone", "broadcast_mode": "mixed"},
}


def connection_view(source: Body, kind: int, gain: int, pan: int) -> JsonObject:
    """Return a link as its listener's client reads it: who is heard, and how at this moment."""
    return {
        "socketId": source.socket_id,
        "userAccount": source.person.account,
        **link_view(kind, gain, pan),
    }


def link_view(kind: int, gain: int, pan: int) -> JsonObject:
    """Return how somebody is heard: by what right, how loudly (0 to 1), from where (-1 to 1)."""
    return {**_WORDS[kind], "gain": gain / GAIN_FULL, "pan": pan / PAN_FULL}
