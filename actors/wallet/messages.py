"""What a wallet is asked. Its address is `wallet:<account>`; every id is the asker's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actors.money.dispute_records import DisputeKind
from actors.money.errands import TryAgain
from actors.money.records import TipRow
from engine.actor import AskDone, IoDone


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTip:
    """Give a creator tokens. Answer: `TipSent`, once it is durable; again for the same id.

    `context`: where it was given: streamId, callId, channel, sessionId; those in its channel
    are told.
    """

    tip: str
    creator: str
    amount: int
    message: str
    context: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TipSent:
    tip: TipRow
    balance: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditPurchase:
    """A pack is paid. Answer: int, the balance; again for the same purchase.

    Refused with `payment_mismatch` when something else was paid than was asked for.
    """

    purchase: str
    event: str
    paid: int
    asset: str
    fee: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CashOut:
    """Reserve earned tokens for being paid out. Answer: `PayoutRow`."""

    payout: str
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """An operator has looked at a cash-out. Answer: `PayoutRow`."""

    payout: str
    approver: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPaid:
    """An operator has paid it, as `reference` says. Answer: `PayoutRow`."""

    payout: str
    operator: str
    reference: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPayout:
    """Let the tokens go again. `by`: its owner or an operator. Answer: `PayoutRow`."""

    payout: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDue:
    """Release what has waited long enough. Answer: tuple of `Tranche`, what still waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDispute:
    """Freeze what the wallet's owner earned by a sale. Answer: `DisputeRow`, open."""

    sale: str
    kind: DisputeKind
    reason: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseDispute:
    """Give what is frozen to its owner (`won`) or to who paid. Answer: `DisputeRow`."""

    dispute: str
    won: bool
    by: str


WalletMessage = (
    ReleaseDue | OpenDispute | CloseDispute |
    SendTip | CreditPurchase | CashOut | Approve | ConfirmPaid | CancelPayout | IoDone | AskDone
    | TryAgain
)  # fmt: skip
