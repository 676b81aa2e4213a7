"""Session tokens."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.person import Person
from adapters.identity.errors import TokenExpired, TokenInvalid
from adapters.identity.tokens import (
    SESSION_LIFETIME_US,
    TokenKeys,
    Tokens,
    load_token_keys,
)
from tests.support.http_server import Clock, Entropy

SECRET = b"0123456789abcdef0123456789abcdef"
OTHER = b"fedcba9876543210fedcba9876543210"
PEOPLE = [
    Person(account="alice"),
    Person(guest_id="1a2b3c4d"),
    Person(guest_id="1a2b3c4d", name="Ann ☃"),
]


def tokens(keys: TokenKeys | None = None, clock: Clock | None = None) -> Tokens:
    return Tokens(keys or TokenKeys("1", {"1": SECRET}), now_us=clock or Clock(), entropy=Entropy())


@pytest.mark.parametrize("person", PEOPLE)
def test_a_token_names_whom_it_was_issued_to_until_it_expires(person: Person) -> None:
    """Two hours by the clock handed in, whatever the machine's own says."""
    clock = Clock(5_000_000)  # long ago: PyJWT's own check would refuse it
    issuer = tokens(clock=clock)
    token = issuer.issue(person)

    clock.us = token.expires_us - 1
    assert issuer.read(token.text) == person
    clock.us = token.expires_us
    with pytest.raises(TokenExpired):
        issuer.read(token.text)
    assert token.expires_us == 5_000_000 + SESSION_LIFETIME_US


def test_a_claim_is_not_carried_into_a_token() -> None:
    """What somebody merely said about themselves must not come back signed by us."""
    token = tokens().issue(Person(guest_id="1a2b3c4d", claimed="alice"))

    assert tokens().read(token.text) == Person(guest_id="1a2b3c4d")


def test_a_new_secret_signs_and_the_old_one_still_verifies() -> None:
    """So secrets can be changed without ending sessions; removed ones end them."""
    old = tokens(TokenKeys.configured(f"a:{SECRET.decode()}"))
    both = tokens(TokenKeys.configured(f"b:{OTHER.decode()}, a:{SECRET.decode()}"))
    new = tokens(TokenKeys.configured(f"b:{OTHER.decode()}"))
    token = old.issue(PEOPLE[0]).text

    assert both.read(token) == PEOPLE[0]
    assert new.read(both.issue(PEOPLE[0]).text) == PEOPLE[0]
    with pytest.raises(TokenInvalid):
        new.read(token)


CLAIMS = {
    "iss": "presence",
    "aud": "session",
    "sub": "hive:alice",
    "iat": 1_763_690_000,
    "exp": 1_763_699_999,
    "jti": "00",
}


def forged(
    claims: dict[str, object],
    *,
    key: bytes = SECRET,
    kid: str | None = "1",
    algorithm: str = "HS256",
) -> str:
    headers = None if kid is None else {"kid": kid}
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def test_the_forged_claims_below_would_be_good_if_left_alone() -> None:
    """Otherwise the refusals would show nothing."""
    assert tokens().read(forged(CLAIMS)) == Person(account="alice")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b.c",
        "null",
        "a" * 5000,
        forged(CLAIMS, key=OTHER),
        forged(CLAIMS, kid="2"),
        forged(CLAIMS, kid=None),
        forged(CLAIMS, algorithm="HS512", key=SECRET * 2),
        jwt.encode(CLAIMS, None, algorithm="none", headers={"kid": "1"}),
        forged(CLAIMS | {"aud": "event:1"}),
        forged(CLAIMS | {"iss": "other"}),
        forged(CLAIMS | {"sub": "alice"}),
        forged(CLAIMS | {"sub": "hive:No Name"}),
        forged(CLAIMS | {"sub": "guest:"}),
        forged(CLAIMS | {"exp": "soon"}),
        forged(CLAIMS | {"iat": 1.5}),
        forged(CLAIMS | {"iat": 1_763_690_006}),
        *(forged({key: CLAIMS[key] for key in CLAIMS if key != gone}) for gone in CLAIMS),
        f"{forged(CLAIMS)}x",
    ],
)
def test_what_we_did_not_issue_for_this_is_refused(token: str) -> None:
    """Wrong key, key id, algorithm, purpose, or a claim that is missing or odd."""
    with pytest.raises(TokenInvalid):
        tokens().read(token)


@given(st.text(max_size=200))
def test_reading_garbage_raises_nothing_else(text: str) -> None:
    """Sockets hand in whatever a client sent."""
    with pytest.raises(TokenInvalid):
        tokens().read(text)


def test_made_keys_are_private_and_stay(tmp_path: Path) -> None:
    """Sessions survive a restart, and nobody else on the machine can read the secret."""
    file = tmp_path / "data" / "token_keys.json"
    made = load_token_keys(file, Entropy())

    assert load_token_keys(file, Entropy()) == made
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert "AAAA" not in repr(made)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        json.dumps({"current": "2", "keys": {}}),
        '{"current":"1","keys":{"1":"c2g="}}',
    ],
)
def test_a_spoilt_key_file_is_not_replaced_silently(tmp_path: Path, text: str) -> None:
    """That would end every session without a word."""
    file = tmp_path / "token_keys.json"
    file.write_text(text)

    with pytest.raises(ValueError, match="is not a token key file"):
        load_token_keys(file, Entropy())
    assert file.read_text() == text


@pytest.mark.parametrize("text", ["", "short", "a:short", f"a:{'x' * 32},a:{'y' * 32}"])
def test_weak_or_ambiguous_secrets_are_refused(text: str) -> None:
    """32 bytes at least, each id once."""
    with pytest.raises(ValueError, match="token keys"):
        TokenKeys.configured(text)


def test_keyed_hashes_depend_on_the_secret() -> None:
    """A guest's id cannot be computed from their address by anybody else."""
    assert tokens().keyed_hash("x") == tokens().keyed_hash("x")
    assert tokens().keyed_hash("x") != tokens().keyed_hash("y")
    assert tokens().keyed_hash("x") != tokens(TokenKeys("1", {"1": OTHER})).keyed_hash("x")
