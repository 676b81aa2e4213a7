"""What a request says of its sender, read from headers and body. Pure: nothing is verified here.

The forms are those real clients send (WIRE 1.1). What proves nothing is anonymous; what pretends to
prove something and cannot be verified is refused, so that nobody believes to be logged in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.identity.errors import BadAuthorization, BadSignature, ChallengeMissing
from adapters.identity.names import is_account_name
from engine.refusal import BadInput

HEADER_LENGTH_MAX = 4096

_SIGNATURE = re.compile(r"[0-9a-fA-F]{130}", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Nobody in particular. `claimed`: an account named without proof; it gives no rights."""

    claimed: str | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """An account's signature under a challenge, still to be verified."""

    account: str
    challenge: str
    signature: str  # 130 hex digits
    public_key: str | None = None  # STM…, where the client named the key it used


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token of three segments, still to be read."""

    token: str


Credentials = Anonymous | Signed | Bearer


def read_credentials(
    headers: Mapping[str, str], *, account: str | None = None, challenge: str | None = None
) -> Credentials:
    """Return what the request claims about its sender.

    Args:
        headers: of the request; looked up by lower-case name.
        account: `user_account` of the body, where there is one.
        challenge: `challenge` of the body, where there is one.

    Raises:
        BadAuthorization: no known form, or one that can never be verified.
        ChallengeMissing: a signature without the signed text.
        BadSignature: a signature that is not 130 hex digits.
    """
    if "x-signature" in headers:
        return _signed_headers(headers)
    header = headers.get("authorization", "").strip()
    challenge = challenge or headers.get("x-challenge")
    if not header:
        return Anonymous(claimed=_claim(account))  # A3
    if len(header) > HEADER_LENGTH_MAX:
        raise BadAuthorization("Authorization: longer than any form we read", field="Authorization")
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "bearer":
        raise BadAuthorization("Authorization: expected Bearer", field="Authorization")
    proof, colon, name = value.strip().partition(":")
    if not colon:
        return _bearer(proof)
    if not is_account_name(name):
        raise BadAuthorization(
            "Authorization: after the colon a Hive account name is expected", field="Authorization"
        )
    if not proof:
        return Anonymous(claimed=name)  # A2
    if account is not None and account != name:
        raise BadAuthorization(
            "user_account and the account in Authorization differ", field="user_account"
        )
    return _signed(proof, name, challenge)


def signed_body(
    account: str | None, challenge: str | None, signature: str, public_key: str | None = None
) -> Signed:
    """Return what a login's body claims.

    Raises:
        BadInput: the account is not a name.
        ChallengeMissing: there is no signed text.
        BadSignature: not 130 hex digits.
    """
    if account is None or not is_account_name(account):
        raise BadInput("account: expected a Hive account name", field="account")
    if not challenge:
        raise ChallengeMissing
    if not _SIGNATURE.fullmatch(signature):
        raise BadSignature
    return Signed(account=account, challenge=challenge, signature=signature, public_key=public_key)


def _bearer(proof: str) -> Bearer:
    if _TOKEN.fullmatch(proof):
        return Bearer(proof)  # A8's form, with a token of ours
    if _SIGNATURE.fullmatch(proof):
        raise BadAuthorization(  # A5
            "Authorization: a signature without an account cannot be verified; "
            "send Bearer <signature>:<account> and the challenge",
            field="Authorization",
        )
    raise BadAuthorization(
        "Authorization: expected Bearer <token> or Bearer <signature>:<account>",
        field="Authorization",
    )


def _signed(proof: str, name: str, challenge: str | None) -> Signed:
    if not _SIGNATURE.fullmatch(proof):
        raise BadAuthorization(  # A4: an object interpolated into the header
            "Authorization: what stands before the colon is not a signature (130 hex digits)",
            field="Authorization",
        )
    if not challenge:
        raise ChallengeMissing  # A6
    return Signed(account=name, challenge=challenge, signature=proof)  # A1


def _signed_headers(headers: Mapping[str, str]) -> Signed:
    """A7, the one form a public server verified."""
    for name in ("x-account", "x-challenge"):
        if not headers.get(name):
            raise BadAuthorization(f"{name} is missing beside x-signature", field=name)
    account, signature = headers["x-account"], headers["x-signature"]
    if not is_account_name(account):
        raise BadAuthorization("x-account: expected a Hive account name", field="x-account")
    if not _SIGNATURE.fullmatch(signature):
        raise BadSignature
    return Signed(
        account=account,
        challenge=headers["x-challenge"],
        signature=signature,
        public_key=headers.get("x-pubkey") or None,
    )


def _claim(account: str | None) -> str | None:
    return account if is_account_name(account) else None
