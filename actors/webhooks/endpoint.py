"""One endpoint: sends what it is to be told, in order within each aggregate, until it is there.

Sent to by the herald and the HTTP face. Owns the endpoint's row and what became of its deliveries,
written under its epoch. A delivery is over when a 2xx answers it, or three days after its first
attempt; only then the next of its aggregate is sent. An endpoint that hangs holds up its own four
aggregates and nobody else.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import replace
from typing import Any, Final, assert_never

from actors.money.errands import Ask, Errand, Errands, Tell, TryAgain
from actors.store import FENCED, STORE
from actors.webhooks.events import PING, ping_until_seq
from actors.webhooks.herald import may_be_told
from actors.webhooks.messages import (
    HERALD,
    USER_AGENT,
    WEBHOOKS,
    Answered,
    BeginHerald,
    By,
    CreateEndpoint,
    DeleteEndpoint,
    DisableEndpoint,
    EnableEndpoint,
    EndpointMessage,
    LookForDue,
    PostEvent,
    Redeliver,
    RotateSecret,
    SaveAgain,
    SendPing,
)
from actors.webhooks.records import (
    OVERLAP_US,
    AddEndpoint,
    AddPing,
    Delivery,
    Due,
    EndpointOpened,
    EndpointRow,
    NewDelivery,
    ReadDue,
    RemoveEndpoint,
    SaveAttempt,
    SaveSecrets,
    SendAgain,
    SetDisabled,
)
from actors.webhooks.refusals import (
    DeliveryNotFound,
    EndpointDisabled,
    EndpointNotFound,
    TooManyEndpoints,
)
from actors.webhooks.schedule import next_attempt_us
from actors.webhooks.signing import signature_header
from engine.actor import STAY, Actor, AskDone, IoDone
from engine.clock import SECOND_US
from engine.context import Context
from engine.outcome import Ok, Outcome
from engine.refusal import Refused

AT_ONCE_MAX: Final = 4
"""Aggregates that are under way; who receives is spared a rush, and who did not answer is asked
one at a time, so that hanging costs the others little."""

READ_MAX: Final = 64
AGAIN_US: Final = SECOND_US
"""After the store has failed."""

GONE: Final = 410
ERROR_LENGTH_MAX: Final = 200


class Endpoint(Actor):
    """See the module's text. `row` is None until it has been created, and when it is deleted."""

    def __init__(self, address: str, opened: EndpointOpened, operators: Collection[str]) -> None:
        self.id = address.partition(":")[2]
        self.epoch = opened.epoch
        self.row = opened.row
        self.operators = operators
        self.errands = Errands()
        self.ready: deque[Delivery] = deque()  # Due, one of each aggregate.
        self.flying: dict[str, Delivery] = {}  # By event: sent, or answered and not yet kept.
        self.unsaved: dict[str, SaveAttempt] = {}
        self.reading = False
        self.again = False
        self.ended: set[str] = set()  # Aggregates that moved on while a read was under way.
        self.next_us: int | None = None  # When the next that was not due yet will be.
        self.answers = True  # It did when it was asked last.

    def __repr__(self) -> str:
        state = "none" if self.row is None else self.row.disabled or "enabled"
        return f"<Endpoint {self.id} {state}, {len(self.flying)} flying, {len(self.ready)} ready>"

    def started(self, ctx: Context) -> None:
        self._look(ctx)

    def passivate(self) -> Any:
        waits = self._sends and self.next_us is not None
        return STAY if waits or self.flying or self.ready or len(self.errands) else None

    def handle(self, message: EndpointMessage | AskDone | TryAgain, ctx: Context) -> None:
        match message:
            case LookForDue():
                self._look(ctx)
            case IoDone(tag="due", outcome=outcome):
                self._learn(outcome, ctx)
            case IoDone(tag=("answered", event), outcome=outcome):
                self._judge(event, outcome, ctx)
            case IoDone(tag=("saved", event), outcome=outcome):
                self._saved(event, outcome, ctx)
            case SaveAgain(event=event):
                self._save(event, ctx)
            case IoDone() | AskDone() | TryAgain():
                self.errands.handle(message, ctx)
            case CreateEndpoint():
                self._begin(self._create(message, ctx.address, ctx.now_us), ctx)
            case RotateSecret(by=by, secret=secret):
                self._begin(self._rotate(by, secret, ctx.address, ctx.now_us), ctx)
            case EnableEndpoint(by=by):
                self._begin(self._enable(by, ctx.address, ctx.now_us), ctx)
            case DisableEndpoint(by=by):
                self._begin(self._disable(by, ctx.address, ctx.now_us), ctx)
            case DeleteEndpoint(by=by):
                self._begin(self._delete(by, ctx.address), ctx)
            case Redeliver(by=by, event=event):
                self._begin(self._redeliver(by, event, ctx.address, ctx.now_us), ctx)
            case SendPing(by=by, event=event):
                self._begin(self._ping(by, event, ctx.address, ctx.now_us), ctx)
            case _:
                assert_never(message)

    # What its owner asks.

    def _begin(self, errand: Errand, ctx: Context) -> None:
        self.errands.begin(errand, ctx, alone=True)

    def _create(self, wish: CreateEndpoint, actor: str, now_us: int) -> Errand:
        if self.row is not None:
            return self._of(By(account=wish.owner))
        row = EndpointRow(
            id=self.id,
            owner=wish.owner,
            all=wish.all,
            url=wish.url,
            events=wish.events,
            secret=wish.secret,
            created_at_us=now_us,
        )
        request = AddEndpoint(
            actor=actor, epoch=self.epoch, row=row, endpoints_max=wish.endpoints_max
        )
        self.row = yield Ask(request)
        if self.row is None:
            raise TooManyEndpoints(wish.endpoints_max)
        yield Tell(HERALD, BeginHerald())
        return self.row

    def _rotate(self, by: By, secret: str, actor: str, now_us: int) -> Errand:
        row = self._of(by)
        if row.secret == secret:
            return row
        turned = replace(
            row, secret=secret, previous_secret=row.secret, previous_until_us=now_us + OVERLAP_US
        )
        yield Ask(SaveSecrets(actor=actor, epoch=self.epoch, row=turned))
        now = self._of(by)  # It may have been disabled meanwhile.
        self.row = replace(turned, disabled=now.disabled, disabled_us=now.disabled_us)
        return self.row

    def _enable(self, by: By, actor: str, now_us: int) -> Errand:
        row = self._of(by)
        if row.disabled is not None:
            yield Ask(self._disabled(None, actor, now_us))
            self.row = replace(row, disabled=None, disabled_us=None)
            yield Tell(HERALD, BeginHerald())
            yield Tell(actor, LookForDue())
        return self.row

    def _disable(self, by: By, actor: str, now_us: int) -> Errand:
        row = self._of(by)
        if row.disabled is None:
            because = "by its owner" if by.account == row.owner else "by an operator"
            yield Ask(self._disabled(because, actor, now_us))
            self.row = replace(row, disabled=because, disabled_us=now_us)
            self.ready.clear()
        return self.row

    def _disabled(self, because: str | None, actor: str, now_us: int) -> SetDisabled:
        return SetDisabled(actor=actor, epoch=self.epoch, id=self.id, because=because, at_us=now_us)

    def _delete(self, by: By, actor: str) -> Errand:
        self._of(by)
        yield Ask(RemoveEndpoint(actor=actor, epoch=self.epoch, id=self.id))
        self.row = None
        self.ready.clear()

    def _redeliver(self, by: By, event: str, actor: str, now_us: int) -> Errand:
        self._working(by)
        request = SendAgain(
            actor=actor, epoch=self.epoch, endpoint=self.id, event=event, at_us=now_us
        )
        if not (yield Ask(request)):
            raise DeliveryNotFound
        self.ready.clear()  # It may go before one of these.
        yield Tell(actor, LookForDue())

    def _ping(self, by: By, event: str, actor: str, now_us: int) -> Errand:
        row = self._working(by)
        aggregate = f"endpoint:{self.id}"
        ping = NewDelivery(
            endpoint=self.id,
            event=event,
            type=PING,
            aggregate=aggregate,
            until_seq=ping_until_seq(event, now_us, row.account, aggregate),
        )
        yield Ask(AddPing(actor=actor, epoch=self.epoch, delivery=ping, at_us=now_us))
        yield Tell(actor, LookForDue())

    def _of(self, by: By) -> EndpointRow:
        """Return the row, for its owner and operators."""
        if self.row is None or not (by.operator or by.account == self.row.owner):
            raise EndpointNotFound
        return self.row

    def _working(self, by: By) -> EndpointRow:
        row = self._of(by)
        if row.disabled is not None:
            raise EndpointDisabled(row.disabled)
        return row

    # What is sent.

    @property
    def _sends(self) -> bool:
        row = self.row
        return row is not None and row.disabled is None and may_be_told(row, self.operators)

    @property
    def _slots(self) -> int:
        return (AT_ONCE_MAX if self.answers else 1) - len(self.flying)

    def _look(self, ctx: Context) -> None:
        self._send(ctx)
        if not self._sends or self.ready or self._slots <= 0:
            return  # What is due by then is found when these have been sent.
        if self.reading:
            self.again = True
            return
        self.reading, self.again = True, False
        self.ended.clear()
        request = ReadDue(endpoint=self.id, now_us=ctx.now_us, limit=READ_MAX)
        ctx.io(STORE, request, tag="due")

    def _learn(self, outcome: Outcome, ctx: Context) -> None:
        self.reading = False
        if not isinstance(outcome, Ok):
            ctx.after(AGAIN_US, LookForDue(), key="look")
            return
        due: Due = outcome.value
        busy = {each.aggregate for each in self.flying.values()} | self.ended
        found = due.deliveries if self._sends else ()  # It may have been disabled meanwhile.
        self.ready = deque(each for each in found if each.aggregate not in busy)
        self.next_us = due.next_us
        if due.next_us is not None:
            ctx.after(max(0, due.next_us - ctx.now_us), LookForDue(), key="look")
        self._send(ctx)
        if self.again or self.ended:
            self._look(ctx)

    def _send(self, ctx: Context) -> None:
        while self._sends and self.ready and self._slots > 0:
            delivery = self.ready.popleft()
            self.flying[delivery.event] = delivery
            ctx.io(WEBHOOKS, self._signed(delivery, ctx.now_us), tag=("answered", delivery.event))

    def _signed(self, delivery: Delivery, now_us: int) -> PostEvent:
        assert self.row is not None
        signature = signature_header(self.row.secrets(now_us), now_us // SECOND_US, delivery.body)
        headers = (
            ("Content-Type", "application/json"),
            ("User-Agent", USER_AGENT),
            ("Presence-Event-Id", delivery.event),
            ("Presence-Signature", signature),
        )
        return PostEvent(url=self.row.url, headers=headers, body=delivery.body)

    def _judge(self, event: str, outcome: Outcome, ctx: Context) -> None:
        self.answers = isinstance(outcome, Ok)
        delivery = judged(self.flying[event], outcome, ctx.now_us)
        disables = None
        if delivery.status == GONE and self._sends:
            assert self.row is not None
            disables = "it answered 410"
            self.row = replace(self.row, disabled=disables, disabled_us=ctx.now_us)
            self.ready.clear()
        self.unsaved[event] = SaveAttempt(
            actor=ctx.address, epoch=self.epoch, delivery=delivery, disables=disables
        )
        self._save(event, ctx)

    def _save(self, event: str, ctx: Context) -> None:
        ctx.io(STORE, self.unsaved[event], tag=("saved", event))

    def _saved(self, event: str, outcome: Outcome, ctx: Context) -> None:
        if event not in self.unsaved:
            return  # The store's answer came twice.
        if isinstance(outcome, Refused):  # Fenced: whoever took over sends it again.
            ctx.stop(reason=FENCED)
            return
        if not isinstance(outcome, Ok):
            ctx.after(AGAIN_US, SaveAgain(event=event), key=("save", event))
            return
        del self.unsaved[event]
        self.ended.add(self.flying.pop(event).aggregate)
        self._look(ctx)


def judged(delivery: Delivery, outcome: Outcome, now_us: int) -> Delivery:
    """Return a delivery after an attempt that ended now: delivered, failed, or to be tried again.

    One that is answered 410 waits as it is for its endpoint to be enabled again.
    """
    status = outcome.value.status if isinstance(outcome, Ok) else None
    first_us = now_us if delivery.first_us is None else delivery.first_us
    tried = replace(
        delivery,
        attempts=delivery.attempts + 1,
        first_us=first_us,
        last_us=now_us,
        status=status,
        error=_error(outcome),
    )
    if status is not None and 200 <= status < 300:
        return replace(tried, state="delivered")
    if status == GONE:
        return tried
    next_us = next_attempt_us(tried.attempts, first_us=first_us, now_us=now_us)
    return replace(tried, state="failed") if next_us is None else replace(tried, next_us=next_us)


def _error(outcome: Outcome) -> str | None:
    if not isinstance(outcome, Ok):
        text = outcome.text if isinstance(outcome, Refused) else outcome.reason
        return text[:ERROR_LENGTH_MAX]
    answered: Answered = outcome.value
    return None if 200 <= answered.status < 300 else f"answered {answered.status}"
