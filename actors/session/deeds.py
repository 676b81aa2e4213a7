"""What a session has asked of its space's hall and not heard back about."""

from __future__ import annotations

from dataclasses import dataclass

from actors.person import Person
from actors.session.answers import answer_no, answer_yes, explain
from actors.session.messages import DoDeed
from actors.settings import ActorSettings
from actors.space.hall.messages import Act
from actors.space.refusals import NotInSpace
from actors.space.space_id import SpaceId
from engine.context import Context
from engine.outcome import Err, Ok, Outcome
from engine.refusal import Refused

ATTEMPTS_MAX = 3
UNANSWERED_MAX = 32


@dataclass(slots=True)
class _Unanswered:
    space: SpaceId
    act: Act
    message: DoDeed
    attempts: int


class Deeds:
    """Asks again only where nothing can have happened; the client decides about the rest."""

    def __init__(self, socket_id: str, policy: ActorSettings) -> None:
        self.socket_id = socket_id
        self.policy = policy
        self._unanswered: dict[int, _Unanswered] = {}
        self._number = 0

    def do(self, message: DoDeed, person: Person, space: SpaceId | None, ctx: Context) -> None:
        """Ask the present space to do it."""
        if space is None:
            self._refuse(message, NotInSpace().value(), ctx)
            return
        if len(self._unanswered) >= UNANSWERED_MAX:
            text = "Too much at once; wait for the earlier answers"
            self._refuse(message, Refused(code="hall_busy", text=text, retryable=True), ctx)
            return
        self._number += 1
        act = Act(person=person, deed=message.deed)
        self._unanswered[self._number] = _Unanswered(space, act, message, 0)
        self._ask(self._number, ctx)

    def _ask(self, number: int, ctx: Context) -> None:
        one = self._unanswered[number]
        one.attempts += 1
        timeout_us = self.policy.answer_within_us
        ctx.ask(one.space.address, one.act, tag=("deed", number), timeout_us=timeout_us)

    def done(self, number: int, outcome: Outcome, ctx: Context) -> None:
        """The space has answered, or could not."""
        one = self._unanswered[number]
        if isinstance(outcome, Err) and one.attempts < ATTEMPTS_MAX:
            self._ask(number, ctx)
            return
        del self._unanswered[number]
        if isinstance(outcome, Ok):
            answer_yes(self.socket_id, one.message.ack, outcome.value, ctx)
        else:
            self._refuse(one.message, explain(outcome), ctx)

    def _refuse(self, message: DoDeed, refused: Refused, ctx: Context) -> None:
        answer_no(self.socket_id, message.error_event, message.ack, refused, ctx)
