"""Which space a session is in: the state machine of joining and leaving."""

from __future__ import annotations

from typing import Any

from actors.clients import CLIENTS, Disconnect, RoutePoses
from actors.naf import NafMember
from actors.person import Person
from actors.session.answers import answer_no, answer_yes, explain
from actors.session.messages import JoinSpace
from actors.settings import ActorSettings
from actors.space.messages import ConnectionBack, ConnectionLost, Enter, Leave, Reenter
from actors.space.space_id import SpaceId
from engine.context import Context
from engine.outcome import Err, Ok, Outcome, Unknown
from engine.refusal import Refused

ATTEMPTS_MAX = 3
"""Entering is idempotent, so an unanswered attempt is repeated before the client is refused."""

JsonObject = dict[str, Any]


class Whereabouts:
    """At most one space. `life` counts entries, so that what belongs to an earlier one is known."""

    def __init__(self, socket_id: str, policy: ActorSettings) -> None:
        self.socket_id = socket_id
        self.policy = policy
        self.space: SpaceId | None = None
        self.inside = False
        self.life = 0
        self.person: Person | None = None  # as the space was told
        self.position: JsonObject | None = None
        self.rotation: JsonObject | None = None
        self.avatar_data: Any = None
        self.voice_enabled = False
        self.binary_poses = False
        self.hearers = False
        self.naf: NafMember | None = None
        self.connected_at_us = 0
        self.attended = True  # the client is connected
        self._partings = 0  # spaces that have not answered yet that this body has left them
        self._leaves: list[int | None] = []  # acknowledgements that wait for that
        self._entries: list[int | None] = []  # likewise, of joins

    def join(self, message: JoinSpace, person: Person, ctx: Context) -> None:
        """Leave the present space and enter another; joining the same one again only shows it.

        Somebody who has proved meanwhile who they are enters it again, as that person; so does a
        client that wants to be told otherwise than before, or whose Networked-A-Frame page begins
        anew: the others must see it go and come, or they would not show it what it has forgotten.
        """
        same = self.space == message.space and self.person == person and message.naf is None
        form = (message.binary_poses, message.hearers)
        if not same or form != (self.binary_poses, self.hearers):
            self.leave("joined another space", ctx)
            self.space = message.space
            self.person = person
            self.life += 1
            self.position = message.position
            self.rotation = None
            self.avatar_data = message.avatar_data
            self.voice_enabled = False
            self.binary_poses, self.hearers = form
            self.naf = message.naf
        self._entries.append(message.ack)
        self._go_on(ctx)

    def _go_on(self, ctx: Context) -> None:
        """Go in once the spaces before are left for good: two of them must not talk at once."""
        if self._partings == 0:
            leaves, self._leaves = self._leaves, []
            for ack in leaves:
                answer_yes(self.socket_id, ack, {}, ctx)
            entries, self._entries = self._entries, []
            for ack in entries:
                self._ask_to_enter(1, ack, ctx)

    def _ask_to_enter(self, attempt: int, ack: int | None, ctx: Context) -> None:
        assert self.space is not None
        assert self.person is not None
        enter = Enter(
            socket_id=self.socket_id,
            life=self.life,
            person=self.person,
            position=self.position,
            rotation=self.rotation,
            avatar_data=self.avatar_data,
            voice_enabled=self.voice_enabled,
            binary_poses=self.binary_poses,
            hearers=self.hearers,
            naf=self.naf,
            connected_at_us=self.connected_at_us,
            attended=self.attended,
            again=self.inside,
        )
        tag = ("enter", self.life, attempt, ack)
        ctx.ask(self.space.address, enter, tag=tag, timeout_us=self.policy.answer_within_us)
        ctx.watch(self.space.address)

    def entered(
        self,
        life: int,
        attempt: int,
        ack: int | None,
        outcome: Outcome,
        ctx: Context,
    ) -> None:
        """The space has answered, or could not."""
        if life != self.life or self.space is None:
            self._supersede(ack, ctx)
            return
        match outcome:
            case Ok():
                self.inside = True
                space = self.space
                route = RoutePoses(to=self.socket_id, space=space.address, life=self.life)
                ctx.io(CLIENTS, route)
                where = {"spaceType": space.type, "spaceId": space.id, "subspace": space.subspace}
                answer_yes(self.socket_id, ack, where, ctx)
            case Err() | Unknown() if attempt < ATTEMPTS_MAX:
                self._ask_to_enter(attempt + 1, ack, ctx)
            case _:
                ctx.tell(self.space.address, Leave(socket_id=self.socket_id, reason="not admitted"))
                self._forget(ctx)
                answer_no(self.socket_id, "space-error", ack, explain(outcome), ctx)

    def connection(self, ctx: Context, *, lost: bool) -> None:
        """The client's connection is lost, or it is back: roles depend on it."""
        self.attended = not lost
        if self.space is not None:
            kind = ConnectionLost if lost else ConnectionBack
            ctx.tell(self.space.address, kind(socket_id=self.socket_id, life=self.life))

    def leave(self, reason: str, ctx: Context) -> None:
        """Leave the present space, if any. Poses sent for this stay can do nothing any more."""
        if self.space is not None:
            self._partings += 1
            self._ask_to_leave(self.space.address, reason, 1, ctx)
        self._forget(ctx)

    def _ask_to_leave(self, address: str, reason: str, attempt: int, ctx: Context) -> None:
        leave = Leave(socket_id=self.socket_id, reason=reason)
        tag = ("left", address, reason, attempt)
        ctx.ask(address, leave, tag=tag, timeout_us=self.policy.answer_within_us)

    def leave_and_answer(self, ack: int | None, ctx: Context) -> None:
        """Leave as the client asked, and say so when the space will send it nothing more."""
        self.leave("left", ctx)
        self._leaves.append(ack)
        self._go_on(ctx)

    def left(self, address: str, reason: str, attempt: int, outcome: Outcome, ctx: Context) -> bool:
        """A space has taken this body away, or did not get to it.

        Returns False when it cannot be told: only the end of the session takes the body away then.
        """
        if isinstance(outcome, Err):
            if attempt == ATTEMPTS_MAX:
                return False
            self._ask_to_leave(address, reason, attempt + 1, ctx)
            return True
        self._partings -= 1  # When unknown, it is on its way still or the crash forgot the body.
        self._go_on(ctx)
        return True

    def _forget(self, ctx: Context) -> None:
        if self.space is not None:
            ctx.unwatch(self.space.address)
        if self.inside:
            ctx.io(CLIENTS, RoutePoses(to=self.socket_id, space=None))
        entries, self._entries = self._entries, []
        for ack in entries:
            self._supersede(ack, ctx)
        self.space = None
        self.inside = False
        self.life += 1

    def _supersede(self, ack: int | None, ctx: Context) -> None:
        if ack is not None:
            refused = Refused(code="superseded", text="Another join or leave came after this one")
            answer_no(self.socket_id, "space-error", ack, refused, ctx)

    def move(self, update: JsonObject, ctx: Context) -> None:
        """Keep the newest pose here for a restarted space, and have the space publish it."""
        if self.space is not None:
            self.moved(update)
            ctx.put(self.space.address, self.socket_id, (self.life, update))

    def moved(self, update: JsonObject) -> None:
        """Keep the newest pose, which the space has already."""
        position = update.get("position")
        if position is not None:
            self.position = position
        rotation = update.get("rotation")
        if rotation is not None:
            self.rotation = rotation
        voice_enabled = update.get("voice_enabled")
        if voice_enabled is not None:
            self.voice_enabled = voice_enabled

    def space_restarted(self, address: str, ctx: Context) -> None:
        """The space forgot its people in a crash: say that this one was there."""
        if self.space is None or self.space.address != address or not self.inside:
            return  # A pending attempt to enter has failed with the crash and is being repeated.
        assert self.person is not None
        reenter = Reenter(
            socket_id=self.socket_id,
            life=self.life,
            person=self.person,
            position=self.position,
            rotation=self.rotation,
            avatar_data=self.avatar_data,
            voice_enabled=self.voice_enabled,
            binary_poses=self.binary_poses,
            hearers=self.hearers,
            naf=self.naf,
            connected_at_us=self.connected_at_us,
            attended=self.attended,
        )
        ctx.tell(address, reenter)

    def space_gone(self, address: str, reason: str, ctx: Context) -> None:
        """The space will not come back as it was: the client starts over with a new connection."""
        if self.space is not None and self.space.address == address and self.inside:
            self._forget(ctx)
            ctx.io(CLIENTS, Disconnect(to=self.socket_id, reason=f"space {reason}", reconnect=True))
