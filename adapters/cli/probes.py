"""Try the settings on this machine without changing anything."""

from __future__ import annotations

import asyncio
import os
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import asyncpg

from adapters.postgres.binaries import choose_install
from adapters.postgres.failures import PostgresFailed
from adapters.settings import Settings

DATABASE_TIMEOUT_S: Final = 5.0
POSTGRES_VERSION_LEAST: Final = 150_000
_PLACEHOLDERS: Final = ("your_", "change", "secret", "password", "example")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one probe found. `failed` keeps the server from starting, `warning` does not."""

    subject: str
    verdict: Literal["ok", "warning", "failed"]
    sentence: str


def probe_all(settings: Settings) -> list[Finding]:
    """Return what would happen if the server started with these settings."""
    return [
        probe_data(settings.data),
        probe_port(settings.host, settings.port),
        probe_database(settings),
        probe_turn(settings.turn_secret),
    ]


def probe_data(data: Path) -> Finding:
    """Whether the data directory can be written, or made."""
    subject = "data directory"
    standing = next(each for each in (data, *data.parents) if each.exists())
    try:
        if standing == data:
            with tempfile.TemporaryFile(dir=data):
                return Finding(subject, "ok", f"{data} can be written")
    except OSError as error:
        return Finding(subject, "failed", f"{data} cannot be written: {error.strerror}")
    if standing.is_dir() and os.access(standing, os.W_OK | os.X_OK):
        return Finding(subject, "ok", f"{data} is not there yet and will be made")
    return Finding(subject, "failed", f"{data} cannot be made: {standing} allows no new directory")


def probe_port(host: str, port: int) -> Finding:
    """Whether the port can be listened on now."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(1)
    except OSError as error:
        return Finding("port", "failed", f"{host}:{port} cannot be used: {error.strerror}")
    return Finding("port", "ok", f"{host}:{port} is free" if port else "any free one will do")


def probe_database(settings: Settings) -> Finding:
    """Whether the database answers, is new enough and lets us make tables."""
    if settings.database_url is None:
        return _probe_embedded(settings.data, settings.postgres_bin_dir)
    try:
        version, may_create = asyncio.run(_ask_database(settings.database_url))
    except (OSError, ValueError, TimeoutError, asyncpg.PostgresError) as error:
        reason = str(error) or f"no answer within {DATABASE_TIMEOUT_S:g} s"
        return Finding("database", "failed", f"cannot be reached: {reason}")
    if version < POSTGRES_VERSION_LEAST:
        return Finding("database", "failed", f"is Postgres {version // 10_000}; 15 is the oldest")
    if not may_create:
        return Finding("database", "failed", "this user may not make tables in it; grant CREATE")
    return Finding("database", "ok", f"answers, Postgres {version // 10_000}")


def _probe_embedded(data: Path, bin_dir: Path | None) -> Finding:
    try:
        install = choose_install(data, bin_dir)
    except PostgresFailed as error:
        return Finding("database", "failed", str(error))
    return Finding("database", "ok", f"embedded, Postgres {install.major} from {install.bin}")


async def _ask_database(url: str) -> tuple[int, bool]:
    async with asyncio.timeout(DATABASE_TIMEOUT_S):
        connection = await asyncpg.connect(url, timeout=DATABASE_TIMEOUT_S)
        try:
            version = await connection.fetchval("show server_version_num")
            may = "select has_schema_privilege(current_user, current_schema(), 'create')"
            return int(version), bool(await connection.fetchval(may))
        finally:
            await connection.close()


def probe_turn(secret: str | None) -> Finding:
    """Whether people behind strict firewalls will be able to talk."""
    if secret is None:
        return Finding("TURN", "warning", "no turn_secret: voice fails behind strict firewalls")
    if len(secret) < 16 or secret.lower().startswith(_PLACEHOLDERS):
        return Finding("TURN", "warning", "turn_secret looks like an example; make a random one")
    return Finding("TURN", "ok", "credentials can be made")
