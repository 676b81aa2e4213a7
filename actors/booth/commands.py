"""The ledger commands of a booth: pure, and the same for a retry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from actors.ledger.accounts import creator, user_main
from actors.ledger.book import Balance, Entry
from actors.ledger.transfer import Command, Transfer, derived_id, one
from actors.money.commands import RIGHT, SEAT, SEATS_ISSUED, TOKEN, charged, seat_account, seat_pool
from actors.money.escrow import released_to
from actors.money.policy import Policy
from actors.money.space_records import SaleRow, Sharing
from actors.money.split import PAYEE, Split
from engine.clock import MINUTE_US

SEAT_SOLD: Final = "space_seat"
SEAT_BACK: Final = "space_seat_back"
TICKET: Final = "ticket"
MICROPHONE: Final = "microphone"
HOLD: Final = "microphone_hold"

HOLD_US: Final = 11 * MINUTE_US
"""A unit is a minute at most; a node that is away for ten more has lost it."""

ESCROW: Final = ":escrow/"
NOBODY: Final = "platform"
"""Who is paid where a space belongs to nobody."""


def space_policy(policy: Policy, payee: str | None, sharing: Sharing | None) -> Policy:
    """Return who shares in what a space takes in.

    Without a payee all of it is the platform's.
    """
    if payee is None:
        return Policy(split=Split(remainder_to="platform:revenue"))
    if sharing is None:
        return policy
    split = replace(
        policy.split,
        parts=(("platform:revenue", sharing.platform_bps), (PAYEE, sharing.creator_bps)),
    )
    return replace(policy, split=split)


def about(space_type: str, space_id: str, owner: str | None) -> dict[str, Any]:
    """Return the details by which a payment is found as its space's."""
    facts: dict[str, Any] = {"space_type": space_type, "space_id": space_id}
    if owner is not None:
        facts["space_owner"] = owner
    return facts


# Tickets.


def space_ticket_command(ticket: str, policy: Policy, sale: SaleRow, buyer: str) -> Command:
    """Return the command that sells a ticket: right, seat and tokens, all of it or nothing."""
    ref, seat = f"ticket:{sale.id}", seat_account(sale.id, buyer)
    facts = {"sale": sale.id, "account": buyer, "price": str(sale.price)}
    pool = seat_pool(sale.id) if sale.seats is not None else SEATS_ISSUED
    moves = (
        _move(ticket, "right", "right_used", RIGHT, (seat, f"seats:{sale.id}:.used"), ref, {}),
        _move(ticket, "seat", SEAT_SOLD, SEAT, (pool, seat), ref, facts),
    )
    paid: tuple[Transfer, ...] = ()
    if sale.price:
        paid = charged(
            ticket,
            TICKET,
            policy,
            payer=buyer,
            payee=sale.payee or NOBODY,
            amount=sale.price,
            ref=ref,
            details={**facts, **about(sale.space_type, sale.space_id, sale.payee)},
        )
    return Command(id=ticket, transfers=moves + paid)


def _move(command_id: str, name: str, kind: str, asset: str, way: tuple[str, str], ref: str,
          details: dict[str, Any]) -> Transfer:  # fmt: skip
    return Transfer(
        id=derived_id(command_id, name), kind=kind, debit=way[0], credit=way[1], asset=asset,
        amount=1, ref=ref, details=details,
    )  # fmt: skip


def refund_id(ticket: str, attempt: int) -> str:
    """Return the id of an attempt to give a ticket back; the seat itself keeps it to one."""
    return derived_id(ticket, f"refund/{attempt}")


def give_back_command(
    refund: str,
    ticket: str,
    entries: Sequence[Entry],
    balances: Mapping[tuple[str, str], Balance],
    payee: str | None,
) -> Command:
    """Return the command that takes a whole sale back, every movement the other way round.

    A share still in escrow comes from there and nowhere else. One that was released comes from its
    payee's wallet as far as that goes; what is missing is their debt, which later earnings pay. A
    seat that is no longer there makes the ledger refuse all of it.
    """
    transfers: list[Transfer] = []
    for entry in entries:
        sold = entry.transfer
        back = Transfer(
            id=derived_id(refund, f"{len(transfers)}"),
            kind="refund" if sold.kind.startswith(TICKET) else f"{sold.kind}_back",
            debit=sold.credit,
            credit=sold.debit,
            asset=sold.asset,
            amount=sold.amount,
            ref=sold.ref,
            details={"ticket": ticket} if sold.kind == SEAT_SOLD else {},
        )
        transfers += _from_payee(back, balances, payee)
    return Command(id=refund, transfers=tuple(transfers))


def _from_payee(
    back: Transfer, balances: Mapping[tuple[str, str], Balance], payee: str | None
) -> list[Transfer]:
    def has(account: str) -> int:
        return balances.get((account, back.asset), Balance()).available

    if payee is None or back.asset != TOKEN:
        return [back]
    main = user_main(payee)
    if ESCROW in back.debit:
        if has(back.debit) >= back.amount:
            return [back]
        back = replace(back, debit=released_to(payee, back.asset))
    if back.debit != main:
        return [back]
    there = min(back.amount, max(has(main), 0))
    parts = [replace(back, amount=there)] if there else []
    if there < back.amount:
        owed = replace(
            back,
            id=derived_id(back.id, "debt"),
            kind="refund",
            debit=creator(payee, "debt"),
            amount=back.amount - there,
        )
        parts.append(owed)
    return parts


# Microphones.


def hold_credit_command(hold: str, account: str, amount: int, microphone_id: str) -> Command:
    """Return the command that reserves one unit; it lapses by itself."""
    return one(_hold(hold, account, amount, microphone_id))


def _hold(hold: str, account: str, amount: int, microphone_id: str) -> Transfer:
    return Transfer(
        id=hold,
        kind=HOLD,
        debit=user_main(account),
        credit="platform:revenue",
        asset=TOKEN,
        amount=amount,
        flag="pending",
        timeout_us=HOLD_US,
        ref=f"{MICROPHONE}:{microphone_id}",
    )


def charge_id(hold: str) -> str:
    """Return the id of the one command that ends a reservation."""
    return derived_id(hold, "charge")


def charge_credit_command(
    hold: str,
    policy: Policy,
    *,
    account: str,
    payee: str | None,
    held: int,
    amount: int,
    microphone_id: str,
    details: dict[str, Any],
) -> Command:
    """Return the command that lets a reservation go and takes `amount` of it, in one."""
    id_ = charge_id(hold)
    freed = replace(
        _hold(hold, account, held, microphone_id),
        id=derived_id(id_, "void"),
        flag="void",
        pending_id=hold,
        timeout_us=None,
    )
    paid: tuple[Transfer, ...] = ()
    if amount:
        paid = charged(
            id_,
            MICROPHONE,
            policy,
            payer=account,
            payee=payee or NOBODY,
            amount=amount,
            ref=f"{MICROPHONE}:{microphone_id}",
            details=details,
        )
    return Command(id=id_, transfers=(freed, *paid))
