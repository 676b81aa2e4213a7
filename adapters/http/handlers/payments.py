"""What payment providers tell us: signed, kept once, applied once."""

from __future__ import annotations

import re
from typing import Any

from actors.ledger.accounts import ASSET_EXPONENTS
from actors.money.records import PurchaseRow, ReadPurchase, SavePaymentEvent
from actors.money.refusals import PaymentMismatch
from actors.store_answers import RefusedByStore
from actors.subscriptions.messages import ConfirmPayment
from actors.subscriptions.records import InvoiceRow, ReadInvoice
from actors.subscriptions.refusals import PaymentDiffers
from actors.wallet.actor import wallet_address
from actors.wallet.messages import CreditPurchase
from adapters.http import money_answers as answers
from adapters.http.call import Call
from adapters.http.handlers.channels import carrier
from adapters.http.handlers.common import ask
from adapters.http.money_problems import RouteClosed
from adapters.http.money_requests import PaymentEventBody
from adapters.http.routing import Nothing
from adapters.http.webhooks_in import check_signature

PAID = ("payment_intent.succeeded", "payment.succeeded")
AMOUNT_MAX = 10**15

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


def check_event(call: Call) -> None:
    """Check that this body was signed by a provider of ours.

    Raises:
        RouteClosed: no secret is set.
        BadWebhookSignature: not signed with one of ours, or not just now.
    """
    settings = call.services.settings
    if not settings.payment_secrets:
        raise RouteClosed("PRESENCE_PAYMENT_SECRET")
    header = call.headers.get("presence-signature", call.headers.get("stripe-signature"))
    now_s = call.services.now_us() // 1_000_000
    check_signature(header, call.raw, settings.payment_secrets, now_s)


async def payment_event(call: Call, _query: Nothing, body: PaymentEventBody) -> answers.Received:
    """Take a provider's word that something was paid.

    The object names our purchase (`id`, or `metadata.purchase_id`), the `amount` in minor units,
    the `currency`, and the `fee` that the provider kept. What cannot be applied is kept with the
    reason for an operator and answered 200: sending it again would not help.

    Raises:
        StoreUnavailable: it could not be kept; to be sent again.
    """
    now_us = call.services.now_us()
    about = body.data.object
    metadata = about.get("metadata")
    named = metadata.get("purchase_id") if isinstance(metadata, dict) else None
    purchase = str(named if named is not None else about.get("id"))[:64]
    verdict = await _apply(call, body, purchase, about)
    await call.services.store.perform(
        SavePaymentEvent(
            id=body.id,
            purchase=purchase,
            type=body.type,
            body=about,
            verdict=verdict,
            at_us=now_us,
        )
    )
    return answers.Received(verdict=verdict)


async def _apply(call: Call, body: PaymentEventBody, purchase: str, about: dict[str, Any]) -> str:
    if body.type not in PAID:
        return "ignored"
    found: PurchaseRow | None = None
    invoice: InvoiceRow | None = None
    if _UUID.fullmatch(purchase):
        found = await call.services.store.perform(ReadPurchase(id=purchase))
        if found is None:
            invoice = await call.services.store.perform(ReadInvoice(id=purchase))
    if found is None and invoice is None:
        return "no such purchase"
    amount, fee, currency = about.get("amount"), about.get("fee", 0), about.get("currency")
    if not (_is_amount(amount) and _is_amount(fee) and isinstance(currency, str)):
        return "amount, fee or currency is missing or not whole"
    asset = currency.upper()[:8]
    if found is None:
        assert invoice is not None
        return await _confirmed(call, body.id, invoice, (int(str(amount)), asset, int(str(fee))))
    message = CreditPurchase(
        purchase=purchase,
        event=body.id,
        paid=int(str(amount)),
        asset=asset,
        fee=int(str(fee)),
    )
    try:
        await ask(call, wallet_address(found.purchase.account), message)
    except RefusedByStore as refused:
        if refused.code == PaymentMismatch.code:
            return refused.text
        raise
    return "applied"


async def _confirmed(call: Call, event: str, row: InvoiceRow, paid: tuple[int, str, int]) -> str:
    """Carry on an invoice; the reference is the event's, so saying it again changes nothing."""
    amount, asset, fee = paid
    if asset not in ASSET_EXPONENTS or not amount:
        return f"expected {row.invoice.asset}, got {amount} of {asset}"
    message = ConfirmPayment(
        invoice=row.invoice.id,
        reference=f"event/{event}",
        amount=amount,
        asset=asset,
        fee=fee,
        source="webhook",
    )
    try:
        await ask(call, carrier(row.invoice), message)
    except RefusedByStore as refused:
        if refused.code == PaymentDiffers.code:
            return refused.text
        raise
    return "applied"


def _is_amount(value: object) -> bool:
    return type(value) is int and 0 <= value <= AMOUNT_MAX
