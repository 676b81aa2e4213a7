"""Who has the floor: one speaker, fair queues, roles that end when they should."""

from __future__ import annotations

from actors.clients import Emit
from actors.space.actor import Space
from actors.space.floor import SPEAKER_MODES
from actors.space.hall.state import GRACE_US, Hall
from actors.space.microphones.queue import overtaken_max, queue_of
from engine.cell import Cell
from sim.checkers.base import Checker, Checks
from sim.people.visitor import Stage

SLACK_US = 5_000_000
"""How much later than due a timer may be handled, where a scenario stalls a space."""


class OneSpeaker(Checker):
    """Looks at every durable hall, when a space has replaced it."""

    name = "one_speaker"
    sentence = (
        "A space has at most one speaker, only in a mode that has one, and each microphone one "
        "holder, who does not wait for it as well."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._seen: dict[str, Hall] = {}

    def space_handled(self, cell: Cell, space: Space) -> None:
        hall = space.state.hall
        if self._seen.get(cell.address) is hall:
            return
        self._seen[cell.address] = hall
        self.checked += 1
        speaker, turn = hall.speaker, hall.turn
        if (speaker is None) != (turn is None) or (turn and turn.user_account != speaker):
            self.fail(f"the speaker is {speaker}, the open turn {turn}", cell.address)
        if speaker is not None and hall.config.audio_mode not in SPEAKER_MODES:
            self.fail(f"{speaker} is the speaker in {hall.config.audio_mode}", cell.address)
        for microphone, usage in hall.holding.items():
            if (microphone, usage.user_account) in hall.waiting:
                self.fail(f"{usage.user_account} has {microphone} and waits for it", cell.address)


class QueuesAreFair(Checker):
    """Follows every microphone's queue from decision to decision."""

    name = "queues_are_fair"
    sentence = (
        "Microphones' queues go by standing and arrival within the stated bound, and who gets one "
        "from the queue is the first who is there and may have it."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._seen: dict[str, Hall] = {}

    def space_born(self, cell: Cell) -> None:
        self._seen.pop(cell.address, None)

    def space_handled(self, cell: Cell, space: Space) -> None:
        hall = space.hall.commits.decided
        before = self._seen.get(cell.address)
        self._seen[cell.address] = hall
        if before is hall or before is None:
            return
        for microphone in hall.microphones:
            self._check_order(cell, hall, microphone)
            self._check_service(cell, space, before, hall, microphone)

    def _check_order(self, cell: Cell, hall: Hall, microphone: str) -> None:
        queue = queue_of(hall, microphone)
        for place, one in enumerate(queue):
            self.checked += 1
            later = [other for other in queue[:place] if other.arrival > one.arrival]
            if len(later) > overtaken_max(one.priority) or any(
                other.priority >= one.priority for other in later
            ):
                self.fail(f"{one.user_account} is overtaken by {later}", cell.address)

    def _check_service(
        self, cell: Cell, space: Space, before: Hall, hall: Hall, microphone: str
    ) -> None:
        served = _served(hall, microphone)
        if served is None or served == _served(before, microphone):
            return
        if (microphone, served) not in before.waiting:
            return
        self.checked += 1
        people, now_us = space.hall.people, self.scene.core.now_us
        for one in queue_of(before, microphone):
            account = one.user_account
            if account == served:
                return
            still = (microphone, account) in hall.waiting and people.attend(account)
            if still and people.abilities(account, hall, now_us).hold_floor:
                self.fail(f"{served} was served before {account}", cell.address)


def _served(hall: Hall, microphone: str) -> str | None:
    """Return who has a microphone by their own asking, or is about to pay for it."""
    usage = hall.holding.get(microphone)
    if usage is not None:
        return usage.user_account if usage.granted_by is None else None
    paying = hall.paying.get(microphone)
    return paying.user_account if paying is not None else None


class RolesEndWithTheGrace(Checker):
    """Looks at everybody with a role after every delivery to their space."""

    name = "roles_end_with_the_grace"
    sentence = (
        "Who has a role attends, or stopped no longer ago than the grace; and nobody loses one to "
        "a lost connection before the grace is over."
    )

    def __init__(self, checks: Checks) -> None:
        super().__init__(checks)
        self._since_us: dict[tuple[str, str], int] = {}

    def space_handled(self, cell: Cell, space: Space) -> None:
        if space.awaited:
            return  # It is being rebuilt after a crash; its people are on their way back.
        hall, now_us = space.hall.commits.decided, self.scene.core.now_us
        for account, since_us in hall.absent.items():
            self._since_us[cell.address, account] = since_us
        for account in sorted(hall.with_roles()):
            self.checked += 1
            since = hall.absent.get(account)
            attends = space.hall.people.attend(account)
            if attends == (since is not None):
                self.fail(f"{account} has a role, attends: {attends}, away: {since}", cell.address)
            elif since is not None and since + GRACE_US + SLACK_US < now_us:
                self.fail(f"{account} has a role and is away since {since}", cell.address)

    def space_emitted(self, cell: Cell, emit: Emit) -> None:
        if emit.event in {"speaker-role-released", "microphone-released"}:
            self.checked += 1
            who = emit.payload.get("speaker") or emit.payload.get("holder")
            since_us = self._since_us.get((cell.address, who), self.scene.core.now_us)
            early = since_us + GRACE_US > self.scene.core.now_us
            if emit.payload["reason"] == "connection lost" and early:
                self.fail(f"{who} lost a role before the grace was over", cell.address)


class WishesAreAnswered(Checker):
    """Asks everybody at the end whether anything they did in a hall is without an answer."""

    name = "wishes_are_answered"
    sentence = "Once the faults are over, everything done in a hall is granted or refused."

    def at_end(self) -> None:
        for person in self.scene.people():
            self.checked += len(person.part.does)
            if person.stage is Stage.INSIDE and person.wishes.waiting:
                text = f"{person.part.name} waits for {person.wishes.waiting}"
                self.fail(text, f"person:{person.part.name}")
