"""A Postgres of our own in the data directory, started, watched and stopped with the server.

The postmaster is our direct child, reached through a private Unix socket and nothing else. If it
dies it is started again; if we die, even by `kill -9`, the kernel tells it to stop, and the next
server on the directory waits for that before it starts its own.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType

import trio

from adapters.postgres import postmaster
from adapters.postgres.binaries import Install, choose_install
from adapters.postgres.cluster import (
    DATABASE,
    PORT,
    SUPERUSER,
    environment,
    lock_data,
    make_cluster,
    socket_directory,
)
from adapters.postgres.database import Database
from adapters.postgres.failures import PostgresFailed
from adapters.postgres.service_user import ServiceUser, as_service, service_user

_log = logging.getLogger(__name__)

_POLL_S = 0.01  # The pid file is the only word of readiness that needs no connection.
_BACKOFF_MAX_S = 5.0
_HEALTHY_S = 60.0  # Having run this long, the next crash is a new story.
_LOG_SIZE_MAX = 8 << 20  # bytes; one older file is kept

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "40",  # Ours use about ten; the rest is for an operator's tools.
    "shared_buffers": "64MB",  # The kernel's page cache does the rest; start-up stays quick.
    "max_wal_size": "1GB",
    "min_wal_size": "256MB",  # Files of the log that are used again need not be made.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "jit": "off",  # Our statements are short; compiling them costs more than it saves.
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_checkpoints": "off",
    "password_encryption": "scram-sha-256",
}


class EmbeddedPostgres:
    """One embedded server on one data directory.

    Use: `start()` in the main thread, `supervise()` as a trio task, `stop()` at the end. Or `with
    EmbeddedPostgres(data) as database`, which starts and stops.

    Args:
        data: holds the cluster (`pg<major>`), `postgres.log` and `postgres.lock`; made if missing.
        bin_dir: where `initdb` and `postgres` are; found by itself when None.
        user: whom to run Postgres as when we are root; `postgres` or `nobody` when None.
        start_timeout_s: how long a start may take, recovery after a crash included.
    """

    def __init__(
        self,
        data: Path,
        *,
        bin_dir: Path | None = None,
        user: str | None = None,
        start_timeout_s: float = 300.0,
    ) -> None:
        self.data = data.absolute()
        self.restarts = 0
        self._bin_dir = bin_dir
        self._wanted_user = user
        self._start_timeout_s = start_timeout_s
        self._lock: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = False
        self._install: Install
        self._user: ServiceUser | None
        self._cluster: Path
        self._socket_dir: Path

    def __repr__(self) -> str:
        state = f"pid {self._process.pid}" if self._process else "stopped"
        return f"<EmbeddedPostgres {self.data} {state}, {self.restarts} restarts>"

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, None before the start and after the stop."""
        return self._process.pid if self._process else None

    def start(self) -> Database:
        """Start the server, making the cluster if need be; return how to reach it when it is ready.

        Blocks: about a second the first time, less than half of one later. The main thread only,
        since the kernel ties the child's life to the thread that started it.

        Raises:
            PostgresFailed: another server uses the directory, no programs, no rights, or Postgres
                would not start; the text says what to do.
        """
        assert self._process is None, "already started"
        self._stopping = False
        self._lock = lock_data(self.data)
        try:
            self._install = choose_install(self.data, self._bin_dir)
            self._cluster = self.data / f"pg{self._install.major}"
            self._user = service_user(self._cluster, self._wanted_user)
            if not (self._cluster / "PG_VERSION").exists():
                make_cluster(self._cluster, self._install, self._user)
            postmaster.clear_remains(self._cluster)
            self._socket_dir = socket_directory(self._cluster, self._user)
            process = self._launch()
            deadline_s = time.monotonic() + self._start_timeout_s
            while not self._ready(process, deadline_s):
                postmaster.wait_gone(process.pid, _POLL_S)
        except BaseException:
            self.stop()
            raise
        return self.database

    @property
    def database(self) -> Database:
        """How to reach the server; the same before and after a restart."""
        return Database(
            {
                "host": str(self._socket_dir),
                "port": PORT,
                "user": SUPERUSER,
                "database": DATABASE,
                "ssl": False,
            },
            f"embedded Postgres in {self._cluster}",
        )

    def running(self) -> Database | None:
        """Return how to reach the server that another process runs here; None when none does.

        Raises:
            PostgresFailed: no programs, or the directory cannot be used.
        """
        try:
            os.close(lock_data(self.data))
        except PostgresFailed:
            install = choose_install(self.data, self._bin_dir)
            self._cluster = self.data / f"pg{install.major}"
            self._user = service_user(self._cluster, self._wanted_user)
            self._socket_dir = socket_directory(self._cluster, self._user)
            return self.database
        return None

    async def supervise(self) -> None:
        """Start the server again whenever it ends; returns once `stop` was called.

        A start that fails is logged with the server's own words and tried again, up to five
        seconds apart; meanwhile every request is answered as unavailable.
        """
        backoff_s = 0.0
        while self._process is not None:
            began_s = trio.current_time()
            process = self._process
            await _gone(process.pid)
            code = process.wait()
            if self._stopping:
                return
            if trio.current_time() - began_s > _HEALTHY_S:
                backoff_s = 0.0
            _log.error("postgres ended (%s), starting it again: %s", code, self._log_tail())
            await trio.sleep(backoff_s)
            backoff_s = min(max(2 * backoff_s, 0.1), _BACKOFF_MAX_S)
            await self._restart()

    async def _restart(self) -> None:
        try:
            await trio.to_thread.run_sync(postmaster.clear_remains, self._cluster)
            if self._stopping:
                return
            process = self._launch()
            self.restarts += 1
            deadline_s = time.monotonic() + self._start_timeout_s
            while self._process is process and not self._ready(process, deadline_s):
                with trio.move_on_after(_POLL_S):
                    await _gone(process.pid)
        except (PostgresFailed, OSError) as error:
            _log.error("postgres did not start: %s", error)
        else:
            _log.info("postgres is ready again")

    def stop(self) -> None:
        """Stop the server and release the directory; blocks about 0.2 s. Harmless when repeated.

        Close the stores that use it first: their open requests would fail.
        """
        self._stopping = True
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            postmaster.stop(process.pid)
            process.wait()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Database:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def _log_file(self) -> Path:
        return self.data / "postgres.log"

    def _launch(self) -> subprocess.Popen[bytes]:
        if threading.current_thread() is not threading.main_thread():
            raise PostgresFailed("the embedded Postgres must be started from the main thread")
        program = self._install.bin / "postgres"
        directory = str(self._socket_dir).replace('"', '""')
        settings = {**_SETTINGS, "unix_socket_directories": f'"{directory}"'}
        command = [str(program), "-D", str(self._cluster), "-p", str(PORT)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        if self._log_file.exists() and self._log_file.stat().st_size > _LOG_SIZE_MAX:
            self._log_file.replace(self._log_file.with_suffix(".log.1"))
        with self._log_file.open("ab") as log:
            self._process = subprocess.Popen(
                as_service(
                    command,
                    user=self._user,
                    reaches=[program, self._cluster, self._socket_dir],
                    dies_with_us=True,
                ),
                env=environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A Ctrl-C in our terminal is for us: we drain before the database may stop.
                start_new_session=True,
            )
        return self._process

    def _ready(self, process: subprocess.Popen[bytes], deadline_s: float) -> bool:
        code = process.poll()
        if code is not None:
            raise PostgresFailed(f"Postgres ended at once ({code}): {self._log_tail()}")
        if time.monotonic() > deadline_s:
            process.send_signal(signal.SIGQUIT)
            raise PostgresFailed(f"Postgres is not ready in time: {self._log_tail()}")
        file = postmaster.read_pid_file(self._cluster)
        return file is not None and file.pid == process.pid and file.status == "ready"

    def _log_tail(self) -> str:
        try:
            text = self._log_file.read_bytes()[-1000:].decode("utf-8", "replace")
        except OSError:
            return "it left no log"
        return " / ".join(text.strip().splitlines()[-4:])


async def _gone(pid: int) -> None:
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        await trio.lowlevel.wait_readable(descriptor)
    finally:
        os.close(descriptor)
