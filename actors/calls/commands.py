"""The ledger commands of a call, a pure function of (call, block, generation): a retry is the same.

Every charge of a block has the one transfer id of (call, block), in whatever command it comes, so
two meters, a retry and a cron job can charge it once between them. A block that others share in is
let go of its hold and taken from the fan in one command: a hold is for one account.
"""

from __future__ import annotations

from typing import Any, Final

from actors.calls.metering import MeterPolicy
from actors.calls.state import Block, CallFacts
from actors.ledger.accounts import user_main
from actors.ledger.transfer import Command, Transfer, derived_id, one
from actors.money.split import PAYEE
from engine.clock import SECOND_US

TOKEN: Final = "TOK"  # noqa: S105 - an asset's code
LEASE_US: Final = 45 * SECOND_US
"""A hold outlives its block by this: within it a fallen meter is replaced and charges it."""


def hold_id(call_id: str, block: int, generation: int) -> str:
    """Return the id of the transfer that reserves a block."""
    return derived_id(call_id, f"hold/{block}/{generation}")


def block_id(call_id: str, block: int) -> str:
    """Return the id of the transfer that pays a block."""
    return derived_id(call_id, f"block/{block}")


def block_commands(call_id: str, block: int) -> tuple[str, ...]:
    """Return the ids of the commands of which one has paid a block: to its hold, or late."""
    id_ = block_id(call_id, block)
    return id_, derived_id(id_, "shared"), derived_id(id_, "late")


def hold_timeout_us(policy: MeterPolicy) -> int:
    """Return how long a hold lasts when nobody comes back for it."""
    return policy.block_us + LEASE_US


def hold_command(
    facts: CallFacts, block: int, generation: int, amount: int, policy: MeterPolicy, attempt: str
) -> Command:
    """Return the command that reserves a block; each attempt after a refusal is a new command."""
    hold = _hold(facts, block, generation, amount, policy)
    return Command(id=derived_id(hold.id, attempt) if attempt else hold.id, transfers=(hold,))


def renewal_command(
    facts: CallFacts, block: int, generation: int, amount: int, policy: MeterPolicy
) -> Command:
    """Return the command that puts a hold in the place of its predecessor, without a gap."""
    hold = _hold(facts, block, generation, amount, policy)
    void = _void(facts, block, generation - 1, amount)
    return Command(id=derived_id(hold.id, "renew"), transfers=(void, hold))


def void_command(facts: CallFacts, block: int, generation: int, amount: int) -> Command:
    """Return the command that lets a hold go."""
    return one(_void(facts, block, generation, amount))


def charge_command(facts: CallFacts, block: Block, held: int) -> Command:
    """Return the command that charges a due block to its hold, which is of `held` tokens."""
    if not block.shares:
        return one(_charge(facts, block, held=True))
    id_ = block_id(facts.id, block.number)
    hold = hold_id(facts.id, block.number, block.generation)
    void = Transfer(
        id=derived_id(id_, "hold"), amount=held, flag="void", pending_id=hold, **_way(facts)
    )
    return Command(id=derived_id(id_, "shared"), transfers=(void, *_shared(facts, block)))


def late_command(facts: CallFacts, block: Block) -> Command:
    """Return the command that charges a due block whose hold has expired."""
    charges = _shared(facts, block) if block.shares else (_charge(facts, block, held=False),)
    return Command(id=derived_id(charges[0].id, "late"), transfers=charges)


def _hold(
    facts: CallFacts, block: int, generation: int, amount: int, policy: MeterPolicy
) -> Transfer:
    return Transfer(
        id=hold_id(facts.id, block, generation),
        amount=amount,
        flag="pending",
        timeout_us=hold_timeout_us(policy),
        **_way(facts),
    )


def _void(facts: CallFacts, block: int, generation: int, amount: int) -> Transfer:
    held = hold_id(facts.id, block, generation)
    return Transfer(
        id=derived_id(held, "void"), amount=amount, flag="void", pending_id=held, **_way(facts)
    )


def _charge(facts: CallFacts, block: Block, *, held: bool) -> Transfer:
    return Transfer(
        id=block_id(facts.id, block.number),
        amount=block.amount,
        flag="post" if held else "plain",
        pending_id=hold_id(facts.id, block.number, block.generation) if held else None,
        details=_details(facts, block),
        **_way(facts),
    )


def _shared(facts: CallFacts, block: Block) -> tuple[Transfer, ...]:
    """Return a transfer a share, the creator's first; the first says in its details all of it."""
    id_ = block_id(facts.id, block.number)
    shares = sorted(block.shares, key=lambda share: share.party != PAYEE)
    way = _way(facts)
    return tuple(
        Transfer(
            **way
            | {
                "id": derived_id(id_, share.party) if number else id_,
                "kind": "call_share" if number else "call",
                "credit": way["credit"] if share.party == PAYEE else share.party,
                "amount": share.amount,
                "details": {} if number else _details(facts, block),
            }
        )
        for number, share in enumerate(shares)
    )


def _details(facts: CallFacts, block: Block) -> dict[str, Any]:
    return {
        "call": facts.id,
        "block": block.number,
        "from": facts.fan,
        "to": facts.creator,
        "amount": str(block.amount),
        "creator_cut": str(block.creator_cut),
    }


def _way(facts: CallFacts) -> dict[str, Any]:
    return {
        "kind": "call",
        "debit": user_main(facts.fan),
        "credit": user_main(facts.creator),
        "asset": TOKEN,
        "ref": f"call:{facts.id}",
    }
