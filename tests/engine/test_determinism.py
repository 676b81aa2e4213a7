"""The same seed is the same run, in every process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def digests(hash_seed: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.engine.digests", "0", "40"],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_runs_do_not_depend_on_hashes_or_addresses() -> None:
    """Sets and ids order nothing: processes with other hash seeds and heaps live the same."""
    processes = [digests(hash_seed) for hash_seed in ("0", "1", "random")]
    printed = [process.communicate(timeout=60)[0] for process in processes]

    assert len(printed[0].splitlines()) == 40
    assert len(set(printed)) == 1
