"""Calls that were, for those who talked in them: lists, sums, and what was charged."""

from __future__ import annotations

import re

from actors.calls.messages import (
    CallPage,
    CallRead,
    CallStatistics,
    ReadCall,
    ReadCalls,
    ReadCallStatistics,
)
from actors.calls.refusals import CallNotFound, NotYourCall
from actors.calls.state import CallFacts, Side
from actors.wire_time import iso_utc
from adapters.http import call_bodies as bodies
from adapters.http.call import Call
from adapters.http.once import proven
from adapters.http.routing import Nothing
from engine.clock import SECOND_US
from engine.refusal import BadInput

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def details(call: Call, _query: Nothing, _body: Nothing) -> bodies.CallDetails:
    """Show a call to one of its parties."""
    account = await proven(call)
    read = await _read(call, account)
    facts = read.facts
    return bodies.CallDetails(
        call=_listed(facts, account, given_back=read.reversed),
        fanId=facts.fan,
        creatorId=facts.creator,
        initiator=facts.initiator,
        message=facts.message,
    )


async def history(call: Call, query: bodies.HistoryQuery, _body: Nothing) -> bodies.CallList:
    """List the caller's calls, the newest first."""
    account = await proven(call)
    return await _page(call, ReadCalls(account=account, limit=query.limit, offset=query.offset))


async def pending(call: Call, query: bodies.HistoryQuery, _body: Nothing) -> bodies.CallList:
    """List the calls that ring at the caller."""
    account = await proven(call)
    request = ReadCalls(account=account, limit=query.limit, offset=query.offset, pending=True)
    return await _page(call, request)


async def statistics(call: Call, _query: Nothing, _body: Nothing) -> bodies.CallStats:
    """Sum up a creator's calls, for that creator.

    Raises:
        NotYourCall: somebody else asks.
    """
    account = await proven(call)
    creator = call.parameters["creator"]
    if creator != account:
        raise NotYourCall
    sums: CallStatistics = await call.services.store.perform(ReadCallStatistics(creator=creator))
    return bodies.CallStats(
        stats=bodies.CallTotals(
            total_calls=sums.calls,
            unique_fans=sums.fans,
            total_seconds=sums.active_us // SECOND_US,
            total_earned=sums.earned,
            average_seconds=sums.active_us // SECOND_US // max(1, sums.calls),
            longest_seconds=sums.longest_us // SECOND_US,
        )
    )


async def billed(call: Call, _query: Nothing, _body: Nothing) -> bodies.BillingHistory:
    """List what has been charged for a call, to one of its parties."""
    read = await _read(call, await proven(call))
    events = [
        bodies.BilledBlock(
            block=block.number,
            amount=block.amount,
            creatorCut=block.creator_cut,
            platformFee=block.amount - block.creator_cut,
            at=iso_utc(block.due_us),
            paid=block.paid,
        )
        for block in read.blocks
    ]
    return bodies.BillingHistory(callId=read.facts.id, events=events)


def checked_call_id(call_id: str) -> str:
    """Return a call's id as we write it.

    Raises:
        BadInput: it is none.
    """
    lower = call_id.lower()
    if not _UUID.fullmatch(lower):
        raise BadInput("callId: expected a UUID", field="callId")
    return lower


async def _read(call: Call, account: str) -> CallRead:
    call_id = checked_call_id(call.parameters["call"])
    read: CallRead | None = await call.services.store.perform(ReadCall(call_id=call_id))
    if read is None:
        raise CallNotFound
    if read.facts.side(account) is None:
        raise NotYourCall
    return read


async def _page(call: Call, request: ReadCalls) -> bodies.CallList:
    page: CallPage = await call.services.store.perform(request)
    listed = [
        _listed(facts, request.account, given_back=facts.id in page.reversed)
        for facts in page.calls
    ]
    return bodies.CallList(calls=listed, has_more=page.has_more)


def _listed(facts: CallFacts, account: str, *, given_back: bool) -> bodies.ListedCall:
    other: Side = "creator" if facts.side(account) == "fan" else "fan"
    name = facts.account(other)
    return bodies.ListedCall(
        id=facts.id,
        channel=facts.channel,
        callType=facts.call_type,
        state=facts.status,
        rate=facts.rate,
        initiatedAt=iso_utc(facts.created_us),
        connectedAt=_time(facts.connected_us),
        endedAt=_time(facts.ending_us),
        durationSeconds=facts.active_us(facts.evidence_us or 0) // SECOND_US,
        totalCost=facts.cost,
        totalEarned=facts.earned,
        side="creator" if other == "fan" else "fan",
        reason=facts.reason,
        participant=bodies.Participant(username=name, displayName=name, avatarUrl=None),
        reversed=given_back,
    )


def _time(time_us: int | None) -> str | None:
    return None if time_us is None else iso_utc(time_us)
