"""Where webhooks may go. Pure.

An endpoint's URL is a stranger's wish that we open a connection, from inside of our network. So it
is the address that counts, and that is checked where it is connected to: at each attempt, after the
name was looked up, with no second look-up in between.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from engine.refusal import BadInput

URL_LENGTH_MAX: Final = 2_000
_VISIBLE: Final = re.compile(r"[\x21-\x7e]+", re.ASCII)
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_LOCAL_NAT64: Final = ipaddress.IPv6Network("64:ff9b:1::/48")

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def check_url(url: str, *, plain_allowed: bool) -> tuple[str, int]:
    """Return the host and port of a URL that webhooks may be sent to, as far as its text says.

    Raises:
        BadInput: the text says what was expected.
    """
    scheme = "http:// or https://" if plain_allowed else "https://"
    expected = f"url: expected {scheme}, a host, and at most {URL_LENGTH_MAX} ASCII characters"
    if not _VISIBLE.fullmatch(url) or len(url) > URL_LENGTH_MAX:
        raise BadInput(expected, field="url")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BadInput(expected, field="url") from None
    if parts.scheme not in ("https", *(("http",) if plain_allowed else ())) or not host:
        raise BadInput(expected, field="url")
    if parts.username is not None or parts.password is not None:
        raise BadInput("url: expected no name and no password in it", field="url")
    if parts.fragment or port == 0:
        raise BadInput("url: expected no fragment, and a port from 1 to 65535", field="url")
    return host, port or (443 if parts.scheme == "https" else 80)


def is_public(text: str) -> bool:
    """Return whether an address is on the public network, whatever way it is written.

    Addresses of IPv6 that carry one of IPv4 are as good as that one.
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(_is_public(each) for each in (address, *_carried(address)))


def _is_public(address: IpAddress) -> bool:
    special = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )
    if isinstance(address, ipaddress.IPv6Address):
        special = special or address.is_site_local or address in _LOCAL_NAT64
        if address.ipv4_mapped is not None or address in _NAT64:
            return True  # What it carries decides.
    return address.is_global and not special


def _carried(address: IpAddress) -> tuple[IpAddress, ...]:
    """Return the addresses of IPv4 that one of IPv6 leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return ()
    found: list[IpAddress] = [*(address.teredo or ())]
    found += [each for each in (address.ipv4_mapped, address.sixtofour) if each is not None]
    if address in _NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
    return tuple(found)
