"""Session tokens: what a proof of identity is exchanged for, so that later calls need no signature.

JWT, HS256, with a key id so that secrets can be changed without ending every session: the newest
signs, all verify. The time is checked here, by the clock that was handed in.
"""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt

from actors.person import Person
from adapters.identity.errors import TokenExpired, TokenInvalid
from adapters.identity.names import is_account_name
from adapters.identity.private_file import write_private

SESSION_LIFETIME_US = 7_200_000_000  # two hours, as long as an idle session lasts (SPEC part 1)
SECRET_BYTES_MIN = 32
TOKEN_LENGTH_MAX = 2048
SKEW_US = 5_000_000  # between nodes that share the secrets

_ISSUER = "presence"
_AUDIENCE = "session"


@dataclass(frozen=True, slots=True, repr=False)
class TokenKeys:
    """The secrets tokens are signed with.

    Attributes:
        current: id of the key that signs.
        secrets: by key id, at least 32 bytes each; those that are not current still verify.
    """

    current: str
    secrets: Mapping[str, bytes]

    def __post_init__(self) -> None:
        if self.current not in self.secrets:
            raise ValueError(f"token keys: there is no key {self.current!r}")
        for name, secret in self.secrets.items():
            if len(secret) < SECRET_BYTES_MIN:
                raise ValueError(
                    f"token keys: {name} has {len(secret)} bytes, at least "
                    f"{SECRET_BYTES_MIN} are needed"
                )

    def __repr__(self) -> str:
        return f"<TokenKeys current {self.current}, {len(self.secrets)} in all>"

    @classmethod
    def configured(cls, text: str) -> TokenKeys:
        """Read `kid:secret,kid:secret`, the signing one first, or one bare secret.

        Raises:
            ValueError: a secret is too short, or a key id is given twice.
        """
        parts = [part.strip() for part in text.split(",") if part.strip()]
        pairs = [part.split(":", 1) if ":" in part else ["1", part] for part in parts]
        secrets = {kid: secret.encode() for kid, secret in pairs}
        if not pairs or len(secrets) != len(pairs):
            raise ValueError("token keys: expected kid:secret pairs, each kid once")
        return cls(pairs[0][0], secrets)


def load_token_keys(file: Path, entropy: Callable[[int], bytes]) -> TokenKeys:
    """Return the keys in `file`, making it (mode 0600) with a fresh one when it is not there.

    Raises:
        ValueError: the file is not such a file; remove it to start with a new secret, which ends
            every session.
        OSError: it cannot be read or made.
    """
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        keys = {"1": base64.b64encode(entropy(32)).decode()}
        text = json.dumps({"current": "1", "keys": keys})
        write_private(file, text)
    try:
        content = json.loads(text)
        secrets = {kid: base64.b64decode(value) for kid, value in content["keys"].items()}
        return TokenKeys(content["current"], secrets)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{file.name} is not a token key file: {error}") from error


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """A token and when it stops working, microseconds since the Unix epoch."""

    text: str
    expires_us: int


class Tokens:
    """Issues and reads session tokens, for accounts and for guests."""

    def __init__(
        self,
        keys: TokenKeys,
        *,
        now_us: Callable[[], int],
        entropy: Callable[[int], bytes],
        lifetime_us: int = SESSION_LIFETIME_US,
    ) -> None:
        self._keys = keys
        self._now_us = now_us
        self._entropy = entropy
        self._lifetime_us = lifetime_us

    def issue(self, person: Person) -> IssuedToken:
        """Return a token for a proven account or a guest."""
        now_s = self._now_us() // 1_000_000
        expires_s = now_s + self._lifetime_us // 1_000_000
        claims: dict[str, Any] = {
            "iss": _ISSUER,
            "aud": _AUDIENCE,
            "sub": f"hive:{person.account}" if person.account else f"guest:{person.guest_id}",
            "iat": now_s,
            "exp": expires_s,
            "jti": self._entropy(12).hex(),
        }
        if person.account is None and person.name:
            claims["name"] = person.name
        text = jwt.encode(
            claims,
            self._keys.secrets[self._keys.current],
            algorithm="HS256",
            headers={"kid": self._keys.current},
        )
        return IssuedToken(text, expires_s * 1_000_000)

    def read(self, text: str) -> Person:
        """Return whom a token of ours was issued to.

        Raises:
            TokenInvalid: forged, cut, of another server or of another purpose.
            TokenExpired: good once, too old now.
        """
        claims = self._claims(text)
        now_us = self._now_us()
        expires_s, issued_s = claims["exp"], claims["iat"]
        if not isinstance(expires_s, int) or not isinstance(issued_s, int):
            raise TokenInvalid
        if expires_s * 1_000_000 <= now_us:
            raise TokenExpired
        if issued_s * 1_000_000 > now_us + SKEW_US:
            raise TokenInvalid
        return _person(claims)

    def keyed_hash(self, text: str) -> str:
        """Return 64 hex digits that depend on `text` and on our current secret."""
        secret = self._keys.secrets[self._keys.current]
        return hmac.digest(secret, text.encode("utf-8", "replace"), "sha256").hex()

    def _claims(self, text: str) -> dict[str, Any]:
        try:
            if len(text) > TOKEN_LENGTH_MAX:
                raise TokenInvalid
            kid = jwt.get_unverified_header(text).get("kid")
            if not isinstance(kid, str) or kid not in self._keys.secrets:
                raise TokenInvalid
            return jwt.decode(
                text,
                self._keys.secrets[kid],
                algorithms=["HS256"],
                audience=_AUDIENCE,
                issuer=_ISSUER,
                options={
                    "require": ["iss", "aud", "sub", "iat", "exp", "jti"],
                    "verify_exp": False,  # PyJWT reads the wall clock
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise TokenInvalid from error


def _person(claims: Mapping[str, Any]) -> Person:
    kind, _, name = str(claims["sub"]).partition(":")
    if kind == "hive" and is_account_name(name):
        return Person(account=name)
    if kind == "guest" and name:
        given = claims.get("name")
        return Person(guest_id=name, name=given if isinstance(given, str) else None)
    raise TokenInvalid
