"""The order of a microphone's queue, and why nobody waits for ever.

A waiter's key is `arrival + HANDICAP * priority`, then `arrival`, where arrivals are counted for
each microphone. So a higher class goes first, and within a class who came first; but somebody of
class c is overtaken by at most `HANDICAP * c - 1` who came later (docs/rules/microphones.md).
"""

from __future__ import annotations

from collections.abc import Iterable

from actors.space.hall.state import Hall
from actors.store_hall import Waiting

HANDICAP = 8
"""Being one class higher is worth having come this many arrivals earlier."""

WAITING_MAX = 500
"""Places in a queue: at a minute each, over eight hours of waiting."""


def queue_key(waiting: Waiting) -> tuple[int, int]:
    """Return what the queue is sorted by; it never changes while somebody waits."""
    return waiting.arrival + HANDICAP * waiting.priority, waiting.arrival


def overtaken_max(priority: int) -> int:
    """Return by how many who come later somebody of this class is overtaken at most."""
    return max(HANDICAP * priority - 1, 0)


def in_order(waiting: Iterable[Waiting]) -> list[Waiting]:
    """Return a queue in the order in which it is served."""
    return sorted(waiting, key=queue_key)


def queue_of(hall: Hall, microphone_id: str) -> list[Waiting]:
    """Return one microphone's queue in the order in which it is served."""
    return in_order(one for one in hall.waiting.values() if one.microphone_id == microphone_id)
