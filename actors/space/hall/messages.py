"""What a hall is told and asked, besides coming and going."""

from __future__ import annotations

from dataclasses import dataclass

from actors.person import Person
from actors.space.hall.deeds import Deed, Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Asked by a session, or over HTTP: do something in the hall.

    Answer: the JSON object for the client, once what it says is durable.
    """

    person: Person
    deed: Deed | Look


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadStandings:
    """Told when somebody's permissions, subscription or tickets have changed.

    Without accounts, everybody's here are read again.
    """

    accounts: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HallDue:
    """The space's own timer: a grace, a time limit or a warning is due."""
