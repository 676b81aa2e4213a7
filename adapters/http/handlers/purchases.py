"""Purchases: `KINDS` has a handler for each `purchase_type`.

What is paid outside is confirmed from there: it has a channel, good once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import MappingProxyType
from typing import Final

from actors.ledger.accounts import ASSET_EXPONENTS
from actors.money.split import BPS
from actors.subscriptions.messages import (
    ConfirmPayment,
    InvoiceState,
    LookAtInvoice,
    OpenInvoice,
    subscriber_address,
)
from actors.subscriptions.pricing import list_price
from actors.subscriptions.records import Catalogue, Period
from actors.subscriptions.refusals import CannotPayWith, InvoiceNotFound, OwnPayment
from actors.subscriptions.tickets import NAMED_BPS
from adapters.http import subscription_answers as answers
from adapters.http.call import Call
from adapters.http.figures import minor_units
from adapters.http.handlers.channels import (
    SPACE_TICKET,
    STREAM_TICKET,
    SUBSCRIPTION,
    asset_of,
    carrier,
    channel_answer,
    named_invoice,
)
from adapters.http.handlers.common import ask, audit
from adapters.http.handlers.payouts import operator
from adapters.http.handlers.space_purchases import premium, stream_ticket, ticket
from adapters.http.handlers.subscriptions import catalogue_of
from adapters.http.once import once, proven
from adapters.http.routing import Nothing
from adapters.http.subscription_requests import BuyBody, ConfirmPaymentBody
from engine.refusal import BadInput


@once
async def purchase(call: Call, _query: Nothing, body: BuyBody) -> answers.PaymentChannel:
    """Buy with tokens at once, or begin a purchase that counts when its payment is confirmed.

    Raises:
        BadInput: nothing of this kind is sold here.
    """
    await proven(call)
    kind = KINDS.get(body.purchase_type)
    if kind is None:
        raise BadInput(f"purchase_type: expected one of {', '.join(KINDS)}", field="purchase_type")
    return await kind(call, body)


async def _subscription(call: Call, body: BuyBody) -> answers.PaymentChannel:
    account = await proven(call)
    catalogue = await catalogue_of(call)
    asset = asset_of(body, catalogue)
    amount = None if body.amount is None else minor_units(body.amount, asset, "amount")
    tier, period = body.tier_code, body.period
    if tier is None:
        tier = _by_amount(catalogue, asset, amount, period or "monthly")
    message = OpenInvoice(
        invoice=call.request_id,
        tier=tier,
        period=period or "monthly",
        asset=asset,
        promo=None if body.promo_code is None else body.promo_code.upper(),
        amount=amount,
    )
    state: InvoiceState = await ask(call, subscriber_address(account), message)
    return channel_answer(call, state)


KINDS: Final = MappingProxyType[str, Callable[[Call, BuyBody], Awaitable[answers.PaymentChannel]]](
    {
        SUBSCRIPTION: _subscription,
        SPACE_TICKET: ticket,
        STREAM_TICKET: stream_ticket,
        "space_premium": premium,
    }
)


def _by_amount(catalogue: Catalogue, asset: str, amount: int | None, period: Period) -> str:
    """Return the tier that costs nearest to this, within two percent: old clients name no other."""
    found: list[tuple[int, str]] = []
    for tier in catalogue.tiers:
        if amount is None or not tier.active or tier.is_free:
            continue
        price = list_price(tier, period, asset, catalogue.rates)
        off = abs(price - amount)
        if off * BPS <= price * NAMED_BPS:
            found.append((off, tier.code))
    if not found:
        raise BadInput("tierCode: required, or an amount that a tier costs", field="tierCode")
    return min(found)[1]


async def show(call: Call, _query: Nothing, _body: Nothing) -> answers.PaymentChannel:
    """Show how far a purchase of the caller's has come.

    Raises:
        InvoiceNotFound: there is none, or it is another's.
    """
    account = await proven(call)
    row = await named_invoice(call)
    if row.invoice.account != account:
        raise InvoiceNotFound
    message = LookAtInvoice(invoice=row.invoice.id)
    return channel_answer(call, await ask(call, carrier(row.invoice), message))


async def confirm(call: Call, _query: Nothing, body: ConfirmPaymentBody) -> answers.PaymentChannel:
    """Say that something was paid, where no provider or chain tells us.

    Raises:
        OwnPayment: nobody confirms their own.
    """
    who = await operator(call)
    row = await named_invoice(call)
    account = row.invoice.account
    if account == who:
        raise OwnPayment
    asset = row.invoice.asset if body.currency is None else body.currency.upper()
    if asset not in ASSET_EXPONENTS:
        raise CannotPayWith(asset[:32], sorted(ASSET_EXPONENTS))
    amount = None if body.amount is None else minor_units(body.amount, asset, "amount")
    message = ConfirmPayment(
        invoice=row.invoice.id,
        reference=body.reference,
        amount=amount,
        asset=asset,
        source=f"operator/{who}",
    )
    state: InvoiceState = await ask(call, carrier(row.invoice), message)
    await audit(
        call, "payment_confirmed", account=who, invoice=row.invoice.id, reference=body.reference
    )
    return channel_answer(call, state)
