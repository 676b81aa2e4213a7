"""Every benchmark, one after the other: `python -m bench`, or some of them by name."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = ("kernel", "socket_echo", "store_append", "hearing", "pose_fanout")


def main() -> int:
    """Run the named benchmarks, each in a process of its own so that none warms up another."""
    for name in sys.argv[1:] or BENCHMARKS:
        print(f"\n## {name}\n", flush=True)
        code = subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False).returncode
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
