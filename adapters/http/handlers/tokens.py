"""Tokens: packs, purchases, balance and history; and cashing out what was earned."""

from __future__ import annotations

from actors.ledger.accounts import user_main
from actors.ledger.transfer import derived_id
from actors.limits import PURCHASES
from actors.money.amounts import decimal_text
from actors.money.commands import TOKEN
from actors.money.escrow import Tranche
from actors.money.records import (
    CreatorRow,
    EntryRow,
    ListEntries,
    ListPayouts,
    NewPurchase,
    PayoutRow,
    PurchaseRow,
    ReadCreator,
    ReadWallet,
    SavePurchase,
    WalletRow,
)
from actors.wallet.actor import wallet_address
from actors.wallet.earnings import policy_of
from actors.wallet.messages import CancelPayout, CashOut, ReleaseDue
from actors.wire_time import iso_utc
from adapters.http import money_answers as answers
from adapters.http.call import Call
from adapters.http.handlers.common import ask
from adapters.http.handlers.creators import creator_answer
from adapters.http.handlers.credits import credits_of
from adapters.http.handlers.payouts import (
    payout_answer,
    payout_id,
    purchase_answer,
    purchase_page,
)
from adapters.http.money_problems import NoSuchPack
from adapters.http.money_requests import PageQuery, PayoutBody, PurchaseBody, PurchasesQuery
from adapters.http.once import once, proven
from adapters.http.routing import Nothing
from engine.refusal import BadInput


async def packs(call: Call, _query: Nothing, _body: Nothing) -> answers.Packs:
    """List what tokens cost, and what one is worth when it is cashed out."""
    sale = call.services.money.token_sale
    return answers.Packs(
        packs=[
            answers.TokenPack(
                tokens=pack.tokens,
                price=decimal_text(pack.price, pack.asset),
                currency=pack.asset,
            )
            for pack in sale.packs
        ],
        token_value=decimal_text(sale.redeem, sale.asset),
        currency=sale.asset,
    )


async def balance(call: Call, _query: Nothing, _body: Nothing) -> answers.Balance:
    """Say what the caller can spend."""
    sale = call.services.money.token_sale
    wallet = await _wallet(call, await proven(call))
    return answers.Balance(
        balance=wallet.balance,
        usd_estimate=float(decimal_text(sale.worth(wallet.balance), sale.asset)),
        token_value=float(decimal_text(sale.redeem, sale.asset)),
        timestamp=iso_utc(call.services.now_us()),
    )


async def wallet(call: Call, _query: Nothing, _body: Nothing) -> answers.Wallet:
    """Say what the caller has, and had over time."""
    account = await proven(call)
    row = await _wallet(call, account)
    creator: CreatorRow | None = await call.services.store.perform(ReadCreator(account=account))
    return answers.Wallet(
        tokens=row.balance,
        balance=row.balance,
        total_balance=row.balance,
        total_purchased=row.purchased,
        total_spent=row.spent,
        total_earned=row.earned,
        cashable=row.cashable,
        cashout_min=call.services.money.token_sale.cashout_min,
        creator=None if creator is None else creator_answer(creator),
        credit=await credits_of(call, account),
    )


async def history(call: Call, query: PageQuery, _body: Nothing) -> answers.History:
    """List every movement of the caller's tokens, newest first."""
    account = await proven(call)
    rows: tuple[EntryRow, ...] = await call.services.store.perform(
        ListEntries(
            account=user_main(account), asset=TOKEN, limit=query.limit + 1, offset=query.offset
        )
    )
    page = rows[: query.limit]
    return answers.History(
        history=[
            answers.HistoryEntry(
                id=row.id,
                command=row.command,
                type=row.kind,
                amount=row.amount,
                balance_after=row.balance,
                reference=row.ref,
                details=row.details,
                created_at=iso_utc(row.at_us),
            )
            for row in page
        ],
        count=len(page),
        has_more=len(rows) > len(page),
    )


async def earnings(call: Call, _query: Nothing, _body: Nothing) -> answers.Earnings:
    """Release what has waited long enough, and say what still waits."""
    account = await proven(call)
    waiting: tuple[Tranche, ...] = await ask(call, wallet_address(account), ReleaseDue())
    row = await _wallet(call, account)
    return answers.Earnings(
        escrow=[_waiting(call, tranche) for tranche in waiting],
        escrow_tokens=sum(each.amount for each in waiting if each.asset == TOKEN),
        available=row.balance,
        cashable=row.cashable,
        total_earned=row.earned,
    )


def _waiting(call: Call, tranche: Tranche) -> answers.Waiting:
    due_us = tranche.release_at_us(policy_of(tranche, call.services.money))
    return answers.Waiting(
        sale=tranche.sale,
        type=tranche.product,
        amount=decimal_text(tranche.amount, tranche.asset),
        currency=tranche.asset,
        reference=tranche.ref,
        settled_at=iso_utc(tranche.settled_at_us),
        release_at=None if due_us is None else iso_utc(due_us),
    )


@once
async def purchase(call: Call, _query: Nothing, body: PurchaseBody) -> answers.PurchaseAnswer:
    """Begin buying a pack; its tokens come when the payment is confirmed.

    Raises:
        NoSuchPack: tokens are sold in packs.
    """
    account = await proven(call)
    sale = call.services.money.token_sale
    tokens = body.token_amount if body.token_amount is not None else body.amount_tokens
    if tokens is None:
        raise BadInput("tokenAmount: required", field="tokenAmount")
    pack = sale.pack(tokens)
    if pack is None:
        raise NoSuchPack([each.tokens for each in sale.packs])
    call.limit_account(PURCHASES, account)
    now_us = call.services.now_us()
    new = NewPurchase(
        id=call.request_id,
        credit_id=derived_id(call.request_id, "credit"),
        account=account,
        tokens=pack.tokens,
        price=pack.price,
        asset=pack.asset,
        created_at_us=now_us,
    )
    row: PurchaseRow = await call.services.store.perform(SavePurchase(purchase=new))
    kept = row.purchase
    held = await _wallet(call, account)
    return answers.PurchaseAnswer(
        transaction=purchase_answer(row),
        payment_intent=answers.PaymentIntent(
            id=kept.id,
            status="succeeded" if row.paid else "requires_confirmation",
            client_secret=f"{kept.id}_secret_{call.services.identity.keyed_hash(kept.id)[:24]}",
        ),
        new_balance=held.balance,
        timestamp=iso_utc(now_us),
    )


async def purchases(call: Call, query: PurchasesQuery, _body: Nothing) -> answers.Purchases:
    """List the packs that the caller has begun to buy, newest first."""
    return await purchase_page(call, query, await proven(call))


@once
async def cash_out(call: Call, _query: Nothing, body: PayoutBody) -> answers.PayoutAnswer:
    """Reserve earned tokens for being paid out; operators approve and pay.

    Raises:
        Refusal: the wallet's own.
    """
    account = await proven(call)
    message = CashOut(payout=call.request_id, tokens=body.token_amount)
    row: PayoutRow = await ask(call, wallet_address(account), message)
    return answers.PayoutAnswer(payout=payout_answer(row))


async def payouts(call: Call, query: PageQuery, _body: Nothing) -> answers.Payouts:
    """List the caller's cash-outs, newest first."""
    account = await proven(call)
    rows: tuple[PayoutRow, ...] = await call.services.store.perform(
        ListPayouts(account=account, limit=query.limit + 1, offset=query.offset)
    )
    page = rows[: query.limit]
    return answers.Payouts(
        payouts=[payout_answer(row) for row in page],
        count=len(page),
        has_more=len(rows) > len(page),
    )


async def cancel(call: Call, _query: Nothing, _body: Nothing) -> answers.PayoutAnswer:
    """Take a cash-out back before it is paid."""
    account = await proven(call)
    message = CancelPayout(payout=payout_id(call), by=account)
    row: PayoutRow = await ask(call, wallet_address(account), message)
    return answers.PayoutAnswer(payout=payout_answer(row))


async def _wallet(call: Call, account: str) -> WalletRow:
    lock_us = call.services.money.token_sale.cashout_lock_us
    since_us = call.services.now_us() - lock_us
    row: WalletRow = await call.services.store.perform(
        ReadWallet(account=account, locked_since_us=since_us)
    )
    return row
