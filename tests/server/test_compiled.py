"""Compiled, the packages do what their sources say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.compile import tools_missing

ROOT = Path(__file__).parents[2]
TESTS = ("tests/adapters/realtime", "tests/server/test_two_people.py")
_ORPHANS = """
import importlib, json, pkgutil
modules = [
    importlib.import_module(each.name)
    for package in ("engine", "actors", "adapters", "sim")
    for each in pkgutil.walk_packages(importlib.import_module(package).__path__, package + ".")
]
native = lambda one: "__mypyc_attrs__" in vars(one)
classes = {one for module in modules for one in vars(module).values() if isinstance(one, type)}
orphans = [one for one in classes if not native(one) and any(map(native, one.__mro__))]
print(json.dumps([sum(map(native, classes)), sorted(map(repr, orphans))]))
"""
_DIGESTS = """
import json
from pathlib import Path
from adapters.version import IS_COMPILED
from sim.scenario import load
from sim.world import World
stories = {stories!r}
digests = [World(load(Path(story)), 1).run().digest for story in stories]
print(json.dumps([IS_COMPILED, digests]))
"""
STORIES = [
    str(ROOT / "scenarios" / f"{name}.toml")
    for name in ("two_people_meet", "shared_props", "space_crashes_mid_meeting")
]

pytestmark = pytest.mark.alone


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the compiled packages."""
    if (missing := tools_missing()) is not None:
        pytest.skip(missing)
    directory = tmp_path_factory.mktemp("compiled") / "packages"
    subprocess.run(
        [sys.executable, "-m", "scripts.compile", directory, "0"], cwd=ROOT, check=True, timeout=400
    )
    return directory


def environment(*paths: Path) -> dict[str, str]:
    return os.environ | {"PYTHONSAFEPATH": "1", "PYTHONPATH": ":".join(map(str, paths))}


def said(program: str, *paths: Path) -> list[object]:
    """Return what a program prints that finds the packages on these paths first."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment(*paths),
        stdout=subprocess.PIPE,
        check=True,
    )
    answer: list[object] = json.loads(done.stdout)
    return answer


def test_no_plain_class_inherits_from_a_compiled_one(compiled: Path) -> None:
    """It could be imported, but its first instance would be an error."""
    native, orphans = said(_ORPHANS, compiled, ROOT)

    assert native
    assert orphans == []


def test_a_compiled_run_has_the_plain_runs_history(compiled: Path) -> None:
    """Every delivery and every effect of a simulated meeting is the same."""
    program = _DIGESTS.format(stories=STORIES)
    is_compiled, digests = said(program, compiled, ROOT)
    is_plain_compiled, plain_digests = said(program, ROOT)

    assert is_compiled
    assert not is_plain_compiled
    assert digests == plain_digests


def test_the_tests_of_what_is_compiled_pass(compiled: Path) -> None:
    """Those of sockets and packets, and two people over a real server."""
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-n", "auto", "-m", "not alone",
            "-p", "no:cacheprovider", *TESTS,
        ],
        cwd=ROOT,
        env=environment(compiled, ROOT),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-4000:]
