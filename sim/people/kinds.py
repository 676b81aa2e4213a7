"""The kinds of people a scenario may cast."""

from __future__ import annotations

from sim.people.caller import Caller
from sim.people.trader import Trader
from sim.people.visitor import Visitor

PEOPLE: dict[str, type[Visitor]] = {
    "visitor": Visitor,
    "fan": Trader,
    "creator": Trader,
    "caller": Caller,
    "operator": Trader,
}
