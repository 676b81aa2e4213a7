"""Why a tip, a ticket or a cash-out is not possible; codes as clients of tips and streams know."""

from __future__ import annotations

from engine.refusal import Refusal


class InsufficientBalance(Refusal):
    """The tipper has too few tokens."""

    code = "insufficient_balance"

    def __init__(self, *, balance: int, required: int) -> None:
        super().__init__(
            f"You have {balance} tokens and need {required}.",
            current_balance=balance,
            required_amount=required,
            required=required,
            current=balance,
        )


class InsufficientTokens(Refusal):
    """The buyer of a ticket has too few tokens."""

    code = "insufficient_tokens"

    def __init__(self, *, balance: int, required: int) -> None:
        super().__init__(
            f"You have {balance} tokens and need {required}.",
            required=required,
            current=balance,
            shortfall=required - balance,
        )


class CreatorNotFound(Refusal):
    """Nobody of this name takes money."""

    code = "creator_not_found"

    def __init__(self, account: str, *, field: str = "toCreatorId") -> None:
        super().__init__(f"{account} is no creator here.", field=field)


class OnlyCreators(Refusal):
    """Somebody who never enrolled as a creator."""

    code = "only_creators_can_stream"

    def __init__(self) -> None:
        super().__init__("Enrol as a creator first: PUT /api/creators/me.")


class NotACreator(Refusal):
    """What only creators have."""

    code = "not_a_creator"

    def __init__(self) -> None:
        super().__init__("Only creators have this: enrol with PUT /api/creators/me.")


class StreamNotFound(Refusal):
    """There is no such stream."""

    code = "stream_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such stream.")


class NotTheCreator(Refusal):
    """Somebody else's stream."""

    code = "unauthorized_party"

    def __init__(self) -> None:
        super().__init__("Only its creator may do this.")


class StreamOver(Refusal):
    """The stream has ended."""

    code = "stream_ended"

    def __init__(self) -> None:
        super().__init__("This stream has ended.")


class InvalidPrice(Refusal):
    """The stream has another price, or none."""

    code = "invalid_price"

    def __init__(self, *, price: int) -> None:
        super().__init__(f"A ticket costs {price} tokens.", field="priceTokens", priceTokens=price)


class NoTicketNeeded(Refusal):
    """A public stream, or one's own."""

    code = "no_ticket_needed"

    def __init__(self) -> None:
        super().__init__("You need no ticket for this stream.")


class TicketAlreadyPurchased(Refusal):
    """One ticket a person."""

    code = "ticket_already_purchased"

    def __init__(self, ticket: str | None) -> None:
        super().__init__("You have a ticket already.", ticketId=ticket)


class SoldOut(Refusal):
    """Every seat is taken."""

    code = "sold_out"

    def __init__(self) -> None:
        super().__init__("There are no tickets left.")


class NoTicket(Refusal):
    """A private stream, and no ticket for it."""

    code = "no_ticket"

    def __init__(self) -> None:
        super().__init__("This stream needs a ticket.")


class RefundOver(Refusal):
    """The time in which a ticket may be given back is over, or there is none."""

    code = "refund_over"

    def __init__(self) -> None:
        super().__init__("This ticket cannot be given back any more; ask the creator.")


class NotRefundable(Refusal):
    """What was paid for it is no longer there to be given back."""

    code = "not_refundable"

    def __init__(self) -> None:
        super().__init__("The creator has too few tokens to give the price back.")


class NotCashable(Refusal):
    """More tokens than were earned long enough ago."""

    code = "not_cashable"

    def __init__(self, *, tokens: int, cashable: int) -> None:
        super().__init__(
            f"{cashable} tokens can be cashed out now, not {tokens}: only what was earned, and "
            "longer ago than a card payment can be charged back.",
            field="tokenAmount",
            cashable=cashable,
            required=tokens,
        )


class PayoutNotFound(Refusal):
    """There is no such cash-out."""

    code = "payout_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such payout.")


class PayoutState(Refusal):
    """It has gone too far, or not far enough."""

    code = "payout_state"

    def __init__(self, status: str) -> None:
        super().__init__(f"This payout is {status}.", status=status)


class OwnPayout(Refusal):
    """Nobody approves a payout to themselves."""

    code = "own_payout"

    def __init__(self) -> None:
        super().__init__("Somebody else must approve and pay this: it is yours.")


class PurchaseNotFound(Refusal):
    """There is no such purchase."""

    code = "purchase_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such purchase.")


class PaymentMismatch(Refusal):
    """Another amount than was asked for; nothing is credited and an operator has to look."""

    code = "payment_mismatch"

    def __init__(self, *, expected: str, got: str) -> None:
        super().__init__(f"Expected {expected}, got {got}.", expected=expected, got=got)


class DisputeNotFound(Refusal):
    """No such dispute, or nothing was sold that could be disputed."""

    code = "dispute_not_found"

    def __init__(self) -> None:
        super().__init__(
            "There is no such dispute, or nobody earned anything by a sale of this kind and id "
            "that still stands."
        )


class SaleGoesOn(Refusal):
    """What is disputed is not over: nobody knows yet what it comes to."""

    code = "sale_goes_on"
    retryable = True

    def __init__(self) -> None:
        super().__init__("This call is not over; it can be disputed when its last block is paid.")


class DisputeState(Refusal):
    """There has been a dispute of this sale, and it is open or decided."""

    code = "dispute_state"

    def __init__(self, status: str) -> None:
        super().__init__(f"This dispute is {status}.", status=status)


class OwnDispute(Refusal):
    """Nobody handles a dispute of what they earned."""

    code = "own_dispute"

    def __init__(self) -> None:
        super().__init__("Somebody else must handle this dispute: it is about your earnings.")
