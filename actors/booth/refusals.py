"""Why a booth says no."""

from __future__ import annotations

from engine.refusal import Refusal


class NothingOnSale(Refusal):
    """This space sells no tickets of this type now."""

    code = "not_on_sale"

    def __init__(self, ticket_type: str) -> None:
        super().__init__(f"This space sells no {ticket_type} tickets now", field="ticket_type")


class SeatsAreSet(Refusal):
    """How many tickets a sale has is settled when it opens."""

    code = "seats_are_set"

    def __init__(self, seats: int | None) -> None:
        super().__init__(
            "The number of tickets cannot change while they are sold: end the sale and open one",
            field="max_tickets",
            max_tickets=seats,
        )


class OwnTicket(Refusal):
    """Who administers a space needs no ticket to it."""

    code = "no_ticket_needed"

    def __init__(self) -> None:
        super().__init__("You need no ticket for this space.")
