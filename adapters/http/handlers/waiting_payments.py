"""Purchases that are paid from outside, one's own and all that wait for an operator."""

from __future__ import annotations

from collections.abc import Iterable

from actors.ledger.accounts import ASSET_EXPONENTS
from actors.money.amounts import decimal_text
from actors.subscriptions.messages import CallOffInvoice, InvoiceState
from actors.subscriptions.records import InvoiceRow, ListInvoices
from actors.subscriptions.refusals import CannotPayWith, InvoiceNotFound, OwnPayment
from actors.subscriptions.rules import as_listed
from actors.subscriptions.tickets import price_of
from actors.wire_time import iso_utc
from adapters.http import subscription_answers as answers
from adapters.http.call import Call
from adapters.http.handlers.channels import carrier, channel_answer, named_invoice
from adapters.http.handlers.common import ask, audit
from adapters.http.handlers.payouts import operator
from adapters.http.handlers.subscriptions import catalogue_of
from adapters.http.once import proven
from adapters.http.routing import Nothing
from adapters.http.subscription_requests import ChannelsQuery, PricesQuery


async def listed(call: Call, query: ChannelsQuery, _body: Nothing) -> answers.PaymentChannels:
    """List the caller's purchases from outside, newest first."""
    rows, more = await _page(call, query, await proven(call))
    return answers.PaymentChannels(payments=list(_shown(call, rows)), has_more=more)


async def all_listed(call: Call, query: ChannelsQuery, _body: Nothing) -> answers.PaymentChannels:
    """List everybody's purchases from outside, newest first, for operators."""
    await operator(call)
    rows, more = await _page(call, query, None)
    return answers.PaymentChannels(payments=list(_shown(call, rows)), has_more=more)


async def prices(call: Call, query: PricesQuery, _body: Nothing) -> answers.OutsidePrices:
    """Say what a ticket of so many tokens costs now in each money that is taken from outside."""
    rates = (await catalogue_of(call)).rates
    found: list[answers.OutsidePrice] = []
    for asset in ("USD", *sorted(rates)):
        if asset not in ASSET_EXPONENTS:
            continue
        try:
            price, _worth = price_of(query.tokens, asset, rates, call.services.money)
        except CannotPayWith:
            continue
        found.append(answers.OutsidePrice(amount=decimal_text(price, asset), currency=asset))
    return answers.OutsidePrices(tokens=query.tokens, prices=found)


async def cancel(call: Call, _query: Nothing, _body: Nothing) -> answers.PaymentChannel:
    """Let go a purchase of the caller's that is not paid yet.

    Raises:
        InvoiceNotFound: there is none, or it is another's.
        InvoicePaid: it was paid before.
    """
    account = await proven(call)
    row = await named_invoice(call)
    if row.invoice.account != account:
        raise InvoiceNotFound
    return await _called_off(call, row, account)


async def refuse(call: Call, _query: Nothing, _body: Nothing) -> answers.PaymentChannel:
    """Say that a purchase will not be confirmed: what has come for it is the payer's credit.

    Raises:
        OwnPayment: nobody decides about their own.
        InvoicePaid: it was paid before.
    """
    who = await operator(call)
    row = await named_invoice(call)
    if row.invoice.account == who:
        raise OwnPayment
    return await _called_off(call, row, who)


async def _called_off(call: Call, row: InvoiceRow, by: str) -> answers.PaymentChannel:
    message = CallOffInvoice(invoice=row.invoice.id)
    state: InvoiceState = await ask(call, carrier(row.invoice), message)
    await audit(call, "payment_called_off", account=by, invoice=row.invoice.id)
    return channel_answer(call, state)


async def _page(
    call: Call, query: ChannelsQuery, account: str | None
) -> tuple[tuple[InvoiceRow, ...], bool]:
    request = ListInvoices(
        account=account,
        waiting=query.status == "waiting",
        limit=query.limit + 1,
        offset=query.offset,
    )
    rows: tuple[InvoiceRow, ...] = await call.services.store.perform(request)
    return rows[: query.limit], len(rows) > query.limit


def _shown(call: Call, rows: Iterable[InvoiceRow]) -> Iterable[answers.ListedPayment]:
    now_us, policy = call.services.now_us(), call.services.money.subscriptions
    for row in rows:
        channel = channel_answer(call, as_listed(row, now_us, policy))
        fields = {name: getattr(channel, name) for name in channel.__struct_fields__}
        yield answers.ListedPayment(
            **fields,
            account=row.invoice.account,
            created_at=iso_utc(row.invoice.created_at_us),
        )
