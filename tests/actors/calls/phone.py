"""A node with a ledger and funded people who call each other, and all that can be seen of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from actors.calls.messages import (
    AcceptCall,
    CallView,
    EndCall,
    PauseCall,
    ResumeCall,
    RunDue,
    StartCall,
    ViewCall,
    call_address,
)
from actors.calls.state import CallFacts
from actors.clients import CLIENTS, Emit
from actors.kinds import product_kinds
from actors.ledger.accounts import user_main
from actors.ledger.book import Entry
from actors.ledger.messages import LEDGER, Post
from actors.ledger.transfer import Transfer, derived_id, one
from actors.person import Person
from actors.session.messages import Disconnected, Dropped, Resumed, SessionInit
from actors.settings import ActorSettings
from actors.store import STORE
from engine.clock import SECOND_US
from engine.heap import HeapEngine
from engine.observer import Observer
from engine.outcome import Err, Ok, Outcome, Unknown
from engine.port import Reply
from engine.refusal import Refused
from sim.call_audit import CallAudit
from sim.store import MemoryStore
from tests.support.beside import watched

START_US = 1_700_000_000_000_000
NAMESPACE = "00000000-0000-4000-8000-000000000000"
FAN, CREATOR = "fan", "creator"


class Clients:
    """Keeps every event by socket."""

    def __init__(self) -> None:
        self.inbox: dict[str, list[tuple[str, Any]]] = {}

    def start(self, request: Any, reply: Reply) -> None:
        if isinstance(request, Emit):
            for socket_id in request.to:
                self.inbox.setdefault(socket_id, []).append((request.event, request.payload))
        reply(Ok(None))


class Phone:
    """One node, or its successor over the same store."""

    def __init__(
        self,
        store: MemoryStore | None = None,
        now_us: int = START_US,
        observer: Observer | None = None,
        **policy: Any,
    ) -> None:
        self.engine = HeapEngine(
            product_kinds(ActorSettings(**policy)),
            seed=b"calls",
            now_us=now_us,
            observer=observer,
            before_delivery=self._before_delivery,
        )
        self.core = self.engine.core
        self.policy = ActorSettings(**policy).meter
        self.store = store or watched(MemoryStore(lambda: self.core.now_us))
        self.clients = Clients()
        self.core.ports = {STORE: self, CLIENTS: self.clients}
        self.steps = 0
        self.patient = False
        self.requests = 0
        self.dies_at: int | None = None
        self.dies_before_request: int | None = None
        self.dies_after_request: int | None = None
        self.fault: Callable[[Any], str | None] = lambda _request: None
        self.audit = CallAudit(self.store.ledger, self.store.calls, self.policy)
        self.watch: Callable[[], None] = lambda: None

    # The store port, with faults.

    def start(self, request: Any, reply: Reply) -> None:
        fault = self.fault(request)
        self.requests += 1
        if self.dies_before_request == self.requests:
            raise NodeDied
        if fault == "err":
            reply(Err("the store could not be reached"))
            return
        outcome = self.store.answer(request)
        if self.dies_after_request == self.requests:
            raise NodeDied
        reply(Unknown("no answer in time") if fault == "unknown" else outcome)

    def _before_delivery(self, _cell: Any, _message: Any) -> None:
        self.steps += 1
        self.watch()
        if self.dies_at is not None and self.steps == self.dies_at:
            raise NodeDied

    # What people do.

    def fund(self, account: str, tokens: int) -> None:
        self._funded = getattr(self, "_funded", 0) + 1
        transfer = Transfer(
            id=derived_id(NAMESPACE, f"{account}/{self._funded}/{self.core.now_us}"),
            kind="purchase",
            debit="issuance:TOK",
            credit=user_main(account),
            asset="TOK",
            amount=tokens,
        )
        assert isinstance(self.ask(LEDGER, Post(command=one(transfer))), Ok)

    def come(self, *accounts: str) -> None:
        """Connect a socket each, named like the account."""
        for account in accounts:
            init = SessionInit(socket_id=account, person=Person(account=account))
            self.core.spawn(f"session:{account}", init)
        self.engine.settle()

    def go(self, account: str) -> None:
        self.core.tell(f"session:{account}", Disconnected(reason="transport close"))
        self.engine.settle()

    def lose(self, account: str) -> None:
        """Cut the connection, to which the client may yet come back."""
        self.core.tell(f"session:{account}", Dropped(reason="transport close"))
        self.engine.settle()

    def regain(self, account: str) -> None:
        self.core.tell(f"session:{account}", Resumed())
        self.engine.settle()

    def send(self, to: str, message: Any) -> list[Outcome]:
        answers: list[Outcome] = []
        self.core.ask(to, message, answers.append, timeout_us=8 * SECOND_US)
        return answers

    def ask(self, to: str, message: Any) -> Outcome:
        answers = self.send(to, message)
        for _ in range(200):
            self.run(0.05 if self.patient else 0)
            if answers:
                break
            self.patient = True
        self.patient = False
        return answers[0]

    def call(self, name: str = "1", rate: int = 100, *, accept: bool = True) -> str:
        """Have the fan ring, and the creator accept."""
        call_id = derived_id(NAMESPACE, f"call/{name}")
        start = StartCall(fan=FAN, creator=CREATOR, initiator="fan", rate=rate)
        outcome = self.ask(call_address(call_id), start)
        assert isinstance(outcome, Ok), outcome
        if accept:
            self.view(call_id, AcceptCall(by=CREATOR))
        return call_id

    def view(self, call_id: str, message: Any) -> CallView:
        outcome = self.ask(call_address(call_id), message)
        assert isinstance(outcome, Ok), outcome
        view: CallView = outcome.value
        return view

    def refusal(self, call_id: str, message: Any) -> str:
        outcome = self.ask(call_address(call_id), message)
        assert isinstance(outcome, Refused), outcome
        return outcome.code

    def pause(self, call_id: str, by: str = FAN) -> CallView:
        return self.view(call_id, PauseCall(by=by))

    def resume(self, call_id: str, by: str = FAN) -> CallView:
        return self.view(call_id, ResumeCall(by=by))

    def end(self, call_id: str, by: str = FAN) -> CallView:
        return self.view(call_id, EndCall(by=by))

    def look(self, call_id: str) -> CallView:
        return self.view(call_id, ViewCall(by=FAN))

    def run_due(self, call_id: str) -> CallView:
        return self.view(call_id, RunDue())

    def run(self, seconds: float) -> None:
        self.engine.run_for(round(seconds * SECOND_US))

    # What can be seen.

    def facts(self, call_id: str) -> CallFacts:
        return self.store.calls.calls[call_id].facts

    def balance(self, account: str) -> int:
        return self.tokens(user_main(account))

    def tokens(self, account: str) -> int:
        """Return what an account of the ledger has."""
        found = self.store.ledger.balances.get((account, "TOK"))
        return 0 if found is None else found.posted

    def held(self, account: str) -> int:
        found = self.store.ledger.balances.get((user_main(account), "TOK"))
        return 0 if found is None else found.pending_out

    def charges(self, call_id: str) -> list[Entry]:
        """Return what was paid for a call, in order."""
        return [
            entry
            for entry in self.store.ledger.entries
            if entry.transfer.ref == f"call:{call_id}" and entry.transfer.flag in ("post", "plain")
        ]

    def blocks(self, call_id: str) -> list[int]:
        return [entry.transfer.details["block"] for entry in self.charges(call_id)]

    def wrong(self) -> list[tuple[str, str]]:
        """Return every invariant that is broken in the durable rows now."""
        return list(self.audit.wrong(self.core.now_us))

    def told(self, account: str, event: str) -> list[Any]:
        return [payload for name, payload in self.clients.inbox.get(account, []) if name == event]


class NodeDied(BaseException):
    """The node is gone between two steps."""
