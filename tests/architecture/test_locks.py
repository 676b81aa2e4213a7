"""The lock files pin what pyproject.toml asks for, and say nothing of where it comes from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = ("requirements.lock", "requirements-dev.lock")


def pinned(lock: str) -> dict[str, set[str]]:
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE):
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


@pytest.mark.parametrize(
    ("lock", "extras"), [(LOCKS[0], ["build"]), (LOCKS[1], ["build", "dev"])], ids=LOCKS
)
def test_a_lock_satisfies_the_project(lock: str, extras: list[str]) -> None:
    """A dependency added without `make lock` is found here rather than on a fresh machine."""
    versions = pinned(lock)
    wanted = [
        *PROJECT["dependencies"],
        *(each for extra in extras for each in PROJECT["optional-dependencies"][extra]),
    ]

    for requirement in map(Requirement, wanted):
        found = versions.get(canonicalize_name(requirement.name), set())
        assert found, f"{requirement.name} is not locked: run `make lock`"
        assert all(requirement.specifier.contains(version) for version in found)


def test_both_locks_agree() -> None:
    """What is tested is what is served."""
    served, tested = map(pinned, LOCKS)

    assert all(tested.get(name) == versions for name, versions in served.items())


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_address(lock: str) -> None:
    """A lock works with any mirror, and with none that swaps a file."""
    entries = re.split(r"\n(?=[\w.-]+==)", (ROOT / lock).read_text())[1:]

    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in "".join(entries)
