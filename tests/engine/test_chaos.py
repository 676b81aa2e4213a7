"""Thousands of nodes under everything at once; `Chaos(seed).run()` repeats a failing one."""

from __future__ import annotations

import os

import pytest

from tests.engine.chaos import Chaos

SLICES = 8
SEEDS = int(os.environ.get("CHAOS_SEEDS", "1500"))
"""CHAOS_SEEDS=100000 for a night's soak."""


@pytest.mark.parametrize("part", range(SLICES))
def test_nothing_is_lost_whatever_happens(part: int) -> None:
    """Every message is accounted for, nobody waits for ever, and every end has its reason."""
    for seed in range(part, SEEDS, SLICES):
        violations = Chaos(seed).run()

        assert not violations, f"seed {seed}: {violations}"
