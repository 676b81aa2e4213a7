"""The chat of one space: decides the order of its messages and makes them durable.

Sent to by its space, which has checked who may talk. Owns the order: one batch is on its way to
the store at a time, so ids ascend in the order of arrival. Promises that a message is answered and
shown only when it is durable, and that a repeat of the same key stays one message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, assert_never

from actors.chat.messages import ChatMessage, PostMessage, Retry
from actors.chat.rules import check_content
from actors.space.messages import Posted
from actors.space.space_id import SpaceId
from actors.store import (
    FENCED,
    STORE,
    AppendMessages,
    ChatActivated,
    MessagePage,
    MessageRow,
    NewMessage,
    ReadMessages,
)
from engine.actor import STAY, Actor, IoDone, ReplyTo, Undelivered
from engine.clock import SECOND_US
from engine.context import Context
from engine.outcome import Err, Ok, Outcome, Unknown
from engine.refusal import Refusal, Refused

BATCH_MAX = 100
WAITING_MAX = 1000  # about a second of the fastest chat we promise to carry
RECOVERED_MAX = BATCH_MAX  # no more than the batch in flight can have been shown to nobody
RETRY_US = (50_000, 200_000, SECOND_US)


class ChatBusy(Refusal):
    """More messages wait than the store can take now."""

    code = "chat_busy"
    retryable = True

    def __init__(self) -> None:
        super().__init__("Too many messages at once; try again in a moment")


@dataclass(slots=True)
class Waiting:
    """A message on its way to the store, and everybody who asked for it."""

    message: NewMessage
    askers: list[ReplyTo]


class Chat(Actor):
    """See the module's text."""

    def __init__(self, space: SpaceId, activated: ChatActivated) -> None:
        self.space = space
        self.epoch = activated.epoch
        self.waiting: dict[str, Waiting] = {}  # by key, in order
        self.in_flight: tuple[NewMessage, ...] = ()
        self.attempt = 0
        self.recovering = True

    def __repr__(self) -> str:
        return f"<Chat {self.space} epoch {self.epoch}, {len(self.waiting)} waiting>"

    def started(self, ctx: Context) -> None:
        self._recover(ctx)

    def handle(self, message: ChatMessage, ctx: Context) -> None:
        match message:
            case PostMessage():
                self._post(message, ctx)
            case IoDone(tag="append", outcome=outcome):
                self._appended(outcome, ctx)
            case IoDone(tag="recover", outcome=outcome):
                self._recovered(outcome, ctx)
            case IoDone():
                raise AssertionError(message)
            case Undelivered():
                # The space has no room for what is durable. Whoever gets through to it next
                # starts this chat again, which then tells what nobody has heard.
                ctx.stop(reason="unheard")
            case Retry():
                if self.recovering:
                    self._recover(ctx)
                else:
                    self._send_batch(ctx)
            case _:
                assert_never(message)

    def passivate(self) -> Any:
        return STAY if self.waiting or self.recovering else None

    def _recover(self, ctx: Context) -> None:
        """Read what an earlier activation may have made durable and told nobody.

        New messages wait for it, so that all are told in the order of ids.
        """
        ctx.io(STORE, ReadMessages(space=self.space, limit=RECOVERED_MAX), tag="recover")

    def _post(self, post: PostMessage, ctx: Context) -> None:
        check_content(post.content, post.message_type)
        asker = [] if ctx.asker is None else [ctx.asker]
        same = self.waiting.get(post.key)
        if same is not None:
            same.askers.extend(asker)
            return
        if len(self.waiting) >= WAITING_MAX:
            raise ChatBusy
        person = post.person
        message = NewMessage(
            key=post.key,
            account=person.account,
            guest_id=person.guest_id,
            content=post.content,
            message_type=post.message_type,
            parent_message_id=post.parent_message_id,
            metadata={"guest_name": person.name} if person.name and not person.account else {},
        )
        self.waiting[post.key] = Waiting(message, asker)
        if not self.in_flight:
            self._send_batch(ctx)

    def _send_batch(self, ctx: Context) -> None:
        if self.recovering:
            return
        if not self.in_flight:
            batch = list(self.waiting.values())[:BATCH_MAX]
            self.in_flight = tuple(one.message for one in batch)
        if self.in_flight:
            request = AppendMessages(
                actor=ctx.address, epoch=self.epoch, space=self.space, messages=self.in_flight
            )
            ctx.io(STORE, request, tag="append")

    def _appended(self, outcome: Outcome, ctx: Context) -> None:
        match outcome:
            case Ok(value=rows):
                self._settle(rows, ctx)
            case Refused(code=code) if code == FENCED:
                ctx.stop(reason=FENCED)
            case Refused():
                self._turn_away(outcome, ctx)
            case Err() | Unknown():
                # Repeating is safe: a key that was written answers with its first row.
                self._retry(ctx)
            case _:
                assert_never(outcome)

    def _settle(self, rows: tuple[MessageRow, ...], ctx: Context) -> None:
        for row in rows:
            for asker in self.waiting.pop(row.key).askers:
                ctx.reply(row, to=asker)
        ctx.tell(self.space.address, Posted(messages=rows))
        self.in_flight = ()
        self.attempt = 0
        self._send_batch(ctx)

    def _turn_away(self, refused: Refused, ctx: Context) -> None:
        """One message cannot be written; the others of its batch go again without it."""
        key = refused.details.get("key")
        if key not in self.waiting and len(self.in_flight) > 1:
            # The store does not say whose fault it is: the first goes alone, then the rest.
            self.in_flight = self.in_flight[:1]
            self._send_batch(ctx)
            return
        culprit = key if key in self.waiting else self.in_flight[0].key
        for asker in self.waiting.pop(culprit).askers:
            ctx.reply(refused, to=asker)
        self.in_flight = ()
        self._send_batch(ctx)

    def _recovered(self, outcome: Outcome, ctx: Context) -> None:
        if not isinstance(outcome, Ok):
            self._retry(ctx)
            return
        page: MessagePage = outcome.value
        if page.messages:
            ctx.tell(self.space.address, Posted(messages=page.messages))
        self.recovering = False
        self.attempt = 0
        self._send_batch(ctx)

    def _retry(self, ctx: Context) -> None:
        delay_us = RETRY_US[min(self.attempt, len(RETRY_US) - 1)]
        ctx.after(delay_us, Retry(), key="retry")
        self.attempt += 1
