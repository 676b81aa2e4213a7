"""Keys and signatures, against vectors made with the two libraries Hive clients use."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.identity.hive_keys import (
    BadKey,
    new_secret,
    public_key_from_text,
    public_key_of,
    recover,
    secret_from_wif,
    sign,
    text_from_public_key,
    wif_from_secret,
)

SECRET = hashlib.sha256(b"presence test key").digest()
WIF = "5JgDgSDe9wVRi4bNUW91QRP5Ko1LcegoNJvVQjxaumJKYfXHAta"
PUBLIC = "STM6vSpNqLy1AbJtBF3ZGXg45WRTGdNWns5LugbEmKENRqDptWtjF"
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

DHIVE = {
    "1763690000": "204127f26df39c3ae426fc81eada18cdde50296cb47f899737734b9e1c69a08790"
    "0509615b3583c62b4d07ca2a6adcf027998f176681a096b7ddc44e28ea4172b9",
    "héllo ✓ world": "204d5d77d068814a16462421355e9b39e08e20d0d791e3b79f109416e20608b1e0"
    "298f1f2a61bd032188c4e19282c5c2f0fb0f020a067114a771d7e80b6dd02e35",
    "c": "1f31fbcca74f385fb7b58ebf2c4da2b3e126c8c5ce3e47d8368d650e3de046ca7d"
    "0b79531e5bd2200775a5e54691105b75b26020c6dc57d649d85553f2ebc810ca",
}
HIVE_TX = {
    "1763690000": "200d61a6e1f09db1f8aa168fd527f414bbfb2b61bb43de3a23bab8e6d6b9d2939b"
    "424e1586af586e32051e3966623472324f2be8d368634476ddc01ec68deaf9db",
    "dlux_vr_1763690000123_k3j9x0q2z": "20a19a4ccfc242ad80c1501279ac7d603568cc470f439992648b4375f6"
    "0dc61e422566c6d21e4e6ee4ae9d084577b083bffead3b739160761f54ebfcaf3deecde3",
    "a": "208b2a51eef5fbbb9e031679ac5fdca2075034543ef71709454ee25a282baa65c4"
    "0a0f7b9e2893da556a8a55ecccabfacd814d1d72cd37e4d4436223fe7e4f72b7",
    "e": "1f43e1d6f9ac2f72d7767c8f4a2c497e4fa72e42081c282a27c2e52de7c2dbfe83"
    "1439ee2a999d21aadf1cdd329e9f6a11eed645c71c502a72bb0a4199928af369",
}
VECTORS = list(DHIVE.items()) + list(HIVE_TX.items())


def test_keys_are_written_as_the_clients_write_them() -> None:
    """A key pair made here opens the same account in any Hive wallet."""
    assert wif_from_secret(SECRET) == WIF
    assert text_from_public_key(public_key_of(SECRET)) == PUBLIC
    assert secret_from_wif(WIF) == SECRET
    assert public_key_from_text(PUBLIC) == public_key_of(SECRET)


@pytest.mark.parametrize(("text", "signature"), VECTORS)
def test_signatures_of_dhive_and_hive_tx_name_their_key(text: str, signature: str) -> None:
    """What either library signed verifies, the ones that are not "fc canonical" included."""
    assert recover(text, signature) == public_key_of(SECRET)
    assert recover(text, signature.upper()) == public_key_of(SECRET)


def test_the_vectors_hold_signatures_that_are_not_fc_canonical() -> None:
    """Otherwise the test above would not show that they are accepted."""
    assert any(int(signature[2:4], 16) & 0x80 for signature in HIVE_TX.values())


@pytest.mark.parametrize(("text", "signature"), VECTORS)
def test_the_pin_wallets_header_byte_names_the_same_key(text: str, signature: str) -> None:
    """It leaves out the 4 for "compressed"; the recovery id is the same."""
    lower = f"{int(signature[:2], 16) - 4:02x}{signature[2:]}"

    assert recover(text, lower) == public_key_of(SECRET)


@pytest.mark.parametrize(("text", "signature"), VECTORS)
def test_the_high_s_twin_is_refused(text: str, signature: str) -> None:
    """Anybody can make the twin of a signature they saw; only one spelling may count."""
    header = int(signature[:2], 16)
    twin = f"{(header - 31 ^ 1) + 31:02x}{signature[2:66]}{ORDER - int(signature[66:], 16):064x}"

    with pytest.raises(BadKey, match="out of range"):
        recover(text, twin)


@given(st.binary(min_size=32, max_size=32), st.text(st.characters(codec="utf-8"), max_size=200))
def test_what_is_signed_here_names_its_key_and_no_other_text(entropy: bytes, text: str) -> None:
    """Signing and recovering are each other's inverse for every key and text."""
    secret = new_secret(lambda size: hashlib.sha256(entropy).digest()[:size])
    signature = sign(secret, text)

    assert recover(text, signature) == public_key_of(secret)
    assert _recovered(f"{text}!", signature) != public_key_of(secret)


@given(st.integers(0, 519), st.sampled_from(VECTORS))
def test_one_flipped_bit_never_verifies(bit: int, vector: tuple[str, str]) -> None:
    """Whatever bit changes, the key is another one or none, unless it is the header's 4."""
    text, signature = vector
    flipped = f"{int(signature, 16) ^ 1 << bit:0130x}"
    same_key = {31: 27, 32: 28}.get(int(signature[:2], 16)) == int(flipped[:2], 16)

    assert (_recovered(text, flipped) == public_key_of(SECRET)) == same_key


@given(st.text(max_size=140) | st.binary(min_size=65, max_size=65).map(bytes.hex), st.text())
def test_garbage_raises_nothing_but_bad_key(signature: str, text: str) -> None:
    """The one error is the one callers handle."""
    _recovered(text, signature)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "[object Object]",
        "20" * 64,
        "00" * 65,
        "ff" * 65,
        "20" + "00" * 64,
        "20 " + "11" * 64 + "1",
        DHIVE["c"] + "00",
        "0x" + DHIVE["c"][2:],
    ],
)
def test_other_forms_of_signature_are_refused(signature: str) -> None:
    """Exactly 130 hex digits of header, r and s: one spelling, so that none counts twice."""
    with pytest.raises(BadKey):
        recover("c", signature)


@pytest.mark.parametrize(
    "text",
    ["", "STM", PUBLIC[:-1], f"{PUBLIC}1", f"{PUBLIC[:-1]}G", "TST" + PUBLIC[3:], "STM" + "0" * 50],
)
def test_mistyped_public_keys_are_refused(text: str) -> None:
    """The checksum and the prefix catch them."""
    with pytest.raises(BadKey):
        public_key_from_text(text)


@pytest.mark.parametrize("wif", ["", WIF[:-1], f"{WIF[:-1]}b", PUBLIC, "5" * 51, "5" * 500])
def test_mistyped_private_keys_are_refused(wif: str) -> None:
    """The error does not repeat the key, so that it cannot end up in a log."""
    with pytest.raises(BadKey) as caught:
        secret_from_wif(wif)

    assert not wif or wif not in str(caught.value)


def test_the_burnt_accounts_null_key_is_read() -> None:
    """Real accounts have it; a directory that chokes on it would lock them out."""
    assert public_key_from_text("STM1111111111111111111111111111111114T1Anm") == bytes(33)


def test_a_secret_out_of_range_is_drawn_again() -> None:
    """Zero and the group's order are not keys."""
    draws = iter([bytes(32), ORDER.to_bytes(32, "big"), SECRET])

    assert new_secret(lambda size: next(draws)) == SECRET


def _recovered(text: str, signature: str) -> bytes | None:
    try:
        return recover(text, signature)
    except BadKey:
        return None
