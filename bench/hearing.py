"""What a tick of hearing costs, beside scipy's cKDTree doing the neighbour part alone.

Run: python -m bench.hearing [--ticks 60]

The tree is built from the positions and asked for the twelve nearest within the range, which is the
least that any rule by distance must find; it decides nothing of mutes, lingering links, gain or
pan. Both have one thread. The ratio is our whole tick over the tree's part.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from actors.space.hearing.crowd import Crowd, Mode, Terms
from actors.space.hearing.relation import diff
from actors.space.hearing.rule import HearingRule

STEP_MM = 100
"""A walker's step in a tick of 15 Hz."""
CASES = (
    ("ambient", 1_000, 25.0, 200),
    ("ambient", 1_000, 4.0, 5),
    ("ambient", 1_000, 4.0, 200),
    ("ambient", 1_000, 1.0, 200),
    ("ambient", 1_000, 0.25, 200),
    ("ambient", 10_000, 4.0, 20),
    ("ambient", 10_000, 4.0, 2_000),
    ("superambient", 1_000, 4.0, 200),
    ("superambient", 10_000, 4.0, 2_000),
)
"""Mode, people, square metres a person, movers a tick."""


def crowd(people: int, area_m2: float, chance: np.random.Generator) -> Crowd:
    side_mm = int((people * area_m2) ** 0.5 * 1_000)
    position_mm = chance.integers(0, side_mm, (people, 3)).astype(np.int32)
    position_mm[:, 1] = 1_600
    return Crowd(
        life=np.arange(1, people + 1),
        position_mm=position_mm,
        placed=np.ones(people, np.bool_),
        yaw=chance.integers(0, 1 << 16, people).astype(np.uint16),
        may_speak=np.ones(people, np.bool_),
        broadcast=np.zeros(people, np.uint8),
    )


def timed_ms(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1e3


def neighbours(position_mm: NDArray[np.int32]) -> object:
    return cKDTree(position_mm).query(position_mm, k=13, distance_upper_bound=5_000.0)


def row(mode: str, people: int, area_m2: float, movers: int, ticks: int) -> str:
    """Measure one case; return its row of the table."""
    chance = np.random.default_rng(1)
    here, terms, rule = crowd(people, area_m2, chance), Terms(mode=Mode(mode)), HearingRule()
    first_ms = timed_ms(lambda: rule.update(here, terms))
    rule_ms, tree_ms, diff_ms = [], [], []
    for tick in range(ticks):
        moved = chance.choice(people, movers, replace=False)
        here.position_mm[moved, 0] += chance.integers(-STEP_MM, STEP_MM, movers).astype(np.int32)
        if mode == "superambient" and tick % 2:  # Somebody leaves, and somebody comes.
            here.life[tick % people] += people
        before = rule.relation
        rule_ms.append(timed_ms(lambda: rule.update(here, terms)))
        diff_ms.append(timed_ms(lambda old=before: diff(old, rule.relation)))  # type: ignore[misc]
        tree_ms.append(timed_ms(lambda: neighbours(here.position_mm)))
    ours, tree = statistics.median(rule_ms), statistics.median(tree_ms)
    tail = float(np.percentile(rule_ms, 95))
    return (
        f"| {mode} | {people:,} | {area_m2:g} | {movers:,} | {len(rule.relation):,} "
        f"| {first_ms:.1f} | {ours:.2f} | {tail:.2f} "
        f"| {statistics.median(diff_ms):.2f} | {tree:.2f} | {ours / tree:.2f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ticks", type=int, default=60)
    ticks = parser.parse_args().ticks
    print(
        "| Mode | People | m² each | Movers | Links | First ms | Median ms | p95 ms | Diff ms ",
        end="",
    )
    print("| cKDTree ms | Ratio |")
    print("| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |")
    for case in CASES:
        print(row(*case, ticks), flush=True)


if __name__ == "__main__":
    main()
