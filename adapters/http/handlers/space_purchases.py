"""Tickets and premium by way of the one purchase route.

With tokens it is done at once; a ticket for other money has a channel, and counts once it is paid.
"""

from __future__ import annotations

import re
from typing import Any

from actors.booth.messages import (
    BuySpacePremium,
    BuySpaceTicket,
    SpacePremiumSold,
    SpaceTicketSold,
    booth_address,
)
from actors.limits import CHECKOUTS
from actors.money.commands import TOKEN
from actors.money.refusals import InvalidPrice
from actors.space.space_id import SpaceId
from actors.stream.messages import BuyTicket, TicketSold, stream_address
from actors.subscriptions.messages import InvoiceState, OpenTicketInvoice
from actors.subscriptions.refusals import CannotPayWith, PriceChanged, PromoNotApplicable
from actors.wire_time import iso_utc
from adapters.http import subscription_answers as answers
from adapters.http.call import Call
from adapters.http.figures import minor_units
from adapters.http.handlers.channels import asset_of, channel_answer
from adapters.http.handlers.common import ask, audit
from adapters.http.handlers.subscriptions import catalogue_of
from adapters.http.once import proven
from adapters.http.subscription_requests import BuyBody
from engine.refusal import BadInput, Refusal

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_METHODS = frozenset({"tokens", "token", "tok"})
_TICKET_TYPE = "qna_access"
_FIELDS = {"spaceType": "space_type", "spaceId": "space_id"}


async def ticket(call: Call, body: BuyBody) -> answers.PaymentChannel:
    """Buy a ticket to a space at the space's own price.

    Raises:
        BadInput: the space is not named.
        CannotPayWith: there is no price in this money.
        PriceChanged: it costs something else than the client says.
        Refusal: the booth's own.
    """
    account = await proven(call)
    call.limit_account(CHECKOUTS, account)
    space = _named_space(body)
    ticket_type = _TICKET_TYPE if body.ticket_type is None else body.ticket_type
    if not _with_tokens(body):
        booth = booth_address(space.type, space.id)
        return await _outside(call, body, booth, ticket_type)
    message = BuySpaceTicket(
        ticket=call.request_id, buyer=account, ticket_type=ticket_type, price=_tokens(body)
    )
    sold: SpaceTicketSold = await _sold(call, booth_address(space.type, space.id), message)
    return answers.PaymentChannel(
        payment_channel_id=None,
        confirmation_required=False,
        status="confirmed",
        purchase_type=body.purchase_type,
        amount=str(sold.ticket.price),
        paid=str(sold.ticket.price),
        currency=TOKEN,
        space_type=space.type,
        space_id=space.id,
        ticket_type=sold.ticket_type,
        ticket_id=sold.ticket.id,
        new_balance=sold.balance,
    )


async def stream_ticket(call: Call, body: BuyBody) -> answers.PaymentChannel:
    """Buy a ticket to a stream at the stream's own price.

    Raises:
        BadInput: the stream is not named.
        CannotPayWith: there is no price in this money.
        PriceChanged: it costs something else than the client says.
        Refusal: the stream's own.
    """
    account = await proven(call)
    call.limit_account(CHECKOUTS, account)
    stream = (body.stream_id or "").lower()
    if not _UUID.fullmatch(stream):
        raise BadInput("stream_id: required, the id of the stream", field="stream_id")
    if not _with_tokens(body):
        return await _outside(call, body, stream_address(stream), None)
    message = BuyTicket(ticket=call.request_id, buyer=account, price=_tokens(body))
    sold: TicketSold = await _sold(call, stream_address(stream), message)
    return answers.PaymentChannel(
        payment_channel_id=None,
        confirmation_required=False,
        status="confirmed",
        purchase_type=body.purchase_type,
        amount=str(sold.ticket.price),
        paid=str(sold.ticket.price),
        currency=TOKEN,
        stream_id=stream,
        ticket_id=sold.ticket.id,
        new_balance=sold.balance,
    )


async def _outside(
    call: Call, body: BuyBody, seller: str, ticket_type: str | None
) -> answers.PaymentChannel:
    """Open a channel by which a ticket is paid with money from outside."""
    if body.promo_code is not None:
        raise PromoNotApplicable("Promo codes are for subscriptions.")
    asset = asset_of(body, await catalogue_of(call))
    message = OpenTicketInvoice(
        invoice=call.request_id,
        buyer=await proven(call),
        asset=asset,
        ticket_type=ticket_type,
        amount=None if body.amount is None else minor_units(body.amount, asset, "amount"),
    )
    state: InvoiceState = await ask(call, seller, message)
    return channel_answer(call, state)


def _with_tokens(body: BuyBody) -> bool:
    """Whether somebody pays with tokens, which is meant where no money is named."""
    if body.currency is not None:
        return body.currency.upper() == TOKEN
    return body.payment_method is None or body.payment_method.lower() in _METHODS


async def premium(call: Call, body: BuyBody) -> answers.PaymentChannel:
    """Make a space premium for a month, or for a month more.

    Raises:
        BadInput: the space is not named.
        CannotPayWith: another money than tokens.
        PriceChanged: it costs something else than the client says.
        Refusal: the booth's own.
    """
    account = await proven(call)
    call.limit_account(CHECKOUTS, account)
    space, amount = _named_space(body), _tokens(body)
    message = BuySpacePremium(id=call.request_id, buyer=account, price=amount)
    sold: SpacePremiumSold = await _sold(call, booth_address(space.type, space.id), message)
    await audit(call, "space_premium", account=account, space=space, price_tokens=sold.price)
    return answers.PaymentChannel(
        payment_channel_id=None,
        confirmation_required=False,
        status="confirmed",
        purchase_type=body.purchase_type,
        amount=str(sold.price),
        paid=str(sold.price),
        currency=TOKEN,
        space_type=space.type,
        space_id=space.id,
        premium_until=iso_utc(sold.until_us),
        new_balance=sold.balance,
    )


async def _sold(call: Call, seller: str, message: Any) -> Any:
    try:
        return await ask(call, seller, message)
    except Refusal as refusal:
        raise _as_amount(refusal) from None


def _named_space(body: BuyBody) -> SpaceId:
    for name in ("space_type", "space_id"):
        if not getattr(body, name):
            raise BadInput(f"{name}: required, the space whose this is", field=name)
    try:
        return SpaceId.checked(body.space_type, body.space_id)
    except BadInput as refusal:
        raise BadInput(refusal.text, field=_FIELDS[refusal.field or ""]) from None


def _tokens(body: BuyBody) -> int | None:
    """Return what the client says it costs."""
    method = (body.payment_method or TOKEN).lower()
    if method not in _METHODS:
        raise CannotPayWith(method[:32], ["tokens"], field="payment_method")
    if body.currency is not None and body.currency.upper() != TOKEN:
        raise CannotPayWith(body.currency, [TOKEN])
    if body.promo_code is not None:
        raise PromoNotApplicable("Promo codes are for subscriptions.")
    return None if body.amount is None else minor_units(body.amount, TOKEN, "amount")


def _as_amount(refusal: Refusal) -> Refusal:
    """Return a refusal of the price by the name that this route has for it."""
    if refusal.code == InvalidPrice.code:
        return PriceChanged(price=str(refusal.details["priceTokens"]), currency=TOKEN)
    return refusal
