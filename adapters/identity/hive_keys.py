"""Hive keys and signatures: WIF, `STM…` public keys, 65-byte compact signatures.

The rule is the chain's since hard fork 20: low-s only. The older "fc canonical" form is not asked
for, because hive-tx makes signatures outside it about half of the time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from coincurve import PrivateKey, PublicKey
from Crypto.Hash import RIPEMD160

PREFIX = "STM"
SIGNATURE_HEX_LENGTH = 130
TEXT_BYTES_MAX = 4096  # a challenge is far shorter; hashing more would only serve an attacker

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_DIGITS = {character: value for value, character in enumerate(_ALPHABET)}
_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


class BadKey(ValueError):
    """A key or signature that cannot be read; the text says why and never repeats a secret."""


def new_secret(entropy: Callable[[int], bytes]) -> bytes:
    """Return a fresh private key of 32 bytes, drawn from `entropy`."""
    while True:
        secret = entropy(32)
        if 0 < int.from_bytes(secret, "big") < _ORDER:
            return secret


def wif_from_secret(secret: bytes) -> str:
    """Return the wallet import format (`5…`) of a 32-byte private key."""
    payload = b"\x80" + secret
    return _base58(payload + _sha256(_sha256(payload))[:4])


def secret_from_wif(wif: str) -> bytes:
    """Return the 32-byte private key that `wif` holds.

    Raises:
        BadKey: a mistyped WIF, or one of another kind of key.
    """
    raw = _base58_decode(wif)
    if len(raw) != 37 or raw[0] != 0x80:
        raise BadKey("private key: expected a Hive WIF, 51 characters starting with 5")
    payload, checksum = raw[:-4], raw[-4:]
    if _sha256(_sha256(payload))[:4] != checksum:
        raise BadKey("private key: the checksum is wrong, it was mistyped")
    return payload[1:]


def public_key_of(secret: bytes) -> bytes:
    """Return the compressed public key, 33 bytes, of a 32-byte private key."""
    return PrivateKey(secret).public_key.format(compressed=True)


def text_from_public_key(key: bytes) -> str:
    """Return a 33-byte compressed public key in Hive's text form, `STM…`."""
    return PREFIX + _base58(key + _ripemd160(key)[:4])


def public_key_from_text(text: str) -> bytes:
    """Return the 33-byte compressed key of an `STM…` text.

    The all-zero "null key" of burnt accounts is read too; nobody can sign for it.

    Raises:
        BadKey: wrong prefix, length or checksum.
    """
    if not text.startswith(PREFIX):
        raise BadKey(f"public key: expected {PREFIX} and 50 base-58 characters")
    raw = _base58_decode(text[len(PREFIX) :])
    if len(raw) != 37:
        raise BadKey(f"public key: expected {PREFIX} and 50 base-58 characters")
    key, checksum = raw[:-4], raw[-4:]
    if _ripemd160(key)[:4] != checksum:
        raise BadKey("public key: the checksum is wrong, it was mistyped")
    return key


def sign(secret: bytes, text: str) -> str:
    """Sign `text` as Hive Keychain does: hex of 65 bytes, header 31 or more, low s."""
    signature = PrivateKey(secret).sign_recoverable(_sha256(text.encode()), hasher=None)
    return bytes([31 + signature[64]]).hex() + signature[:64].hex()


def recover(text: str, signature: str) -> bytes:
    """Return the compressed public key whose owner signed `text`.

    The header byte says which of the candidate keys it is: 31 to 34 as Keychain and hive-tx write
    it, 27 to 30 as the site's PIN wallet does; both name the same key.

    Args:
        text: exactly what was signed; its UTF-8 bytes are hashed as they are.
        signature: 130 hex digits, either case.

    Raises:
        BadKey: not such a signature, s in the upper half of the group order, or no key fits.
    """
    try:
        raw = bytes.fromhex(signature) if len(signature) == SIGNATURE_HEX_LENGTH else b""
        message = text.encode()
    except ValueError as error:  # UnicodeEncodeError is one too: a lone surrogate.
        raise BadKey("signature: expected 130 hex digits over well-formed text") from error
    if len(raw) != 65 or raw.hex() != signature.lower():  # fromhex passes over white space.
        raise BadKey("signature: expected 130 hex digits")
    if len(message) > TEXT_BYTES_MAX:
        raise BadKey(f"signed text: expected at most {TEXT_BYTES_MAX} bytes")
    header, r, s = raw[0], int.from_bytes(raw[1:33], "big"), int.from_bytes(raw[33:], "big")
    if not 27 <= header <= 34:
        raise BadKey("signature: the header byte is not 27 to 34")
    if not 0 < r < _ORDER or not 0 < s <= _ORDER // 2:
        raise BadKey("signature: r or s is out of range")
    recoverable = raw[1:] + bytes([(header - 27) & 3])
    try:
        key = PublicKey.from_signature_and_message(recoverable, _sha256(message), hasher=None)
    except Exception as error:  # coincurve raises bare Exception when no key fits.
        raise BadKey("signature: no key fits it") from error
    return key.format(compressed=True)


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _ripemd160(data: bytes) -> bytes:
    return RIPEMD160.new(data).digest()


def _base58(data: bytes) -> str:
    number = int.from_bytes(data, "big")
    digits = []
    while number:
        number, digit = divmod(number, 58)
        digits.append(_ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(digits))


def _base58_decode(text: str) -> bytes:
    if len(text) > 64:
        raise BadKey("key: too long for a Hive key")
    number = 0
    for character in text:
        if character not in _DIGITS:
            raise BadKey("key: a character is not base 58")
        number = number * 58 + _DIGITS[character]
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
