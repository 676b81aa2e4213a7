"""`presence sim` and `presence live`: a scenario in the simulator, or against a running server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.common import EXIT_USAGE, JsonOption, fail, group

simulator = group("Run scenarios in the simulator: one seed, one history.")
server = group("Run scenarios against a running server.")

_Scenario = Annotated[
    Path,
    typer.Argument(exists=True, dir_okay=False, readable=True, help="scenarios/<name>.toml"),
]
_Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Run this seed alone.")]
_Seeds = Annotated[
    str | None, typer.Option("--seeds", metavar="FIRST..LAST", help="Run many, both included.")
]


@simulator.command("run")
def run(
    scenario: _Scenario,
    *,
    seed: _Seed = None,
    seeds: _Seeds = None,
    faults: Annotated[
        bool, typer.Option("--faults/--no-faults", help="Whether its faults strike.")
    ] = True,
    as_json: JsonOption = False,
) -> None:
    """Run a scenario and print a digest of its history for each seed.

    Without a seed the scenario's own are run. Exit code 1 when an invariant broke; the command
    that replays the failure is printed.
    """
    if seed is not None and seeds is not None:
        fail("--seed and --seeds are both given; keep one.", EXIT_USAGE)
    chosen = range(seed, seed + 1) if seed is not None else _range(seeds)
    from sim import cli

    raise typer.Exit(cli.run(scenario, chosen, as_json=as_json, faults=faults))


@simulator.command("replay")
def replay(
    recording: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="From `presence serve --record`.")
    ],
) -> None:
    """Replay a recorded session and compare every output with what was recorded."""
    from sim import cli

    raise typer.Exit(cli.replay(recording))


@server.command("run")
def live_run(
    scenario: _Scenario,
    *,
    url: Annotated[str, typer.Option("--url", help="The server.")] = "http://127.0.0.1:8080",
) -> None:
    """Play a scenario with real sockets against the server at --url."""
    from sim import cli

    raise typer.Exit(cli.live(scenario, url))


def _range(seeds: str | None) -> range | None:
    if seeds is None:
        return None
    first, dots, last = seeds.partition("..")
    if not (dots and first.isdecimal() and last.isdecimal() and int(first) <= int(last)):
        fail(f"--seeds: got {seeds!r}; expected FIRST..LAST such as 1..200.", EXIT_USAGE)
    return range(int(first), int(last) + 1)
