"""The door of a space: those who come in a rush are let in together.

One arrival is announced to everybody and shown everybody. In a rush that is the square of a crowd:
of events, of rosters and of writes to sockets. Let in together, a group is one write a socket and
one roster that all its newcomers share.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from actors.space.hall.messages import Act
from actors.space.messages import Enter, LetIn, StopWaiting, Tick
from actors.space.rush import pause_us
from engine.actor import Down, ReplyTo, Restarted
from engine.context import Context


@dataclass(slots=True)
class Arrival:
    """Somebody at the door, and who waits for the answer."""

    enter: Enter
    askers: list[ReplyTo | None] = field(default_factory=list)


class Door:
    """Who waits to be let in. Whoever comes alone does not wait."""

    def __init__(self) -> None:
        self._waiting: dict[str, Arrival] = {}
        self._next_us = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def knock(self, enter: Enter, asker: ReplyTo | None, ctx: Context) -> bool:
        """Let somebody wait; returns whether it is time to let all in."""
        arrival = self._waiting.setdefault(enter.socket_id, Arrival(enter))
        arrival.askers.append(asker)
        # What Networked-A-Frame pages are told of each other is not made for groups.
        if ctx.now_us >= self._next_us or enter.naf is not None:
            return True
        if len(self._waiting) == 1:
            ctx.after(self._next_us - ctx.now_us, LetIn(), key="let in")
        return False

    def take(self, people: int, ctx: Context) -> list[Arrival]:
        """Return all who wait, in the order they came; `people` are inside already."""
        arrivals, self._waiting = list(self._waiting.values()), {}
        ctx.cancel("let in")
        self._next_us = ctx.now_us + pause_us(people + len(arrivals))
        return arrivals

    def opens_for(self, message: Any) -> bool:
        """Whether those who wait must be in before this message is handled: it concerns them."""
        if not self._waiting:
            return False
        match message:
            case LetIn() | Tick() | Act() | StopWaiting():
                return True
            case Enter(socket_id=socket_id, life=life):
                arrival = self._waiting.get(socket_id)
                return arrival is not None and arrival.enter.life != life
            case Down(address=address) | Restarted(address=address):
                return address.removeprefix("session:") in self._waiting
            case _:
                return any(
                    getattr(message, name, None) in self._waiting
                    for name in ("socket_id", "target_socket_id")
                )
