"""Where webhooks may go: no private address, in whatever way it is written."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.webhooks.targets import check_url, is_public
from engine.refusal import BadInput

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255",
    "192.168.1.1", "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1",
    "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
    "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1",
    "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254",
    "64:ff9b::a00:1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "100::1", "nonsense", "", "1.2.3",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8",
          "64:ff9b::808:808"]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_no_private_address_is_public(address: str) -> None:
    """Loopback, private, link-local (a cloud's metadata), shared, multicast, reserved."""
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are(address: str) -> None:
    """Or nobody could be told anything."""
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_in_ipv6_clothes_is_what_it_is(address: ipaddress.IPv4Address) -> None:
    """Mapped into IPv6 or behind NAT64, it leads to the same place."""
    mapped = ipaddress.IPv6Address(0xFFFF_0000_0000 | int(address))
    behind = ipaddress.IPv6Address((0x64FF9B << 96) | int(address))

    assert is_public(str(mapped)) == is_public(str(behind)) == is_public(str(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://a.example/", "ftp://a.example/", "https://", "https:///path", "a.example",
        "https://user@a.example/", "https://user:pw@a.example/", "https://a.example/#part",
        "https://a.example:0/", "https://a.example:99999/", "https://a.example/a b",
        "https://ä.example/", "https://a.example/\n", "https://[::1",
        f"https://a.example/{'x' * 2000}", "", "javascript:alert(1)", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_a_url_that_will_not_do_is_refused(url: str) -> None:
    """Only https, no credentials, nothing that two parsers could read in two ways."""
    with pytest.raises(BadInput) as refused:
        check_url(url, plain_allowed=False)

    assert refused.value.field == "url"


def test_a_url_names_its_host_and_port() -> None:
    """Plain http where it is allowed; the scheme's own port where none is named."""
    assert check_url("https://a.example/x?y=1", plain_allowed=False) == ("a.example", 443)
    assert check_url("https://A.example:8443", plain_allowed=False) == ("a.example", 8443)
    assert check_url("http://[::1]/", plain_allowed=True) == ("::1", 80)
