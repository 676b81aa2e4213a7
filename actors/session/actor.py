"""A session: one connected socket, the person behind it and the space they are in.

Sent to by its socket; ends with it. Owns where the person is: at most one space at a time, whatever
arrives twice, late or out of turn. It passes on what the person does and answers the client; what
others do reaches the socket from the space directly.
"""

from __future__ import annotations

import dataclasses
from typing import assert_never

from actors.clients import CLIENTS, Disconnect
from actors.person import Person
from actors.session.answers import answer_no, answer_yes, explain
from actors.session.messages import (
    CheckIdle,
    Disconnected,
    Identify,
    JoinSpace,
    LeaveSpace,
    MoveTo,
    PostChat,
    RelayEvent,
    SessionInit,
    SessionMessage,
    Signal,
)
from actors.session.speech import Speech
from actors.session.whereabouts import Whereabouts
from actors.settings import ActorSettings
from actors.space.messages import RelayToRoom, SignalPeer
from actors.space.refusals import NotInSpace
from actors.user.messages import SocketGone, SocketHere, user_address
from engine.actor import Actor, AskDone, Down, Restarted, Undelivered
from engine.context import Context
from engine.outcome import Ok


class Session(Actor):
    """See the module's text."""

    def __init__(self, init: SessionInit, policy: ActorSettings) -> None:
        self.policy = policy
        self.person = init.person
        self.socket_id = init.socket_id
        self.where = Whereabouts(init.socket_id, policy)
        self.speech = Speech(init.socket_id, policy)
        self.active_at_us = 0
        self.over = False

    def __repr__(self) -> str:
        return f"<Session {self.person.display_name} in {self.where.space}>"

    def started(self, ctx: Context) -> None:
        self.active_at_us = ctx.now_us
        if ctx.incarnation > 1:
            # Where this person was is forgotten, and the space has taken the body away.
            self._start_over("restarted", ctx)
            return
        self.where.connected_at_us = ctx.now_us
        self._say_here(ctx)
        ctx.after(self.policy.session_idle_us, CheckIdle(), key="idle")

    def handle(self, message: SessionMessage, ctx: Context) -> None:
        if self.over:
            return  # What was queued behind the end must not bring a body back.
        if not isinstance(message, CheckIdle | AskDone | Down | Restarted | Undelivered):
            self.active_at_us = ctx.now_us
        where = self.where
        match message:
            case MoveTo(update=update):
                where.move(update, ctx)
            case JoinSpace(claimed=claimed):
                if claimed is not None and self.person.account is None:
                    self.person = dataclasses.replace(self.person, claimed=claimed)
                where.join(message, self.person, ctx)
            case LeaveSpace(ack=ack):
                where.leave_and_answer(ack, ctx)
            case PostChat():
                self.speech.post(message, self.person, where.space, ctx)
            case Signal():
                self._signal(message, ctx)
            case RelayEvent(event=event, payload=payload):
                if where.space is not None:
                    relay = RelayToRoom(socket_id=self.socket_id, event=event, payload=payload)
                    ctx.tell(where.space.address, relay)
            case Identify(person=person):
                self._identify(person, ctx)
            case Disconnected(reason=reason):
                where.leave(reason, ctx)
                self.over = True
                ctx.stop()
            case CheckIdle():
                self._check_idle(ctx)
            case AskDone():
                self._answered(message, ctx)
            case Restarted(address=address) | Down(address=address) if address == self._user:
                self._say_here(ctx)
            case Restarted(address=address):
                where.space_restarted(address, ctx)
            case Down(address=address, reason=reason):
                where.space_gone(address, reason, ctx)
            case Undelivered(message=RelayToRoom()):
                pass  # Page authors' events are worth no more than the room there is for them.
            case Undelivered():
                self._start_over("overloaded", ctx)
            case _:
                assert_never(message)

    @property
    def _user(self) -> str | None:
        """The address of this person's account."""
        return None if self.person.account is None else user_address(self.person.account)

    def _say_here(self, ctx: Context) -> None:
        """Tell the account's actor of this socket; it may have forgotten in a crash."""
        user = self._user
        if user is not None:
            ctx.tell(user, SocketHere(socket_id=self.socket_id))
            ctx.watch(user)

    def _identify(self, person: Person, ctx: Context) -> None:
        before = self._user
        self.person = person
        if before is not None and before != self._user:
            ctx.tell(before, SocketGone(socket_id=self.socket_id))
            ctx.unwatch(before)
        self._say_here(ctx)

    def _answered(self, done: AskDone, ctx: Context) -> None:
        match done:
            case AskDone(tag=("enter", life, attempt, ack), outcome=outcome):
                self.where.entered(life, attempt, ack, outcome, ctx)
            case AskDone(tag=("left", address, reason, attempt), outcome=outcome):
                if not self.where.left(address, reason, attempt, outcome, ctx):
                    self._start_over("overloaded", ctx)
            case AskDone(tag=("say", number), outcome=outcome):
                self.speech.said(number, outcome, self.where.space, ctx)
            case AskDone(tag=("signal", ack), outcome=Ok()):
                answer_yes(self.socket_id, ack, {}, ctx)
            case AskDone(tag=("signal", ack), outcome=outcome):
                answer_no(self.socket_id, "webrtc-error", ack, explain(outcome), ctx)
            case _:
                raise AssertionError(done)

    def _start_over(self, reason: str, ctx: Context) -> None:
        """End with a fresh connection: the one state that a client surely handles."""
        self.over = True
        text = f"the session was {reason}"
        ctx.io(CLIENTS, Disconnect(to=self.socket_id, reason=text, reconnect=True))
        ctx.stop(reason=reason)

    def _signal(self, message: Signal, ctx: Context) -> None:
        space = self.where.space
        if space is None:
            answer_no(self.socket_id, "webrtc-error", message.ack, NotInSpace().value(), ctx)
            return
        signal = SignalPeer(
            socket_id=self.socket_id,
            target_socket_id=message.target_socket_id,
            event=message.event,
            payload=message.payload,
        )
        ctx.ask(
            space.address,
            signal,
            tag=("signal", message.ack),
            timeout_us=self.policy.answer_within_us,
        )

    def _check_idle(self, ctx: Context) -> None:
        idle_us = ctx.now_us - self.active_at_us
        if idle_us < self.policy.session_idle_us:
            ctx.after(self.policy.session_idle_us - idle_us, CheckIdle(), key="idle")
            return
        self.where.leave("idle", ctx)
        ctx.io(CLIENTS, Disconnect(to=self.socket_id, reason="idle", reconnect=False))
