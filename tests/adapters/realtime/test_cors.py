"""Which origins may connect and what browsers are told."""

from __future__ import annotations

import pytest

from adapters.realtime.cors import cors_headers, origin_allowed
from adapters.realtime.settings import RealtimeSettings

LISTED = RealtimeSettings(
    cors_origins=("https://dlux.io", "https://*.dlux.io"), cors_credentials=True
)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),  # no browser
        ("https://dlux.io", True),
        ("https://ada-harbour.dlux.io", True),
        ("https://here:8000", True),  # our own page
        ("http://dlux.io", False),
        ("http://x.dlux.io", False),
        ("https://dlux.io.evil.example", False),
        ("https://evildlux.io", False),
        ("null", False),
        ("https://[", False),
    ],
)
def test_only_listed_origins_their_subdomains_and_our_own_may_connect(
    origin: str | None, *, allowed: bool
) -> None:
    """A page elsewhere must not speak with a visitor's cookies."""
    headers = {"host": "here:8000"} | ({"origin": origin} if origin else {})
    assert origin_allowed(headers, LISTED) is allowed


def test_credentials_are_never_given_to_any_origin_at_once() -> None:
    """Browsers refuse `*` with credentials, so the origin is named."""
    headers = {"origin": "https://a.example"}

    assert cors_headers(headers, RealtimeSettings()) == [("access-control-allow-origin", "*")]
    assert cors_headers({}, LISTED) == []
    assert cors_headers(headers, RealtimeSettings(cors_credentials=True)) == [
        ("access-control-allow-origin", "https://a.example"),
        ("vary", "Origin"),
        ("access-control-allow-credentials", "true"),
    ]


def test_settings_that_cannot_work_are_refused() -> None:
    """At start, with the name of the setting."""
    with pytest.raises(ValueError, match="ping_timeout_s must be more than 0"):
        RealtimeSettings(ping_timeout_s=0)
    with pytest.raises(ValueError, match="path must begin with a slash"):
        RealtimeSettings(path="socket.io")
