"""Chance that replays: one independent stream per (run, actor, purpose).

One shared generator would couple everything: an extra draw here would shift every fault there. With
a stream each, removing an actor or a fault from a run leaves all others as they were.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """A stream of choices, the same for the same seed on every platform and Python version.

    Only `getrandbits` of the Mersenne Twister is used; its output is fixed, while the standard
    library's shuffles and choices may change between versions.
    """

    __slots__ = ("_bits", "draws")

    def __init__(self, seed: bytes) -> None:
        self._bits = random.Random(int.from_bytes(seed, "big")).getrandbits  # noqa: S311
        self.draws = 0

    def bits(self, count: int) -> int:
        """Return `count` random bits as an integer."""
        self.draws += 1
        return self._bits(count)

    def below(self, bound: int) -> int:
        """Return an integer in [0, bound), bound > 0; exactly uniform."""
        width = bound.bit_length()
        value = self.bits(width)
        while value >= bound:
            value = self.bits(width)
        return value

    def between(self, low: int, high: int) -> int:
        """Return an integer in [low, high]."""
        return low + self.below(high - low + 1)

    def unit(self) -> float:
        """Return a float in [0, 1), a multiple of 2**-53."""
        return self.bits(53) * 2.0**-53

    def happens(self, probability: float) -> bool:
        """Return True with this probability; draws once whatever the probability."""
        return self.unit() < probability

    def choice(self, items: Sequence[T]) -> T:
        """Return one of `items`, which must not be empty."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in a random order (Fisher-Yates)."""
        result = list(items)
        for last in range(len(result) - 1, 0, -1):
            other = self.below(last + 1)
            result[last], result[other] = result[other], result[last]
        return result

    def hex_id(self) -> str:
        """Return 128 bits as 32 hexadecimal digits: an id, never a secret."""
        return f"{self.bits(128):032x}"


def chance(run_seed: bytes, *path: str) -> Chance:
    """Return the stream of `path` in the run of `run_seed`."""
    digest = hashlib.blake2b(run_seed, digest_size=16)
    for part in path:
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(4, "big"))
        digest.update(encoded)
    return Chance(digest.digest())
