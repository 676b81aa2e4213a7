"""Who moved: poses arrive conflated and leave once a tick, in the form each client asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from actors.clients import CLIENTS, Emit
from actors.space import pose_frame
from actors.space.interest import views
from actors.space.messages import JsonObject, Tick
from actors.space.poses_table import Triple, millimetres, turns
from actors.space.roster import Body
from actors.space.state import SpaceState
from actors.wire_time import milliseconds
from engine.clock import SECOND_US
from engine.context import Context

_POSE_KEYS = frozenset({"position", "rotation", "voice_enabled"})
_AXES = frozenset({"x", "y", "z"})


@dataclass(slots=True)
class Move:
    """One body's newest update, as this tick takes it."""

    body: Body
    update: JsonObject
    position_mm: Triple
    rotation: Triple


class Poses:
    """Publishes the newest pose of everybody who moved since the last tick.

    A pose carries the life of the body it was sent for. One that arrives after its body has gone,
    or for an earlier body of the same socket, changes nothing: poses never make a body.

    Stock clients get one `aframe-update` a mover. Clients that asked for the binary form get one
    `poses` frame with those who matter to them, and an `aframe-update` only for what a frame cannot
    say: a microphone opened or closed, entities, a rotation that is no Euler angle.
    """

    def __init__(self, state: SpaceState) -> None:
        self.state = state
        self.period_us = SECOND_US // state.policy.tick_hz
        self.ticks = 0
        self._ticking = False

    def keep_ticking(self, ctx: Context) -> None:
        """Tick while somebody is here to move."""
        if len(self.state.roster) > 0 and not self._ticking:
            self._ticking = True
            ctx.after(self.period_us, Tick(), key="tick")

    def tick(self, ctx: Context) -> None:
        """Publish what changed, and come again."""
        self._ticking = False
        self.ticks += 1
        moves = self._possible(self._moves(ctx.take()), ctx)
        placed = [move for move in moves if move.body.position is not None]
        self.state.roster.table.place(
            [move.body.pose_index for move in placed],
            [move.position_mm for move in placed],
            [move.rotation for move in placed],
            tick=self.ticks,
        )
        self._send_frames(ctx)
        self.keep_ticking(ctx)

    def _moves(self, updates: dict[str, tuple[int, JsonObject]]) -> list[Move]:
        bodies = self.state.roster.bodies
        rows = self.state.roster.table.rows
        moves = []
        for socket_id, (life, update) in updates.items():
            body = bodies.get(socket_id)
            if body is None or body.life != life:
                continue
            position, rotation = update.get("position"), update.get("rotation")
            if position is None:
                place = tuple(rows["position_mm"][body.pose_index].tolist())
            else:
                place = millimetres(position)
            if rotation is None:
                turned = tuple(rows["rotation"][body.pose_index].tolist())
            else:
                turned = turns(rotation)
            moves.append(Move(body, update, place, turned))
        return moves

    def _possible(self, moves: list[Move], ctx: Context) -> list[Move]:
        """Carry out what a body can do; return those moves and refuse the others."""
        if not moves:
            return moves
        verdicts = self.state.roster.table.possible(
            [move.body.pose_index for move in moves],
            [move.position_mm for move in moves],
            now_us=ctx.now_us,
        )
        accepted = []
        for move, possible in zip(moves, verdicts.tolist(), strict=True):
            if possible:
                accepted.append(move)
                self._publish(move, ctx)
            else:
                self.state.emit_to(ctx, move.body.socket_id, "error", _TOO_FAST)
        return accepted

    def _publish(self, move: Move, ctx: Context) -> None:
        state = self.state
        body, update = move.body, move.update
        body.active_at_us = ctx.now_us
        said = not _fits_a_frame(update, body, state.roster.arrivals)
        position = update.get("position")
        if position is not None:
            body.position = position
        rotation = update.get("rotation")
        if rotation is not None:
            body.rotation = rotation
        voice_enabled = update.get("voice_enabled")
        voice_before = body.voice_enabled
        if voice_enabled is not None and voice_enabled != voice_before:
            body.voice_enabled = voice_enabled
            state.roster.table.rows["speaking"][body.pose_index] = voice_enabled
        to = state.roster.everybody if said else state.roster.stock
        # Places pass, and a later one makes up for them; that a microphone opened does not.
        passing = body.voice_enabled == voice_before
        event = _event(body, update, ctx)
        state.emit(ctx, "aframe-update", event, to=to, but=body.socket_id, passing=passing)

    def show(self, socket_id: str, ctx: Context) -> None:
        """Show somebody who has come back what the others' newest updates said."""
        roster = self.state.roster
        receiver = roster.bodies.get(socket_id)
        if receiver is None:
            return
        to = (socket_id,)
        others = [body for body in roster.bodies.values() if body is not receiver]
        if receiver.binary_poses:
            placed = [body.pose_index for body in others if body.position is not None]
            if placed:
                origin_mm = roster.table.rows["position_mm"][placed[0]].astype("i8")
                self._send_frame(np.array(placed), origin_mm, to, ctx, passing=True)
            others = [body for body in others if _exceeds_a_frame(body)]
        for body in others:
            update = dict(body.extras)
            if body.position is not None:
                update["position"] = body.position
            if body.rotation is not None:
                update["rotation"] = body.rotation
            if update:
                event = _event(body, update, ctx)
                ctx.io(CLIENTS, Emit(to=to, event="aframe-update", payload=event, passing=True))

    def _send_frames(self, ctx: Context) -> None:
        state = self.state
        table = state.roster.table
        if len(state.roster.stock) == len(state.roster):
            return
        names = {body.pose_index: body.socket_id for body in state.roster.bodies.values()}
        for view in views(table.rows, tick=self.ticks):
            to = tuple(names[index] for index in view.receivers.tolist())
            self._send_frame(view.bodies, view.origin_mm, to, ctx)

    def _send_frame(
        self,
        bodies: NDArray[np.intp],
        origin_mm: NDArray[np.int64],
        to: tuple[str, ...],
        ctx: Context,
        *,
        passing: bool = False,
    ) -> None:
        rows = self.state.roster.table.rows
        frame = pose_frame.encode(
            bodies,
            rows["position_mm"][bodies].astype("i8"),
            rows["rotation"][bodies],
            origin_mm=origin_mm,
            epoch=self.state.epoch,
            tick=self.ticks,
        )
        emit = Emit(to=to, event="poses", payload=frame, snapshot=not passing, passing=passing)
        ctx.io(CLIENTS, emit)


def _event(body: Body, update: JsonObject, ctx: Context) -> JsonObject:
    return {
        "socketId": body.socket_id,
        "userAccount": body.person.account,
        "entityData": update,
        "timestamp": milliseconds(ctx.now_us),
    }


_TOO_FAST = {
    "error": "position: too far from the last one; leap at most 10 km at a time",
    "code": "impossible_speed",
    "field": "position",
    "event": "aframe-update",
    "retryable": True,
}


def _exceeds_a_frame(body: Body) -> bool:
    turned = body.rotation
    return bool(body.extras) or (turned is not None and turned.keys() != _AXES)


def _fits_a_frame(update: JsonObject, body: Body, arrivals: int) -> bool:
    """Return whether a frame says all that is new in an update; keeps what else it held."""
    voice_enabled = update.get("voice_enabled")
    extras = {key: value for key, value in update.items() if key not in _POSE_KEYS}
    new = extras != body.extras or (bool(extras) and body.extras_for < arrivals)
    body.extras, body.extras_for = extras, arrivals
    rotation = update.get("rotation")
    return (
        not new
        and voice_enabled in (None, body.voice_enabled)
        and (body.position is not None or update.get("position") is not None)
        and (rotation is None or rotation.keys() == _AXES)
    )
