"""What an idle connection costs, and how many can join one space at once; Node beside it.

Run: python -m bench.connections [--clients 2000] [--idle 25] [--joins 1000] [--full]

Memory is the growth of the server's resident memory, without the kernel's socket buffers. The idle
time is one ping interval, so it holds one heartbeat of every connection. Each join is announced to
everybody in the space, so n joins are n²/2 deliveries; the relay does the same.
"""

from __future__ import annotations

import argparse

from bench.load.newcomers import Figures
from bench.servers import LOAD_SHARE_MAX, goal, loaded, machine

JOINS_WITHIN_S = 10.0
JOIN_TIMEOUT_MS = 10_000
SERVERS = ("presence", "relay")


def idle(clients: int, seconds: float) -> dict[str, Figures]:
    """Measure what idle connections cost either server."""
    print(
        f"{'server':<10}{'held':>7}{'kB each':>9}{'µs/s each':>11}{'pings':>8}{'connect p99':>13}"
    )
    results = {}
    for server in SERVERS:
        figures = Figures(**loaded(server, "newcomers", "--clients", clients, "--idle", seconds))
        results[server] = figures
        print(
            f"{server:<10}{figures.clients - figures.closed:>7}"
            f"{figures.resident_bytes_each / 1000:>9.1f}{figures.idle_us_s_each:>11.1f}"
            f"{figures.pings:>8}{figures.connect_p99_ms:>10.1f} ms",
            flush=True,
        )
    return results


def joins(clients: int) -> dict[str, Figures]:
    """Let so many join one space within `JOINS_WITHIN_S`, with either server."""
    print(
        f"{'server':<10}{'joined':>8}{'joins/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'told':>12}{'MB':>8}"
        f"{'server':>8}{'load':>6}"
    )
    results = {}
    for server in SERVERS:
        figures = Figures(
            **loaded(server, "newcomers", "--clients", clients, "--joins-in", JOINS_WITHIN_S)
        )
        results[server] = figures
        print(
            f"{server:<10}{figures.joined:>8}{figures.joined / figures.joins_took_s:>9.0f}"
            f"{figures.join_p50_ms:>9.0f}{figures.join_p99_ms:>9.0f}{figures.told:>12,}"
            f"{figures.got_mb:>8.0f}{figures.server_s / figures.joins_took_s:>8.0%}"
            f"{figures.load_share:>6.0%}",
            flush=True,
        )
    return results


def main() -> None:
    """Print both tables and the goals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=2000)
    parser.add_argument("--idle", type=float, default=25.0, help="seconds; the ping interval")
    parser.add_argument("--joins", type=int, default=1000)
    parser.add_argument("--full", action="store_true", help="10,000 idle, 5,000 joins")
    options = parser.parse_args()
    clients, joining = (10_000, 5_000) if options.full else (options.clients, options.joins)
    print(machine())
    if clients:
        both = idle(clients, options.idle)
        ours, node = both["presence"], both["relay"]
        kilobytes, node_kilobytes = ours.resident_bytes_each / 1000, node.resident_bytes_each / 1000
        held = ours.clients - ours.closed
        goal(
            "idle connections",
            f"{clients} held",
            str(held),
            str(node.clients - node.closed),
            "",
            held=held == clients,
        )
        goal(
            "memory each",
            "40 kB",
            f"{kilobytes:.1f}",
            f"{node_kilobytes:.1f}",
            f"{kilobytes / max(node_kilobytes, 0.1):.2f}x",
            held=kilobytes <= 40,
        )
        goal(
            "idle CPU each",
            "10 µs/s",
            f"{ours.idle_us_s_each:.1f}",
            f"{node.idle_us_s_each:.1f}",
            f"{ours.idle_us_s_each / max(node.idle_us_s_each, 0.1):.2f}x",
            held=ours.idle_us_s_each <= 10,
        )
    if joining:
        both = joins(joining)
        ours, node = both["presence"], both["relay"]
        void = ours.load_share > LOAD_SHARE_MAX
        goal(
            f"{joining} joins in 10 s",
            "no time-out",
            f"p99 {ours.join_p99_ms:.0f} ms",
            f"p99 {node.join_p99_ms:.0f} ms",
            "",
            held=None if void else ours.joined == joining and ours.join_p99_ms <= JOIN_TIMEOUT_MS,
        )


if __name__ == "__main__":
    main()
