"""How many can join one space in ten seconds, each shown everybody and announced to everybody.

Run: python -m bench.joins [--clients 5000] [--seconds 10] [--relay]

n joins are n²/2 announcements, and rosters of n²/2 rows together; `told` counts announcements. The
relay, for which 5,000 are too many, sends the announcements but no rosters.
"""

from __future__ import annotations

import argparse

from bench.load.newcomers import Figures
from bench.servers import LOAD_SHARE_MAX, goal, loaded, machine

JOIN_TIMEOUT_MS = 10_000


def joined(server: str, clients: int, seconds: float) -> Figures:
    """Let so many join within that time, and print how it was."""
    figures = Figures(**loaded(server, "newcomers", "--clients", clients, "--joins-in", seconds))
    print(
        f"{server:<10}{figures.joined:>8}{figures.joined / figures.joins_took_s:>9.0f}"
        f"{figures.join_p50_ms:>9.0f}{figures.join_p99_ms:>9.0f}{figures.join_max_ms:>9.0f}"
        f"{figures.told:>12,}{figures.got_mb:>8.0f}{figures.closed:>8}"
        f"{figures.server_s / figures.joins_took_s:>8.0%}{figures.load_share:>6.0%}",
        flush=True,
    )
    if figures.closed:
        print(f"  closed with {figures.closed_with}")
    return figures


def main() -> None:
    """Print the table and the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--relay", action="store_true", help="the relay on Node too")
    options = parser.parse_args()
    print(machine())
    print(
        f"{'server':<10}{'joined':>8}{'joins/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}"
        f"{'told':>12}{'MB':>8}{'closed':>8}{'server':>8}{'load':>6}"
    )
    ours = joined("presence", options.clients, options.seconds)
    peer = joined("relay", options.clients, options.seconds) if options.relay else None
    in_time = ours.joined == options.clients and ours.join_max_ms <= JOIN_TIMEOUT_MS
    # A load that is too busy reads late: that can only make it look worse.
    void = not in_time and ours.load_share > LOAD_SHARE_MAX
    goal(
        f"{options.clients} joins in {options.seconds:.0f} s",
        "no time-out",
        f"slowest {ours.join_max_ms:.0f} ms" if in_time else f"{ours.joined} joined",
        "" if peer is None else f"slowest {peer.join_max_ms:.0f} ms, {peer.joined} joined",
        "",
        held=None if void else in_time and not ours.closed,
    )


if __name__ == "__main__":
    main()
