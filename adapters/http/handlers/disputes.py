"""What operators do with disputes: open them, decide them, list them."""

from __future__ import annotations

from collections.abc import Sequence

from actors.calls.messages import CallRead, ReadCall
from actors.ledger.book import Balance
from actors.ledger.messages import LedgerRead, ReadLedger
from actors.money.commands import TOKEN
from actors.money.dispute_records import DisputeKind, DisputeRow, ListDisputes, ReadDispute
from actors.money.disputes import frozen_account, sale_of
from actors.money.refusals import DisputeNotFound
from actors.wallet.actor import wallet_address
from actors.wallet.messages import CloseDispute, OpenDispute
from actors.wire_time import iso_utc
from adapters.http.call import Call
from adapters.http.dispute_shapes import (
    Dispute,
    DisputeAnswer,
    DisputeBody,
    Disputes,
    DisputesQuery,
)
from adapters.http.handlers.common import ask, audit
from adapters.http.handlers.payouts import UUID, operator
from adapters.http.routing import Nothing


async def listed(call: Call, query: DisputesQuery, _body: Nothing) -> Disputes:
    """List everybody's disputes, newest first."""
    await operator(call)
    rows: tuple[DisputeRow, ...] = await call.services.store.perform(
        ListDisputes(
            undecided=query.status == "undecided", limit=query.limit + 1, offset=query.offset
        )
    )
    page = rows[: query.limit]
    return Disputes(
        disputes=await _answers(call, page), count=len(page), has_more=len(rows) > len(page)
    )


async def dispute(call: Call, _query: Nothing, body: DisputeBody) -> DisputeAnswer:
    """Freeze what somebody earned by a tip, a ticket, a call or a microphone.

    Raises:
        DisputeNotFound: nothing was sold under this kind and id.
    """
    who = await operator(call)
    id_ = body.id.lower()
    if not UUID.fullmatch(id_):
        raise DisputeNotFound
    payee = await _payee(call, body.kind, id_)
    wish = OpenDispute(sale=id_, kind=body.kind, reason=body.reason, by=who)
    row: DisputeRow = await ask(call, wallet_address(payee), wish)
    await audit(call, "dispute_opened", account=who, dispute=row.id, sale=id_, reason=body.reason)
    (answer,) = await _answers(call, (row,))
    return DisputeAnswer(dispute=answer)


async def _payee(call: Call, kind: DisputeKind, id_: str) -> str:
    store = call.services.store
    if kind == "call":
        found: CallRead | None = await store.perform(ReadCall(call_id=id_))
        if found is None:
            raise DisputeNotFound
        return found.facts.creator
    read: LedgerRead = await store.perform(ReadLedger(pairs=(), commands=(id_,)))
    sale = sale_of(id_, read.decisions[0].entries if read.decisions else ())
    if sale is None:
        raise DisputeNotFound
    return sale.account


async def won(call: Call, _query: Nothing, _body: Nothing) -> DisputeAnswer:
    """Give what is frozen back to who earned it."""
    return await _close(call, won=True)


async def lost(call: Call, _query: Nothing, _body: Nothing) -> DisputeAnswer:
    """Give the buyer everything back, and charge the fee."""
    return await _close(call, won=False)


async def _close(call: Call, *, won: bool) -> DisputeAnswer:
    who = await operator(call)
    id_ = call.parameters["dispute_id"].lower()
    known: DisputeRow | None = None
    if UUID.fullmatch(id_):
        known = await call.services.store.perform(ReadDispute(id=id_))
    if known is None:
        raise DisputeNotFound
    wish = CloseDispute(dispute=id_, won=won, by=who)
    row: DisputeRow = await ask(call, wallet_address(known.account), wish)
    await audit(call, f"dispute_{row.status}", account=who, dispute=id_, sale=row.sale)
    (answer,) = await _answers(call, (row,))
    return DisputeAnswer(dispute=answer)


async def _answers(call: Call, rows: Sequence[DisputeRow]) -> list[Dispute]:
    pairs = tuple((frozen_account(row.account, row.sale), TOKEN) for row in rows)
    read: LedgerRead = await call.services.store.perform(ReadLedger(pairs=pairs))
    balances = dict(read.balances)
    return [
        _answer(row, balances.get(pair, Balance()).posted)
        for row, pair in zip(rows, pairs, strict=True)
    ]


def _answer(row: DisputeRow, frozen: int) -> Dispute:
    return Dispute(
        id=row.id,
        kind=row.kind,
        sale=row.sale,
        account=row.account,
        reason=row.reason,
        frozen=frozen,
        status=row.status,
        opened_by=row.opened_by,
        opened_at=iso_utc(row.opened_at_us),
        closed_by=row.closed_by,
        closed_at=None if row.closed_at_us is None else iso_utc(row.closed_at_us),
    )
