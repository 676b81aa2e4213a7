"""The routes of spaces' money."""

from __future__ import annotations

from typing import Any

from adapters.http import space_money as shapes
from adapters.http.handlers import space_money
from adapters.http.money_answers import MoneyProblem
from adapters.http.routing import AnyRoute, Nothing, Proof, Route

_SPACE = "/api/spaces/{space_type}/{space_id...}"
_TYPE = f"{_SPACE}/tickets/{{ticket_type}}"


def _route(method: str, path: str, handler: Any, answer: type, summary: str, *,
           query: type = Nothing, body: type = Nothing, refusals: tuple[int, ...] = (),
           proof: Proof = "required", keyed: bool = False) -> AnyRoute:  # fmt: skip
    usual = (400, 401, 404, 503) if method == "GET" else (400, 401, 403, 404, 413, 415, 429, 503)
    return Route(
        method=method,
        path=path,
        handler=handler,
        query=query,
        body=body,
        answers={200: answer},
        summary=summary,
        tag="Space money",
        refusals=tuple(sorted({*usual, *refusals})),
        proof=proof,
        idempotent_by_key=keyed,
        problem=MoneyProblem,
    )


SPACE_MONEY: list[AnyRoute] = [
    _route(
        "GET", f"{_SPACE}/tickets", space_money.listed, shapes.Sales,
        "The tickets that a space sells and has sold, and which of them the caller holds",
        query=shapes.SalesQuery, proof="optional",
    ),
    _route(
        "POST", f"{_SPACE}/tickets/checkout", space_money.checkout, shapes.SpaceTicketBought,
        "Buy a ticket at the space's own price", body=shapes.SpaceCheckoutBody,
        refusals=(409,), keyed=True,
    ),
    _route(
        "POST", f"{_SPACE}/tickets/refund", space_money.refund, shapes.SpaceTicketBack,
        "Give a ticket's price back and take the ticket", body=shapes.SpaceRefundBody,
        refusals=(402, 409), keyed=True,
    ),
    _route(
        "PUT", _TYPE, space_money.put_on_sale, shapes.SaleAnswer,
        "Sell tickets of a type, or change their price; for administrators",
        body=shapes.SaleBody, refusals=(409,),
    ),
    _route(
        "POST", f"{_TYPE}/end", space_money.end, shapes.SaleAnswer,
        "The session is over: its tickets are used; for administrators",
    ),
    _route(
        "POST", f"{_TYPE}/cancel", space_money.cancel, shapes.SaleAnswer,
        "The session is off: everybody has their tokens back; for administrators",
        refusals=(402,),
    ),
    _route(
        "GET", f"{_SPACE}/profit-sharing", space_money.sharing, shapes.ProfitSharing,
        "How a space shares what it takes in", proof="optional",
    ),
    _route(
        "PUT", f"{_SPACE}/profit-sharing", space_money.share, shapes.ProfitSharing,
        "Set how a space shares; owners their own share, operators everything",
        body=shapes.SharingBody,
    ),
]  # fmt: skip
