"""Credit: what somebody overpaid. Its owner sees it in the wallet; operators pay it back."""

from __future__ import annotations

from actors.ledger.accounts import ASSET_EXPONENTS
from actors.money.amounts import decimal_text
from actors.subscriptions.messages import PayBackCredit, subscriber_address
from actors.subscriptions.refusals import CannotPayWith, OwnPayment
from actors.subscriptions.reports import CreditRow, ListCredits
from adapters.http import subscription_answers as answers
from adapters.http.call import Call
from adapters.http.figures import minor_units
from adapters.http.handlers.common import ask, audit
from adapters.http.handlers.payouts import operator
from adapters.http.money_answers import Credit
from adapters.http.money_requests import PageQuery
from adapters.http.routing import Nothing
from adapters.http.subscription_requests import PayBackBody
from adapters.identity.names import is_account_name
from engine.refusal import BadInput


async def listed(call: Call, query: PageQuery, _body: Nothing) -> answers.Credits:
    """List what people overpaid, for operators."""
    await operator(call)
    rows: tuple[CreditRow, ...] = await call.services.store.perform(
        ListCredits(limit=query.limit + 1, offset=query.offset)
    )
    page = rows[: query.limit]
    return answers.Credits(
        credits=[answers.AccountCredit(account=row.account, **shown(row)) for row in page],
        has_more=len(rows) > query.limit,
    )


async def pay_back(call: Call, _query: Nothing, body: PayBackBody) -> answers.CreditPaidBack:
    """Record that credit was paid back outside, once for each reference.

    Raises:
        OwnPayment: nobody records their own.
        NotSoMuchCredit: there is less.
        PaymentDiffers: the reference was recorded with other figures.
    """
    who = await operator(call)
    if not is_account_name(body.account):
        raise BadInput("account: expected a Hive account name", field="account")
    if body.account == who:
        raise OwnPayment
    asset = body.currency.upper()
    if asset not in ASSET_EXPONENTS:
        raise CannotPayWith(asset[:32], sorted(ASSET_EXPONENTS))
    amount = minor_units(body.amount, asset, "amount")
    if amount < 1:
        raise BadInput("amount: expected more than nothing", field="amount")
    message = PayBackCredit(reference=body.reference, asset=asset, amount=amount)
    left: int = await ask(call, subscriber_address(body.account), message)
    await audit(
        call, "credit_paid_back", account=who, to=body.account, reference=body.reference,
        amount=decimal_text(amount, asset), currency=asset,
    )  # fmt: skip
    return answers.CreditPaidBack(
        account=body.account,
        paid_back=decimal_text(amount, asset),
        available=decimal_text(left, asset),
        currency=asset,
        reference=body.reference,
    )


async def credits_of(call: Call, account: str) -> list[Credit]:
    """Return what somebody overpaid and may spend or have back, in each money."""
    rows: tuple[CreditRow, ...] = await call.services.store.perform(ListCredits(account=account))
    return [Credit(**shown(row)) for row in rows]


def shown(row: CreditRow) -> dict[str, str]:
    """Return a row's money as it is answered."""
    return {
        "currency": row.asset,
        "available": decimal_text(row.posted - row.reserved, row.asset),
        "reserved": decimal_text(row.reserved, row.asset),
    }
