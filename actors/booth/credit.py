"""The errands of microphones: a unit of time is reserved, then taken as far as it was used."""

from __future__ import annotations

from actors.booth.commands import about, charge_credit_command, hold_credit_command, space_policy
from actors.booth.messages import ChargeCredit, HoldCredit
from actors.booth.ownership import Ownership
from actors.ledger.messages import Post
from actors.ledger.refusals import IdempotencyConflict, InsufficientFunds
from actors.money.errands import Errand
from actors.money.policy import Policy
from actors.money.refusals import InsufficientTokens
from actors.space.space_id import SpaceId
from actors.store_answers import RefusedByStore


def hold_credit(wish: HoldCredit) -> Errand:
    """Return the errand; it ends in True.

    Raises:
        InsufficientTokens: too few tokens.
    """
    command = hold_credit_command(wish.hold, wish.account, wish.amount, wish.microphone_id)
    try:
        yield Post(command=command)
    except RefusedByStore as refused:
        if refused.code == InsufficientFunds.code:
            balance = int(refused.details["available"])
            raise InsufficientTokens(balance=balance, required=wish.amount) from None
        raise
    return True


def charge_credit(
    wish: ChargeCredit, space: SpaceId, ownership: Ownership, policy: Policy
) -> Errand:
    """Return the errand; it ends in the tokens that were paid."""
    amount = 0 if wish.account == ownership.owner else wish.amount
    command = charge_credit_command(
        wish.hold,
        space_policy(policy, ownership.owner, ownership.sharing),
        account=wish.account,
        payee=ownership.owner,
        held=wish.held,
        amount=amount,
        microphone_id=wish.microphone_id,
        details={
            **about(space.type, space.id, ownership.owner),
            "microphone": wish.microphone_id,
            "use": wish.use,
            "unit": wish.unit,
        },
    )
    try:
        yield Post(command=command)
    except RefusedByStore as refused:
        # An earlier try was decided when the space was shared otherwise; else it has lapsed.
        return amount if refused.code == IdempotencyConflict.code else 0
    return amount
