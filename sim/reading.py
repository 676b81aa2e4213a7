"""Strict reading of a scenario's tables: a mistake is named with its key and what was expected."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from typing import Any, Final, NoReturn

from actors.space.space_id import SpaceId
from engine.clock import SECOND_US
from engine.refusal import BadInput

SECONDS_MAX = 10_000_000
"""Nearly four months: a subscription and what follows it."""

_REQUIRED: Final = object()


class ScenarioError(Exception):
    """A scenario cannot be used; the message names the key and says what was expected."""


class Table:
    """One table of a TOML file, from which each key is taken once.

    Every method raises `ScenarioError` when the key is missing and has no default, or has a value
    of another form. `done` complains about keys that nobody took.
    """

    def __init__(self, values: object, where: str) -> None:
        if not isinstance(values, dict):
            raise ScenarioError(f"{where}: expected a table, got {values!r}")
        self._values: dict[str, Any] = dict(values)
        self._known: list[str] = []
        self._where = where

    def take(self, key: str, default: Any = _REQUIRED) -> Any:
        """Return the value of `key` whatever it is."""
        self._known.append(key)
        if key in self._values:
            return self._values.pop(key)
        if default is _REQUIRED:
            raise ScenarioError(f"{self.path(key)}: missing")
        return default

    def text(self, key: str, default: Any = _REQUIRED, *, one_of: Iterable[str] = ()) -> str:
        """Return a text, one of some words if they are given."""
        value = self.take(key, default)
        words = tuple(one_of)
        if not isinstance(value, str) or not value or (words and value not in words):
            expected = f"one of {', '.join(words)}" if words else "some text"
            self.wrong(key, expected, value)
        return str(value)

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.take(key, default)
        if not isinstance(value, bool):
            self.wrong(key, "true or false", value)
        return bool(value)

    def whole(self, key: str, default: Any = _REQUIRED, *, low: int, high: int) -> int:
        """Return an integer in [low, high]."""
        value = self.take(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.wrong(key, f"a whole number from {low} to {high}", value)
        return int(value)

    def share(self, key: str, default: Any = _REQUIRED) -> float:
        """Return a probability."""
        value = self.take(key, default)
        if not is_number(value) or not 0 <= value <= 1:
            self.wrong(key, "a number from 0 to 1", value)
        return float(value)

    def seconds(self, key: str, default: Any = _REQUIRED) -> int:
        """Return a time of so many seconds in microseconds."""
        value = self.take(key, default)
        if not is_number(value) or not 0 <= value <= SECONDS_MAX:
            self.wrong(key, "seconds, 0 or more", value)
        return microseconds(value)

    def maybe_seconds(self, key: str) -> int | None:
        """Return a time in microseconds, None when the key is absent."""
        return self.seconds(key) if key in self._values else self.take(key, None)

    def seconds_between(self, key: str) -> tuple[int, int] | None:
        """Return the bounds of a time: `12`, or `[10, 50]` for one drawn for each seed."""
        value = self.take(key, None)
        if value is None:
            return None
        bounds = value if isinstance(value, list) else [value, value]
        if len(bounds) != 2 or not all(is_number(one) and one >= 0 for one in bounds):
            self.wrong(key, "seconds, or [earliest, latest]", value)
        if bounds[0] > bounds[1]:
            self.wrong(key, "the earlier time first", value)
        return microseconds(bounds[0]), microseconds(bounds[1])

    def words(self, key: str, default: Any = _REQUIRED) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.take(key, default)
        if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
            self.wrong(key, "a list of texts", value)
        return tuple(value)

    def maybe_words(self, key: str) -> tuple[str, ...] | None:
        """Return a list of texts, None when the key is absent."""
        return self.words(key) if key in self._values else self.take(key, None)

    def names(self) -> list[str]:
        """Return the keys that nobody has taken, in their order."""
        return list(self._values)

    def values(self, key: str) -> dict[str, Any]:
        """Return the table under `key` as it is; an empty one when it is absent."""
        value = self.take(key, {})
        if not isinstance(value, dict):
            self.wrong(key, "a table", value)
        return value

    def space(self, key: str, default: Any = _REQUIRED) -> SpaceId:
        """Return a space id."""
        value = self.take(key, default)
        if isinstance(value, SpaceId):
            return value
        try:
            return SpaceId.parse(value)
        except (BadInput, AttributeError, TypeError):
            self.wrong(key, "type:id:subspace, such as global:lobby:main", value)

    def table(self, key: str) -> Table:
        """Return the table under `key`; an empty one when it is absent."""
        return Table(self.take(key, {}), self.path(key))

    def tables(self, key: str) -> list[Table]:
        """Return the array of tables under `key`."""
        value = self.take(key, [])
        if not isinstance(value, list):
            self.wrong(key, f"tables written [[{key}]]", value)
        return [Table(one, f"{self.path(key)}[{n}]") for n, one in enumerate(value)]

    def done(self) -> None:
        """Complain about what nobody asked for."""
        for key in self._values:
            close = difflib.get_close_matches(key, self._known, n=1)
            hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(self._known)}"
            raise ScenarioError(f"{self.path(key)}: unknown key; {hint}")

    def path(self, key: str) -> str:
        """Return the key with the table it stands in."""
        return f"{self._where}.{key}" if self._where else key

    def wrong(self, key: str, expected: str, value: object) -> NoReturn:
        """Complain about a value.

        Raises:
            ScenarioError: always.
        """
        raise ScenarioError(f"{self.path(key)}: expected {expected}; got {value!r}")


def is_number(value: object) -> bool:
    """Whether this is a finite number; TOML has inf and nan, and true is no number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def microseconds(seconds: float) -> int:
    """Return seconds as whole microseconds."""
    return round(seconds * SECOND_US)
