"""Forward-only migrations: numbered plain SQL files, applied in order, each whole or not at all."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from adapters.postgres.failures import MigrationRefused

FOLDER = Path(__file__).with_name("migrations")
AnyConnection: TypeAlias = asyncpg.Connection | PoolConnectionProxy
_LOCK_KEY = 0x70726573656E6365  # "presence"; shared by everybody who migrates this database.
_BOOKKEEPING = """
create table if not exists schema_migrations (
    version integer primary key,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now()
)
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file of the folder."""

    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read_migrations(folder: Path = FOLDER) -> list[Migration]:
    """Return the folder's `NNNN_name.sql` files in order.

    Raises:
        MigrationRefused: a name has another form, or two share a number.
    """
    found: dict[int, Migration] = {}
    for path in sorted(folder.glob("*.sql")):
        match = re.fullmatch(r"(\d{4})_(\w+)", path.stem)
        if match is None or int(match[1]) in found:
            raise MigrationRefused(
                f"{path.name}: expected a number of its own, as in 0002_name.sql"
            )
        found[int(match[1])] = Migration(int(match[1]), match[2], path.read_text(encoding="utf-8"))
    return list(found.values())


async def migrate(connection: AnyConnection, migrations: list[Migration]) -> list[str]:
    """Apply what the database lacks; return the names applied.

    Several servers may start at once: an advisory lock lets one of them work and the others then
    find nothing to do. Waiting for a table that somebody else holds ends after five seconds, so
    that queries queued behind us are not blocked for longer.

    Raises:
        MigrationRefused: a file changed after it was applied, or the database is newer than us.
    """
    applied: list[str] = []
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1)", _LOCK_KEY)
        await connection.execute("set local lock_timeout = '5s'; set local statement_timeout = 0")
        await connection.execute(_BOOKKEEPING)
        for migration in await _missing(connection, migrations):
            await connection.execute(migration.sql)
            await connection.execute(
                "insert into schema_migrations (version, name, checksum) values ($1, $2, $3)",
                migration.version,
                migration.name,
                migration.checksum,
            )
            applied.append(migration.name)
    return applied


async def behind(connection: AnyConnection, migrations: list[Migration]) -> list[str]:
    """Return the names of migrations that the database lacks; none means it is ready for us.

    Raises:
        MigrationRefused: as for `migrate`.
    """
    if await connection.fetchval("select to_regclass('schema_migrations')") is None:
        return [migration.name for migration in migrations]
    return [migration.name for migration in await _missing(connection, migrations)]


async def _missing(connection: AnyConnection, migrations: list[Migration]) -> list[Migration]:
    rows = await connection.fetch("select version, name, checksum from schema_migrations")
    checksums = {row["version"]: row["checksum"] for row in rows}
    known = {migration.version: migration for migration in migrations}
    for row in rows:
        migration = known.get(row["version"])
        if migration is None:
            raise MigrationRefused(
                f"the database has migration {row['version']} ({row['name']}), which this version "
                "of the program does not know: start the newer version"
            )
        if migration.checksum != row["checksum"]:
            raise MigrationRefused(
                f"migration {row['version']} ({row['name']}) was changed after it was applied: "
                "restore the file and put the change into a new one"
            )
    return [migration for migration in migrations if migration.version not in checksums]
