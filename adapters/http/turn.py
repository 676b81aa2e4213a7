"""TURN credentials and ICE servers, as coturn's `use-auth-secret` verifies them. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

from adapters.http.answers import IceServer, TurnCredentials
from adapters.http.settings import HttpSettings

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?", re.ASCII)


def turn_credentials(
    *, secret: str | None, uris: Sequence[str], account: str | None, now_us: int, ttl_s: int
) -> TurnCredentials:
    """Return credentials good for `ttl_s` seconds.

    The user name is `<Unix seconds at which it ends>:<account, or temp>`; the password is the
    base64 of its HMAC-SHA1. Without a secret both are empty and only STUN servers are named.
    """
    if secret is None:
        stun = [uri for uri in uris if uri.startswith("stun")]
        return TurnCredentials(username="", password="", credential="", ttl=ttl_s, uris=stun)
    username = f"{now_us // 1_000_000 + ttl_s}:{account or 'temp'}"
    digest = hmac.digest(secret.encode(), username.encode(), hashlib.sha1)
    password = base64.b64encode(digest).decode()
    return TurnCredentials(
        username=username, password=password, credential=password, ttl=ttl_s, uris=list(uris)
    )


def ice_servers(credentials: TurnCredentials) -> list[IceServer]:
    """Return the same in the form of `RTCPeerConnection`."""
    if not credentials.uris:
        return []
    return [
        IceServer(
            urls=credentials.uris,
            username=credentials.username,
            credential=credentials.credential,
        )
    ]


def default_uris(host: str) -> tuple[str, ...]:
    """Return the addresses of a coturn with its usual ports on `host`."""
    return (
        f"stun:{host}:3478",
        f"turn:{host}:3478?transport=udp",
        f"turn:{host}:3478?transport=tcp",
        f"turns:{host}:5349?transport=tcp",
    )


def reached_at(host: str) -> str:
    """Return what a Host header says, or `localhost` for one that says nothing usable."""
    return host if _HOST.fullmatch(host) else "localhost"


def offered_turn(
    settings: HttpSettings, *, base_url: str, account: str | None, now_us: int
) -> TurnCredentials:
    """Return the credentials we offer: the configured servers, or our coturn at `base_url`."""
    uris = settings.turn_uris
    if not uris and settings.turn_secret is not None:
        host = base_url.partition("://")[2].partition("/")[0]
        uris = default_uris(host if host.endswith("]") else re.sub(r":\d+$", "", host))
    return turn_credentials(
        secret=settings.turn_secret,
        uris=uris,
        account=account,
        now_us=now_us,
        ttl_s=settings.turn_ttl_s,
    )
