"""The rules of disputes, pure: what is frozen, given back to its owner, or to who paid.

What a payee earned by a disputed sale lies in an account of that sale, where neither a release nor
a cash-out finds it: `creator:cleo:frozen/<sale>`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from actors.calls.state import CallFacts
from actors.ledger.accounts import creator, user_main
from actors.ledger.book import Balance, Entry
from actors.ledger.transfer import Command, Transfer, derived_id
from actors.money.commands import REVENUE, SEAT, TOKEN
from actors.money.dispute_records import DisputeKind, DisputeRow
from actors.money.escrow import sale_part

FROZEN_KIND: Final = "dispute"
RESUMED_KIND: Final = "dispute_won"
SPACE_SEAT: Final = "space_seat"


def frozen_account(account: str, sale: str) -> str:
    """Return where what somebody earned by a sale lies while it is disputed."""
    return f"{creator(account, 'frozen')}/{sale}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What was sold: who earned, how much of it, and where that went first.

    Attributes:
        moves: all that moved for it; the blocks of a call are one.
    """

    id: str
    kind: DisputeKind
    account: str
    share: int
    earned_in: str
    details: Mapping[str, Any] = field(repr=False)
    moves: Sequence[Transfer] = field(repr=False)

    @property
    def seat(self) -> tuple[str, str] | None:
        """Where the buyer's seat is; None: it came with none."""
        for move in self.moves:
            if move.asset == SEAT:
                return move.credit, SEAT
        return None

    @property
    def frozen_in(self) -> str:
        return frozen_account(self.account, self.id)

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The accounts whose balances decide."""
        names = (self.earned_in, self.frozen_in, user_main(self.account))
        tokens = tuple((name, TOKEN) for name in dict.fromkeys(names))
        return tokens if self.seat is None else (*tokens, self.seat)


def sale_of(command_id: str, entries: Sequence[Entry]) -> Sale | None:
    """Return what a command sold; None: nothing by which somebody earned tokens."""
    moves = [
        each.transfer for each in sale_part(entries) if each.transfer.flag in ("plain", "post")
    ]
    for sold in moves:
        kind = _kind_of(sold)
        if kind is not None and "creator_cut" in sold.details and int(sold.details["creator_cut"]):
            return Sale(
                id=command_id,
                kind=kind,
                account=sold.details["to"],
                share=sold.amount,
                earned_in=sold.credit,
                details=sold.details,
                moves=moves,
            )
    return None


def call_sale(call: CallFacts, entries: Iterable[Entry]) -> Sale | None:
    """Return what a call that is over has sold, all its blocks together; None: nothing.

    Args:
        call: it is over.
        entries: of the commands that paid its blocks.
    """
    payee = user_main(call.creator)
    sums: Counter[str] = Counter({payee: 0})
    for entry in entries:
        if entry.transfer.flag in ("plain", "post"):
            sums[entry.transfer.credit] += entry.transfer.amount
    if not sums[payee]:
        return None
    moves = [
        Transfer(
            id=derived_id(call.id, credit),
            kind="call",
            debit=user_main(call.fan),
            credit=credit,
            asset=TOKEN,
            amount=amount,
            ref=f"call:{call.id}",
        )
        for credit, amount in sums.items()
    ]
    return Sale(
        id=call.id,
        kind="call",
        account=call.creator,
        share=sums[payee],
        earned_in=payee,
        details={},
        moves=moves,
    )


def _kind_of(sold: Transfer) -> DisputeKind | None:
    if sold.kind == "tip":
        return "tip"
    if sold.kind == "microphone":
        return "microphone"
    if sold.kind == "ticket":
        return "stream_ticket" if sold.ref.startswith("stream:") else "space_ticket"
    return None


@dataclass(frozen=True, slots=True)
class Balances:
    """What accounts have now."""

    of: Mapping[tuple[str, str], Balance]

    def has(self, account: str, asset: str = TOKEN) -> int:
        """Return what can be taken out of an account."""
        return max(0, self.of.get((account, asset), Balance()).available)

    def is_held(self, sale: Sale) -> bool:
        """Return whether the sale still stands: its seat, if there is one, is the buyer's."""
        return sale.seat is None or self.has(*sale.seat) > 0


def freeze_command(id_: str, row: DisputeRow, sale: Sale, balances: Balances) -> Command | None:
    """Return the command that freezes a share; None: all of it is spent.

    Out of its escrow, whole; where it was released, out of the payee's wallet as far as that goes.
    """
    source, amount = sale.earned_in, sale.share
    if balances.has(source) < amount:
        source = user_main(sale.account)
        amount = min(amount, balances.has(source))
    if not amount:
        return None
    return _command(id_, [_Move(FROZEN_KIND, source, sale.frozen_in, amount)], row)


def resume_command(
    id_: str, row: DisputeRow, sale: Sale, balances: Balances, origin: str
) -> Command | None:
    """Return the command that puts what is frozen back to where it was; None: nothing is."""
    moves = _resumed(row, sale, balances, origin)
    return _command(id_, moves, row) if moves else None


def lost_command(
    id_: str, row: DisputeRow, sale: Sale, balances: Balances, origin: str, fee: int
) -> Command | None:
    """Return the command that gives a sale back, every movement the other way round; None: nothing.

    The payee's share is what is frozen, then their wallet, and what is missing is their debt; the
    fee is the same. A sale that was given back meanwhile is not given back again: what is frozen
    is the payee's then.
    """
    main, debt = user_main(sale.account), creator(sale.account, "debt")
    moves: list[_Move] = []
    left = balances.has(main)

    def take(kind: str, to: str, amount: int) -> None:
        nonlocal left
        there = min(left, amount)
        left -= there
        moves.append(_Move(kind, main, to, there))
        moves.append(_Move(kind, debt, to, amount - there))

    if balances.is_held(sale):
        take(FROZEN_KIND, sale.frozen_in, sale.share - balances.has(sale.frozen_in))
        moves += [_back(sale, sold) for sold in sale.moves]
    else:
        moves += _resumed(row, sale, balances, origin)
    take("dispute_fee", REVENUE, fee)
    moves = [move for move in moves if move.amount]
    return _command(id_, moves, row) if moves else None


@dataclass(frozen=True, slots=True)
class _Move:
    kind: str
    debit: str
    credit: str
    amount: int
    asset: str = TOKEN
    ref: str | None = None
    details: Mapping[str, str | int] = field(default_factory=dict)


def _resumed(row: DisputeRow, sale: Sale, balances: Balances, origin: str) -> list[_Move]:
    frozen = balances.has(sale.frozen_in)
    if not frozen:
        return []
    if origin == user_main(sale.account):  # It was earned before: `refund` is no earning.
        return [_Move("refund", sale.frozen_in, origin, frozen)]
    details = {"frozen_at_us": row.opened_at_us, "resumed_at_us": row.closed_at_us or 0}
    return [_Move(RESUMED_KIND, sale.frozen_in, origin, frozen, details=details)]


def _back(sale: Sale, sold: Transfer) -> _Move:
    return _Move(
        "refund" if sold.asset == TOKEN else f"{sold.kind}_back",
        sale.frozen_in if sold.credit == sale.earned_in else sold.credit,
        sold.debit,
        sold.amount,
        sold.asset,
        sold.ref,
        {"ticket": sale.id} if sold.kind == SPACE_SEAT else {},
    )


def _command(id_: str, moves: Sequence[_Move], row: DisputeRow) -> Command:
    transfers = tuple(
        Transfer(
            id=derived_id(id_, f"{number}"),
            kind=move.kind,
            debit=move.debit,
            credit=move.credit,
            asset=move.asset,
            amount=move.amount,
            ref=f"dispute:{row.id}" if move.ref is None else move.ref,
            details=dict(move.details),
        )
        for number, move in enumerate(moves)
    )
    return Command(id=id_, transfers=transfers)
