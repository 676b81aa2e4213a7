"""The desk of all booths: after a start it wakes those that owe somebody a refund."""

from __future__ import annotations

from typing import assert_never

from actors.booth.messages import GiveBack, SweepBooths, booth_address
from actors.money.space_records import ListUnreturned
from actors.store import STORE
from engine.actor import Actor, IoDone
from engine.clock import SECOND_US
from engine.context import Context
from engine.outcome import Ok

AGAIN_US = 5 * SECOND_US


class BoothDesk(Actor):
    """See the module's text; it owns nothing."""

    def handle(self, message: SweepBooths | IoDone, ctx: Context) -> None:
        match message:
            case SweepBooths():
                ctx.io(STORE, ListUnreturned(), tag="unreturned")
            case IoDone(outcome=Ok(value=spaces)):
                for space_type, space_id in spaces:
                    ctx.tell(booth_address(space_type, space_id), GiveBack())
            case IoDone():
                ctx.after(AGAIN_US, SweepBooths(), key="again")
            case _:
                assert_never(message)
