"""The servers under test, the load beside them, and the goals they are held to."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from adapters.settings.table import Settings
from adapters.version import IS_COMPILED
from bench.load.process import settle_in
from tests.support.live_server import LiveServer
from tests.support.node import node, node_project

LOAD_SHARE_MAX = 0.7
RUN_WITHIN_S = 180.0
GOAL = "goal: "
RELAY = Path(__file__).parent / "relay" / "relay.mjs"
UNLIMITED = {
    "space_users_max": "10000",
    "connections_max": "16000",
    "chat_per_s": "1000000",
    "joins_per_s": "1000000",
    "poses_per_s": "1000000",
    "requests_per_s": "1000000",
    "sessions_per_account": "1000000",
}
"""A load is one address with few accounts: limits on people would be all it measures."""


def cores() -> tuple[int | None, int | None]:
    """Return the server's core and the load's; none to choose on a machine that has one."""
    ours = sorted(os.sched_getaffinity(0))
    return (ours[0], ours[1]) if len(ours) > 1 else (None, None)


def machine() -> str:
    """Return one line that says what the figures were taken on."""
    busy = os.getloadavg()[0]
    return (
        f"{'compiled' if IS_COMPILED else 'plain Python'}; "
        f"machine: {len(os.sched_getaffinity(0))} of {os.cpu_count()} cores, "
        f"{psutil.virtual_memory().total / 1e9:.0f} GB, load average {busy:.1f}; server on core "
        f"{cores()[0]}, load on core {cores()[1]}, void above {LOAD_SHARE_MAX:.0%} of it"
    )


@contextmanager
def relay(*words: str) -> Iterator[tuple[int, int]]:
    """Run the relay on Node; yield its port and process id. `words` are as relay.mjs says."""
    settle_in(None)
    command = [node(), str(RELAY), str(node_project()), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        _pin(process.pid)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


@contextmanager
def presence() -> Iterator[tuple[int, int]]:
    """Run `presence serve` with limits that a load does not meet; yield its port and process id."""
    settle_in(None)
    declared = {field.name for field in dataclasses.fields(Settings)}
    settings = {name: value for name, value in UNLIMITED.items() if name in declared}
    with tempfile.TemporaryDirectory() as directory:
        server = LiveServer(Path(directory), **settings)
        try:
            server.start()
            _pin(server.pid)
            yield int(server.url.rpartition(":")[2]), server.pid
        finally:
            server.stop()


SERVERS: dict[str, Callable[[], AbstractContextManager[tuple[int, int]]]] = {
    "relay": relay,
    "recovering relay": partial(relay, "recovers"),
    "presence": presence,
}


def loaded(server: str, load: str, *arguments: object) -> dict[str, Any]:
    """Start a server, put `bench.load.<load>` beside it, and return the figures it prints."""
    with SERVERS[server]() as (port, pid):
        command = [sys.executable, "-m", f"bench.load.{load}", str(port), str(pid)]
        command += [str(argument) for argument in arguments]
        core = cores()[1]
        command += [] if core is None else ["--core", str(core)]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, timeout=RUN_WITHIN_S, check=True
        )
        figures: dict[str, Any] = json.loads(done.stdout)
        return figures


def goal(name: str, wanted: str, figure: str, peer: str, ratio: str, *, held: bool | None) -> None:
    """Say how a goal fared, for the table of `python -m bench`; None: the run was void."""
    verdict = {True: "yes", False: "no", None: "void"}[held]
    print(GOAL + json.dumps([name, wanted, figure, peer, ratio, verdict]), flush=True)


def _pin(pid: int) -> None:
    """Keep every thread of a process on the server's core."""
    core = cores()[0]
    if core is not None:
        for thread in psutil.Process(pid).threads():
            os.sched_setaffinity(thread.id, {core})
