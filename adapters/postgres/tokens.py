"""Purchases, wallets, cash-outs and the keys of requests that are good once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from actors.ledger.accounts import creator, user_main
from actors.money.netting import DirectEarnings, ReadDirectEarnings
from actors.money.records import (
    ApprovePayout,
    BeginRequest,
    Claimed,
    EntryRow,
    FinishRequest,
    ListEntries,
    ListPayouts,
    ListPurchases,
    NewPayout,
    NewPurchase,
    NotePayout,
    OpenWallet,
    PayoutRow,
    PurchaseRow,
    ReadPayout,
    ReadPurchase,
    ReadWallet,
    SavePaymentEvent,
    SavePayout,
    SavePurchase,
    WalletRow,
)
from adapters.postgres.fence import fenced
from adapters.postgres.pool import Connection
from adapters.postgres.sql import statement
from engine.outcome import Ok, Outcome

GIVEN_NOT_EARNED = ["purchase", "refund"]
"""Kinds of credits to a wallet that are no earnings."""

_BUMP = statement("bump_epoch")
_BUMP_ALL = statement("bump_epochs")
_PURCHASES = (
    "select p.id::text, p.credit_id::text, p.user_id as account, p.tokens, p.price::text, p.asset,"
    " p.created_at as created_at_us, exists (select from ledger_commands c"
    " where c.id = p.credit_id and c.refusal is null) as paid"
    " from token_purchases p"
)
_PURCHASE = f"{_PURCHASES} where p.id = $1::text::uuid"
_PURCHASES_OF = (
    f"{_PURCHASES} where ($1::text is null or p.user_id = $1) and not ($2 and exists"
    " (select from ledger_commands c where c.id = p.credit_id and c.refusal is null))"
    " order by p.created_at desc, p.id desc limit $3 offset $4"
)
_SAVE_PURCHASE = (
    "insert into token_purchases (id, credit_id, user_id, tokens, price, asset, created_at)"
    " values ($1::text::uuid, $2::text::uuid, $3, $4, $5::text::numeric, $6, $7)"
    " on conflict do nothing"
)
_SAVE_EVENT = (
    "insert into payment_events (id, purchase_id, type, body, verdict, received_at)"
    " values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning true"
)
_WALLET = statement("read_wallet")
_DIRECT = statement("read_direct_earnings")
_ENTRIES = statement("list_entries")
_PAYOUTS = statement("read_payouts")
_PAYOUT = f"{_PAYOUTS} where p.id = $1::text::uuid"
_PAYOUTS_OF = (
    f"{_PAYOUTS} where $1::text is null or p.user_id = $1"
    " order by p.requested_at desc, p.id desc limit $2 offset $3"
)
_SAVE_PAYOUT = (
    "with fence as materialized"
    " (select from actor_epoch where actor = $1 and epoch = $2 for share),"
    " saved as (insert into token_payouts (id, user_id, tokens, worth, asset, approvals_needed,"
    " hold_id, pay_id, void_id, requested_at) select $3::text::uuid, $4, $5, $6::text::numeric, $7,"
    " $8, $9::text::uuid, $10::text::uuid, $11::text::uuid, $12 from fence on conflict do nothing)"
    " select true from fence"
)
_APPROVE = (
    "insert into payout_approvals (payout_id, approver, at)"
    " select id, $2, $3 from token_payouts where id = $1::text::uuid on conflict do nothing"
)
_NOTE = "update token_payouts set reference = $2 where id = $1::text::uuid and reference is null"
_CLAIM = (
    "insert into request_keys as k (owner, key, digest, lapses_at) values ($1, $2, $3, $4)"
    " on conflict (owner, key) do update set digest = excluded.digest, status = null, body = null,"
    " lapses_at = excluded.lapses_at where k.lapses_at <= $5 returning true"
)
_CLAIMED = "select digest, status, body from request_keys where owner = $1 and key = $2"
_FORGET_KEYS = (
    "delete from request_keys where (owner, key) in (select owner, key from request_keys"
    " where lapses_at < $1 order by lapses_at limit 10 for update skip locked)"
)
_FINISH = (
    "update request_keys set status = $3, body = $4, lapses_at = $5 where owner = $1 and key = $2"
)
_LET_GO = "delete from request_keys where owner = $1 and key = $2"


async def read_purchase(connection: Connection, request: ReadPurchase) -> Outcome:
    """Answer with a purchase and whether it is credited, or None."""
    return Ok(await _purchase(connection, request.id))


async def save_purchase(connection: Connection, request: SavePurchase) -> Outcome:
    """Keep an intent; the first under its id stays."""
    new = request.purchase
    await connection.execute(
        _SAVE_PURCHASE,
        new.id,
        new.credit_id,
        new.account,
        new.tokens,
        str(new.price),
        new.asset,
        new.created_at_us,
    )
    return Ok(await _purchase(connection, new.id))


async def _purchase(connection: Connection, id_: str) -> PurchaseRow | None:
    row = await connection.fetchrow(_PURCHASE, id_)
    return None if row is None else _purchase_row(row)


async def list_purchases(connection: Connection, request: ListPurchases) -> Outcome:
    """Answer with one page of purchases."""
    rows = await connection.fetch(
        _PURCHASES_OF, request.account, request.unpaid, request.limit, request.offset
    )
    return Ok(tuple(_purchase_row(row) for row in rows))


def _purchase_row(row: Any) -> PurchaseRow:
    fields = dict(row)
    paid = fields.pop("paid")
    return PurchaseRow(purchase=NewPurchase(**fields | {"price": int(row["price"])}), paid=paid)


async def save_payment_event(connection: Connection, request: SavePaymentEvent) -> Outcome:
    """Keep what a provider told us; True the first time."""
    new = await connection.fetchval(
        _SAVE_EVENT,
        request.id,
        request.purchase,
        request.type,
        request.body,
        request.verdict,
        request.at_us,
    )
    return Ok(bool(new))


async def open_wallets(connection: Connection, requests: Sequence[OpenWallet]) -> list[Outcome]:
    """Take many wallets over in one statement; one that is asked for twice gets two epochs."""
    actors = list(dict.fromkeys(request.actor for request in requests))
    rows = await connection.fetch(_BUMP_ALL, actors)
    first = {row["actor"]: row["epoch"] for row in rows}
    outcomes: list[Outcome] = []
    for request in requests:
        epoch = first.pop(request.actor, None)
        if epoch is None:
            epoch = await connection.fetchval(_BUMP, request.actor)
        outcomes.append(Ok(epoch))
    return outcomes


async def read_wallet(connection: Connection, request: ReadWallet) -> Outcome:
    """Answer with what somebody has and had."""
    row: Any = await connection.fetchrow(
        _WALLET,
        user_main(request.account),
        request.locked_since_us,
        GIVEN_NOT_EARNED,
        creator(request.account, "debt"),
    )
    figures = {name: int(value) for name, value in row.items()}
    return Ok(WalletRow(account=request.account, **figures))


async def read_direct_earnings(connection: Connection, request: ReadDirectEarnings) -> Outcome:
    """Answer with what somebody earned without escrow, and how much of it is counted."""
    row: Any = await connection.fetchrow(
        _DIRECT,
        user_main(request.account),
        creator(request.account, "debt"),
        GIVEN_NOT_EARNED,
        request.locked_since_us,
    )
    return Ok(DirectEarnings(**{name: int(value) for name, value in row.items()}))


async def list_entries(connection: Connection, request: ListEntries) -> Outcome:
    """Answer with one page of an account's movements."""
    rows = await connection.fetch(
        _ENTRIES, request.account, request.asset, request.limit, request.offset
    )
    return Ok(
        tuple(
            EntryRow(
                id=row["id"],
                command=row["command"],
                kind=row["kind"],
                amount=int(row["amount"]),
                balance=int(row["balance"]),
                ref=row["ref"],
                details=row["details"],
                at_us=row["at"],
            )
            for row in rows
        )
    )


async def save_payout(connection: Connection, request: SavePayout) -> Outcome:
    """Keep a wish to cash out under its wallet's epoch."""
    new = request.payout
    saved = await connection.fetchval(
        _SAVE_PAYOUT,
        request.actor,
        request.epoch,
        new.id,
        new.account,
        new.tokens,
        str(new.worth),
        new.asset,
        new.approvals_needed,
        new.hold_id,
        new.pay_id,
        new.void_id,
        new.requested_at_us,
    )
    if not saved:
        return fenced(request.actor, request.epoch)
    return Ok(await _payout(connection, new.id))


async def read_payout(connection: Connection, request: ReadPayout) -> Outcome:
    """Answer with a cash-out and what has become of it, or None."""
    return Ok(await _payout(connection, request.id))


async def approve_payout(connection: Connection, request: ApprovePayout) -> Outcome:
    """Keep an operator's approval, once each."""
    await connection.execute(_APPROVE, request.id, request.approver, request.at_us)
    return Ok(await _payout(connection, request.id))


async def note_payout(connection: Connection, request: NotePayout) -> Outcome:
    """Keep how it was paid; the first note stays."""
    await connection.execute(_NOTE, request.id, request.reference)
    return Ok(await _payout(connection, request.id))


async def list_payouts(connection: Connection, request: ListPayouts) -> Outcome:
    """Answer with one page of cash-outs."""
    rows = await connection.fetch(_PAYOUTS_OF, request.account, request.limit, request.offset)
    return Ok(tuple(_payout_row(row) for row in rows))


async def _payout(connection: Connection, id_: str) -> PayoutRow | None:
    row = await connection.fetchrow(_PAYOUT, id_)
    return None if row is None else _payout_row(row)


def _payout_row(row: Any) -> PayoutRow:
    fields = dict(row)
    facts = {
        name: fields.pop(name) for name in ("held", "paid", "cancelled", "approvals", "reference")
    }
    facts["approvals"] = tuple(facts["approvals"])
    return PayoutRow(payout=NewPayout(**fields | {"worth": int(row["worth"])}), **facts)


async def begin_request(connection: Connection, request: BeginRequest) -> Outcome:
    """Claim a key; of two who try at once one is told it is theirs."""
    claimed = await connection.fetchval(
        _CLAIM, request.owner, request.key, request.digest, request.lapses_us, request.now_us
    )
    if claimed:
        await connection.execute(_FORGET_KEYS, request.now_us)
        return Ok(Claimed(ours=True))
    row = await connection.fetchrow(_CLAIMED, request.owner, request.key)
    if row is None:  # Let go meanwhile.
        return Ok(Claimed(ours=False))
    same = row["digest"] == request.digest
    return Ok(Claimed(ours=False, same=same, status=row["status"], body=row["body"]))


async def finish_request(connection: Connection, request: FinishRequest) -> Outcome:
    """Keep a request's answer, or let its key go."""
    if request.status is None:
        await connection.execute(_LET_GO, request.owner, request.key)
    else:
        await connection.execute(
            _FINISH,
            request.owner,
            request.key,
            request.status,
            request.body,
            request.kept_until_us,
        )
    return Ok(None)


READS: dict[type, Callable[[Connection, Any], Awaitable[Outcome]]] = {
    ReadPurchase: read_purchase,
    ListPurchases: list_purchases,
    ReadWallet: read_wallet,
    ReadDirectEarnings: read_direct_earnings,
    ListEntries: list_entries,
    ReadPayout: read_payout,
    ListPayouts: list_payouts,
}
WRITES: dict[type, Callable[[Connection, Any], Awaitable[Outcome]]] = {
    SavePurchase: save_purchase,
    SavePaymentEvent: save_payment_event,
    SavePayout: save_payout,
    ApprovePayout: approve_payout,
    NotePayout: note_payout,
    BeginRequest: begin_request,
    FinishRequest: finish_request,
}
