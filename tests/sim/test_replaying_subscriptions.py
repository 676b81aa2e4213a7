"""What subscribers and their desk were told and did can be lived again from a recording."""

from __future__ import annotations

import io
from pathlib import Path

from actors.settings import ActorSettings
from actors.subscriptions.messages import SUBSCRIPTIONS_DESK
from engine.journal import Recorder
from sim.replaying import replay_file
from sim.world import BEGINS_US, World
from tests.sim.stories import SUBSCRIBING, story


def test_recorded_subscriptions_replay_to_the_same_outputs(tmp_path: Path) -> None:
    """Every effect and state is as it was: quotes, codes, payments, grants and what is due."""
    file = io.BytesIO()
    file.write(ActorSettings().header())
    errors: list[Exception] = []
    seed = (1).to_bytes(8, "big")
    ours = ("ledger", "subscriber", "subscriptions", "user")
    recorder = Recorder(file.write, seed=seed, now_us=BEGINS_US, kinds=ours, on_error=errors.append)
    world = World(story(SUBSCRIBING), 1, observers=[recorder])
    done = world.run()
    recorder.close()
    recording = tmp_path / "recording"
    recording.write_bytes(file.getvalue())

    replayed = replay_file(recording)

    assert (done.violation, errors) == (None, [])
    assert replayed.divergence is None
    assert done.happened["subscriptions granted"] == 4
    assert SUBSCRIPTIONS_DESK in world.core.cells
