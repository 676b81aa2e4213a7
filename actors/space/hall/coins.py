"""What paid microphones owe, seen through: tokens are reserved before time, taken after it.

Everything follows from the durable hall, so a crash forgets nothing: what is not known to be done
is asked of the booth again, under the id that makes it happen once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Protocol

from actors.booth.messages import ChargeCredit, HoldCredit, booth_address
from actors.space.hall.commits import Commits
from actors.space.hall.refusals import NotHolder
from actors.space.hall.state import Draft, Hall, JsonObject, with_item, without
from actors.space.microphones.credit import (
    charge,
    charge_at_us,
    first_hold,
    next_hold,
    paid_until_us,
    settled,
    units,
    wants_next_at_us,
)
from actors.space.microphones.rules import request_answer
from actors.space.microphones.uses import give
from actors.space.state import SpaceState
from actors.store import FENCED
from actors.store_hall import Usage, Waiting
from engine.actor import AskDone, ReplyTo
from engine.clock import SECOND_US
from engine.context import Context
from engine.outcome import Ok
from engine.refusal import Refused

WITHIN_US = 12 * SECOND_US
"""Longer than the booth's own tries take."""

AGAIN_US = SECOND_US

Place = tuple[str, str]
"""A microphone's id and the account that waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountCoins:
    """The space's own timer: something is due, or has to be asked again."""


class Apply(Protocol):
    """Settles a draft and commits it; `asker` is answered when it is durable."""

    def __call__(
        self, draft: Draft, ctx: Context, *, answer: Any = None, asker: ReplyTo | None = None
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bill:
    """Something to ask of the booth. `key` names it; no two are asked under one key at a time."""

    key: str
    at_us: int
    about: Waiting | Usage
    request: HoldCredit | ChargeCredit


class Coins:
    """See the module's text.

    Args:
        state: its `hall` is the durable one.
        commits: has the decided one.
        draft: begins a draft of the next hall.
        apply: makes it the decided one.
    """

    def __init__(
        self,
        state: SpaceState,
        commits: Commits,
        draft: Callable[[Context], Draft],
        apply: Apply,
    ) -> None:
        self._state = state
        self._commits = commits
        self._draft = draft
        self._apply = apply
        self._booth = booth_address(state.space.type, state.space.id)
        self._asked: dict[str, _Bill] = {}
        self._not_before_us: dict[str, int] = {}
        self._attempts: dict[tuple[str, int, int], int] = {}  # by microphone, use and unit
        self._askers: dict[Place, ReplyTo] = {}

    @property
    def settled(self) -> bool:
        """Whether nothing is owed and nobody waits to be told."""
        return not self._asked and not self._askers and not any(self._bills(self._state.hall))

    def answer_later(self, place: Place, asker: ReplyTo | None) -> None:
        """Keep who is to be answered when it is known whether they can pay."""
        if asker is not None:
            self._askers[place] = asker

    def look(self, ctx: Context) -> None:
        """Ask for what is due now, and come back when the next is."""
        now_us = ctx.now_us
        bills = {bill.key: bill for bill in self._bills(self._state.hall)}
        waits = {key: at for key, at in self._not_before_us.items() if key in bills}
        self._not_before_us = waits
        wake_us = []
        for key, bill in bills.items():
            at_us = max(bill.at_us, waits.get(key, 0))
            if key in self._asked:
                continue
            if at_us > now_us:
                wake_us.append(at_us)
                continue
            self._asked[key] = bill
            ctx.ask(self._booth, bill.request, tag=("coins", key), timeout_us=WITHIN_US)
        if wake_us:
            ctx.after(min(wake_us) - now_us, CountCoins(), key="coins")
        else:
            ctx.cancel("coins")
        self._answer_the_rest(ctx)

    def _answer_the_rest(self, ctx: Context) -> None:
        """Answer those whose reservation was given up, once that is durable."""
        if not self._askers or not self._commits.settled():
            return
        hall = self._state.hall
        for key, asker in tuple(self._askers.items()):
            microphone_id, account = key
            paying = hall.paying.get(microphone_id)
            if paying is not None and paying.user_account == account:
                continue
            del self._askers[key]
            if key in hall.waiting:
                ctx.reply(request_answer(self._draft(ctx), microphone_id, account), to=asker)
            else:
                ctx.reply(NotHolder().value(), to=asker)

    # What is due follows from the hall.

    def _bills(self, hall: Hall) -> Iterator[_Bill]:
        """Yield what the durable hall asks for and the decided one does not know yet."""
        paying = self._commits.decided.paying
        for place in hall.paying.values():
            durable = hall.waiting.get((place.microphone_id, place.user_account)) is place
            if durable and paying.get(place.microphone_id) is place:
                microphone = hall.microphones[place.microphone_id]
                hold = first_hold(microphone, place)
                yield _bill(hold, 0, place, microphone.price_minor)
        for usage in hall.holding.values():
            at_us, now = wants_next_at_us(usage), self._lasting(usage)
            if at_us is not None and now is not None and units(now) == units(usage):
                hold = next_hold(usage, self._attempts.get(_unit(usage), 0))
                yield _bill(hold, at_us, usage, usage.price_minor)
        for usage in (*hall.holding.values(), *hall.unsettled.values()):
            at_us, now = charge_at_us(usage), self._known(usage)
            if at_us is not None and now is not None and now.charged == usage.charged:
                hold = usage.holds[0]
                request = ChargeCredit(
                    hold=hold,
                    account=usage.user_account,
                    held=usage.price_minor,
                    amount=charge(usage),
                    microphone_id=usage.microphone_id,
                    use=usage.number,
                    unit=usage.charged + 1,
                )
                yield _Bill(key=f"{hold} charge", at_us=at_us, about=usage, request=request)

    # Answers.

    def answered(self, done: AskDone, ctx: Context) -> None:
        """The booth has said what came of a request, or nobody knows."""
        bill = self._asked.pop(done.tag[1])
        outcome = done.outcome
        if not isinstance(outcome, Ok | Refused) or _passes(outcome):
            self._not_before_us[bill.key] = ctx.now_us + AGAIN_US
        elif isinstance(bill.request, ChargeCredit):
            assert isinstance(bill.about, Usage)
            paid = outcome.value if isinstance(outcome, Ok) else 0
            self._charged(bill.about, paid, ctx)
        elif isinstance(bill.about, Waiting):
            self._reserved_first(bill, bill.about, outcome, ctx)
        else:
            self._reserved_next(bill, bill.about, outcome, ctx)
        self.look(ctx)

    def _reserved_first(
        self, bill: _Bill, place: Waiting, outcome: Ok | Refused, ctx: Context
    ) -> None:
        hall, microphone_id = self._commits.decided, place.microphone_id
        key = microphone_id, place.user_account
        if hall.paying.get(microphone_id) is not place:
            self._let_go(bill, outcome, ctx)
            return
        draft = self._draft(ctx)
        asker = self._askers.pop(key, None)
        answer: Any = outcome
        if isinstance(outcome, Ok):
            give(draft, microphone_id, place.user_account, hold=bill.key)
            answer = request_answer(draft, microphone_id, place.user_account)
        else:
            draft.set(
                waiting=without(hall.waiting, key),
                paying=without(hall.paying, microphone_id),
            )
            if asker is None:
                self._tell("microphone-unpaid", place, outcome, draft)
        self._apply(draft, ctx, answer=answer, asker=asker)

    def _reserved_next(
        self, bill: _Bill, usage: Usage, outcome: Ok | Refused, ctx: Context
    ) -> None:
        now = self._lasting(usage)
        if now is None:
            self._let_go(bill, outcome, ctx)
            return
        draft = self._draft(ctx)
        if isinstance(outcome, Ok):
            more = replace(now, holds=(*now.holds, bill.key))
            draft.set(holding=with_item(draft.hall.holding, now.microphone_id, more))
        else:
            attempt = self._attempts[_unit(now)] = self._attempts.get(_unit(now), 0) + 1
            self._not_before_us[next_hold(now, attempt)] = ctx.now_us + AGAIN_US
            if attempt > 1:
                return  # They have heard it.
            left_us = (paid_until_us(now) or 0) - ctx.now_us
            seconds = max(0, -(-left_us // SECOND_US))
            self._tell("microphone-ending", now, outcome, draft, seconds_left=seconds)
        self._apply(draft, ctx)

    def _charged(self, usage: Usage, paid: int, ctx: Context) -> None:
        draft = self._draft(ctx)
        key = usage.microphone_id, usage.number
        now = self._known(usage)
        assert now is not None, usage
        after = settled(now, paid)
        if now.ended_at_us is None:
            draft.set(holding=with_item(draft.hall.holding, usage.microphone_id, after))
        else:
            draft.end(after)
            rest = without(draft.hall.unsettled, key)
            draft.set(unsettled=with_item(rest, key, after) if after.holds else rest)
        self._apply(draft, ctx)

    def _lasting(self, usage: Usage) -> Usage | None:
        """Return a use as it is decided now; None when it is over."""
        now = self._commits.decided.holding.get(usage.microphone_id)
        return now if now is not None and now.number == usage.number else None

    def _known(self, usage: Usage) -> Usage | None:
        """Return a use as it is decided now; None when it is settled."""
        key = usage.microphone_id, usage.number
        return self._lasting(usage) or self._commits.decided.unsettled.get(key)

    def _let_go(self, bill: _Bill, outcome: Ok | Refused, ctx: Context) -> None:
        """Give back what was reserved for nothing; if this is lost, it lapses by itself."""
        assert isinstance(bill.request, HoldCredit)
        if isinstance(outcome, Ok):
            back = ChargeCredit(
                hold=bill.key,
                account=bill.request.account,
                held=bill.request.amount,
                amount=0,
                microphone_id=bill.request.microphone_id,
                use=0,
                unit=0,
            )
            ctx.tell(self._booth, back)

    def _tell(
        self, event: str, about: Waiting | Usage, refused: Refused, draft: Draft, **more: Any
    ) -> None:
        payload: JsonObject = {
            **refused.details,
            "microphone_id": about.microphone_id,
            "code": refused.code,
            "error": refused.text,
            **more,
        }
        draft.tell(event, payload, to=(about.user_account,))


def _bill(hold: str, at_us: int, about: Waiting | Usage, amount: int) -> _Bill:
    request = HoldCredit(
        hold=hold, account=about.user_account, amount=amount, microphone_id=about.microphone_id
    )
    return _Bill(key=hold, at_us=at_us, about=about, request=request)


def _unit(usage: Usage) -> tuple[str, int, int]:
    return usage.microphone_id, usage.number, units(usage) + 1


def _passes(outcome: Ok | Refused) -> bool:
    return isinstance(outcome, Refused) and (outcome.retryable or outcome.code == FENCED)
