"""Who moved: poses arrive conflated and leave together, in the form each client asked for."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from actors.clients import CLIENTS, Emit
from actors.space import freshness, interest, pose_frame
from actors.space.messages import JsonObject, Tick
from actors.space.moves import (
    AXES,
    IMPOSSIBLE,
    NOWHERE,
    WALKS,
    Update,
    carry_out,
    merge_updates,
    settle,
)
from actors.space.roster import Body
from actors.space.state import SpaceState
from actors.wire_time import milliseconds
from engine.clock import SECOND_US
from engine.context import Context

PERSON_US: Final = 33
"""What one write to a socket may cost: a space of n people makes at most 30,000 a second."""
AT_ONCE: Final = 20
"""Up to so many people hardly ever move within 5 ms of each other: nothing is worth a wait."""
FEW_PERSON_US: Final = 66
FEW_US_MAX: Final = 8_000
"""Half a frame of a 60 Hz screen: in it the poses of sixty leave by threes, at half the cost."""
CROWD: Final = 500
CROWD_PERSON_US: Final = 67
"""Above `CROWD` people each one adds this too, so that a thousand wait a whole period at 15 Hz."""

FRAME_BYTES_MIN: Final = pose_frame.HEADER.size + 4 * pose_frame.NEAR.itemsize
"""However soon after the last, a frame has room for four."""


def delay_us(people: int, period_us: int) -> int:
    """Return how long the first pose that arrives waits for others to leave with it.

    A few people see each other move at once; more people's poses are worth collecting.
    """
    if people <= AT_ONCE:
        return 0
    crowd_us = PERSON_US * people + CROWD_PERSON_US * max(0, people - CROWD)
    few_us = min(FEW_PERSON_US * people, FEW_US_MAX)
    return min(period_us, max(crowd_us, few_us))


class Poses:
    """Publishes the newest pose of everybody who moved, each body at most once in a period.

    Nothing runs while nobody moves: the first pose in an empty lane wakes the space. A pose carries
    the life of the body it was sent for. One that arrives after its body has gone, or for an
    earlier body of the same socket, changes nothing: poses never make a body.

    Stock clients get one `aframe-update` a mover. Clients that asked for the binary form get one
    `poses` frame with those who matter to them, and an `aframe-update` only for what a frame cannot
    say: a microphone opened or closed, entities, a rotation that is no Euler angle.

    Attributes:
        published_us: when poses were published last.
        walked: the rows of those who stand elsewhere since then.
    """

    def __init__(self, state: SpaceState) -> None:
        self.state = state
        self.hz = state.settings.tick_hz or state.policy.tick_hz
        self.period_us = SECOND_US // self.hz
        self._early: dict[str, Update] = {}  # came before their body's period was over
        self._early_due_us = 0
        self._next_us: int | None = None
        self.published_us = self._framed_us = 0
        self.walked: list[int] = []
        self._room_bytes = 0

    def arrived(self, ctx: Context, *, all_in: bool) -> None:
        """The lane holds a pose: publish it, and what comes meanwhile, after a short while.

        What arrives while a crowd is being written to has waited already: it leaves a period after
        that publication at the latest. Among a few people it leaves now.

        Args:
            ctx: of this delivery.
            all_in: nobody who may have sent it is still at the door.
        """
        if all_in and len(self.state.roster.bodies) <= AT_ONCE:
            if self._next_us is not None:
                ctx.cancel("tick")
            self.publish(ctx)
            return
        latest_us = max(ctx.now_us, self.published_us + self.period_us)
        self._publish_at(min(ctx.now_us + self._delay_us, latest_us), ctx)

    @property
    def _delay_us(self) -> int:
        return delay_us(len(self.state.roster.bodies), self.period_us)

    def _publish_at(self, when_us: int, ctx: Context) -> None:
        if self._next_us is None or when_us < self._next_us:
            self._next_us = when_us
            ctx.after(when_us - ctx.now_us, Tick(), key="tick")

    def publish(self, ctx: Context) -> None:
        """Publish what is due, and come again when more will be."""
        self._next_us = None
        self.published_us = ctx.now_us
        tick = ctx.now_us // self.period_us
        fresh = self._carry_out(tick, ctx)
        if self._early:
            self._publish_at(max(ctx.now_us + self._delay_us, self._early_due_us), ctx)
        roster = self.state.roster
        if roster.binary:
            self._send_frames(np.array(fresh, np.intp), tick, ctx)
            quiet = freshness.next_tick(roster.table.rows, tick=tick, hz=self.hz)
            if quiet is not None:
                self._publish_at(max(ctx.now_us + self._delay_us, quiet * self.period_us), ctx)

    def _carry_out(self, tick: int, ctx: Context) -> list[int]:
        """Carry out what has arrived and refuse what no body can do; return the rows of the fresh.

        Whose last publication is too short ago is kept back. Each move becomes its body's state,
        and those are told who do not learn of it by a frame.
        """
        state = self.state
        roster = state.roster
        bodies, table, stock, binary = roster.bodies, roster.table, roster.stock, roster.binary
        now_us = ctx.now_us
        fresh: list[int] = []
        self.walked = []
        for_stock: list[tuple[str | None, Any]] = []
        for_binary: list[tuple[str | None, Any]] = []
        updates = ctx.take()
        if self._early:
            updates = self._with_early(updates)
        for socket_id, (life, update) in updates.items():
            body = bodies.get(socket_id)
            if body is None or body.life != life:
                continue
            due_us = body.published_us + self.period_us
            if due_us > now_us:
                self._early_due_us = min(due_us, self._early_due_us) if self._early else due_us
                self._early[socket_id] = life, update
                continue
            step = carry_out(body, update, table, now_us=now_us, tick=tick)
            if step is IMPOSSIBLE:
                state.emit_to(ctx, (socket_id,), "error", _TOO_FAST)
                continue
            if step is not NOWHERE:
                fresh.append(body.pose_index)
                if step is WALKS:
                    self.walked.append(body.pose_index)
            body.published_us = body.active_at_us = now_us
            voice_before = body.voice_enabled
            fits = settle(body, update, roster.arrivals)
            if fits and not stock:
                continue
            event = _event(body, update, now_us)
            if body.voice_enabled != voice_before:
                # Places pass, and a later one makes up for them; that a microphone opened does not.
                table.rows["speaking"][body.pose_index] = body.voice_enabled
                state.emit(ctx, "aframe-update", event, but=socket_id)
                continue
            for_stock.append((socket_id, event))
            if not fits and binary:
                for_binary.append((socket_id, event))
        if for_stock:
            state.emit_many(ctx, "aframe-update", for_stock, to=stock, passing=True)
        if for_binary:
            state.emit_many(ctx, "aframe-update", for_binary, to=binary, passing=True)
        return fresh

    def _with_early(self, updates: dict[str, Update]) -> dict[str, Update]:
        early, self._early = self._early, {}
        for socket_id, update in updates.items():
            before = early.get(socket_id)
            early[socket_id] = update if before is None else merge_updates(before, update)
        return early

    def show(self, socket_id: str, ctx: Context) -> None:
        """Show somebody who has come back what the others' newest updates said."""
        roster = self.state.roster
        receiver = roster.bodies.get(socket_id)
        if receiver is None:
            return
        to = (socket_id,)
        others = [body for body in roster.bodies.values() if body is not receiver]
        if receiver.binary_poses:
            self._show_frame(receiver, [body for body in others if body.position is not None], ctx)
            others = [body for body in others if _exceeds_a_frame(body)]
        for body in others:
            update = dict(body.extras)
            if body.position is not None:
                update["position"] = body.position
            if body.rotation is not None:
                update["rotation"] = body.rotation
            if update:
                event = _event(body, update, ctx.now_us)
                ctx.io(CLIENTS, Emit(to=to, event="aframe-update", payload=event, passing=True))

    def _show_frame(self, receiver: Body, placed: list[Body], ctx: Context) -> None:
        if not placed:
            return
        rows = self.state.roster.table.rows
        at = np.array([body.pose_index for body in placed], np.intp)
        shown = interest.Views(
            receivers=np.array([receiver.pose_index]),
            receivers_end=np.array([1]),
            origins_mm=rows["position_mm"][at[:1]].astype(np.int64),
            view=np.zeros(len(at), np.intp),
            body=at,
        )
        tick = ctx.now_us // self.period_us
        for _, frame in pose_frame.encode_views(shown, rows, epoch=self.state.epoch, tick=tick):
            emit = Emit(to=(receiver.socket_id,), event="poses", payload=frame, passing=True)
            ctx.io(CLIENTS, emit)

    def _send_frames(self, fresh: NDArray[np.intp], tick: int, ctx: Context) -> None:
        state = self.state
        rows, names = state.roster.table.rows, state.roster.names
        budget_bytes = self._budget_bytes(ctx.now_us)
        owed_max = interest.owed_max(budget_bytes)
        marks = freshness.due(rows, fresh, tick=tick, hz=self.hz, owed_max=owed_max)
        shown = interest.views(rows, marks, tick=tick, budget_bytes=budget_bytes)
        if shown is None:
            return
        largest = 0
        for receivers, frame in pose_frame.encode_views(shown, rows, epoch=state.epoch, tick=tick):
            to = tuple([names[row] for row in receivers.tolist()])
            ctx.io(CLIENTS, Emit(to=to, event="poses", payload=frame, snapshot=True))
            largest = max(largest, len(frame))
        self._room_bytes = max(0, self._room_bytes - largest)

    def _budget_bytes(self, now_us: int) -> int:
        """Return the most a frame may have now: publications in quick succession share a budget."""
        most = interest.BUDGET_BYTES
        earned = (now_us - self._framed_us) * most // self.period_us
        self._framed_us = now_us
        self._room_bytes = min(most, self._room_bytes + earned)
        return max(self._room_bytes, FRAME_BYTES_MIN)


_TOO_FAST: Final = {
    "error": "position: too far from the last one; leap at most 10 km at a time",
    "code": "impossible_speed",
    "field": "position",
    "event": "aframe-update",
    "retryable": True,
}


def _event(body: Body, update: JsonObject, now_us: int) -> JsonObject:
    return {
        "socketId": body.socket_id,
        "userAccount": body.person.account,
        "entityData": update,
        "timestamp": milliseconds(now_us),
    }


def _exceeds_a_frame(body: Body) -> bool:
    turned = body.rotation
    return bool(body.extras) or (turned is not None and turned.keys() != AXES)
