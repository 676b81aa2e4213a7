"""Every scenario in `scenarios/` holds, with its faults, for the seeds it names and more."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from sim.checkers import Violation
from sim.scenario import load
from sim.world import World

SCENARIOS = Path(__file__).parents[2] / "scenarios"
MEETING = SCENARIOS / "two_people_meet.toml"
OTHERS = sorted(set(SCENARIOS.glob("**/*.toml")) - {MEETING})
SEEDS = 200
CHUNK = 25
SOME_OF_ALL = [
    pytest.param(path, seed, id=f"{path.stem}-{seed}")
    for path in OTHERS
    for seed in load(path).seeds[:3]
]

pytestmark = pytest.mark.long


@pytest.mark.parametrize("first", range(1, SEEDS + 1, CHUNK))
def test_two_people_meet_whatever_goes_wrong(first: int) -> None:
    """Two hundred seeds, each with faults of its own, break no invariant."""
    assert broken(MEETING, range(first, first + CHUNK)) == []


@pytest.mark.parametrize(("path", "seed"), SOME_OF_ALL)
def test_a_scenario_holds(path: Path, seed: int) -> None:
    """A few of its seeds here; `presence sim run` runs them all."""
    assert broken(path, [seed]) == []


def test_the_meeting_needs_no_faults() -> None:
    """It is a story of its own, and the one that is played live."""
    done = World(load(MEETING), 1, faulty=False).run()

    assert done.violation is None
    assert done.happened["messages durable"] == 6


def broken(path: Path, seeds: Iterable[int]) -> list[tuple[int, Violation]]:
    """Return what broke, by seed."""
    scenario = load(path)
    runs = [World(scenario, seed).run() for seed in seeds]
    return [(run.seed, run.violation) for run in runs if run.violation is not None]
