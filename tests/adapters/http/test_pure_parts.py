"""CORS, TURN credentials, addresses and file look-up, without a server."""

from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path

import pytest

from adapters.http.cors import OriginRule
from adapters.http.static import StaticFiles, not_modified
from adapters.http.turn import default_uris, ice_servers, turn_credentials
from adapters.network import network_of

OWN = "https://presence.example"
RULE = OriginRule(
    ["https://dlux.example", "https://*.dlux.example", "http://localhost:*", "https://a.b:8443"]
)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (OWN, True),
        ("https://dlux.example", True),
        ("https://DLUX.example", True),
        ("https://www.dlux.example", True),
        ("https://ada-harbour.dlux.example", True),
        ("http://localhost", True),
        ("http://localhost:3000", True),
        ("https://a.b:8443", True),
        ("https://a.b", False),
        ("https://x.y.dlux.example", False),
        ("https://evildlux.example", False),
        ("https://dlux.example.evil.test", False),
        ("https://dlux-example", False),
        ("http://dlux.example", False),
        ("http://localhost:3000.evil.test", False),
        ("null", False),
        ("", False),
    ],
)
def test_listed_origins_and_their_patterns(origin: str, *, allowed: bool) -> None:
    """Exactly those may read our answers with credentials; others are told nothing."""
    headers = RULE.headers(origin, OWN, any_origin=False)

    assert headers["Vary"] == "Origin"
    assert ("Access-Control-Allow-Origin" in headers) == allowed
    if allowed:
        assert headers["Access-Control-Allow-Origin"] == origin
        assert headers["Access-Control-Allow-Credentials"] == "true"


def test_data_host_paths_are_open_to_all_without_credentials() -> None:
    """As they were; a star with credentials would be refused by browsers anyway."""
    stranger = RULE.headers("https://evil.test", OWN, any_origin=True)
    assert stranger["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in stranger

    everybody = OriginRule(["*"]).headers("https://evil.test", OWN, any_origin=False)
    assert everybody["Access-Control-Allow-Origin"] == "*"


def test_a_preflight_names_methods_and_headers_for_the_allowed_only() -> None:
    """A stranger's page learns nothing from asking."""
    allowed = RULE.preflight("https://dlux.example", OWN, any_origin=False)
    assert "POST" in allowed["Access-Control-Allow-Methods"]
    assert "X-Signature" in allowed["Access-Control-Allow-Headers"]
    assert RULE.preflight("https://evil.test", OWN, any_origin=False) == {"Vary": "Origin"}
    assert RULE.preflight(None, OWN, any_origin=False) == {"Vary": "Origin"}


def test_turn_credentials_are_what_coturn_computes() -> None:
    """User name `expiry:account`, password the base64 HMAC-SHA1 of it under the shared secret."""
    made = turn_credentials(
        secret="north", uris=default_uris("h"), account="alice", now_us=1_000_000_000, ttl_s=60
    )

    digest = hmac.new(b"north", b"1060:alice", hashlib.sha1).digest()
    assert made.username == "1060:alice"
    assert made.password == made.credential == base64.b64encode(digest).decode()
    assert len(made.uris) == 4
    assert ice_servers(made)[0].urls == made.uris


def test_without_a_secret_only_stun_is_offered() -> None:
    """A relay that would refuse everybody must not be named."""
    uris = ("stun:s:3478", "turn:t:3478")
    made = turn_credentials(secret=None, uris=uris, account=None, now_us=0, ttl_s=60)
    nothing = turn_credentials(secret=None, uris=(), account=None, now_us=0, ttl_s=60)

    assert made.uris == ["stun:s:3478"]
    assert made.username == made.password == ""
    assert ice_servers(nothing) == []


def test_what_counts_as_one_place() -> None:
    """One IPv4 address, however it is written, and one IPv6 network."""
    assert network_of("10.0.0.1") == network_of("::ffff:10.0.0.1") == "10.0.0.1"
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:2") == "2001:db8::/64"
    assert network_of("somewhere") == "somewhere"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "static"
    (root / "vendor" / "lib").mkdir(parents=True)
    (root / "index.html").write_text("<p>hello")
    (root / ".hidden").write_text("no")
    (root / "vendor" / "lib" / "x.min.js").write_text("1")
    (root / "vendor" / "lib" / "LICENSE").write_text("MIT")
    (tmp_path / "secret.txt").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    return root


def test_files_are_found_with_their_types_and_lifetimes(root: Path) -> None:
    """Our own are asked for every time; vendored ones are kept for a day."""
    files = StaticFiles(root)
    page, library = files.find(["index.html"]), files.find(["vendor", "lib", "x.min.js"])
    licence = files.find(["vendor", "lib", "LICENSE"])

    assert page
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Cache-Control"] == "no-cache"
    assert library
    assert library.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert library.headers["Cache-Control"] == "public, max-age=86400"
    assert licence
    assert licence.headers["Content-Type"].startswith("text/plain")


def test_a_changed_file_has_another_etag(root: Path) -> None:
    """Browsers ask by it; weak forms and lists are understood."""
    files = StaticFiles(root)
    before = files.find(["index.html"])
    (root / "index.html").write_text("<p>hello, world")
    after = files.find(["index.html"])

    assert before
    assert after
    old, new = before.headers["ETag"], after.headers["ETag"]
    assert old != new
    assert after.body == b"<p>hello, world"
    assert not_modified(new, new)
    assert not_modified(f'"x", W/{new}', new)
    assert not_modified("*", new)
    assert not not_modified(old, new)
    assert not not_modified(None, new)


@pytest.mark.parametrize(
    "segments",
    [
        [],
        [""],
        ["nothing.js"],
        ["vendor"],
        ["vendor", ""],
        ["..", "secret.txt"],
        ["../secret.txt"],
        ["vendor", "..", "..", "secret.txt"],
        ["vendor/../../secret.txt"],
        ["/etc/passwd"],
        ["..\\secret.txt"],
        [".hidden"],
        ["link.txt"],
        ["index.html\0.js"],
        ["index.html", "x"],
        ["x" * 5000],
    ],
)
def test_nothing_outside_the_directory_is_found(root: Path, segments: list[str]) -> None:
    """However it is asked for: dots, slashes inside a segment, links, NUL."""
    assert StaticFiles(root).find(segments) is None
