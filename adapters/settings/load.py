"""Put the settings together: defaults, then a TOML file, then the environment, then flags."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from adapters.settings.declare import BadValue, Declared, declared_fields
from adapters.settings.table import Settings

PREFIX: Final = "PRESENCE_"
CONFIG_VARIABLE: Final = "PRESENCE_CONFIG"
CONFIG_FILE: Final = "presence.toml"
FILE_SUFFIX: Final = "_FILE"
"""NAME_FILE holds the path of a file whose text is the secret NAME."""


class SettingsError(Exception):
    """The settings cannot be used. `problems` lists every reason, one sentence each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Checked settings, and for each name the place its value came from."""

    settings: Settings
    sources: Mapping[str, str]


class _Gathering:
    """Values by name with where they came from, and what was wrong on the way."""

    def __init__(self) -> None:
        self.declared = {name: of for name, (_, of) in declared_fields(Settings).items()}
        self.values: dict[str, Any] = {}
        self.sources = dict.fromkeys(self.declared, "default")
        self.problems: list[str] = []

    def take_text(self, name: str, text: str, source: str) -> None:
        of = self.declared[name]
        if not text and of.unset is not None:
            self._take(name, None, source)  # An empty variable is how one unsets an inherited one.
            return
        try:
            self._take(name, of.kind.from_text(text), source)
        except BadValue as error:
            self._refuse(of, error, source)

    def take_toml(self, name: str, value: object, source: str) -> None:
        try:
            self._take(name, self.declared[name].kind.from_toml(value), source)
        except BadValue as error:
            self._refuse(self.declared[name], error, source)

    def unknown(self, given: str, known: Iterable[str], place: str) -> None:
        near = get_close_matches(given, list(known), n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else "`presence default-config` lists them all."
        self.problems.append(f"{place} {given} is not a setting; {hint}")

    def _take(self, name: str, value: object, source: str) -> None:
        self.values[name] = value
        self.sources[name] = source

    def _refuse(self, of: Declared, error: BadValue, source: str) -> None:
        unit = f" ({of.unit})" if of.unit else ""
        self.problems.append(f"{source}: {error}; expected {of.kind.expects}{unit}.")


def load(
    *,
    environ: Mapping[str, str],
    flags: Mapping[str, str | None] | None = None,
    config: Path | None = None,
    directory: Path | None = None,
) -> Loaded:
    """Return the settings in force.

    Args:
        environ: environment variables; `PRESENCE_<NAME>` sets a setting, names without our
            prefix are ignored except the few documented ones.
        flags: command-line values by setting name, as typed; None where a flag was not given.
        config: the TOML file named by `--config`; it must exist.
        directory: where relative paths start and `presence.toml` is looked for; the working
            directory unless given.

    Raises:
        SettingsError: with every problem found: unknown names, unreadable files, wrong values.
    """
    directory = directory or Path.cwd()
    gathering = _Gathering()
    _read_toml(gathering, environ, config, directory)
    _read_environment(gathering, environ, directory)
    for name, given in (flags or {}).items():
        if given is not None:
            gathering.take_text(name, given, f"--{name.replace('_', '-')}")
    if gathering.problems:
        raise SettingsError(gathering.problems)
    settings = Settings(**gathering.values)
    bin_dir = settings.postgres_bin_dir
    settings = replace(
        settings,
        data=_anchored(settings.data, directory),
        postgres_bin_dir=None if bin_dir is None else _anchored(bin_dir, directory),
    )
    return Loaded(settings=settings, sources=gathering.sources)


def _read_toml(
    gathering: _Gathering, environ: Mapping[str, str], config: Path | None, directory: Path
) -> None:
    named = config or (Path(value) if (value := environ.get(CONFIG_VARIABLE)) else None)
    file = _anchored(named or Path(CONFIG_FILE), directory)
    shown = named or CONFIG_FILE
    try:
        read = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if named is not None:
            gathering.problems.append(f"{shown}: there is no such file.")
        return
    except (OSError, UnicodeDecodeError) as error:
        gathering.problems.append(f"{shown}: cannot be read: {error}.")
        return
    except tomllib.TOMLDecodeError as error:
        gathering.problems.append(f"{shown}: is not TOML: {error}.")
        return
    for name, value in read.items():
        if name in gathering.declared:
            gathering.take_toml(name, value, f"{shown}: {name}")
        else:
            gathering.unknown(name, gathering.declared, f"{shown}:")


def _read_environment(gathering: _Gathering, environ: Mapping[str, str], directory: Path) -> None:
    known = {CONFIG_VARIABLE}
    for name, of in gathering.declared.items():
        variables = [PREFIX + name.upper()]
        if of.bare is not None:
            variables.insert(0, of.bare)  # Ours is read later and wins.
        for variable in variables:
            known.add(variable)
            if of.secret:
                known.add(variable + FILE_SUFFIX)
            _read_variable(gathering, environ, name, variable, directory)
    for given in sorted(environ):
        if given.startswith(PREFIX) and given not in known:
            gathering.unknown(given, known, "environment:")


def _read_variable(
    gathering: _Gathering, environ: Mapping[str, str], name: str, variable: str, directory: Path
) -> None:
    file_variable = variable + FILE_SUFFIX
    file = environ.get(file_variable) if gathering.declared[name].secret else None
    if variable in environ and file:
        gathering.problems.append(f"{variable} and {file_variable} are both set; keep one.")
    elif variable in environ:
        gathering.take_text(name, environ[variable], f"environment: {variable}")
    elif file:
        try:
            secret = _anchored(Path(file), directory).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            gathering.problems.append(f"{file_variable}: cannot be read: {error}.")
        else:
            gathering.take_text(name, secret, f"environment: {file_variable}")


def _anchored(path: Path, directory: Path) -> Path:
    return directory / path.expanduser()
