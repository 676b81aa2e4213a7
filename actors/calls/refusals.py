"""Why a call says no."""

from __future__ import annotations

from engine.refusal import Refusal


class CallNotFound(Refusal):
    """No call has this id, or the asker is no party to it and must not know."""

    code = "call_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such call.", field="callId")


class NotYourCall(Refusal):
    """Only the two who talk may act on a call."""

    code = "not_your_call"

    def __init__(self) -> None:
        super().__init__("Only the fan and the creator of a call may do this.")


class NotCreator(Refusal):
    """Only creators ring those who pay."""

    code = "not_creator"

    def __init__(self) -> None:
        super().__init__("Enrol as a creator first: PUT /api/creators/me.")


class CallOver(Refusal):
    """The call has ended."""

    code = "call_over"

    def __init__(self) -> None:
        super().__init__("The call is over.")


class CallNotRinging(Refusal):
    """There is nothing to accept: it is not rung, or by oneself."""

    code = "call_not_ringing"

    def __init__(self) -> None:
        super().__init__("Only the side that is rung can accept, and only while it rings.")


class CallExists(Refusal):
    """The id was used for another call."""

    code = "idempotency_conflict"

    def __init__(self) -> None:
        super().__init__("This id was used for another call; take a new one.", field="callId")


class InsufficientTokens(Refusal):
    """The fan cannot pay for the first block."""

    code = "insufficient_tokens"

    def __init__(self, *, required: int, current: int) -> None:
        super().__init__(
            f"{required} tokens are needed to begin; the fan has {current}.",
            required=required,
            current=current,
            shortfall=required - current,
        )
