"""The other side of hearing: who hears me, told to those whose client carries their voice.

Peers connect to each other, so a client that speaks must know to whom it may send its voice, and
may not take the other's word for it. A client asks for this as it joins (`hearers`); all others
are spared it, since there are as many hearers as links. It is the relation read the other way
round, of the same moment as what the listeners are told.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from actors.clients import CLIENTS, Emit
from actors.space.hearing.changes import KIND_BITS
from actors.space.hearing.crowd import ROW_BITS, Crowd
from actors.space.hearing.relation import Relation
from actors.space.hearing.told import Told, news
from actors.space.roster import Body
from actors.wire_time import milliseconds
from engine.context import Context


class Hearers:
    """Keeps up with who has been told what."""

    def __init__(self) -> None:
        self._told = Told()

    def tell(
        self,
        relation: Relation,
        crowd: Crowd,
        bodies: dict[int, Body],
        asked: NDArray[np.bool_],
        ctx: Context,
    ) -> None:
        """Send `spatial-hearers-updated` to those to whom something is new.

        Args:
            relation: who hears whom now.
            crowd: of this answer.
            bodies: who is here, by row.
            asked: bool (n,), who has forgotten what they were told.
            ctx: of this delivery.
        """
        carries = np.zeros(len(crowd.life), np.bool_)
        carries[[row for row, body in bodies.items() if body.told_hearers]] = True
        if not carries.any():
            return
        heard = reversed_links(relation.where(carries[relation.source]))
        taken = self._told.take(heard.keys << KIND_BITS, crowd.life)
        for each in news(taken, whole=carries & asked, asked=carries & asked):
            payload = {
                "hearers": [bodies[row].socket_id for row in heard.source[each.made].tolist()],
                "ended": [bodies[row].socket_id for row in each.ended.tolist()],
                "resync": each.whole,
                "timestamp": milliseconds(ctx.now_us),
            }
            to = (bodies[each.listener].socket_id,)
            ctx.io(CLIENTS, Emit(to=to, event="spatial-hearers-updated", payload=payload))


def reversed_links(relation: Relation) -> Relation:
    """Return the links with source and listener exchanged."""
    keys = relation.source << ROW_BITS | relation.listener
    return Relation.of(keys, relation.gain, relation.pan)
