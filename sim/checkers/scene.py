"""What people share: one scene, the same for all, with nobody's leavings in it."""

from __future__ import annotations

from typing import Any

from actors.clients import Emit
from actors.space.actor import Space
from actors.space.messages import Enter, Reenter
from engine.cell import Cell
from sim.checkers.base import Checker, Checks
from sim.people.visitor import Stage


def told(space: Space) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return owner and components of a space's entities, by id."""
    return {
        name: (entity.owner, entity.components)
        for name, entity in sorted(space.scene.entities.items())
    }


class NewcomersSeeTheScene(Checker):
    """Compares each snapshot with the space's own table."""

    name = "newcomers_see_the_scene"
    sentence = "Whoever comes in is shown every entity of the space, as it is."

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._entering = False

    def space_told(self, cell: Cell, message: Any) -> None:
        # A space that opens after a crash shows itself and goes on with what has waited, at once.
        whole = isinstance(cell.actor, Space) and not cell.actor.awaited
        self._entering = whole and isinstance(message, Enter | Reenter)

    def space_emitted(self, cell: Cell, emit: Emit) -> None:
        if emit.event == "space-joined" and self._entering:
            assert isinstance(cell.actor, Space)
            self.checked += 1
            shown = {
                one["entityId"]: (one["owner"], one["components"])
                for one in emit.payload["entities"]
            }
            if shown != told(cell.actor):
                self.fail(f"{emit.to} is shown {shown}, there is {told(cell.actor)}", cell.address)


class EntitiesHaveOwners(Checker):
    """Looks at every entity whenever somebody has come or gone."""

    name = "entities_have_owners"
    sentence = "Every entity is persistent or owned by somebody who is in the space."

    def space_settled(self, cell: Cell, space: Space) -> None:
        self.checked += 1
        if space.awaited:
            return
        for entity in space.scene.entities.values():
            if not entity.fact("persistent") and entity.owner not in space.state.roster:
                self.fail(f"{entity.id} is left over from {entity.owner}", cell.address)


class EntitiesAgree(Checker):
    """Compares everybody's picture of the scene with the space's when all is calm."""

    name = "entities_agree"
    sentence = "In the end everybody inside sees the same entities, and the space has those."

    def at_end(self) -> None:
        spaces = self.scene.spaces()
        for person in self.scene.people():
            if person.stage is Stage.INSIDE:
                self.checked += 1
                space = spaces.get(person.space.address)
                there = {} if space is None else told(space)
                seen = person.view.scenery.told()
                if seen != there:
                    text = f"{person.part.name} sees {seen}, there is {there}"
                    self.fail(text, f"person:{person.part.name}")


class PersistentEntitiesAreKept(Checker):
    """Compares the store's entities with the scenes when all is calm."""

    name = "persistent_entities_are_kept"
    sentence = "In the end the store has the persistent entities of the spaces, and no others."

    def at_end(self) -> None:
        for space in self.scene.spaces().values():
            self.checked += 1
            rows = self.scene.memory.entities.get(space.state.space, {})
            stored = {row.id: (row.owner, row.components) for row in rows.values()}
            kept = {
                name: what
                for name, what in told(space).items()
                if space.scene.entities[name].fact("persistent")
            }
            if stored != kept:
                address = space.state.space.address
                self.fail(f"the store has {stored}, the scene keeps {kept}", address)
