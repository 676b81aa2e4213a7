"""What a space holds in memory, shared by its message families."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actors.clients import CLIENTS, Emit, EmitMany
from actors.settings import ActorSettings
from actors.space.hall.state import restored
from actors.space.roster import Roster
from actors.space.space_id import SpaceId
from actors.store import SpaceActivated
from engine.context import Context


class SpaceState:
    """One space's people, settings and place in its stream of events.

    Every event to the people present goes through `emit`, so all of them see one order; (epoch,
    offset) is the position of the last event in it.
    """

    def __init__(self, space: SpaceId, activated: SpaceActivated, policy: ActorSettings) -> None:
        self.space = space
        self.policy = policy
        self.epoch = activated.epoch
        self.offset = 0
        self.settings = activated.settings
        self.facts = activated.facts
        self.roster = Roster()
        self.chat_id_last = activated.chat_id_last
        self.hall = restored(activated.hall)
        """Modes, roles and queues as they are durable; replaced whole, so no tick mixes two."""

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
        self.offset += len(payloads)
        if to and any(but != to[0] or len(to) > 1 for but, _payload in payloads):
            emit = EmitMany(to=to, event=event, payloads=tuple(payloads), passing=passing)
            ctx.io(CLIENTS, emit)

    def emit_to(self, ctx: Context, to: tuple[str, ...], event: str, payload: Any) -> None:
        """Send some sockets an event that is no part of what everybody sees."""
        ctx.io(CLIENTS, Emit(to=to, event=event, payload=payload))
