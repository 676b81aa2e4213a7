"""A hash of everything an object holds, for comparing an actor with its replay."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import deque
from collections.abc import Iterable
from enum import Enum
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from engine.codec import class_name, packed

_PLAIN = (type(None), bool, int, float, str, bytes)
_NAMED = (FunctionType, MethodType, BuiltinFunctionType, ModuleType, type)


def state_digest(values: Iterable[Any]) -> bytes:
    """Return 16 bytes that are equal for equal states.

    Objects count by class and attributes, arrays by type, shape and content, code by its name.
    """
    return hashlib.blake2b(packed([_plain(value, ()) for value in values]), digest_size=16).digest()


def _plain(value: Any, above: tuple[int, ...]) -> Any:
    if type(value) in _PLAIN:
        return value
    if id(value) in above:
        return ("above", len(above) - above.index(id(value)))
    above = (*above, id(value))
    if isinstance(value, Enum):
        return (class_name(type(value)), value.name)
    if isinstance(value, dict):
        return ("dict", *[(_plain(key, above), _plain(item, above)) for key, item in value.items()])
    if isinstance(value, set | frozenset):
        return ("set", *sorted((_plain(item, above) for item in value), key=packed))
    if isinstance(value, list | tuple | deque):
        return (class_name(type(value)), *[_plain(item, above) for item in value])
    if isinstance(value, _NAMED):
        return ("code", getattr(value, "__qualname__", value.__name__))
    if hasattr(value, "tobytes") and hasattr(value, "dtype"):
        return ("array", value.dtype.str, tuple(value.shape), value.tobytes())
    return (class_name(type(value)), *_attributes(value, above))


def _attributes(value: Any, above: tuple[int, ...]) -> list[Any]:
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
    else:
        slots = [getattr(cls, "__slots__", ()) for cls in type(value).__mro__]
        names = [name for each in slots for name in ((each,) if isinstance(each, str) else each)]
    names += list(getattr(value, "__dict__", ()))
    present = [name for name in sorted(dict.fromkeys(names)) if hasattr(value, name)]
    return [(name, _plain(getattr(value, name), above)) for name in present]
