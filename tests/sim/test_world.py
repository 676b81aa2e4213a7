"""A run is a function of the code, the scenario and the seed, on every engine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from actors.kinds import product_kinds
from actors.settings import ActorSettings
from engine.journal import Recorder
from engine.replay import replay
from sim import report
from sim.faults import drawn
from sim.replaying import CLASSES
from sim.scenario import load
from sim.world import BEGINS_US, World
from tests.sim import stories
from tests.sim.stories import run, story

ROOT = Path(__file__).parents[2]
MEETING = ROOT / "scenarios" / "two_people_meet.toml"
QUESTIONS = ROOT / "scenarios" / "ticketed_questions.toml"
PROPS = ROOT / "scenarios" / "shared_props.toml"
TIPPING = ROOT / "scenarios" / "both_sides_tip_each_other.toml"


def test_the_same_seed_gives_the_same_digest_in_every_process() -> None:
    """Nothing depends on hash seeds, addresses or what a process did before."""
    code = (
        "from pathlib import Path; from sim.cli import run;"
        f"raise SystemExit(run(Path({str(MEETING)!r}), range(1, 4), as_json=True))"
    )
    outputs = []
    for hash_seed in ("0", "1", "random"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        )
        outputs.append([one["digest"] for one in json.loads(done.stdout)["runs"]])

    here = [World(load(MEETING), seed).run().digest for seed in range(1, 4)]
    assert outputs == [here, here, here]
    assert len(set(here)) == 3


@pytest.mark.parametrize("seed", range(1, 6))
def test_trio_and_the_heap_live_through_the_same_history(seed: int) -> None:
    """L1, with cells drained in the clock's idle hook, makes every delivery that L0 makes."""
    scenario = load(MEETING)

    assert World(scenario, seed).run("l1").digest == World(scenario, seed).run("l0").digest


@pytest.mark.parametrize("path", [MEETING, TIPPING, QUESTIONS, PROPS], ids=lambda path: path.stem)
def test_a_simulated_run_replays_to_the_same_effects(path: Path) -> None:
    """What the simulator does to the product's actors can be lived again from a recording."""
    kinds = product_kinds(ActorSettings())
    written: list[bytes] = []
    world = World(load(path), 3)
    recorder = Recorder(
        written.append,
        seed=world.seed,
        now_us=BEGINS_US,
        kinds=[kind.name for kind in kinds],
    )
    world.observers = [recorder]
    world.run()
    recorder.close()
    journal = bytearray(b"".join(written))

    def read(size: int) -> bytes:
        piece = bytes(journal[:size])
        del journal[:size]
        return piece

    replayed = replay(read, kinds, CLASSES)
    assert replayed.divergence is None
    assert replayed.deliveries > (200 if path in {TIPPING, QUESTIONS} else 500)


def test_each_seed_of_a_swarm_draws_its_own_faults() -> None:
    """Leaving faults out finds bugs that other faults hide."""
    faults = load(MEETING).faults
    subsets = {tuple(drawn(faults, bytes([seed]), swarm=True)) for seed in range(50)}

    assert len(subsets) > 45
    assert drawn(faults, b"", swarm=False) == faults


def test_no_fault_strikes_once_it_is_time_to_heal() -> None:
    """Liveness can only be asked for when the trouble is over."""
    faults = '[[faults]]\nkind = "crash"\nactor = "space"\nchance = 0.05\n'
    done = run(story(f"{stories.MEETING}\n{faults}"))

    assert done.violation is None
    assert done.faults["crash of space"] > 0


def test_a_report_says_what_happened_and_what_was_checked() -> None:
    """One page: the story, the digest, the counts, each invariant with its sentence."""
    scenario = story()
    text = report.run_text(scenario, run(scenario))

    for part in ("Ada, Bob", "digest", "store requests", "only_members_hear: No event of a space"):
        assert part in text
