"""Requests that happen once however often they are sent: the Idempotency-Key.

The first to claim a key goes ahead; its answer, a refusal too, is kept for a day. What a request
does has an id that follows from its key, so when an answer was lost on the way to us the same key
finds out what happened.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar

import msgspec
import trio

from actors.ledger.transfer import derived_id
from actors.money.records import BeginRequest, Claimed, FinishRequest
from actors.store_answers import StoreUnavailable, StoreUnknown
from adapters.http.call import Answer, Call
from adapters.http.money_problems import DuplicateRequest, KeyUsed, LoginRequired, money_body_of
from adapters.http.problems import OutcomeUnknown, status_of
from engine.refusal import BadInput, Refusal

Q = TypeVar("Q", bound=msgspec.Struct)
B = TypeVar("B", bound=msgspec.Struct)

LAPSE_US = 12_000_000
"""A claim whose process died is free again after this long; more than an answer may take. Carrying
a request out twice is harmless, so nothing depends on it but the time a retry has to wait."""

KEPT_US = 24 * 3_600_000_000
LET_GO_WITHIN_S = 5.0

_KEY = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)
_log = logging.getLogger("presence.http")

Handler = Callable[[Call, Q, B], Awaitable[Any]]


async def proven(call: Call) -> str:
    """Return the caller's account.

    Raises:
        LoginRequired: nobody has proven one.
        Unauthorized: what was offered proves nothing.
    """
    account = (await call.caller()).person.account
    if account is None:
        raise LoginRequired
    return account


def once(handler: Handler[Q, B]) -> Handler[Q, B]:
    """Return a handler whose requests with a key are carried out once.

    Raises:
        KeyUsed: the key came with something else before.
        DuplicateRequest: it is being carried out now.
        OutcomeUnknown: it may have happened; the same key finds out.
    """

    async def keyed(call: Call, query: Q, body: B) -> Any:
        account = await proven(call)
        key = _given_key(call, body)
        if key is None:
            return await _carried_out(handler, replace(call, request_id=call.new_id()), query, body)
        call = replace(call, request_id=derived_id(f"http/{account}/{key}", call.path))
        said = msgspec.json.encode([call.method, call.path, _said(body)])
        now_us = call.services.now_us()
        claimed: Claimed = await call.services.store.perform(
            BeginRequest(
                owner=account,
                key=key,
                digest=hashlib.sha256(said).digest(),
                now_us=now_us,
                lapses_us=now_us + LAPSE_US,
            )
        )
        if not claimed.ours:
            return _known(claimed, key)
        return await _first(handler, call, query, body, account, key)

    return keyed


async def _carried_out(handler: Handler[Q, B], call: Call, query: Q, body: B) -> Any:
    try:
        return await handler(call, query, body)
    except StoreUnknown as error:
        raise OutcomeUnknown from error


async def _first(
    handler: Handler[Q, B], call: Call, query: Q, body: B, account: str, key: str
) -> Any:
    status: int | None = None
    text: str | None = None
    try:
        answer = await _carried_out(handler, call, query, body)
        status = answer.status if isinstance(answer, Answer) else 200
        made = answer.body if isinstance(answer, Answer) else answer
        text = msgspec.json.encode(made).decode()
    except Refusal as refusal:
        refused = refusal.value()
        if not refused.retryable and status_of(refused) < 500:
            status = status_of(refused)
            text = msgspec.json.encode(money_body_of(refused, call.services.now_us())).decode()
        raise
    else:
        return answer
    finally:
        with trio.CancelScope(shield=True), trio.move_on_after(LET_GO_WITHIN_S):
            await _finish(call, account, key, status, text)


async def _finish(call: Call, account: str, key: str, status: int | None, text: str | None) -> None:
    until_us = call.services.now_us() + KEPT_US
    finish = FinishRequest(owner=account, key=key, status=status, body=text, kept_until_us=until_us)
    try:
        await call.services.store.perform(finish)
    except (StoreUnavailable, StoreUnknown, Refusal) as error:
        _log.warning("an answer could not be kept for its key; it lapses by itself: %s", error)


def _known(claimed: Claimed, key: str) -> Answer:
    if not claimed.same:
        raise KeyUsed
    if claimed.status is None or claimed.body is None:
        raise DuplicateRequest
    headers = {
        "Idempotent-Replayed": "true",
        "X-Idempotency-Key": key,
        "X-Idempotency-Replay": "true",
    }
    return Answer(claimed.status, msgspec.Raw(claimed.body.encode()), headers)


def _given_key(call: Call, body: msgspec.Struct) -> str | None:
    key = call.headers.get("idempotency-key")
    for name in ("idempotency_key", "client_key"):
        key = key if key is not None else getattr(body, name, None)
    if key is not None and not _KEY.fullmatch(key):
        raise BadInput(
            "Idempotency-Key: expected 1 to 128 visible ASCII characters", field="Idempotency-Key"
        )
    return key


def _said(body: msgspec.Struct) -> dict[str, Any]:
    """Return what a body asks for, without its key: that may stand in the header as well."""
    fields: dict[str, Any] = msgspec.to_builtins(body)
    return {
        name: value
        for name, value in fields.items()
        if name not in ("idempotencyKey", "clientIdempotencyKey")
    }
