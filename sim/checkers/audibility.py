"""The audibility ledger, read back at the end and compared with what spaces decided and told."""

from __future__ import annotations

from typing import Any

from actors.clients import Emit
from actors.space.actor import Space
from actors.space.hall.people import name_of
from actors.space.hearing.ledger import Replay, Who, holds
from actors.space.hearing.ledger_keeper import CUT_EVERY_US, QUIET_CUT_US
from actors.space.hearing.told import LinkKind
from actors.space.space_id import SpaceId
from actors.store_audibility import Batch, ReadAudibility
from engine.cell import Cell
from sim.checkers.base import Checker, Checks
from sim.checkers.hearing import UPDATE

Links = dict[tuple[Who, Who], LinkKind]


KEPT_WITHIN_US = QUIET_CUT_US + 2 * CUT_EVERY_US
"""What was told is kept by then, unless the space crashes or the store is away."""


class LedgerIsTrue(Checker):
    """Remembers what each space decided, moment by moment, and asks the ledger for all of it."""

    name = "ledger_is_true"
    sentence = (
        "At every moment that the audibility ledger holds, it says what its space had decided; "
        "it holds for no moment at which the space was not awake, and for every moment at which "
        "people were told whom they hear, but for the last before a crash and those that were "
        "given up."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._decided: dict[SpaceId, dict[int, tuple[str, Links] | None]] = {}
        self._seen: dict[str, Any] = {}
        self._spaces: dict[str, SpaceId] = {}
        self._told: dict[str, list[int]] = {}
        self._to_be_kept: dict[SpaceId, dict[int, None]] = {}
        self._given_up: dict[str, int] = {}

    def space_born(self, cell: Cell) -> None:
        self._told[cell.address], self._given_up[cell.address] = [], 0

    def space_emitted(self, cell: Cell, emit: Emit) -> None:
        if emit.event == UPDATE:
            self._told[cell.address].append(self.scene.core.now_us)

    def space_gone(self, cell: Cell, reason: str) -> None:
        self._seen.pop(cell.address, None)
        space = self._spaces.get(cell.address)
        if space is not None:
            self._decided[space][self.scene.core.now_us] = None

    def space_handled(self, cell: Cell, space: Space) -> None:
        ears, bodies = space.hall.ears, space.state.roster.bodies
        self._follow_keeping(cell, space)
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

    def _follow_keeping(self, cell: Cell, space: Space) -> None:
        keeper, now_us = space.hall.ears.keeper, self.scene.core.now_us
        told = self._told[cell.address]
        if keeper.given_up != self._given_up[cell.address]:
            self._given_up[cell.address] = keeper.given_up
            told.clear()
        kept_until_us = keeper.kept_until_us(now_us)
        to_be_kept = self._to_be_kept.setdefault(space.state.space, {})
        while told and told[0] < kept_until_us:
            to_be_kept[told.pop(0)] = None
        if told and now_us - told[0] > KEPT_WITHIN_US and not keeper.unwritten:
            self.fail(f"what was told at {told[0]} is not kept by {now_us}", cell.address)

    def _kept(self, space: SpaceId, at_us: int) -> list[Batch]:
        """Return what holds at a moment, from its key on; nothing when nothing does."""
        request = ReadAudibility(space=space, at_us=at_us)
        batches = list(self.scene.memory.audibility.read(request))
        return batches if holds(batches, at_us) else []

    def at_end(self) -> None:
        for space, moments in self._to_be_kept.items():
            for at_us in moments:
                self.checked += 1
                if not self._kept(space, at_us):
                    self.fail(f"the ledger lacks what was told at {at_us}", str(space))
        for space, decided in self._decided.items():
            replayed: list[Batch] = []
            replay = Replay(replayed)
            for at_us, truth in sorted(decided.items(), key=lambda one: one[0]):
                batches = self._kept(space, at_us)
                if not batches:
                    continue
                if batches != replayed:
                    replayed, replay = batches, Replay(batches)
                found = replay.until(at_us)
                self.checked += 1
                said: Links = {(ear, mouth): kind for ear, mouth, kind in found.links()}
                if truth is None:
                    self.fail(f"the ledger holds at {at_us}, when the space was gone", str(space))
                elif truth != (found.mode.value, said):
                    wrong = set(said.items()) ^ set(truth[1].items())
                    text = f"at {at_us} the ledger says {found.mode.value}, {truth[0]} is true; "
                    self.fail(f"{text}wrong: {sorted(wrong)[:3]}", str(space))
