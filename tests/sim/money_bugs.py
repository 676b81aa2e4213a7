"""A bug for each invariant of the ledger, of trades, subscriptions and booths."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from actors.channel.messages import Announce
from actors.ledger.messages import PostBatch, Posted
from actors.money.commands import SEATS_ISSUED
from actors.money.records import ApprovePayout
from actors.subscriptions.records import SaveSubscription
from actors.wallet.actor import Wallet
from engine.actor import Actor, IoDone
from engine.context import Context, Effect
from engine.outcome import Ok
from engine.refusal import Refused
from sim.checkers import (
    Checker,
    booths,
    disputes,
    money,
    payouts,
    premium,
    subscriptions,
    trades,
)
from tests.sim.stories import (
    Tamper,
)
from tests.sim.tampering import memory_of, reposted, without


def pays_twice_in_the_store(
    actor: Actor, message: Any, _effects: list[Effect], ctx: Context
) -> None:
    """Let a balance move without a row."""
    if written(message):
        books = memory_of(ctx).ledger
        books.balances[next(iter(books.balances))].posted += 1


def rewrites_history(_actor: Actor, message: Any, _effects: list[Effect], ctx: Context) -> None:
    """Change a row that is long there, and its balances with it."""
    if written(message):
        entries = memory_of(ctx).ledger.entries
        entries[0] = replace(entries[0], at_us=entries[0].at_us + 1)


def keeps_another_kind(
    _actor: Actor, _message: Any, effects: list[Effect], _ctx: Context
) -> list[Effect]:
    """Write something else down than was asked for; no sum changes."""
    return [
        (*one[:2], misnamed(one[2]), *one[3:])
        if one[0] == "io" and isinstance(one[2], PostBatch)
        else one
        for one in effects
    ]


def misnamed(batch: PostBatch) -> PostBatch:
    return replace(
        batch,
        decisions=tuple(
            replace(
                decision,
                entries=tuple(
                    replace(entry, transfer=replace(entry.transfer, kind="gift"))
                    for entry in decision.entries
                ),
            )
            for decision in batch.decisions
        ),
    )


def written(message: Any) -> bool:
    """Whether a batch has just become durable, and not one of the first."""
    return isinstance(message, IoDone) and message.tag[0] == "written" and message.tag[1] > 8


def answers_wrongly(
    _actor: Actor, _message: Any, effects: list[Effect], _ctx: Context
) -> list[Effect]:
    """Tell whoever was refused that they paid."""
    paid = Ok(Posted(entries=()))
    return [
        (one[0], one[1], paid) if one[0] == "reply" and isinstance(one[2], Refused) else one
        for one in effects
    ]


def approves_itself(
    actor: Actor, _message: Any, effects: list[Effect], _ctx: Context
) -> list[Effect]:
    """Write the payee's own name under every approval."""
    assert isinstance(actor, Wallet)
    return [
        (*one[:2], replace(one[2], approver=actor.account), *one[3:])
        if one[0] == "io" and isinstance(one[2], ApprovePayout)
        else one
        for one in effects
    ]


def announced(effect: Effect) -> bool:
    """Whether an effect has a tip shown."""
    return effect[0] == "tell" and isinstance(effect[2], Announce)


def shows_more(_actor: Actor, _message: Any, effects: list[Effect], _ctx: Context) -> list[Effect]:
    """Show ten times what was given."""
    return [
        ("tell", one[1], replace(one[2], payload=one[2].payload | {"amountTokens": 70}))
        if announced(one)
        else one
        for one in effects
    ]


def waits_for_nothing(actor: Actor, _message: Any, _effects: list[Effect], _ctx: Context) -> None:
    """Forget how long a tip waits."""
    assert isinstance(actor, Wallet)
    products = dict(actor.money.products)
    products["tip"] = replace(products["tip"], release_us=1)
    actor.money = replace(actor.money, products=products)


MONEY_BUGS: list[tuple[type[Checker], str, Tamper]] = [
    (money.BalancesAgree, "ledger", pays_twice_in_the_store),
    (money.HistoryStays, "ledger", rewrites_history),
    (money.HistoryFollows, "ledger", keeps_another_kind),
    (money.PaidAsTold, "ledger", answers_wrongly),
    # Tokens for nothing in the reserve.
    (trades.ReserveCoversTokens, "wallet", reposted(lambda _one: None, "token_sale")),
    # Seats from nowhere instead of from the pool.
    (
        trades.SeatsAreSoldOnce,
        "stream",
        reposted(lambda one: replace(one, debit=SEATS_ISSUED), "seat"),
    ),
    (trades.TipsAreShownWhenPaid, "wallet", shows_more),
    (trades.WishesAreSettled, "wallet", without(lambda one: one[0] == "reply")),
    (trades.WalletsEndAsTold, "wallet", reposted(lambda one: replace(one, amount=6), "tip")),
    (payouts.PayoutsArePaidOnce, "wallet", approves_itself),
    # More uses than there are.
    (
        subscriptions.PromoCodesHold,
        "subscriber",
        reposted(lambda one: replace(one, amount=9), "promo_issued"),
    ),
    # A pro month for almost nothing.
    (
        subscriptions.InvoicesSettleOnce,
        "subscriber",
        reposted(lambda one: replace(one, amount=1), "subscription"),
    ),
    # What was overpaid goes to somebody else.
    (
        subscriptions.PaymentsAreKept,
        "subscriber",
        reposted(lambda one: replace(one, credit="user:eve:main"), "credit"),
    ),
    # Paid, and never written down.
    (
        subscriptions.SubscriptionsAreGranted,
        "subscriber",
        without(lambda one: one[0] == "io" and isinstance(one[2], SaveSubscription)),
    ),
]
DISPUTE_BUGS: list[tuple[type[Checker], str, Tamper]] = [
    # Who paid has one token back; one is frozen; nothing waits; all that is released pays a debt.
    (disputes.EarningsAddUp, "wallet", reposted(lambda one: replace(one, amount=1), "refund")),
    (
        disputes.DisputesHappenOnce,
        "wallet",
        reposted(lambda one: replace(one, amount=1), "dispute"),
    ),
    (disputes.ReleasesWait, "wallet", waits_for_nothing),
    (
        disputes.DebtsTakeHalf,
        "wallet",
        reposted(lambda one: replace(one, credit="creator:cleo:debt"), "tip_release"),
    ),
]
BOOTH_BUGS: list[tuple[type[Checker], str, Tamper]] = [
    # One seat more than there is, and minutes for nothing.
    (
        booths.SpaceTicketsAreHonest,
        "booth",
        reposted(lambda one: replace(one, debit=SEATS_ISSUED), "space_seat"),
    ),
    (booths.MicrophonesCostTheirTime, "booth", reposted(lambda _one: None, "microphone")),
    (
        premium.PremiumIsPaidFor,
        "booth",
        reposted(lambda one: replace(one, amount=1), "space_premium"),
    ),
]
