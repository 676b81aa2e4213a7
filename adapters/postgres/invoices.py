"""Invoices and the payments that came for them, in tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

from actors.subscriptions.records import (
    Invoice,
    InvoiceRow,
    ListInvoices,
    LookAgain,
    Payment,
    ReadDueInvoices,
    ReadInvoice,
    SaveInvoice,
    SavePayment,
    TicketGoods,
)
from actors.subscriptions.reports import ListPayments, PaymentRow
from adapters.postgres.pool import Connection
from engine.outcome import Ok, Outcome

_ADD_INVOICE = (
    "insert into subscription_invoices (id, user_account, tier_code, subscription_type, asset,"
    " price, promo_code, invoice, created_at, due_at)"
    " values ($1::text::uuid, $2, $3, $4, $5, $6::text::numeric, $7, $8, $9, $9)"
    " on conflict do nothing"
)
_INVOICE = "select invoice, outcome from subscription_invoices where id = $1::text::uuid"
_PAYMENT_NAMES = (
    "transaction_id as reference, invoice_id::text as invoice, amount_minor::text as amount,"
    " currency as asset, fee_minor::text as fee, source, created_at as at_us"
)
_PAYMENTS_OF = (
    f"select {_PAYMENT_NAMES} from subscription_payments where invoice_id = $1::text::uuid"  # noqa: S608
    " order by id"
)
_PAYMENT = f"select {_PAYMENT_NAMES} from subscription_payments where transaction_id = $1"  # noqa: S608
_ADD_PAYMENT = (
    "with added as (insert into subscription_payments (transaction_id, invoice_id, amount_minor,"
    " currency, fee_minor, source, created_at) values ($1, $2::text::uuid, $3::text::numeric, $4,"
    " $5::text::numeric, $6, $7) on conflict do nothing returning invoice_id, created_at)"
    " update subscription_invoices i set due_at = added.created_at from added"
    " where i.id = added.invoice_id"
)
_LOOK_AGAIN = (
    "update subscription_invoices set due_at = $2, outcome = coalesce(outcome, $3)"
    " where id = $1::text::uuid"
)
_DUE_INVOICES = (
    "select id::text from subscription_invoices where user_account = $1 and due_at <= $2"
    " order by id"
)
_LISTED = (
    "select id::text as id, invoice, outcome from subscription_invoices"
    " where ($1::text is null or user_account = $1)"
    " and (outcome is null or (not $2 and outcome <> 'refused'))"
    " order by created_at desc, id desc limit $3 offset $4"
)
_PAYMENTS_OF_ALL = (
    f"select {_PAYMENT_NAMES} from subscription_payments"  # noqa: S608
    " where invoice_id = any($1::text[]::uuid[]) order by id"
)
_STATES = (
    f"select {_PAYMENT_NAMES}, user_account, tier_code, subscription_type, status"  # noqa: S608
    " from subscription_payment_states"
    " where subscription_type <> 'once' and ($1::text is null or user_account = $1)"
    ' order by created_at desc, transaction_id collate "C" desc limit $2 offset $3'
)


async def save_invoice(connection: Connection, request: SaveInvoice) -> Outcome:
    """Keep an invoice; the first under its id stays."""
    new = request.invoice
    await connection.execute(
        _ADD_INVOICE,
        new.id,
        new.account,
        new.tier,
        new.period,
        new.asset,
        str(new.price),
        new.promo,
        dataclasses.asdict(new),
        new.created_at_us,
    )
    return Ok(await _invoice(connection, new.id))


async def read_invoice(connection: Connection, request: ReadInvoice) -> Outcome:
    """Answer with an invoice and its payments, or None."""
    return Ok(await _invoice(connection, request.id))


async def _invoice(connection: Connection, id_: str) -> InvoiceRow | None:
    row = await connection.fetchrow(_INVOICE, id_)
    if row is None:
        return None
    payments = await connection.fetch(_PAYMENTS_OF, id_)
    return InvoiceRow(
        invoice=_as_kept(row["invoice"]),
        payments=tuple(_payment(each) for each in payments),
        closed=row["outcome"],
    )


async def list_invoices(connection: Connection, request: ListInvoices) -> Outcome:
    """Answer with one page of invoices and their payments."""
    rows = await connection.fetch(
        _LISTED, request.account, request.waiting, request.limit, request.offset
    )
    payments: dict[str, list[Payment]] = {row["id"]: [] for row in rows}
    for each in await connection.fetch(_PAYMENTS_OF_ALL, list(payments)):
        payments[each["invoice"]].append(_payment(each))
    return Ok(
        tuple(
            InvoiceRow(
                invoice=_as_kept(row["invoice"]),
                payments=tuple(payments[row["id"]]),
                closed=row["outcome"],
            )
            for row in rows
        )
    )


def _as_kept(fields: dict[str, Any]) -> Invoice:
    goods = fields.get("goods")
    return Invoice(**fields | {"goods": None if goods is None else TicketGoods(**goods)})


def _payment(row: Any) -> Payment:
    return Payment(
        reference=row["reference"],
        invoice=row["invoice"],
        amount=int(row["amount"]),
        asset=row["asset"],
        fee=int(row["fee"]),
        source=row["source"],
        at_us=row["at_us"],
    )


async def save_payment(connection: Connection, request: SavePayment) -> Outcome:
    """Keep a payment, once for its reference, and have its invoice looked at."""
    new = request.payment
    await connection.execute(
        _ADD_PAYMENT,
        new.reference,
        new.invoice,
        str(new.amount),
        new.asset,
        str(new.fee),
        new.source,
        new.at_us,
    )
    return Ok(_payment(await connection.fetchrow(_PAYMENT, new.reference)))


async def look_again(connection: Connection, request: LookAgain) -> Outcome:
    """Say when an invoice is to be looked at, or that it has ended."""
    await connection.execute(_LOOK_AGAIN, request.invoice, request.at_us, request.closed)
    return Ok(None)


async def read_due_invoices(connection: Connection, request: ReadDueInvoices) -> Outcome:
    """Answer with the ids of an account's invoices that are due."""
    rows = await connection.fetch(_DUE_INVOICES, request.account, request.now_us)
    return Ok(tuple(row["id"] for row in rows))


async def list_payments(connection: Connection, request: ListPayments) -> Outcome:
    """Answer with one page of payments."""
    rows = await connection.fetch(_STATES, request.account, request.limit, request.offset)
    return Ok(
        tuple(
            PaymentRow(
                payment=_payment(row),
                account=row["user_account"],
                tier=row["tier_code"],
                period=row["subscription_type"],
                status=row["status"],
            )
            for row in rows
        )
    )


READS: dict[type, Callable[[Connection, Any], Awaitable[Outcome]]] = {
    ReadInvoice: read_invoice,
    ListInvoices: list_invoices,
    ReadDueInvoices: read_due_invoices,
    ListPayments: list_payments,
}
WRITES: dict[type, Callable[[Connection, Any], Awaitable[Outcome]]] = {
    SaveInvoice: save_invoice,
    SavePayment: save_payment,
    LookAgain: look_again,
}
