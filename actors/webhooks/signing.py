"""Signatures of webhooks, both ways: `t=<unix seconds>,v1=<hex HMAC-SHA256 of t.body>`. Pure."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence


def signature_of(secret: str, time_s: int, body: bytes) -> str:
    """Return the hex signature of a body sent at a time."""
    signed = str(time_s).encode() + b"." + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def signature_header(secrets: Sequence[str], time_s: int, body: bytes) -> str:
    """Return the value of the header: one signature for each secret that is live."""
    signatures = [f"v1={signature_of(secret, time_s, body)}" for secret in secrets]
    return ",".join([f"t={time_s}", *signatures])
