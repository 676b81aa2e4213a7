"""The audibility ledger, read back at the end and compared with what spaces decided."""

from __future__ import annotations

from typing import Any

from actors.space.actor import Space
from actors.space.hall.people import name_of
from actors.space.hearing.ledger import Who, audible_at
from actors.space.hearing.told import LinkKind
from actors.space.space_id import SpaceId
from actors.store_audibility import ReadAudibility
from engine.cell import Cell
from sim.checkers.base import Checker, Checks

Links = dict[tuple[Who, Who], LinkKind]


class LedgerIsTrue(Checker):
    """Remembers what each space decided, moment by moment, and asks the ledger for all of it."""

    name = "ledger_is_true"
    sentence = (
        "At every moment that the audibility ledger holds, it says what its space had decided; "
        "it holds for no moment at which the space was not awake."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._decided: dict[SpaceId, dict[int, tuple[str, Links] | None]] = {}
        self._seen: dict[str, Any] = {}
        self._spaces: dict[str, SpaceId] = {}

    def space_gone(self, cell: Cell, reason: str) -> None:
        self._seen.pop(cell.address, None)
        space = self._spaces.get(cell.address)
        if space is not None:
            self._decided[space][self.scene.core.now_us] = None

    def space_handled(self, cell: Cell, space: Space) -> None:
        ears, bodies = space.hall.ears, space.state.roster.bodies
        if not ears.keeper.ledger.running:
            return
        here = {body.pose_index: (name_of(body.person), one) for one, body in bodies.items()}
        state = (id(space), id(ears.rule.relation), here)
        if self._seen.get(cell.address) == state:
            return
        self._seen[cell.address] = state
        relation = ears.rule.relation
        rows = (relation.listener, relation.source, ears.kinds)
        links = {
            (here[ear], here[mouth]): LinkKind(kind)
            for ear, mouth, kind in zip(*(each.tolist() for each in rows), strict=True)
            if ear in here and mouth in here
        }
        self._spaces[cell.address] = space.state.space
        decided = self._decided.setdefault(space.state.space, {})
        decided[self.scene.core.now_us] = (ears.gathering.terms.mode.value, links)

    def at_end(self) -> None:
        for space, decided in self._decided.items():
            for at_us, truth in decided.items():
                request = ReadAudibility(space=space, at_us=at_us)
                found = audible_at(self.scene.memory.audibility.read(request), at_us)
                if found is None:
                    continue
                self.checked += 1
                said: Links = {(ear, mouth): kind for ear, mouth, kind in found.links()}
                if truth is None:
                    self.fail(f"the ledger holds at {at_us}, when the space was gone", str(space))
                elif truth != (found.mode.value, said):
                    wrong = set(said.items()) ^ set(truth[1].items())
                    text = f"at {at_us} the ledger says {found.mode.value}, {truth[0]} is true; "
                    self.fail(f"{text}wrong: {sorted(wrong)[:3]}", str(space))
