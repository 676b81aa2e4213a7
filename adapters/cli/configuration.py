"""Commands about the settings: which are in force, do they work, and how to write them down."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from adapters.cli.common import (
    EXIT_BAD,
    ConfigOption,
    DataOption,
    HostOption,
    JsonOption,
    PortOption,
    load_settings,
)


def check_config(
    *,
    host: HostOption = None,
    port: PortOption = None,
    data: DataOption = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the settings in force and where each came from, then try them.

    Secrets are not shown. Exit code 1 when something would keep the server from starting.
    """
    loaded = load_settings(config, host=host, port=port, data=data)
    from adapters.cli.probes import probe_all
    from adapters.settings import masked

    shown = {
        name: (masked(name, getattr(loaded.settings, name)), source)
        for name, source in loaded.sources.items()
    }
    findings = probe_all(loaded.settings)
    if as_json:
        report = {
            "settings": {name: {"value": v, "from": s} for name, (v, s) in shown.items()},
            "checks": [asdict(finding) for finding in findings],
        }
        typer.echo(json.dumps(report, indent=2))
    else:
        for name, (value, source) in shown.items():
            typer.echo(f"{name:<20} {value}" + ("" if source == "default" else f"  [{source}]"))
        typer.echo("")
        for finding in findings:
            typer.echo(f"{finding.verdict:<8} {finding.subject}: {finding.sentence}")
    if any(finding.verdict == "failed" for finding in findings):
        raise typer.Exit(EXIT_BAD)


def default_config() -> None:
    """Print a TOML file with every setting, explained, at its default."""
    from adapters.settings import default_toml

    typer.echo(default_toml(), nl=False)


def config_doc() -> None:
    """Print the settings' reference page (docs/configuration.md)."""
    from adapters.settings import markdown

    typer.echo(markdown(), nl=False)
