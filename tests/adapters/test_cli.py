"""The command line, as a process: what it prints, where, and with which exit code."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.version import VERSION

ROOT = Path(__file__).parents[2]


def presence(
    *arguments: str | Path, directory: Path, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run the command in an empty directory, with no settings but those given."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PRESENCE_") and name not in {"DATABASE_URL", "TURN_SECRET"}
    }
    return subprocess.run(
        [sys.executable, "-c", "from adapters.cli import main; main()", *arguments],
        cwd=directory,
        env=inherited | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"} | environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_version_is_printed(tmp_path: Path) -> None:
    """One line, one place it is written."""
    done = presence("--version", directory=tmp_path)

    assert (done.returncode, done.stdout) == (0, f"presence {VERSION}\n")


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["serve"],
        ["healthcheck"],
        ["check-config"],
        ["default-config"],
        ["config-doc"],
        ["keys"],
        ["keys", "new"],
        ["keys", "list"],
        ["keys", "remove"],
        ["ledger"],
        ["ledger", "verify"],
        ["sim", "run"],
        ["sim", "replay"],
        ["live", "run"],
    ],
    ids=" ".join,
)
def test_every_command_explains_itself(tmp_path: Path, command: list[str]) -> None:
    """Help goes to standard output and is a success."""
    done = presence(*command, "--help", directory=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "Usage: presence" in done.stdout
    assert not done.stderr


def test_help_loads_nothing_heavy(tmp_path: Path) -> None:
    """Commands import what they need when they run, so help and mistakes are quick."""
    code = "import sys, adapters.cli; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert not {"trio", "numpy", "quart", "asyncpg", "httpx", "jwt"} & set(done.stdout.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["serve", "--port", "eighty"],
        ["serve", "--config", "none.toml"],
        ["check-config", "--port", "70000"],
        ["sim", "run", "none.toml"],
        ["sim", "replay", "none"],
        ["keys", "new"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(tmp_path: Path, arguments: list[str]) -> None:
    """The reason goes to standard error, and nothing was done."""
    done = presence(*arguments, directory=tmp_path)

    assert done.returncode == 2
    assert done.stderr
    assert not done.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("seeds", ["5", "9..3", "a..b", "1..", "-1..3"])
def test_a_range_of_seeds_is_checked(tmp_path: Path, seeds: str) -> None:
    """Neither a silent empty run nor a traceback."""
    scenario = tmp_path / "story.toml"
    scenario.touch()

    done = presence("sim", "run", scenario, f"--seeds={seeds}", directory=tmp_path)

    assert done.returncode == 2
    assert "expected FIRST..LAST" in done.stderr


def test_a_wrong_setting_stops_the_server_with_every_reason(tmp_path: Path) -> None:
    """`serve` refuses before it opens anything."""
    done = presence(
        "serve", directory=tmp_path, PRESENCE_PORT="http", PRESENCE_TICKHZ="15", PRESENCE_DATA="d"
    )

    assert done.returncode == 2
    assert "PRESENCE_PORT: got 'http'; expected an integer from 0 to 65535" in done.stderr
    assert "PRESENCE_TICKHZ is not a setting; did you mean PRESENCE_TICK_HZ?" in done.stderr
    assert not (tmp_path / "d").exists()


def test_check_config_shows_what_is_in_force(tmp_path: Path) -> None:
    """Values, where they came from, what was tried; secrets stay hidden."""
    done = presence(
        *("check-config", "--json", "--port", "0"),
        directory=tmp_path,
        PRESENCE_TICK_HZ="20",
        PRESENCE_SESSION_SECRET="correct-horse-battery-staple-0123",
    )

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["settings"]["tick_hz"] == {"value": "20", "from": "environment: PRESENCE_TICK_HZ"}
    assert report["settings"]["port"] == {"value": "0", "from": "--port"}
    assert "correct-horse" not in done.stdout
    verdicts = {check["subject"]: check["verdict"] for check in report["checks"]}
    assert verdicts == {"data directory": "ok", "port": "ok", "database": "ok", "TURN": "warning"}
    assert not list(tmp_path.iterdir())


def test_check_config_tries_what_the_server_would(tmp_path: Path) -> None:
    """A port in use, a directory that cannot be, a database that is not there: all told."""
    (tmp_path / "file").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = presence(
            *("check-config", "--host", "127.0.0.1", "--port", port, "--data", "file/data"),
            directory=tmp_path,
            DATABASE_URL="postgres://nobody@127.0.0.1:1/none",
        )

    assert done.returncode == 1
    failed = [line for line in done.stdout.splitlines() if line.startswith("failed")]
    assert [line.split(":")[0].split(maxsplit=1)[1] for line in failed] == [
        "data directory",
        "port",
        "database",
    ]


def test_local_accounts_come_and_go(tmp_path: Path) -> None:
    """A key is shown once, the account is listed without it, and removal is final."""
    made = presence("keys", "new", "alice", "--json", directory=tmp_path)
    again = presence("keys", "new", "alice", directory=tmp_path)
    listed = presence("keys", "list", "--json", directory=tmp_path)
    removed = presence("keys", "remove", "alice", directory=tmp_path)
    twice = presence("keys", "remove", "alice", directory=tmp_path)

    account = json.loads(made.stdout)
    (row,) = json.loads(listed.stdout)
    assert account["private_key"].startswith("5")
    assert (row["name"], row["public_key"]) == ("alice", account["public_key"])
    assert account["private_key"] not in listed.stdout
    assert (again.returncode, removed.returncode, twice.returncode) == (1, 0, 1)
    assert "exists already" in again.stderr


def test_a_server_that_is_not_there_is_not_healthy(tmp_path: Path) -> None:
    """Containers ask this; the answer is the exit code."""
    done = presence("healthcheck", "--url", "http://127.0.0.1:1", directory=tmp_path)

    assert done.returncode == 1
    assert "does not answer" in done.stderr
