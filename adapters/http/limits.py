"""Rate limits by key: the generic cell rate algorithm, one number a key."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict

from adapters.http.problems import RateLimited

KEYS_MAX = 20_000  # about 3 MB; the longest unused are forgotten first, to their advantage


class RateLimit:
    """Lets each key do something `per_minute` times, a third of that at once."""

    def __init__(self, rule: str, *, per_minute: int) -> None:
        self.rule = rule
        self._interval_us = 60_000_000 // per_minute
        self._burst_us = self._interval_us * max(1, per_minute // 3)
        self._free_at: OrderedDict[str, int] = OrderedDict()

    def take(self, key: str, now_us: int) -> None:
        """Count one use.

        Raises:
            RateLimited: too many; it says after how many seconds one is free again.
        """
        free_at = max(self._free_at.get(key, 0), now_us)
        ahead_us = free_at + self._interval_us - now_us - self._burst_us
        if ahead_us > 0:
            raise RateLimited(self.rule, -(-ahead_us // 1_000_000))
        self._free_at[key] = free_at + self._interval_us
        self._free_at.move_to_end(key)
        if len(self._free_at) > KEYS_MAX:
            self._free_at.popitem(last=False)


def network_of(address: str) -> str:
    """Return what one household or machine has: an IPv4 address, or an IPv6 /64."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
