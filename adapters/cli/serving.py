"""`presence serve` runs the server; `presence healthcheck` asks one whether it is ready."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from adapters.cli.common import (
    ConfigOption,
    DataOption,
    HostOption,
    JsonOption,
    PortOption,
    fail,
    load_settings,
)

if TYPE_CHECKING:
    from adapters.settings import Settings

_EVERY_ADDRESS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - names, not a bind


def serve(
    *,
    host: HostOption = None,
    port: PortOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    record: Annotated[
        Path | None,
        typer.Option("--record", help="Write the session here, for `presence sim replay`."),
    ] = None,
) -> None:
    """Run the server until SIGTERM or Ctrl-C.

    Settings also come from PRESENCE_* variables and presence.toml: see `presence default-config`.
    """
    settings = load_settings(config, host=host, port=port, data=data).settings
    from adapters import compose

    raise typer.Exit(compose.serve(settings, record=record))


def healthcheck(
    *,
    url: Annotated[
        str | None,
        typer.Option("--url", help="The server's address; that of the settings by default."),
    ] = None,
    timeout_s: Annotated[float, typer.Option("--timeout", help="Seconds to wait.", min=0.1)] = 3.0,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask a running server whether it is ready: exit 0 when it is, 1 when not."""
    url = url or _local_url(load_settings(config).settings)
    import httpx

    try:
        answer = httpx.get(f"{url.rstrip('/')}/ready", timeout=timeout_s)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        fail(f"{url} does not answer: {error}")
    if as_json:
        typer.echo(answer.text)
    else:
        typer.echo(f"{url}: {'ready' if answer.is_success else answer.text}")
    raise typer.Exit(0 if answer.is_success else 1)


def _local_url(settings: Settings) -> str:
    host = _EVERY_ADDRESS.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
