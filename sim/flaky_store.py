"""The store port with a way to it and faults in it: late, lost, doubled and failed answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.clock import SECOND_US
from engine.core import Core
from engine.entropy import Chance, chance
from engine.outcome import Err, Outcome, Unknown
from engine.port import Reply
from sim.faults import Fault
from sim.store import MemoryStore

ANSWERS_WITHIN_US = 5 * SECOND_US
"""After so long the adapter gives an answer up for lost, as its statement time-out does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """How long the store takes, microseconds."""

    latency_us: int = 800
    jitter_us: int = 1_500


class FlakyStore:
    """Carries each request out once, at a time between its start and its answer.

    Requests that are under way together may be carried out in any order, as over several
    connections.

    Attributes:
        requests: how many of each type were started.
        faults: how many of each kind were injected.
        away: in an outage nothing is carried out.
    """

    def __init__(
        self,
        core: Core,
        memory: MemoryStore,
        seed: bytes,
        faults: Sequence[Fault] = (),
        settings: StoreSettings | None = None,
    ) -> None:
        self._core = core
        self._memory = memory
        self._settings = settings or StoreSettings()
        self._chances = [
            (fault, chance(seed, "store fault", fault.kind, str(number)))
            for number, fault in enumerate(faults)
        ]
        self._latency = chance(seed, "store latency")
        self.requests: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.away = False

    def heal(self) -> None:
        """No faults from now on."""
        self._chances = []
        self.away = False

    def start(self, request: Any, reply: Reply) -> None:
        """Carry a request out, or fail to."""
        self.requests[type(request).__name__] += 1
        struck = {fault.kind: fault for fault, stream in self._chances if _strikes(fault, stream)}
        self.faults.update(list(struck))
        there_us, back_us = self._way_us(), self._way_us()
        if "store_stall" in struck:
            there_us += struck["store_stall"].lasts_us
        if "store_error" in struck:
            self._later(there_us, lambda: reply(Err("the store could not be reached")))
            return
        self._later(there_us, lambda: self._carry_out(request, reply, back_us, struck))

    def _carry_out(
        self, request: Any, reply: Reply, back_us: int, struck: dict[str, Fault]
    ) -> None:
        if self.away:
            self.faults["store_outage"] += 1
            self._later(back_us, lambda: reply(Err("the store is away")))
            return
        outcome: Outcome = self._memory.answer(request)
        if "store_reply_lost" in struck:
            outcome = Unknown("no answer from the store in time")
            back_us = ANSWERS_WITHIN_US
        self._later(back_us, lambda: reply(outcome))
        if "store_reply_twice" in struck:
            self._later(2 * back_us, lambda: reply(outcome))

    def _way_us(self) -> int:
        return self._settings.latency_us // 2 + self._latency.below(self._settings.jitter_us + 1)

    def _later(self, delay_us: int, action: Callable[[], None]) -> None:
        self._core.timers.at(self._core.now_us + delay_us, action)


def _strikes(fault: Fault, stream: Chance) -> bool:
    return stream.happens(fault.chance)
