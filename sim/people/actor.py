"""A simulated person as an actor on the kernel it visits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.actor import Actor
from engine.cell import Birth, Kind, Lane
from engine.context import Context
from engine.entropy import Chance
from sim.people.kinds import PEOPLE
from sim.people.life import Happening, Request, Woken
from sim.people.part import Part

NETWORK = "network"
"""The port's name for `ctx.io`."""


@dataclass(frozen=True, slots=True)
class Dial:
    """Open a socket."""

    who: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the socket."""

    who: str


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send an event over the socket."""

    who: str
    event: str
    payload: Any
    ack: int | None


@dataclass(frozen=True, slots=True)
class Fetch:
    """Make an HTTP request."""

    who: str
    request: Request
    tag: str


NetworkRequest = Dial | HangUp | Transmit | Fetch


@dataclass(frozen=True, slots=True)
class PersonInit:
    """How a person's actor starts."""

    part: Part
    begins_us: int
    walks_until_us: int


class PersonActor(Actor):
    """Gives one person its life: the network's port, and timers of the kernel."""

    def __init__(self, init: PersonInit) -> None:
        self.person = PEOPLE[init.part.kind](init.part)
        self.person.walks_until_us = init.walks_until_us
        self._name = init.part.name
        self._begins_us = init.begins_us
        self._ctx: Context

    def __repr__(self) -> str:
        return repr(self.person)

    def handle(self, message: Happening, ctx: Context) -> None:
        self._ctx = ctx
        self.person.handle(message, self)

    # The person's `Life`.

    @property
    def now_us(self) -> int:
        return self._ctx.now_us - self._begins_us

    def chance(self, purpose: str) -> Chance:
        return self._ctx.chance(purpose)

    def dial(self) -> None:
        self._ctx.io(NETWORK, Dial(self._name))

    def hang_up(self) -> None:
        self._ctx.io(NETWORK, HangUp(self._name))

    def emit(self, event: str, payload: Any, ack: int | None = None) -> None:
        self._ctx.io(NETWORK, Transmit(self._name, event, payload, ack))

    def wake(self, delay_us: int, what: str, number: int = 0) -> None:
        self._ctx.after(delay_us, Woken(what, number), key=(what, number))

    def fetch(self, request: Request, tag: str) -> None:
        self._ctx.io(NETWORK, Fetch(self._name, request, tag))


def person_kind() -> Kind:
    """Return the kind of simulated people; spawned, never started by mail."""

    def build(birth: Birth) -> PersonActor:
        return PersonActor(birth.init)

    # A person's device reads what arrives; a slow reader is slow on the network.
    return Kind(name="person", build=build, starts_on_tell=False, lane=Lane(size_max=1 << 20))
