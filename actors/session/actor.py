"""A session: one client, the person behind it and the space they are in.

Sent to by its client's socket. Ends with it, or a grace period after the connection was lost; owns
where the person is: at most one space at a time, whatever arrives twice, late or out of turn. It
passes on what the person does and answers the client; what others do reaches the socket from the
space directly.
"""

from __future__ import annotations

import dataclasses
from typing import assert_never

from actors.clients import CLIENTS, Disconnect
from actors.person import Person
from actors.session.answers import answer_no, answer_yes, explain
from actors.session.channels import Channels
from actors.session.deeds import Deeds
from actors.session.grace import Grace
from actors.session.messages import (
    CheckIdle,
    DescribeNaf,
    Disconnected,
    DoDeed,
    DropEntity,
    Dropped,
    EndGrace,
    Identify,
    JoinSpace,
    LeaveSpace,
    MoveTo,
    PostChat,
    PutOutOfSpace,
    RelayEvent,
    Resumed,
    SendNaf,
    SessionInit,
    SessionMessage,
    ShareEntity,
    Signal,
    UnwatchChannel,
    WatchChannel,
)
from actors.session.naf import NafSpeech
from actors.session.sharing import Sharing
from actors.session.speech import Speech
from actors.session.whereabouts import Whereabouts
from actors.settings import ActorSettings
from actors.space.hall.messages import ReloadStandings
from actors.space.messages import (
    AppearNaf,
    RelayNaf,
    RelayToRoom,
    ShowPoses,
    SignalPeer,
    UpdateEntities,
)
from actors.space.refusals import NotInSpace
from actors.user.messages import SocketGone, SocketHere, StandingChanged, user_address
from engine.actor import Actor, AskDone, Down, IoDone, Restarted, Undelivered
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
        self.deeds = Deeds(init.socket_id, policy)
        self.grace = Grace(init.socket_id, policy)
        self.naf = NafSpeech(init.socket_id)
        self.sharing = Sharing(init.socket_id, policy)
        self.channels = Channels(init.socket_id, policy)
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
        self._catch_up(ctx)
        if not isinstance(message, _NO_SIGNS_OF_LIFE):
            self.active_at_us = ctx.now_us
        where = self.where
        match message:
            case MoveTo(update=update, entities=entities):
                where.move(update, ctx)
                self.sharing.beside_pose(entities, where.space, ctx)
            case JoinSpace(claimed=claimed):
                if claimed is not None and self.person.account is None:
                    self.person = dataclasses.replace(self.person, claimed=claimed)
                self.sharing.joining()
                where.join(message, self.person, ctx)
            case LeaveSpace(ack=ack):
                where.leave_and_answer(ack, ctx)
            case PostChat():
                self.speech.post(message, self.person, where.space, ctx)
            case ShareEntity() | DropEntity():
                self.sharing.ask(message, where.space, ctx)
            case Signal() | DoDeed() | RelayEvent():
                self._pass_on(message, ctx)
            case SendNaf() | DescribeNaf():
                self.naf.take(message, where, ctx)
            case WatchChannel() | UnwatchChannel():
                self.channels.handle(message, self.person, ctx)
            case PutOutOfSpace(life=life, reason=reason):
                if life == where.life:
                    where.leave(reason, ctx)
            case Identify(person=person):
                self._identify(person, ctx)
            case StandingChanged():
                self._reload_standing(ctx)
            case Dropped() | Resumed() | EndGrace() | Disconnected() | IoDone() | CheckIdle():
                self._connection(message, ctx)
            case AskDone():
                self._answered(message, ctx)
            case Restarted() | Down():
                self._another_crashed(message, ctx)
            case Undelivered(message=lost):
                self._lost(lost, ctx)
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
            here = SocketHere(socket_id=self.socket_id, connected=self.where.attended)
            ctx.tell(user, here)
            ctx.watch(user)

    def _say_gone(self, ctx: Context) -> None:
        user = self._user
        if user is not None:
            ctx.tell(user, SocketGone(socket_id=self.socket_id))
            ctx.unwatch(user)

    def _identify(self, person: Person, ctx: Context) -> None:
        if person.account != self.person.account:
            self._say_gone(ctx)
        self.person = person
        self._say_here(ctx)

    def _reload_standing(self, ctx: Context) -> None:
        account, space = self.person.account, self.where.space
        if account is not None and space is not None:
            ctx.tell(space.address, ReloadStandings(accounts=(account,)))

    def _catch_up(self, ctx: Context) -> None:
        """Learn what went straight to the space since the last message; all of it came before."""
        for at_us, update in ctx.take().values():
            self.active_at_us = max(self.active_at_us, at_us)
            self.where.moved(update)

    def _another_crashed(self, message: Restarted | Down, ctx: Context) -> None:
        address = message.address
        if address == self._user:
            self._say_here(ctx)
        elif self.channels.has(address):
            self.channels.restarted(address, self.person, ctx)
        elif isinstance(message, Restarted):
            self.where.space_restarted(address, ctx)
        else:
            self.where.space_gone(address, message.reason, ctx)

    def _connection(
        self,
        message: Dropped | Resumed | EndGrace | Disconnected | IoDone | CheckIdle,
        ctx: Context,
    ) -> None:
        match message:
            case Dropped(reason=reason):
                self.grace.begin(reason, ctx)
                self.where.connection(ctx, lost=True)
                self._say_here(ctx)
            case Resumed():
                self.grace.end(ctx)
                self.where.connection(ctx, lost=False)
                self._say_here(ctx)
                if self.where.space is not None and self.where.inside:
                    ctx.tell(self.where.space.address, ShowPoses(socket_id=self.socket_id))
            case EndGrace():
                self.grace.over(ctx)
            case IoDone(outcome=outcome):
                if self.grace.forgotten(outcome):
                    self._end(self.grace.reason, ctx)
            case Disconnected(reason=reason):
                self._end(reason, ctx)
            case CheckIdle():
                self._check_idle(ctx)

    def _answered(self, done: AskDone, ctx: Context) -> None:
        match done:
            case AskDone(tag=("enter", life, attempt, ack), outcome=outcome):
                self.where.entered(life, attempt, ack, outcome, ctx)
            case AskDone(tag=("left", address, reason, attempt), outcome=outcome):
                if not self.where.left(address, reason, attempt, outcome, ctx):
                    self._start_over("overloaded", ctx)
            case AskDone(tag=("say", number), outcome=outcome):
                self.speech.said(number, outcome, self.where.space, ctx)
            case AskDone(tag=("entity", entity_id, ack), outcome=outcome):
                self.sharing.answered(entity_id, ack, outcome, ctx)
            case AskDone(tag=("deed", number), outcome=outcome):
                self.deeds.done(number, outcome, ctx)
            case AskDone(tag=("watch", address, ack), outcome=outcome):
                self.channels.answered(address, ack, outcome, ctx)
            case AskDone(tag=("signal", ack), outcome=Ok()):
                answer_yes(self.socket_id, ack, {}, ctx)
            case AskDone(tag=("signal", ack), outcome=outcome):
                answer_no(self.socket_id, "webrtc-error", ack, explain(outcome), ctx)
            case _:
                raise AssertionError(done)

    def _end(self, reason: str, ctx: Context) -> None:
        self.where.leave(reason, ctx)
        self._say_gone(ctx)
        self.over = True
        ctx.stop()

    def _lost(self, message: object, ctx: Context) -> None:
        match message:
            case RelayToRoom() | UpdateEntities() | ShowPoses():
                pass  # Page authors' events are worth no more than the room there is for them.
            case RelayNaf(ack=ack) | AppearNaf(ack=ack):
                self.naf.undelivered(ack, ctx)
            case _:
                self._start_over("overloaded", ctx)

    def _start_over(self, reason: str, ctx: Context) -> None:
        """End with a fresh connection: the one state that a client surely handles."""
        self.over = True
        text = f"the session was {reason}"
        ctx.io(CLIENTS, Disconnect(to=self.socket_id, reason=text, reconnect=True))
        ctx.stop(reason=reason)

    def _pass_on(self, message: Signal | DoDeed | RelayEvent, ctx: Context) -> None:
        space = self.where.space
        match message:
            case Signal():
                self._signal(message, ctx)
            case DoDeed():
                self.deeds.do(message, self.person, space, ctx)
            case RelayEvent(event=event, payload=payload):
                if space is not None:
                    relay = RelayToRoom(socket_id=self.socket_id, event=event, payload=payload)
                    ctx.tell(space.address, relay)

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


_NO_SIGNS_OF_LIFE = (
    CheckIdle, Dropped, EndGrace, PutOutOfSpace, StandingChanged, AskDone, IoDone, Down, Restarted,
    Undelivered,
)  # fmt: skip
