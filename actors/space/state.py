"""What a space holds in memory, shared by its message families."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from actors.clients import CLIENTS, Emit, EmitMany
from actors.settings import ActorSettings
from actors.space.hall.state import restored
from actors.space.premium import users_max
from actors.space.roster import Roster
from actors.space.rush import pause_us
from actors.space.space_id import SpaceId
from actors.store import SpaceActivated
from engine.context import Context

GROUPED_FROM: Final = 32
"""From so many people on, those who leave in a rush are told of together: one by one, they are the
square of a crowd of writes to sockets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellDepartures:
    """The space's own timer: tell those inside who has left since they were last told."""


class SpaceState:
    """One space's people, settings and place in its stream of events.

    Every event to the people present goes through `emit`, so all of them see one order; (epoch,
    offset) is the position of the last event in it. Departures may be told a moment later, though
    before any other event.
    """

    def __init__(self, space: SpaceId, activated: SpaceActivated, policy: ActorSettings) -> None:
        self.space = space
        self.policy = policy
        self.epoch = activated.epoch
        self.offset = 0
        self.settings = activated.settings
        self.facts = activated.facts
        self.premium_until_us = activated.premium_until_us
        self.premium_read_us = 0
        self.roster = Roster()
        self.chat_id_last = activated.chat_id_last
        self.hall = restored(activated.hall)
        """Modes, roles and queues as they are durable; replaced whole, so no tick mixes two."""
        self.departures: list[tuple[str, dict[str, Any]]] = []
        """Who has left, and what is still to be told of it."""
        self._tell_next_us = 0

    def users_max(self, now_us: int) -> int:
        """Return how many people fit in now; those inside stay when that becomes fewer."""
        return users_max(
            self.settings.max_users,
            default=self.policy.space_users_max,
            premium=self.policy.money.premium.users_max,
            premium_until_us=self.premium_until_us,
            now_us=now_us,
        )

    def premium_until(self, until_us: int | None) -> None:
        """Take until when the space is premium: what was bought is not taken back."""
        if until_us is not None:
            self.premium_until_us = max(until_us, self.premium_until_us or 0)

    def departed(self, socket_id: str, payload: dict[str, Any], ctx: Context) -> None:
        """Tell those present that somebody has left: now, or with those who leave in one rush."""
        self.departures.append((socket_id, payload))
        if len(self.roster) < GROUPED_FROM or ctx.now_us >= self._tell_next_us:
            self.tell_departures(ctx)
        elif len(self.departures) == 1:
            ctx.after(self._tell_next_us - ctx.now_us, TellDepartures(), key="departures")

    def tell_departures(self, ctx: Context) -> None:
        """Tell of those who have left, if that has not been done."""
        if self.departures:
            told = [(None, payload) for _socket_id, payload in self.departures]
            self.departures = []
            ctx.cancel("departures")
            self._tell_next_us = ctx.now_us + pause_us(len(self.roster))
            self.emit_many(ctx, "user-left", told, to=self.roster.everybody)

    def emit(
        self,
        ctx: Context,
        event: str,
        payload: Any,
        *,
        to: tuple[str, ...] | None = None,
        but: str | None = None,
        passing: bool = False,
    ) -> None:
        """Send an event to everybody present, or to some of them, except one."""
        self.tell_departures(ctx)
        self.offset += 1
        to = self.roster.everybody if to is None else to
        if to and to != (but,):
            emit = Emit(to=to, event=event, payload=payload, but=but, passing=passing)
            ctx.io(CLIENTS, emit)

    def emit_many(
        self,
        ctx: Context,
        event: str,
        payloads: Sequence[tuple[str | None, Any]],
        *,
        to: tuple[str, ...],
        passing: bool = False,
    ) -> None:
        """Send some people several events, each left out for the socket it names."""
        if len(payloads) == 1:
            ((but, payload),) = payloads
            self.emit(ctx, event, payload, to=to, but=but, passing=passing)
            return
        self.tell_departures(ctx)
        self.offset += len(payloads)
        if to and any(but != to[0] or len(to) > 1 for but, _payload in payloads):
            emit = EmitMany(to=to, event=event, payloads=tuple(payloads), passing=passing)
            ctx.io(CLIENTS, emit)

    def emit_to(self, ctx: Context, to: tuple[str, ...], event: str, payload: Any) -> None:
        """Send some sockets an event that is no part of what everybody sees."""
        self.tell_departures(ctx)
        ctx.io(CLIENTS, Emit(to=to, event=event, payload=payload))
