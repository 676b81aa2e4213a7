"""Endpoints to which we send webhooks: made, listed, turned and tried by their owners."""

from __future__ import annotations

import re
from typing import Any

from actors.limits import WEBHOOKS
from actors.webhooks import records
from actors.webhooks.events import EVENT_TYPES
from actors.webhooks.messages import (
    By,
    CreateEndpoint,
    DeleteEndpoint,
    DisableEndpoint,
    EnableEndpoint,
    Redeliver,
    RotateSecret,
    SendPing,
    endpoint_address,
)
from actors.webhooks.records import EndpointRow
from actors.webhooks.refusals import DeliveryNotFound, EndpointNotFound
from actors.wire_time import iso_utc
from adapters.http.call import Call
from adapters.http.handlers.common import ask, audit
from adapters.http.money_problems import OperatorsOnly
from adapters.http.once import once, proven
from adapters.http.routing import Nothing
from adapters.http.webhook_shapes import (
    Begun,
    Deleted,
    Deliveries,
    DeliveriesQuery,
    Delivery,
    Endpoint,
    EndpointAnswer,
    EndpointBody,
    EndpointMade,
    Endpoints,
    EndpointsQuery,
)
from engine.refusal import BadInput

SECRET_BYTES = 32
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@once
async def create(call: Call, _query: Nothing, body: EndpointBody) -> EndpointMade:
    """Make an endpoint; its secret is in the answer, and nowhere else.

    Raises:
        BadInput: the URL or a type will not do.
        OperatorsOnly: it wants to be told of everybody's money.
        TooManyEndpoints: the caller has as many as one may have.
    """
    by = await _by(call, changes=True)
    if body.scope == "all" and not by.operator:
        raise OperatorsOnly
    events = _types(body.events)
    await call.services.check_webhook(body.url)
    message = CreateEndpoint(
        owner=by.account,
        all=body.scope == "all",
        url=body.url,
        events=events,
        secret=_new_secret(call),
        endpoints_max=call.services.settings.webhooks_per_account,
    )
    row: EndpointRow = await ask(call, endpoint_address(call.request_id), message)
    await audit(call, "webhook_created", account=by.account, endpoint=row.id, url=row.url)
    return EndpointMade(endpoint=_endpoint(row), secret=row.secret)


async def listed(call: Call, query: EndpointsQuery, _body: Nothing) -> Endpoints:
    """List the caller's endpoints, or everybody's for an operator.

    Raises:
        OperatorsOnly: everybody's, for somebody else.
    """
    by = await _by(call)
    if query.scope == "all" and not by.operator:
        raise OperatorsOnly
    request = records.ListEndpoints(owner=by.account if query.scope == "own" else None)
    rows: tuple[EndpointRow, ...] = await call.services.store.perform(request)
    return Endpoints(endpoints=[_endpoint(row) for row in rows], count=len(rows))


async def delete(call: Call, _query: Nothing, _body: Nothing) -> Deleted:
    """Send it nothing any more, and forget it.

    Raises:
        EndpointNotFound: the caller has no such endpoint.
    """
    by = await _by(call, changes=True)
    await _ask(call, DeleteEndpoint(by=by))
    endpoint = call.parameters["endpoint_id"].lower()
    await audit(call, "webhook_deleted", account=by.account, endpoint=endpoint)
    return Deleted()


@once
async def rotate_secret(call: Call, _query: Nothing, _body: Nothing) -> EndpointMade:
    """Sign with a new secret; the one before signs too, for a day.

    Raises:
        EndpointNotFound: the caller has no such endpoint.
    """
    by = await _by(call, changes=True)
    row: EndpointRow = await _ask(call, RotateSecret(by=by, secret=_new_secret(call)))
    await audit(call, "webhook_secret_rotated", account=by.account, endpoint=row.id)
    return EndpointMade(endpoint=_endpoint(row), secret=row.secret)


async def enable(call: Call, _query: Nothing, _body: Nothing) -> EndpointAnswer:
    """Send to it again; what waited is tried at once.

    Raises:
        EndpointNotFound: the caller has no such endpoint.
    """
    row: EndpointRow = await _ask(call, EnableEndpoint(by=await _by(call, changes=True)))
    return EndpointAnswer(endpoint=_endpoint(row))


async def disable(call: Call, _query: Nothing, _body: Nothing) -> EndpointAnswer:
    """Send it nothing until it is enabled again.

    Raises:
        EndpointNotFound: the caller has no such endpoint.
    """
    by = await _by(call, changes=True)
    row: EndpointRow = await _ask(call, DisableEndpoint(by=by))
    await audit(call, "webhook_disabled", account=by.account, endpoint=row.id)
    return EndpointAnswer(endpoint=_endpoint(row))


async def try_out(call: Call, _query: Nothing, _body: Nothing) -> Begun:
    """Send it an event that says nothing.

    Raises:
        EndpointNotFound: the caller has no such endpoint.
        EndpointDisabled: nothing is sent to it.
    """
    event = call.new_id()
    await _ask(call, SendPing(by=await _by(call, changes=True), event=event))
    return Begun(event_id=event)


async def deliveries(call: Call, query: DeliveriesQuery, _body: Nothing) -> Deliveries:
    """List what it was told and is to be told, newest first.

    Raises:
        EndpointNotFound: the caller has no such endpoint.
    """
    endpoint = await _checked(call, await _by(call))
    rows: tuple[records.Delivery, ...] = await call.services.store.perform(
        records.ListDeliveries(endpoint=endpoint, state=query.state, limit=query.limit)
    )
    return Deliveries(deliveries=[_delivery(each) for each in rows], count=len(rows))


async def redeliver(call: Call, _query: Nothing, _body: Nothing) -> Begun:
    """Send an event again, whatever became of it, under the same id.

    Raises:
        EndpointNotFound: the caller has no such endpoint.
        EndpointDisabled: nothing is sent to it.
        DeliveryNotFound: it was never told of such an event.
    """
    by, event = await _by(call, changes=True), call.parameters["event_id"].lower()
    if not _UUID.fullmatch(event):
        raise DeliveryNotFound
    await _ask(call, Redeliver(by=by, event=event))
    return Begun(event_id=event)


async def _by(call: Call, *, changes: bool = False) -> By:
    account = await proven(call)
    if changes:
        call.limit_account(WEBHOOKS, account)
    return By(account=account, operator=(await call.caller()).admin)


async def _checked(call: Call, by: By) -> str:
    """Return the endpoint that the path names; no actor is woken for one that is not there."""
    endpoint = call.parameters["endpoint_id"].lower()
    if not _UUID.fullmatch(endpoint):
        raise EndpointNotFound
    row: EndpointRow | None = await call.services.store.perform(records.ReadEndpoint(id=endpoint))
    if row is None or not (by.operator or row.owner == by.account):
        raise EndpointNotFound
    return endpoint


async def _ask(call: Call, message: Any) -> Any:
    return await ask(call, endpoint_address(await _checked(call, message.by)), message)


def _new_secret(call: Call) -> str:
    return f"whsec_{call.services.entropy(SECRET_BYTES).hex()}"


def _types(events: list[str]) -> tuple[str, ...]:
    for each in events:
        if each not in EVENT_TYPES:
            expected = ", ".join(EVENT_TYPES)
            raise BadInput(f"events: expected some of {expected}; got {each!r:.60}", field="events")
    return tuple(dict.fromkeys(events))


def _endpoint(row: EndpointRow) -> Endpoint:
    until_us = row.previous_until_us
    return Endpoint(
        id=row.id,
        url=row.url,
        owner=row.owner,
        scope="all" if row.all else "own",
        events=list(row.events),
        enabled=row.disabled is None,
        disabled_because=row.disabled,
        created_at=iso_utc(row.created_at_us),
        previous_secret_until=None if until_us is None else iso_utc(until_us),
    )


def _delivery(one: records.Delivery) -> Delivery:
    return Delivery(
        event_id=one.event,
        type=one.type,
        aggregate=one.aggregate,
        seq=one.seq,
        state=one.state,
        attempts=one.attempts,
        created_at=iso_utc(one.created_at_us),
        next_attempt_at=iso_utc(one.next_us) if one.state == "pending" else None,
        last_attempt_at=None if one.last_us is None else iso_utc(one.last_us),
        last_status=one.status,
        last_error=one.error,
    )
