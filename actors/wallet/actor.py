"""The wallet of one account: it starts what the account wants done with money, and sees it through.

Sent to by the HTTP face. Owns no balance: the ledger does. Promises that each id happens once, that
cash-outs are decided one after the other, and that a tip is shown only when it is durable.
"""

from __future__ import annotations

from typing import Any, assert_never

from actors.money.errands import Errands, TryAgain
from actors.money.policy import MoneyPolicies
from actors.wallet.cashing import approve, cancel, cash_out, confirm_paid, credit_purchase
from actors.wallet.disputing import Desk, close_dispute, open_dispute
from actors.wallet.earnings import release_due
from actors.wallet.messages import (
    Approve,
    CancelPayout,
    CashOut,
    CloseDispute,
    ConfirmPaid,
    CreditPurchase,
    OpenDispute,
    ReleaseDue,
    SendTip,
    WalletMessage,
)
from actors.wallet.tips import check_tip, send_tip
from engine.actor import STAY, Actor, AskDone, IoDone
from engine.context import Context


def wallet_address(account: str) -> str:
    """Return the address of an account's wallet."""
    return f"wallet:{account}"


class Wallet(Actor):
    """See the module's text."""

    def __init__(self, address: str, epoch: int, money: MoneyPolicies) -> None:
        self.account = address.partition(":")[2]
        self.epoch = epoch
        self.money = money
        self.errands = Errands()

    def __repr__(self) -> str:
        return f"<Wallet of {self.account}, {len(self.errands)} errands>"

    def handle(self, message: WalletMessage, ctx: Context) -> None:
        errands, account, sale = self.errands, self.account, self.money.token_sale
        match message:
            case SendTip():
                check_tip(account, message)
                errands.begin(send_tip(account, message, self.money.products["tip"]), ctx)
            case CreditPurchase():
                errands.begin(credit_purchase(account, message, sale), ctx)
            case CashOut():
                errand = cash_out(self._desk(ctx), message, self.money, ctx.now_us)
                errands.begin(errand, ctx, alone=True)
            case ReleaseDue():
                errand = release_due(self._desk(ctx), self.money, ctx.now_us)
                errands.begin(errand, ctx, alone=True)
            case OpenDispute():
                errand = open_dispute(self._desk(ctx), message, ctx.now_us)
                errands.begin(errand, ctx, alone=True)
            case CloseDispute():
                errand = close_dispute(self._desk(ctx), message, ctx.now_us)
                errands.begin(errand, ctx, alone=True)
            case Approve():
                errands.begin(approve(account, message, ctx.now_us), ctx, alone=True)
            case ConfirmPaid():
                errands.begin(confirm_paid(account, message), ctx, alone=True)
            case CancelPayout():
                errands.begin(cancel(account, message), ctx, alone=True)
            case IoDone() | AskDone() | TryAgain():
                errands.handle(message, ctx)
            case _:
                assert_never(message)

    def _desk(self, ctx: Context) -> Desk:
        fee = self.money.dispute_fee
        return Desk(account=self.account, actor=ctx.address, epoch=self.epoch, fee=fee)

    def passivate(self) -> Any:
        return STAY if len(self.errands) else None
