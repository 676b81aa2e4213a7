"""What a run tells: what happened, what was checked, and how to see a failure again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sim.checkers import ALL, Violation
from sim.scenario import Scenario
from sim.world import BEGINS_US, Run

SHOWN = 160
"""Characters of a delivery that are shown."""


def run_text(scenario: Scenario, run: Run) -> str:
    """Return the whole report of one run."""
    lines = [scenario.title, f"  {scenario.because}", ""]
    verdict = "every invariant held" if run.violation is None else "BROKEN"
    lines += [f"seed {run.seed}: {verdict}", f"digest {run.digest}", ""]
    lines += ["What happened"]
    lines += [f"  {count:>10,} {what}" for what, count in run.happened.items()]
    lines += ["", "What went wrong on purpose"]
    lines += [f"  {count:>10,} {what}" for what, count in run.faults.items()]
    if not run.faults:
        lines += ["           nothing"]
    lines += ["", "What was checked, and how often"]
    sentences = {checker.name: checker.sentence for checker in ALL}
    for name, count in run.checked.items():
        lines += [f"  {count:>10,} {name}: {sentences.get(name, '')}"]
    return "\n".join(lines) + "\n"


def seed_line(run: Run) -> str:
    """Return one run in one line, for a series of seeds."""
    verdict = "ok" if run.violation is None else f"BROKEN {run.violation.checker}"
    return f"seed {run.seed:<6} {run.digest}  {verdict}\n"


def series_text(runs: Sequence[Run], real_s: float) -> str:
    """Return the sums over a series of runs."""
    happened: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    checked: Counter[str] = Counter()
    for run in runs:
        happened.update(run.happened)
        faults.update(run.faults)
        checked.update(run.checked)
    virtual_s = sum(run.virtual_us for run in runs) / 1e6
    broken = [run.seed for run in runs if run.violation is not None]
    lines = [
        "",
        f"{len(runs)} seeds, {len(broken)} broken"
        + (f": {', '.join(map(str, broken[:20]))}" if broken else ""),
        f"{virtual_s:,.0f} s simulated in {real_s:.1f} s: {virtual_s / real_s:,.0f} x real time",
        f"{happened['steps']:,} steps, {happened['steps'] / real_s:,.0f} a second",
        f"{happened['events to people']:,} events, {happened['bytes to people']:,} bytes to people",
        f"{happened['store requests']:,} store requests, {happened['messages durable']:,} durable",
        f"{faults.total():,} faults: " + ", ".join(f"{n} {k}" for k, n in sorted(faults.items())),
        f"{checked.total():,} checks of {len(checked)} invariants",
    ]
    return "\n".join(lines) + "\n"


def failure_text(scenario: Scenario, run: Run, command: str) -> str:
    """Return what is to be known of a broken invariant."""
    violation = run.violation
    assert violation is not None
    sentence = next((c.sentence for c in ALL if c.name == violation.checker), "")
    lines = [
        "",
        f"{scenario.path}, seed {run.seed}: {violation.checker} is broken",
        f"  {sentence}",
        f"  at {_clock(violation.now_us)}: {violation.text}",
    ]
    if violation.trail:
        lines += [f"  the last deliveries to {violation.address}:"]
        lines += [f"    {each}" for each in _trail(violation)]
    lines += ["  see it again:", f"    {command}"]
    return "\n".join(lines) + "\n"


def command_of(scenario: Scenario, seed: int) -> str:
    """Return the command that repeats a run."""
    return f"presence sim run {scenario.path} --seed {seed}"


def as_json(scenario: Scenario, runs: Sequence[Run]) -> str:
    """Return a series of runs as one JSON object."""
    return json.dumps(
        {
            "scenario": scenario.path,
            "title": scenario.title,
            "held": all(run.violation is None for run in runs),
            "runs": [
                {
                    "seed": run.seed,
                    "digest": run.digest,
                    "violation": _violation(run.violation),
                    "happened": run.happened,
                    "faults": run.faults,
                    "checked": run.checked,
                    "virtual_us": run.virtual_us,
                    "command": command_of(scenario, run.seed),
                }
                for run in runs
            ],
        }
    )


def _violation(violation: Violation | None) -> dict[str, Any] | None:
    if violation is None:
        return None
    return {
        "checker": violation.checker,
        "text": violation.text,
        "address": violation.address,
        "at_us": violation.now_us - BEGINS_US,
        "last_deliveries": [
            {"at_us": now_us - BEGINS_US, "message": _short(message)}
            for now_us, message in violation.trail
        ],
    }


def _trail(violation: Violation) -> list[str]:
    """Return the last deliveries; equal ones in a row are one line, as of the first."""
    lines: list[str] = []
    times = 0
    last = ""
    for now_us, message in violation.trail:
        short = _short(message)
        times = times + 1 if short == last else 1
        if times > 1:
            lines[-1] = lines[-1].partition(" x ")[0] + f" x {times}"
        else:
            lines.append(f"{_clock(now_us)} {short}")
        last = short
    return lines


def _clock(now_us: int) -> str:
    return f"{(now_us - BEGINS_US) / 1e6:10.6f} s"


def _short(message: Any) -> str:
    text = "(begins)" if message is None else repr(message)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
