"""The one actor that knows how many people are in each space, for lists and counts.

Spaces tell it when their number changes and every half minute, so a crash heals by itself.
"""

from __future__ import annotations

from typing import assert_never

from actors.directory.messages import CountPeople, DirectoryMessage, Occupied, PeopleCounts
from engine.actor import Actor
from engine.context import Context


class Directory(Actor):
    """Counts people by space."""

    def __init__(self) -> None:
        self.people: dict[str, Occupied] = {}

    def handle(self, message: DirectoryMessage, ctx: Context) -> None:
        match message:
            case Occupied(people=0):
                self.people.pop(str(message.space), None)
            case Occupied():
                self.people[str(message.space)] = message
            case CountPeople():
                ctx.reply(PeopleCounts(by_space=self._counts()))
            case _:
                assert_never(message)

    def _counts(self) -> tuple[tuple[str, str, int], ...]:
        totals: dict[tuple[str, str], int] = {}
        for name in sorted(self.people):
            occupied = self.people[name]
            key = (occupied.space.type, occupied.space.id)
            totals[key] = totals.get(key, 0) + occupied.people
        return tuple((type_, id_, people) for (type_, id_), people in totals.items())
