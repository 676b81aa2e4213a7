"""A cluster on disk: making it, its socket directory, and the lock that keeps others out."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from adapters.postgres.binaries import Install
from adapters.postgres.failures import PostgresFailed
from adapters.postgres.service_user import ServiceUser, as_service

SUPERUSER = "presence"
DATABASE = "presence"
PORT = 5432  # Names the socket file; nothing listens on a network.
_SOCKET_PATH_MAX = 107  # bytes: the kernel's 108 less the closing NUL
_INITDB_S = 120.0


def lock_data(data: Path) -> int:
    """Return an open lock on `data`; closing it, or our end however violent, releases it.

    Raises:
        PostgresFailed: another server holds it, named by its process id.
    """
    data.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(data / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise PostgresFailed(
            f"the database in {data} is in use by another server (process {holder}): stop that "
            "one first, or give this one a data directory of its own"
        ) from None
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
    return descriptor


def make_cluster(cluster: Path, install: Install, user: ServiceUser | None) -> None:
    """Create a cluster with checksums and an empty database, whole or not at all.

    It is made beside its place and renamed when it is complete and on disk, so a crash in the
    middle leaves nothing that looks like a database.

    Raises:
        PostgresFailed: with what the programs printed.
    """
    unfinished = cluster.with_name(f"{cluster.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if user:
        os.chown(unfinished, user.uid, user.gid)
    locale = ["--locale=C"]
    if install.major >= 17:  # Since then Postgres has a Unicode locale of its own.
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    options = ["--data-checksums", "--no-instructions", "--auth=trust", "--encoding=UTF8"]
    # A commit that needs a new file of the log waits until that is filled with zeros and on disk:
    # for the usual 16 MB 50 ms and more, every other second under the ledger's load; for 4 some 10.
    options += ["--wal-segsize=4"]
    initdb = [str(install.bin / "initdb"), "-D", str(unfinished), "-U", SUPERUSER]
    _run([*initdb, *options, *locale], install, unfinished, user)
    single = [str(install.bin / "postgres"), "--single", "-D", str(unfinished), "postgres"]
    _run(single, install, unfinished, user, f"create database {DATABASE}\n")
    unfinished.rename(cluster)
    descriptor = os.open(cluster.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _run(
    command: list[str], install: Install, cluster: Path, user: ServiceUser | None, text: str = ""
) -> None:
    reaches = [install.bin / "initdb", install.bin / "postgres", cluster]
    try:
        subprocess.run(
            as_service(command, user=user, reaches=reaches),
            input=text,
            env=environment(),
            cwd="/",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_INITDB_S,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise PostgresFailed(f"{command[0]} failed: {error.stdout.strip()[-2000:]}") from None
    except subprocess.TimeoutExpired:
        raise PostgresFailed(f"{command[0]} did not finish in {_INITDB_S:.0f} s") from None


def environment() -> dict[str, str]:
    """Return the environment Postgres programs get: ours would bring PGDATA, PGPORT and locales."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def socket_directory(cluster: Path, user: ServiceUser | None) -> Path:
    """Return a directory for the Unix socket that only the database's user can enter.

    It is inside the cluster unless that makes the socket's path longer than the kernel takes; then
    it is a short one of a fixed name in the temporary directory.
    """
    directory = cluster / "socket"
    if len(os.fsencode(directory / f".s.PGSQL.{PORT}")) > _SOCKET_PATH_MAX:
        digest = hashlib.sha256(os.fsencode(cluster.resolve())).hexdigest()[:12]
        directory = Path(tempfile.gettempdir()) / f"presence-{digest}"
    owner = user.uid if user else os.geteuid()
    try:
        directory.mkdir(mode=0o700)
        if user:
            os.chown(directory, user.uid, user.gid)
    except FileExistsError:
        facts = directory.lstat()
        if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != owner or facts.st_mode & 0o077:
            raise PostgresFailed(
                f"{directory} is not a private directory of the database's user: remove it"
            ) from None
    return directory
