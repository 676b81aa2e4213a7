"""The kinds of people a scenario may cast."""

from __future__ import annotations

from sim.people.visitor import Visitor

PEOPLE = {"visitor": Visitor}
