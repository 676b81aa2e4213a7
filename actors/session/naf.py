"""What a session does for a Networked-A-Frame page."""

from __future__ import annotations

import dataclasses

from actors.clients import CLIENTS, Acknowledge
from actors.naf import NafMember
from actors.session.answers import explain
from actors.session.messages import DescribeNaf, SendNaf
from actors.session.whereabouts import Whereabouts
from actors.space.messages import AppearNaf, RelayNaf
from actors.space.refusals import NotInSpace
from engine.context import Context
from engine.outcome import Err
from engine.refusal import Refused


class NafSpeech:
    """Passes on what the page says while it is in its room; the space answers it."""

    def __init__(self, socket_id: str) -> None:
        self.socket_id = socket_id

    def take(self, message: SendNaf | DescribeNaf, where: Whereabouts, ctx: Context) -> None:
        """Pass on what the page says, or how it wants to appear.

        A page that has just lost its connection still speaks to its old room; that gets lost.
        """
        if where.space is None or where.naf is None or not where.inside:
            self._refuse(message.ack, NotInSpace().value(), ctx)
        elif isinstance(message, SendNaf):
            self._send(message, where.space.address, ctx)
            if message.pose is not None:
                where.move(message.pose, ctx)
        else:
            where.naf = _described(where.naf, message)
            appear = AppearNaf(socket_id=self.socket_id, naf=where.naf, ack=message.ack)
            ctx.tell(where.space.address, appear)

    def _send(self, message: SendNaf, address: str, ctx: Context) -> None:
        relay = RelayNaf(
            socket_id=self.socket_id,
            event=message.event,
            type=message.type,
            data=message.data,
            to=message.to,
            ack=message.ack,
        )
        ctx.tell(address, relay)

    def undelivered(self, ack: int | None, ctx: Context) -> None:
        """The space had no room for it; the page's next update makes up for most of them."""
        self._refuse(ack, explain(Err("the space is busy")), ctx)

    def _refuse(self, ack: int | None, refused: Refused, ctx: Context) -> None:
        if ack is not None:
            ctx.io(CLIENTS, Acknowledge(to=self.socket_id, ack=ack, outcome=refused))


def _described(naf: NafMember, message: DescribeNaf) -> NafMember:
    if message.presence is not None:
        show, status = message.presence
        naf = dataclasses.replace(naf, show=show, status=status)
    if message.fields is not None:
        naf = dataclasses.replace(naf, fields=message.fields)
    return naf
