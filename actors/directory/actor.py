"""The one actor that knows how many people are in each space, for lists and counts.

Spaces tell it when their number changes and every half minute, so a crash heals by itself.
"""

from __future__ import annotations

from typing import assert_never

from actors.directory.messages import CountPeople, DirectoryMessage, Occupied, PeopleCounts
from engine.actor import Actor
from engine.clock import SECOND_US
from engine.context import Context

RENEWED_WITHIN_US = 90 * SECOND_US
"""Three beats: a space that is silent for so long is gone, and nobody is in it."""


class Directory(Actor):
    """Counts people by space."""

    def __init__(self) -> None:
        self.people: dict[str, Occupied] = {}
        self.told_us: dict[str, int] = {}

    def handle(self, message: DirectoryMessage, ctx: Context) -> None:
        match message:
            case Occupied(people=0):
                self._forget(str(message.space))
            case Occupied():
                self.people[str(message.space)] = message
                self.told_us[str(message.space)] = ctx.now_us
            case CountPeople():
                for name, told_us in tuple(self.told_us.items()):
                    if ctx.now_us - told_us > RENEWED_WITHIN_US:
                        self._forget(name)
                ctx.reply(PeopleCounts(by_space=self._counts()))
            case _:
                assert_never(message)

    def _forget(self, name: str) -> None:
        self.people.pop(name, None)
        self.told_us.pop(name, None)

    def _counts(self) -> tuple[tuple[str, str, int], ...]:
        totals: dict[tuple[str, str], int] = {}
        for name in sorted(self.people):
            occupied = self.people[name]
            key = (occupied.space.type, occupied.space.id)
            totals[key] = totals.get(key, 0) + occupied.people
        return tuple((type_, id_, people) for (type_, id_), people in totals.items())
