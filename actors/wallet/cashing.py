"""The errands of buying tokens and of cashing them out."""

from __future__ import annotations

from actors.ledger.accounts import user_main
from actors.ledger.messages import Post, Posted
from actors.ledger.refusals import IdempotencyConflict, InsufficientFunds
from actors.ledger.transfer import derived_id
from actors.money.amounts import amount_text
from actors.money.commands import (
    TOKEN,
    debt_command,
    hold_command,
    pay_command,
    sale_command,
    void_command,
)
from actors.money.errands import Ask, Errand, Tell
from actors.money.netting import DirectEarnings, ReadDirectEarnings, payment
from actors.money.policy import TOKENS_MAX, MoneyPolicies, TokenSale
from actors.money.records import (
    ApprovePayout,
    NewPayout,
    NotePayout,
    PayoutRow,
    PurchaseRow,
    ReadCreator,
    ReadPayout,
    ReadPurchase,
    ReadWallet,
    SavePayout,
    WalletRow,
)
from actors.money.refusals import (
    NotACreator,
    NotCashable,
    OwnPayout,
    PaymentMismatch,
    PayoutNotFound,
    PayoutState,
    PurchaseNotFound,
)
from actors.store_answers import RefusedByStore
from actors.user.messages import TellUser, user_address
from actors.wallet.disputing import Desk
from actors.wallet.earnings import Released, owed_by, released_by_now
from actors.wallet.messages import Approve, CancelPayout, CashOut, ConfirmPaid, CreditPurchase
from engine.refusal import BadInput


def credit_purchase(account: str, request: CreditPurchase, sale: TokenSale) -> Errand:
    """Return the errand; it ends in the balance.

    Raises:
        PurchaseNotFound: nothing of this id, or it is another account's.
        PaymentMismatch: something else was paid than was asked for.
    """
    found: PurchaseRow | None = yield Ask(ReadPurchase(id=request.purchase))
    if found is None or found.purchase.account != account:
        raise PurchaseNotFound
    purchase = found.purchase
    if not found.paid and (request.paid, request.asset) != (purchase.price, purchase.asset):
        raise PaymentMismatch(
            expected=amount_text(purchase.price, purchase.asset),
            got=f"{request.paid} minor units of {request.asset}",
        )
    if found.paid:
        wallet: WalletRow = yield Ask(ReadWallet(account=account))
        return wallet.balance
    command = sale_command(purchase, sale, fee=request.fee, event=request.event)
    posted: Posted = yield Post(command=command)
    return posted.posted(user_main(account), TOKEN)


def cash_out(desk: Desk, request: CashOut, money: MoneyPolicies, now_us: int) -> Errand:
    """Return the errand; it ends in a `PayoutRow` whose tokens are reserved.

    One at a time for an account, so that what may be cashed out is not counted twice.

    Raises:
        NotACreator: only creators earn.
        NotCashable: not that many were earned long enough ago.
    """
    account, sale = desk.account, money.token_sale
    if not sale.cashout_min <= request.tokens <= TOKENS_MAX:
        raise BadInput(
            f"tokenAmount: expected a whole number from {sale.cashout_min} to {TOKENS_MAX}",
            field="tokenAmount",
        )
    earlier: PayoutRow | None = yield Ask(ReadPayout(id=request.payout))
    if earlier is None:
        if (yield Ask(ReadCreator(account=account))) is None:
            raise NotACreator
        released: Released = yield from released_by_now(desk, money, now_us)
        # The ledger dates what it releases now, which is later than this request.
        since_us = released.at_us - sale.cashout_lock_us
        wallet: WalletRow = yield Ask(ReadWallet(account=account, locked_since_us=since_us))
        if (yield from _pay_debt(request.payout, wallet, since_us)):
            wallet = yield Ask(ReadWallet(account=account, locked_since_us=since_us))
        if request.tokens > wallet.cashable:
            raise NotCashable(tokens=request.tokens, cashable=wallet.cashable)
        new = new_payout(account, request, sale, now_us)
        earlier = yield Ask(SavePayout(actor=desk.actor, epoch=desk.epoch, payout=new))
    yield Post(command=hold_command(earlier.payout))
    return (yield Ask(ReadPayout(id=request.payout)))


def _pay_debt(payout: str, wallet: WalletRow, since_us: int) -> Errand:
    """Return the errand; it ends in whether something was paid.

    Earnings pay a debt first: up to half of what can be cashed out and has not paid before, never
    more than is owed.
    """
    owed = yield from owed_by(wallet.account, TOKEN)
    if not owed:
        return False
    asked = ReadDirectEarnings(account=wallet.account, locked_since_us=since_us)
    direct: DirectEarnings = yield Ask(asked)
    pays = payment(direct, cashable=wallet.cashable, owed=owed)
    if pays is None:
        return False
    try:
        yield Post(command=debt_command(payout, wallet.account, pays))
    except RefusedByStore as refused:
        # An earlier try of this cash-out has paid; or the tokens have just been spent.
        if refused.code not in (IdempotencyConflict.code, InsufficientFunds.code):
            raise
    return True


def new_payout(account: str, request: CashOut, sale: TokenSale, now_us: int) -> NewPayout:
    """Return the row of a cash-out; its commands' ids follow from its own."""
    return NewPayout(
        id=request.payout,
        account=account,
        tokens=request.tokens,
        worth=sale.worth(request.tokens),
        asset=sale.asset,
        approvals_needed=sale.approvals_needed(request.tokens),
        hold_id=derived_id(request.payout, "hold"),
        pay_id=derived_id(request.payout, "pay"),
        void_id=derived_id(request.payout, "void"),
        requested_at_us=now_us,
    )


def approve(account: str, request: Approve, now_us: int) -> Errand:
    """Return the errand; it ends in the `PayoutRow` with the approval.

    Raises:
        OwnPayout: nobody approves their own.
        PayoutState: it is paid or cancelled.
    """
    row = yield from _found(account, request.payout)
    if request.approver == account:
        raise OwnPayout
    if request.approver not in row.approvals and row.status not in ("requested", "approved"):
        raise PayoutState(row.status)
    approval = ApprovePayout(id=row.payout.id, approver=request.approver, at_us=now_us)
    approved: PayoutRow = yield Ask(approval)
    yield tell_payee(approved)
    return approved


def confirm_paid(account: str, request: ConfirmPaid) -> Errand:
    """Return the errand; it ends in the `PayoutRow`, paid.

    Raises:
        OwnPayout: nobody pays themselves.
        PayoutState: too few have approved it, or it is cancelled.
    """
    row = yield from _found(account, request.payout)
    if request.operator == account:
        raise OwnPayout
    if row.status == "paid":
        return row
    if row.status != "approved":
        raise PayoutState(row.status)
    yield Ask(NotePayout(id=row.payout.id, reference=request.reference))
    yield Post(command=pay_command(row.payout))
    return (yield from _changed(row))


def cancel(account: str, request: CancelPayout) -> Errand:
    """Return the errand; it ends in the `PayoutRow`, cancelled.

    Raises:
        PayoutState: it is paid.
    """
    row = yield from _found(account, request.payout)
    if row.status == "cancelled":
        return row
    if row.status not in ("requested", "approved"):
        raise PayoutState(row.status)
    yield Post(command=void_command(row.payout))
    return (yield from _changed(row))


def _changed(row: PayoutRow) -> Errand:
    changed: PayoutRow = yield Ask(ReadPayout(id=row.payout.id))
    yield tell_payee(changed)
    return changed


def tell_payee(row: PayoutRow) -> Tell:
    """Return the step that lets a payee's pages know how far a cash-out has come."""
    payload = {"payout_id": row.payout.id, "status": row.status}
    told = TellUser(event="payout-changed", payload=payload)
    return Tell(user_address(row.payout.account), told)


def _found(account: str, payout: str) -> Errand:
    row: PayoutRow | None = yield Ask(ReadPayout(id=payout))
    if row is None or row.payout.account != account:
        raise PayoutNotFound
    return row
