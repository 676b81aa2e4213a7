"""Messages as plain values with one encoding, the same in every process and Python version.

`marshal` version 2 writes plain values the same way every time: it keeps no references and knows
nothing of interned strings. Everything else is made plain first: a tagged tuple each.
"""

from __future__ import annotations

import dataclasses
import marshal
from collections.abc import Callable, Iterable
from enum import Enum
from types import ModuleType
from typing import Any

MARSHAL_VERSION = 2
TUPLE, LIST, DICT, DATACLASS, ENUM, SET = range(6)

Name = str | int


def packed(plain: Any) -> bytes:
    """Return the bytes of a plain value."""
    return marshal.dumps(plain, MARSHAL_VERSION)


def class_name(cls: type) -> str:
    """Return the name under which a class's values are encoded."""
    return f"{cls.__module__}:{cls.__qualname__}"


class Encoder:
    """Turns messages into plain values. What each class needs is found out once."""

    def __init__(self, name: Callable[[type], Name] = class_name) -> None:
        """Make an encoder; `name` gives what stands for a class, its full name by default."""
        self._name = name
        self._by_type: dict[type, Callable[[Any], Any]] = dict.fromkeys(
            (type(None), bool, int, float, str, bytes), _itself
        )
        self._by_type[tuple] = lambda value: (TUPLE, *map(self.plain, value))
        self._by_type[list] = lambda value: (LIST, *map(self.plain, value))
        self._by_type[dict] = self._dict
        self._by_type[set] = self._by_type[frozenset] = self._set

    def plain(self, value: Any) -> Any:
        """Return `value` as nested tuples of None, bool, int, float, str and bytes.

        Dicts keep their order, which is part of the value; sets are sorted.

        Raises:
            TypeError: it holds something else. Make that a dataclass, or keep it out of messages.
        """
        cls = type(value)
        encode = self._by_type.get(cls)
        if encode is None:
            encode = self._by_type[cls] = self._for_class(cls)
        return encode(value)

    def _for_class(self, cls: type) -> Callable[[Any], Any]:
        if issubclass(cls, Enum):
            name = self._name(cls)
            return lambda value: (ENUM, name, value.name)
        if dataclasses.is_dataclass(cls):
            name = self._name(cls)
            fields = tuple(field.name for field in dataclasses.fields(cls) if field.init)
            plain = self.plain
            return lambda value: (DATACLASS, name, *[plain(getattr(value, f)) for f in fields])
        raise TypeError(f"{class_name(cls)} cannot be encoded: make it a dataclass of plain values")

    def _dict(self, value: dict[Any, Any]) -> Any:
        flat = [DICT]
        for key, item in value.items():
            flat.append(self.plain(key))
            flat.append(self.plain(item))
        return tuple(flat)

    def _set(self, value: Iterable[Any]) -> Any:
        return (SET, *sorted(map(self.plain, value), key=packed))


class Decoder:
    """Turns plain values back into messages of known classes."""

    def __init__(self, classes: Iterable[type], names: list[str] | None = None) -> None:
        """Make a decoder.

        Args:
            classes: every dataclass and enum that may occur; see `classes_of`.
            names: what numbers stand for, where the encoder used numbers as names.
        """
        self._classes = {class_name(cls): cls for cls in classes}
        self._names = names if names is not None else []

    def value(self, plain: Any) -> Any:
        """Return the message that was encoded.

        Raises:
            LookupError: its class is not among those given.
        """
        if type(plain) is not tuple:
            return plain
        tag, *parts = plain
        if tag == TUPLE:
            return tuple(map(self.value, parts))
        if tag == LIST:
            return list(map(self.value, parts))
        if tag == DICT:
            values = list(map(self.value, parts))
            return dict(zip(values[::2], values[1::2], strict=True))
        if tag == SET:
            return frozenset(map(self.value, parts))
        cls: Any = self._class(parts[0])
        if tag == ENUM:
            return cls[parts[1]]
        names = [field.name for field in dataclasses.fields(cls) if field.init]
        return cls(**dict(zip(names, map(self.value, parts[1:]), strict=True)))

    def _class(self, name: Name) -> type:
        full = self._names[name] if isinstance(name, int) else name
        cls = self._classes.get(full)
        if cls is None:
            raise LookupError(f"{full} is not among the classes given; add its module")
        return cls


def classes_of(*modules: ModuleType) -> list[type]:
    """Return the dataclasses and enums that these modules define or import."""
    found = {}
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, type) and (
                dataclasses.is_dataclass(value) or issubclass(value, Enum)
            ):
                found[class_name(value)] = value
    return list(found.values())


def _itself(value: Any) -> Any:
    return value
