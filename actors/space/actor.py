"""A space: the people in it and everything they share while they are there.

Sent to by the sessions of those inside, by its chat, and over HTTP. Owns the roster, the settings
in force and the one order of events that everybody sees. Promises one body a session, made only by
joining, and survives its own crash: the sessions re-enter, and people notice a resync at most.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final, assert_never

from actors.settings import ActorSettings
from actors.space.entry import check_access, check_exists, check_room
from actors.space.hall.coins import CountCoins
from actors.space.hall.commits import RetryHall
from actors.space.hall.family import HallFamily
from actors.space.hall.messages import Act, HallDue, ReloadStandings
from actors.space.hearing.ears import Listen
from actors.space.hearing.ledger_keeper import CutLedger
from actors.space.messages import (
    Admit,
    AppearNaf,
    Beat,
    ConnectionBack,
    ConnectionLost,
    Describe,
    Enter,
    Leave,
    LetIn,
    Posted,
    PremiumUntil,
    Reenter,
    RelayNaf,
    RelayToRoom,
    RemoveEntity,
    SaveRoster,
    SaveScene,
    Say,
    ShowPoses,
    ShowScene,
    SignalPeer,
    SpaceMessage,
    SpaceView,
    StopWaiting,
    Tick,
    UpdateEntities,
)
from actors.space.naf import Naf
from actors.space.poses import Poses
from actors.space.presence import Presence
from actors.space.scene import Scene
from actors.space.space_id import SpaceId
from actors.space.state import SpaceState, TellDepartures
from actors.space.talk import Talk
from actors.store import SpaceActivated
from engine.actor import STAY, Actor, AskDone, Down, Filled, IoDone, ReplyTo, Restarted, Undelivered
from engine.clock import SECOND_US
from engine.context import Context
from engine.refusal import Refusal

REENTRY_WITHIN_US: Final = 2 * SECOND_US


class Space(Actor):
    """See the module's text. The message families have a file each; this is their table."""

    def __init__(self, space: SpaceId, activated: SpaceActivated, policy: ActorSettings) -> None:
        self.state = SpaceState(space, activated, policy)
        self.scene = Scene(self.state, activated.entities)
        self.naf = Naf(self.state)
        self.hall = HallFamily(self.state)
        self.ears = self.hall.ears
        self.presence = Presence(self.state, self.scene, self.naf, self.hall)
        self.door = self.presence.door
        self.poses = Poses(self.state)
        self.talk = Talk(self.state, self.hall)
        self.awaited: dict[str, None] = {}
        self.stash: list[tuple[SpaceMessage, ReplyTo | None]] = []

    def __repr__(self) -> str:
        return f"<Space {self.state.space}, {len(self.state.roster)} present>"

    def started(self, ctx: Context) -> None:
        self.state.premium_read_us = ctx.now_us
        self.presence.begin(ctx)
        self.hall.begin(ctx)
        sessions = [one for one in ctx.watchers if one.startswith("session:")]
        if sessions:
            # A crash forgot who was here; their sessions are being told and will re-enter. Until
            # then nothing is shown, so that nobody is seen to leave and come back.
            self.awaited = dict.fromkeys(sessions)
            ctx.after(REENTRY_WITHIN_US, StopWaiting(), key="reentry")
        else:
            self.presence.tell_count(ctx)

    def handle(self, message: SpaceMessage, ctx: Context) -> None:
        if not self.awaited:
            if self.door.opens_for(message):
                self._serve_after_arrivals(message, ctx)
            else:
                self._serve(message, ctx.asker, ctx)
            kind = type(message)
            if self.poses.published_us == ctx.now_us and (kind is Filled or kind is Tick):
                self.ears.look(ctx, published=True, walked=self.poses.walked)
            else:
                self.ears.look(ctx)
            return
        match message:
            case Reenter():
                self.presence.reenter(message, ctx)
                self._arrived(f"session:{message.socket_id}", ctx)
            case Down(address=address):
                self._serve(message, None, ctx)
                self._arrived(address, ctx)
            case StopWaiting():
                self._open(ctx)
            case Filled():
                pass  # Poses wait until everybody is shown the roster.
            case IoDone() | AskDone() | Restarted() | Undelivered():
                self._serve(message, None, ctx)
            case _:
                self.stash.append((message, ctx.asker))
                if isinstance(message, Enter) and message.again:
                    self.presence.reenter(message, ctx)
                if isinstance(message, Enter | Leave):
                    self._arrived(f"session:{message.socket_id}", ctx)

    def _serve_after_arrivals(self, message: SpaceMessage, ctx: Context) -> None:
        """Let in those at the door, which holds even if what the message asks is refused."""
        self.presence.let_in(ctx)
        try:
            self._serve(message, ctx.asker, ctx)
        except Refusal as refusal:
            ctx.reply(refusal.value())

    def passivate(self) -> object:
        settled = self.presence.settled() and self.scene.settled() and self.hall.settled()
        return None if settled and not self.awaited else STAY

    def _serve(self, message: SpaceMessage, asker: ReplyTo | None, ctx: Context) -> None:
        match message:
            case Filled():
                self.poses.arrived(ctx, all_in=not self.door)
            case Tick():
                self.poses.publish(ctx)
            case Enter() | Reenter() | ConnectionLost() | ConnectionBack() | Leave():
                self._come_or_go(message, asker, ctx)
            case Say():
                self.talk.say(message, asker, ctx)
            case Posted():
                self.talk.posted(message, ctx)
            case SignalPeer():
                self.talk.signal(message, ctx)
                ctx.reply(None, to=asker)
            case RelayToRoom():
                self.talk.relay(message, ctx)
            case RelayNaf() | AppearNaf():
                self.naf.take(message, ctx)
            case UpdateEntities() | RemoveEntity() | ShowScene() | SaveScene():
                ctx.reply(self.scene.handle(message, ctx), to=asker)
            case ShowPoses(socket_id=socket_id):
                self.poses.show(socket_id, ctx)
            case Admit() | Describe():
                ctx.reply(self._look(message, ctx), to=asker)
            case (
                Act() | ReloadStandings() | HallDue() | RetryHall() | Listen() | CutLedger()
                | CountCoins()
            ):  # fmt: skip
                self.hall.handle(message, asker, ctx)
            case Down(address=address) | Restarted(address=address):
                self.presence.remove(address.removeprefix("session:"), "session ended", ctx)
            case PremiumUntil(until_us=until_us):
                self.state.premium_until(until_us)
            case TellDepartures():
                self.state.tell_departures(ctx)
            case (
                SaveRoster()
                | Beat()
                | IoDone()
                | AskDone()
                | Undelivered()
                | StopWaiting()
                | LetIn()
            ):
                self._keep_up(message, ctx)
            case _:
                assert_never(message)

    def _come_or_go(
        self,
        message: Enter | Reenter | ConnectionLost | ConnectionBack | Leave,
        asker: ReplyTo | None,
        ctx: Context,
    ) -> None:
        match message:
            case Enter():
                self.presence.enter(message, asker, ctx)
            case Reenter():
                self.presence.reenter_late(message, ctx)
            case ConnectionLost() | ConnectionBack():
                self.presence.connection(message, ctx)
            case Leave():
                self.presence.leave(message, ctx)
                ctx.reply(None, to=asker)

    def _keep_up(
        self,
        message: SaveRoster | Beat | IoDone | AskDone | Undelivered | StopWaiting | LetIn,
        ctx: Context,
    ) -> None:
        """What a space owes to the store and the directory."""
        match message:
            case SaveRoster():
                self.presence.save(ctx)
            case Beat():
                self.presence.beat(ctx)
            case AskDone():
                self.hall.came_back(message, ctx)
            case IoDone(tag="hall saved" | "standings" | "audibility"):
                self.hall.came_back(message, ctx)
            case IoDone(tag="saved", outcome=outcome):
                self.presence.saved(outcome, ctx)
            case IoDone(tag="cleared", outcome=outcome):
                self.presence.cleared(outcome, ctx)
            case IoDone(tag="premium", outcome=outcome):
                self.presence.premium_read(outcome, ctx)
            case IoDone(tag="scene saved", outcome=outcome):
                self.scene.saved(outcome, ctx)
            case IoDone():
                raise AssertionError(message)
            case Undelivered():
                self.presence.count_later(ctx)
            case StopWaiting() | LetIn():
                pass

    def _look(self, message: Admit | Describe, ctx: Context) -> SpaceView:
        state = self.state
        if isinstance(message, Admit):
            check_access(
                state.space,
                state.facts,
                state.settings,
                message.person,
                open_unlisted=state.policy.open_unlisted,
            )
            self.hall.check_not_banned(message.person, ctx)
            check_room(state.users_max(ctx.now_us), len(state.roster) + len(self.door))
        else:
            check_exists(state.space, state.facts, open_unlisted=state.policy.open_unlisted)
        return SpaceView(
            space=state.space,
            settings=replace(state.settings, max_users=state.users_max(ctx.now_us)),
            facts=state.facts,
            users=state.roster.views(),
            epoch=state.epoch,
            offset=state.offset,
        )

    def _arrived(self, session: str, ctx: Context) -> None:
        if session in self.awaited:
            del self.awaited[session]
            if not self.awaited:
                self._open(ctx)

    def _open(self, ctx: Context) -> None:
        """Everybody is back, or late: show all of them the roster, then handle what waited."""
        self.awaited = {}
        ctx.cancel("reentry")
        self.presence.tell_count(ctx)
        self.presence.show_all(self.state.roster.everybody, ctx, resync=True)
        self.poses.arrived(ctx, all_in=False)
        stash, self.stash = self.stash, []
        for message, asker in stash:
            if self.door.opens_for(message):
                self.presence.let_in(ctx)
            try:
                self._serve(message, asker, ctx)
            except Refusal as refusal:
                ctx.reply(refusal.value(), to=asker)
        self.ears.look(ctx)
