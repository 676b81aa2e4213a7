"""Reads the ledger's committed rows and keeps what each endpoint is to be told of them.

The rows are the durable log, so nothing is asked of the ledger but a word after each commit, and
that only while there is an endpoint. Owns the cursor: deliveries and its next place are written in
one transaction, so nothing is told of twice or passed over, whatever falls when.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import assert_never

from actors.ledger.messages import LEDGER, UnwatchCommits, WatchCommits
from actors.store import FENCED, STORE
from actors.webhooks.events import Event, body_until_seq, event_of
from actors.webhooks.messages import (
    BeginHerald,
    HeraldMessage,
    LookAgain,
    LookForDue,
    LookForNews,
    endpoint_address,
)
from actors.webhooks.records import (
    EndpointRow,
    FanOut,
    ForgetDeliveries,
    NewDelivery,
    News,
    ReadConcerned,
    ReadNews,
    ReadWaiting,
)
from engine.actor import Actor, Filled, IoDone, Undelivered
from engine.clock import MINUTE_US, SECOND_US
from engine.context import Context
from engine.outcome import Ok, Outcome
from engine.refusal import Refused

ROWS_MAX = 200
"""Of the ledger at once; more than the largest group has, and a few ms of work."""

AGAIN_US = SECOND_US
"""After the store has failed."""

PAUSE_US = SECOND_US // 50
"""Between looks while commits follow each other: each costs the store a commit of its own."""

NET_US = 10 * SECOND_US
"""How often it looks though nobody has said anything: a word may be lost when an actor falls."""

FORGET_EVERY_US = 60 * MINUTE_US
KEPT_US = 30 * 24 * 60 * MINUTE_US
"""How long it can be seen what became of a delivery."""


class Herald(Actor):
    """See the module's text."""

    def __init__(self, epoch: int, operators: Collection[str]) -> None:
        self.epoch = epoch
        self.operators = operators
        self.looking = False
        self.again = False
        self.watching = False
        self.forget_us = 0
        self.news: News | None = None  # Read, and not told of yet.
        self.events: list[tuple[int, Event]] = []

    def __repr__(self) -> str:
        state = "watching" if self.watching else "nobody to tell"
        return f"<Herald {state}{', looking' if self.looking else ''}>"

    def started(self, ctx: Context) -> None:
        self._look_around(ctx)

    def handle(self, message: HeraldMessage, ctx: Context) -> None:
        match message:
            case BeginHerald():
                self._look(ctx)
            case Filled():
                ctx.take()
                self._look(ctx)
            case Undelivered():
                pass  # An endpoint with a full mailbox looks anyway.
            case LookForNews():
                self._look_around(ctx)
            case LookAgain():
                self._read(ctx)
            case IoDone(tag="news", outcome=Ok(value=news)):
                self._learn(news, ctx)
            case IoDone(tag="concerned", outcome=Ok(value=rows)):
                self._tell(rows, ctx)
            case IoDone(tag=("told", endpoints, more), outcome=Ok()):
                for endpoint in endpoints:
                    ctx.tell(endpoint_address(endpoint), LookForDue())
                self._rest(ctx, more=more)
            case IoDone(tag="news" | "concerned" | ("told", _, _), outcome=outcome):
                self._fail(outcome, ctx)
            case IoDone(tag="waiting", outcome=outcome):
                for endpoint in outcome.value if isinstance(outcome, Ok) else ():
                    ctx.tell(endpoint_address(endpoint), LookForDue())
            case IoDone():
                raise AssertionError(message)
            case _:
                assert_never(message)

    def _look_around(self, ctx: Context) -> None:
        """Look for news, and for endpoints that were left alone with something to send."""
        ctx.io(STORE, ReadWaiting(now_us=ctx.now_us), tag="waiting")
        if self.watching:
            ctx.after(NET_US, LookForNews(), key="look")
            ctx.tell(LEDGER, WatchCommits(to=ctx.address))
        if ctx.now_us >= self.forget_us:
            self.forget_us = ctx.now_us + FORGET_EVERY_US
            ctx.io(STORE, ForgetDeliveries(before_us=ctx.now_us - KEPT_US))
        self._look(ctx)

    def _look(self, ctx: Context) -> None:
        if self.looking:
            self.again = True
            return
        self._read(ctx)

    def _read(self, ctx: Context) -> None:
        self.looking, self.again = True, False
        ctx.io(STORE, ReadNews(now_us=ctx.now_us, rows_max=ROWS_MAX), tag="news")

    def _learn(self, news: News, ctx: Context) -> None:
        self._watch(ctx, wanted=news.wanted)
        if news.cursor == news.follows:
            self._rest(ctx, more=False)
            return
        events = ((told.sequence, event_of(told.group)) for told in news.told)
        self.news = news
        self.events = [(sequence, event) for sequence, event in events if event is not None]
        parties = {party: None for _, event in self.events for party in event.parties}
        if self.events:
            request = ReadConcerned(owners=tuple(parties), now_us=ctx.now_us)
            ctx.io(STORE, request, tag="concerned")
        else:
            self._tell((), ctx)

    def _tell(self, rows: Sequence[EndpointRow], ctx: Context) -> None:
        news, self.news = self.news, None
        assert news is not None
        deliveries = deliveries_of(self.events, rows, self.operators)
        request = FanOut(
            actor=ctx.address,
            epoch=self.epoch,
            follows=news.follows,
            cursor=news.cursor,
            deliveries=deliveries,
            at_us=ctx.now_us,
        )
        endpoints = tuple(dict.fromkeys(each.endpoint for each in deliveries))
        ctx.io(STORE, request, tag=("told", endpoints, news.more))

    def _watch(self, ctx: Context, *, wanted: bool) -> None:
        if wanted == self.watching:
            return
        self.watching = wanted
        if wanted:
            ctx.after(NET_US, LookForNews(), key="look")
            # The ledger says a word at once: no commit falls in between.
            ctx.tell(LEDGER, WatchCommits(to=ctx.address))
        else:
            ctx.cancel("look")
            ctx.tell(LEDGER, UnwatchCommits())

    def _rest(self, ctx: Context, *, more: bool) -> None:
        if more:
            self._read(ctx)
        elif self.again:
            ctx.after(PAUSE_US, LookAgain(), key="again")  # It is looking until then.
        else:
            self.looking = False

    def _fail(self, outcome: Outcome, ctx: Context) -> None:
        if isinstance(outcome, Refused) and outcome.code == FENCED:
            ctx.stop(reason=FENCED)
            return
        self.looking = False
        ctx.after(AGAIN_US, LookForNews(), key="look")


def deliveries_of(
    events: Iterable[tuple[int, Event]], rows: Iterable[EndpointRow], operators: Collection[str]
) -> tuple[NewDelivery, ...]:
    """Return what each endpoint is to be told of events, in the events' order.

    Args:
        events: each with the first row of its group in the ledger.
        rows: the endpoints that may want them.
        operators: who may be told of everything.
    """
    by_owner: dict[str | None, list[EndpointRow]] = {}
    for row in rows:
        if may_be_told(row, operators):
            by_owner.setdefault(row.account, []).append(row)
    made: list[NewDelivery] = []
    for sequence, event in events:
        for account in (*event.parties, None):
            wanting = [
                row
                for row in by_owner.get(account, ())
                if sequence > row.since and wants(row, event.type, event.parties)
            ]
            until_seq = body_until_seq(event, account) if wanting else ""
            made += [
                NewDelivery(
                    endpoint=row.id,
                    event=event.id,
                    type=event.type,
                    aggregate=event.aggregate,
                    until_seq=until_seq,
                )
                for row in wanting
            ]
    return tuple(made)


def may_be_told(row: EndpointRow, operators: Collection[str]) -> bool:
    """Return whether an endpoint is told what it asked for: everything only to who is operator."""
    return not row.all or row.owner in operators


def wants(row: EndpointRow, type_: str, parties: tuple[str, ...]) -> bool:
    """Return whether an endpoint is told of events of a type, between these."""
    concerned = row.all or row.owner in parties
    return concerned and (not row.events or type_ in row.events)
