"""What the herald and endpoints were told and did can be lived again from a recording."""

from __future__ import annotations

import io
from pathlib import Path

from actors.settings import ActorSettings
from actors.webhooks.messages import HERALD
from engine.journal import Recorder
from sim.replaying import replay_file
from sim.world import BEGINS_US, World
from tests.sim.stories import TELLING, story


def test_recorded_webhooks_replay_to_the_same_outputs(tmp_path: Path) -> None:
    """Every effect and state is as it was: what was read, sent, signed, answered and kept."""
    scenario = story(TELLING)
    file = io.BytesIO()
    file.write(ActorSettings(system_admins=scenario.operators).header())
    errors: list[Exception] = []
    seed = (1).to_bytes(8, "big")
    ours = ("ledger", "herald", "webhook")
    recorder = Recorder(file.write, seed=seed, now_us=BEGINS_US, kinds=ours, on_error=errors.append)
    world = World(scenario, 1, observers=[recorder])
    done = world.run()
    recorder.close()
    recording = tmp_path / "recording"
    recording.write_bytes(file.getvalue())

    replayed = replay_file(recording)

    assert (done.violation, errors) == (None, [])
    assert replayed.divergence is None
    assert done.happened["webhooks received"] > 10
    assert HERALD in world.core.cells
