"""The texts people sign to prove who they are, and how long each is good. Pure.

Three forms are read: this server's own, `dlux_vr_<ms>_<random>` made by the VR client, and Unix
seconds made by the other clients. Each is good for five minutes from the time it carries, and once.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass

from adapters.identity.errors import BadChallenge, ChallengeExpired

LIFETIME_US = 300_000_000
AHEAD_US_MAX = 30_000_000  # clients' clocks run fast as well as slow
LENGTH_MAX = 255  # the store's column

_SITE = re.compile(r"[^A-Za-z0-9.:_-]")
_SERVER = re.compile(
    r"(?P<site>[A-Za-z0-9.:_-]{1,100}) login as (?P<account>[a-z0-9.-]{3,16}) "
    r"at (?P<ms>[1-9]\d{12}) nonce (?P<nonce>[A-Za-z0-9_-]{22})",
    re.ASCII,
)
_VR_CLIENT = re.compile(r"dlux_vr_(?P<ms>[1-9]\d{12})_[a-z0-9]{1,16}", re.ASCII)
_SECONDS = re.compile(r"[1-9]\d{9}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A signed text that is fresh and meant for this account, here.

    Attributes:
        issued: made by this server, so the store must know it.
        expires_us: when its age alone will refuse it.
    """

    account: str
    text: str
    issued: bool
    expires_us: int


def new_challenge(
    account: str, *, site: str, now_us: int, entropy: Callable[[int], bytes]
) -> Challenge:
    """Return a fresh text for `account` to sign.

    One line, so it also fits a header; it names the site, so that a signature given to one site is
    worthless at another.

    Args:
        account: a Hive account name.
        site: our public host name, as the person knows it.
        now_us: since the Unix epoch.
        entropy: gives random bytes; 16 are drawn.
    """
    nonce = base64.urlsafe_b64encode(entropy(16)).rstrip(b"=").decode()
    text = f"{site_name(site)} login as {account} at {now_us // 1000} nonce {nonce}"
    expires_us = now_us // 1000 * 1000 + LIFETIME_US
    return Challenge(account=account, text=text, issued=True, expires_us=expires_us)


def read_challenge(text: str, account: str, *, site: str, now_us: int) -> Challenge:
    """Return the challenge that `text` is.

    Raises:
        BadChallenge: no known form, or made for another account or site.
        ChallengeExpired: older than five minutes, or more than 30 s in the future.
    """
    if match := _SERVER.fullmatch(text):
        if match["account"] != account or match["site"] != site_name(site):
            raise BadChallenge(
                "This challenge was made for another account or site: ask for a new one.",
                field="challenge",
            )
        issued, signed_us = True, int(match["ms"]) * 1000
    elif match := _VR_CLIENT.fullmatch(text):
        issued, signed_us = False, int(match["ms"]) * 1000
    elif _SECONDS.fullmatch(text):
        issued, signed_us = False, int(text) * 1_000_000
    else:
        raise BadChallenge(
            "challenge: expected one from /api/auth/challenge, "
            "dlux_vr_<milliseconds>_<random>, or Unix seconds.",
            field="challenge",
        )
    if not now_us - LIFETIME_US < signed_us <= now_us + AHEAD_US_MAX:
        raise ChallengeExpired(
            "The challenge is not from the last five minutes: sign a new one, "
            "and set the device's clock if it is wrong.",
            field="challenge",
        )
    return Challenge(account=account, text=text, issued=issued, expires_us=signed_us + LIFETIME_US)


def site_name(site: str) -> str:
    """Return `site` with everything but letters, digits and `.:_-` taken out."""
    return _SITE.sub("", site)[:100] or "presence"
