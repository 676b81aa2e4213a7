"""A caller: a fan with a telephone, who rings people, is rung, pauses and hangs up."""

from __future__ import annotations

from typing import Any

from engine.clock import SECOND_US
from sim.people.life import Fetched, Happening, Life, Received, UseCall, Woken
from sim.people.part import Part
from sim.people.trader import Trader
from sim.people.trades import call_id_of

TRY_AGAIN_US = 2 * SECOND_US


class Caller(Trader):
    """See the module's text.

    Attributes:
        uses: requests without a yes or a no yet, by tag.
        said: the newest answer about each call: its status, or the code of a refusal.
    """

    def __init__(self, part: Part) -> None:
        super().__init__(part)
        self.uses: dict[str, UseCall] = {}
        self.said: dict[str, str] = {}

    def handle(self, happening: Happening, life: Life) -> None:
        match happening:
            case Woken(what=what, number=number) if what.startswith("call "):
                self._use(what.removeprefix("call "), number, life)
            case Woken(what=what) if what.startswith("again "):
                self._ask(what.removeprefix("again "), life)
            case Fetched(tag=tag) if tag.startswith("use "):
                self._heard(happening, life)
            case Received(event="call:incoming", payload=payload):
                self._rung(payload, life)
            case _:
                super().handle(happening, life)

    def _plan(self, life: Life) -> None:
        super()._plan(life)
        for number, phone in enumerate(self.part.phones):
            life.wake(phone.at_us, "call ring", number)
            for pause_us, resume_us in phone.pauses:
                life.wake(pause_us, f"call pause {pause_us}", number)
                life.wake(resume_us, f"call resume {resume_us}", number)
            if phone.ends_us is not None:
                life.wake(phone.ends_us, "call end", number)

    def _use(self, what: str, number: int, life: Life) -> None:
        phone = self.part.phones[number]
        verb = what.split(maxsplit=1)[0]
        if verb == "ring" and not self._has_bought:
            life.wake(TRY_AGAIN_US, "call ring", number)
            return
        call_id = call_id_of(self.part.name, number)
        if verb in ("pause", "resume"):
            for tag in [one for one in self.uses if one.startswith(f"{call_id} ")]:
                del self.uses[tag]  # Whoever wants to resume no longer wants to pause.
        tag = f"{call_id} {what}"
        self.uses[tag] = UseCall(verb, call_id, phone.to, phone.rate)
        self._ask(tag, life)

    def _rung(self, payload: dict[str, Any], life: Life) -> None:
        tag = f"{payload['callId']} accept"
        if self.part.answers:
            self.uses[tag] = UseCall("accept", payload["callId"])
            self._ask(tag, life)

    def _ask(self, tag: str, life: Life) -> None:
        if tag in self.uses:
            life.fetch(self.uses[tag], f"use {tag}")

    def _heard(self, fetched: Fetched, life: Life) -> None:
        tag = fetched.tag.removeprefix("use ")
        if tag not in self.uses:
            return
        if fetched.status in (0, 429) or fetched.status >= 500:
            life.wake(TRY_AGAIN_US, f"again {tag}")
            return
        call_id = self.uses.pop(tag).call_id
        self.said[call_id] = str(fetched.body.get("code") or fetched.body["state"])
