"""What operators do with money until chains and providers do: approve, pay, confirm."""

from __future__ import annotations

import re

from actors.money.amounts import decimal_text
from actors.money.records import (
    ListPayouts,
    ListPurchases,
    PayoutRow,
    PurchaseRow,
    ReadPayout,
    ReadPurchase,
)
from actors.money.refusals import OwnPayout, PayoutNotFound, PurchaseNotFound
from actors.wallet.actor import wallet_address
from actors.wallet.messages import Approve, CancelPayout, ConfirmPaid, CreditPurchase
from actors.wire_time import iso_utc
from adapters.http import money_answers as answers
from adapters.http.call import Call
from adapters.http.handlers.common import ask, audit
from adapters.http.money_problems import OperatorsOnly
from adapters.http.money_requests import (
    ConfirmBody,
    ConfirmPurchaseBody,
    PageQuery,
    PurchasesQuery,
)
from adapters.http.once import proven
from adapters.http.routing import Nothing

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


async def operator(call: Call) -> str:
    """Return the caller's account, which the system's operators list.

    Raises:
        LoginRequired: nobody has proven one.
        OperatorsOnly: it is somebody else's.
    """
    account = await proven(call)
    if not (await call.caller()).admin:
        raise OperatorsOnly
    return account


async def listed(call: Call, query: PageQuery, _body: Nothing) -> answers.Payouts:
    """List everybody's cash-outs, newest first."""
    await operator(call)
    rows: tuple[PayoutRow, ...] = await call.services.store.perform(
        ListPayouts(limit=query.limit + 1, offset=query.offset)
    )
    page = rows[: query.limit]
    return answers.Payouts(
        payouts=[payout_answer(row) for row in page],
        count=len(page),
        has_more=len(rows) > len(page),
    )


async def purchases(call: Call, query: PurchasesQuery, _body: Nothing) -> answers.Purchases:
    """List everybody's purchases, newest first."""
    await operator(call)
    return await purchase_page(call, query, None)


async def approve(call: Call, _query: Nothing, _body: Nothing) -> answers.PayoutAnswer:
    """Approve somebody else's cash-out."""
    who = await operator(call)
    row = await _found(call)
    message = Approve(payout=row.payout.id, approver=who)
    return await _done(call, "payout_approved", who, row, message)


async def confirm(call: Call, _query: Nothing, body: ConfirmBody) -> answers.PayoutAnswer:
    """Say that a cash-out has been paid, and how."""
    who = await operator(call)
    row = await _found(call)
    message = ConfirmPaid(payout=row.payout.id, operator=who, reference=body.reference)
    return await _done(call, "payout_paid", who, row, message)


async def cancel(call: Call, _query: Nothing, _body: Nothing) -> answers.PayoutAnswer:
    """Give the tokens of a cash-out back."""
    who = await operator(call)
    row = await _found(call)
    message = CancelPayout(payout=row.payout.id, by=who)
    return await _done(call, "payout_cancelled", who, row, message)


async def confirm_purchase(
    call: Call, _query: Nothing, body: ConfirmPurchaseBody
) -> answers.Credited:
    """Say that a pack has been paid for, where no provider tells us.

    Raises:
        PurchaseNotFound: there is none.
        OwnPayout: nobody confirms their own payment.
    """
    who = await operator(call)
    id_ = call.parameters["purchase_id"].lower()
    row: PurchaseRow | None = None
    if UUID.fullmatch(id_):
        row = await call.services.store.perform(ReadPurchase(id=id_))
    if row is None:
        raise PurchaseNotFound
    purchase = row.purchase
    if purchase.account == who:
        raise OwnPayout
    message = CreditPurchase(
        purchase=purchase.id,
        event=f"operator/{who}/{body.reference}",
        paid=purchase.price,
        asset=purchase.asset,
        fee=body.fee,
    )
    balance: int = await ask(call, wallet_address(purchase.account), message)
    await audit(
        call, "purchase_confirmed", account=who, purchase=purchase.id, reference=body.reference
    )
    return answers.Credited(new_balance=balance)


async def _done(
    call: Call,
    action: str,
    who: str,
    row: PayoutRow,
    message: Approve | ConfirmPaid | CancelPayout,
) -> answers.PayoutAnswer:
    done: PayoutRow = await ask(call, wallet_address(row.payout.account), message)
    await audit(call, action, account=who, payout=row.payout.id)
    return answers.PayoutAnswer(payout=payout_answer(done))


async def _found(call: Call) -> PayoutRow:
    row: PayoutRow | None = await call.services.store.perform(ReadPayout(id=payout_id(call)))
    if row is None:
        raise PayoutNotFound
    return row


def payout_id(call: Call) -> str:
    """Return the payout that the path names.

    Raises:
        PayoutNotFound: no payout is called so.
    """
    id_ = call.parameters["payout_id"].lower()
    if not UUID.fullmatch(id_):
        raise PayoutNotFound
    return id_


def payout_answer(row: PayoutRow) -> answers.Payout:
    """Return a cash-out as clients see it."""
    payout = row.payout
    return answers.Payout(
        id=payout.id,
        account=payout.account,
        token_amount=payout.tokens,
        amount=decimal_text(payout.worth, payout.asset),
        currency=payout.asset,
        status=row.status,
        approvals=list(row.approvals),
        approvals_needed=payout.approvals_needed,
        reference=row.reference,
        requested_at=iso_utc(payout.requested_at_us),
    )


async def purchase_page(
    call: Call, query: PurchasesQuery, account: str | None
) -> answers.Purchases:
    """Return one page of an account's purchases, or everybody's."""
    rows: tuple[PurchaseRow, ...] = await call.services.store.perform(
        ListPurchases(
            account=account,
            unpaid=query.status == "pending",
            limit=query.limit + 1,
            offset=query.offset,
        )
    )
    page = rows[: query.limit]
    return answers.Purchases(
        purchases=[purchase_answer(row) for row in page],
        count=len(page),
        has_more=len(rows) > len(page),
    )


def purchase_answer(row: PurchaseRow) -> answers.Purchase:
    """Return the purchase of a pack as clients see it."""
    purchase = row.purchase
    return answers.Purchase(
        id=purchase.id,
        account=purchase.account,
        token_amount=purchase.tokens,
        amount=decimal_text(purchase.price, purchase.asset),
        currency=purchase.asset,
        status="completed" if row.paid else "pending",
        created_at=iso_utc(purchase.created_at_us),
    )
