"""How a session answers its client: acknowledgements where asked for, error events always."""

from __future__ import annotations

from typing import Any

from actors.clients import CLIENTS, Acknowledge, Emit
from engine.context import Context
from engine.outcome import Err, Ok, Outcome, Unknown
from engine.refusal import Refused


def answer_yes(socket_id: str, ack: int | None, answer: dict[str, Any], ctx: Context) -> None:
    """Acknowledge, if the client asked for it."""
    if ack is not None:
        ctx.io(CLIENTS, Acknowledge(to=socket_id, ack=ack, outcome=answer))


def answer_no(socket_id: str, event: str, ack: int | None, refused: Refused, ctx: Context) -> None:
    """Send the error event that old clients listen for, and acknowledge if asked to."""
    payload: dict[str, Any] = {"error": refused.text, "code": refused.code}
    if refused.field is not None:
        payload["field"] = refused.field
    payload.update(refused.details)
    payload["retryable"] = refused.retryable
    ctx.io(CLIENTS, Emit(to=(socket_id,), event=event, payload=payload))
    if ack is not None:
        ctx.io(CLIENTS, Acknowledge(to=socket_id, ack=ack, outcome=refused))


def explain(outcome: Outcome) -> Refused:
    """Return the refusal a client is shown for any outcome but Ok."""
    match outcome:
        case Refused():
            return outcome
        case Err() | Unknown():
            return Refused(
                code="unavailable",
                text="The server could not do this just now; try again in a moment",
                retryable=True,
            )
        case Ok():
            raise AssertionError(outcome)
