"""What a space's people share besides themselves: the entities of the scene."""

from __future__ import annotations

from typing import Any

from actors.person import Person
from actors.space.entities import (
    FACTS,
    Entity,
    EntityTooLarge,
    EntityUpdate,
    NoSuchEntity,
    TooManyEntities,
    admit,
    changed,
    join,
    may_remove,
    removal,
    restored,
)
from actors.space.messages import (
    EntitiesUpdated,
    RemoveEntity,
    SaveScene,
    ShowScene,
    UpdateEntities,
)
from actors.space.refusals import NotInSpace
from actors.space.state import SpaceState
from actors.store import FENCED, STORE, EntityRow, SaveEntities
from actors.wire_time import milliseconds
from engine.clock import SECOND_US
from engine.context import Context
from engine.outcome import Err, Outcome, Unknown
from engine.refusal import BadInput, Refusal, Refused

ENTITY_BYTES_MAX = 8_192
SCENE_BYTES_MAX = 400_000
"""All entities together: a newcomer is sent them at once, and its outbox holds a megabyte."""
TRACES_MAX = 1_000
"""Removed entities that are remembered, so that what arrives late does not bring them back."""
APART_MAX = 8
"""When more people change something in a tick, all of it is one event to all of them."""
SAVE_AFTER_US = 2 * SECOND_US
"""Changes of so long share one write, and are what a power cut can cost."""


class Scene:
    """The entities by id. Changes leave once a tick; those that are persistent are kept.

    Everything that changes goes through `join`, so a client that has seen every event, and one that
    was sent the whole, hold the same.
    """

    def __init__(self, state: SpaceState, rows: tuple[EntityRow, ...]) -> None:
        self.state = state
        self.entities = {row.id: _entity(row) for row in rows}
        self.traces: dict[str, Entity] = {}
        self.size = sum(entity.size for entity in self.entities.values())
        self._stale: dict[str, tuple[set[str], dict[str, None]]] = {}  # registers, by whom
        self._stored = dict.fromkeys(self.entities)
        self._unsaved: dict[str, None] = {}
        self._saving: tuple[str, ...] = ()
        self._save_is_due = False
        self._views: list[dict[str, Any]] | None = None
        self._period_us = SECOND_US // (state.settings.tick_hz or state.policy.tick_hz)

    def views(self) -> list[dict[str, Any]]:
        """Return every entity as `space-joined` shows it; the same list until something changes."""
        if self._views is None:
            self._views = [entity.view() for entity in self.entities.values()]
        return self._views

    def handle(
        self, message: UpdateEntities | RemoveEntity | ShowScene | SaveScene, ctx: Context
    ) -> EntitiesUpdated | None:
        """Do what a message of this family says; return its answer.

        Raises:
            Refusal: it may not be done; nothing was changed.
        """
        match message:
            case UpdateEntities():
                return self.update(message, ctx)
            case RemoveEntity():
                self.remove(message, ctx)
            case ShowScene():
                self.show(ctx)
            case SaveScene():
                self.save(ctx)
        return None

    # Changing.

    def update(self, message: UpdateEntities, ctx: Context) -> EntitiesUpdated:
        """Take each update that is allowed; the others are answered with why not.

        Raises:
            NotInSpace: the sender has no body here.
        """
        person = self._person(message.socket_id)
        taken: dict[str, Entity] = {}
        refused: dict[str, Refused] = {}
        for update in message.updates:
            try:
                taken[update.entity_id] = self._take(update, message.socket_id, person, ctx)
            except Refusal as refusal:
                refused[update.entity_id] = refusal.value()
        return EntitiesUpdated(
            entities=tuple(entity.view(()) for entity in taken.values()), refused=refused
        )

    def _take(self, update: EntityUpdate, socket_id: str, person: Person, ctx: Context) -> Entity:
        name = update.entity_id
        if update.facts.get("locked") and person.account is None:
            raise BadInput("locked: only those who are logged in can lock", field="locked")
        known = self.entities.get(name)
        part = admit(
            known or self.traces.get(name),
            update,
            socket_id=socket_id,
            person=person,
            now_ms=milliseconds(ctx.now_us),
            rules_here=self._rules_here(person),
        )
        before = known or self.traces.get(name) or Entity(id=name)
        after = join(before, part)
        self._check_room(known, after)
        self.traces.pop(name, None)
        self._put(known, after, ctx)
        if not self._stale:
            ctx.after(self._period_us, ShowScene(), key="show scene")
        names, who = self._stale.setdefault(name, (set(), {}))
        names |= changed(before, after)
        who[socket_id] = None
        return after

    def _check_room(self, known: Entity | None, after: Entity) -> None:
        policy = self.state.policy
        if known is None and len(self.entities) >= policy.space_entities_max:
            raise TooManyEntities("in this space", policy.space_entities_max)
        if known is None or known.owner != after.owner:
            most = policy.person_entities_max
            if sum(_same_owner(one, after) for one in self.entities.values()) >= most:
                raise TooManyEntities("of yours", most)
        grows_by = after.size - (known.size if known is not None else 0)
        if grows_by > 0:
            if after.size > ENTITY_BYTES_MAX:
                raise EntityTooLarge(ENTITY_BYTES_MAX)
            if self.size + grows_by > SCENE_BYTES_MAX:
                raise TooManyEntities("bytes in this space", SCENE_BYTES_MAX)

    def _put(self, known: Entity | None, after: Entity, ctx: Context) -> None:
        self.size += after.size - (known.size if known is not None else 0)
        self.entities[after.id] = after
        self._views = None
        if after.fact("persistent") or after.id in self._stored or after.id in self._saving:
            self._unsaved[after.id] = None
            self._save_soon(ctx)

    def remove(self, message: RemoveEntity, ctx: Context) -> None:
        """Remove an entity for everybody.

        Raises:
            NotInSpace: the sender has no body here.
            NoSuchEntity: it is gone already.
            NotOwner: it is somebody else's.
        """
        person = self._person(message.socket_id)
        known = self.entities.get(message.entity_id)
        if known is None:
            raise NoSuchEntity
        may_remove(
            known,
            socket_id=message.socket_id,
            person=person,
            rules_here=self._rules_here(person),
        )
        self._remove([known], message.socket_id, ctx)

    def owner_left(self, socket_id: str, ctx: Context) -> None:
        """Remove what this body owned, except what is persistent."""
        owned = [
            entity
            for entity in self.entities.values()
            if entity.owner == socket_id and not entity.fact("persistent")
        ]
        if owned:
            self._remove(owned, socket_id, ctx)

    def _remove(self, entities: list[Entity], socket_id: str, ctx: Context) -> None:
        now_ms = milliseconds(ctx.now_us)
        self._views = None
        for entity in entities:
            name = entity.id
            self.size -= entity.size
            del self.entities[name]
            self._stale.pop(name, None)
            self.traces[name] = join(entity, removal(entity, socket_id=socket_id, now_ms=now_ms))
            if len(self.traces) > TRACES_MAX:
                del self.traces[next(iter(self.traces))]
            if name in self._stored or name in self._saving:
                self._unsaved[name] = None
                self._save_soon(ctx)
        gone = {"entityIds": [entity.id for entity in entities], "timestamp": now_ms}
        self.state.emit(ctx, "entities-removed", gone, but=socket_id)

    def _person(self, socket_id: str) -> Person:
        body = self.state.roster.bodies.get(socket_id)
        if body is None:
            raise NotInSpace
        return body.person

    def _rules_here(self, person: Person) -> bool:
        state = self.state
        rulers = {state.facts.author, state.settings.created_by}
        return person.account is not None and person.account in rulers

    # Showing.

    def show(self, ctx: Context) -> None:
        """Show what changed since the last tick, to everybody but who alone changed it."""
        stale, self._stale = self._stale, {}
        by_changer: dict[str | None, list[dict[str, Any]]] = {}
        apart = len({socket_id for _, who in stale.values() for socket_id in who}) <= APART_MAX
        for name, (names, who) in stale.items():
            changer = next(iter(who)) if apart and len(who) == 1 else None
            by_changer.setdefault(changer, []).append(self.entities[name].view(names))
        for changer, entities in by_changer.items():
            event = {"entities": entities, "timestamp": milliseconds(ctx.now_us)}
            self.state.emit(ctx, "entities-updated", event, but=changer)

    # Keeping.

    def _save_soon(self, ctx: Context) -> None:
        if not self._save_is_due:
            self._save_is_due = True
            ctx.after(SAVE_AFTER_US, SaveScene(), key="save scene")

    def save(self, ctx: Context) -> None:
        """Write what changed; one write is under way at a time."""
        self._save_is_due = False
        if self._saving or not self._unsaved:
            return
        self._saving, self._unsaved = tuple(self._unsaved), {}
        kept = {
            name: entity
            for name in self._saving
            if (entity := self.entities.get(name)) is not None and entity.fact("persistent")
        }
        request = SaveEntities(
            actor=ctx.address,
            epoch=self.state.epoch,
            space=self.state.space,
            present=tuple(_row(entity) for entity in kept.values()),
            gone=tuple(name for name in self._saving if name not in kept),
        )
        # What may be stored from now on; a removal has to be written too, even if this one fails.
        self._stored |= dict.fromkeys(kept)
        ctx.io(STORE, request, tag="scene saved")

    def saved(self, outcome: Outcome, ctx: Context) -> None:
        """A write came back. Repeating one is harmless, so one that failed goes with the next.

        One that the store refuses is not repeated: it would be refused again.
        """
        saving, self._saving = self._saving, ()
        match outcome:
            case Refused(code=code) if code == FENCED:
                ctx.stop(reason=FENCED)
                return
            case Err() | Unknown():
                self._unsaved = dict.fromkeys(saving) | self._unsaved
            case _:
                for name in saving:
                    entity = self.entities.get(name)
                    if entity is None or not entity.fact("persistent"):
                        self._stored.pop(name, None)
        if self._unsaved:
            self._save_soon(ctx)

    def settled(self) -> bool:
        """Whether nothing is left to write."""
        return not self._unsaved and not self._saving


def _same_owner(one: Entity, other: Entity) -> bool:
    if one.owner_account is not None or other.owner_account is not None:
        return one.owner_account == other.owner_account
    return one.owner == other.owner


def _entity(row: EntityRow) -> Entity:
    return restored(
        row.id,
        owned=(row.owned_at_ms, row.owner),
        owner_account=row.owner_account,
        creator=row.creator,
        time_ms=row.time_ms,
        facts={
            "template": row.template,
            "parent": row.parent,
            "persistent": True,
            "locked": row.locked,
        },
        components=row.components,
    )


def _row(entity: Entity) -> EntityRow:
    facts = {name: entity.fact(name) for name in FACTS if name != "persistent"}
    return EntityRow(
        id=entity.id,
        owner=entity.owner,
        owner_account=entity.owner_account,
        owned_at_ms=entity.owned[0],
        time_ms=entity.newest[0],
        creator=entity.fact("creator"),
        components=entity.components,
        **facts,
    )
