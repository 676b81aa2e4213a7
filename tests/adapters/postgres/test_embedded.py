"""The embedded server: one a directory, quick to start, and nothing kills what it committed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from adapters.postgres import postmaster
from adapters.postgres.binaries import choose_install
from adapters.postgres.cluster import lock_data
from adapters.postgres.database import Database
from adapters.postgres.embedded import EmbeddedPostgres
from adapters.postgres.failures import PostgresFailed
from tests.support.postgres import execute
from tests.support.waiting import eventually

pytestmark = pytest.mark.alone

ROOT = Path(__file__).resolve().parents[3]
CHILD = [sys.executable, "-m", "tests.adapters.postgres.appending_server"]


def test_what_was_written_is_there_after_a_restart(data: Path) -> None:
    """The second start finds the cluster of the first, with checksums and syncing on."""
    with EmbeddedPostgres(data) as database:
        execute(database, "create table kept as select 42 as answer")
    with EmbeddedPostgres(data) as database:
        assert execute(database, "select answer from kept") == [(42,)]
        for setting in ("data_checksums", "fsync", "synchronous_commit", "full_page_writes"):
            assert execute(database, f"show {setting}") == [("on",)]
        assert execute(database, "show listen_addresses") == [("",)]


def test_only_the_owner_can_reach_the_socket(data: Path) -> None:
    """There is no password, so the directory is the lock."""
    with EmbeddedPostgres(data) as database:
        directory = Path(database.options["host"])
        assert directory.is_relative_to(data)
        assert directory.stat().st_mode & 0o777 == 0o700


def test_a_long_path_gets_a_short_private_socket_directory(data: Path) -> None:
    """The kernel takes 107 bytes of socket path; a data directory may be deeper than that."""
    with EmbeddedPostgres(data / ("deep" * 30)) as database:
        directory = Path(database.options["host"])
        assert execute(database, "select 1") == [(1,)]
        assert not directory.is_relative_to(data)
        assert directory.stat().st_mode & 0o777 == 0o700
    shutil.rmtree(directory)


def test_a_second_server_on_the_directory_is_refused(data: Path) -> None:
    """Two postmasters on one cluster would destroy it; the first is not disturbed."""
    with EmbeddedPostgres(data) as database:
        with pytest.raises(
            PostgresFailed, match=f"in use by another server .process {os.getpid()}"
        ):
            EmbeddedPostgres(data).start()
        assert execute(database, "select 1") == [(1,)]


def test_a_crash_while_making_the_cluster_leaves_nothing_that_looks_like_one(data: Path) -> None:
    """A half-made cluster is thrown away and made again."""
    unfinished = data / f"pg{choose_install(data).major}.unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18")

    with EmbeddedPostgres(data) as database:
        assert execute(database, "select 1") == [(1,)]


def test_a_stale_pid_file_of_a_living_process_is_no_obstacle(data: Path) -> None:
    """Pids are reused: what counts is whether that process works in the cluster."""
    with EmbeddedPostgres(data):
        cluster = next(data.glob("pg??"))
    (cluster / "postmaster.pid").write_text(f"{os.getppid()}\n{cluster}\n0\n5432\n\n\n0 0\nready\n")

    with EmbeddedPostgres(data) as database:
        assert execute(database, "select 1") == [(1,)]


def test_it_works_without_setpriv(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system without util-linux uses Python to change the user and to die with its parent."""
    data.chmod(0o755)  # Without setpriv no capability is lent.
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with EmbeddedPostgres(data) as database:
        assert execute(database, "select 1") == [(1,)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another user")
def test_root_hands_it_to_a_user_who_can_get_at_the_data(data: Path) -> None:
    """Postgres refuses root; a directory closed to its user is opened for it alone."""
    data.chmod(0o700)
    server = EmbeddedPostgres(data)
    with server as database:
        assert execute(database, "select 1") == [(1,)]
        assert server.pid is not None
        assert Path(f"/proc/{server.pid}").stat().st_uid != 0


def test_programs_of_another_version_are_refused(data: Path) -> None:
    """A cluster belongs to one major version; the text says which and what to do."""
    (data / "pg14").mkdir()
    (data / "pg14" / "PG_VERSION").write_text("14")

    with pytest.raises(PostgresFailed, match="holds a Postgres 14 database"):
        EmbeddedPostgres(data).start()


def test_an_empty_program_directory_is_refused(data: Path) -> None:
    """A configured directory is meant: nothing else is tried in its place."""
    with pytest.raises(PostgresFailed, match=f"was found in {data}"):
        EmbeddedPostgres(data, bin_dir=data).start()


def test_a_broken_cluster_is_told_in_the_servers_words(data: Path) -> None:
    """And the directory is free again for another try."""
    with EmbeddedPostgres(data):
        cluster = next(data.glob("pg??"))
    (cluster / "global" / "pg_control").unlink()

    with pytest.raises(PostgresFailed, match="pg_control"):
        EmbeddedPostgres(data).start()

    os.close(lock_data(data))


async def test_a_killed_postmaster_is_started_again_with_every_row(data: Path) -> None:
    """Backends that outlive it, here one that is busy, don't keep the next one from starting."""
    server = EmbeddedPostgres(data)
    database = server.start()
    first = server.pid
    assert first is not None
    execute(database, "create table kept as select 42 as answer")
    async with trio.open_nursery() as nursery:
        nursery.start_soon(server.supervise)
        busy = keep_busy(database)
        await eventually(lambda: execute(database, COUNT_BUSY) == [(1,)])

        os.kill(first, signal.SIGKILL)
        await eventually(lambda: server.restarts == 1)
        await eventually(lambda: is_ready(data), 5)

        assert execute(database, "select answer from kept") == [(42,)]
        assert execute(database, COUNT_BUSY) == [(0,)]
        server.stop()
    busy.kill()
    busy.wait()


BUSY = """
import asyncio, asyncpg, sys
async def main():
    connection = await asyncpg.connect(host=sys.argv[1], user="presence", database="presence")
    await connection.execute("select count(*) as busy from generate_series(1, 10000000000)")
asyncio.run(main())
"""
COUNT_BUSY = (
    "select count(*) from pg_stat_activity where state = 'active' and query like '%as busy%'"
    " and pid <> pg_backend_pid()"
)


def keep_busy(database: Database) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", BUSY, database.options["host"]], stderr=subprocess.DEVNULL
    )


def is_ready(data: Path) -> bool:
    file = postmaster.read_pid_file(next(data.glob("pg??")))
    return file is not None and file.status == "ready"


def test_the_server_stops_when_we_are_killed_and_the_next_takes_over(data: Path) -> None:
    """Every message that was acknowledged before the kill is there after the restart."""
    told = [
        # No wait in between: the next start finds the old postmaster shutting down.
        acknowledged(data, kill_at=200),
        acknowledged(data, kill_at=200),
    ]

    with EmbeddedPostgres(data) as database:
        rows = execute(database, "select idempotency_key from chat_messages order by id")
    stored = [key for (key,) in rows]
    first, second = stored[: stored.index("2-1")], stored[stored.index("2-1") :]
    assert first[: len(told[0])] == told[0]
    assert second[: len(told[1])] == told[1]


def test_a_killed_postmaster_loses_nothing_that_was_acknowledged(data: Path) -> None:
    """The server goes on by itself: messages are acknowledged again after the restart."""
    told = acknowledged(data, kill_at=400, kill_postgres_at=100)

    with EmbeddedPostgres(data) as database:
        rows = execute(database, "select idempotency_key from chat_messages order by id")
    assert [key for (key,) in rows][: len(told)] == told


def acknowledged(data: Path, *, kill_at: int, kill_postgres_at: int | None = None) -> list[str]:
    """Run the small server and kill it; return every key that it acknowledged before it died."""
    told: list[str] = []
    with subprocess.Popen(
        [*CHILD, str(data)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            key, postgres = line.split()
            told.append(key)
            if len(told) == kill_postgres_at:
                os.kill(int(postgres), signal.SIGKILL)
            if len(told) == kill_at:
                child.kill()
    assert len(told) >= kill_at
    return told
