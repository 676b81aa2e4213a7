"""What people end up with: everybody is in who wants to be, and has been answered."""

from __future__ import annotations

from actors.store_hall import AudioConfig, Question, SpeakerTurn, Usage
from engine.cell import Cell
from sim.checkers.base import Checker
from sim.people.visitor import Stage, Visitor
from sim.scenario import Expected


class NobodyIsShownNonsense(Checker):
    """Passes on what people's own views have complained about, under the invariant's name."""

    name = "views_make_sense"
    sentence = "Every event makes sense to the client that gets it, given what it got before."

    def person_acted(self, cell: Cell, person: Visitor) -> None:
        self.checked += 1
        if person.view.complaints:
            complaint = person.view.complaints[0]
            text = f"{person.part.name} ({complaint.invariant}): {complaint.text}"
            self.fail(text, cell.address)


class EverybodyGetsIn(Checker):
    """Asks everybody at the end."""

    name = "everybody_gets_in"
    sentence = "Once the faults are over, everybody is inside who wants to be."

    def at_end(self) -> None:
        for person in self.scene.people():
            self.checked += 1
            if person.wants_in and person.stage is not Stage.INSIDE:
                text = f"{person.part.name} is still {person.stage.value} {person.errors[-3:]}"
                self.fail(text, f"person:{person.part.name}")
            if person.stage in (Stage.LEAVING, Stage.TURNED_AWAY):
                text = f"{person.part.name} is {person.stage.value} {person.errors[-3:]}"
                self.fail(text, f"person:{person.part.name}")


class WordsAreAnswered(Checker):
    """Asks everybody at the end whether anything they said is without an answer."""

    name = "words_are_answered"
    sentence = "Once the faults are over, everything said is acknowledged or refused with a code."

    def at_end(self) -> None:
        for person in self.scene.people():
            self.checked += 1
            where = f"person:{person.part.name}"
            if person.stage is Stage.INSIDE and person.saying:
                self.fail(f"{person.part.name} waits for {list(person.saying)}", where)
            if person.refused:
                self.fail(f"{person.part.name} was refused {person.refused}", where)


class StoryEndsAsTold(Checker):
    """Compares the end with the scenario's `[expect.at_end]`."""

    name = "story_ends_as_told"
    sentence = "What the scenario expects at its end is so."

    def at_end(self) -> None:
        expected = self.scene.scenario.expected
        people = {person.part.name: person for person in self.scene.people()}
        if expected.present is not None:
            self.checked += 1
            present = sorted(n for n, p in people.items() if p.stage is Stage.INSIDE)
            if present != sorted(expected.present):
                self.fail(f"present are {present}, expected {sorted(expected.present)}")
        if expected.messages is not None:
            self.checked += 1
            spaces = {part.space: None for part in self.scene.scenario.people}
            spaces |= {s: None for part in self.scene.scenario.people for _, s in part.moves}
            messages = sum(len(self.scene.memory.messages_of(space)) for space in spaces)
            if messages != expected.messages:
                self.fail(f"the store has {messages} messages, expected {expected.messages}")
        self._check_hall(expected)
        for one, other in expected.met:
            self.checked += 1
            for a, b in ((people[one], people[other]), (people[other], people[one])):
                if b.part.person.display_name not in a.view.met:
                    self.fail(f"{a.part.name} never saw {b.part.name}")
        for name, reason in expected.closed:
            self.checked += 1
            if reason not in people[name].closed_by:
                closed_by = people[name].closed_by
                self.fail(f"{name} was closed by {closed_by}, expected {reason!r} among it")
        if expected.calls is not None:
            self.checked += 1
            books = self.scene.memory.calls
            made = sorted(books.calls.values(), key=lambda call: call.facts.created_us)
            reasons = [f"{call.facts.reason}" for call in made]
            if reasons != list(expected.calls):
                self.fail(f"the calls ended by {reasons}, expected {list(expected.calls)}")

    def _check_hall(self, expected: Expected) -> None:
        scenario, tables = self.scene.scenario, self.scene.memory.hall
        spaces = list(dict.fromkeys(part.space for part in scenario.people))
        for space in spaces:
            modes = [one.audio_mode for one in tables.of(space, AudioConfig)]
            if expected.audio_mode is not None and modes != [expected.audio_mode]:
                self.fail(f"{space} is in {modes}, expected {expected.audio_mode}")
        turns = [one for space in spaces for one in tables.of(space, SpeakerTurn)]
        uses = [one for space in spaces for one in tables.of(space, Usage)]
        asked = [one for space in spaces for one in tables.of(space, Question) if one.turn]
        found = {
            "speakers": [one.user_account for one in sorted(turns, key=lambda one: one.number)],
            "held": [
                one.user_account
                for one in sorted(uses, key=lambda one: (one.started_at_us, one.number))
            ],
            "asked": [one.user_account for one in sorted(asked, key=lambda one: one.turn or 0)],
        }
        for what, names in found.items():
            wanted = getattr(expected, what)
            if wanted is not None:
                self.checked += 1
                if names != list(wanted):
                    self.fail(f"{what}: {names}, expected {list(wanted)}")
