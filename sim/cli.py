"""What `presence sim` and `presence live` do. Each function returns the process's exit code."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path

from sim import report
from sim.reading import ScenarioError
from sim.scenario import Scenario, load
from sim.world import World

EXIT_HELD = 0
EXIT_BROKEN = 1
EXIT_USAGE = 2


def run(
    scenario: Path,
    seeds: Iterable[int] | None = None,
    *,
    as_json: bool = False,
    faults: bool = True,
) -> int:
    """Run a scenario in the simulator and print what became of it.

    Args:
        scenario: the file.
        seeds: default: the scenario's own.
        as_json: print one JSON object instead of text.
        faults: False leaves the scenario's faults out.

    Returns:
        0 when every invariant held, 1 when one broke, 2 when the scenario cannot be used.
    """
    story = _loaded(scenario)
    if story is None:
        return EXIT_USAGE
    chosen = list(story.seeds if seeds is None else seeds)
    began_s = time.perf_counter()
    runs = []
    for seed in chosen:
        done = World(story, seed, faulty=faults).run()
        runs.append(done)
        if not as_json and len(chosen) > 1:
            _say(report.seed_line(done))
    broken = [done for done in runs if done.violation is not None]
    if as_json:
        _say(report.as_json(story, runs) + "\n")
    else:
        if len(runs) == 1:
            _say(report.run_text(story, runs[0]))
        _say(report.series_text(runs, time.perf_counter() - began_s))
        if broken:
            command = report.command_of(story, broken[0].seed)
            _say(report.failure_text(story, broken[0], command))
    return EXIT_BROKEN if broken else EXIT_HELD


def replay(recording: Path) -> int:
    """Replay what a server recorded and compare all that its actors did.

    Returns:
        0 when everything was as recorded, 1 when something differed, 2 when the file cannot be
        read.
    """
    from sim.replaying import replay_file  # noqa: PLC0415 - Only this command needs it.

    began_s = time.perf_counter()
    try:
        replayed = replay_file(recording)
    except (OSError, ValueError, LookupError) as error:
        _complain(f"{recording}: {error}")
        return EXIT_USAGE
    _say(
        f"{replayed.deliveries:,} deliveries in {replayed.blocks} blocks, "
        f"replayed in {time.perf_counter() - began_s:.1f} s\n"
    )
    if replayed.cut_off:
        _say("The recording ends in the middle of a block; all before it was replayed.\n")
    different = replayed.divergence
    if different is None:
        states = replayed.states.hex() if replayed.states else "not reached"
        _say(f"Every effect was as recorded. States' hash {states}\n")
        return EXIT_HELD
    _say(
        f"Different in block {different.block}, at {different.now_us} µs: {different.address}\n"
        f"  was told {different.message!r}\n"
        f"  recorded {different.expected!r}\n"
        f"  replayed {different.got!r}\n"
    )
    return EXIT_BROKEN


def live(scenario: Path, url: str) -> int:
    """Play a scenario with real sockets against the server at `url`; its faults are left out.

    Returns:
        0 when everything held, 1 when something broke or the server could not be reached, 2 when
        the scenario or the URL cannot be used.
    """
    from sim.live import play  # noqa: PLC0415 - Only this command needs sockets.

    story = _loaded(scenario)
    if story is None:
        return EXIT_USAGE
    try:
        findings = play(story, url, _say)
    except ValueError as error:
        _complain(str(error))
        return EXIT_USAGE
    return EXIT_BROKEN if findings else EXIT_HELD


def _loaded(path: Path) -> Scenario | None:
    try:
        return load(path)
    except ScenarioError as error:
        _complain(str(error))
        return None


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _complain(text: str) -> None:
    sys.stderr.write(f"presence: {text}\n")
