"""What a call's meter was told and did can be lived again from a recording."""

from __future__ import annotations

import io
from pathlib import Path

from actors.settings import ActorSettings
from engine.journal import Recorder
from sim.replaying import replay_file
from tests.actors.calls.phone import CREATOR, FAN, START_US, Phone


def test_a_recorded_call_replays_to_the_same_outputs(tmp_path: Path) -> None:
    """Every effect and state of meter, desk and accounts is as it was; evidence is recorded too."""
    file = io.BytesIO()
    file.write(ActorSettings().header())
    errors: list[Exception] = []
    recorder = Recorder(file.write, seed=b"calls", now_us=START_US, on_error=errors.append)
    phone = Phone(observer=recorder)
    phone.fund(FAN, 500)
    phone.come(FAN, CREATOR)
    call = phone.call()
    phone.run(40)
    phone.pause(call)
    phone.run(5)
    phone.resume(call)
    phone.run(30)
    phone.end(call)
    recorder.close()
    recording = tmp_path / "recording"
    recording.write_bytes(file.getvalue())

    replayed = replay_file(recording)

    assert errors == []
    assert replayed.divergence is None
    assert replayed.deliveries > 50
    assert phone.blocks(call) == [1, 2, 3]
