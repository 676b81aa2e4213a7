"""The routes of subscriptions and of purchases paid outside (WIRE 1.4, 1.6)."""

from __future__ import annotations

from functools import partial
from typing import Any

from adapters.http import subscription_answers as answers
from adapters.http import subscription_requests as requests
from adapters.http.answers import Problem
from adapters.http.handlers import (
    credits,
    purchases,
    subscription_admin,
    subscriptions,
    waiting_payments,
)
from adapters.http.money_answers import MoneyProblem
from adapters.http.money_requests import PageQuery
from adapters.http.routing import AnyRoute, Nothing, Proof, Route

_PUBLIC = "/api/subscriptions"
_ADMIN = "/api/admin/subscriptions"


def _route(method: str, path: str, handler: Any, answer: type, summary: str, *,
           query: type = Nothing, body: type = Nothing, refusals: tuple[int, ...] = (),
           proof: Proof = "none", tag: str = "Subscriptions",
           any_origin: bool = False) -> AnyRoute:  # fmt: skip
    usual = {503} if method == "GET" else {400, 413, 415, 429, 503}
    return Route(
        method=method,
        path=path,
        handler=handler,
        query=query,
        body=body,
        answers={200: answer},
        summary=summary,
        tag=tag,
        refusals=tuple(sorted({*usual, *refusals})),
        proof=proof,
        any_origin=any_origin,
        problem=Problem,
    )


def _payment(method: str, path: str, handler: Any, summary: str, *, body: type = Nothing,
             refusals: tuple[int, ...] = (), keyed: bool = False,
             proof: Proof = "required") -> AnyRoute:  # fmt: skip
    usual = {401, 503} if method == "GET" else {400, 401, 409, 413, 415, 429, 503}
    return Route(
        method=method,
        path=path,
        handler=handler,
        query=Nothing,
        body=body,
        answers={200: answers.PaymentChannel},
        summary=summary,
        tag="Payments",
        refusals=tuple(sorted({*usual, *refusals})),
        proof=proof,
        idempotent_by_key=keyed,
        problem=MoneyProblem,
    )


_open = partial(_route, any_origin=True)
_lists = partial(_route, proof="required", tag="Payments")
_operators = partial(_route, proof="operator", tag="Operators")

SUBSCRIPTIONS: list[AnyRoute] = [
    _open("GET", f"{_PUBLIC}/tiers", subscriptions.tiers, answers.Tiers,
          "What one may subscribe to"),
    _open("GET", f"{_PUBLIC}/user/{{account}}", subscriptions.of_user, answers.UserSubscription,
          "Which tier somebody has", refusals=(400,)),
    _open("GET", f"{_PUBLIC}/user/{{account}}/access", subscriptions.access, answers.FeatureAccess,
          "Whether somebody's tier lets them use so much of a feature",
          query=requests.AccessQuery, refusals=(400,)),
    _route("GET", f"{_PUBLIC}/user/{{account}}/payments", subscriptions.payments,
           answers.SubscriptionPayments, "What somebody paid; for themselves and operators",
           query=requests.PaymentsQuery, refusals=(400, 401, 403), proof="required"),
    _route("POST", f"{_PUBLIC}/calculate-price", subscriptions.price, answers.Price,
           "What a tier costs; promo codes are for those who are logged in",
           body=requests.PriceBody, refusals=(401, 404), proof="optional"),
    _open("GET", f"{_PUBLIC}/monitor/stats", subscriptions.monitor, answers.MonitorStats,
          "How many subscriptions and payments there are"),
    _route("POST", f"{_PUBLIC}/cancel", subscriptions.cancel, answers.Cancelled,
           "Let the caller's subscription end when its time is over", refusals=(401, 409),
           proof="required"),
    _payment("POST", "/api/payments/purchase", purchases.purchase,
             "Buy with tokens at once, or begin what counts when its payment is confirmed",
             body=requests.BuyBody, refusals=(404,), keyed=True),
    _lists("GET", "/api/payments", waiting_payments.listed, answers.PaymentChannels,
           "The caller's purchases from outside, newest first", query=requests.ChannelsQuery,
           refusals=(400, 401)),
    _open("GET", "/api/payments/prices", waiting_payments.prices, answers.OutsidePrices,
          "What a ticket of so many tokens costs in each money from outside",
          query=requests.PricesQuery, refusals=(400,), tag="Payments"),
    _payment("POST", "/api/payments/{payment_channel_id}/cancel", waiting_payments.cancel,
             "Let go a purchase of the caller's that is not paid", refusals=(404,)),
    _payment("GET", "/api/payments/{payment_channel_id}", purchases.show,
             "How far a purchase of the caller's has come", refusals=(404,)),
    _payment("POST", "/api/admin/payments/{payment_channel_id}/confirm", purchases.confirm,
             "Say that something was paid, where no provider or chain tells us",
             body=requests.ConfirmPaymentBody, refusals=(403, 404), proof="operator"),
    _operators("GET", "/api/admin/payments", waiting_payments.all_listed, answers.PaymentChannels,
               "Everybody's purchases from outside, newest first", query=requests.ChannelsQuery,
               refusals=(400, 401, 403)),
    _payment("POST", "/api/admin/payments/{payment_channel_id}/refuse", waiting_payments.refuse,
             "Say that a purchase will not be confirmed", refusals=(403, 404),
             proof="operator"),
    _operators("GET", "/api/admin/credits", credits.listed, answers.Credits,
               "What people overpaid", query=PageQuery, refusals=(400, 401, 403)),
    _operators("POST", "/api/admin/credits/paid-back", credits.pay_back, answers.CreditPaidBack,
               "Record that credit was paid back outside", body=requests.PayBackBody,
               refusals=(401, 403, 409)),
    _operators("GET", f"{_ADMIN}/stats", subscription_admin.stats, answers.AdminStats,
               "Subscriptions, payments and revenue", refusals=(401, 403)),
    _operators("GET", f"{_ADMIN}/promo-codes", subscription_admin.promo_codes, answers.PromoCodes,
               "Promo codes, newest first", query=PageQuery, refusals=(400, 401, 403)),
    _operators("POST", f"{_ADMIN}/promo-codes", subscription_admin.add_promo, answers.PromoAnswer,
               "Make a promo code", body=requests.PromoBody, refusals=(401, 403, 404, 409)),
    _operators("GET", f"{_ADMIN}/tiers", subscription_admin.tiers, answers.AdminTiers,
               "Every tier with how many have it", refusals=(401, 403)),
    _operators("POST", f"{_ADMIN}/tiers", subscription_admin.add_tier, answers.TierAnswer,
               "Add a tier", body=requests.NewTierBody, refusals=(401, 403)),
    _operators("PUT", f"{_ADMIN}/tiers/{{tier_id}}", subscription_admin.change_tier,
               answers.TierAnswer, "Change a tier", body=requests.TierFields,
               refusals=(401, 403, 404)),
    _operators("POST", f"{_ADMIN}/tiers/{{tier_id}}/toggle", subscription_admin.toggle_tier,
               answers.TierAnswer, "Sell a tier no longer, or again", refusals=(401, 403, 404)),
    _operators("POST", f"{_ADMIN}/pricing/update", subscription_admin.update_pricing,
               answers.PricingAnswer, "Set what coins cost; prices in coins follow",
               body=requests.PricingBody, refusals=(401, 403)),
    _operators("GET", f"{_ADMIN}/notifications/stats", subscription_admin.notice_stats,
               answers.NoticeStats, "What people were told about their subscriptions",
               refusals=(401, 403)),
    _operators("POST", f"{_ADMIN}/notifications/run-checks", subscription_admin.run_checks,
               answers.ChecksRun, "Look now at what is due", refusals=(401, 403)),
]  # fmt: skip
