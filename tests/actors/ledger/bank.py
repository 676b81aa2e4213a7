"""Ledgers' writers on heap engines, over one store in memory that may fail them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from actors.kinds import product_kinds
from actors.ledger.actor import DEFAULT_LIMITS, Ledger, Limits
from actors.ledger.book import Balance
from actors.ledger.messages import LEDGER, Post, PostBatch
from actors.ledger.transfer import Command
from actors.settings import ActorSettings
from actors.store import FENCED, STORE
from engine.cell import Cell, Kind
from engine.clock import SECOND_US
from engine.entropy import chance
from engine.heap import HeapEngine
from engine.observer import Observer
from engine.outcome import Err, Ok, Outcome, Unknown
from engine.refusal import Refused
from sim.faults import Fault
from sim.flaky_store import FlakyStore
from sim.store import MemoryStore
from tests.support.beside import watched

START_US = 1_700_000_000_000_000
TRY_AGAIN_US = SECOND_US // 5


class RecordingStore(MemoryStore):
    """Keeps the batches that became durable, in their order."""

    def __init__(self, now_us: Callable[[], int]) -> None:
        super().__init__(now_us)
        self.batches: list[PostBatch] = []

    def answer(self, request: Any) -> Outcome:
        outcome = super().answer(request)
        if isinstance(request, PostBatch) and isinstance(outcome, Ok):
            self.batches.append(request)
        return outcome


class Boom(Exception):
    """A planted crash."""


class Bank:
    """One node with a ledger's writer.

    Args:
        seed: decides the faults.
        faults: of the store.
        crashes: how likely each delivery to the writer fells it.
        limits: the writer's.
        store: another bank's, when two nodes share it.
        observer: sees everything that happens on the node.
    """

    def __init__(
        self,
        *,
        seed: bytes = b"bank",
        faults: Sequence[Fault] = (),
        crashes: float = 0.0,
        limits: Limits = DEFAULT_LIMITS,
        store: RecordingStore | None = None,
        observer: Observer | None = None,
    ) -> None:
        self._chance = chance(seed, "crashes")
        self.crashes = crashes
        kinds = [limited(kind, limits) for kind in product_kinds(ActorSettings())]
        self.engine = HeapEngine(
            kinds,
            seed=seed,
            now_us=START_US,
            before_delivery=self._maybe_crash,
            observer=observer,
        )
        self.core = self.engine.core
        self.store = store or watched(RecordingStore(lambda: self.core.now_us))
        self.port = FlakyStore(self.core, self.store, seed, faults)
        self.core.ports[STORE] = self.port

    def _maybe_crash(self, cell: Cell, _message: Any) -> None:
        if cell.kind.name == "ledger" and self._chance.happens(self.crashes):
            raise Boom

    @property
    def now_us(self) -> int:
        return self.core.now_us

    def heal(self) -> None:
        """No faults from now on."""
        self.crashes = 0.0
        self.port.heal()

    def send(self, command: Command) -> list[Outcome]:
        """Send without waiting; the answer appears in the list."""
        answers: list[Outcome] = []
        self.core.ask(LEDGER, Post(command=command), answers.append, timeout_us=60 * SECOND_US)
        return answers

    def insist(self, command: Command) -> list[Outcome]:
        """Send, and again after a failure or a lost reply, until there is a decision."""
        decided: list[Outcome] = []

        def answered(outcome: Outcome) -> None:
            fenced = isinstance(outcome, Refused) and outcome.code == FENCED
            if fenced or isinstance(outcome, Err | Unknown):
                self.core.timers.at(self.now_us + TRY_AGAIN_US, ask)
            else:
                decided.append(outcome)

        def ask() -> None:
            self.core.ask(LEDGER, Post(command=command), answered, timeout_us=60 * SECOND_US)

        ask()
        return decided

    def post(self, command: Command) -> Outcome:
        """Send, and wait for the answer."""
        answers = self.send(command)
        self.wait(SECOND_US // 10)
        (answer,) = answers
        return answer

    def wait(self, delay_us: int) -> None:
        """Let time pass."""
        self.engine.run_for(delay_us)

    def balance(self, account: str, asset: str = "TOK") -> Balance:
        """Return the durable balance."""
        return self.store.ledger.balances.get((account, asset), Balance())


def limited(kind: Kind, limits: Limits) -> Kind:
    if kind.name != "ledger":
        return kind
    return replace(kind, build=lambda birth: Ledger(birth.loaded, limits))


def code(outcome: Outcome) -> str:
    """Return "ok", or the refusal's code."""
    if isinstance(outcome, Ok):
        return "ok"
    assert isinstance(outcome, Refused), outcome
    return outcome.code
