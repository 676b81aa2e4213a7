"""What can be wrong with a request, and the one table from refusal code to HTTP status."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from actors.limits import RateLimited
from engine.refusal import Refusal, Refused

STATUS_OF_CODE = MappingProxyType(
    {
        "bad_audio_mode": 400,
        "bad_input": 400,
        "bad_json": 400,
        "no_such_message": 400,
        "guests_listen_only": 401,
        "insufficient_tokens": 400,
        "invalid_price": 400,
        "no_such_pack": 400,
        "cannot_pay_with": 400,
        "promo_not_applicable": 400,
        "tier_exists": 400,
        "no_ticket_needed": 400,
        "ticket_already_purchased": 400,
        "too_many_channels": 400,
        "unauthorized": 401,
        "login_required": 401,
        "bad_authorization": 401,
        "challenge_missing": 401,
        "bad_challenge": 401,
        "challenge_expired": 401,
        "challenge_used": 401,
        "bad_signature": 401,
        "token_invalid": 401,
        "token_expired": 401,
        "insufficient_funds": 402,
        "not_your_call": 403,
        "meter_closed": 403,
        "insufficient_balance": 402,
        "not_cashable": 402,
        "not_refundable": 402,
        "space_forbidden": 403,
        "guests_not_allowed": 403,
        "chat_disabled": 403,
        "banned": 403,
        "muted": 403,
        "not_holder": 403,
        "not_in_space": 403,
        "not_owner": 403,
        "entity_locked": 403,
        "not_permitted": 403,
        "not_speaker": 403,
        "other_account": 403,
        "ticket_needed": 403,
        "unmute_locked": 403,
        "bad_webhook_signature": 403,
        "no_ticket": 403,
        "refund_over": 403,
        "not_a_creator": 403,
        "not_creator": 403,
        "only_creators_can_stream": 403,
        "operators_only": 403,
        "own_payout": 403,
        "own_dispute": 403,
        "own_payment": 403,
        "route_closed": 403,
        "unauthorized_party": 403,
        "not_found": 404,
        "space_not_found": 404,
        "call_not_found": 404,
        "not_on_sale": 404,
        "no_such_entity": 404,
        "no_such_member": 404,
        "no_such_microphone": 404,
        "no_such_question": 404,
        "person_not_here": 404,
        "pending_not_found": 404,
        "creator_not_found": 404,
        "payout_not_found": 404,
        "dispute_not_found": 404,
        "purchase_not_found": 404,
        "no_such_tier": 404,
        "payment_channel_not_found": 404,
        "stream_not_found": 404,
        "endpoint_not_found": 404,
        "delivery_not_found": 404,
        "method_not_allowed": 405,
        "request_timeout": 408,
        "already_asked": 409,
        "idempotency_conflict": 409,
        "call_over": 409,
        "call_not_ringing": 409,
        "too_many_entities": 409,
        "microphone_in_use": 409,
        "microphone_paid": 409,
        "seats_are_set": 409,
        "microphone_taken": 409,
        "no_speaker_in_mode": 409,
        "nothing_asked": 409,
        "questions_closed": 409,
        "questions_open": 409,
        "speaker_taken": 409,
        "too_many_bars": 409,
        "too_many_microphones": 409,
        "transfer_exists": 409,
        "pending_resolved": 409,
        "exceeds_pending": 409,
        "duplicate_request": 409,
        "payment_mismatch": 409,
        "payout_state": 409,
        "dispute_state": 409,
        "sale_goes_on": 409,
        "already_for_life": 409,
        "no_subscription": 409,
        "payment_channel_closed": 409,
        "payment_channel_paid": 409,
        "payment_differs": 409,
        "price_changed": 409,
        "promo_exists": 409,
        "promo_used_up": 409,
        "credit_gone": 409,
        "not_so_much_credit": 409,
        "ticket_reserved": 409,
        "sold_out": 409,
        "stream_ended": 409,
        "endpoint_disabled": 409,
        "too_many_endpoints": 409,
        "too_large": 413,
        "entity_too_large": 413,
        "unsupported_media_type": 415,
        "account_frozen": 423,
        "chat_busy": 429,
        "call_cooldown": 429,
        "hall_busy": 429,
        "queue_full": 429,
        "quota_exhausted": 429,
        "rate_limited": 429,
        "space_full": 429,
        "too_many_sessions": 429,
        "busy": 429,
        "too_many_invoices": 429,
        "channel_full": 429,
        "fenced": 503,
        "keys_unavailable": 503,
        "statement_differs": 503,
        "unavailable": 503,
        "outcome_unknown": 503,
    }
)
"""Codes that are not here answer 400: the request was understood and refused."""

RETRY_AFTER_S = 2
"""What clients are told when we cannot know better: a restart or a failover takes this long."""

_FIELD_NAMES = {"spaceType": "space_type", "spaceId": "space_id"}
"""Rules shared with the sockets name fields as sockets spell them."""


class BadJson(Refusal):
    """The body is not one JSON object."""

    code = "bad_json"


class NotFound(Refusal):
    """No route has this path."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("There is nothing at this address; /docs lists what there is.")


class MethodNotAllowed(Refusal):
    """The path is right and the method is not."""

    code = "method_not_allowed"

    def __init__(self, allowed: list[str]) -> None:
        super().__init__(f"This address answers {' and '.join(allowed)} only.", allowed=allowed)
        self.allowed = allowed


class TooLarge(Refusal):
    """The body is larger than this server reads."""

    code = "too_large"

    def __init__(self, bytes_max: int) -> None:
        super().__init__(f"body: expected at most {bytes_max} bytes", bytes_max=bytes_max)


class RequestTimeout(Refusal):
    """The body did not come in time."""

    code = "request_timeout"
    retryable = True

    def __init__(self) -> None:
        super().__init__("The request's body did not arrive in time.")


class UnsupportedMediaType(Refusal):
    """The body is of another type than JSON."""

    code = "unsupported_media_type"

    def __init__(self) -> None:
        super().__init__("Content-Type: expected application/json", field="Content-Type")


class IdempotencyConflict(Refusal):
    """The same Idempotency-Key came with another message."""

    code = "idempotency_conflict"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used for another message: choose a new one.",
            field="Idempotency-Key",
        )


class OtherAccount(Refusal):
    """The body names another account than the one that was proven."""

    code = "other_account"

    def __init__(self) -> None:
        super().__init__(
            "user_account: expected the account that you have proven, or none",
            field="user_account",
        )


class CallCooldown(Refusal):
    """The same fan was rung a moment ago."""

    code = "call_cooldown"
    retryable = True

    def __init__(self, retry_after_s: int) -> None:
        super().__init__(
            f"You rang this fan a moment ago: try again in {retry_after_s} s.",
            retry_after_s=retry_after_s,
        )


class MeterClosed(Refusal):
    """The meter's secret is wrong, or none is set."""

    code = "meter_closed"

    def __init__(self) -> None:
        super().__init__(
            "secret: expected the one that this server was given; without one this is closed.",
            field="secret",
        )


class Unavailable(Refusal):
    """A part of this server cannot answer now; nothing was changed."""

    code = "unavailable"
    retryable = True

    def __init__(self) -> None:
        super().__init__("The server cannot do this right now: try again in a moment.")


class OutcomeUnknown(Refusal):
    """Whether it was done is not known; the same Idempotency-Key finds out."""

    code = "outcome_unknown"
    retryable = True

    def __init__(self) -> None:
        super().__init__(
            "It is not known whether this was done: send it again with the same Idempotency-Key."
        )


def status_of(refused: Refused) -> int:
    """Return the HTTP status that answers this refusal."""
    return STATUS_OF_CODE.get(refused.code, 400)


def body_of(refused: Refused) -> dict[str, Any]:
    """Return the error body; `field`, `retryable` and `details` only where they say something.

    Of a limit, `limit` says which and `retry_after_s` when to try again, as on sockets.
    """
    body: dict[str, Any] = {"error": refused.text, "code": refused.code}
    if refused.field is not None:
        body["field"] = _FIELD_NAMES.get(refused.field, refused.field)
    if refused.retryable:
        body["retryable"] = True
    details = dict(refused.details)
    if refused.code == RateLimited.code:
        body |= {name: details.pop(name) for name in ("limit", "retry_after_s")}
    if details:
        body["details"] = details
    if "valid_modes" in details:
        body["valid_modes"] = details["valid_modes"]  # where the data host had it
    return body


def headers_of(refused: Refused) -> dict[str, str]:
    """Return the headers a refusal is answered with."""
    status = status_of(refused)
    if status in (429, 503) or "retry_after_s" in refused.details:
        return {"Retry-After": str(refused.details.get("retry_after_s", RETRY_AFTER_S))}
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if status == 405:
        return {"Allow": ", ".join([*refused.details.get("allowed", []), "OPTIONS"])}
    return {}
