"""What money keeps beside the ledger: the store's requests and rows.

The ledger says what happened; these rows say what it was about. Whether a purchase is paid or a
payout is done follows from the ledger's commands, so no row can disagree with the books.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

# Creators.


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatorRow:
    """Somebody who takes money from others (table creators)."""

    account: str
    display_name: str
    profile_pic: str | None
    created_at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveCreator:
    """Enrol a creator, or change how they are shown. Answer: `CreatorRow`, first `created_at`."""

    creator: CreatorRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadCreator:
    """Answer: `CreatorRow`, or None."""

    account: str


# Tips.


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareTip:
    """Keep a tip's words before it is paid. Answer: bool, whether there is such a creator.

    Words are kept outside the ledger, whose rows never go away. Those of a tip that was never paid
    are shown to nobody.
    """

    tip: str
    creator: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TipRow:
    """A tip that was paid (view tips); tokens. `reversed`: it was lost to a dispute."""

    id: str
    tipper: str
    creator: str
    amount: int
    creator_cut: int
    platform_fee: int
    message: str
    context: dict[str, Any]
    created_at_us: int
    reversed: bool = False


TipSide = Literal["sent", "received", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTips:
    """Somebody's tips, newest first. Answer: `TipPage`."""

    account: str
    side: TipSide
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TipPage:
    """One page, the count of all there are, and the sum of those that were not reversed."""

    tips: tuple[TipRow, ...]
    total: int
    amount: int
    reversed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTipStats:
    """What a creator was tipped since a time, and not reversed. Answer: `TipStats`."""

    creator: str
    since_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TipStats:
    tips: int
    amount: int
    largest: int
    tippers: int
    top: tuple[tuple[str, int, int], ...]  # (account, tokens, tips), five at most, most first


@dataclass(frozen=True, slots=True, kw_only=True)
class ListTranches:
    """What of somebody's earnings is in escrow, oldest first. Answer: tuple of `Tranche`."""

    account: str
    limit: int = 200


# Streams.


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamRow:
    """A broadcast (table streams). Its price is in tokens; `seats` None: as many as want to."""

    id: str
    creator: str
    channel: str
    title: str
    description: str
    category: str
    type: Literal["public", "private"]
    status: Literal["scheduled", "live", "ended"]
    price: int
    seats: int | None
    created_at_us: int
    started_at_us: int | None = None
    ended_at_us: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenStream:
    """Take a stream over: bump its actor's epoch and read it. Answer: `StreamOpened`."""

    actor: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamOpened:
    epoch: int
    row: StreamRow | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveStream:
    """Write a stream under its actor's epoch. Answer: None."""

    actor: str
    epoch: int
    row: StreamRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadStream:
    """By id or by channel. Answer: `StreamView`, or None."""

    id: str | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamView:
    """A stream with who gives it and how many tickets are held."""

    row: StreamRow
    creator: CreatorRow | None
    sold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListStreams:
    """A creator's streams, newest first; everybody's without one. Answer: tuple of `StreamView`."""

    creator: str | None = None
    status: str | None = None
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FindTicket:
    """The ticket somebody holds for a stream. Answer: `TicketRow`, or None."""

    stream: str
    account: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRow:
    """A ticket that was paid (view stream_tickets)."""

    id: str
    stream: str
    account: str
    price: int
    purchased_at_us: int


# Tokens.


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPurchase:
    """An intent to buy a pack (table token_purchases). `credit_id`: the command that credits it."""

    id: str
    credit_id: str
    account: str
    tokens: int
    price: int
    asset: str
    created_at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePurchase:
    """Keep an intent; the first under its id stays. Answer: `PurchaseRow`."""

    purchase: NewPurchase


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPurchase:
    """Answer: `PurchaseRow`, or None."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseRow:
    """`paid`: the ledger has credited it."""

    purchase: NewPurchase
    paid: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPurchases:
    """Newest first; everybody's without an account. Answer: tuple of `PurchaseRow`.

    With `unpaid` only those that no payment has come for.
    """

    account: str | None = None
    unpaid: bool = False
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePaymentEvent:
    """Keep what a provider told us, once. Answer: bool, True the first time."""

    id: str
    purchase: str
    type: str
    body: dict[str, Any]
    verdict: str  # applied, ignored, or why an operator must look at it
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenWallet:
    """Take a wallet or a subscription over: bump its actor's epoch. Answer: int, the epoch."""

    actor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadWallet:
    """Answer: `WalletRow`. `locked_since_us`: earnings after it cannot be cashed out yet."""

    account: str
    locked_since_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletRow:
    """What somebody has and had, tokens.

    Attributes:
        balance: can be spent: posted and not reserved.
        purchased, earned: ever.
        spent: ever, and not for a cash-out.
        cashed_out: ever, with what is reserved for it now.
        earned_before: of `earned`, what was earned up to `locked_since_us` and was not taken back
            since: frozen, refunded, paid for a debt, or spent when a debt arose.
    """

    account: str
    balance: int = 0
    purchased: int = 0
    spent: int = 0
    earned: int = 0
    cashed_out: int = 0
    earned_before: int = 0

    @property
    def cashable(self) -> int:
        """How many tokens may be cashed out: earned long enough ago, and still there."""
        return max(0, min(self.balance, self.earned_before - self.cashed_out))


@dataclass(frozen=True, slots=True, kw_only=True)
class ListEntries:
    """An account's movements in one asset, newest first. Answer: tuple of `EntryRow`."""

    account: str
    asset: str
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRow:
    """One movement: `amount` is negative when it went out; `balance` is right after it."""

    id: str
    command: str | None
    kind: str
    amount: int
    balance: int
    ref: str
    details: dict[str, Any]
    at_us: int


# Cash-outs.


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayout:
    """A creator's wish to cash out (table token_payouts).

    `hold_id`, `pay_id` and `void_id` are the commands that reserve the tokens, pay them out, and
    let them go again: what has become of it is read from the ledger.
    """

    id: str
    account: str
    tokens: int
    worth: int
    asset: str
    approvals_needed: int
    hold_id: str
    pay_id: str
    void_id: str
    requested_at_us: int


PayoutStatus = Literal["refused", "requested", "approved", "paid", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutRow:
    payout: NewPayout
    held: bool
    paid: bool
    cancelled: bool
    approvals: tuple[str, ...] = ()
    reference: str | None = None
    """How it was paid, as the operator wrote it."""

    @property
    def status(self) -> PayoutStatus:
        """Derived from facts alone."""
        if self.paid:
            return "paid"
        if self.cancelled:
            return "cancelled"
        if not self.held:
            return "refused"
        enough = len(self.approvals) >= self.payout.approvals_needed
        return "approved" if enough else "requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class SavePayout:
    """Keep a wish under its wallet's epoch; the first under its id stays. Answer: `PayoutRow`."""

    actor: str
    epoch: int
    payout: NewPayout


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPayout:
    """Answer: `PayoutRow`, or None."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovePayout:
    """Keep an operator's approval, once each. Answer: `PayoutRow`."""

    id: str
    approver: str
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePayout:
    """Keep how it was paid, before it counts as paid; the first note stays. Answer: `PayoutRow`."""

    id: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPayouts:
    """Newest first; everybody's without an account. Answer: tuple of `PayoutRow`."""

    account: str | None = None
    limit: int = 50
    offset: int = 0


# Requests over HTTP that are good once.


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginRequest:
    """Claim a key. Answer: `Claimed`.

    A claim that was never finished lapses at `lapses_us`; finished ones are kept until then too.
    """

    owner: str
    key: str
    digest: bytes
    now_us: int
    lapses_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """`ours`: go ahead. Else `status` and `body` are the answer; None: it is in flight.

    `same`: whether the digest is the one the key was first used with.
    """

    ours: bool
    same: bool = True
    status: int | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishRequest:
    """Keep a request's answer; without a status let its key go. Answer: None."""

    owner: str
    key: str
    status: int | None = None
    body: str | None = None
    kept_until_us: int = 0
