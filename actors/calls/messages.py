"""What calls are told and asked, and the store requests that keep them."""

from __future__ import annotations

from dataclasses import dataclass

from actors.calls.state import Block, CallFacts, Interval, Side, Status
from engine.actor import AskDone, Down, IoDone, Restarted

CALL_DESK = "calls:desk"
"""The address of the one who knows which calls are live."""


def call_address(call_id: str) -> str:
    """Return the address of a call's meter."""
    return f"call:{call_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartCall:
    """Asked: reserve the first block and ring. Answer: `CallView` once that is durable.

    The id is the address's, chosen by the caller: the same again is the same call.
    """

    fan: str
    creator: str
    initiator: Side
    rate: int
    call_type: str = "video"
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptCall:
    """Asked by the side that is rung. Answer: `CallView`."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseCall:
    """Asked by either side. Answer: `CallView`; nothing happens to a call that is not active."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeCall:
    """Asked by either side: go on as soon as both are there. Answer: `CallView`."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndCall:
    """Asked by either side: hang up, decline or cancel. Answer: `CallView` once it is settled."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewCall:
    """Asked by either side. With `heartbeat` it proves that they are there. Answer: `CallView`."""

    by: str
    heartbeat: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Told, or put under its side: at `at_us` this side was evidently there.

    `since_us`: it was so all the time since then. What is put meets what was put before, and both
    are one stretch unless too long a silence lies between (`merge_evidence`).
    """

    side: Side
    at_us: int
    since_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDue:
    """Do what is due now. Asked or told, by anybody and however often. Answer: `CallView`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """The call's own timer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """A call as its parties see it.

    Attributes:
        active_us: active time as far as it is proved.
        cost: tokens paid so far.
        earned: what the creator got of it.
        last_paid: the newest paid block, None before the first.
        balance: the fan's tokens right after that; None when this meter has not seen it.
        required: what the next block costs, tokens.
        fan_seen_us, creator_seen_us: when this meter last had evidence of each; None before.
        replayed: the call was there already.
    """

    facts: CallFacts
    status: Status
    active_us: int
    cost: int
    earned: int
    last_paid: Block | None
    balance: int | None
    required: int
    fan_seen_us: int | None = None
    creator_seen_us: int | None = None
    replayed: bool = False


CallMessage = (
    StartCall | AcceptCall | PauseCall | ResumeCall | EndCall | ViewCall | Evidence | RunDue | Tick
    | IoDone | AskDone | Restarted | Down
)  # fmt: skip


# The desk.


@dataclass(frozen=True, slots=True, kw_only=True)
class RunAllDue:
    """Asked: have every live call do what is due. Answer: tuple of `CallView`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Wake every live call. The desk's own timer, and the node's first word to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WakeMore:
    """Wake the next slice of the calls that were found. The desk's own timer."""


DeskMessage = RunAllDue | Sweep | WakeMore | IoDone | AskDone


# Store requests.


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCall:
    """Take a call over: its epoch goes up by one. Answer: `CallOpened`; nothing of a new call."""

    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOpened:
    """What a meter must know.

    `unpaid` are the blocks that are due and about which the ledger's word is not written down yet;
    `paid` is the sum of those it has said yes to, tokens; `earned` is the creator's part of it.
    """

    epoch: int = 0
    facts: CallFacts | None = None
    unpaid: tuple[Block, ...] = ()
    paid: int = 0
    earned: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCall:
    """Write a new call under epoch 1. Answer: None; refused with `fenced` when it is there."""

    facts: CallFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveCall:
    """Write a call's present state, all of it or nothing, under its meter's epoch. Answer: None.

    `intervals` and `blocks` are those that are new or have changed.
    """

    epoch: int
    facts: CallFacts
    intervals: tuple[Interval, ...] = ()
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveEvidence:
    """Note how far a call's evidence reaches, under its epoch. Answer: None.

    It may be lost in a crash of the database: those seconds are then not billed.
    """

    call_id: str
    epoch: int
    evidence_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLiveCalls:
    """Answer: tuple of the ids of all calls that are not settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCalls:
    """A page of an account's calls, the newest first. Answer: `CallPage`.

    With `pending` only those that ring at this account now.
    """

    account: str
    limit: int = 20
    offset: int = 0
    pending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPage:
    """One page. `reversed`: ids of those that a dispute gave back."""

    calls: tuple[CallFacts, ...]
    has_more: bool
    reversed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCall:
    """Answer: `CallRead`, or None when there is no such call."""

    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRead:
    facts: CallFacts
    intervals: tuple[Interval, ...]
    blocks: tuple[Block, ...]
    reversed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCallStatistics:
    """Sum up a creator's settled calls that were connected and not given back.

    Answer: `CallStatistics`.
    """

    creator: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStatistics:
    calls: int
    fans: int
    active_us: int
    earned: int  # tokens
    longest_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadParties:
    """Who talks in the calls that have this channel. Answer: tuple of accounts."""

    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLastCall:
    """When this pair's newest call was made, microseconds, or None. Answer: int | None."""

    fan: str
    creator: str
