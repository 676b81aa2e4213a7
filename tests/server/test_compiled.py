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
TESTS = (
    "tests/engine",
    "tests/adapters/realtime",
    "tests/actors/space",
    "tests/server/test_two_people.py",
    "tests/server/test_binary_poses.py",
)
INTERPRETED = (
    "--ignore=tests/engine/test_mutants.py",
    "--deselect=tests/adapters/realtime/test_encoded_many.py",
    "--ignore=tests/adapters/realtime/test_recovery.py",
)
"""They put their own methods or classes in the place of the product's, which C does not allow."""
_DIGESTS = """
import json
from pathlib import Path
from adapters.version import IS_COMPILED
from sim.scenario import load
from sim.world import World
stories = {stories!r}
digests = [World(load(Path(story)), seed).run().digest for story in stories for seed in (1, 2)]
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
        [sys.executable, "-m", "scripts.compile", directory], cwd=ROOT, check=True, timeout=400
    )
    return directory


def environment(*paths: Path) -> dict[str, str]:
    return os.environ | {"PYTHONSAFEPATH": "1", "PYTHONPATH": ":".join(map(str, paths))}


def test_a_compiled_run_has_the_plain_runs_history(compiled: Path) -> None:
    """Every delivery and every effect of a simulated meeting is the same."""
    said = []
    for paths in ((compiled, ROOT), (ROOT,)):
        done = subprocess.run(
            [sys.executable, "-c", _DIGESTS.format(stories=STORIES)],
            env=environment(*paths),
            stdout=subprocess.PIPE,
            check=True,
        )
        said.append(json.loads(done.stdout))
    (is_compiled, digests), (is_plain, plain_digests) = said

    assert is_compiled
    assert not is_plain
    assert digests == plain_digests


def test_the_tests_of_what_is_compiled_pass(compiled: Path) -> None:
    """Those of the kernel, of spaces and of sockets, two people over a real one among them."""
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-n", "auto", "-m", "not alone",
            "-p", "no:cacheprovider", *INTERPRETED, *TESTS,
        ],
        cwd=ROOT,
        env=environment(compiled, ROOT),
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout[-4000:]
