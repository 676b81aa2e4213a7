"""The rules of the tree hold, and breaking one is noticed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("engine", "actors", "adapters", "sim")
BIN = Path(sys.executable).parent


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "lint-imports", "--no-logo", "--no-cache"],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def copied_tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("tree")
    shutil.copy(ROOT / "pyproject.toml", tree)
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__", "static")
        )
    return tree


@pytest.fixture
def plant(copied_tree: Path) -> Iterator[Path]:
    """A copy of the tree; the modules planted in it are gone after the test."""
    before = set(copied_tree.rglob("*.py"))
    yield copied_tree
    for planted in set(copied_tree.rglob("*.py")) - before:
        planted.unlink()


def test_the_tree_keeps_its_contracts() -> None:
    """Imports go inwards, and engine and actors import no I/O library."""
    checked = lint_imports(ROOT)

    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("actors/space/planted.py", "import socket", "open nothing"),
        ("actors/session/planted.py", "import trio", "open nothing"),
        ("actors/chat/planted.py", "from urllib.request import urlopen", "open nothing"),
        ("actors/planted.py", "import asyncpg", "open nothing"),
        ("engine/planted.py", "import asyncio", "open nothing"),
        ("engine/planted.py", "import pathlib", "open nothing"),
        ("engine/planted.py", "import actors.store", "go inwards"),
        ("actors/planted.py", "import adapters.version", "go inwards"),
        ("actors/planted.py", "import sim", "go inwards"),
        ("sim/planted.py", "import adapters.postgres.failures", "go inwards"),
        ("adapters/planted.py", "import sim", "go inwards"),
    ],
)
def test_a_planted_import_breaks_a_contract(
    plant: Path, module: str, line: str, contract: str
) -> None:
    """The contracts are not vacuous: one wrong line anywhere fails the one that forbids it."""
    (plant / module).write_text(line + "\n")

    checked = lint_imports(plant)

    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert any(
        contract in report and "BROKEN" in report for report in checked.stdout.splitlines()
    ), checked.stdout


def test_an_indirect_import_is_found(plant: Path) -> None:
    """A helper module cannot launder a library for an actor."""
    (plant / "actors" / "planted_helper.py").write_text("import subprocess\n")
    (plant / "actors" / "space" / "planted.py").write_text("import actors.planted_helper\n")

    checked = lint_imports(plant)

    assert checked.returncode == 1
    assert "subprocess" in checked.stdout


def test_deciding_code_stands_on_little() -> None:
    """Besides Python's own library they use numpy alone; only the kernel knows trio."""
    graph = grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)

    foreign = {
        imported
        for module in graph.modules
        if module.split(".")[0] in {"engine", "actors"} and not module.startswith("engine.kernel")
        for imported in graph.find_modules_directly_imported_by(module)
        if imported.split(".")[0] not in {"engine", "actors"} | sys.stdlib_module_names
    }

    assert foreign <= {"numpy"}


BANNED = [
    "import time",
    "from time import monotonic",
    "import random",
    "import uuid",
    "import secrets",
    "from datetime import datetime\nnow = datetime.now()",
    "import datetime\nnow = datetime.datetime.now()",
    "import os\nbits = os.urandom(8)",
    "import numpy as np\nbits = np.random.default_rng()",
]


def banned_names_in(source: str, *, at: str) -> bool:
    checked = subprocess.run(
        [BIN / "ruff", "check", "--no-cache", "--select", "TID251", "--stdin-filename", at, "-"],
        cwd=ROOT,
        input=source,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert checked.returncode in {0, 1}, checked.stderr
    return "TID251" in checked.stdout


@pytest.mark.parametrize("source", BANNED)
def test_clocks_and_chance_are_banned_where_decisions_are_made(source: str) -> None:
    """What would differ between two runs of a seed is refused in engine and actors alike."""
    assert banned_names_in(source, at="engine/planted.py")
    assert banned_names_in(source, at="actors/space/planted.py")


def test_adapters_may_read_the_clock() -> None:
    """The ban holds inside only: somebody has to know what time it is."""
    assert not banned_names_in("import time\n", at="adapters/planted.py")
