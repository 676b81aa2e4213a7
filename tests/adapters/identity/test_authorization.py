"""The Authorization forms of WIRE 1.1, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.identity.authorization import Anonymous, Bearer, Signed, read_credentials
from adapters.identity.errors import Unauthorized

SIGNATURE = "1f" + "ab" * 64
CHALLENGE = "dlux_vr_1763690000123_abc"
A7 = {
    "x-account": "alice",
    "x-challenge": "1763690000",
    "x-pubkey": "STM5",
    "x-signature": SIGNATURE,
}


def bearer(value: str) -> dict[str, str]:
    return {"authorization": f"Bearer {value}"}


def test_a1_signature_account_and_the_challenge_in_the_body() -> None:
    """The form both clients intend for join; the scheme's case does not matter."""
    expected = Signed("alice", CHALLENGE, SIGNATURE)
    headers = bearer(f"{SIGNATURE}:alice")

    assert read_credentials(headers, account="alice", challenge=CHALLENGE) == expected
    assert read_credentials(headers, challenge=CHALLENGE) == expected
    lower = {"authorization": f"bearer {SIGNATURE}:alice", "x-challenge": CHALLENGE}
    assert read_credentials(lower) == expected


@pytest.mark.parametrize(
    ("headers", "account", "claimed"),
    [
        (bearer(":alice"), None, "alice"),
        (bearer(":alice"), "bob", "alice"),
        ({"authorization": ""}, None, None),
        ({"authorization": "  "}, "alice", "alice"),
        ({}, None, None),
        ({}, "alice", "alice"),
        ({}, "No Name", None),
    ],
)
def test_a2_and_a3_prove_nothing_and_are_anonymous(
    headers: Mapping[str, str], account: str | None, claimed: str | None
) -> None:
    """A bare claim is remembered as one and gives no rights."""
    assert read_credentials(headers, account=account) == Anonymous(claimed)


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (bearer("[object Object]:alice"), "bad_authorization"),  # A4
        (bearer(SIGNATURE), "bad_authorization"),  # A5
        (bearer(f"{SIGNATURE}:alice"), "challenge_missing"),  # A6
        (bearer("signature:username"), "bad_authorization"),  # A6 as the seed writes it
        (bearer("undefined"), "bad_authorization"),
        (bearer("null:alice"), "bad_authorization"),
        (bearer("Zm9v.YmFy"), "bad_authorization"),
        (bearer(f"{SIGNATURE}:No Name"), "bad_authorization"),
        (bearer(":al"), "bad_authorization"),
        (bearer(":alice:bob"), "bad_authorization"),
        ({"authorization": "Basic YTpi"}, "bad_authorization"),
        ({"authorization": "Bearer"}, "bad_authorization"),
        (bearer("x" * 5000), "bad_authorization"),
    ],
)
def test_what_pretends_to_prove_something_is_refused(headers: Mapping[str, str], code: str) -> None:
    """A4, A5 and A6: nobody may believe to be logged in when nothing can be verified."""
    with pytest.raises(Unauthorized) as caught:
        read_credentials(headers)
    assert caught.value.code == code


def test_the_account_in_the_body_must_be_the_signer() -> None:
    """Otherwise one person's proof would carry another's name."""
    with pytest.raises(Unauthorized, match="differ"):
        read_credentials(bearer(f"{SIGNATURE}:alice"), account="bob", challenge=CHALLENGE)


def test_a7_the_four_headers() -> None:
    """The form a public server really verified; the key it names is checked later."""
    assert read_credentials(A7) == Signed("alice", "1763690000", SIGNATURE, "STM5")
    without_key = {name: value for name, value in A7.items() if name != "x-pubkey"}
    assert read_credentials(without_key) == Signed("alice", "1763690000", SIGNATURE)


@pytest.mark.parametrize(
    "change",
    [{"x-account": ""}, {"x-challenge": ""}, {"x-account": "No"}, {"x-signature": "12"}],
)
def test_a7_with_a_part_missing_or_odd_is_refused(change: dict[str, str]) -> None:
    """Half a proof is none."""
    with pytest.raises(Unauthorized):
        read_credentials(A7 | change)


def test_a8_a_token_of_three_segments() -> None:
    """Ours are of this form; others are found out when they are read."""
    assert read_credentials(bearer("aa.bb.cc")) == Bearer("aa.bb.cc")


@given(
    st.dictionaries(st.sampled_from([*A7, "authorization"]), st.text(max_size=80)),
    st.none() | st.text(max_size=20),
    st.none() | st.text(max_size=20),
)
def test_any_headers_raise_nothing_but_unauthorized(
    headers: dict[str, str], account: str | None, challenge: str | None
) -> None:
    """Whatever a client writes, the answer is a person or a 401."""
    with suppress(Unauthorized):
        read_credentials(headers, account=account, challenge=challenge)
