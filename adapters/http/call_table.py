"""The routes of paid calls, part of the one table."""

from __future__ import annotations

from typing import Any

import msgspec

from adapters.http import call_bodies as bodies
from adapters.http.handlers import call_lists, calls
from adapters.http.money_answers import MoneyProblem
from adapters.http.routing import AnyRoute, Nothing, Route
from adapters.http.table_money import also_as_v1

_READS = (400, 401, 403, 404, 503)
_WRITES = (400, 401, 403, 404, 409, 413, 415, 503)


def _get(
    path: str,
    handler: Any,
    answer: type[msgspec.Struct],
    summary: str,
    query: type[msgspec.Struct] = Nothing,
) -> AnyRoute:
    return Route(
        method="GET",
        path=path,
        handler=handler,
        query=query,
        body=Nothing,
        answers={200: answer},
        summary=summary,
        tag="Calls",
        refusals=_READS,
        proof="required",
        problem=MoneyProblem,
    )


def _post(
    path: str,
    handler: Any,
    answer: type[msgspec.Struct],
    summary: str,
    body: type[msgspec.Struct] = Nothing,
    *,
    starts: bool = False,
) -> AnyRoute:
    return Route(
        method="POST",
        path=path,
        handler=handler,
        query=Nothing,
        body=body,
        answers={200: answer},
        summary=summary,
        tag="Calls",
        refusals=(*_WRITES, 429) if starts else _WRITES,
        proof="required",
        idempotent_by_key=starts,
        problem=MoneyProblem,
    )


_ROUTES: list[AnyRoute] = [
    _post("/api/calls/init", calls.init, bodies.CallStarted, "A fan rings a creator; the first "
          "block is reserved", bodies.InitBody, starts=True),
    _post("/api/calls/initiate", calls.initiate, bodies.CallStarted, "A creator rings a fan",
          bodies.InitiateBody, starts=True),
    _post("/api/calls/{call}/accept", calls.accept, bodies.CallAccepted, "Take a call that rings"),
    _post("/api/calls/{call}/decline", calls.end, bodies.CallEnded, "Refuse a call that rings"),
    _post("/api/calls/{call}/end", calls.end, bodies.CallEnded, "Hang up; answered when paid"),
    _post("/api/calls/{call}/heartbeat", calls.heartbeat, bodies.HeartbeatTaken,
          "Prove to be there"),
    _get("/api/calls/pending", call_lists.pending, bodies.CallList, "Calls that ring at the caller",
         bodies.HistoryQuery),
    _get("/api/calls/history", call_lists.history, bodies.CallList,
         "The caller's calls, newest first", bodies.HistoryQuery),
    _get("/api/calls/stats/{creator}", call_lists.statistics, bodies.CallStats,
         "Sums over a creator's calls, for that creator"),
    _get("/api/calls/{call}", call_lists.details, bodies.CallDetails, "One call, for its parties"),
    _get("/api/calls/{call}/status", calls.status, bodies.CallState, "Where a call is"),
    _post("/api/billing/{call}/active", calls.resume, bodies.BillingStatus,
          "Accept, or resume after a pause"),
    _post("/api/billing/{call}/pause", calls.pause, bodies.BillingStatus, "Stop the meter"),
    _post("/api/billing/{call}/stop", calls.stop, bodies.BillingStatus, "End the call"),
    _get("/api/billing/calls/{call}/history", call_lists.billed, bodies.BillingHistory,
         "What has been charged for a call, for its parties"),
    Route(
        method="POST",
        path="/api/billing/meter",
        handler=calls.meter,
        query=Nothing,
        body=bodies.MeterBody,
        answers={200: bodies.Metered},
        summary="Have calls do what is due; for machines that know the secret",
        tag="Calls",
        refusals=(400, 403, 413, 415, 503),
        seal=calls.check_secret,
        problem=MoneyProblem,
    ),
]  # fmt: skip

CALLS = [*_ROUTES, *also_as_v1(_ROUTES)]
