"""What the commands print, and their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sim import cli
from tests.sim.stories import MEETING


@pytest.fixture
def meeting(tmp_path: Path) -> Path:
    """Return a scenario that holds."""
    path = tmp_path / "meeting.toml"
    path.write_text(MEETING)
    return path


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """Return a scenario that expects what does not happen."""
    path = tmp_path / "broken.toml"
    path.write_text(MEETING.replace("messages = 3", "messages = 4"))
    return path


def test_a_run_that_holds_prints_its_digest_and_ends_with_0(
    meeting: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One seed gets the whole report."""
    assert cli.run(meeting, range(7, 8)) == 0
    out = capsys.readouterr().out
    assert "seed 7: every invariant held" in out
    assert "digest" in out


def test_a_series_prints_a_digest_for_each_seed(
    meeting: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two seeds, two histories."""
    assert cli.run(meeting, range(1, 3)) == 0
    out = capsys.readouterr().out
    digests = [line.split()[2] for line in out.splitlines() if line.startswith("seed ")]
    assert len(set(digests)) == 2
    assert "2 seeds, 0 broken" in out


def test_a_failure_prints_the_command_that_shows_it_again_and_ends_with_1(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever sees it needs the seed, the invariant and one line to type."""
    assert cli.run(broken, range(5, 7)) == 1
    out = capsys.readouterr().out
    assert "story_ends_as_told is broken" in out
    assert "the store has 3 messages, expected 4" in out
    assert f"presence sim run {broken} --seed 5\n" in out


def test_the_json_report_is_one_object(broken: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Machines read the same facts."""
    assert cli.run(broken, range(5, 6), as_json=True) == 1
    body = json.loads(capsys.readouterr().out)
    assert body["held"] is False
    assert body["runs"][0]["violation"]["checker"] == "story_ends_as_told"


def test_a_scenario_that_cannot_be_used_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The reason goes to standard error."""
    path = tmp_path / "bad.toml"
    path.write_text("title = 3")
    assert cli.run(path) == 2
    assert "title: expected some text; got 3" in capsys.readouterr().err


def test_a_file_that_is_no_recording_ends_with_2(
    meeting: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A scenario is not a recording."""
    assert cli.replay(meeting) == 2
    assert "not a recording" in capsys.readouterr().err


def test_a_url_that_is_none_ends_with_2(meeting: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The form that was expected is shown."""
    assert cli.live(meeting, "localhost") == 2
    assert "expected http://host:port" in capsys.readouterr().err


def test_trades_are_for_the_simulator(meeting: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A live server sells tokens for money only, so nobody could pay for anything."""
    assert cli.live(meeting, "http://127.0.0.1:9") == 2
    assert "trades" in capsys.readouterr().err


def test_a_server_that_is_not_there_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody waits for a story that cannot begin."""
    meeting = Path(__file__).parents[2] / "scenarios" / "two_people_meet.toml"
    assert cli.live(meeting, "http://127.0.0.1:9") == 1
    assert "cannot be reached" in capsys.readouterr().out
