"""Networked-A-Frame in a space: who speaks it, and what they tell each other.

Its pages see only each other. What they send is theirs: it is passed on in order, whole and unread,
to members of this space only, and always under the sender's own id.
"""

from __future__ import annotations

from actors.clients import CLIENTS, Acknowledge, Emit
from actors.naf import JsonObject
from actors.space.messages import AppearNaf, RelayNaf
from actors.space.refusals import NoSuchMember, NotInSpace
from actors.space.roster import Body
from actors.space.state import SpaceState
from actors.wire_time import milliseconds
from engine.context import Context
from engine.refusal import Refused


class Naf:
    """Tells the clients port four events, which the realtime adapter puts into each page's dialect.

    `naf-room` {room, members}: the whole room, to who has come in and after a resync.
    `naf-member` {id, member, joined}: one came, changed or, with no member, left; `joined` is when
    everybody came, by id. `naf-message` and `naf-signal` {from, to, type, data}.

    They take no part in the space's offsets: who was away joins anew and is sent everything.
    """

    def __init__(self, state: SpaceState) -> None:
        self.state = state

    def welcome(self, body: Body, ctx: Context) -> None:
        """Show a member the whole room."""
        if body.naf is not None:
            members = {
                other.naf.id: other.naf.view(milliseconds(other.connected_at_us))
                for other in self._members()
                if other.naf is not None
            }
            room = {"room": body.naf.room, "members": members}
            ctx.io(CLIENTS, Emit(to=(body.socket_id,), event="naf-room", payload=room))

    def changed(self, body: Body, ctx: Context) -> None:
        """Tell the other members of one who came, left or appears otherwise now."""
        roster = self.state.roster
        if body.naf is None or not roster.naf_sockets:
            return
        present = body.socket_id in roster
        view: JsonObject = {
            "id": body.naf.id,
            "member": body.naf.view(milliseconds(body.connected_at_us)) if present else None,
            "joined": {
                other.naf.id: milliseconds(other.connected_at_us)
                for other in self._members()
                if other.naf is not None
            },
        }
        self._emit("naf-member", view, roster.naf_sockets, body.socket_id, ctx)

    def take(self, message: RelayNaf | AppearNaf, ctx: Context) -> None:
        """Do what a member asks for; the answer goes to its client."""
        body = self.state.roster.bodies.get(message.socket_id)
        outcome: JsonObject | Refused
        if body is None or body.naf is None:
            outcome = NotInSpace().value()
        elif isinstance(message, RelayNaf):
            outcome = self._relay(message, body, body.naf.id, ctx)
        else:
            body.naf = message.naf
            body.active_at_us = ctx.now_us
            self.changed(body, ctx)
            outcome = {}
        if message.ack is not None:
            answer = Acknowledge(to=message.socket_id, ack=message.ack, outcome=outcome)
            ctx.io(CLIENTS, answer)

    def _relay(
        self, message: RelayNaf, body: Body, naf_id: str, ctx: Context
    ) -> JsonObject | Refused:
        roster = self.state.roster
        to = roster.naf_sockets
        if message.to is not None:
            target = roster.naf_ids.get(message.to)
            if target is None or target == message.socket_id:
                return NoSuchMember().value()
            to = (target,)
        body.active_at_us = ctx.now_us
        said = {"from": naf_id, "to": message.to, "type": message.type, "data": message.data}
        self._emit(message.event, said, to, message.socket_id, ctx)
        return {}

    def _members(self) -> list[Body]:
        roster = self.state.roster
        return [roster.bodies[socket_id] for socket_id in roster.naf_sockets]

    def _emit(
        self, event: str, payload: JsonObject, to: tuple[str, ...], but: str, ctx: Context
    ) -> None:
        if to != (but,):
            ctx.io(CLIENTS, Emit(to=to, event=event, payload=payload, but=but))
