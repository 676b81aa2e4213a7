"""Where a request comes from, as far as limits and guests' names care."""

from __future__ import annotations

import ipaddress

ADDRESS_LENGTH_MAX = 64


def client_address(peer: str, forwarded_for: str) -> str:
    """Return where the client is: the peer, or what a proxy of ours says stands behind it.

    Args:
        peer: the other end of the connection.
        forwarded_for: X-Forwarded-For as our proxy wrote it; empty where no proxy is trusted.
    """
    return forwarded_for.rpartition(",")[2].strip()[:ADDRESS_LENGTH_MAX] or peer


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
