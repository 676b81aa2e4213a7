"""The routes of tokens, tips, streams and creators (WIRE 1.8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from adapters.http import dispute_shapes
from adapters.http import money_answers as answers
from adapters.http import money_requests as requests
from adapters.http.call import Call
from adapters.http.handlers import (
    billing,
    creators,
    disputes,
    payments,
    payouts,
    streams,
    tips,
    tokens,
)
from adapters.http.routing import AnyRoute, Nothing, Proof, Route
from adapters.http.space_money import BillingFigures

_READ = (401, 503)
_WRITE = (400, 401, 413, 415, 429, 503)
_KEYED = (*_WRITE, 409)


def _route(method: str, path: str, handler: Any, answer: type, summary: str, tag: str,
           *, query: type = Nothing, body: type = Nothing, refusals: tuple[int, ...] = (),
           proof: Proof = "required", keyed: bool = False,
           also: tuple[str, ...] = (),
           seal: Callable[[Call], None] | None = None) -> AnyRoute:  # fmt: skip
    usual = _KEYED if keyed else _WRITE if method != "GET" else _READ
    return Route(
        method=method,
        path=path,
        handler=handler,
        query=query,
        body=body,
        answers={200: answer},
        summary=summary,
        tag=tag,
        also=also,
        refusals=tuple(sorted({*usual, *refusals})),
        proof=proof,
        seal=seal,
        idempotent_by_key=keyed,
        problem=answers.MoneyProblem,
    )


_tokens = partial(_route, tag="Tokens")
_tips = partial(_route, tag="Tips")
_streams = partial(_route, tag="Streams")
_operators = partial(_route, tag="Operators", proof="operator")

_ROUTES: list[AnyRoute] = [
    _tokens(
        "GET", "/api/tokens/packs", tokens.packs, answers.Packs,
        "What tokens cost, and what one is worth", proof="none",
    ),
    _tokens(
        "GET", "/api/tokens/balance", tokens.balance, answers.Balance, "What the caller can spend"
    ),
    _tokens(
        "GET", "/api/wallet", tokens.wallet, answers.Wallet,
        "What the caller has, and had over time",
    ),
    _tokens(
        "GET", "/api/earnings", tokens.earnings, answers.Earnings,
        "What of the caller's earnings waits, after releasing what has waited long enough",
    ),
    _tokens(
        "GET", "/api/tokens/history", tokens.history, answers.History,
        "Every movement of the caller's tokens, newest first",
        query=requests.PageQuery, refusals=(400,),
    ),
    _tokens(
        "GET", "/api/billing/statement", billing.statement, answers.StatementAnswer,
        "What an account did over a period: opening, lines, closing, as JSON or CSV",
        query=requests.StatementQuery, refusals=(400, 403), also=("text/csv",),
    ),
    _tokens(
        "GET", "/api/billing/stats", billing.stats, BillingFigures,
        "What the caller spent and earned over a period, by reason",
        query=requests.PeriodQuery, refusals=(400,),
    ),
    _tokens(
        "POST", "/api/tokens/purchase", tokens.purchase, answers.PurchaseAnswer,
        "Begin buying a pack; its tokens come when the payment is confirmed",
        body=requests.PurchaseBody, keyed=True,
    ),
    _tokens(
        "GET", "/api/tokens/purchases", tokens.purchases, answers.Purchases,
        "The packs that the caller has begun to buy, newest first",
        query=requests.PurchasesQuery, refusals=(400,),
    ),
    _tokens(
        "POST", "/api/tokens/payout", tokens.cash_out, answers.PayoutAnswer,
        "Reserve earned tokens for being paid out", body=requests.PayoutBody,
        refusals=(402, 403), keyed=True,
    ),
    _tokens(
        "GET", "/api/tokens/payouts", tokens.payouts, answers.Payouts,
        "The caller's cash-outs, newest first", query=requests.PageQuery, refusals=(400,),
    ),
    _tokens(
        "POST", "/api/tokens/payouts/{payout_id}/cancel", tokens.cancel, answers.PayoutAnswer,
        "Take a cash-out back before it is paid", refusals=(404, 409),
    ),
    _operators(
        "GET", "/api/admin/payouts", payouts.listed, answers.Payouts,
        "Everybody's cash-outs, newest first", query=requests.PageQuery, refusals=(400, 403),
    ),
    _operators(
        "POST", "/api/admin/payouts/{payout_id}/approve", payouts.approve, answers.PayoutAnswer,
        "Approve somebody else's cash-out", refusals=(403, 404, 409),
    ),
    _operators(
        "POST", "/api/admin/payouts/{payout_id}/confirm", payouts.confirm, answers.PayoutAnswer,
        "Say that a cash-out has been paid, and how", body=requests.ConfirmBody,
        refusals=(403, 404, 409),
    ),
    _operators(
        "POST", "/api/admin/payouts/{payout_id}/cancel", payouts.cancel, answers.PayoutAnswer,
        "Give the tokens of a cash-out back", refusals=(403, 404, 409),
    ),
    _operators(
        "GET", "/api/admin/disputes", disputes.listed, dispute_shapes.Disputes,
        "Everybody's disputes of sales, newest first", query=dispute_shapes.DisputesQuery,
        refusals=(400, 403),
    ),
    _operators(
        "POST", "/api/admin/disputes", disputes.dispute, dispute_shapes.DisputeAnswer,
        "Freeze what somebody earned by a sale until it is decided",
        body=dispute_shapes.DisputeBody, refusals=(402, 403, 404, 409),
    ),
    _operators(
        "POST", "/api/admin/disputes/{dispute_id}/won", disputes.won,
        dispute_shapes.DisputeAnswer, "Give what is frozen back to who earned it",
        refusals=(402, 403, 404, 409),
    ),
    _operators(
        "POST", "/api/admin/disputes/{dispute_id}/lost", disputes.lost,
        dispute_shapes.DisputeAnswer, "Give the buyer everything back, and charge the fee",
        refusals=(402, 403, 404, 409),
    ),
    _operators(
        "GET", "/api/admin/purchases", payouts.purchases, answers.Purchases,
        "Everybody's purchases, newest first; those that wait for their payment, for example",
        query=requests.PurchasesQuery, refusals=(400, 403),
    ),
    _operators(
        "POST", "/api/admin/purchases/{purchase_id}/confirm", payouts.confirm_purchase,
        answers.Credited, "Say that a pack has been paid for, where no provider tells us",
        body=requests.ConfirmPurchaseBody, refusals=(403, 404),
    ),
    _operators(
        "POST", "/api/webhooks/payments", payments.payment_event, answers.Received,
        "What a payment provider tells us, signed `t=…,v1=…` in Presence-Signature",
        body=requests.PaymentEventBody, refusals=(403,), proof="none", seal=payments.check_event,
    ),
    _tips(
        "POST", "/api/tips/send", tips.send, answers.TipSent,
        "Give a creator tokens; those who watch the channel are told", body=requests.TipBody,
        refusals=(402, 404), keyed=True,
    ),
    _tips(
        "GET", "/api/tips/sent", tips.sent, answers.Tips, "What the caller has given",
        query=requests.PageQuery, refusals=(400,),
    ),
    _tips(
        "GET", "/api/tips/received", tips.received, answers.Tips, "What the caller was given",
        query=requests.PageQuery, refusals=(400, 403),
    ),
    _tips(
        "GET", "/api/tips/history", tips.history, answers.Tips,
        "What the caller has given and was given", query=requests.PageQuery, refusals=(400,),
    ),
    _tips(
        "GET", "/api/tips/stats/{creator_id}", tips.stats, answers.TipStats,
        "What a creator was given over a period", query=requests.PeriodQuery, refusals=(400, 404),
    ),
    _streams(
        "POST", "/api/streams/create", streams.create, answers.StreamAnswer, "Announce a stream",
        body=requests.StreamBody, refusals=(403,), keyed=True,
    ),
    _streams(
        "GET", "/api/streams", streams.listed, answers.Streams,
        "Everybody's streams, newest first; those that are live when nothing else is asked for",
        query=requests.LiveQuery, refusals=(400,), proof="none",
    ),
    _streams(
        "POST", "/api/streams/validate-access", streams.validate_access, answers.Access,
        "Whether the caller may watch the stream of a channel", body=requests.AccessBody,
        refusals=(404,),
    ),
    _streams(
        "GET", "/api/streams/{stream_id}", streams.show, answers.StreamAnswer,
        "A stream and how many watch it", refusals=(404,), proof="none",
    ),
    _streams(
        "GET", "/api/streams/{stream_id}/access", streams.access, answers.Access,
        "Whether the caller may watch", refusals=(404,),
    ),
    _streams(
        "POST", "/api/streams/{stream_id}/start", streams.start, answers.StreamAnswer, "Go live",
        refusals=(403, 404, 409),
    ),
    _streams(
        "POST", "/api/streams/{stream_id}/end", streams.end, answers.StreamAnswer,
        "End a stream for good", refusals=(403, 404),
    ),
    _streams(
        "POST", "/api/streams/{stream_id}/tickets/checkout", streams.checkout, answers.TicketSold,
        "Buy a ticket at the stream's own price", body=requests.CheckoutBody, refusals=(404,),
        keyed=True,
    ),
    _streams(
        "POST", "/api/streams/{stream_id}/tickets/refund", streams.refund, answers.Refunded,
        "Give a ticket's price back and take the ticket", body=requests.RefundBody,
        refusals=(402, 403, 404), keyed=True,
    ),
    _streams(
        "PUT", "/api/creators/me", creators.enrol, answers.CreatorAnswer,
        "Become a creator, or change how one is shown", body=requests.CreatorBody,
    ),
    _streams(
        "GET", "/api/creators/{creator_id}", creators.show, answers.CreatorAnswer, "A creator",
        refusals=(404,), proof="none",
    ),
    _streams(
        "GET", "/api/creators/{creator_id}/streams", streams.of_creator, answers.Streams,
        "A creator's streams, newest first", query=requests.StreamsQuery, refusals=(400, 404),
        proof="none",
    ),
]  # fmt: skip


def also_as_v1(routes: list[AnyRoute]) -> list[AnyRoute]:
    """Newer clients of the product put a version into the path."""
    return [
        replace(route, path=f"/api/v1{route.path.removeprefix('/api')}", same_as=route.path)
        for route in routes
        if not route.path.startswith(("/api/admin/", "/api/webhooks/"))
    ]


MONEY = [*_ROUTES, *also_as_v1(_ROUTES)]
