"""A ledger's writer on the heap engine, over the store in memory."""

from __future__ import annotations

from actors.kinds import product_kinds
from actors.ledger.book import Balance
from actors.ledger.messages import LEDGER, Post
from actors.ledger.transfer import Command
from actors.settings import ActorSettings
from actors.store import STORE
from engine.clock import SECOND_US
from engine.heap import HeapEngine
from engine.outcome import Ok, Outcome
from engine.port import Port
from engine.refusal import Refused
from sim.store import MemoryStore

START_US = 1_700_000_000_000_000


class Bank:
    """Sends commands and keeps what was answered."""

    def __init__(self, port: Port | None = None) -> None:
        self.engine = HeapEngine(product_kinds(ActorSettings()), seed=b"ledger", now_us=START_US)
        self.store = MemoryStore(lambda: self.engine.core.now_us)
        self.engine.core.ports[STORE] = port or self.store

    @property
    def now_us(self) -> int:
        return self.engine.core.now_us

    def send(self, command: Command) -> list[Outcome]:
        """Send without waiting; the answer appears in the list."""
        answers: list[Outcome] = []
        self.engine.core.ask(
            LEDGER, Post(command=command), answers.append, timeout_us=60 * SECOND_US
        )
        return answers

    def settle(self) -> None:
        """Let everything that is due now happen."""
        self.engine.settle()

    def post(self, command: Command) -> Outcome:
        """Send, and wait for the answer."""
        answers = self.send(command)
        self.settle()
        (answer,) = answers
        return answer

    def wait(self, delay_us: int) -> None:
        """Let time pass."""
        self.engine.run_for(delay_us)

    def balance(self, account: str, asset: str = "TOK") -> Balance:
        """Return the durable balance."""
        return self.store.ledger.balances.get((account, asset), Balance())


def code(outcome: Outcome) -> str:
    """Return "ok", or the refusal's code."""
    if isinstance(outcome, Ok):
        return "ok"
    assert isinstance(outcome, Refused), outcome
    return outcome.code
