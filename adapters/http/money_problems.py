"""Refusals of money's routes: who may call them, and how their bodies look."""

from __future__ import annotations

from typing import Any

from actors.wire_time import iso_utc
from engine.refusal import Refusal, Refused

_SPELLED = {
    "meter_closed": "UNAUTHORIZED",
    "not_your_call": "UNAUTHORIZED",
    "unauthorized_party": "UNAUTHORIZED",
}
_TEXTS = {
    "login_required": "No token provided",
    "bad_authorization": "No token provided",
    "token_invalid": "Invalid token",
    "token_expired": "Invalid token",
}
"""What the product's clients look for instead of a code."""


class LoginRequired(Refusal):
    """Only a proven account has a wallet."""

    code = "login_required"

    def __init__(self) -> None:
        super().__init__("Log in first: money needs a proven account.")


class OperatorsOnly(Refusal):
    """An account that SYSTEM_ADMINS does not list."""

    code = "operators_only"

    def __init__(self) -> None:
        super().__init__("Only operators may do this.")


class RouteClosed(Refusal):
    """A machine's route without its secret."""

    code = "route_closed"

    def __init__(self, setting: str) -> None:
        super().__init__(f"This route is closed until an operator sets {setting}.")


class BadWebhookSignature(Refusal):
    """Not signed with a secret of ours, or not now."""

    code = "bad_webhook_signature"


class DuplicateRequest(Refusal):
    """The same request is being carried out right now."""

    code = "duplicate_request"
    retryable = True

    def __init__(self) -> None:
        super().__init__(
            "This request is being carried out: ask again in a second with the same key.",
            field="Idempotency-Key",
            retry_after_s=1,
        )


class KeyUsed(Refusal):
    """The Idempotency-Key came with another request."""

    code = "idempotency_conflict"

    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key was used for another request: choose a new one.",
            field="Idempotency-Key",
        )


class NoSuchPack(Refusal):
    """Tokens are sold in packs."""

    code = "no_such_pack"

    def __init__(self, amounts: list[int]) -> None:
        super().__init__(
            f"tokenAmount: expected one of {', '.join(map(str, amounts))}",
            field="tokenAmount",
            validAmounts=amounts,
        )


def money_body_of(refused: Refused, now_us: int) -> dict[str, Any]:
    """Return the error body with its figures beside the code."""
    body: dict[str, Any] = {
        **refused.details,
        "success": False,
        "error": _TEXTS.get(refused.code) or _SPELLED.get(refused.code) or refused.code.upper(),
        "code": refused.code,
        "message": refused.text,
        "timestamp": iso_utc(now_us),
    }
    if refused.field is not None:
        body["field"] = refused.field
    if refused.retryable:
        body["retryable"] = True
    if "retry_after_s" in refused.details:
        body["retryAfter"] = refused.details["retry_after_s"]
    return body
