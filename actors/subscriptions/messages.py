"""What a subscriber's actor is asked. Its address is `subscriber:<account>`."""

from __future__ import annotations

from dataclasses import dataclass

from actors.money.errands import TryAgain
from actors.subscriptions.records import Closed, Invoice, Period
from engine.actor import AskDone, IoDone

SUBSCRIPTIONS_DESK = "subscriptions:desk"


def subscriber_address(account: str) -> str:
    """Return the address of an account's subscription."""
    return f"subscriber:{account}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenInvoice:
    """Begin buying a tier. Answer: `InvoiceState`; again for the same id.

    `amount`: what the client was shown, minor units; another price than the server's is refused.
    """

    invoice: str
    tier: str
    period: Period
    asset: str
    promo: str | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTicketInvoice:
    """Asked of a booth or a stream: begin buying a ticket for money from outside.

    Answer: `InvoiceState`; again for the same id. `amount`: what the client was shown, minor units.
    """

    invoice: str
    buyer: str
    asset: str
    ticket_type: str | None = None
    amount: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PayBackCredit:
    """An operator says that credit was paid back outside. Answer: int, what is left of it.

    The same reference again changes nothing.
    """

    reference: str
    asset: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPayment:
    """Money has come for an invoice, as a provider, a chain or an operator says.

    Answer: `InvoiceState`; the same reference again changes nothing. `amount` None: what is due.
    """

    invoice: str
    reference: str
    amount: int | None
    asset: str | None
    fee: int = 0
    source: str = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAtInvoice:
    """Carry an invoice on as far as it goes now. Answer: `InvoiceState`."""

    invoice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffInvoice:
    """It is not to be paid any more, by its buyer's or an operator's word. Answer: `InvoiceState`.

    What it reserved is free again; what has come for it, and what comes yet, is the payer's credit.
    """

    invoice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSubscription:
    """It is not to go on after its end. Answer: `Subscription`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Told by the desk: something is due. Answer, when asked: None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceState:
    """An invoice as it stands.

    Attributes:
        paid: what has come for it and is not spent, minor units.
        due: what it costs now.
        credit: how much of that is paid with the account's credit.
    """

    invoice: Invoice
    closed: Closed | None
    paid: int
    due: int
    credit: int = 0

    @property
    def to_pay(self) -> int:
        """What is still to come."""
        return 0 if self.closed is not None else max(self.due - self.paid - self.credit, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Told at the start of a node: wake up, and look whose time has come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueAt:
    """Told by a subscriber: something of theirs is due then."""

    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LookNow:
    """The desk's own timer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChecks:
    """Wake them now. Answer: int, how many were woken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLastCheck:
    """Answer: when the desk last looked, microseconds, or None."""


SubscriberMessage = (
    OpenInvoice | ConfirmPayment | LookAtInvoice | CallOffInvoice | PayBackCredit
    | CancelSubscription | Check | IoDone | AskDone | TryAgain
)  # fmt: skip
DeskMessage = Sweep | DueAt | LookNow | RunChecks | ReadLastCheck | IoDone
