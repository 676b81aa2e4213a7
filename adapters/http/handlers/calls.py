"""Paid calls: ringing, the meter, and what has been.

Whoever asks must be one of the two who talk. What a call costs is the meter's to say.
"""

from __future__ import annotations

import hmac
import re
from typing import Any

import msgspec

from actors.calls.messages import (
    CALL_DESK,
    AcceptCall,
    CallView,
    EndCall,
    PauseCall,
    ReadCall,
    ReadLastCall,
    ResumeCall,
    RunAllDue,
    RunDue,
    StartCall,
    ViewCall,
    call_address,
)
from actors.calls.refusals import CallNotFound, NotCreator
from actors.ledger.transfer import derived_id
from actors.money.records import ReadCreator
from actors.money.refusals import CreatorNotFound
from actors.store_answers import RefusedByStore, StoreUnknown
from actors.wire_time import iso_utc
from adapters.http import call_bodies as bodies
from adapters.http.call import Call
from adapters.http.handlers.call_lists import checked_call_id
from adapters.http.handlers.common import ask
from adapters.http.once import proven
from adapters.http.problems import CallCooldown, MeterClosed, OutcomeUnknown
from adapters.http.routing import Nothing
from adapters.identity.names import is_account_name
from engine.clock import SECOND_US
from engine.refusal import BadInput

_KEY = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)
_COOLDOWN_S = 60


async def init(call: Call, _query: Nothing, body: bodies.InitBody) -> bodies.CallStarted:
    """Ring a creator, with the first block reserved.

    Raises:
        CreatorNotFound: nobody of this name has enrolled.
        InsufficientTokens: the fan cannot pay for a block.
    """
    account = await proven(call)
    creator = _other(body.creatorId, account, "creatorId")
    if not await _is_creator(call, creator):
        raise CreatorNotFound(creator, field="creatorId")
    start = StartCall(
        fan=account,
        creator=creator,
        initiator="fan",
        rate=body.rate_tokens_per_min,
        call_type=body.callType,
        message=body.message,
    )
    return await _start(call, _call_id(call, account, body.callId), start)


async def initiate(call: Call, _query: Nothing, body: bodies.InitiateBody) -> bodies.CallStarted:
    """Ring a fan, at most once a minute.

    Raises:
        CallCooldown: this fan was rung a moment ago.
        InsufficientTokens: the fan cannot pay for a block.
        NotCreator: the caller has not enrolled.
    """
    account = await proven(call)
    if not await _is_creator(call, account):
        raise NotCreator
    fan = _other(body.fanId, account, "fanId")
    call_id = _call_id(call, account, body.callId)
    if await call.services.store.perform(ReadCall(call_id=call_id)) is None:
        last_us = await call.services.store.perform(ReadLastCall(fan=fan, creator=account))
        left_us = (last_us or 0) + _COOLDOWN_S * SECOND_US - call.services.now_us()
        if left_us > 0:
            raise CallCooldown(-(-left_us // SECOND_US))
    start = StartCall(
        fan=fan,
        creator=account,
        initiator="creator",
        rate=body.rate_tokens_per_min,
        call_type=body.callType,
        message=body.message or "",
    )
    return await _start(call, call_id, start)


async def accept(call: Call, _query: Nothing, _body: Nothing) -> bodies.CallAccepted:
    """Take a call that rings at the caller."""
    view = await _tell(call, AcceptCall(by=await proven(call)))
    facts = view.facts
    return bodies.CallAccepted(
        callId=facts.id, channel=facts.channel, state=view.status, rate=facts.rate
    )


async def end(call: Call, _query: Nothing, _body: Nothing) -> bodies.CallEnded:
    """Hang up, decline or cancel; answered when everything is paid and nothing is held."""
    view = await _tell(call, EndCall(by=await proven(call)))
    seconds = view.facts.closed_us // SECOND_US
    return bodies.CallEnded(
        callId=view.facts.id,
        durationSeconds=seconds,
        durationMinutes=-(-seconds // 60),
        totalCost=view.cost,
        totalEarned=view.earned,
        endedBy=view.facts.ended_by,
        state=view.status,
        alreadyEnded=view.replayed,
    )


async def heartbeat(call: Call, _query: Nothing, _body: Nothing) -> bodies.HeartbeatTaken:
    """Prove that the caller is there."""
    view = await _tell(call, ViewCall(by=await proven(call), heartbeat=True))
    block_s = call.services.settings.call_block_s
    seconds = view.active_us // SECOND_US
    return bodies.HeartbeatTaken(
        callId=view.facts.id,
        heartbeatReceived=iso_utc(call.services.now_us()),
        state=view.status,
        billing=bodies.CallBilling(
            elapsedSeconds=seconds,
            currentMinute=seconds // 60 + 1,
            lastBilledMinute=view.facts.blocks * block_s // 60,
            tokensPerMinute=view.facts.rate,
            nextBillingIn=max(0, (view.facts.blocks + 1) * block_s - seconds),
        ),
        totalCost=view.cost,
        totalEarned=view.earned,
        nextBlockCost=view.required,
        evidence=bodies.CallEvidence(
            fan=_seconds_since(view.fan_seen_us, call),
            creator=_seconds_since(view.creator_seen_us, call),
        ),
        reason=view.facts.reason or view.facts.paused_by,
    )


async def status(call: Call, _query: Nothing, _body: Nothing) -> bodies.CallState:
    """Say where a call is."""
    view = await _tell(call, ViewCall(by=await proven(call)))
    return bodies.CallState(
        callId=view.facts.id,
        channel=view.facts.channel,
        state=view.status,
        durationSeconds=view.active_us // SECOND_US,
        totalCost=view.cost,
        totalEarned=view.earned,
        reason=view.facts.reason or view.facts.paused_by,
    )


async def resume(call: Call, _query: Nothing, _body: Nothing) -> bodies.BillingStatus:
    """Let the meter go on; whoever is rung accepts by it."""
    account = await proven(call)
    view = await _tell(call, ViewCall(by=account))
    facts = view.facts
    if facts.accepted_us is None and facts.side(account) == facts.callee:
        view = await _tell(call, AcceptCall(by=account))
    view = await _tell(call, ResumeCall(by=account))
    return bodies.BillingStatus(
        status=view.status, message="The meter runs while both of you are there."
    )


async def pause(call: Call, _query: Nothing, _body: Nothing) -> bodies.BillingStatus:
    """Stop the meter until somebody resumes."""
    view = await _tell(call, PauseCall(by=await proven(call)))
    return bodies.BillingStatus(status=view.status, message=f"The call is {view.status}.")


async def stop(call: Call, _query: Nothing, _body: Nothing) -> bodies.BillingStatus:
    """End the call."""
    view = await _tell(call, EndCall(by=await proven(call)))
    return bodies.BillingStatus(
        status=view.status, message=f"The call is over; it cost {view.cost} tokens."
    )


def check_secret(call: Call) -> None:
    """Check that whoever sends this body knows the machines' secret, which is in it.

    Raises:
        MeterClosed: the secret is wrong, or none is set here.
    """
    secret = call.services.settings.billing_secret
    try:
        said = msgspec.json.decode(call.raw, type=dict[str, Any]).get("secret")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        said = None
    given = said if isinstance(said, str) else ""
    if secret is None or not hmac.compare_digest(secret.encode(), given.encode("utf-8", "replace")):
        raise MeterClosed


async def meter(call: Call, _query: Nothing, body: bodies.MeterBody) -> bodies.Metered:
    """Have calls do what is due; harmless at any rhythm.

    Raises:
        CallNotFound: it is none of ours.
    """
    if body.callId is None:
        views: tuple[CallView, ...] = await ask(call, CALL_DESK, RunAllDue())
        results = [_metered(view) for view in views]
        failed = sum(not one.success for one in results)
        return bodies.Metered(
            success=True, metered=len(results) - failed, failed=failed, results=results
        )
    call_id = checked_call_id(body.callId)
    try:
        one = _metered(await ask(call, call_address(call_id), RunDue()))
    except RefusedByStore as refused:
        if refused.code != CallNotFound.code:
            raise
        one = bodies.MeterResult(callId=call_id, success=False, reason="CALL_NOT_FOUND")
    return bodies.Metered(
        **msgspec.structs.asdict(one),
        metered=int(one.success),
        failed=int(not one.success),
        results=[one],
    )


def _metered(view: CallView) -> bodies.MeterResult:
    facts = view.facts
    if view.status != "active":
        if facts.reason == "insufficient":
            return bodies.MeterResult(
                callId=facts.id,
                success=False,
                reason="INSUFFICIENT_FUNDS",
                required=view.required,
                callEnded=True,
            )
        return bodies.MeterResult(callId=facts.id, success=False, reason="CALL_NOT_ACTIVE")
    paid = view.last_paid
    return bodies.MeterResult(
        callId=facts.id,
        success=True,
        blockCost=paid.amount if paid else 0,
        creatorCut=paid.creator_cut if paid else 0,
        platformFee=paid.amount - paid.creator_cut if paid else 0,
        newBalance=view.balance,
        billedSeconds=view.active_us // SECOND_US,
    )


async def _is_creator(call: Call, account: str) -> bool:
    return await call.services.store.perform(ReadCreator(account=account)) is not None


def _other(name: str, account: str, field: str) -> str:
    if not is_account_name(name):
        raise BadInput(f"{field}: expected a Hive account name", field=field)
    if name == account:
        raise BadInput(f"{field}: expected somebody else than yourself", field=field)
    return name


def _call_id(call: Call, account: str, given: str | None) -> str:
    """Return the new call's id: the client's, or one made of its key, or any."""
    if given is not None:
        return checked_call_id(given)
    key = call.headers.get("idempotency-key")
    if key is not None and not _KEY.fullmatch(key):
        raise BadInput(
            "Idempotency-Key: expected 1 to 128 visible ASCII characters", field="Idempotency-Key"
        )
    return derived_id(account, f"call/{key or call.services.entropy(16).hex()}")


async def _start(call: Call, call_id: str, start: StartCall) -> bodies.CallStarted:
    try:
        view: CallView = await ask(call, call_address(call_id), start)
    except StoreUnknown as error:
        raise OutcomeUnknown from error
    return bodies.CallStarted(
        callId=call_id,
        channel=view.facts.channel,
        rate=view.facts.rate,
        state=view.status,
        started_at=iso_utc(view.facts.created_us),
    )


async def _tell(call: Call, message: Any) -> CallView:
    """Ask the call that the path names."""
    address = call_address(checked_call_id(call.parameters["call"]))
    try:
        view: CallView = await ask(call, address, message)
    except StoreUnknown as error:
        raise OutcomeUnknown from error
    return view


def _seconds_since(time_us: int | None, call: Call) -> int | None:
    return None if time_us is None else max(0, call.services.now_us() - time_us) // SECOND_US
