"""`presence ledger`: is every row of the money what it was, and do the accounts follow from it?"""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from adapters.cli.common import (
    EXIT_BAD,
    ConfigOption,
    DataOption,
    JsonOption,
    complain,
    fail,
    group,
    load_settings,
)

if TYPE_CHECKING:
    from adapters.postgres.database import Database
    from adapters.settings import Settings

app = group("The ledger: the one record of all that was paid.")


@app.callback()
def _root() -> None:
    """The ledger: the one record of all that was paid."""


@app.command("verify")
def verify(
    *, data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Check every seal, replay every row from zero and compare all balances.

    It reads one snapshot and changes nothing, so the server may go on. Exit code 1 when a row or an
    account is not what it should be; the first bad row is named.
    """
    settings = load_settings(config, data=data).settings
    import asyncio

    import asyncpg

    from adapters.postgres.failures import PostgresFailed
    from adapters.postgres.verify import verify_database

    try:
        with _database(settings) as database:
            verdict = asyncio.run(verify_database(database))
    except asyncpg.UndefinedTableError:
        fail("this database has no ledger yet: start the server on it once")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, PostgresFailed) as error:
        fail(str(error))
    if as_json:
        typer.echo(json.dumps(asdict(verdict), indent=2))
    else:
        typer.echo(f"{verdict.rows} rows, {verdict.accounts} accounts")
        typer.echo(f"sealed up to row {verdict.sealed}: {verdict.seal}")
    if verdict.problems:
        complain("the ledger is not what it was:", *(f"  {each}" for each in verdict.problems))
        raise typer.Exit(EXIT_BAD)


def _database(settings: Settings) -> AbstractContextManager[Database]:
    from adapters.postgres.database import Database
    from adapters.postgres.embedded import EmbeddedPostgres

    if settings.database_url is not None:
        return nullcontext(Database.from_url(settings.database_url))
    postgres = EmbeddedPostgres(settings.data, bin_dir=settings.postgres_bin_dir)
    running = postgres.running()
    return postgres if running is None else nullcontext(running)
