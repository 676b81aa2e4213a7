"""The errands of tickets: selling one, giving one back, giving all of a sale back."""

from __future__ import annotations

from actors.booth.commands import (
    give_back_command,
    refund_id,
    space_policy,
    space_ticket_command,
)
from actors.booth.messages import BuySpaceTicket, RefundSpaceTicket, SpaceTicketSold
from actors.ledger.accounts import user_main
from actors.ledger.messages import LedgerRead, Post, Posted, ReadLedger
from actors.ledger.refusals import IdempotencyConflict, InsufficientFunds
from actors.money.commands import RIGHT, SEAT, TOKEN, pool_command, right_command, seat_account
from actors.money.errands import Ask, Errand
from actors.money.escrow import sale_part
from actors.money.policy import Policy
from actors.money.records import ReadWallet, WalletRow
from actors.money.refusals import (
    InsufficientTokens,
    NotRefundable,
    NotTheCreator,
    RefundOver,
    SoldOut,
    TicketAlreadyPurchased,
)
from actors.money.space_records import FindHeld, HeldTicket, SaleRow, Sharing
from actors.store_answers import RefusedByStore
from actors.subscriptions.refusals import TicketReserved

REFUND_TRIES = 5
"""Each starts from balances that were read anew; only a payee who spends at that moment refuses."""


def fill_pool(sale: SaleRow, pooled: set[str]) -> Errand:
    """Return the errand that puts the seats of a sale there, unless they are among `pooled`."""
    if sale.seats is not None and sale.id not in pooled:
        yield Post(command=pool_command(sale.id, sale.seats))
        pooled.add(sale.id)


def sell(
    wish: BuySpaceTicket,
    sale: SaleRow,
    policy: Policy,
    sharing: Sharing | None,
    pooled: set[str],
) -> Errand:
    """Return the errand; it ends in `SpaceTicketSold`.

    Raises:
        TicketAlreadyPurchased: they hold one.
        SoldOut: there is none left.
        InsufficientTokens: too few tokens.
    """
    yield from fill_pool(sale, pooled)
    yield Post(command=right_command(sale.id, wish.buyer))
    shares = space_policy(policy, sale.payee, sharing)
    command = space_ticket_command(wish.ticket, shares, sale, wish.buyer)
    try:
        posted: Posted = yield Post(command=command)
    except RefusedByStore as refused:
        yield from _explain(wish.buyer, sale, refused)
        raise
    ticket = HeldTicket(
        id=wish.ticket,
        sale=sale.id,
        account=wish.buyer,
        price=sale.price,
        purchased_at_us=posted.entries[0].at_us,
    )
    if sale.price:
        balance = posted.posted(user_main(wish.buyer), TOKEN)
    else:
        wallet: WalletRow = yield Ask(ReadWallet(account=wish.buyer))
        balance = wallet.balance
    return SpaceTicketSold(ticket=ticket, ticket_type=sale.ticket_type, balance=balance)


def _explain(buyer: str, sale: SaleRow, refused: RefusedByStore) -> Errand:
    """Say what the ledger's refusal means to somebody who wants a ticket."""
    if refused.code != InsufficientFunds.code:
        return
    match refused.details["asset"]:
        case asset if asset == RIGHT:
            held: tuple[HeldTicket, ...] = yield Ask(FindHeld(sale=sale.id, account=buyer))
            raise TicketAlreadyPurchased(held[0].id) if held else TicketReserved() from None
        case asset if asset == SEAT:
            raise SoldOut from None
        case _:
            balance = int(refused.details["available"])
            raise InsufficientTokens(balance=balance, required=sale.price) from None


def check_refund(wish: RefundSpaceTicket, held: HeldTicket, policy: Policy, now_us: int) -> None:
    """Let a holder have it back within the time that the policy gives after buying.

    Raises:
        NotTheCreator: it is somebody else's ticket.
        RefundOver: there is no such time, or it is over.
    """
    if wish.by != wish.holder:
        raise NotTheCreator
    within_us = policy.refund_within_us
    if within_us == 0 or now_us > held.purchased_at_us + within_us:
        raise RefundOver


def give_back(held: HeldTicket, payee: str | None) -> Errand:
    """Return the errand that takes a ticket back, once however often it runs.

    Raises:
        NotRefundable: what would pay for it moves whenever one looks.
    """
    for attempt in range(REFUND_TRIES):
        refund = refund_id(held.id, attempt)
        sale: LedgerRead = yield Ask(ReadLedger(pairs=(), commands=(held.id, refund)))
        known = {decision.command_id: decision for decision in sale.decisions}
        if refund in known:
            if known[refund].refused is None:
                return
            continue
        entries = sale_part(known[held.id].entries)
        pairs = {(each.transfer.credit, each.transfer.asset): None for each in entries}
        seat = (seat_account(held.sale, held.account), SEAT)
        if payee is not None:
            pairs[user_main(payee), TOKEN] = None
        there: LedgerRead = yield Ask(ReadLedger(pairs=tuple(pairs)))
        balances = dict(there.balances)
        if seat not in balances or balances[seat].available < 1:
            return  # An earlier attempt has been decided meanwhile.
        command = give_back_command(refund, held.id, entries, balances, payee)
        try:
            yield Post(command=command)
        except RefusedByStore as refused:
            # Another try of this one may have been on its way, from before a crash.
            if refused.code not in (InsufficientFunds.code, IdempotencyConflict.code):
                raise
        else:
            return
    raise NotRefundable


def whole_sale_back(sale: SaleRow) -> Errand:
    """Return the errand that gives back every ticket of a cancelled sale."""
    while True:
        held: tuple[HeldTicket, ...] = yield Ask(FindHeld(sale=sale.id))
        if not held:
            return
        for ticket in held:
            yield from give_back(ticket, sale.payee)
