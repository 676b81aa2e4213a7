"""Watching processes of a cluster from outside: its pid file, its members, waiting for their end.

Linux only: processes are found by their working directory, which for every process of a cluster is
the cluster itself, so a recycled pid is never mistaken for a postmaster.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
from dataclasses import dataclass
from pathlib import Path

from adapters.postgres.failures import PostgresFailed

_log = logging.getLogger(__name__)

_FAST_STOP_S = 30.0  # A fast stop writes one checkpoint; far beyond any we have seen.
_IMMEDIATE_STOP_S = 5.0


@dataclass(frozen=True, slots=True)
class PidFile:
    """What a running postmaster says of itself in `postmaster.pid`."""

    pid: int
    status: str


def read_pid_file(cluster: Path) -> PidFile | None:
    """Return the cluster's pid file, None when there is none or it is being written."""
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return PidFile(int(lines[0]), lines[7].strip() if len(lines) > 7 else "")
    except (OSError, ValueError, IndexError):
        return None


def members(cluster: Path) -> list[int]:
    """Return the pids of every process that works in `cluster`, postmaster and backends."""
    wanted = str(cluster.resolve())
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with contextlib.suppress(OSError):  # It ended, or belongs to somebody else.
                if (entry / "cwd").readlink() == Path(wanted):
                    found.append(int(entry.name))
    return found


def wait_gone(pid: int, timeout_s: float) -> bool:
    """Block until a process has ended; False when it has not within `timeout_s` seconds."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(timeout_s * 1000))
    finally:
        os.close(descriptor)


def stop(pid: int) -> None:
    """Stop a postmaster: fast, then immediately, then by force; every way keeps what it committed.

    Raises:
        PostgresFailed: it can't be signalled, or survived being killed.
    """
    for number, patience_s in (
        (signal.SIGINT, _FAST_STOP_S),
        (signal.SIGQUIT, _IMMEDIATE_STOP_S),
        (signal.SIGKILL, _IMMEDIATE_STOP_S),
    ):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        except PermissionError:
            raise PostgresFailed(f"process {pid} runs our database as another user") from None
        if wait_gone(pid, patience_s):
            return
        _log.warning("postgres %d did not stop on %s", pid, number.name)
    raise PostgresFailed(f"process {pid} does not end, even when killed")


def clear_remains(cluster: Path) -> None:
    """Make the cluster ready for a new postmaster, whatever the last one left.

    Call only while holding the data directory's lock: nobody else may be running this cluster.
    A postmaster that outlived its server is told to stop and waited for; backends that outlived
    their postmaster are killed, since they hold its shared memory; a stale pid file is removed, so
    that a process which happens to have that pid today can't keep us from starting.

    Raises:
        PostgresFailed: something in it can't be ended.
    """
    file = read_pid_file(cluster)
    if file is not None and file.pid in members(cluster):
        _log.info("waiting for the postgres of an earlier server to stop (pid %d)", file.pid)
        stop(file.pid)
    for pid in members(cluster):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        if not wait_gone(pid, _IMMEDIATE_STOP_S):
            raise PostgresFailed(f"process {pid} of an earlier database does not end")
    (cluster / "postmaster.pid").unlink(missing_ok=True)
