"""Why the ledger says no. A refused command stays refused, whatever happens later."""

from __future__ import annotations

from engine.refusal import Refusal


class InsufficientFunds(Refusal):
    """An account with a limit has less than the transfer takes."""

    code = "insufficient_funds"


class IdempotencyConflict(Refusal):
    """The id was used for a command that says something else."""

    code = "idempotency_conflict"


class TransferExists(Refusal):
    """A transfer's id was used in another command."""

    code = "transfer_exists"


class PendingNotFound(Refusal):
    """There is no such pending transfer between these accounts."""

    code = "pending_not_found"


class PendingResolved(Refusal):
    """The pending transfer was posted, voided, or has expired."""

    code = "pending_resolved"


class ExceedsPending(Refusal):
    """More than was reserved."""

    code = "exceeds_pending"


class AccountFrozen(Refusal):
    """The account is frozen until an operator has looked at it."""

    code = "account_frozen"
