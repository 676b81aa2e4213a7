"""Shared scene entities: who owns one, and what of it holds. Pure; integers and text only.

Everything about an entity is a register that the greatest stamp wins, a stamp being (time in
milliseconds, socket id): so it does not matter in which order, or how often, updates arrive. The
owner is such a register, and so is each component. This is Networked-A-Frame's rule, by
(lastOwnerTime, owner), carried through to the single component. See docs/rules/entities.md.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from actors.person import Person
from engine.refusal import Refusal

Stamp = tuple[int, str]
"""When, in milliseconds since the Unix epoch, and by which socket id."""

NEVER: Stamp = (-1, "")
FACTS = ("template", "parent", "persistent", "locked")
"""What an entity has besides components, each a register."""


class NotOwner(Refusal):
    """Somebody else owns the entity; `entity` is how it is."""

    code = "not_owner"
    retryable = False

    def __init__(self, entity: Entity) -> None:
        super().__init__(
            "Somebody else owns this: take ownership to change it",
            field="entityId",
            entity=entity.view(),
        )


class EntityLocked(Refusal):
    """Its owner lets nobody take it."""

    code = "entity_locked"

    def __init__(self, entity: Entity) -> None:
        super().__init__("Its owner has locked this", field="entityId", entity=entity.view())


class NoSuchEntity(Refusal):
    """There is no such entity, or it was removed a moment ago."""

    code = "no_such_entity"

    def __init__(self) -> None:
        super().__init__("There is no such entity here (any more)", field="entityId")


class TooManyEntities(Refusal):
    """The space, or this person, has as many entities as it may."""

    code = "too_many_entities"

    def __init__(self, limit: str, most: int) -> None:
        super().__init__(
            f"There is no room for another entity ({limit}: {most}); remove one first",
            limit=limit,
            most=most,
        )


class EntityTooLarge(Refusal):
    """The entity would be larger than one may be."""

    code = "entity_too_large"

    def __init__(self, bytes_max: int) -> None:
        super().__init__(
            f"components: expected at most {bytes_max} bytes of JSON for one entity",
            field="components",
            bytes_max=bytes_max,
        )


@dataclass(frozen=True, slots=True)
class Register:
    """A value and the stamp it was written with; `size` is its length as JSON."""

    value: Any
    stamp: Stamp
    size: int

    @classmethod
    def of(cls, value: Any, stamp: Stamp) -> Register:
        """Return a register of a JSON value."""
        return cls(value, stamp, len(_text(value)))

    def beats(self, other: Register) -> bool:
        """Whether this one holds where both were written."""
        if self.stamp != other.stamp:
            return self.stamp > other.stamp
        return self.value != other.value and _text(self.value) > _text(other.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityUpdate:
    """What somebody wants of an entity.

    Attributes:
        components: by name; None removes one. Those that are not named stay as they are.
        facts: those of `FACTS` that change.
        take: whether the sender wants to own it.
        time_ms: when it was done; None: now. The future counts as now.
    """

    entity_id: str
    components: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    take: bool = False
    time_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """An entity, or a part of one that an update wrote: both join in the same way.

    Attributes:
        owned: stamp of the newest taking; its socket id is the owner.
        owner_account: the owner's account, if they have one.
        registers: facts and `creator` by name, components by `.` and name.
        removed: stamp of the newest removal; nothing written before it holds.
    """

    id: str
    owned: Stamp = NEVER
    owner_account: str | None = None
    registers: Mapping[str, Register] = field(default_factory=dict)
    removed: Stamp = NEVER

    @property
    def exists(self) -> bool:
        """Whether it is there: it was taken after it was last removed."""
        return self.owned > self.removed

    @property
    def owner(self) -> str:
        return self.owned[1]

    @property
    def newest(self) -> Stamp:
        """The stamp of the newest thing that holds."""
        return max((each.stamp for each in self.registers.values()), default=self.owned)

    @property
    def size(self) -> int:
        """Bytes of JSON that its values and their names take."""
        return sum(len(name) + each.size for name, each in self.registers.items())

    @property
    def components(self) -> dict[str, Any]:
        """What it is made of, by name."""
        return {
            name[1:]: each.value
            for name, each in self.registers.items()
            if name.startswith(".") and each.value is not None
        }

    def fact(self, name: str) -> Any:
        """Return one of `FACTS`, or `creator`; None or False when it was never written."""
        register = self.registers.get(name)
        if register is not None:
            return register.value
        return False if name in ("persistent", "locked") else None

    def view(self, only: Collection[str] | None = None) -> dict[str, Any]:
        """Return it as clients are shown it: whole, or with the components among some registers.

        A component that was removed is null where it is named, and absent from the whole.
        """
        shown = self.components
        if only is not None:
            names = [name for name in only if name.startswith(".") and name in self.registers]
            shown = {name[1:]: self.registers[name].value for name in sorted(names)}
        return {
            "entityId": self.id,
            "owner": self.owner,
            "ownerAccount": self.owner_account,
            "creator": self.fact("creator"),
            "lastOwnerTime": self.owned[0],
            "time": self.newest[0],
            **{name: self.fact(name) for name in FACTS},
            "components": shown,
        }


def join(one: Entity, other: Entity) -> Entity:
    """Return what holds of two states of an entity. Order and repetition make no difference."""
    removed = max(one.removed, other.removed)
    newer = max(one, other, key=lambda each: (each.owned, each.owner_account or ""))
    registers = {name: each for name, each in one.registers.items() if each.stamp > removed}
    for name, each in other.registers.items():
        known = registers.get(name)
        if each.stamp > removed and (known is None or each.beats(known)):
            registers[name] = each
    gone = newer.owned <= removed
    return Entity(
        id=one.id,
        owned=NEVER if gone else newer.owned,
        owner_account=None if gone else newer.owner_account,
        registers=dict(sorted(registers.items())),
        removed=removed,
    )


def admit(
    known: Entity | None,
    update: EntityUpdate,
    *,
    socket_id: str,
    person: Person,
    now_ms: int,
    rules_here: bool,
) -> Entity:
    """Return the part of the entity that this update writes, to be joined with what is known.

    Args:
        known: the entity, or the trace of a removed one; None when nothing is known.
        update: what is wanted.
        socket_id: who sends it.
        person: who that is.
        now_ms: the server's time.
        rules_here: the space is this person's, so that no lock holds against them.

    Raises:
        NotOwner: it is somebody else's, and was not taken or was taken later by another.
        EntityLocked: it is somebody else's, who lets nobody take it.
        NoSuchEntity: it was removed; only `take` makes it anew.
    """
    time_ms = now_ms if update.time_ms is None else min(update.time_ms, now_ms)
    if known is not None and not known.exists:
        if not update.take:
            raise NoSuchEntity
        if update.time_ms is None:
            time_ms = max(time_ms, known.removed[0] + 1)
        if (time_ms, socket_id) <= known.removed:
            raise NoSuchEntity
    if known is None or not known.exists:
        stamp = (time_ms, socket_id)
        return _part(update, stamp, stamp, person, creator=socket_id)
    if update.time_ms is None:
        # Two changes of one millisecond are still one after the other.
        time_ms = max(time_ms, known.newest[0] + 1, known.owned[0])
    owned = known.owned
    if known.owner != socket_id:
        same_account = person.account is not None and person.account == known.owner_account
        if not update.take and not same_account:
            raise NotOwner(known)
        if known.fact("locked") and not same_account and not rules_here:
            raise EntityLocked(known)
        if (time_ms, socket_id) <= owned:
            raise NotOwner(known)
        owned = (time_ms, socket_id)
        # What comes with a taking holds against what the owner before has set, whatever the clock.
        time_ms = max(time_ms, known.newest[0] + 1)
    elif update.take:
        owned = max(owned, (time_ms, socket_id))
    return _part(update, (time_ms, socket_id), owned, person)


def may_remove(known: Entity, *, socket_id: str, person: Person, rules_here: bool) -> None:
    """Check that somebody may remove an entity.

    Raises:
        NotOwner: it is somebody else's; whoever may take it can remove it then.
    """
    same_account = person.account is not None and person.account == known.owner_account
    if known.owner != socket_id and not same_account and not rules_here:
        raise NotOwner(known)


def removal(known: Entity, *, socket_id: str, now_ms: int) -> Entity:
    """Return the part that removes what is known, and whatever arrives late for it."""
    time_ms = max(now_ms, known.newest[0], known.owned[0])
    return Entity(id=known.id, removed=(time_ms + 1, socket_id))


def restored(
    entity_id: str,
    *,
    owned: Stamp,
    owner_account: str | None,
    creator: str | None,
    time_ms: int,
    facts: Mapping[str, Any],
    components: Mapping[str, Any],
) -> Entity:
    """Return an entity from what was saved of it; its registers all have its newest stamp."""
    stamp = max(owned, (time_ms, owned[1]))
    registers = {name: Register.of(value, stamp) for name, value in facts.items()}
    registers |= {f".{name}": Register.of(value, stamp) for name, value in components.items()}
    registers["creator"] = Register.of(creator, stamp)
    return Entity(
        id=entity_id,
        owned=owned,
        owner_account=owner_account,
        registers=dict(sorted(registers.items())),
    )


def _part(
    update: EntityUpdate, stamp: Stamp, owned: Stamp, person: Person, *, creator: str | None = None
) -> Entity:
    registers = {name: Register.of(value, stamp) for name, value in update.facts.items()}
    for name, value in update.components.items():
        registers[f".{name}"] = Register.of(value, stamp)
    if creator is not None:
        registers["creator"] = Register.of(creator, stamp)
    return Entity(
        id=update.entity_id, owned=owned, owner_account=person.account, registers=registers
    )


def changed(one: Entity, other: Entity) -> frozenset[str]:
    """Return the names of the registers in which two states of an entity differ."""
    names = one.registers.keys() | other.registers.keys()
    return frozenset(
        name for name in names if one.registers.get(name) is not other.registers.get(name)
    )


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
