"""Fans and creators: visitors who also buy tokens, tip each other, and sell or buy seats.

One that has no visit to make only trades. Each wish has one id for ever, and is sent again until it
is answered: that is what makes a lost answer harmless.
"""

from __future__ import annotations

from typing import Any

from sim.people.life import Begin, Fetched, Happening, Life, Woken
from sim.people.part import Part
from sim.people.trades import (
    Announce,
    BuyPack,
    BuyPremium,
    BuySeat,
    BuyTicketTo,
    CallOff,
    CashOutTokens,
    Decide,
    Dispute,
    EndShow,
    Enrol,
    GiveSeatBack,
    GiveTip,
    LookAtEarnings,
    SellTickets,
    Subscribe,
    TakeOut,
    Trade,
    channel_of,
    sold_to,
    stream_of,
    trade_id,
)
from sim.people.visitor import TRY_AGAIN_US, Stage, Visitor

LATER_CODES = frozenset(
    {
        "busy", "creator_not_found", "fenced", "not_a_creator", "only_creators_can_stream",
        "stream_not_found",
    }
)  # fmt: skip
"""Refusals that pass: whom one wants to pay, or what one is, may still be on its way."""


def _later(trade: Trade, code: str) -> bool:
    """Whether a refusal passes; a sale that is to be disputed may be on its way too."""
    if isinstance(trade, Dispute | Decide):
        return code in ("dispute_not_found", "sale_goes_on")
    return code in LATER_CODES


class Trader(Visitor):
    """See the module's text.

    Attributes:
        trades_open: trades without an answer, by id, in the order they were thought of.
        settled: id to (trade, answer): the server has promised that these happened.
        declined: id to (trade, code): the server has said no.
        shown: ids of tips that were shown here, in order.
    """

    def __init__(self, part: Part) -> None:
        super().__init__(part)
        self.trades_open: dict[str, Trade] = {}
        self.settled: dict[str, tuple[Trade, dict[str, Any]]] = {}
        self.declined: dict[str, tuple[Trade, str]] = {}
        self.shown: list[str] = []

    def __repr__(self) -> str:
        return f"<Trader {self.part.name} {self.stage.value}, {len(self.trades_open)} wishes>"

    def handle(self, happening: Happening, life: Life) -> None:
        match happening:
            case Woken(what="trade", number=number):
                self._want(number, life)
            case Woken(what="trade again"):
                for wish in self.trades_open.values():
                    life.fetch(wish, f"trade {wish.id}")
            case Fetched(tag=tag) if tag.startswith("trade "):
                self._answered_trade(happening, life)
            case Begin() if not self.part.visits:
                self.stage = Stage.GONE
                self._plan(life)
            case Begin():
                super().handle(happening, life)
                self._plan(life)
            case _:
                super().handle(happening, life)

    def _plan(self, life: Life) -> None:
        for number, (at_us, _trade) in enumerate(self._planned()):
            life.wake(at_us, "trade", number)

    def _planned(self) -> list[tuple[int, Trade]]:
        part = self.part
        name, at_us = part.name, part.arrives_us
        trades: list[tuple[int, Trade]] = []
        if part.creates:
            trades.append((at_us, Enrol(id=trade_id(name, "enrol"))))
        if part.sells is not None:
            price, seats = part.sells
            trades.append((at_us, Announce(id=stream_of(name), price=price, seats=seats)))
        if part.tokens:
            trades.append((at_us, BuyPack(id=trade_id(name, "pack"), tokens=part.tokens)))
        if part.sells_tickets is not None:
            when_us, price, seats = part.sells_tickets
            id_ = trade_id(name, "sale")
            sale = SellTickets(id=id_, space=part.space, price=price, seats=seats)
            trades.append((when_us, sale))
        if part.calls_off_us is not None:
            off = CallOff(id=trade_id(name, "off"), space=part.space)
            trades.append((part.calls_off_us, off))
        if part.buys_ticket_us is not None:
            entry = BuyTicketTo(id=trade_id(name, "ticket"), space=part.space)
            trades.append((part.buys_ticket_us, entry))
        for number, (when_us, creator) in enumerate(part.gives_back):
            id_ = trade_id(name, "back", number)
            trades.append((when_us, GiveSeatBack(id=id_, creator=creator)))
        if part.ends_show_us is not None:
            trades.append((part.ends_show_us, EndShow(id=trade_id(name, "end"))))
        for number, (when_us, tokens) in enumerate(part.cashes_out):
            id_ = trade_id(name, "cash", number)
            trades.append((when_us, CashOutTokens(id=id_, tokens=tokens)))
        for number, when_us in enumerate(part.buys_premium_us):
            month = BuyPremium(id=trade_id(name, "premium", number), space=part.space)
            trades.append((when_us, month))
        for number, (when_us, to, tokens) in enumerate(part.tips):
            id_ = trade_id(name, "tip", number)
            trades.append((when_us, GiveTip(id=id_, to=to, tokens=tokens)))
        for number, (when_us, creator) in enumerate(part.seats):
            id_ = trade_id(name, "seat", number)
            trades.append((when_us, BuySeat(id=id_, creator=creator)))
        trades += self._cases()
        for number, (when_us, tokens) in enumerate(part.takes_out):
            trades.append((when_us, TakeOut(id=trade_id(name, "payout", number), tokens=tokens)))
        for number, when_us in enumerate(part.looks_us):
            trades.append((when_us, LookAtEarnings(id=trade_id(name, "look", number))))
        for number, (when_us, tier, code, pays, regrets) in enumerate(part.subscribes):
            id_ = trade_id(name, "subscription", number)
            order = Subscribe(id=id_, tier=tier, code=code, pays=pays, calls_off=regrets)
            trades.append((when_us, order))
        return trades

    def _cases(self) -> list[tuple[int, Trade]]:
        name = self.part.name
        trades: list[tuple[int, Trade]] = []
        for number, case in enumerate(self.part.disputes):
            sale = sold_to(case.by, case.kind, case.number)
            opened = trade_id(name, "dispute", number)
            wish = Dispute(id=opened, kind=case.kind, sale=sale, payee=case.payee)
            trades.append((case.at_us, wish))
            if case.decided_us is not None:
                id_ = trade_id(name, "verdict", number)
                verdict = Decide(id=id_, sale=sale, payee=case.payee, won=case.won)
                trades.append((case.decided_us, verdict))
        return trades

    @property
    def _has_bought(self) -> bool:
        return trade_id(self.part.name, "pack") in self.settled or not self.part.tokens

    def _want(self, number: int, life: Life) -> None:
        trade = self._planned()[number][1]
        if isinstance(trade, GiveTip | BuySeat | BuyTicketTo | BuyPremium) and not self._has_bought:
            life.wake(TRY_AGAIN_US, "trade", number)  # Nobody spends what they do not see yet.
            return
        self.trades_open[trade.id] = trade
        life.fetch(trade, f"trade {trade.id}")

    def _answered_trade(self, fetched: Fetched, life: Life) -> None:
        id_ = fetched.tag.removeprefix("trade ")
        trade = self.trades_open.get(id_)
        if trade is None:
            return  # An earlier try was answered late.
        code = str(fetched.body.get("code"))
        if fetched.status == 200:
            del self.trades_open[id_]
            self.settled[id_] = trade, fetched.body
        elif fetched.status in (0, 429) or fetched.status >= 500 or _later(trade, code):
            life.wake(TRY_AGAIN_US, "trade again")
        else:
            del self.trades_open[id_]
            self.declined[id_] = trade, code

    def _inside(self, life: Life) -> None:
        super()._inside(life)
        for creator in self.part.watches:
            life.emit("room:join", channel_of(creator), self._ack("watch"))

    def _received(self, event: str, payload: Any, life: Life) -> None:
        if event.startswith("tip:new:"):
            self.shown.append(payload["tipId"])
        else:
            super()._received(event, payload, life)
