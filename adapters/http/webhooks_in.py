"""Checks the signatures of webhooks that reach us; see `actors.webhooks.signing`. Pure."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence

from actors.webhooks.signing import signature_of
from adapters.http.money_problems import BadWebhookSignature

TOLERANCE_S = 300
HEADER_LENGTH_MAX = 1_000

_TIME = re.compile(r"\d{1,12}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


def check_signature(header: str | None, body: bytes, secrets: Sequence[str], now_s: int) -> None:
    """Check that one of our secrets signed this body, at most five minutes from now.

    Several secrets are live while one is being replaced; a header may carry several signatures.

    Raises:
        BadWebhookSignature: the text says what is wrong, not how near it came.
    """
    if header is None or len(header) > HEADER_LENGTH_MAX:
        raise BadWebhookSignature("Signature header: expected t=<seconds>,v1=<hex>")
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    signatures = [value for name, _, value in parts if name == "v1" and _HEX.fullmatch(value)]
    if len(times) != 1 or not _TIME.fullmatch(times[0]) or not signatures:
        raise BadWebhookSignature("Signature header: expected t=<seconds>,v1=<hex>")
    time_s = int(times[0])
    if abs(now_s - time_s) > TOLERANCE_S:
        raise BadWebhookSignature(f"signed more than {TOLERANCE_S} s from now")
    good = [
        hmac.compare_digest(signature_of(secret, time_s, body), signature)
        for secret in secrets
        for signature in signatures
    ]
    if not any(good):
        raise BadWebhookSignature("the signature is not of this body under a secret of ours")
