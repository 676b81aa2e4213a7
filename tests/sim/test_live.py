"""The same people, against the real server."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import cli
from tests.support.live_server import LiveServer

SHORT = """
title = "A short meeting"
because = "The same people meet on real sockets."
lasts_s = 60

[[people]]
kind = "visitor"
name = "ada"
leaves_s = 3
walks_mm = [[0, 0], [4000, 0]]
says = [{ at_s = 1, text = "Hello?" }]

[[people]]
kind = "visitor"
name = "bob"
arrives_s = 0.3
walks_mm = [[1000, 5000], [1000, 0]]
says = [{ at_s = 1.5, text = "Hello Ada 👋" }]
moves = [{ at_s = 2.5, space = "post:host/harbour:main" }]

[expect.at_end]
present = ["bob"]
messages = 2
met = [["ada", "bob"]]
"""


def test_a_scenario_plays_against_a_running_server(
    live_server: LiveServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rosters, chat order and durability hold live as they do in the simulator."""
    path = tmp_path / "short.toml"
    path.write_text(SHORT)

    assert cli.live(path, live_server.url) == 0, capsys.readouterr().out
    assert "Everything held." in capsys.readouterr().out
