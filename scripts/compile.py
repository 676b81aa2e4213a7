"""Compile the hot path to C with mypyc: the same sources, the same behaviour, half the time.

Run: python -m scripts.compile DIRECTORY [LEVEL]
The packages are copied there and the modules below compiled beside their sources, which Python then
prefers. Whoever puts DIRECTORY first in PYTHONPATH runs them.
LEVEL is the C compiler's optimisation, 0 to 3; default 2.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from pathlib import Path
from typing import Any

PACKAGES = ("engine", "actors", "adapters", "sim")
MODULES = (
    "engine/asks.py",
    "engine/cell.py",
    "engine/clock.py",
    "engine/context.py",
    "engine/core.py",
    "engine/effects.py",
    "engine/kernel/together.py",
    "engine/ledger.py",
    "engine/lifecycle.py",
    "engine/mail.py",
    "actors/clients.py",
    "actors/gate.py",
    "actors/limits.py",
    "actors/person.py",
    "actors/session/messages.py",
    "actors/session/pose_routes.py",
    "actors/space/actor.py",
    "actors/space/door.py",
    "actors/space/hall/people.py",
    "actors/space/hearing/ears.py",
    "actors/space/hearing/gathering.py",
    "actors/space/hearing/reach.py",
    "actors/space/messages.py",
    "actors/space/moves.py",
    "actors/space/poses.py",
    "actors/space/poses_table.py",
    "actors/space/roster.py",
    "actors/space/state.py",
    "actors/wire_time.py",
    "adapters/realtime/alarm.py",
    "adapters/realtime/answers.py",
    "adapters/realtime/bridge.py",
    "adapters/realtime/encoded.py",
    "adapters/realtime/encoded_many.py",
    "adapters/realtime/engineio_session.py",
    "adapters/realtime/entity_events.py",
    "adapters/realtime/events.py",
    "adapters/realtime/json_text.py",
    "adapters/realtime/naf/desk.py",
    "adapters/realtime/namespaces.py",
    "adapters/realtime/outgoing.py",
    "adapters/realtime/readiness.py",
    "adapters/realtime/recovery.py",
    "adapters/realtime/socketio.py",
    "adapters/realtime/websocket.py",
    "adapters/realtime/websocket_pipe.py",
    "adapters/realtime/wire.py",
)
"""What a pose passes, from the socket's bytes to the sockets' bytes. Not among them: a class that
interpreted ones inherit from, and functions that trio wants to look into."""

_TOOLS = "Compiling needs a C compiler and Python's headers (on Debian: gcc and python3-dev)."


def tools_missing() -> str | None:
    """Return what to install before anything can be compiled; None when all is there."""
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    headers = Path(sysconfig.get_path("include")) / "Python.h"
    return None if shutil.which(compiler) and headers.exists() else _TOOLS


def compile_into(directory: Path, level: str) -> None:
    """Fill a directory, which is emptied first.

    Raises:
        SystemExit: a module cannot be compiled; what it does not like has been printed.
    """
    from mypyc.build import mypycify  # noqa: PLC0415 - They take a second to import.
    from setuptools import setup  # noqa: PLC0415

    root = Path(__file__).parents[1]
    shutil.rmtree(directory, ignore_errors=True)
    for package in PACKAGES:
        leave = shutil.ignore_patterns("__pycache__")
        shutil.copytree(root / package, directory / package, ignore=leave)
    os.chdir(directory)
    options = ["--explicit-package-bases", "--config-file=", "--python-version=3.11"]
    extensions: Any = mypycify([*options, *MODULES], opt_level=level, debug_level="0")
    setup(
        name="presence-compiled",
        packages=[],
        ext_modules=extensions,
        script_args=["--quiet", "build_ext", "--inplace", "--parallel=2"],
    )
    shutil.rmtree("build")


def main() -> None:
    """Compile into the directory that is named, by way of one beside it: all of it or nothing."""
    directory = Path(sys.argv[1]).absolute()
    if (missing := tools_missing()) is not None:
        sys.exit(missing)
    unfinished = directory.with_name(f"{directory.name}.unfinished")
    compile_into(unfinished, sys.argv[2] if len(sys.argv) > 2 else "2")
    shutil.rmtree(directory, ignore_errors=True)
    unfinished.rename(directory)


if __name__ == "__main__":
    main()
