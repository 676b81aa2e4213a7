"""What is known of a call, and what follows from it. Pure: the status is derived, never stored.

Active time is the sum of intervals in which both sides were evidently there. An interval ends at
the last moment that both of them are proved for, so nobody pays for silence.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from actors.calls.metering import MeterPolicy, block_count
from actors.money.split import PAYEE, Share

Side = Literal["fan", "creator"]
SIDES: Final[tuple[Side, ...]] = ("fan", "creator")

Status = Literal["init", "ringing", "active", "paused", "ending", "ended", "failed"]

Reason = Literal[
    "hung_up", "declined", "no_answer", "insufficient", "silence", "abandoned", "frozen",
    "interrupted",
]  # fmt: skip
"""Why a call ended. interrupted: the server fell before the call could ring."""

PausedBy = Literal["fan", "creator", "silence", "unpaid", "recovery"]


CHANNEL_PREFIX = "call_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A stretch of active time; `ended_us` None: it goes on.

    `epoch` is the meter's that opened it, `number` counts the call's intervals from 1.
    """

    number: int
    epoch: int
    started_us: int
    ended_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block that is due: written before the ledger is asked for it.

    Attributes:
        number: from 1, without a gap.
        amount: tokens; 0 when rounding or the free beginning leaves nothing.
        generation: of the hold that pays for it.
        due_us: when it was over.
        paid: None until the ledger has said; False when it could not be paid.
        shares: who gets what of it; none: all of it is the creator's.
    """

    number: int
    amount: int
    generation: int
    due_us: int
    paid: bool | None = None
    shares: tuple[Share, ...] = ()

    @property
    def creator_cut(self) -> int:
        """What the creator gets of it, tokens."""
        if not self.shares:
            return self.amount
        return sum(share.amount for share in self.shares if share.party == PAYEE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """A call as it is durable. Times are microseconds since the Unix epoch.

    Attributes:
        initiator: who rings; the other side may accept.
        rate: tokens a minute.
        ringing_us: when its first block was reserved.
        connected_us: when it was first active.
        closed_us: active time of the intervals that are over.
        interval: the open interval, or the last one.
        evidence_us: up to when both sides are proved to be there, in the open interval.
        paused_us: since when it is paused.
        blocks: how many are due up to now; each has a `Block`.
        generation: counts how often holds were taken anew.
        ending_us: when it was over; the books may still be open.
        settled_us: when the last of it was paid or released.
        cost: tokens paid, known once it is settled.
        earned: what the creator got of them.
    """

    id: str
    fan: str
    creator: str
    initiator: Side
    call_type: str
    message: str
    rate: int
    created_us: int
    ringing_us: int | None = None
    accepted_us: int | None = None
    connected_us: int | None = None
    closed_us: int = 0
    interval: Interval | None = None
    evidence_us: int | None = None
    paused_us: int | None = None
    paused_by: PausedBy | None = None
    blocks: int = 0
    generation: int = 0
    ending_us: int | None = None
    reason: Reason | None = None
    ended_by: str | None = None
    settled_us: int | None = None
    cost: int = 0
    earned: int = 0

    @property
    def channel(self) -> str:
        """The name under which clients find the call."""
        return f"{CHANNEL_PREFIX}{self.id[-12:]}"

    @property
    def open(self) -> Interval | None:
        """The interval that goes on now."""
        interval = self.interval
        return interval if interval is not None and interval.ended_us is None else None

    @property
    def status(self) -> Status:
        """Where the call is; the first that fits."""
        if self.settled_us is not None:
            return "failed" if self.connected_us is None else "ended"
        if self.ending_us is not None:
            return "ending"
        if self.open is not None:
            return "active"
        if self.connected_us is not None:
            return "paused"
        return "init" if self.ringing_us is None else "ringing"

    @property
    def live(self) -> bool:
        """Whether there is anything left to do for it."""
        return self.settled_us is None

    @property
    def callee(self) -> Side:
        return "creator" if self.initiator == "fan" else "fan"

    def side(self, account: str) -> Side | None:
        """Return which side an account is, None for outsiders."""
        if account == self.fan:
            return "fan"
        return "creator" if account == self.creator else None

    def account(self, side: Side) -> str:
        return self.fan if side == "fan" else self.creator

    def active_us(self, now_us: int) -> int:
        """Return the active time up to a moment, as far as nothing speaks against it."""
        interval = self.open
        return self.closed_us + (0 if interval is None else max(0, now_us - interval.started_us))

    @property
    def proved_us(self) -> int:
        """The active time for which both sides' presence is proved."""
        interval, until_us = self.open, self.evidence_us
        if interval is None or until_us is None:
            return self.closed_us
        return self.closed_us + max(0, until_us - interval.started_us)

    def boundary_us(self, policy: MeterPolicy) -> int:
        """Return when the present block is over, if the call stays active."""
        assert self.open is not None
        left_us = (self.blocks + 1) * policy.block_us - self.closed_us
        return self.open.started_us + left_us


def activated(facts: CallFacts, now_us: int, epoch: int) -> CallFacts:
    """Return the call with an interval that begins now."""
    number = 1 if facts.interval is None else facts.interval.number + 1
    return replace(
        facts,
        connected_us=facts.connected_us or now_us,
        interval=Interval(number=number, epoch=epoch, started_us=now_us),
        evidence_us=now_us,
        paused_us=None,
        paused_by=None,
    )


def paused(
    facts: CallFacts, now_us: int, by: PausedBy, *, until_us: int | None = None
) -> CallFacts:
    """Return the call with its interval ended where the evidence for it ends.

    Args:
        facts: an active call.
        now_us: when this is decided.
        by: why.
        until_us: no active time after this, whatever the evidence.
    """
    frozen = _frozen(facts, now_us if until_us is None else min(now_us, until_us))
    return replace(frozen, paused_us=now_us, paused_by=by)


def ended(facts: CallFacts, now_us: int, reason: Reason, by: str | None) -> CallFacts:
    """Return the call as it is over: its interval, if one is open, ends with the evidence."""
    frozen = _frozen(facts, now_us)
    return replace(frozen, ending_us=now_us, reason=reason, ended_by=by)


def last_block(facts: CallFacts, policy: MeterPolicy) -> int:
    """Return how many blocks the call has begun in its closed intervals."""
    return max(facts.blocks, block_count(facts.closed_us, policy))


def _frozen(facts: CallFacts, until_us: int) -> CallFacts:
    interval = facts.open
    if interval is None:
        return facts
    assert facts.evidence_us is not None
    end_us = max(interval.started_us, min(until_us, facts.evidence_us))
    return replace(
        facts,
        interval=replace(interval, ended_us=end_us),
        closed_us=facts.closed_us + end_us - interval.started_us,
    )
