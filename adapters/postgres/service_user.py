"""Who runs Postgres, and how a command is started as that user.

Postgres refuses to run as root, so root hands it to a service user. Whatever starts it must also
end it when we are killed: util-linux's `setpriv` asks the kernel for that (`--pdeathsig`); without
it, `launch.py` beside this file does the same through Python.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.postgres.failures import PostgresFailed

_LAUNCH = Path(__file__).with_name("launch.py")
_CAPABILITIES = {"dac_read_search": 2, "dac_override": 1}  # name: bit in the kernel's mask


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """The account that Postgres runs as when we are root."""

    uid: int
    gid: int
    name: str


def service_user(cluster: Path, wanted: str | None = None) -> ServiceUser | None:
    """Return whom Postgres must run as, None for ourselves.

    The owner of an existing cluster comes first, then `wanted`, then `postgres`, then `nobody`.

    Raises:
        PostgresFailed: the cluster belongs to somebody whom we can't become, or there is no user.
    """
    owner = cluster.stat().st_uid if cluster.exists() else None
    if os.geteuid() != 0:
        if owner not in {None, os.geteuid()}:
            raise PostgresFailed(
                f"{cluster} belongs to user id {owner}: start as that user, or give another "
                "data directory"
            )
        return None
    if owner:
        return _named(pwd.getpwuid(owner))
    for name in [wanted] if wanted else ["postgres", "nobody"]:
        try:
            return _named(pwd.getpwnam(name))
        except KeyError:
            continue
    raise PostgresFailed(
        f"Postgres does not run as root and there is no user {wanted or 'postgres'}: make one, or "
        "start as an ordinary user"
    )


def _named(entry: pwd.struct_passwd) -> ServiceUser:
    return ServiceUser(entry.pw_uid, entry.pw_gid, entry.pw_name)


def as_service(
    command: Sequence[str],
    *,
    user: ServiceUser | None,
    reaches: Iterable[Path] = (),
    dies_with_us: bool = False,
) -> list[str]:
    """Return `command` wrapped so that it runs as `user` and, if asked, ends when we do.

    Args:
        command: an absolute program path and its arguments.
        user: from `service_user`.
        reaches: paths that the user must be able to get at. Where a directory above one is closed
            to them (a checkout under /root), the command keeps the one capability that opens it.
        dies_with_us: send SIGINT to it when the thread that started it ends.

    Raises:
        PostgresFailed: the user can't get at a path and we hold no capability to lend.
    """
    setpriv = _setpriv()
    if setpriv is None:
        ids = [str(user.uid), str(user.gid)] if user else ["-", "-"]
        if user:
            _capability(user, reaches, may_lend=False)
        signal_name = "INT" if dies_with_us else "-"
        wrapper = [sys.executable, "-I", "-S", str(_LAUNCH), signal_name, str(os.getpid()), *ids]
        return [*wrapper, *command]
    wrapper = [setpriv]
    if user:
        wrapper += [f"--reuid={user.uid}", f"--regid={user.gid}", "--clear-groups"]
        if capability := _capability(user, reaches, may_lend=True):
            wrapper += [f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}"]
    if dies_with_us:
        wrapper += ["--pdeathsig", "INT"]
    return [*wrapper, "--", *command] if len(wrapper) > 1 else list(command)


def _setpriv() -> str | None:
    """Return util-linux's setpriv; busybox has a program of that name without what we need."""
    found = shutil.which("setpriv")
    if found is None:
        return None
    shown = subprocess.run([found, "--help"], capture_output=True, text=True, check=False).stdout
    return found if "--pdeathsig" in shown and "--reuid" in shown else None


def _capability(user: ServiceUser, reaches: Iterable[Path], *, may_lend: bool) -> str | None:
    blocked = [path for path in reaches if not _open_to(user, path)]
    if not blocked:
        return None
    held = _effective_capabilities() if may_lend else 0
    # Searching closed directories is enough unless a program itself is closed to them.
    programs_open = all(_permits(user, path) for path in blocked)
    for name in ["dac_read_search", "dac_override"] if programs_open else ["dac_override"]:
        if held >> _CAPABILITIES[name] & 1:
            return name
    raise PostgresFailed(
        f"the user {user.name}, whom Postgres must run as, can't get at {blocked[0]}: open the "
        "directories above it (chmod o+x), or start as an ordinary user"
    )


def _open_to(user: ServiceUser, path: Path) -> bool:
    return all(_permits(user, part) for part in [path, *path.parents])


def _permits(user: ServiceUser, path: Path) -> bool:
    """Return whether the mode bits let `user` search a directory or run a program."""
    facts = path.stat()
    if facts.st_uid == user.uid:
        return bool(facts.st_mode & stat.S_IXUSR)
    if facts.st_gid == user.gid:
        return bool(facts.st_mode & stat.S_IXGRP)
    return bool(facts.st_mode & stat.S_IXOTH)


def _effective_capabilities() -> int:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("CapEff:"):
            return int(line.split()[1], 16)
    return 0
