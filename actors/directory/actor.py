"""The one actor that knows how many people are in each space, for lists and counts.

Spaces tell it when their number changes and every half minute, so its own crash heals by itself. It
watches those with people in them: one that does not come back cannot say that it is empty.
"""

from __future__ import annotations

from typing import assert_never

from actors.directory.messages import (
    CountPeople,
    DirectoryMessage,
    Occupied,
    PeopleCounts,
    TellSpaces,
)
from engine.actor import Actor, Down, Restarted
from engine.context import Context


class Directory(Actor):
    """Counts people by space."""

    def __init__(self) -> None:
        self.people: dict[str, Occupied] = {}

    def handle(self, message: DirectoryMessage, ctx: Context) -> None:
        match message:
            case Occupied(space=space, people=0):
                ctx.unwatch(space.address)  # Or it would be kept in mind for ever.
                self.people.pop(str(space), None)
            case Occupied(space=space):
                if str(space) not in self.people:
                    ctx.watch(space.address)
                self.people[str(space)] = message
            case Down(address=address):
                self.people.pop(address.removeprefix("space:"), None)
            case Restarted():
                pass  # It will tell how many came back.
            case CountPeople():
                ctx.reply(PeopleCounts(by_space=self._counts()))
            case TellSpaces(space_type=type_, space_id=id_, message=told):
                for occupied in self.people.values():
                    if (occupied.space.type, occupied.space.id) == (type_, id_):
                        ctx.tell(occupied.space.address, told)
            case _:
                assert_never(message)

    def _counts(self) -> tuple[tuple[str, str, int], ...]:
        totals: dict[tuple[str, str], int] = {}
        for name in sorted(self.people):
            occupied = self.people[name]
            key = (occupied.space.type, occupied.space.id)
            totals[key] = totals.get(key, 0) + occupied.people
        return tuple((type_, id_, people) for (type_, id_), people in totals.items())
