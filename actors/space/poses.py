"""Who moved: poses arrive conflated and leave once a tick."""

from __future__ import annotations

from actors.space.messages import JsonObject, Tick
from actors.space.state import SpaceState
from actors.wire_time import milliseconds
from engine.clock import SECOND_US
from engine.context import Context


class Poses:
    """Publishes the newest pose of everybody who moved since the last tick.

    A pose carries the life of the body it was sent for. One that arrives after its body has gone,
    or for an earlier body of the same socket, changes nothing: poses never make a body.
    """

    def __init__(self, state: SpaceState) -> None:
        self.state = state
        self.period_us = SECOND_US // state.policy.tick_hz
        self._ticking = False

    def keep_ticking(self, ctx: Context) -> None:
        """Tick while somebody is here to move."""
        if len(self.state.roster) > 0 and not self._ticking:
            self._ticking = True
            ctx.after(self.period_us, Tick(), key="tick")

    def tick(self, ctx: Context) -> None:
        """Publish what changed, and come again."""
        self._ticking = False
        state = self.state
        bodies = state.roster.bodies
        updates: dict[str, tuple[int, JsonObject]] = ctx.take()
        for socket_id, (life, update) in updates.items():
            body = bodies.get(socket_id)
            if body is None or body.life != life:
                continue
            body.active_at_us = ctx.now_us
            position = update.get("position")
            if position is not None:
                body.position = position
            rotation = update.get("rotation")
            if rotation is not None:
                body.rotation = rotation
            voice_enabled = update.get("voice_enabled")
            if voice_enabled is not None:
                body.voice_enabled = voice_enabled
            event = {
                "socketId": socket_id,
                "userAccount": body.person.account,
                "entityData": update,
                "timestamp": milliseconds(ctx.now_us),
            }
            state.emit(ctx, "aframe-update", event, but=socket_id)
        self.keep_ticking(ctx)
