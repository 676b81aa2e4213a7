"""What the two parties are told while it happens: events of WIRE 2.4, after they are durable."""

from __future__ import annotations

from typing import Any

from actors.calls.payments import Payments
from actors.calls.state import Block, CallFacts, Status
from actors.user.messages import TellUser, user_address
from engine.clock import SECOND_US
from engine.context import Context


class News:
    """Tells each change of status once."""

    def __init__(self) -> None:
        self.told: Status | None = None
        self.warned = 0  # the block that could not be reserved

    def status(self, facts: CallFacts, ctx: Context) -> None:
        """Tell the status, if it is another than the last that was told."""
        status = facts.status
        if status == self.told or status in ("init", "ending"):
            return
        first = self.told is None
        self.told = status
        if status == "ringing" and first and facts.accepted_us is None:
            caller = facts.account(facts.initiator)
            ring = {
                "callId": facts.id,
                "channel": facts.channel,
                "callType": facts.call_type,
                "fromUserId": caller,
                "fromUsername": caller,
                "rate": facts.rate,
                "message": facts.message or None,
            }
            _tell(facts.account(facts.callee), "call:incoming", ring, ctx)
        state: dict[str, Any] = {
            "callId": facts.id,
            "channel": facts.channel,
            "state": status,
            "durationSeconds": facts.closed_us // SECOND_US,
            "reason": facts.reason or facts.paused_by,
            "endedBy": facts.ended_by,
            "totalCost": facts.cost,
            "totalEarned": facts.earned,
        }
        _tell_both(facts, "call:status", state, ctx)

    def accepted(self, facts: CallFacts, ctx: Context) -> None:
        """Tell that the side that is rung has accepted."""
        said = {"callId": facts.id, "channel": facts.channel, "by": facts.account(facts.callee)}
        _tell_both(facts, "call:accepted", said, ctx)

    def billed(self, facts: CallFacts, block: Block, payments: Payments, ctx: Context) -> None:
        """Tell that a block is paid; only the fan is told what is left."""
        billed = {
            "callId": facts.id,
            "channel": facts.channel,
            "block": block.number,
            "tokens": block.amount,
            "creatorCut": block.creator_cut,
            "totalCost": payments.cost,
            "totalEarned": payments.earned,
            "billedSeconds": block.number * payments.policy.block_s,
        }
        _tell(facts.creator, "call:minute_billed", billed, ctx)
        _tell(facts.fan, "call:minute_billed", {**billed, "balance": payments.balance}, ctx)

    def insufficient(self, facts: CallFacts, payments: Payments, ctx: Context) -> None:
        """Warn that the next block cannot be reserved, once a block."""
        block = facts.blocks + 2
        refused = payments.refused.get(block)
        if facts.open is None or refused is None or self.warned == block:
            return
        self.warned = block
        boundary_us = facts.boundary_us(payments.policy)
        warning = {
            "callId": facts.id,
            "channel": facts.channel,
            "endsInSeconds": max(0, boundary_us - ctx.now_us) // SECOND_US,
            "required": payments.price(facts, block),
        }
        _tell(facts.creator, "call:insufficient_funds", warning, ctx)
        current = refused.details.get("available")
        _tell(facts.fan, "call:insufficient_funds", {**warning, "current": current}, ctx)


def _tell_both(facts: CallFacts, event: str, payload: dict[str, Any], ctx: Context) -> None:
    for account in (facts.fan, facts.creator):
        _tell(account, event, payload, ctx)


def _tell(account: str, event: str, payload: dict[str, Any], ctx: Context) -> None:
    ctx.tell(user_address(account), TellUser(event=event, payload=payload))
