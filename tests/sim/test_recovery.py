"""Simulated people lose their connections and come back; what is done to recovery is noticed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from adapters.realtime.recovery import Claim, LogBounds, Seat, Seats
from sim.checkers.recovery import EveryOrderedEventOnce
from sim.front import Packet, Peer
from sim.scenario import load
from sim.world import Run, World

DROPS = load(Path(__file__).parents[2] / "scenarios" / "drops_and_resumes.toml")


def play(seed: int = 1) -> Run:
    """Play the story of dropping connections, watched by the one checker."""
    return World(DROPS, seed, checkers=[EveryOrderedEventOnce]).run()


def test_within_the_grace_period_nobody_starts_over() -> None:
    """Every connection that was lost is made good, and every ordered event counted."""
    run = play()

    assert run.violation is None
    assert run.happened["recovered"] > 50
    lost = run.happened["connections lost"] - run.happened["lost before they opened"]
    assert run.happened["recovered"] == lost
    assert run.happened["started over"] == 0
    assert run.checked["every_ordered_event_once"] > 100


def test_a_log_that_is_too_short_makes_people_start_over() -> None:
    """What it no longer holds cannot be recovered in part: they are told, and end well."""
    scenario = replace(DROPS, logs=LogBounds(events_max=1), grace_us=4_000_000)
    run = World(scenario, 1).run()

    assert run.violation is None
    assert run.happened["started over"] > 0
    assert run.happened["recovered"] > 0


def nothing(_missed: list[Packet]) -> list[Packet]:
    """Return nothing of what was missed."""
    return []


def twice(missed: list[Packet]) -> list[Packet]:
    """Return the first of it twice."""
    return missed[:1] + missed


def all_but_one(missed: list[Packet]) -> list[Packet]:
    """Leave the first of it out."""
    return missed[1:]


@pytest.mark.parametrize("spoil", [nothing, twice, all_but_one])
def test_a_recovery_that_is_not_exact_is_reported(
    spoil: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checker is what the thousand drops stand on, so it must see one event too few or many."""
    honest = Seats.missed

    def missed(
        self: Seats[Peer, Packet], seat: Seat[Peer, Packet], claim: Claim
    ) -> list[Packet] | None:
        truth = honest(self, seat, claim)
        assert callable(spoil)
        return None if truth is None else spoil(truth)

    monkeypatch.setattr(Seats, "missed", missed)
    run = play()

    assert run.violation is not None
    assert run.violation.checker == "every_ordered_event_once"
