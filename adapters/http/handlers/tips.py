"""Tips: sent, listed, counted."""

from __future__ import annotations

from actors.limits import TIPS
from actors.money.records import (
    CreatorRow,
    ListTips,
    ReadCreator,
    ReadTipStats,
    TipPage,
    TipRow,
    TipSide,
    TipStats,
)
from actors.money.refusals import CreatorNotFound, NotACreator
from actors.wallet.actor import wallet_address
from actors.wallet.messages import SendTip, TipSent
from actors.wire_time import iso_utc
from adapters.http import money_answers as answers
from adapters.http.call import Call
from adapters.http.handlers.common import ask, period_since_us
from adapters.http.handlers.creators import named_creator
from adapters.http.money_requests import PageQuery, PeriodQuery, TipBody
from adapters.http.once import once, proven
from adapters.http.routing import Nothing
from engine.refusal import BadInput


@once
async def send(call: Call, _query: Nothing, body: TipBody) -> answers.TipSent:
    """Give a creator tokens; answered when it is durable, and those who watch are told.

    Raises:
        Refusal: the wallet's own.
    """
    account = await proven(call)
    creator = body.to_creator_id if body.to_creator_id is not None else body.creator_id
    amount = body.amount_tokens if body.amount_tokens is not None else body.amount
    if creator is None:
        raise BadInput("toCreatorId: required", field="toCreatorId")
    if amount is None:
        raise BadInput("amountTokens: required", field="amountTokens")
    given = {name: value for name, value in (body.context or {}).items() if value is not None}
    message = SendTip(
        tip=call.request_id,
        creator=creator,
        amount=amount,
        message=body.message or "",
        context=given,
    )
    call.limit_account(TIPS, account)
    sent: TipSent = await ask(call, wallet_address(account), message)
    return answers.TipSent(
        tip=_tip(sent.tip),
        new_balance=sent.balance,
        tip_id=sent.tip.id,
        amount_tokens=sent.tip.amount,
        creator_cut=sent.tip.creator_cut,
        platform_fee=sent.tip.platform_fee,
    )


async def sent(call: Call, query: PageQuery, _body: Nothing) -> answers.Tips:
    """List what the caller has given."""
    return await _listed(call, await proven(call), "sent", query)


async def received(call: Call, query: PageQuery, _body: Nothing) -> answers.Tips:
    """List what the caller was given.

    Raises:
        NotACreator: only creators are.
    """
    account = await proven(call)
    if await call.services.store.perform(ReadCreator(account=account)) is None:
        raise NotACreator
    return await _listed(call, account, "received", query)


async def history(call: Call, query: PageQuery, _body: Nothing) -> answers.Tips:
    """List what the caller has given and was given."""
    return await _listed(call, await proven(call), "both", query)


async def stats(call: Call, query: PeriodQuery, _body: Nothing) -> answers.TipStats:
    """Count a creator's tips.

    Raises:
        CreatorNotFound: nobody of this name has enrolled.
    """
    await proven(call)
    creator = named_creator(call)
    known: CreatorRow | None = await call.services.store.perform(ReadCreator(account=creator))
    if known is None:
        raise CreatorNotFound(creator)
    since_us = period_since_us(call, query)
    found: TipStats = await call.services.store.perform(
        ReadTipStats(creator=creator, since_us=since_us)
    )
    return answers.TipStats(
        stats=answers.TipFigures(
            total_tips=found.tips,
            total_amount=found.amount,
            average_tip=round(found.amount / found.tips, 2) if found.tips else 0.0,
            largest_tip=found.largest,
            unique_tippers=found.tippers,
        ),
        top_tippers=[
            answers.TopTipper(id=name, username=name, total_amount=amount, tip_count=count)
            for name, amount, count in found.top
        ],
        period=query.period,
    )


async def _listed(call: Call, account: str, side: TipSide, query: PageQuery) -> answers.Tips:
    request = ListTips(account=account, side=side, limit=query.limit, offset=query.offset)
    page: TipPage = await call.services.store.perform(request)
    return answers.Tips(
        tips=[_tip(row) for row in page.tips],
        count=len(page.tips),
        total_tips=page.total - page.reversed,
        total_amount=page.amount,
        has_more=query.offset + len(page.tips) < page.total,
    )


def _tip(row: TipRow) -> answers.Tip:
    context = row.context
    kind = "call" if "callId" in context else None
    if kind is None and ("streamId" in context or "channel" in context):
        kind = "stream"
    return answers.Tip(
        id=row.id,
        tipper_id=row.tipper,
        creator_id=row.creator,
        amount_tokens=row.amount,
        creator_cut=row.creator_cut,
        platform_fee=row.platform_fee,
        message=row.message or None,
        context_type=kind,
        context=context,
        created_at=iso_utc(row.created_at_us),
        reversed=row.reversed,
    )
