"""Who counts people: the one actor at `directory:spaces`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actors.space.space_id import SpaceId
from engine.actor import Down, Restarted

DIRECTORY = "directory:spaces"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupied:
    """Told by a space when its number of people changes; 0 removes it."""

    space: SpaceId
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountPeople:
    """Asked over HTTP. Answer: `PeopleCounts`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleCounts:
    """People by (type, id), all subspaces together, in the order of their addresses."""

    by_space: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TellSpaces:
    """Tell every subspace with people in it something; the empty learn when they are entered."""

    space_type: str
    space_id: str
    message: Any


DirectoryMessage = Occupied | CountPeople | TellSpaces | Down | Restarted
