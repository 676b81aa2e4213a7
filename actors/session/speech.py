"""What a session has said and not heard back about."""

from __future__ import annotations

from dataclasses import dataclass

from actors.chat.rules import message_view
from actors.person import Person
from actors.session.answers import answer_no, answer_yes, explain
from actors.session.messages import PostChat
from actors.settings import ActorSettings
from actors.space.messages import Say
from actors.space.refusals import NotInSpace
from actors.space.space_id import SpaceId
from engine.context import Context
from engine.outcome import Err, Ok, Outcome, Unknown
from engine.refusal import Refused

ATTEMPTS_MAX = 3
UNANSWERED_MAX = 32


@dataclass(slots=True)
class Unanswered:
    """A message under way to a space's chat."""

    space: SpaceId
    say: Say
    ack: int | None
    attempts: int


class Speech:
    """Posts under a key of its own, so that trying again cannot post twice."""

    def __init__(self, socket_id: str, policy: ActorSettings) -> None:
        self.socket_id = socket_id
        self.policy = policy
        self._unanswered: dict[int, Unanswered] = {}
        self._number = 0

    def post(self, message: PostChat, person: Person, space: SpaceId | None, ctx: Context) -> None:
        """Send a message to the space's chat."""
        if space is None:
            self._refuse(message.ack, NotInSpace().value(), ctx)
            return
        if len(self._unanswered) >= UNANSWERED_MAX:
            text = "Too many messages at once; wait for the earlier ones to arrive"
            self._refuse(message.ack, Refused(code="chat_busy", text=text, retryable=True), ctx)
            return
        key = message.key if message.key is not None else ctx.chance("chat key").hex_id()
        say = Say(
            socket_id=self.socket_id,
            person=person,
            content=message.content,
            message_type=message.message_type,
            parent_message_id=message.parent_message_id,
            key=f"{space}:{person.account or person.guest_id}:{key}",
        )
        self._number += 1
        self._unanswered[self._number] = Unanswered(space, say, message.ack, 0)
        self._send(self._number, ctx)

    def _send(self, number: int, ctx: Context) -> None:
        one = self._unanswered[number]
        one.attempts += 1
        ctx.ask(
            one.space.address,
            one.say,
            tag=("say", number),
            timeout_us=self.policy.answer_within_us,
        )

    def said(self, number: int, outcome: Outcome, space: SpaceId | None, ctx: Context) -> None:
        """The chat has answered, or could not."""
        one = self._unanswered[number]
        match outcome:
            case Ok(value=row):
                del self._unanswered[number]
                answer_yes(self.socket_id, one.ack, {"message": message_view(row)}, ctx)
            case Err() | Unknown() if one.attempts < ATTEMPTS_MAX and space == one.space:
                self._send(number, ctx)
            case _:
                del self._unanswered[number]
                self._refuse(one.ack, explain(outcome), ctx)

    def _refuse(self, ack: int | None, refused: Refused, ctx: Context) -> None:
        answer_no(self.socket_id, "chat-error", ack, refused, ctx)
