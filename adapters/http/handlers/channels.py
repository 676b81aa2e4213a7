"""Payment channels: what a purchase that is paid outside looks like, and who carries it on."""

from __future__ import annotations

import re
from typing import Final

from actors.ledger.accounts import ASSET_EXPONENTS
from actors.money.amounts import decimal_text
from actors.subscriptions.messages import InvoiceState, subscriber_address
from actors.subscriptions.records import Catalogue, Invoice, InvoiceRow, ReadInvoice
from actors.subscriptions.refusals import CannotPayWith, InvoiceNotFound
from actors.subscriptions.rules import is_expired
from actors.wire_time import iso_utc
from adapters.http import subscription_answers as answers
from adapters.http.call import Call
from adapters.http.subscription_requests import BuyBody

STREAM_TICKET: Final = "stream_ticket"
SPACE_TICKET: Final = "ticket_purchase"
SUBSCRIPTION: Final = "subscription"
_ASSET_OF_METHOD: Final = {
    "dlux_token": "DLUX", "dlux": "DLUX", "hive": "HIVE", "hbd": "HBD", "card": "USD",
}  # fmt: skip
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_STATUS: Final = {
    "settled": "confirmed", "given_back": "given_back", "refused": "refused",
}  # fmt: skip


async def named_invoice(call: Call) -> InvoiceRow:
    """Return the invoice that the path names.

    Raises:
        InvoiceNotFound: there is none.
    """
    id_ = call.parameters["payment_channel_id"].lower()
    row: InvoiceRow | None = None
    if _UUID.fullmatch(id_):
        row = await call.services.store.perform(ReadInvoice(id=id_))
    if row is None:
        raise InvoiceNotFound
    return row


def carrier(invoice: Invoice) -> str:
    """Return the address of the actor that carries an invoice on."""
    goods = invoice.goods
    return subscriber_address(invoice.account) if goods is None else goods.seller


def asset_of(body: BuyBody, catalogue: Catalogue) -> str:
    """Return the money that somebody wants to pay with.

    Raises:
        CannotPayWith: there is none of this name.
    """
    method = (body.payment_method or "dlux_token").lower()
    asset = (body.currency or _ASSET_OF_METHOD.get(method, method)).upper()
    if asset not in ASSET_EXPONENTS:
        raise CannotPayWith(asset[:32], sorted({"USD", *catalogue.rates}))
    return asset


def channel_answer(call: Call, state: InvoiceState) -> answers.PaymentChannel:
    """Return how far a purchase has come, and how to pay the rest."""
    invoice, goods = state.invoice, state.invoice.goods
    if state.closed is not None:
        status = _STATUS[state.closed]
    elif is_expired(state, call.services.now_us(), call.services.money.subscriptions):
        status = "expired"
    else:
        status = "partly_paid" if state.paid else "awaiting_payment"
    receiver = call.services.money.subscriptions.receiver
    kind, tier, period = SUBSCRIPTION, invoice.tier, invoice.period
    if goods is not None:
        kind = STREAM_TICKET if goods.space_id is None else SPACE_TICKET
    return answers.PaymentChannel(
        payment_channel_id=invoice.id,
        confirmation_required=state.closed is None,
        status=status,
        purchase_type=kind,
        tier_code=tier if goods is None else None,
        subscription_type=period if goods is None else None,
        amount=decimal_text(state.due, invoice.asset),
        paid=decimal_text(state.paid, invoice.asset),
        credit_used=decimal_text(state.credit, invoice.asset),
        to_pay=decimal_text(state.to_pay, invoice.asset),
        currency=invoice.asset,
        payment_address=receiver,
        address=receiver,
        memo=f"inv:{invoice.id}",
        promo_code=invoice.promo,
        expires_at=iso_utc(invoice.quoted_until_us),
        closes_at=iso_utc(invoice.closes_us),
        space_type=goods.space_type if goods else None,
        space_id=goods.space_id if goods else None,
        ticket_type=goods.ticket_type if goods else None,
        stream_id=goods.sale if goods and goods.space_id is None else None,
        price_tokens=goods.tokens if goods else None,
    )
