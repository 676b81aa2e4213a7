"""The hall's message family: deeds, standings, coming and going, time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, assert_never

from actors.person import Person
from actors.session.messages import PutOutOfSpace
from actors.space.entry import check_exists
from actors.space.hall import attendance
from actors.space.hall.coins import Coins, CountCoins
from actors.space.hall.commits import Commits, RetryHall
from actors.space.hall.decide import decide, settle
from actors.space.hall.deeds import (
    BanPerson,
    BarOne,
    CalculateConnections,
    Deed,
    GrantSpeaker,
    Kick,
    Look,
    MuteOne,
    PassMicrophone,
    PassSpeaker,
    RequestMicrophone,
    SetAudioMode,
    ShowBans,
    ShowConnections,
    ShowHall,
    Unban,
    UnbarOne,
    UnmuteOne,
)
from actors.space.hall.messages import Act, HallDue, ReloadStandings
from actors.space.hall.people import People, name_of
from actors.space.hall.refusals import NotHere
from actors.space.hall.shown import bans_view, hall_view
from actors.space.hall.standings import Pending, Standings
from actors.space.hall.state import Draft, JsonObject, Notice, PutOut, Room
from actors.space.hall.who import Who
from actors.space.hearing.ears import Ears, Listen
from actors.space.hearing.ledger_keeper import CutLedger
from actors.space.hearing.looks import calculate, show
from actors.space.microphones.rules import recheck
from actors.space.refusals import SpaceForbidden
from actors.space.roster import Body
from actors.space.state import SpaceState
from actors.store_hall import StandingRow
from actors.wire_time import milliseconds
from engine.actor import AskDone, IoDone, ReplyTo
from engine.context import Context
from engine.refusal import Refusal

ON_PURPOSE = frozenset(
    {"left", "joined another space", "idle", "not admitted", "kicked", "banned", "rejoined"}
)
"""Reasons of leaving that end roles at once; any other is a lost connection."""


class HallFamily:
    """See the module's text. What is decided goes through `Commits` to the people here."""

    def __init__(self, state: SpaceState) -> None:
        self.state = state
        self.people = People(state)
        self.ears = Ears(state, self.people)
        self.commits = Commits(state, self._show, self._is_durable)
        self.coins = Coins(state, self.commits, self._draft, self._apply)
        self.standings = Standings(
            state.space, self.people, learn=self._learn, go_on=self._go_on_with,
            unknown=self._unknown,
        )  # fmt: skip
        self._due_us: int | None = None

    def begin(self, ctx: Context) -> None:
        """Give everybody with a role the grace to be back: nobody is here yet."""
        hall = self.commits.decided
        away = dict.fromkeys(sorted(hall.with_roles()), ctx.now_us)
        self.commits.decided = self.state.hall = replace(hall, absent=away)
        self._set_timer(ctx)
        self.coins.look(ctx)

    def handle(
        self,
        message: Act | ReloadStandings | HallDue | RetryHall | Listen | CutLedger | CountCoins,
        asker: ReplyTo | None,
        ctx: Context,
    ) -> None:
        """Handle a message of this family.

        Raises:
            Refusal: a deed may not be done.
        """
        match message:
            case Act():
                self._act(message, asker, ctx)
            case ReloadStandings():
                self.standings.reload(message, ctx)
            case HallDue():
                self._due(ctx)
            case CountCoins():
                self.coins.look(ctx)
            case Listen():
                self.ears.listen(ctx)
            case CutLedger():
                self.ears.keeper.cut(ctx)
            case RetryHall():
                self.commits.retry(ctx)
            case _:
                assert_never(message)

    def came_back(self, done: IoDone | AskDone, ctx: Context) -> None:
        """Handle an answer of the store, or of the booth."""
        if isinstance(done, AskDone):
            self.coins.answered(done, ctx)
        elif done.tag == "standings":
            self.standings.answered(done.outcome, ctx)
        elif done.tag == "audibility":
            self.ears.keeper.saved(done.outcome, ctx)
        else:
            self.commits.saved(done.outcome, ctx)

    # Deeds.

    def _act(self, message: Act, asker: ReplyTo | None, ctx: Context) -> None:
        """Do a deed as soon as it is known who does it, and to whom."""
        state = self.state
        check_exists(state.space, state.facts, open_unlisted=state.policy.open_unlisted)
        message = replace(message, deed=self._resolved(message.deed))
        unknown = self._unknown(message)
        if not unknown:
            self._do(message, asker, ctx)
            return
        self.standings.wait(Pending(act=message, asker=asker), unknown, ctx)

    def _unknown(self, message: Act) -> list[str]:
        """Return those accounts that the deed is about whose standing is not known yet."""
        names = {message.person.account, *_targets(message.deed)}
        return sorted(
            one
            for one in names
            if one is not None and not one.startswith("guest:") and one not in self.people.standings
        )

    def _do(self, message: Act, asker: ReplyTo | None, ctx: Context) -> None:
        deed, name = message.deed, name_of(message.person)
        if not self.people.abilities(name, self.commits.decided, ctx.now_us).join:
            raise SpaceForbidden
        if isinstance(deed, ShowHall | ShowBans | ShowConnections | CalculateConnections):
            self._look(message.person, deed, asker, ctx)
            return
        self.commits.check_room()
        draft = self._draft(ctx)
        abilities = self.people.abilities(name, draft.hall, ctx.now_us)
        who = Who(name=name, account=message.person.account, abilities=abilities)
        answer = decide(draft, who, deed)
        for account in draft.hall.with_roles() - draft.before.with_roles():
            if not self.people.attend(account):
                attendance.lost(draft, account)
        if isinstance(deed, RequestMicrophone) and who.account is not None:
            paying = draft.hall.paying.get(deed.microphone_id)
            if paying is not None and paying.user_account == who.account:
                self.coins.answer_later((deed.microphone_id, who.account), asker)
                asker = None
        self.commits.commit(draft, ctx, answer=answer, asker=asker)
        self._set_timer(ctx)

    def _look(self, person: Person, look: Look, asker: ReplyTo | None, ctx: Context) -> None:
        """Answer from what is durable.

        Raises:
            Refusal: this person may not know.
        """
        name, hall, now_us = name_of(person), self.state.hall, ctx.now_us
        abilities = self.people.abilities(name, hall, now_us)
        who = Who(name=name, account=person.account, abilities=abilities)
        match look:
            case ShowHall():
                answer = self.view(person, now_us)
            case ShowBans():
                answer = bans_view(hall, who, now_us=now_us)
            case ShowConnections():
                self.ears.catch_up(ctx)
                answer = show(self.state, self.ears, who, look)
            case CalculateConnections():
                answer = calculate(self.people, hall, who, look, now_us=now_us)
            case _:
                assert_never(look)
        ctx.reply(answer, to=asker)

    def _resolved(self, deed: Deed | Look) -> Deed | Look:
        """Return a deed to a socket (`socket:<id>`) as one to its person."""
        if isinstance(deed, MuteOne | UnmuteOne | Kick | BanPerson | Unban | BarOne | UnbarOne):
            kind, _, socket_id = deed.person.partition(":")
            if kind == "socket":
                body = self.state.roster.bodies.get(socket_id)
                if body is None:
                    raise NotHere("target")
                return replace(deed, person=name_of(body.person))
        return deed

    def _draft(self, ctx: Context) -> Draft:
        people, commits, now_us = self.people, self.commits, ctx.now_us

        def present(name: str) -> bool:
            return name in people.here or name in draft.hall.absent

        room = Room(
            present=present,
            abilities=lambda name: people.abilities(name, draft.hall, now_us),
            others=lambda name: len(people.here) - (name in people.here),
            id=lambda: ctx.chance("hall id").hex_id(),
        )
        draft = Draft(commits.decided, room, now_us)
        return draft

    def _apply(
        self, draft: Draft, ctx: Context, *, answer: Any = None, asker: ReplyTo | None = None
    ) -> None:
        """Commit what no deed asked for: coming, going, time, standings, payments."""
        settle(draft)
        if draft.hall is not draft.before or draft.notices or asker is not None:
            self.commits.commit(draft, ctx, answer=answer, asker=asker)
            self._set_timer(ctx)

    def _is_durable(self, ctx: Context) -> None:
        self.coins.look(ctx)

    # Coming and going.

    def arrived(self, body: Body, ctx: Context) -> None:
        """A body has come: its person is back, if they were away."""
        self.people.add(body)
        self.ears.came(body)
        account = body.person.account
        if account is not None:
            if account not in self.people.standings:
                self.standings.read([account], ctx)
            self._present_or_absent(account, ctx)

    def departed(self, body: Body, reason: str, ctx: Context) -> None:
        """A body has gone: with the last one of a person roles end, or their grace begins."""
        account = body.person.account
        last = self.people.remove(body)
        self.ears.went(body, ctx)
        if account is None:
            return
        if last and reason in ON_PURPOSE:
            draft = self._draft(ctx)
            attendance.gone(draft, account, reason)
            self._apply(draft, ctx)
        else:
            self._present_or_absent(account, ctx)

    def attended(self, body: Body, ctx: Context) -> None:
        """A client has lost its connection, or is back."""
        if body.person.account is not None:
            self._present_or_absent(body.person.account, ctx)

    def _present_or_absent(self, account: str, ctx: Context) -> None:
        """Begin or end the grace of somebody with a role, as they are attending or not."""
        hall = self.commits.decided
        if account not in hall.absent and account not in hall.with_roles():
            return
        draft = self._draft(ctx)
        if self.people.attend(account):
            attendance.back(draft, account)
        else:
            attendance.lost(draft, account)
        self._apply(draft, ctx)

    def check_not_banned(self, person: Person, ctx: Context) -> None:
        """Check that no ban keeps somebody out.

        Raises:
            Banned: one does.
        """
        self.people.check_not_banned(person, self.commits.decided, ctx.now_us)

    def _due(self, ctx: Context) -> None:
        self._due_us = None
        draft = self._draft(ctx)
        attendance.elapse(draft)
        self._apply(draft, ctx)
        self._set_timer(ctx)

    def _set_timer(self, ctx: Context) -> None:
        due_us = attendance.next_due_us(self.commits.decided, ctx.now_us)
        if due_us == self._due_us:
            return
        self._due_us = due_us
        if due_us is None:
            ctx.cancel("hall due")
        else:
            ctx.after(max(due_us - ctx.now_us, 0), HallDue(), key="hall due")

    # Standings.

    def _go_on_with(self, one: Pending, ctx: Context) -> None:
        try:
            self._act(one.act, one.asker, ctx)
        except Refusal as refusal:
            if one.asker is not None:
                ctx.reply(refusal.value(), to=one.asker)

    def _learn(self, row: StandingRow, ctx: Context) -> None:
        name, people = row.account, self.people
        hall = self.commits.decided
        before = people.abilities(name, hall, ctx.now_us)
        people.learn(row)
        after = people.abilities(name, hall, ctx.now_us)
        if before != after and name in people.here:
            draft = self._draft(ctx)
            recheck(draft, name)
            draft.tell("abilities-changed", {"abilities": after.view()}, to=(name,))
            settle(draft)
            self.commits.commit(draft, ctx, answer={}, asker=None)
            self._set_timer(ctx)

    # Showing.

    def settled(self) -> bool:
        """Whether nothing is under way and nothing waits for time to pass."""
        kept = self.ears.keeper.settled
        idle = self.commits.settled() and self.standings.settled and self._due_us is None
        return idle and kept and self.coins.settled

    def view(self, person: Person, now_us: int) -> JsonObject:
        """Return what a newcomer is shown of the durable hall."""
        hall = self.state.hall
        abilities = self.people.abilities(name_of(person), hall, now_us)
        return hall_view(hall, person, abilities)

    def _show(self, notice: Notice | PutOut, ctx: Context) -> None:
        if isinstance(notice, PutOut):
            self._put_out(notice, ctx)
            return
        payload = {**notice.payload, "timestamp": milliseconds(ctx.now_us)}
        if notice.to is None:
            self.state.emit(ctx, notice.event, payload)
            return
        sockets = [socket for name in notice.to for socket in self.people.sockets(name)]
        if notice.moderators:
            for name in self.people.here:
                if name not in notice.to and self._moderates(name, ctx):
                    sockets += self.people.sockets(name)
        if sockets:
            self.state.emit(ctx, notice.event, payload, to=tuple(sockets))

    def _moderates(self, name: str, ctx: Context) -> bool:
        return self.people.abilities(name, self.state.hall, ctx.now_us).moderate

    def _put_out(self, notice: PutOut, ctx: Context) -> None:
        for socket_id in self.people.sockets(notice.person):
            life = self.state.roster.bodies[socket_id].life
            ctx.tell(f"session:{socket_id}", PutOutOfSpace(life=life, reason=notice.reason))


def _targets(deed: Deed | Look) -> tuple[str | None, ...]:
    match deed:
        case GrantSpeaker(target_user=name) | PassSpeaker(target_user=name):
            return (name,)
        case PassMicrophone(target_user=name):
            return (name,)
        case MuteOne(person=name) | Kick(person=name) | BanPerson(person=name):
            return (name,)
        case SetAudioMode(current_speaker=speaker):
            return (speaker,)
        case _:
            return ()
