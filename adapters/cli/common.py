"""What the commands share: exit codes, how settings are loaded, how bad news is told."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

if TYPE_CHECKING:
    from adapters.settings import Loaded

EXIT_BAD: Final = 1
EXIT_USAGE: Final = 2

HostOption = Annotated[str | None, typer.Option("--host", help="Address to listen on.")]
PortOption = Annotated[str | None, typer.Option("--port", help="Port; 0 takes a free one.")]
DataOption = Annotated[str | None, typer.Option("--data", help="Where everything is kept.")]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="A TOML file of settings (presence.toml).")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]


def group(help_text: str) -> typer.Typer:
    """Return an empty group of commands that shows its help when called without one."""
    return typer.Typer(
        help=help_text,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )


def load_settings(
    config: Path | None,
    *,
    host: str | None = None,
    port: str | None = None,
    data: str | None = None,
) -> Loaded:
    """Return the settings in force; when they cannot be used, say why and exit with 2."""
    from adapters.settings import SettingsError, load

    try:
        return load(
            environ=os.environ, flags={"host": host, "port": port, "data": data}, config=config
        )
    except SettingsError as error:
        complain("the settings cannot be used:", *(f"  {each}" for each in error.problems))
        raise typer.Exit(EXIT_USAGE) from None


def complain(first: str, *more: str) -> None:
    """Write to standard error who speaks and what is wrong."""
    typer.echo("\n".join((f"presence: {first}", *more)), err=True)


def fail(sentence: str, code: int = EXIT_BAD) -> NoReturn:
    """Say what is wrong and exit."""
    complain(sentence)
    raise typer.Exit(code)
