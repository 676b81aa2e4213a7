"""The audibility ledger in memory."""

from __future__ import annotations

from actors.space.space_id import SpaceId
from actors.store_audibility import (
    BEGUN_LAST,
    CHAIN_MAX,
    Batch,
    ReadAudibility,
    SaveAudibility,
)

FORGOTTEN_AT_ONCE = 100


class AudibilityTable:
    """Batches by space, epoch and number.

    Attributes:
        rows: (space, epoch, number) to batch.
    """

    def __init__(self) -> None:
        self.rows: dict[tuple[SpaceId, int, int], Batch] = {}

    def save(self, request: SaveAudibility) -> None:
        """Append a batch and forget some old ones; the epoch has been checked."""
        rows, batch = self.rows, request.batch
        rows.setdefault((request.space, request.epoch, batch.number), batch)
        old = [key for key, one in rows.items() if one.until_us < request.keep_from_us]
        for key in sorted(old, key=lambda key: rows[key].until_us)[:FORGOTTEN_AT_ONCE]:
            del rows[key]

    def read(self, request: ReadAudibility) -> tuple[Batch, ...]:
        """Return the chain of batches that leads to a moment."""
        begun = [
            (one.from_us, epoch, one)
            for (space, epoch, _), one in self.rows.items()
            if space == request.space and one.from_us <= request.at_us
        ]
        last = sorted(begun, key=lambda each: each[:2], reverse=True)[:BEGUN_LAST]
        for _, epoch, one in last:
            if request.at_us < one.until_us:
                first = max(one.key_number, one.number - CHAIN_MAX + 1)
                keys = [(request.space, epoch, n) for n in range(first, one.number + 1)]
                return tuple(self.rows[key] for key in keys if key in self.rows)
        return ()
