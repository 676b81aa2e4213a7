"""What is told about a committed group of transfers. Pure, so a group is told the same for ever.

A group is one event at most, of the type that its transfers' kinds give. What only reserves tells
nothing, but for a cash-out, which is asked for by reserving.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from actors.ledger.book import Entry
from actors.ledger.transfer import Transfer, derived_id
from actors.wire_time import iso_utc

PING: Final = "ping"
"""What an endpoint is sent to try it; nobody asks for it by type."""

EVENT_TYPES: Final = (
    "tip.given", "ticket.sold", "call.charged", "microphone.charged", "premium.bought",
    "tokens.bought", "subscription.paid", "payment.received", "credit.granted",
    "credit.paid_back", "earnings.released", "debt.paid", "payout.requested", "payout.paid",
    "payout.cancelled", "sale.refunded", "dispute.opened", "dispute.resumed", "dispute.lost",
    "money.moved",
)  # fmt: skip
"""Every type there is; `money.moved` is of groups that no other name fits."""

_BY_KIND: Final = {
    "tip": "tip.given",
    "seat": "ticket.sold",
    "space_seat": "ticket.sold",
    "call": "call.charged",
    "microphone": "microphone.charged",
    "space_premium": "premium.bought",
    "purchase": "tokens.bought",
    "subscription": "subscription.paid",
    "invoice_payment": "payment.received",
    "credit_paid_back": "credit.paid_back",
    "refund": "sale.refunded",
    "seat_back": "sale.refunded",
    "space_seat_back": "sale.refunded",
    "debt": "debt.paid",
    "credit": "credit.granted",
}
"""The first of these that a group has a transfer of is what it is about."""

_QUIET: Final = ("seats_issued", "right_issued", "promo_issued", "promo_use", "invoice")
"""Kinds that alone are news to nobody: promises and their units."""

_SHOWN: Final = (
    "from", "to", "block", "stream", "sale", "tier", "period", "space_type", "space_id",
)  # fmt: skip
"""What of a transfer's details both sides may know."""

_MONEY: Final = ("user:", "creator:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A committed command and its entries, in order."""

    command_id: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What is told of a group.

    Attributes:
        id: follows from the command's; the same for ever.
        aggregate: what it is about, such as `call:<id>`; told in order within it.
        parties: the accounts whose money it touches, sorted.
        facts: what all parties may know.
    """

    id: str
    type: str
    aggregate: str
    at_us: int
    parties: tuple[str, ...]
    facts: dict[str, Any]
    moves: tuple[Transfer, ...]


def event_of(group: Group) -> Event | None:
    """Return what is told of a group; None: nothing."""
    transfers = [entry.transfer for entry in group.entries]
    moves = tuple(each for each in transfers if each.flag in ("plain", "post"))
    found = _payout(transfers) or (_dispute(moves) or _moved(moves) if moves else None)
    if found is None:
        return None
    type_, about, aggregate = found
    facts = _facts(about, transfers)
    if about.flag in ("pending", "void"):  # Nothing has moved; it says how much is meant.
        facts |= {"asset": about.asset, "amount": str(about.amount)}
    return Event(
        id=derived_id(group.command_id, "event"),
        type=type_,
        aggregate=aggregate or about.ref or f"command:{group.command_id}",
        at_us=group.entries[0].at_us,
        parties=_parties(moves or transfers),
        facts=facts,
        moves=moves,
    )


def body_until_seq(event: Event, account: str | None) -> str:
    """Return an event's JSON as an account is told it, up to its number; None: all of it.

    An account sees what changed in accounts of its own; an operator every movement.
    """
    data: dict[str, Any] = dict(event.facts)
    if account is None:
        data["moves"] = [_move(each) for each in event.moves]
    else:
        data["changes"] = _changes(event.moves, account)
    said = {
        "id": event.id,
        "type": event.type,
        "created_at": iso_utc(event.at_us),
        "account": account,
        "data": data,
        "aggregate": event.aggregate,
    }
    return json.dumps(said, separators=(",", ":"), ensure_ascii=False)[:-1] + ',"seq":'


def ping_until_seq(event_id: str, at_us: int, account: str | None, aggregate: str) -> str:
    """Return the JSON of a ping up to its number."""
    ping = Event(
        id=event_id, type=PING, aggregate=aggregate, at_us=at_us, parties=(), facts={}, moves=()
    )
    return body_until_seq(ping, account)


def body_of(until_seq: str, seq: int) -> bytes:
    """Return the whole body; its number comes last, so that the store can count."""
    return f"{until_seq}{seq}}}".encode()


_Found = tuple[str, Transfer, str | None]
"""The type, the transfer that says what it is about, and the aggregate where that is not its ref.
"""


def _payout(transfers: Sequence[Transfer]) -> _Found | None:
    types = {
        "pending": "payout.requested",
        "post": "payout.paid",
        "void": "payout.cancelled",
    }
    for each in transfers:
        if each.kind == "payout" and each.flag in types:
            return types[each.flag], each, None
    return None


def _dispute(moves: Sequence[Transfer]) -> _Found | None:
    """Tell a dispute's steps apart by where money goes: in, back out, or on to who had paid."""
    into = [each for each in moves if _frozen_sale(each.credit)]
    out = [each for each in moves if _frozen_sale(each.debit)]
    fees = [each for each in moves if each.kind == "dispute_fee"]
    about = next(iter((*into, *out, *fees)), None)
    if about is None:
        return None
    sale = _frozen_sale(about.credit) or _frozen_sale(about.debit)
    aggregate = f"dispute:{sale}" if sale else None
    if into and not out:
        return "dispute.opened", about, aggregate
    resumed = not fees and all(each.ref.startswith("dispute:") for each in moves)
    return "dispute.resumed" if resumed else "dispute.lost", about, aggregate


def _frozen_sale(account: str) -> str | None:
    """Return the sale whose share lies in an account; None: it is no such account."""
    if not account.startswith("creator:") or ":frozen/" not in account:
        return None
    return account.partition(":frozen/")[2]


def _moved(moves: Sequence[Transfer]) -> _Found | None:
    for each in moves:
        if each.kind.endswith("_release"):  # Part of it may pay a debt.
            return "earnings.released", each, None
    for kind, type_ in _BY_KIND.items():
        for each in moves:
            if each.kind == kind:
                return type_, _paid_for(each, moves), None
    for each in moves:
        if each.asset == "DUE" and each.credit.endswith("/settled"):
            return "subscription.paid", each, None
    loud = [each for each in moves if each.kind not in _QUIET]
    return ("money.moved", loud[0], None) if loud else None


def _paid_for(about: Transfer, moves: Sequence[Transfer]) -> Transfer:
    """Return a ticket's payment in place of its seat: it says more."""
    paid = [each for each in moves if each.kind == "ticket" and about.kind.endswith("seat")]
    return paid[0] if paid else about


def _parties(moves: Sequence[Transfer]) -> tuple[str, ...]:
    owners = {_owner(name) for each in moves for name in (each.debit, each.credit)}
    payers = {each.details.get("from") for each in moves if each.kind == "subscription"}
    users = {each.details.get("account") for each in moves if each.kind == "promo_use"}
    return tuple(sorted(each for each in owners | payers | users if each))


def _owner(account: str) -> str | None:
    """Return the person whose account this is: `user:ada:main`, `seats:<sale>:ada`."""
    parts = account.split(":")
    if len(parts) < 3:
        return None
    if parts[0] in ("user", "creator"):
        return parts[1]
    if parts[0] == "seats" and not parts[2].startswith("."):
        return parts[2]
    return None


def _facts(about: Transfer, moves: Sequence[Transfer]) -> dict[str, Any]:
    facts: dict[str, Any] = {"ref": about.ref} if about.ref else {}
    for each in (about, *moves):
        for name in _SHOWN:
            if name in each.details and name not in facts:
                facts[name] = each.details[name]
    return facts


def _changes(moves: Sequence[Transfer], account: str) -> list[dict[str, str]]:
    """Return what came to and went from an account's own accounts, in order of appearance."""
    sums: Counter[tuple[str, str]] = Counter()
    for each in moves:
        for name, sign in ((each.debit, -1), (each.credit, 1)):
            if name.startswith(_MONEY) and _owner(name) == account:
                sums[name.split(":", 2)[2], each.asset] += sign * each.amount
    return [
        {"account": part, "asset": asset, "amount": str(amount)}
        for (part, asset), amount in sums.items()
        if amount
    ]


def _move(transfer: Transfer) -> dict[str, str]:
    return {
        "kind": transfer.kind,
        "debit": transfer.debit,
        "credit": transfer.credit,
        "asset": transfer.asset,
        "amount": str(transfer.amount),
    }
