"""What a call costs: figures of MONEY, the table by brute force, and properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actors.calls.metering import (
    MeterPolicy,
    Segment,
    Segments,
    block_count,
    charge,
    final_charge,
    seconds_cost,
    total,
)
from engine.clock import SECOND_US

USUAL = MeterPolicy()

policies = st.builds(
    MeterPolicy,
    block_s=st.sampled_from([7, 15, 20, 30, 60]),
    rounding=st.sampled_from(["ceil", "floor"]),
    partial_block=st.sampled_from(["full", "per_second"]),
)
rates = st.integers(0, 5_000)


@st.composite
def prices(draw: st.DrawFn) -> Segments:
    firsts = sorted({1, *draw(st.lists(st.integers(2, 60), max_size=3))})
    return tuple(Segment(first, draw(rates)) for first in firsts)


@pytest.mark.parametrize("block_s", [7, 15, 20, 30, 60])
def test_the_table_of_all_small_rates(block_s: int) -> None:
    """Charges differ by at most one, the first is the dearest, and the drift stays under one."""
    policy = MeterPolicy(block_s=block_s)
    for rate in range(500):
        segments = (Segment(1, rate),)
        charges = [charge(segments, k, policy) for k in range(1, 130)]
        assert max(charges) - min(charges) <= 1
        assert charges[0] == max(charges)
        paid = 0
        for k, each in enumerate(charges, 1):
            paid += each
            assert 0 <= paid - rate * k * block_s / 60 < 1
            if block_s == 30 and k % 2 == 0:
                assert paid == rate * k // 2


def test_twenty_five_a_minute_is_fifteen_hundred_an_hour() -> None:
    """Blocks rounded one by one would come to 1,560, or to 1,440."""
    segments = (Segment(1, 25),)
    assert sum(charge(segments, k, USUAL) for k in range(1, 121)) == 1_500
    assert [charge(segments, k, USUAL) for k in (1, 2, 3)] == [13, 12, 13]


def test_a_hundred_a_minute_is_fifty_a_block() -> None:
    """The documents' own example."""
    assert {charge((Segment(1, 100),), k, USUAL) for k in range(1, 200)} == {50}


@given(rates, st.integers(0, 500), policies)
def test_charges_add_up_to_the_total(rate: int, blocks: int, policy: MeterPolicy) -> None:
    """I36 in one segment: Σ charges = C(n), none negative."""
    charges = [charge((Segment(1, rate),), k, policy) for k in range(1, blocks + 1)]
    assert sum(charges) == total(rate, blocks, policy)
    assert all(each >= 0 for each in charges)


@given(prices(), st.integers(1, 100), policies)
def test_a_new_rate_starts_its_own_rounding(
    segments: Segments, blocks: int, policy: MeterPolicy
) -> None:
    """I36: each segment comes to its own C(n), and within it charges differ by at most one."""
    ends = [segment.first_block for segment in segments[1:]] + [blocks + 1]
    for segment, end in zip(segments, ends, strict=True):
        charges = [
            charge(segments, k, policy) for k in range(segment.first_block, min(end, blocks + 1))
        ]
        assert sum(charges) == total(segment.rate, len(charges), policy)
        assert not charges or max(charges) - min(charges) <= 1


@given(st.integers(0, 10**10), policies)
def test_every_begun_block_counts(active_us: int, policy: MeterPolicy) -> None:
    """I35: n = ⌈active / B⌉."""
    blocks = block_count(active_us, policy)
    assert (blocks - 1) * policy.block_us < active_us <= blocks * policy.block_us


@given(prices(), st.integers(1, 10**10), policies)
def test_the_last_block_costs_at_most_itself(
    segments: Segments, active_us: int, policy: MeterPolicy
) -> None:
    """A hold of the whole block always suffices, and a call of a few seconds is free."""
    blocks = block_count(active_us, policy)
    last = final_charge(segments, blocks, active_us, policy)
    assert 0 <= last <= charge(segments, blocks, policy)
    if active_us < 5 * SECOND_US:
        assert last == 0
    elif policy.partial_block == "full":
        assert last == charge(segments, blocks, policy)


@given(rates, st.integers(5 * SECOND_US, 10**10), st.sampled_from(["ceil", "floor"]))
def test_by_the_second_a_call_costs_its_seconds(rate: int, active_us: int, rounding: str) -> None:
    """Nothing is lost between whole blocks and the seconds of the last."""
    policy = MeterPolicy(rounding=rounding, partial_block="per_second")  # type: ignore[arg-type]
    segments = (Segment(1, rate),)
    blocks = block_count(active_us, policy)
    paid = sum(charge(segments, k, policy) for k in range(1, blocks))
    paid += final_charge(segments, blocks, active_us, policy)
    assert paid == seconds_cost(rate, -(-active_us // SECOND_US), policy)
