"""What a tick of hearing costs, beside scipy's cKDTree doing the neighbour part alone.

Run: python -m bench.hearing [--ticks 100]

The tree is built from the positions and asked for the twelve nearest within the range, which is the
least that any rule by distance must find; it decides nothing of mutes, lingering links, gain or
pan. Both have one thread, and time is the processor's, not the clock's. The ratio is our whole tick
over the tree's part. `Kept` is what comes on top of it: finding what is news, and writing it into
the audibility ledger.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from actors.space.hearing.changes import KIND_BITS
from actors.space.hearing.crowd import Crowd, Mode, Terms
from actors.space.hearing.ledger import Ledger
from actors.space.hearing.rule import HearingRule
from actors.space.hearing.told import Told, link_kinds
from adapters.heap import keep_freed_pages
from bench.servers import goal

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
WANTED_MS = {("ambient", 1_000): 2.0, ("superambient", 1_000): 5.0}
WANTED_MS_OF_TEN_THOUSAND = 50.0
TICK_US = 66_667


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
    began_ns = time.thread_time_ns()
    work()
    return (time.thread_time_ns() - began_ns) / 1e6


def neighbours(position_mm: NDArray[np.int32]) -> object:
    return cKDTree(position_mm).query(position_mm, k=13, distance_upper_bound=5_000.0)


def row(mode: str, people: int, area_m2: float, movers: int, ticks: int) -> str:
    """Measure one case; return its row of the table."""
    chance = np.random.default_rng(1)
    here, terms, rule = crowd(people, area_m2, chance), Terms(mode=Mode(mode)), HearingRule()
    first_ms = timed_ms(lambda: rule.update(here, terms))
    told, ledger = Told(), Ledger()
    people_here = {one: (f"p{one}", f"s{one}") for one in range(people)}

    def keep(now_us: int) -> None:
        kinds = link_kinds(rule.relation, here, terms, rule.partners.pairs)
        taken = told.take((rule.relation.keys << KIND_BITS) | kinds, here.life)
        ledger.heard(now_us, terms.mode, taken, people_here)

    keep(0)
    rule_ms, tree_ms, keep_ms = [], [], []
    for tick in range(1, ticks + 1):
        moved = chance.choice(people, movers, replace=False)
        here.position_mm[moved, 0] += chance.integers(-STEP_MM, STEP_MM, movers).astype(np.int32)
        if mode == "superambient" and tick % 2:  # Somebody leaves, and somebody comes.
            here.life[tick % people] += people
        rule_ms.append(timed_ms(lambda: rule.update(here, terms)))
        keep_ms.append(timed_ms(lambda at=tick * TICK_US: keep(at)))  # type: ignore[misc]
        tree_ms.append(timed_ms(lambda: neighbours(here.position_mm)))
        if tick % 150 == 0:
            ledger.cut(tick * TICK_US)
    ours, tree = statistics.median(rule_ms), statistics.median(tree_ms)
    tail = float(np.percentile(rule_ms, 95))
    wanted_ms = WANTED_MS.get((mode, people), WANTED_MS_OF_TEN_THOUSAND)
    goal(
        f"hearing, {mode}, {people:,} at {area_m2:g} m², {movers:,} move",
        f"≤ {wanted_ms:g} ms",
        f"{ours:.2f} ms",
        f"cKDTree {tree:.2f} ms",
        f"{ours / tree:.2f}",
        held=ours <= wanted_ms,
    )
    return (
        f"| {mode} | {people:,} | {area_m2:g} | {movers:,} | {len(rule.relation):,} "
        f"| {first_ms:.1f} | {ours:.2f} | {tail:.2f} "
        f"| {statistics.median(keep_ms):.2f} | {tree:.2f} | {ours / tree:.2f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ticks", type=int, default=100)
    ticks = parser.parse_args().ticks
    keep_freed_pages()
    print(
        "| Mode | People | m² each | Movers | Links | First ms | Median ms | p95 ms | Kept ms ",
        end="",
    )
    print("| cKDTree ms | Ratio |")
    print("| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |")
    for case in CASES:
        print(row(*case, ticks), flush=True)


if __name__ == "__main__":
    main()
