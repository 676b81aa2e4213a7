"""How a setting is declared, and the kinds of value one can have.

A kind reads a value twice: from text (an environment variable, a flag) and from TOML, where types
are already there and a wrong one is refused rather than converted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Generic, TypeVar, overload
from urllib.parse import urlsplit

T = TypeVar("T")

DECLARED: Final = "declared"
"""Where a dataclass field keeps its `Declared`."""


class BadValue(ValueError):
    """A value that its setting cannot take; the message says what was wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[T]):
    """How a value is read. `expects` completes the sentence «expected …»."""

    expects: str
    from_text: Callable[[str], T]
    from_toml: Callable[[object], T]


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What is known of a setting besides its name, type and default."""

    kind: Kind[Any]
    doc: str
    unit: str | None
    section: str
    secret: bool
    bare: str | None  # a documented environment name without our prefix
    unset: str | None  # what the server does when the value is absent


@overload
def setting(
    default: None,
    kind: Kind[T],
    doc: str,
    *,
    section: str,
    unset: str,
    unit: str | None = None,
    secret: bool = False,
    bare: str | None = None,
) -> T | None: ...


@overload
def setting(
    default: T,
    kind: Kind[T],
    doc: str,
    *,
    section: str,
    unit: str | None = None,
    bare: str | None = None,
) -> T: ...


def setting(
    default: Any,
    kind: Kind[Any],
    doc: str,
    *,
    section: str,
    unit: str | None = None,
    secret: bool = False,
    bare: str | None = None,
    unset: str | None = None,
) -> Any:
    """Declare one field of `Settings`; typed as its value, so that mypy checks default and kind.

    Args:
        default: None when absence has a meaning of its own, which `unset` then says.
        kind: how a value is read.
        doc: what it decides, in sentences.
        section: the heading it stands under.
        unit: what a number counts.
        secret: never shown; may also come from a file (`PRESENCE_<NAME>_FILE`).
        bare: a documented environment variable without our prefix that sets it too.
        unset: what the server does without a value.
    """
    declared = Declared(
        kind=kind, doc=doc, unit=unit, section=section, secret=secret, bare=bare, unset=unset
    )
    return field(default=default, repr=not secret, metadata={DECLARED: declared})


def declared_fields(table: type[Any]) -> dict[str, tuple[Field[Any], Declared]]:
    """The settings of a table by name, in the order they were declared."""
    return {each.name: (each, each.metadata[DECLARED]) for each in fields(table)}


def whole(least: int, most: int) -> Kind[int]:
    """An integer between two bounds, both allowed. Text may group digits as 1_000_000."""

    def bounded(value: int) -> int:
        if not least <= value <= most:
            raise BadValue(f"{value} is out of bounds")
        return value

    def from_text(text: str) -> int:
        try:
            return bounded(int(text))
        except ValueError as error:
            raise error if isinstance(error, BadValue) else _not_understood(text) from None

    def from_toml(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise _wrong_type(value)
        return bounded(value)

    return Kind(
        expects=f"an integer from {least} to {most}", from_text=from_text, from_toml=from_toml
    )


def flag() -> Kind[bool]:
    """Yes or no: true or false in TOML, and in text also yes, no, 1, 0, on and off."""
    words = {"true": True, "yes": True, "1": True, "on": True}
    words |= {"false": False, "no": False, "0": False, "off": False}

    def from_text(value: str) -> bool:
        if value.lower() not in words:
            raise _not_understood(value)
        return words[value.lower()]

    def from_toml(value: object) -> bool:
        if not isinstance(value, bool):
            raise _wrong_type(value)
        return value

    return Kind(expects="true or false", from_text=from_text, from_toml=from_toml)


def text(
    expects: str, accepts: Callable[[str], bool] = bool, *, private: bool = False
) -> Kind[str]:
    """Text that `accepts` approves of; what is `private` is never repeated in an error."""

    def from_text(value: str) -> str:
        if not accepts(value):
            raise BadValue("the text given does not fit") if private else _not_understood(value)
        return value

    def from_toml(value: object) -> str:
        if not isinstance(value, str):
            raise _wrong_type(value)
        return from_text(value)

    return Kind(expects=expects, from_text=from_text, from_toml=from_toml)


def choice(*options: str) -> Kind[str]:
    """One of a few words."""
    return text(f"one of {', '.join(options)}", options.__contains__)


def matching(expects: str, pattern: str) -> Kind[str]:
    """Text that matches a regular expression from end to end."""
    compiled = re.compile(pattern)
    return text(expects, lambda value: compiled.fullmatch(value) is not None)


def url(*schemes: str, path: bool = False, private: bool = False) -> Kind[str]:
    """An absolute URL of one of the schemes, without a path unless `path`.

    A `private` one may hold a password and is never repeated in an error.
    """

    def accepts(value: str) -> bool:
        try:
            parts = urlsplit(value)
            in_range = parts.port is None or parts.port > 0
        except ValueError:
            return False
        named = bool(parts.hostname) or (path and bool(parts.path))
        return parts.scheme in schemes and named and in_range and (path or parts.path in {"", "/"})

    starts = " or ".join(f"{scheme}://" for scheme in schemes)
    suffix = "" if path else " and naming no path"
    return text(f"a URL starting with {starts}{suffix}", accepts, private=private)


def path() -> Kind[Path]:
    """A path; a relative one starts at the working directory, `~` is the home directory."""
    named = text("a path")
    return Kind(
        expects=named.expects,
        from_text=lambda value: Path(named.from_text(value)),
        from_toml=lambda value: Path(named.from_toml(value)),
    )


def listed(item: Kind[str]) -> Kind[tuple[str, ...]]:
    """Several of a kind: separated by commas in text, an array in TOML. Repeats are dropped."""

    def from_text(value: str) -> tuple[str, ...]:
        parts = (part.strip() for part in value.split(","))
        return tuple(dict.fromkeys(item.from_text(part) for part in parts if part))

    def from_toml(value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise _wrong_type(value)
        return tuple(dict.fromkeys(item.from_toml(part) for part in value))

    return Kind(expects=f"a list, each {item.expects}", from_text=from_text, from_toml=from_toml)


def _not_understood(value: str) -> BadValue:
    return BadValue(f"got {value!r}" if value else "it is empty")


def _wrong_type(value: object) -> BadValue:
    names = {bool: "a boolean", str: "text", int: "an integer", float: "a number", list: "a list"}
    return BadValue(f"got {names.get(type(value), 'a ' + type(value).__name__)}")
