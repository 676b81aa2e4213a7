"""Coming, going and being seen: the roster's message family."""

from __future__ import annotations

from typing import Any

from actors.clients import CLIENTS, Disconnect
from actors.directory.messages import DIRECTORY, Occupied
from actors.money.space_records import ReadPremium
from actors.session.messages import PutOutOfSpace
from actors.space.door import Arrival, Door
from actors.space.entry import check_access, check_room
from actors.space.hall.family import HallFamily
from actors.space.hall.refusals import Banned
from actors.space.messages import (
    Beat,
    ConnectionBack,
    ConnectionLost,
    Enter,
    Entered,
    Leave,
    Reenter,
    SaveRoster,
)
from actors.space.naf import Naf
from actors.space.roster import Body
from actors.space.scene import Scene
from actors.space.state import SpaceState
from actors.store import (
    FENCED,
    STORE,
    AuditEntry,
    ClearSpaceSessions,
    RecordAudit,
    SaveSessions,
    SessionRow,
)
from actors.wire_time import milliseconds
from engine.actor import ReplyTo
from engine.clock import SECOND_US
from engine.context import Context
from engine.outcome import Ok, Outcome
from engine.refusal import Refusal, Refused

SAVE_AFTER_US = SECOND_US  # joins and leaves in a rush share one write
BEAT_US = 30 * SECOND_US


class Presence:
    """Bodies come only by `Enter` or `Reenter` and go only once."""

    def __init__(self, state: SpaceState, scene: Scene, naf: Naf, hall: HallFamily) -> None:
        self.state = state
        self.scene = scene
        self.naf = naf
        self.hall = hall
        self.door = Door()
        self._saving: tuple[tuple[SessionRow, ...], tuple[str, ...]] | None = None
        self._clearing = False
        self._cleared = False
        self._save_is_due = False
        self._beat_is_due = False
        self._premium_is_due = False

    def begin(self, ctx: Context) -> None:
        """Remove the rows of earlier activations: their sockets are gone, or will re-enter.

        None of this activation's rows is written before that is known to be done.
        """
        self._clearing = True
        state = self.state
        request = ClearSpaceSessions(actor=ctx.address, epoch=state.epoch, space=state.space)
        ctx.io(STORE, request, tag="cleared")

    def enter(self, message: Enter, asker: ReplyTo | None, ctx: Context) -> None:
        """Give a socket its body, now or with those who come in the same rush, and answer."""
        known = self.state.roster.bodies.get(message.socket_id)
        if known is not None and known.life == message.life:
            self.hall.ears.resync(message.socket_id)
            self.show_all((message.socket_id,), ctx, resync=False)
            self._welcome(Arrival(message, [asker]), ctx)
        elif self.door.knock(message, asker, ctx):
            self.let_in(ctx)

    def let_in(self, ctx: Context) -> None:
        """Give a body to everybody at the door who may come in.

        Those who are inside are told of the group at once; the newcomers, who are shown each other
        in their rosters, are not.
        """
        state = self.state
        admitted: list[Arrival] = []
        for arrival in self.door.take(len(state.roster), ctx):
            try:
                self._check(arrival.enter, len(admitted), ctx)
            except Refusal as refusal:
                for asker in arrival.askers:
                    ctx.reply(refusal.value(), to=asker)
            else:
                admitted.append(arrival)
        if not admitted:
            return
        for arrival in admitted:
            self.remove(arrival.enter.socket_id, "rejoined", ctx)
        before = state.roster.everybody
        bodies = [_body(arrival.enter, ctx.now_us) for arrival in admitted]
        for body in bodies:
            self._embody(body, ctx)
        self._announce(bodies, before, ctx)
        self._audit("join_space", bodies, ctx)
        self.show_all(tuple([body.socket_id for body in bodies]), ctx, resync=False)
        for arrival in admitted:
            self._welcome(arrival, ctx)

    def _check(self, message: Enter, others: int, ctx: Context) -> None:
        """Check that somebody may come in, after so many others.

        Raises:
            Refusal: this person may not, or there is no room.
        """
        state, person = self.state, message.person
        check_access(
            state.space,
            state.facts,
            state.settings,
            person,
            open_unlisted=state.policy.open_unlisted,
        )
        self.hall.check_not_banned(person, ctx)
        inside = len(state.roster) - (message.socket_id in state.roster)
        check_room(state.users_max(ctx.now_us), inside + others)

    def _welcome(self, arrival: Arrival, ctx: Context) -> None:
        state = self.state
        entered = Entered(space=state.space, epoch=state.epoch, offset=state.offset)
        for asker in arrival.askers:
            ctx.reply(entered, to=asker)

    def reenter(self, message: Reenter | Enter, ctx: Context) -> None:
        """Take a body back that the crash of this space's last incarnation forgot.

        Nobody is told; whoever shows the roster next decides that.
        """
        try:
            self.hall.check_not_banned(message.person, ctx)
        except Banned:
            told = PutOutOfSpace(life=message.life, reason="banned")
            ctx.tell(f"session:{message.socket_id}", told)
            return
        if message.socket_id not in self.state.roster:
            self._embody(_body(message, ctx.now_us), ctx)

    def reenter_late(self, message: Reenter, ctx: Context) -> None:
        """Take a body back after the others have been shown a roster without it."""
        state = self.state
        if message.socket_id not in state.roster:
            if len(state.roster) >= state.users_max(ctx.now_us):
                # The seat went to somebody who waited while the space was being rebuilt.
                goodbye = Disconnect(
                    to=message.socket_id, reason="the space had to restart", reconnect=True
                )
                ctx.io(CLIENTS, goodbye)
                return
            self.reenter(message, ctx)
            if message.socket_id not in state.roster:
                return
            others = tuple(one for one in state.roster.bodies if one != message.socket_id)
            self._announce([state.roster.bodies[message.socket_id]], others, ctx)
        self.show_all((message.socket_id,), ctx, resync=True)

    def _embody(self, body: Body, ctx: Context) -> None:
        if not self.state.roster:
            self._read_premium(ctx)
        self.state.tell_departures(ctx)  # Newcomers have not seen them.
        self.state.roster.add(body)
        self.hall.arrived(body, ctx)
        ctx.watch(f"session:{body.socket_id}")
        self._roster_changed(ctx)

    def _read_premium(self, ctx: Context) -> None:
        """Empty spaces are not told when premium is bought: the first who comes has it read."""
        state = self.state
        if state.premium_read_us != ctx.now_us:
            state.premium_read_us = ctx.now_us
            read = ReadPremium(space_type=state.space.type, space_id=state.space.id)
            ctx.io(STORE, read, tag="premium")

    def premium_read(self, outcome: Outcome, ctx: Context) -> None:
        """Take until when the space is premium; the next beat asks again if that failed."""
        match outcome:
            case Ok(value=until_us):
                self.state.premium_until(until_us)
            case _:
                self._premium_is_due = True

    def _announce(self, bodies: list[Body], others: tuple[str, ...], ctx: Context) -> None:
        timestamp = milliseconds(ctx.now_us)
        joined = []
        for body in bodies:
            view = body.view()
            shown = {key: view[key] for key in _JOINED_KEYS}
            joined.append((None, {**shown, "timestamp": timestamp}))
        self.state.emit_many(ctx, "user-joined", joined, to=others)
        for body in bodies:
            self.naf.changed(body, ctx)

    def leave(self, message: Leave, ctx: Context) -> None:
        """Take a socket's body away, once."""
        body = self.remove(message.socket_id, message.reason, ctx)
        if body is not None:
            ctx.unwatch(f"session:{body.socket_id}")

    def connection(self, message: ConnectionLost | ConnectionBack, ctx: Context) -> None:
        """Note whether somebody attends to a body; what belongs to an earlier one is late."""
        body = self.state.roster.bodies.get(message.socket_id)
        if body is not None and body.life == message.life:
            body.attended = isinstance(message, ConnectionBack)
            self.hall.attended(body, ctx)

    def remove(self, socket_id: str, reason: str, ctx: Context) -> Body | None:
        """Remove a body and tell the others; nothing when there is none."""
        state = self.state
        body = state.roster.remove(socket_id)
        if body is not None:
            left = {
                "socketId": socket_id,
                "userAccount": body.person.account,
                "timestamp": milliseconds(ctx.now_us),
            }
            state.departed(socket_id, left, ctx)
            if body.naf is not None:
                state.tell_departures(ctx)  # Its pages are told of each other at once.
            self.scene.owner_left(socket_id, ctx)
            self.naf.changed(body, ctx)
            self._audit("leave_space", [body], ctx, reason=reason)
            self.hall.departed(body, reason, ctx)
            self._roster_changed(ctx)
        return body

    def show_all(self, socket_ids: tuple[str, ...], ctx: Context, *, resync: bool) -> None:
        """Send the whole of the space as it is now; the clients replace what they knew.

        Those to whom it looks the same get the same event, which is encoded once.
        """
        state = self.state
        looks: list[tuple[bool, Any, list[str]]] = []
        for socket_id in socket_ids:
            body = state.roster.bodies[socket_id]
            if resync:
                self.hall.ears.resync(socket_id)
            audio = self.hall.view(body.person, ctx.now_us)
            for binary, their_audio, alike in looks:
                if binary == body.binary_poses and their_audio == audio:
                    alike.append(socket_id)
                    break
            else:
                looks.append((body.binary_poses, audio, [socket_id]))
        whole = self._snapshot(ctx, resync=resync)
        for binary, audio, alike in looks:
            shown = {**whole, "poses": "binary" if binary else "events", "audio": audio}
            state.emit_to(ctx, tuple(alike), "space-joined", shown)
        for socket_id in socket_ids:
            self.naf.welcome(state.roster.bodies[socket_id], ctx)

    def _snapshot(self, ctx: Context, *, resync: bool) -> dict[str, Any]:
        state = self.state
        return {
            "success": True,
            "spaceType": state.space.type,
            "spaceId": state.space.id,
            "subspace": state.space.subspace,
            "users": list(state.roster.views()),
            "entities": self.scene.views(),
            "timestamp": milliseconds(ctx.now_us),
            "epoch": state.epoch,
            "offset": state.offset,
            "resync": resync,
            "chat_enabled": state.settings.chat_enabled,
            "voice_enabled": state.settings.voice_enabled,
            "max_users": state.users_max(ctx.now_us),
        }

    # Keeping others up to date.

    def _roster_changed(self, ctx: Context) -> None:
        state = self.state
        self.tell_count(ctx)
        self._save_soon(ctx)
        if state.roster and not self._beat_is_due:
            self._beat_is_due = True
            ctx.after(BEAT_US, Beat(), key="beat")

    def tell_count(self, ctx: Context) -> None:
        """Tell the directory how many are here."""
        state = self.state
        ctx.tell(DIRECTORY, Occupied(space=state.space, people=len(state.roster)))

    def count_later(self, ctx: Context) -> None:
        """The directory had no room for the count; it gets the one of that time."""
        self._beat_is_due = True
        ctx.after(SAVE_AFTER_US, Beat(), key="beat")

    def _save_soon(self, ctx: Context) -> None:
        """Write after a second; a timer that is set already stays, or a rush would never end."""
        if not self._save_is_due:
            self._save_is_due = True
            ctx.after(SAVE_AFTER_US, SaveRoster(), key="save")

    def beat(self, ctx: Context) -> None:
        """Renew the count that a restarted directory has lost, and the rows of who was active."""
        state = self.state
        self._beat_is_due = False
        if self._premium_is_due:
            self._premium_is_due = False
            self._read_premium(ctx)
        for body in state.roster.bodies.values():
            if body.active_at_us >= ctx.now_us - BEAT_US:
                state.roster.changed[body.socket_id] = None
        self._roster_changed(ctx)

    def save(self, ctx: Context) -> None:
        """Write the presence rows that changed; one write is under way at a time."""
        state = self.state
        self._save_is_due = False
        if not self._cleared:
            if not self._clearing:
                self.begin(ctx)
            return
        if self._saving is not None or not state.roster.changed:
            return
        self._saving = present, gone = state.roster.take_changes(state.space)
        request = SaveSessions(
            actor=ctx.address, epoch=state.epoch, space=state.space, present=present, gone=gone
        )
        ctx.io(STORE, request, tag="saved")

    def saved(self, outcome: Outcome, ctx: Context) -> None:
        """A write came back. Repeating one is harmless, so a failed one goes with the next."""
        if isinstance(outcome, Refused) and outcome.code == FENCED:
            ctx.stop(reason=FENCED)
            return
        changed = self.state.roster.changed
        if self._saving is not None:
            present, gone = self._saving
            self._saving = None
            if not isinstance(outcome, Ok):
                for socket_id in (*(row.socket_id for row in present), *gone):
                    changed[socket_id] = None
        if changed:
            self._save_soon(ctx)

    def cleared(self, outcome: Outcome, ctx: Context) -> None:
        """The rows of earlier activations are gone, or removing them must be tried again."""
        if isinstance(outcome, Refused) and outcome.code == FENCED:
            ctx.stop(reason=FENCED)
            return
        self._clearing = False
        self._cleared = isinstance(outcome, Ok)
        if not self._cleared or self.state.roster.changed:
            self._save_soon(ctx)

    def settled(self) -> bool:
        """Whether nothing is left to write and nobody is here."""
        written = self._cleared and self._saving is None and not self.state.roster.changed
        return written and not self.state.roster and not self.door

    def _audit(self, action: str, bodies: list[Body], ctx: Context, **details: Any) -> None:
        entries = [
            AuditEntry(
                action=action,
                account=body.person.account,
                space=self.state.space,
                details={"socket_id": body.socket_id, "guest_id": body.person.guest_id, **details},
            )
            for body in bodies
        ]
        ctx.io(STORE, RecordAudit(entries=tuple(entries)))


_JOINED_KEYS = (
    "socketId", "userAccount", "guestId", "displayName", "claimed", "position", "rotation",
    "avatar_data", "poseIndex",
)  # fmt: skip


def _body(message: Enter | Reenter, now_us: int) -> Body:
    return Body(
        socket_id=message.socket_id,
        life=message.life,
        person=message.person,
        position=message.position,
        rotation=message.rotation,
        avatar_data=message.avatar_data,
        voice_enabled=message.voice_enabled,
        binary_poses=message.binary_poses,
        told_hearers=message.hearers,
        naf=message.naf,
        connected_at_us=message.connected_at_us,
        active_at_us=now_us,
        attended=message.attended,
    )
