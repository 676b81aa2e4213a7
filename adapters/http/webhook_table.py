"""The routes of webhooks that leave us."""

from __future__ import annotations

from typing import Any

from adapters.http import webhook_shapes as shapes
from adapters.http.handlers import webhooks
from adapters.http.money_answers import MoneyProblem
from adapters.http.routing import AnyRoute, Nothing, Route

_ALL = "/api/webhooks/endpoints"
_ONE = f"{_ALL}/{{endpoint_id}}"


def _route(method: str, path: str, handler: Any, answer: type, summary: str, *,
           query: type = Nothing, body: type = Nothing, refusals: tuple[int, ...] = (),
           keyed: bool = False) -> AnyRoute:  # fmt: skip
    usual = (401, 503) if method == "GET" else (400, 401, 413, 415, 429, 503)
    found = (404,) if path != _ALL else ()
    return Route(
        method=method,
        path=path,
        handler=handler,
        query=query,
        body=body,
        answers={200: answer},
        summary=summary,
        tag="Webhooks",
        refusals=tuple(sorted({*usual, *found, *refusals})),
        proof="required",
        idempotent_by_key=keyed,
        problem=MoneyProblem,
    )


WEBHOOKS: list[AnyRoute] = [
    _route(
        "POST", _ALL, webhooks.create, shapes.EndpointMade,
        "Be told of one's money at a URL; the answer has the secret that signs",
        body=shapes.EndpointBody, refusals=(403, 409), keyed=True,
    ),
    _route(
        "GET", _ALL, webhooks.listed, shapes.Endpoints,
        "The caller's endpoints, without their secrets",
        query=shapes.EndpointsQuery, refusals=(400, 403),
    ),
    _route(
        "DELETE", _ONE, webhooks.delete, shapes.Deleted,
        "Delete an endpoint and its deliveries",
    ),
    _route(
        "POST", f"{_ONE}/rotate-secret", webhooks.rotate_secret, shapes.EndpointMade,
        "Sign with a new secret; for a day with the one before too", refusals=(409,), keyed=True,
    ),
    _route(
        "POST", f"{_ONE}/enable", webhooks.enable, shapes.EndpointAnswer,
        "Send again to an endpoint that is disabled",
    ),
    _route(
        "POST", f"{_ONE}/disable", webhooks.disable, shapes.EndpointAnswer,
        "Send nothing until it is enabled again; operators may do so with everybody's",
    ),
    _route(
        "POST", f"{_ONE}/test", webhooks.try_out, shapes.Begun,
        "Send a `ping`, signed like every event", refusals=(409,),
    ),
    _route(
        "GET", f"{_ONE}/deliveries", webhooks.deliveries, shapes.Deliveries,
        "What an endpoint was told and is to be told, newest first",
        query=shapes.DeliveriesQuery, refusals=(400,),
    ),
    _route(
        "POST", f"{_ONE}/deliveries/{{event_id}}/redeliver", webhooks.redeliver, shapes.Begun,
        "Send an event again under its id", refusals=(409,),
    ),
]  # fmt: skip
