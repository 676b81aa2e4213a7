"""Bodies of the calls' routes: what clients send and what they get. Names are WIRE 1.8's."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from adapters.http.answers import Time
from adapters.http.requests import Limit, Offset

Account = Annotated[str, Meta(description="a Hive account name", max_length=64)]
Rate = Annotated[int, Meta(description="tokens a minute, whole", ge=1, le=1_000_000)]
CallId = Annotated[str, Meta(description="a UUID", max_length=64)]
CallType = Literal["voice", "video"]
Earned = Annotated[int, Meta(description="Tokens: what the creator gets of it.")]
Words = Annotated[str, Meta(max_length=500)]


class InitBody(Struct, kw_only=True):
    """`callId`, or an Idempotency-Key, makes a retry the same call."""

    creatorId: Account  # noqa: N815 - WIRE's spelling, here and below
    rate_tokens_per_min: Rate
    callType: CallType = "video"  # noqa: N815
    message: Words = ""
    callId: CallId | None = None  # noqa: N815


class InitiateBody(Struct, kw_only=True):
    fanId: Account  # noqa: N815
    rate_tokens_per_min: Rate
    callType: CallType = "video"  # noqa: N815
    message: Words | None = None
    callId: CallId | None = None  # noqa: N815


class HistoryQuery(Struct, kw_only=True):
    limit: Limit = 20
    offset: Offset = 0


class MeterBody(Struct, kw_only=True):
    secret: Annotated[str, Meta(max_length=1_000)] = ""
    callId: CallId | None = None  # noqa: N815


class CallStarted(Struct, kw_only=True):
    callId: str  # noqa: N815
    channel: str
    rate: int
    state: str
    started_at: Time
    success: bool = True


class CallAccepted(Struct, kw_only=True):
    callId: str  # noqa: N815
    channel: str
    state: str
    rate: int
    success: bool = True


class CallEnded(Struct, kw_only=True):
    callId: str  # noqa: N815
    durationSeconds: int  # noqa: N815
    durationMinutes: int  # noqa: N815
    totalCost: int  # noqa: N815
    totalEarned: Earned  # noqa: N815
    endedBy: str | None  # noqa: N815
    state: str
    alreadyEnded: bool  # noqa: N815
    success: bool = True


class CallBilling(Struct, kw_only=True):
    elapsedSeconds: int  # noqa: N815
    currentMinute: int  # noqa: N815
    lastBilledMinute: int  # noqa: N815
    tokensPerMinute: int  # noqa: N815
    nextBillingIn: Annotated[int, Meta(description="Seconds of active time.")]  # noqa: N815


class CallEvidence(Struct, kw_only=True):
    """Whole seconds since each side was evidently there; null before the first time."""

    fan: int | None
    creator: int | None


class HeartbeatTaken(Struct, kw_only=True):
    callId: str  # noqa: N815
    heartbeatReceived: Time  # noqa: N815
    state: str
    billing: CallBilling
    totalCost: Annotated[int, Meta(description="Tokens paid so far.")]  # noqa: N815
    totalEarned: Earned  # noqa: N815
    nextBlockCost: int  # noqa: N815
    evidence: CallEvidence
    reason: Annotated[str | None, Meta(description="Why it is paused or over.")]
    success: bool = True


class Participant(Struct, kw_only=True):
    username: str
    displayName: str  # noqa: N815
    avatarUrl: str | None  # noqa: N815


class ListedCall(Struct, kw_only=True):
    id: str
    channel: str
    callType: str  # noqa: N815
    state: str
    rate: int
    initiatedAt: Time  # noqa: N815
    connectedAt: Time | None  # noqa: N815
    endedAt: Time | None  # noqa: N815
    durationSeconds: int  # noqa: N815
    totalCost: int  # noqa: N815
    totalEarned: Earned  # noqa: N815
    side: Annotated[Literal["fan", "creator"], Meta(description="Whose side the caller is on.")]
    reason: str | None
    participant: Participant
    reversed: Annotated[bool, Meta(description="A dispute gave its price back.")] = False


class CallList(Struct, kw_only=True):
    calls: list[ListedCall]
    has_more: bool
    success: bool = True


class CallDetails(Struct, kw_only=True):
    """One call as either of its parties sees it."""

    call: ListedCall
    fanId: str  # noqa: N815
    creatorId: str  # noqa: N815
    initiator: str
    message: str
    success: bool = True


class CallState(Struct, kw_only=True):
    callId: str  # noqa: N815
    channel: str
    state: str
    durationSeconds: int  # noqa: N815
    totalCost: int  # noqa: N815
    totalEarned: Earned  # noqa: N815
    reason: str | None
    success: bool = True


class CallTotals(Struct, kw_only=True):
    total_calls: int
    unique_fans: int
    total_seconds: int
    total_earned: int
    average_seconds: int
    longest_seconds: int


class CallStats(Struct, kw_only=True):
    stats: CallTotals
    success: bool = True


class BillingStatus(Struct, kw_only=True):
    status: str
    message: str
    success: bool = True


class MeterResult(Struct, kw_only=True):
    """What has been billed of one call; `reason` says why nothing more is."""

    success: bool
    callId: str | UnsetType = UNSET  # noqa: N815
    blockCost: int | UnsetType = UNSET  # noqa: N815
    creatorCut: int | UnsetType = UNSET  # noqa: N815
    platformFee: int | UnsetType = UNSET  # noqa: N815
    newBalance: int | UnsetType | None = UNSET  # noqa: N815
    billedSeconds: int | UnsetType = UNSET  # noqa: N815
    reason: str | UnsetType = UNSET
    required: int | UnsetType = UNSET
    callEnded: bool | UnsetType = UNSET  # noqa: N815


class Metered(MeterResult, kw_only=True):
    """All calls; or one, whose result stands here too."""

    metered: int
    failed: int
    results: list[MeterResult]


class BilledBlock(Struct, kw_only=True):
    block: int
    amount: int
    creatorCut: Earned  # noqa: N815
    platformFee: int  # noqa: N815
    at: Time
    paid: bool | None
    reason: str = "ppm"
    subject_type: str = "call"


class BillingHistory(Struct, kw_only=True):
    callId: str  # noqa: N815
    events: list[BilledBlock]
    success: bool = True
