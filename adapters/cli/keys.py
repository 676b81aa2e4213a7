"""`presence keys`: accounts that only this server knows, for trying things out."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from adapters.cli.common import ConfigOption, DataOption, JsonOption, fail, group, load_settings

app = group("Local accounts: log in without a Hive account of your own.")

_Name = Annotated[str, typer.Argument(help="The account's name.")]


@app.command("new")
def new(
    name: _Name,
    *,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an account and print its private key, which is kept nowhere."""
    from adapters.identity.keys_cli import new_account
    from engine.refusal import Refusal

    try:
        made = new_account(
            _file(data, config), name, now_us=time.time_ns() // 1000, entropy=os.urandom
        )
    except (Refusal, ValueError, OSError) as error:
        fail(str(error))
    if as_json:
        _print_json({"name": made.name, "public_key": made.public_key, "private_key": made.wif})
    else:
        typer.echo(f"account      {made.name}\npublic key   {made.public_key}")
        typer.echo(f"private key  {made.wif}")
        typer.echo("Keep the private key: it is shown only now, and logs in on the page.", err=True)


@app.command("list")
def list_all(
    *, data: DataOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """List the accounts made here."""
    from adapters.identity.keys_cli import list_accounts

    try:
        accounts = list_accounts(_file(data, config))
    except (ValueError, OSError) as error:
        fail(str(error))
    rows = [
        {
            "name": account.name,
            "public_key": account.public_key,
            "created_at": _iso(account.created_at_us),
        }
        for account in accounts
    ]
    if as_json:
        _print_json(rows)
    else:
        for row in rows:
            typer.echo(f"{row['name']:<16}  {row['public_key']}  {row['created_at']}")


@app.command("remove")
def remove(name: _Name, *, data: DataOption = None, config: ConfigOption = None) -> None:
    """Forget an account; its key opens nothing from then on."""
    from adapters.identity.keys_cli import remove_account
    from engine.refusal import Refusal

    try:
        remove_account(_file(data, config), name)
    except (Refusal, ValueError, OSError) as error:
        fail(str(error))


def _file(data: str | None, config: Path | None) -> Path:
    from adapters.identity.keys_cli import LOCAL_KEYS

    return load_settings(config, data=data).settings.data / LOCAL_KEYS


def _iso(time_us: int) -> str:
    moment = datetime.fromtimestamp(time_us / 1_000_000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _print_json(value: object) -> None:
    typer.echo(json.dumps(value, indent=2))
