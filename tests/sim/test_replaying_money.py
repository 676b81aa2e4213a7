"""What a ledger was told and did can be lived again from a recording."""

from __future__ import annotations

import io
from pathlib import Path

from actors.ledger.auditor import AUDITOR, BeginAudit
from actors.ledger.messages import LEDGER
from actors.settings import ActorSettings
from engine.clock import SECOND_US
from engine.journal import Recorder
from sim.replaying import replay_file
from tests.actors.ledger.bank import START_US, Bank
from tests.actors.ledger.stories import HOLD_US, Author, long_story


def test_a_recorded_ledger_replays_to_the_same_outputs(tmp_path: Path) -> None:
    """Every effect and state of writer and monitor is as it was; their messages are values."""
    file = io.BytesIO()
    file.write(ActorSettings().header())
    errors: list[Exception] = []
    recorder = Recorder(file.write, seed=b"bank", now_us=START_US, on_error=errors.append)
    bank = Bank(observer=recorder)
    bank.core.tell(AUDITOR, BeginAudit())
    author = Author("t")
    for step in long_story(5, 40):
        command = None if step.pass_us else author.command(step)
        if command is not None:
            bank.insist(command)
        bank.wait(min(step.pass_us, HOLD_US) or SECOND_US // 100)
    recorder.close()
    recording = tmp_path / "recording"
    recording.write_bytes(file.getvalue())

    replayed = replay_file(recording)

    assert errors == []
    assert replayed.divergence is None
    assert replayed.deliveries > 50
    assert LEDGER in bank.core.cells
