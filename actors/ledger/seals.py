"""Seals over the ledger's rows: a Merkle root a batch, chained to the seal before it.

Whoever keeps one seal, on paper if need be, can tell later that no row up to it was changed, put in
or taken away. A batch's leaves are its transfers in their order, then the commands that stand in
it, refused ones too. Hashes are SHA-256; leaves, nodes and seals begin with different bytes, so
that none can be taken for another (RFC 6962).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

FIRST_SEAL: Final = bytes(32)
"""What the first batch's seal is chained to."""

LEAF_SIZE: Final = 32
_LEAF, _NODE, _SEAL = b"\0", b"\1", b"\2"


def leaf(row: bytes) -> bytes:
    """Return the leaf of a row's canonical bytes."""
    return hashlib.sha256(_LEAF + row).digest()


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaves in their order; one without a partner goes up as it is."""
    level = list(leaves)
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [hashlib.sha256(_NODE + left + right).digest() for left, right in pairs]
        level = above + level[-1:] if len(level) % 2 else above
    return level[0] if level else hashlib.sha256(b"").digest()


def seal_of(previous: bytes, last_sequence: int, leaves: Sequence[bytes]) -> bytes:
    """Return the seal of the batch that ends with `last_sequence`, given the one before it."""
    place = last_sequence.to_bytes(8, "big") + len(leaves).to_bytes(8, "big")
    return hashlib.sha256(_SEAL + previous + place + merkle_root(leaves)).digest()


def split(leaves: bytes) -> list[bytes]:
    """Return leaves that are stored one after the other."""
    return [leaves[at : at + LEAF_SIZE] for at in range(0, len(leaves), LEAF_SIZE)]
