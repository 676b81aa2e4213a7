"""Ten in a hundred stop reading: what the others notice, and what becomes of the stalled.

Run: python -m bench.stalled_readers [--people 60] [--seconds 20] [--binary]

The same walk twice, with and without them. A stalled client has a small receive buffer, so its
outbox fills once the kernel's send buffer has.
"""

from __future__ import annotations

import argparse

from bench.pose_fanout import heading, report, verdict, walked
from bench.servers import goal, machine

WORSE_MAX = 1.05
RESOLUTION_MS = 1.0
"""Ages are whole milliseconds."""
GROWTH_MB_EACH_MAX = 2.0
"""The outbox of a stalled client is a million bytes; as much again for what holds them."""


def main() -> None:
    """Print both runs and the goals."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--binary", action="store_true")
    options = parser.parse_args()
    form = "binary" if options.binary else "stock"
    stalled = options.people // 10
    print(machine())
    heading()
    without = walked(form, options.people, options.seconds)
    report(form, without)
    with_them = walked(form, options.people, options.seconds, stalled)
    report(form, with_them)
    verdicts = {verdict(form, without), verdict(form, with_them)}
    held = None if "void" in verdicts else verdicts == {"carried"}
    print(
        f"stalled {with_them.stalled}, closed {with_them.stalled_closed}, of them with 4008 "
        f"{with_them.stalled_named}; server {without.server_rss_mb:.0f} MB without, "
        f"{with_them.server_rss_mb:.0f} MB with them"
    )
    ratio = with_them.p99_ms / max(without.p99_ms, RESOLUTION_MS)
    fair = with_them.p99_ms <= max(without.p99_ms * WORSE_MAX, without.p99_ms + RESOLUTION_MS)
    goal(
        "10 % stalled: others' p99",
        "+5 %",
        f"{with_them.p99_ms:.0f} ms",
        f"{without.p99_ms:.0f} ms",
        f"{ratio:.2f}x",
        held=held and fair,
    )
    grown_mb = with_them.server_rss_mb - without.server_rss_mb
    goal(
        "10 % stalled: memory",
        f"{GROWTH_MB_EACH_MAX:.0f} MB each",
        f"{grown_mb:+.0f} MB",
        "",
        "",
        held=grown_mb <= GROWTH_MB_EACH_MAX * max(with_them.stalled, 1),
    )
    goal(
        "10 % stalled: closed 4008",
        str(with_them.stalled),
        str(with_them.stalled_named),
        "",
        "",
        held=with_them.stalled_named == with_them.stalled,
    )


if __name__ == "__main__":
    main()
