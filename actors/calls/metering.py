"""What a call costs, from its active time alone. Pure.

Blocks lie on active time, not on wall time. Rounding is cumulative: after k blocks of B seconds at
R tokens a minute the fan has paid C(k) = ⌈R·k·B/60⌉, whatever happened in between. So R = 25 comes
to exactly 1,500 an hour; rounding each block by itself would make it 1,560.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Literal

from actors.money.split import Share, Split
from engine.clock import SECOND_US

Rounding = Literal["ceil", "floor"]
PartialBlock = Literal["full", "per_second"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterPolicy:
    """How active time becomes blocks.

    Attributes:
        block_s: the length of a block, whole seconds.
        rounding: in whose favour a fraction of a token goes; always cumulative.
        partial_block: what the last block of a call costs when the call ends inside of it: all of
            it, or its whole seconds.
        free_under_s: a call that was active for less than this in all costs nothing.
        split: who shares in what is charged.
    """

    block_s: int = 30
    rounding: Rounding = "ceil"
    partial_block: PartialBlock = "full"
    free_under_s: int = 5
    split: Split = field(default_factory=Split)

    @property
    def block_us(self) -> int:
        return self.block_s * SECOND_US


@dataclass(frozen=True, slots=True)
class Segment:
    """From block `first_block` on (counted from 1) a minute costs `rate` tokens."""

    first_block: int
    rate: int


Segments = tuple[Segment, ...]
"""By ascending first block; the first begins at block 1. Rounding starts afresh in each."""


def total(rate: int, blocks: int, policy: MeterPolicy) -> int:
    """Return C(k): what `blocks` whole blocks of one segment cost together, tokens."""
    return seconds_cost(rate, blocks * policy.block_s, policy)


def seconds_cost(rate: int, seconds: int, policy: MeterPolicy) -> int:
    """Return what a segment of so many whole seconds costs, tokens.

    Args:
        rate: tokens a minute, at least 0.
        seconds: of active time, at least 0.
        policy: how to round.
    """
    product = rate * seconds
    return -(-product // 60) if policy.rounding == "ceil" else product // 60


def charge(segments: Segments, block: int, policy: MeterPolicy) -> int:
    """Return what block `block` (from 1) costs, tokens: C(k) - C(k-1) within its segment."""
    segment, k = _place(segments, block)
    return total(segment.rate, k, policy) - total(segment.rate, k - 1, policy)


def block_shares(rate: int, block: int, amount: int, policy: MeterPolicy) -> tuple[Share, ...]:
    """Return who gets what of a charged block: exact over the call, each block adding up.

    Args:
        rate: tokens a minute; the whole call is one segment.
        block: its number, from 1.
        amount: what it is charged, tokens.
        policy: how it is shared.
    """
    return policy.split.next_shares(total(rate, block - 1, policy), amount)


def block_count(active_us: int, policy: MeterPolicy) -> int:
    """Return how many blocks this much active time has begun: ⌈active / B⌉."""
    return -(-active_us // policy.block_us)


def final_charge(segments: Segments, block: int, active_us: int, policy: MeterPolicy) -> int:
    """Return what the last block of an ended call costs, tokens.

    Args:
        segments: the prices.
        block: the last block, `block_count(active_us)`.
        active_us: the call's whole active time, microseconds.
        policy: what an unfinished block costs.
    """
    if active_us < policy.free_under_s * SECOND_US:
        return 0
    whole = charge(segments, block, policy)
    inside_us = active_us - (block - 1) * policy.block_us
    if policy.partial_block == "full" or inside_us >= policy.block_us:
        return whole
    segment, k = _place(segments, block)
    before_s = (k - 1) * policy.block_s
    seconds = before_s + -(-inside_us // SECOND_US)
    return seconds_cost(segment.rate, seconds, policy) - seconds_cost(
        segment.rate, before_s, policy
    )


def _place(segments: Segments, block: int) -> tuple[Segment, int]:
    """Return a block's segment and its number within it."""
    place = bisect_right(segments, block, key=lambda segment: segment.first_block) - 1
    segment = segments[place]
    return segment, block - segment.first_block + 1
