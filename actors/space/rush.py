"""How long a rush gathers, be it of those who come or of those who go."""

from __future__ import annotations

PAUSE_US = 50_000
PAUSE_FOR_EACH_US = 50
"""Between two groups, and more for each person inside: what a group costs grows with them."""


def pause_us(people: int) -> int:
    """Return how long the next group gathers, where so many are inside."""
    return PAUSE_US + PAUSE_FOR_EACH_US * people
