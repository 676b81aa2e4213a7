"""The command `presence`.

Exit codes, the same for every command: 0, it was done and all is well; 1, the answer is bad (a
check failed, an invariant broke, the server is not ready, no such account); 2, the command line or
the settings cannot be used. `presence serve` also ends with 1 when it cannot start or had to give
up, 0 after an orderly stop.

Commands import what they need when they run, so that `--help` is quick.
"""

from __future__ import annotations

from typing import Annotated

import typer

from adapters.cli import configuration, keys, ledger, serving, simulate
from adapters.cli.common import group
from adapters.version import VERSION

app = group("People in shared spaces: serve them, try it out, simulate them.")
app.add_typer(keys.app, name="keys")
app.add_typer(ledger.app, name="ledger")
app.add_typer(simulate.simulator, name="sim")
app.add_typer(simulate.server, name="live")
app.command("serve")(serving.serve)
app.command("healthcheck")(serving.healthcheck)
app.command("check-config")(configuration.check_config)
app.command("default-config")(configuration.default_config)
app.command("config-doc")(configuration.config_doc)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer's callback
    if wanted:
        typer.echo(f"presence {VERSION}")
        raise typer.Exit


@app.callback(epilog="Exit codes: 0 well, 1 the answer is bad, 2 wrong usage or settings.")
def _root(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print it."),
    ] = False,
) -> None:
    """People in shared spaces: serve them, try it out, simulate them."""


def main() -> None:
    """Run the command line; ends the process with the command's exit code."""
    app(prog_name="presence")
