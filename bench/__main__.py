"""Every benchmark, one after the other: `python -m bench`, or some of them by name.

Ends with one table of the goals: what is wanted, what came out, the peer in the same run.
"""

from __future__ import annotations

import json
import subprocess
import sys

from bench.servers import GOAL

BENCHMARKS = (
    "kernel",
    "socket_echo",
    "store_append",
    "received_pose",
    "hearing",
    "pose_fanout",
    "connections",
    "joins",
    "chat_rate",
    "resume",
    "stalled_readers",
)
HEADING = ("goal", "wanted", "figure", "peer", "ratio", "held")


def goals_of(name: str) -> tuple[int, list[list[str]]]:
    """Run one benchmark, show what it prints, and return its exit code and its goals."""
    goals: list[list[str]] = []
    command = [sys.executable, "-m", f"bench.{name}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(GOAL):
                goals.append(json.loads(line.removeprefix(GOAL)))
            else:
                print(line, end="", flush=True)
    return process.returncode, goals


def table(goals: list[list[str]]) -> str:
    """Return the goals as text, one a line."""
    rows = [list(HEADING), *goals]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADING))]
    return "\n".join(
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def main() -> int:
    """Run the named benchmarks, each in a process of its own so that none warms up another."""
    goals, failed = [], 0
    for name in sys.argv[1:] or BENCHMARKS:
        print(f"\n## {name}\n", flush=True)
        code, its_goals = goals_of(name)
        goals += its_goals
        failed = failed or code
    print("\n## goals\n\n" + table(goals))
    return failed


if __name__ == "__main__":
    sys.exit(main())
