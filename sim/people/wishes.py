"""What somebody wants to do in a hall: each wish is asked until it is answered, one at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.clock import SECOND_US
from sim.people.hall_view import HallView
from sim.people.life import Life
from sim.people.part import Part

ANSWER_WITHIN_US = 12 * SECOND_US
TRY_AGAIN_US = 2 * SECOND_US


@dataclass(slots=True)
class Wish:
    """An event to send, and when it was last sent."""

    number: int
    event: str
    payload: dict[str, Any]
    asked_us: int | None = None


@dataclass(slots=True)
class Wishes:
    """See the module's text.

    Attributes:
        waiting: in the order they were wished.
        granted: the events that were answered with a yes, in order.
        refused: (event, code) of those answered with a no.
    """

    part: Part
    waiting: list[Wish] = field(default_factory=list)
    granted: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    _last: int = 0

    def add(self, event: str, payload: dict[str, Any]) -> None:
        """Wish something more."""
        self._last += 1
        self.waiting.append(Wish(self._last, event, payload))

    def start_over(self) -> None:
        """The connection is new: no answer to an earlier attempt will come."""
        for wish in self.waiting:
            wish.asked_us = None

    def next_event(self, hall: HallView, life: Life) -> tuple[int, str, dict[str, Any]] | None:
        """Return what is to be sent now: number, event, and payload with ids of microphones."""
        if not self.waiting:
            return None
        wish, now_us = self.waiting[0], life.now_us
        life.wake(TRY_AGAIN_US, "wish")
        if wish.asked_us is not None and now_us - wish.asked_us < ANSWER_WITHIN_US:
            return None
        payload = dict(wish.payload)
        if "microphone" in payload:
            microphone_id = hall.microphone_id(payload.pop("microphone"))
            if microphone_id is None:
                return None
            payload["microphone_id"] = microphone_id
        wish.asked_us = now_us
        return wish.number, wish.event, payload

    def answered(self, number: int, answer: dict[str, Any], *, passes: bool) -> None:
        """A wish has its answer; what only passes is asked again, a second answer is none."""
        if not self.waiting or self.waiting[0].number != number:
            return
        if passes and not answer.get("success"):
            self.waiting[0].asked_us = None
            return
        wish = self.waiting.pop(0)
        if answer.get("success"):
            self.granted.append(wish.event)
        else:
            self.refused.append((wish.event, str(answer.get("code"))))

    def has_the_floor(self, event: str, payload: Any, life: Life) -> None:
        """Talk for a while when given the speaker role or a microphone, then give it up."""
        name, talks_us = self.part.name, self.part.talks_us
        if talks_us is None:
            return
        if event == "microphone-taken" and payload["holder"] == name:
            life.wake(talks_us, "enough said")
        elif (event == "speaker-role-granted" and payload["speaker"] == name) or (
            event == "speaker-role-passed" and payload["to_user"] == name
        ):
            life.wake(talks_us, "enough spoken")

    def enough(self, what: str, hall: HallView) -> None:
        """Pass on, or give up, what is still theirs."""
        name, other = self.part.name, self.part.passes_to
        target = {} if other is None else {"target_user": other}
        doing = "release" if other is None else "pass"
        if what == "enough spoken":
            if hall.speaker == name:
                self.add(f"speaker-{doing}", target)
            return
        for microphone_id, holder in hall.holders.items():
            if holder == name:
                self.add(f"microphone-{doing}", {"microphone_id": microphone_id, **target})
