"""`presence serve` as a process of its own, as a person would start it."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import adapters
from adapters.identity.keys_cli import LOCAL_KEYS, new_account
from adapters.postgres.binaries import choose_install
from adapters.postgres.cluster import make_cluster
from adapters.postgres.service_user import service_user

READY = re.compile(r"is ready on (http://\S+)")
START_WITHIN_S = 30.0
_PROGRAM = "from adapters.cli import main; main()"
_ROOT = Path(adapters.__file__).parents[1]
"""Where the packages are that run here: compiled ones start a compiled server."""


class LiveServer:
    """A server on a free loopback port with its own data directory and embedded Postgres.

    Attributes:
        start_within_s: how long `start` waits for it to be ready.
        url: such as `http://127.0.0.1:40123`, without a slash; the same after `start` again.
    """

    def __init__(self, directory: Path, *arguments: str, **settings: str) -> None:
        """Prepare a server; `settings` are PRESENCE_* variables without their prefix."""
        self.data = directory / "data"
        self.log = directory / "server.log"
        self.url = ""
        self.start_within_s = START_WITHIN_S
        self._arguments = arguments
        self._settings = {"host": "127.0.0.1", "port": "0", **settings}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The server's process id."""
        assert self._process is not None, "not running"
        return self._process.pid

    def start(self) -> LiveServer:
        """Start it and return when it is ready.

        Raises:
            AssertionError: it ended or took too long; with what it said.
        """
        cluster = _empty_cluster()
        if not (self.data / cluster.name).exists():
            self.data.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "--archive", cluster, self.data], check=True)
        command = [sys.executable, "-c", _PROGRAM, "serve", *self._arguments]
        with self.log.open("ab") as log:
            begin = log.tell()
            self._process = subprocess.Popen(
                command, stderr=log, stdout=log, env=self._environment(), cwd=self.log.parent
            )
        deadline_s = time.monotonic() + self.start_within_s
        while (ready := READY.search(self._said(begin))) is None:
            assert self._process.poll() is None, self._said(begin)
            assert time.monotonic() < deadline_s, self._said(begin)
            time.sleep(0.01)
        self.url = ready[1]
        self._settings["port"] = self.url.rpartition(":")[2]
        return self

    def terminate(self, within_s: float = 15) -> int:
        """Send SIGTERM and return the exit code."""
        assert self._process is not None, "not running"
        self._process.terminate()
        return self._process.wait(within_s)

    def kill(self) -> None:
        """Send SIGKILL, as a power cut would."""
        assert self._process is not None, "not running"
        self._process.kill()
        self._process.wait()

    def kill_database(self) -> None:
        """Send SIGKILL to the embedded database server, if it runs at this moment."""
        for file in self.data.glob("pg*/postmaster.pid"):
            with contextlib.suppress(ProcessLookupError, FileNotFoundError, IndexError):
                os.kill(int(file.read_text().split()[0]), signal.SIGKILL)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another `presence` command with this server's settings, whether it runs or not."""
        return subprocess.run(
            [sys.executable, "-c", _PROGRAM, *arguments],
            env=self._environment(),
            cwd=self.log.parent,
            capture_output=True,
            text=True,
            check=False,
        )

    def stop(self) -> None:
        """End it however it is; its Postgres follows."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(15)
            except subprocess.TimeoutExpired:
                self.kill()

    def new_account(self, name: str) -> tuple[str, str]:
        """Make a local account; return its name and private key."""
        made = new_account(
            self.data / LOCAL_KEYS, name, now_us=time.time_ns() // 1000, entropy=os.urandom
        )
        return made.name, made.wif

    def _environment(self) -> dict[str, str]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("PRESENCE_")}
        clean.pop("DATABASE_URL", None)
        environment = {**clean, "PRESENCE_DATA": str(self.data), "PYTHONPATH": str(_ROOT)}
        named = {f"PRESENCE_{key.upper()}": text for key, text in self._settings.items()}
        return environment | named

    def _said(self, begin: int) -> str:
        with self.log.open("rb") as log:
            log.seek(begin)
            return log.read().decode(errors="replace")


@functools.cache
def _empty_cluster() -> Path:
    """Return a cluster to copy; to make one costs a second of processor time."""
    data = Path(tempfile.mkdtemp(prefix="presence-cluster-"))
    atexit.register(shutil.rmtree, data, ignore_errors=True)
    install = choose_install(data, None)
    cluster = data / f"pg{install.major}"
    make_cluster(cluster, install, service_user(cluster, None))
    return cluster
