"""What an idle connection costs; Node beside it.

Run: python -m bench.connections [--clients 2000] [--idle 25] [--full]

Memory is the growth of the server's resident memory, without the kernel's socket buffers. The idle
time is one ping interval, so it holds one heartbeat of every connection.
"""

from __future__ import annotations

import argparse

from bench.load.newcomers import Figures
from bench.servers import goal, loaded, machine

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


def main() -> None:
    """Print the table and the goals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=2000)
    parser.add_argument("--idle", type=float, default=25.0, help="seconds; the ping interval")
    parser.add_argument("--full", action="store_true", help="10,000 idle")
    options = parser.parse_args()
    clients = 10_000 if options.full else options.clients
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


if __name__ == "__main__":
    main()
