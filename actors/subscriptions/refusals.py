"""Why a subscription cannot be had, or a payment not be taken."""

from __future__ import annotations

from engine.refusal import Refusal


class NoSuchTier(Refusal):
    """No tier has this code or number."""

    code = "no_such_tier"

    def __init__(self, known: list[str], *, field: str = "tierCode") -> None:
        super().__init__(f"{field}: expected one of {', '.join(known)}", field=field)


class TierExists(Refusal):
    """The code is taken."""

    code = "tier_exists"

    def __init__(self, code: str) -> None:
        super().__init__(f"There is a tier {code} already.", field="tier_code")


class PromoExists(Refusal):
    """The code is taken."""

    code = "promo_exists"

    def __init__(self, code: str) -> None:
        super().__init__(f"There is a promo code {code} already.", field="code")


class PromoNotApplicable(Refusal):
    """The code is not good for this purchase."""

    code = "promo_not_applicable"

    def __init__(self, why: str) -> None:
        super().__init__(why, field="promoCode")


class PromoUsedUp(Refusal):
    """It was used as often as it may be."""

    code = "promo_used_up"

    def __init__(self, *, by_you: bool) -> None:
        whom = "You have used this promo code" if by_you else "This promo code was used"
        super().__init__(f"{whom} as often as it may be.", field="promoCode")


class CannotPayWith(Refusal):
    """There is no price in this money."""

    code = "cannot_pay_with"

    def __init__(self, asset: str, known: list[str], *, field: str = "currency") -> None:
        super().__init__(f"{field}: expected one of {', '.join(known)}, got {asset}", field=field)


class PriceChanged(Refusal):
    """The client named another price than the server has."""

    code = "price_changed"

    def __init__(self, *, price: str, currency: str) -> None:
        super().__init__(f"It costs {price} {currency}.", field="amount", price=price)


class AlreadyForLife(Refusal):
    """Nothing can be added to a subscription without end."""

    code = "already_for_life"

    def __init__(self) -> None:
        super().__init__("You have this subscription for life.")


class NoSubscription(Refusal):
    """There is nothing to cancel."""

    code = "no_subscription"

    def __init__(self) -> None:
        super().__init__("You have no subscription that could be cancelled.")


class InvoiceNotFound(Refusal):
    """There is no such payment channel."""

    code = "payment_channel_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such payment channel.")


class InvoiceOver(Refusal):
    """It has ended: nothing is due on it."""

    code = "payment_channel_closed"

    def __init__(self) -> None:
        super().__init__("Nothing is due on this payment channel; name the amount that was paid.",
                         field="amount")  # fmt: skip


class InvoicePaid(Refusal):
    """It was paid, and what it was for is sold."""

    code = "payment_channel_paid"

    def __init__(self) -> None:
        super().__init__("This was paid already; what was bought with it can be given back.")


class OwnPayment(Refusal):
    """Nobody confirms a payment of their own."""

    code = "own_payment"

    def __init__(self) -> None:
        super().__init__("Somebody else must confirm this: it is yours.")


class PaymentDiffers(Refusal):
    """The reference was used for another payment."""

    code = "payment_differs"

    def __init__(self) -> None:
        super().__init__("This reference was confirmed with other figures.", field="reference")


class CreditGone(Refusal):
    """Another purchase took the credit that this one was quoted with."""

    code = "credit_gone"
    retryable = True

    def __init__(self) -> None:
        super().__init__("Your credit was used for something else just now; ask again.")


class NotSoMuchCredit(Refusal):
    """More was paid back than there is."""

    code = "not_so_much_credit"

    def __init__(self, available: str) -> None:
        super().__init__(f"amount: expected at most {available}, the credit there is.",
                         field="amount")  # fmt: skip


class TicketReserved(Refusal):
    """A payment of theirs for this ticket is open."""

    code = "ticket_reserved"

    def __init__(self) -> None:
        super().__init__("You have a payment open for this ticket; pay it, or wait till it ends.")


class TooManyInvoices(Refusal):
    """Somebody opens one quote after the other and pays none."""

    code = "too_many_invoices"
    retryable = True

    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most} open payment channels; use one or wait.")
