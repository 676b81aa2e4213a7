"""A bug in a call's meter for each invariant of calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from actors.calls.messages import EndCall, SaveCall
from actors.ledger.messages import LEDGER, Post
from actors.ledger.transfer import Command, Transfer, derived_id
from engine.actor import Actor
from engine.clock import SECOND_US
from engine.context import Context, Effect
from sim.checkers import Checker, calls
from tests.sim.stories import Tamper


def charge_of(effect: Effect) -> Transfer | None:
    """Return the charge that an effect asks for, if it asks for one."""
    if effect[0] != "ask" or effect[1] != LEDGER or not isinstance(effect[2], Post):
        return None
    transfer = effect[2].command.transfers[0]
    return transfer if transfer.flag == "post" else None


def charging(change: Callable[[Transfer], Transfer]) -> Tamper:
    """Return the bug of getting charges wrong."""

    def tamper(_a: Actor, _m: Any, effects: list[Effect], _c: Context) -> list[Effect]:
        return [wrongly(one) if charge_of(one) else one for one in effects]

    def wrongly(effect: Effect) -> Effect:
        charge = charge_of(effect)
        assert charge is not None
        post = Post(command=Command(id=charge.id, transfers=(change(charge),)))
        return (*effect[:2], post, *effect[3:])

    return tamper


def saving(change: Callable[[SaveCall], SaveCall]) -> Tamper:
    """Return the bug of writing something else down."""

    def tamper(_a: Actor, _m: Any, effects: list[Effect], _c: Context) -> list[Effect]:
        return [
            ("io", one[1], change(one[2]), one[3])
            if one[0] == "io" and isinstance(one[2], SaveCall)
            else one
            for one in effects
        ]

    return tamper


def charges_more(_a: Actor, _m: Any, effects: list[Effect], _c: Context) -> list[Effect]:
    """Charge three more blocks with every block."""
    more = []
    for charge in filter(None, map(charge_of, effects)):
        for number in (7, 8, 9):
            extra = replace(
                charge,
                id=derived_id(charge.id, f"{number}"),
                flag="plain",
                pending_id=None,
                details={"block": number},
            )
            post = Post(command=Command(id=extra.id, transfers=(extra,)))
            more.append(("ask", LEDGER, post, ("charge", number, 0, 0), SECOND_US))
    return [*effects, *more]


def holds_for_ever(
    _actor: Actor, message: Any, effects: list[Effect], _ctx: Context
) -> list[Effect] | None:
    """Reserve something when the call is over."""
    if not isinstance(message, EndCall):
        return None
    (saved,) = (one[2] for one in effects if one[0] == "io" and isinstance(one[2], SaveCall))
    facts = saved.facts
    hold = Transfer(
        id=derived_id(facts.id, "for ever"),
        kind="call",
        debit=f"user:{facts.fan}:main",
        credit=f"user:{facts.creator}:main",
        asset="TOK",
        amount=1,
        flag="pending",
        ref=f"call:{facts.id}",
    )
    post = Post(command=Command(id=hold.id, transfers=(hold,)))
    return [*effects, ("ask", LEDGER, post, ("hold", 99, 0, 0), SECOND_US)]


def next_block(charge: Transfer) -> Transfer:
    """Return the charge as one of another block."""
    return replace(charge, details={**charge.details, "block": 1 + charge.details["block"] // 2})


def longer(save: SaveCall) -> SaveCall:
    """Return what is saved with intervals that began before both were there."""
    earlier = (replace(one, started_us=one.started_us - 20 * SECOND_US) for one in save.intervals)
    return replace(save, intervals=tuple(earlier))


def early(save: SaveCall) -> SaveCall:
    """Return what is saved with blocks that were due a block too soon."""
    blocks = (replace(one, due_us=one.due_us - 30 * SECOND_US) for one in save.blocks)
    return replace(save, blocks=tuple(blocks))


def other_hold(save: SaveCall) -> SaveCall:
    """Return what is saved with blocks that nothing was reserved for."""
    return replace(save, blocks=tuple(replace(one, generation=7) for one in save.blocks))


CALL_BUGS: list[tuple[type[Checker], str, Tamper]] = [
    (
        calls.BlocksAreShared,
        "call",
        charging(
            lambda charge: replace(charge, credit="platform:revenue", flag="plain", pending_id=None)
        ),
    ),
    (calls.EachBlockOnce, "call", charging(next_block)),
    (calls.ChargesAddUp, "call", charging(lambda charge: replace(charge, amount=47))),
    (calls.OnlyProvedTimeCounts, "call", saving(longer)),
    (calls.NoBlockWithoutHold, "call", saving(other_hold)),
    (calls.CrashesCostNobody, "call", charges_more),
    (calls.OneMeterInPower, "call", saving(lambda save: replace(save, blocks=()))),
    (calls.NothingStaysHeld, "call", holds_for_ever),
    (calls.NothingIsDueEarly, "call", saving(early)),
]
