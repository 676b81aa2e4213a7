"""The store port's part for the audibility ledger: who could hear whom, kept for a while."""

from __future__ import annotations

from dataclasses import dataclass

from actors.space.space_id import SpaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What changed in a span of time; `actors.space.hearing.ledger` writes and reads the data.

    Attributes:
        number: from 1, in the space's activation.
        key_number: the batch that its chain begins with.
        from_us: it holds from then on, microseconds since the Unix epoch.
        until_us: and until before then.
        data: compressed frames.
    """

    number: int
    key_number: int
    from_us: int
    until_us: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveAudibility:
    """Append a batch under the space's epoch; one that is there already stays. Answer: None.

    Of batches of any space that ended before `keep_from_us`, the hundred oldest are deleted.
    """

    actor: str
    epoch: int
    space: SpaceId
    batch: Batch
    keep_from_us: int


BEGUN_LAST = 8
"""How many batches are looked at for the one that holds: one is enough, but for activations whose
clocks disagree."""
CHAIN_MAX = 30
"""Batches in a chain, at most: so many are read to answer for one moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAudibility:
    """Read what says who could hear whom at a moment, if anything does.

    However long a space has been quiet and however much is kept, only the `BEGUN_LAST` batches that
    began last by then are looked at, and at most `CHAIN_MAX` are read.

    Answer: tuple of `Batch`, from the key of the batch that holds at that moment to that batch;
    empty where none does.
    """

    space: SpaceId
    at_us: int
