"""How long the stock client waits before it connects again."""

from __future__ import annotations

from engine.entropy import Chance

DELAY_US = 1_000_000
DELAY_MAX_US = 5_000_000


class Backoff:
    """socket.io-client's defaults: from 1 s, doubled up to 5 s, half more or less."""

    def __init__(self) -> None:
        self._attempts = 0

    def next_us(self, chance: Chance) -> int:
        """Return the next delay in microseconds."""
        nominal_us = DELAY_US << min(self._attempts, 16)
        self._attempts += 1
        half_us = nominal_us // 2
        return min(nominal_us - half_us + chance.below(2 * half_us + 1), DELAY_MAX_US)

    def reset(self) -> None:
        """The connection is there: begin anew next time."""
        self._attempts = 0
