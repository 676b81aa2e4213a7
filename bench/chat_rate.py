"""Chat: from one person's send to another's receipt, durable between; and how many are delivered.

Run: python -m bench.chat_rate [--seconds 5] [--rate 1000] [--people 200]

First ten people write and read 1,000 messages a second. Then ten write as fast as they hear
themselves, and many read. The relay keeps nothing: its figures are what durability costs.
"""

from __future__ import annotations

import argparse

from bench.load.talkers import TALKERS, Figures
from bench.servers import LOAD_SHARE_MAX, goal, loaded, machine

P99_MS_MAX = 20.0
DELIVERED_PER_S_MIN = 1_000_000 / 60
DELIVERED_PER_CORE_MIN = 30_000


def talked(server: str, *arguments: object) -> Figures:
    """Run it once and print its row."""
    figures = Figures(**loaded(server, "talkers", *arguments))
    per_s, each_us = figures.delivered / figures.seconds, cost_us(figures)
    print(
        f"{server:<10}{figures.people:>7}{figures.sent / figures.seconds:>9.0f}"
        f"{per_s:>12,.0f}{each_us:>9.1f}{1e6 / max(each_us, 0.01):>12,.0f}{figures.p50_ms:>9.1f}"
        f"{figures.p99_ms:>9.1f}{figures.arrived:>9.2%}{figures.load_share:>6.0%}",
        flush=True,
    )
    return figures


def cost_us(figures: Figures) -> float:
    """Return the server's processor time a delivered message, microseconds."""
    return figures.server_s / max(figures.delivered, 1) * 1e6


def main() -> None:
    """Print the rows and the goals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--rate", type=float, default=1000.0, help="messages a second")
    parser.add_argument("--people", type=int, default=200, help="who read, in the second part")
    options = parser.parse_args()
    print(machine())
    print(
        f"{'server':<10}{'people':>7}{'sent/s':>9}{'delivered/s':>12}{'µs each':>9}{'a core':>12}"
        f"{'p50 ms':>9}{'p99 ms':>9}{'arrived':>9}{'load':>6}"
    )
    few = ("--people", TALKERS, "--rate", options.rate, "--seconds", options.seconds)
    many = ("--people", options.people, "--window", 2, "--seconds", options.seconds)
    ours, theirs = talked("presence", *few), talked("relay", *few)
    kept_up = ours.sent >= 0.95 * options.rate * ours.seconds and ours.arrived > 0.999
    void = ours.load_share > LOAD_SHARE_MAX
    goal(
        f"chat p99 at {options.rate:.0f}/s",
        f"{P99_MS_MAX:.0f} ms, durable",
        f"{ours.p99_ms:.1f}",
        f"{theirs.p99_ms:.1f}, kept nowhere",
        "",
        held=None if void else kept_up and ours.p99_ms <= P99_MS_MAX,
    )
    ours, theirs = talked("presence", *many), talked("relay", *many)
    void = ours.load_share > LOAD_SHARE_MAX
    rate, peer = ours.delivered / ours.seconds, theirs.delivered / theirs.seconds
    goal(
        "chat delivered/s",
        f"{DELIVERED_PER_S_MIN:,.0f}",
        f"{rate:,.0f}",
        f"{peer:,.0f}",
        f"{rate / max(peer, 1):.2f}x",
        held=None if void and rate < DELIVERED_PER_S_MIN else rate >= DELIVERED_PER_S_MIN,
    )
    core, peer = 1e6 / max(cost_us(ours), 0.01), 1e6 / max(cost_us(theirs), 0.01)
    goal(
        "delivered/s a core",
        f"{DELIVERED_PER_CORE_MIN:,}",
        f"{core:,.0f}",
        f"{peer:,.0f}",
        f"{core / peer:.2f}x",
        held=core >= DELIVERED_PER_CORE_MIN,
    )


if __name__ == "__main__":
    main()
