"""How many people one space carries: this server and the usual relay under the same load.

Run: python -m bench.pose_fanout [--seconds 3] [--full]

Everybody sends a pose ten times a second and everybody else is to see it. A size is carried when
the 99th percentile of a pose's age at its receivers is at most 100 ms, all joined, nobody was cut
off and the load kept its pace. A run in which the load needed over 70 % of its core is void: it
says nothing about the server: what was carried before it is then a lower bound, and no ratio to a
relay so bounded is printed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench.load.walkers import HZ, Figures
from tests.support.live_server import LiveServer
from tests.support.node import node, node_project

P99_MS_MAX = 100.0
LOAD_SHARE_MAX = 0.7
PACE_MIN = 0.95
RUN_WITHIN_S = 120.0
RELAY = Path(__file__).parent / "relay" / "relay.mjs"
SIZES = (25, 50, 100, 150, 200, 300, 400, 600, 800, 1000, 1500, 2000)
FORMS = ("relay", "stock", "binary")


def cores() -> tuple[int | None, int | None]:
    """Return the server's core and the load's; none to choose on a machine that has one."""
    ours = sorted(os.sched_getaffinity(0))
    return (ours[0], ours[1]) if len(ours) > 1 else (None, None)


@contextmanager
def relay(_directory: Path) -> Iterator[tuple[int, int]]:
    """Run the relay on Node; yield its port and process id."""
    command = [node(), str(RELAY), str(node_project())]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline()), process.pid
    finally:
        process.terminate()
        process.wait()


@contextmanager
def presence(directory: Path) -> Iterator[tuple[int, int]]:
    """Run `presence serve`; yield its port and process id."""
    server = LiveServer(directory, space_users_max="10000")
    try:
        server.start()
        yield int(server.url.rpartition(":")[2]), server.pid
    finally:
        server.stop()


def pin(pid: int, core: int | None) -> None:
    """Keep every thread of a process on one core."""
    if core is not None:
        for thread in psutil.Process(pid).threads():
            os.sched_setaffinity(thread.id, {core})


def walked(form: str, people: int, seconds: float) -> Figures:
    """Start a server, let so many walk in it, stop it."""
    server_core, load_core = cores()
    serve = relay if form == "relay" else presence
    with tempfile.TemporaryDirectory() as directory, serve(Path(directory)) as (port, pid):
        pin(pid, server_core)
        command = [sys.executable, "-m", "bench.load.walkers", str(port), str(pid)]
        command += ["--people", str(people), "--seconds", str(seconds)]
        command += ["--binary"] if form == "binary" else []
        command += [] if load_core is None else ["--core", str(load_core)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=RUN_WITHIN_S, check=True
        )
        return Figures(**json.loads(done.stdout))


def verdict(figures: Figures) -> str:
    """Return why this size was not carried; "carried" when it was."""
    if figures.load_share > LOAD_SHARE_MAX:
        return "void"
    if figures.closed or figures.joined < figures.people:
        return "cut off"
    if figures.sent < PACE_MIN * HZ * figures.people * figures.seconds:
        return "no pace"
    return "carried" if figures.p99_ms <= P99_MS_MAX else "late"


def report(form: str, figures: Figures) -> str:
    """Print one run's row and return its verdict."""
    outcome = verdict(figures)
    updates = max(figures.updates, 1)
    person_s = figures.people * figures.seconds
    print(
        f"{form:<8}{figures.people:>7}{figures.p50_ms:>9.1f}{figures.p99_ms:>9.1f}"
        f"{figures.updates / figures.seconds:>12,.0f}{figures.server_s / updates * 1e6:>10.2f}"
        f"{figures.server_s / figures.seconds:>9.0%}{figures.bytes / person_s / 1000:>10.1f}"
        f"{figures.load_share:>7.0%}  {outcome}",
        flush=True,
    )
    return outcome


def main() -> None:
    """Climb the sizes with each form until one is not carried."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="measured part of each run")
    parser.add_argument("--full", action="store_true", help="every size, three times as long")
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=list(FORMS))
    parser.add_argument("--sizes", nargs="+", type=int)
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65536)), hard))
    seconds = options.seconds * 3 if options.full else options.seconds
    sizes = options.sizes or (SIZES if options.full else SIZES[1::2])
    print(
        f"{'form':<8}{'people':>7}{'p50 ms':>9}{'p99 ms':>9}{'updates/s':>12}{'µs each':>10}"
        f"{'server':>9}{'kB/s each':>10}{'load':>7}"
    )
    carried = dict.fromkeys(options.forms, 0)
    bounds = dict.fromkeys(options.forms, "at least ")
    for form in options.forms:
        for people in sizes:
            outcome = report(form, walked(form, people, seconds))
            if outcome != "carried":
                bounds[form] = "at least " if outcome == "void" else ""
                break
            carried[form] = people
    exact = carried.get("relay", 0) if not bounds.get("relay") else 0
    for form, people in carried.items():
        ratio = f", {people / exact:.2f}x the relay" if exact else ""
        print(f"{form}: {bounds[form]}{people} carried{ratio}")


if __name__ == "__main__":
    main()
