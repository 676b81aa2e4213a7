"""Which pages may connect: the origin rule and the headers that tell a browser."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlsplit

from adapters.realtime.settings import RealtimeSettings

Headers = list[tuple[str, str]]


def origin_allowed(headers: Mapping[str, str], settings: RealtimeSettings) -> bool:
    """Return whether a request with these headers may connect.

    Only browsers send an origin. Browsers do not enforce CORS for WebSockets, so the server does.
    """
    origin = headers.get("origin")
    if origin is None or "*" in settings.cors_origins or origin in settings.cors_origins:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    if parts.netloc and parts.netloc == headers.get("host"):
        return True
    return any(_pattern(each).fullmatch(origin) for each in settings.cors_origins)


@cache
def _pattern(listed: str) -> re.Pattern[str]:
    any_label = re.escape(listed).replace(r"\*\.", r"[a-z0-9-]+\.")
    return re.compile(any_label.replace(r":\*", r"(?::\d+)?"))


def cors_headers(headers: Mapping[str, str], settings: RealtimeSettings) -> Headers:
    """Return the response headers for an allowed request; none when no page made it."""
    origin = headers.get("origin")
    if origin is None:
        return []
    if "*" in settings.cors_origins and not settings.cors_credentials:
        return [("access-control-allow-origin", "*")]
    answer = [("access-control-allow-origin", origin), ("vary", "Origin")]
    if settings.cors_credentials:
        answer.append(("access-control-allow-credentials", "true"))
    return answer


def preflight_headers(headers: Mapping[str, str], settings: RealtimeSettings) -> Headers:
    """Return the headers that answer a browser's OPTIONS before its real request."""
    wanted = headers.get("access-control-request-headers", "content-type")
    return [
        *cors_headers(headers, settings),
        ("access-control-allow-methods", "GET, POST"),
        ("access-control-allow-headers", wanted),
        ("access-control-max-age", "86400"),
    ]
