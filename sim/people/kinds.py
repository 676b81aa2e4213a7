"""The kinds of people a scenario may cast."""

from __future__ import annotations

from sim.people.trader import Trader
from sim.people.visitor import Visitor

PEOPLE = {"visitor": Visitor, "fan": Trader, "creator": Trader}
