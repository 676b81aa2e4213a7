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
props = 2
walks_mm = [[0, 0], [4000, 0]]
says = [{ at_s = 2, text = "Hello" }, { at_s = 4, text = "Anybody?" }]

[[people]]
kind = "visitor"
name = "bob"
account = true
arrives_s = 1
props = 2
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
props = 1
poses = "binary"
walks_mm = [[0, 0], [0, 2000]]

[[people]]
kind = "caller"
name = "ring"
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

[[people]]
kind = "creator"
name = "cleo"
account = true
visits = false
sells = { price = 5, seats = 1 }

[[people]]
kind = "fan"
name = "fay"
account = true
arrives_s = 1.5
tokens = 50
watches = ["cleo"]
tips = [{ at_s = 6, to = "cleo", tokens = 7 }]
buys_seats = [{ at_s = 7, of = "cleo" }]

[[people]]
kind = "fan"
name = "fred"
account = true
visits = false
tokens = 20
buys_seats = [{ at_s = 8, of = "cleo" }]

[expect.at_end]
wallets = { cleo = 12, fay = 38, fred = 20, ring = 150, sol = 50 }
seats_sold = { cleo = 1 }
present = ["bob", "eve", "fay", "kim", "ring", "sol"]
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


HALL = """
title = "Bob has a hall"
because = "Modes, a microphone with a queue, mutes, and somebody who leaves with a role."
lasts_s = 90

[standings]
bob = ["admin"]
sue = ["subscriber"]

[[people]]
kind = "visitor"
name = "bob"
account = true
walks_mm = [[0, 0], [3000, 0]]
does = [
    { at_s = 2, event = "microphone-create", with = { microphone_name = "main" } },
    { at_s = 18, event = "audio-mode", with = { audio_mode = "announcement" } },
    { at_s = 18.5, event = "speaker-take" },
    { at_s = 22, event = "audio-mode", with = { audio_mode = "stage" } },
    { at_s = 26, event = "audio-mode", with = { audio_mode = "superambient" } },
    { at_s = 33, event = "audio-mode", with = { audio_mode = "ambient" } },
]

[[people]]
kind = "visitor"
name = "ann"
account = true
arrives_s = 0.5
leaves_s = 30
walks_mm = [[1000, 1000], [1000, 4000]]
does = [
    { at_s = 5, event = "microphone-request", with = { microphone = "main" } },
    { at_s = 9, event = "microphone-release", with = { microphone = "main" } },
    { at_s = 24, event = "microphone-request", with = { microphone = "main" } },
]

[[people]]
kind = "visitor"
name = "tom"
account = true
arrives_s = 0.7
walks_mm = [[2000, 1000], [9000, 1000]]
talks_s = 3
does = [{ at_s = 6, event = "microphone-request", with = { microphone = "main" } }]

[[people]]
kind = "visitor"
name = "sue"
account = true
arrives_s = 0.9
walks_mm = [[2000, 2000], [2000, 2500]]
talks_s = 3
does = [
    { at_s = 7, event = "microphone-request", with = { microphone = "main" } },
    { at_s = 8, event = "person-mute", with = { target_user = "tom" } },
]

[[people]]
kind = "visitor"
name = "gus"
arrives_s = 1
walks_mm = [[30000, 0], [0, 0]]

[expect.at_end]
present = ["bob", "tom", "sue", "gus"]
audio_mode = "ambient"
speakers = ["bob", "bob"]
held = ["ann", "sue", "tom", "ann"]
"""

EARNING = """
title = "Cleo earns a tip and has it paid out"
because = "A share waits, is released, is reserved and is paid."
lasts_s = 120

[money.policies.tip]
remainder_to = "creator"
release = "20s"

[money.token_sale]
packs = { "9.99 USD" = 100 }
cashout_lock = "0d"
cashout_min = 1

[[people]]
kind = "creator"
name = "cleo"
account = true
visits = false
cashes_out = [{ at_s = 30, tokens = 10 }, { at_s = 40, tokens = 15 }]

[[people]]
kind = "fan"
name = "fay"
account = true
visits = false
arrives_s = 1
tokens = 50
tips = [{ at_s = 5, to = "cleo", tokens = 30 }]

[expect.at_end]
wallets = { cleo = 5, fay = 20 }
"""

SUBSCRIBING = """
title = "Three want one code, and one pays too much"
because = "Enough happens for the checkers of subscriptions."
lasts_s = 400
quiet_s = 300

[[promo_codes]]
code = "SPRING"
percent = 20
max_uses = 1

[[people]]
kind = "fan"
name = "ann"
count = 3
account = true
visits = false
subscribes = [
    { at_s = 2, tier = "basic", code = "SPRING" }, { at_s = 9, tier = "pro", pays = 150 },
]
"""


BOOTH = """
title = "Bob sells a seat and time at a microphone"
because = "One of two gets the seat and has it back; Tim's tokens last for two minutes."
lasts_s = 260
owner = "bob"

[standings]
bob = ["admin"]

[[people]]
kind = "creator"
name = "bob"
account = true
tokens = 250
sells_tickets = { at_s = 2, price = 20, seats = 1 }
calls_off_s = 30
buys_premium_s = [40, 60, 80]

[[people.does]]
at_s = 2
event = "microphone-create"
with = { microphone_name = "main", price_minor = 30, price_currency = "TOK", price_per = "minute" }

[[people]]
kind = "fan"
name = "ann"
account = true
tokens = 50
arrives_s = 0.5
buys_ticket_s = 12

[[people]]
kind = "fan"
name = "amy"
account = true
tokens = 50
arrives_s = 0.6
buys_ticket_s = 13

[[people]]
kind = "fan"
name = "tim"
account = true
tokens = 65
arrives_s = 0.7
does = [{ at_s = 20, event = "microphone-request", with = { microphone = "main" } }]

[[people]]
kind = "fan"
name = "una"
account = true
tokens = 100
arrives_s = 0.8
talks_s = 20
does = [{ at_s = 25, event = "microphone-request", with = { microphone = "main" } }]

[expect.at_end]
wallets = { ann = 50, amy = 50, tim = 5, una = 90 }
held = ["tim", "una"]
"""


DISPUTING = """
title = "Cleo's tips are disputed"
because = "One is won and one is lost that she has spent: she pays it back from what comes."
lasts_s = 130

[money.policies.tip]
remainder_to = "creator"
release = "5s"

[money.token_sale]
packs = { "9.99 USD" = 100 }
cashout_lock = "0s"
cashout_min = 1

[money.disputes]
fee = 3

[[people]]
kind = "creator"
name = "cleo"
account = true
visits = false
tips = [{ at_s = 20, to = "dora", tokens = 40 }]
takes_out = [{ at_s = 45, tokens = 1 }, { at_s = 46, tokens = 1 }]
looks_s = [6.5, 7, 12, 18, 40]
sells = { price = 20, seats = 3 }

[[people]]
kind = "creator"
name = "dora"
account = true
visits = false

[[people]]
kind = "fan"
name = "fay"
account = true
visits = false
tokens = 200
tips = [
    { at_s = 5, to = "cleo", tokens = 40 }, { at_s = 6, to = "cleo", tokens = 10 },
    { at_s = 30, to = "cleo", tokens = 30 },
]
buys_seats = [{ at_s = 43, of = "cleo" }]

[[people]]
kind = "operator"
name = "opal"
account = true
visits = false

[[people.disputes]]
at_s = 8
of = "tip"
by = "fay"
number = 1
payee = "cleo"
decided_s = 15
verdict = "won"

[[people.disputes]]
at_s = 24
of = "tip"
by = "fay"
payee = "cleo"
decided_s = 28
"""


TELLING = """
title = "Cleo is told of her money"
because = "A receiver that is down, fails and loses an answer, and two tickets of one stream."
lasts_s = 150
quiet_s = 110

[[people]]
kind = "creator"
name = "cleo"
account = true
visits = false
sells = { price = 5, seats = 3 }

[[people]]
kind = "creator"
name = "dora"
account = true
visits = false

[[people]]
kind = "fan"
name = "fay"
count = 3
account = true
visits = false
arrives_s = 1
tokens = 50
tips = [
    { at_s = 6, to = "cleo", tokens = 7 }, { at_s = 12, to = "dora", tokens = 1 },
    { at_s = 25, to = "cleo", tokens = 7 },
]
buys_seats = [{ at_s = 9, of = "cleo" }]

[[webhooks]]
owner = "cleo"
at_s = 2
down_s = [[8, 14]]
loses = 0.3
rotates_s = [20]

[[webhooks]]
owner = "opal"
all = true
fails = 0.2
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
    kinds = [_tampered(one, tamper) if one.name == kind else one for one in _product(scenario)]
    return World(scenario, 1, kinds=kinds, checkers=checkers).run()


def _product(scenario: Scenario) -> tuple[Kind, ...]:
    policy = ActorSettings(system_admins=scenario.operators)
    if scenario.money is not None:
        policy = replace(policy, money=scenario.money)
    return product_kinds(policy)


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
