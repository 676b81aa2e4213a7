"""Which pages of other origins may read our answers."""

from __future__ import annotations

import re
from collections.abc import Iterable

ALLOWED_METHODS = "GET, HEAD, POST, PUT, DELETE"
ALLOWED_HEADERS = (
    "Authorization, Content-Type, Idempotency-Key, X-Account, X-Challenge, X-Pubkey, X-Signature"
)
EXPOSED_HEADERS = "Retry-After, WWW-Authenticate"
PREFLIGHT_KEPT_S = 7_200  # the longest that browsers honour


class OriginRule:
    """Decides by an allow-list with patterns; our own origin is always welcome."""

    def __init__(self, origins: Iterable[str]) -> None:
        patterns = list(origins)
        self._everybody = "*" in patterns
        self._allowed = re.compile(
            "|".join(_pattern(origin) for origin in patterns if origin != "*") or r"(?!)",
            re.IGNORECASE | re.ASCII,
        )

    def headers(self, origin: str | None, own: str, *, any_origin: bool) -> dict[str, str]:
        """Return what tells a browser whether the page at `origin` may read this answer.

        Args:
            origin: the request's Origin header.
            own: our origin as the browser knows it.
            any_origin: the route is open to every page, without credentials.
        """
        headers = {"Vary": "Origin", "Access-Control-Expose-Headers": EXPOSED_HEADERS}
        if origin is None:
            return {"Vary": "Origin"}
        if origin == own or self._allowed.fullmatch(origin):
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Allow-Credentials"] = "true"
            return headers
        if any_origin or self._everybody:
            headers["Access-Control-Allow-Origin"] = "*"
            return headers
        return {"Vary": "Origin"}

    def preflight(self, origin: str | None, own: str, *, any_origin: bool) -> dict[str, str]:
        """Return the headers that answer a browser's question before its request."""
        headers = self.headers(origin, own, any_origin=any_origin)
        if "Access-Control-Allow-Origin" in headers:
            headers["Access-Control-Allow-Methods"] = ALLOWED_METHODS
            headers["Access-Control-Allow-Headers"] = ALLOWED_HEADERS
            headers["Access-Control-Max-Age"] = str(PREFLIGHT_KEPT_S)
        return headers


def _pattern(origin: str) -> str:
    pattern = re.escape(origin).replace(r"://\*\.", r"://[a-z0-9-]+\.")
    return pattern.removesuffix(r":\*") + r"(:\d{1,5})?" if pattern.endswith(r":\*") else pattern
