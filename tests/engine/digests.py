"""Prints the digests of some chaotic runs; started as a process of its own."""

from __future__ import annotations

import random
import sys

from engine.history import HistoryDigest
from tests.engine.chaos import Chaos


def shuffled_heap() -> list[object]:
    """Free a random half of many small blocks, so that addresses differ from run to run."""
    kept: list[object] = []
    for size in range(16, 512, 16):
        blocks = [bytearray(size) for _ in range(500)]
        random.shuffle(blocks)
        kept += blocks[:250]
    return kept


def main(first: int, last: int) -> None:
    """Print a line for each seed."""
    kept = shuffled_heap()
    for seed in range(first, last):
        digest = HistoryDigest()
        chaos = Chaos(seed, digest)
        chaos.run()
        ledger = chaos.core.ledger
        dead = sorted(ledger.dead.items())
        counts = (ledger.told, ledger.done, ledger.late, dead)
        sys.stdout.write(f"{seed} {digest.hexdigest()} {counts}\n")
    assert kept


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
