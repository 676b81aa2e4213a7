"""The ledger commands of tips, tickets, purchases and cash-outs: pure, and the same for a retry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from actors.ledger.accounts import creator, user_main
from actors.ledger.transfer import Command, Transfer, derived_id
from actors.money.escrow import earnings_account
from actors.money.netting import Payment
from actors.money.policy import Policy, TokenSale
from actors.money.records import NewPayout, NewPurchase
from actors.money.split import PAYEE

TOKEN: Final = "TOK"  # noqa: S105 - an asset's code
SEAT: Final = "SEAT"
RIGHT: Final = "RIGHT"
"""Seats and the right to buy one are assets too: what the ledger guards cannot be oversold."""

PROVIDER: Final = "chain:provider"
RESERVE: Final = "reserve:tokens"
REVENUE: Final = "platform:revenue"
PROCESSING: Final = "fees:processing"
TOKENS_ISSUED: Final = "issuance:tokens"
SEATS_ISSUED: Final = "issuance:seats"


def charged(
    command_id: str,
    kind: str,
    policy: Policy,
    *,
    payer: str,
    payee: str,
    amount: int,
    ref: str,
    details: dict[str, Any],
    asset: str = TOKEN,
) -> tuple[Transfer, ...]:
    """Return the transfers that share a payment, the payee's first.

    The first is of `kind` and says it all in its details; the others are of `<kind>_share`.
    """
    shares = [share for share in policy.split.shares(amount) if share.amount]
    shares.sort(key=lambda share: share.party != PAYEE)
    cut = sum(share.amount for share in shares if share.party == PAYEE)
    whole = {
        **details, "from": payer, "to": payee, "amount": str(amount), "creator_cut": str(cut),
    }  # fmt: skip
    return tuple(
        Transfer(
            id=derived_id(command_id, f"{kind}/{share.party}"),
            kind=kind if number == 0 else f"{kind}_share",
            debit=user_main(payer),
            credit=earnings_account(payee, policy, command_id)
            if share.party == PAYEE
            else share.party,
            asset=asset,
            amount=share.amount,
            ref=ref,
            details=whole if number == 0 else {},
        )
        for number, share in enumerate(shares)
    )


def tip_command(
    tip: str, policy: Policy, *, tipper: str, payee: str, amount: int, context: dict[str, Any]
) -> Command:
    """Return the command that pays a tip; its id is the tip's."""
    transfers = charged(
        tip,
        "tip",
        policy,
        payer=tipper,
        payee=payee,
        amount=amount,
        ref=f"tip:{tip}",
        details={"context": context},
    )
    return Command(id=tip, transfers=transfers)


# Tickets.


def seat_account(stream: str, account: str) -> str:
    """Return where somebody's seat in a stream is, and their right to buy one."""
    return f"seats:{stream}:{account}"


def seat_pool(stream: str) -> str:
    """Return where the seats are that nobody has bought."""
    return f"seats:{stream}:.pool"


def _seat_move(command_id: str, name: str, kind: str, asset: str, way: tuple[str, str], count: int,
               ref: str, details: dict[str, Any]) -> Transfer:  # fmt: skip
    return Transfer(
        id=derived_id(command_id, name),
        kind=kind,
        debit=way[0],
        credit=way[1],
        asset=asset,
        amount=count,
        ref=ref,
        details=details,
    )


def pool_command(stream: str, seats: int) -> Command:
    """Return the command that fills a stream's pool of seats, once however often it is sent."""
    ref, id_ = f"stream:{stream}", derived_id(stream, "pool")
    way = (SEATS_ISSUED, seat_pool(stream))
    return Command(
        id=id_, transfers=(_seat_move(id_, "seats", "seats_issued", SEAT, way, seats, ref, {}),)
    )


def right_command(stream: str, account: str) -> Command:
    """Return the command that lets somebody buy one seat, once however often it is sent."""
    ref, id_ = f"stream:{stream}", derived_id(stream, f"right/{account}")
    way = (SEATS_ISSUED, seat_account(stream, account))
    return Command(
        id=id_, transfers=(_seat_move(id_, "right", "right_issued", RIGHT, way, 1, ref, {}),)
    )


def ticket_command(
    ticket: str,
    policy: Policy,
    *,
    stream: str,
    buyer: str,
    payee: str,
    price: int,
    limited: bool,
) -> Command:
    """Return the command that sells a ticket: right, seat and tokens, all of it or nothing."""
    ref, seat = f"stream:{stream}", seat_account(stream, buyer)
    facts = {"stream": stream, "account": buyer, "price": str(price)}
    pool = seat_pool(stream) if limited else SEATS_ISSUED
    used = f"seats:{stream}:.used"
    moves = (
        _seat_move(ticket, "right", "right_used", RIGHT, (seat, used), 1, ref, {}),
        _seat_move(ticket, "seat", "seat", SEAT, (pool, seat), 1, ref, facts),
    )
    paid: tuple[Transfer, ...] = ()
    if price:
        paid = charged(
            ticket, "ticket", policy, payer=buyer, payee=payee, amount=price, ref=ref, details=facts
        )
    return Command(id=ticket, transfers=moves + paid)


# Tokens.


def sale_command(purchase: NewPurchase, sale: TokenSale, *, fee: int, event: str) -> Command:
    """Return the command that credits a paid pack.

    Of the price, what the tokens are redeemed for goes into the reserve, the provider's fee to
    processing, and the rest is revenue; the fee may turn it negative. 999 for 100 tokens at 5 and
    a fee of 59: 500 in reserve, 59 for processing, 440 revenue.
    """
    ref = f"purchase:{purchase.id}"
    kept = sale.worth(purchase.tokens)
    revenue = purchase.price - kept - fee
    flows = [(PROVIDER, RESERVE, kept), (PROVIDER, PROCESSING, fee), (PROVIDER, REVENUE, revenue)]
    details = {"event": event, "price": str(purchase.price), "asset": purchase.asset}
    moves = [
        _money(purchase.credit_id, f"{number}", "token_sale", flow, purchase.asset, ref)
        for number, flow in enumerate(flows)
    ]
    tokens = Transfer(
        id=derived_id(purchase.credit_id, "tokens"),
        kind="purchase",
        debit=TOKENS_ISSUED,
        credit=user_main(purchase.account),
        asset=TOKEN,
        amount=purchase.tokens,
        ref=ref,
        details=details,
    )
    return Command(id=purchase.credit_id, transfers=(*_moving(moves), tokens))


def _money(command_id: str, name: str, kind: str, flow: tuple[str, str, int], asset: str,
           ref: str) -> Transfer | None:  # fmt: skip
    """Return a movement; the other way round when it is negative, none when it is nothing."""
    debit, credit, amount = flow
    if amount < 0:
        debit, credit, amount = credit, debit, -amount
    if amount == 0:
        return None
    return Transfer(
        id=derived_id(command_id, name), kind=kind, debit=debit, credit=credit, asset=asset,
        amount=amount, ref=ref,
    )  # fmt: skip


def _moving(moves: Iterable[Transfer | None]) -> tuple[Transfer, ...]:
    return tuple(move for move in moves if move is not None)


# Cash-outs.


def hold_command(payout: NewPayout) -> Command:
    """Return the command that reserves the tokens of a cash-out."""
    return Command(id=payout.hold_id, transfers=(_hold(payout),))


def _hold(payout: NewPayout) -> Transfer:
    return Transfer(
        id=derived_id(payout.hold_id, "tokens"),
        kind="payout",
        debit=user_main(payout.account),
        credit=TOKENS_ISSUED,
        asset=TOKEN,
        amount=payout.tokens,
        flag="pending",
        ref=f"payout:{payout.id}",
    )


def debt_command(payout: str, account: str, pays: Payment) -> Command:
    """Return the command by which part of somebody's earnings pays their debt, at a cash-out."""
    id_ = derived_id(payout, "debt")
    transfer = Transfer(
        id=derived_id(id_, "tokens"),
        kind="debt",
        debit=user_main(account),
        credit=creator(account, "debt"),
        asset=TOKEN,
        amount=pays.tokens,
        ref=f"payout:{payout}",
        details={"counted": str(pays.counted)},
    )
    return Command(id=id_, transfers=(transfer,))


def _resolved(payout: NewPayout, command_id: str, flag: str) -> Transfer:
    held = _hold(payout)
    return Transfer(
        id=derived_id(command_id, "tokens"),
        kind=held.kind,
        debit=held.debit,
        credit=held.credit,
        asset=held.asset,
        amount=held.amount,
        flag="post" if flag == "post" else "void",
        pending_id=held.id,
        ref=held.ref,
    )


def pay_command(payout: NewPayout) -> Command:
    """Return the command that takes the reserved tokens out of the world and pays their worth."""
    worth = Transfer(
        id=derived_id(payout.pay_id, "worth"),
        kind="payout",
        debit=RESERVE,
        credit=PROVIDER,
        asset=payout.asset,
        amount=payout.worth,
        ref=f"payout:{payout.id}",
        details={"account": payout.account},
    )
    return Command(id=payout.pay_id, transfers=(_resolved(payout, payout.pay_id, "post"), worth))


def void_command(payout: NewPayout) -> Command:
    """Return the command that gives the reserved tokens back."""
    return Command(id=payout.void_id, transfers=(_resolved(payout, payout.void_id, "void"),))
