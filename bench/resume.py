"""Lost connections that come back under chat: what is missed, and how long it takes.

Run: python -m bench.resume [--drops 300] [--people 40] [--rate 200]

Socket.IO on Node beside it, with the recovery that it offers. Connections end in three ways in
turn: by a reset, by a goodbye of the machine, and unnoticed by the server.
"""

from __future__ import annotations

import argparse

from bench.load.droppers import Figures
from bench.servers import LOAD_SHARE_MAX, goal, loaded, machine

BACK_P99_MS_MAX = 50.0


def dropped(server: str, *arguments: object) -> Figures:
    """Run it once and print its row."""
    figures = Figures(**loaded(server, "droppers", *arguments))
    print(
        f"{server:<18}{figures.drops:>7}{figures.resumed:>9}{figures.resynced:>10}"
        f"{figures.heard:>9}{figures.missed:>8}{figures.twice:>7}{figures.late:>6}"
        f"{figures.back_p50_ms:>9.1f}{figures.back_p99_ms:>9.1f}"
        f"{figures.server_s / figures.seconds:>8.0%}{figures.load_share:>6.0%}",
        flush=True,
    )
    return figures


def summary(figures: Figures) -> str:
    """Return what became of the lost connections, for the table of goals."""
    wrong = figures.missed + figures.twice + figures.late
    return f"{figures.resumed} resumed, {figures.resynced} anew, {wrong} wrong"


def main() -> None:
    """Print the rows and the goals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drops", type=int, default=300)
    parser.add_argument("--people", type=int, default=40)
    parser.add_argument("--rate", type=float, default=200.0, help="messages a second")
    options = parser.parse_args()
    print(machine())
    print(
        f"{'server':<18}{'drops':>7}{'resumed':>9}{'resynced':>10}{'heard':>9}{'missed':>8}"
        f"{'twice':>7}{'late':>6}{'p50 ms':>9}{'p99 ms':>9}{'server':>8}{'load':>6}"
    )
    how = ("--drops", options.drops, "--people", options.people, "--rate", options.rate)
    ours, theirs = dropped("presence", *how), dropped("recovering relay", *how)
    whole = ours.drops == options.drops == ours.resumed + ours.resynced
    goal(
        f"{options.drops} drops and resumes",
        "each event once",
        summary(ours),
        summary(theirs),
        "",
        held=whole and not (ours.missed or ours.twice or ours.late),
    )
    void = ours.load_share > LOAD_SHARE_MAX
    goal(
        "resume p99",
        f"{BACK_P99_MS_MAX:.0f} ms",
        f"{ours.back_p99_ms:.1f}",
        f"{theirs.back_p99_ms:.1f}",
        f"{ours.back_p99_ms / max(theirs.back_p99_ms, 0.1):.2f}x",
        held=None if void else ours.back_p99_ms <= BACK_P99_MS_MAX,
    )


if __name__ == "__main__":
    main()
