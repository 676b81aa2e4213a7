"""The table of settings as people read it: a Markdown page, a TOML file, a masked value."""

from __future__ import annotations

import json
import textwrap
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from adapters.settings.declare import Declared, declared_fields
from adapters.settings.load import CONFIG_FILE, CONFIG_VARIABLE, FILE_SUFFIX, PREFIX
from adapters.settings.table import Settings

_HIDDEN: Final = "********"
_LINE_CHARS: Final = 96

_HEAD: Final = f"""\
# Configuration

Every setting has a default, so `make serve` needs none of them. A value is looked for in this
order, and the later place wins:

1. the default below,
2. a TOML file: `--config FILE`, or the file that `{CONFIG_VARIABLE}` names, or `{CONFIG_FILE}` in
   the working directory,
3. the environment: `{PREFIX}<NAME>`, lists separated by commas,
4. a flag of `presence serve`: `--host`, `--port`, `--data`.

A secret can also come from a file: `{PREFIX}<NAME>{FILE_SUFFIX}` holds its path. An empty variable
unsets a setting that may be unset. Relative paths start at the working directory.

A name the server does not know or a value it cannot use stops it at start, with exit code 2 and
every reason at once. `presence check-config` shows what is in force and where each value came from,
and tries the data directory, the port and the database; `presence default-config` prints a TOML
file to start from. This page is printed by `presence config-doc`.
"""


def markdown() -> str:
    """The page docs/configuration.md."""
    parts = [_HEAD]
    for section, names in _sections():
        parts.append(f"\n## {section}\n")
        parts.extend(_entry(name, of, default) for name, of, default in names)
    return "\n".join(parts)


def default_toml() -> str:
    """A TOML file with every setting, explained and commented out at its default."""
    lines = [f"# Settings of the presence server; {CONFIG_FILE} in the working directory is read."]
    for section, names in _sections():
        lines += ["", f"# --- {section} ---"]
        for name, of, default in names:
            lines += ["", *(f"# {line}" for line in _wrapped(_plain(of)))]
            lines.append(f"# {name} = {_toml(default)}".rstrip())
    return "\n".join(lines) + "\n"


def masked(name: str, value: object) -> str:
    """How a value may be shown to anybody: secrets hidden, a URL without its password."""
    _, of = declared_fields(Settings)[name]
    if value is None:
        return f"({of.unset})"
    if not of.secret:
        return ", ".join(value) if isinstance(value, tuple) else str(value)
    parts = urlsplit(str(value)) if "://" in str(value) else None
    if parts is None or not parts.hostname:
        return _HIDDEN
    user = f"{parts.username}:{_HIDDEN}@" if parts.password else ""
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{user}{parts.hostname}{port}{parts.path}"


def _sections() -> list[tuple[str, list[tuple[str, Declared, Any]]]]:
    rows = [(name, of, each.default) for name, (each, of) in declared_fields(Settings).items()]
    return [(section, list(group)) for section, group in groupby(rows, lambda row: row[1].section)]


def _entry(name: str, of: Declared, default: object) -> str:
    variables = [f"`{PREFIX}{name.upper()}`"]
    if of.bare:
        variables.append(f"`{of.bare}`")
    if of.secret:
        variables.append(f"`{PREFIX}{name.upper()}{FILE_SUFFIX}`")
    shown = f"`{_toml(default)}`" if default is not None else f"unset: {of.unset}"
    unit = f" ({of.unit})" if of.unit else ""
    return (
        f"### `{name}`\n\n{of.doc}\n\n"
        f"- Default: {shown}\n- Takes {of.kind.expects}{unit}\n"
        f"- Environment: {', '.join(variables)}\n"
    )


def _plain(of: Declared) -> str:
    unit = f" ({of.unit})" if of.unit else ""
    unset = f" Unset: {of.unset}." if of.unset else ""
    return f"{of.doc}{unset} Takes {of.kind.expects}{unit}."


def _toml(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "[" + ", ".join(json.dumps(each) for each in value) + "]"
    if isinstance(value, Path):
        return json.dumps(str(value))
    return json.dumps(value)


def _wrapped(text: str) -> list[str]:

    return textwrap.wrap(text, _LINE_CHARS, break_on_hyphens=False)
