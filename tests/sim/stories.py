"""Short scenarios for tests, and worlds in which one kind of actor has a planted bug."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from actors.kinds import product_kinds
from actors.settings import ActorSettings
from engine.actor import Actor
from engine.cell import Birth, Kind
from engine.context import Context, Effect
from sim.checkers import ALL, Checker
from sim.scenario import Scenario, read
from sim.world import Run, World

Tamper = Callable[[Actor, Any, list[Effect], Context], list[Effect] | None]
"""Given an actor, its message and the effects it asked for: other effects, or None for these."""

MEETING = """
title = "Ada, Bob, Eve and Kim"
because = "Enough happens for every checker to have something to look at."
lasts_s = 85

[[people]]
kind = "visitor"
name = "ada"
leaves_s = 12
walks_mm = [[0, 0], [4000, 0]]
says = [{ at_s = 2, text = "Hello" }, { at_s = 4, text = "Anybody?" }]

[[people]]
kind = "visitor"
name = "bob"
account = true
arrives_s = 1
walks_mm = [[1000, 5000], [1000, 0]]
says = [{ at_s = 3, text = "Me" }]

[[people]]
kind = "visitor"
name = "eve"
arrives_s = 2
moves = [{ at_s = 9, space = "post:host/harbour:main" }]

[[people]]
kind = "visitor"
name = "kim"
arrives_s = 3
walks_mm = [[0, 0], [0, 2000]]

[[people]]
kind = "caller"
name = "fay"
account = true
tokens = 200
phones = [{ at_s = 5, to = "sol", ends_s = 20 }]

[[people]]
kind = "caller"
name = "sol"
account = true

[[payers]]
name = "fan"
count = 3
pays_every_s = 0.5

[expect.at_end]
present = ["bob", "eve", "kim", "fay", "sol"]
messages = 3
met = [["ada", "bob"], ["bob", "eve"]]
"""


CALL = """
title = "Fay calls Sol"
because = "Two blocks and a bit: enough to get every one of them wrong."
lasts_s = 170

[[people]]
kind = "caller"
name = "fay"
account = true
tokens = 400
phones = [{ at_s = 5, to = "sol", ends_s = 80 }]

[[people]]
kind = "caller"
name = "sol"
account = true
"""


def story(text: str = MEETING, **changes: str) -> Scenario:
    """Return a scenario; each change replaces the value of one top-level line."""
    for key, value in changes.items():
        lines = [line for line in text.splitlines() if not line.startswith(f"{key} =")]
        text = "\n".join([f"{key} = {value}", *lines])
    return read(text, path="story.toml")


def run(scenario: Scenario, seed: int = 1, checkers: Sequence[type[Checker]] = ALL) -> Run:
    """Play a scenario with the product as it is."""
    return World(scenario, seed, checkers=checkers).run()


def run_with_bug(
    scenario: Scenario, kind: str, tamper: Tamper, checkers: Sequence[type[Checker]]
) -> Run:
    """Play a scenario in which actors of one kind do what `tamper` makes of their decisions."""
    kinds = [_tampered(one, tamper) if one.name == kind else one for one in _product()]
    return World(scenario, 1, kinds=kinds, checkers=checkers).run()


def _product() -> tuple[Kind, ...]:
    return product_kinds(ActorSettings())


def _tampered(kind: Kind, tamper: Tamper) -> Kind:
    def build(birth: Birth) -> Actor:
        actor = kind.build(birth)
        honest = actor.handle

        def handle(message: Any, ctx: Context) -> None:
            honest(message, ctx)
            effects = tamper(actor, message, list(ctx.effects), ctx)
            if effects is not None:
                ctx.effects[:] = effects

        actor.handle = handle  # type: ignore[method-assign]
        return actor

    return replace(kind, build=build)
