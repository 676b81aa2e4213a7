"""One run: the product's actors, people, a network, a store and faults, on one virtual clock.

A run is a function of the code, the scenario and the seed. Time begins at `BEGINS_US` in every run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from actors.booth.messages import BOOTH_DESK, SweepBooths
from actors.calls.messages import CALL_DESK, OpenCall, ReadLiveCalls, RunAllDue, Sweep
from actors.clients import CLIENTS
from actors.kinds import product_kinds
from actors.ledger.auditor import AUDITOR, BeginAudit
from actors.settings import ActorSettings
from actors.store import STORE
from actors.subscriptions.messages import SUBSCRIPTIONS_DESK
from actors.subscriptions.messages import Sweep as BeginSubscriptions
from actors.subscriptions.records import SavePromo
from actors.webhooks.messages import HERALD, WEBHOOKS, BeginHerald
from engine.cell import Cell, Kind
from engine.clock import SECOND_US
from engine.core import Core
from engine.entropy import Chance, chance
from engine.heap import HeapEngine
from engine.history import HistoryDigest
from engine.observer import Observer, Observers
from sim import hook_owners
from sim.checkers import ALL, Checker, Checks, Scene, Violation
from sim.faults import CHANCED, TIMED, Fault, drawn, moments
from sim.flaky_store import FlakyStore
from sim.front import Front
from sim.network import Network
from sim.payers import PayerInit, payer_kind
from sim.people.actor import NETWORK, PersonInit, person_kind
from sim.people.life import Begin
from sim.receivers import AsWritten, Receivers
from sim.scenario import Scenario
from sim.store import MemoryStore

BEGINS_US = 1_767_225_600 * SECOND_US
"""2026-01-01 00:00 UTC."""

STILL_US = 6 * SECOND_US
"""Before the end people stop walking, so that the last poses can arrive: a frame
that was left out is made good within 5 s."""

STORM_IDLE_US = SECOND_US // 4
"""In a passivation storm spaces and chats fall asleep after so short a rest."""

OUTSIDE = ("person:", "payer:")
"""Who a node's crash does not touch."""

Engine = Literal["l0", "l1"]


class InjectedCrash(Exception):
    """A fault, not a bug: the simulator felled this actor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What became of one run.

    Attributes:
        seed: it was run with.
        digest: of every delivery and every effect; equal digests mean equal runs.
        violation: the first invariant that broke; None when all held.
        checked: checker's name to how often it looked.
        faults: kind to how often it struck.
        happened: what happened, in counts.
        virtual_us: simulated time.
    """

    seed: int
    digest: str
    violation: Violation | None
    checked: dict[str, int]
    faults: dict[str, int]
    happened: dict[str, int]
    virtual_us: int


@dataclass(slots=True)
class _Crashes:
    """Which deliveries of which kind of actor crash."""

    fault: Fault
    stream: Chance
    from_us: int | None = None


@dataclass(slots=True)
class World:
    """A run before and while it runs.

    Attributes:
        scenario: what is played.
        number: the seed.
        faulty: whether the scenario's faults take part.
        kinds: the product's kinds; tests plant bugs in them.
        checkers: the invariants to check.
        observers: further observers of the run.
        make_store: makes the store for a clock; tests hold another one against it.
    """

    scenario: Scenario
    number: int
    faulty: bool = True
    kinds: Sequence[Kind] | None = None
    checkers: Sequence[type[Checker]] = ALL
    observers: Sequence[Observer] = ()
    policy: ActorSettings = field(default_factory=ActorSettings)
    make_store: Callable[[Callable[[], int]], MemoryStore] = MemoryStore
    struck: Counter[str] = field(init=False, default_factory=Counter)
    core: Core = field(init=False)
    memory: MemoryStore = field(init=False)
    store: FlakyStore = field(init=False)
    front: Front = field(init=False)
    network: Network = field(init=False)
    receivers: Receivers = field(init=False)
    checks: Checks = field(init=False)
    _digest: HistoryDigest = field(init=False)
    _faults: tuple[Fault, ...] = field(init=False)
    _crashes: list[_Crashes] = field(init=False, default_factory=list)
    _ends_us: int = field(init=False)

    def __post_init__(self) -> None:
        """Draw the faults; nothing runs yet."""
        self._faults = ()
        if self.faulty:
            self._faults = drawn(self.scenario.faults, self.seed, swarm=self.scenario.swarm)
        if self.scenario.money is not None:
            self.policy = replace(self.policy, money=self.scenario.money)
        operators = (*self.policy.system_admins, *self.scenario.operators)
        self.policy = replace(self.policy, system_admins=operators)
        self._digest = HistoryDigest()
        self._ends_us = BEGINS_US + self.scenario.lasts_us

    @property
    def seed(self) -> bytes:
        """The run's seed as the kernel takes it."""
        return self.number.to_bytes(8, "big")

    def run(self, engine: Engine = "l0") -> Run:
        """Play the scenario to its end, or to the first broken invariant."""
        self.checks = Checks(self.checkers)
        options: dict[str, Any] = {
            "seed": self.seed,
            "now_us": BEGINS_US,
            "observer": Observers([self._digest, self.checks, *self.observers]),
            "before_delivery": self._maybe_crash,
        }
        if engine == "l1":
            from sim.on_trio import run_l1  # noqa: PLC0415 - trio takes long to import.

            return run_l1(self, self._all_kinds(), options)
        heap = HeapEngine(self._all_kinds(), **options)
        self.begin(heap.core)
        stride_us = max(SECOND_US, self.scenario.lasts_us // 10_000)
        while self.goes_on:
            heap.run_until(min(self.core.now_us + stride_us, self._ends_us))
        return self.finished()

    @property
    def goes_on(self) -> bool:
        """Whether there is more to play."""
        return self.checks.violation is None and self.core.now_us < self._ends_us

    def begin(self, core: Core) -> None:
        """Build everything around a node's core and let the scenario begin."""
        self.core = core
        scenario = self.scenario
        self.memory = self.make_store(lambda: core.now_us)
        chanced = [fault for fault in self._faults if fault.kind in CHANCED]
        self.memory.hall.standings |= scenario.standing_rows()
        if scenario.owner is not None:
            self.memory.space_money.give(scenario.people[0].space, scenario.owner)
        for promo in scenario.promos:
            self.memory.answer(SavePromo(promo=promo))
        self.store = FlakyStore(core, self.memory, self.seed, chanced)
        self.front = Front(core, self.seed, scenario.logs)
        self.network = Network(core, self.front, scenario.network, self.seed)
        behave = AsWritten(scenario.receivers, BEGINS_US, scenario.heals_us, self.seed)
        self.receivers = Receivers(core, behave, self.seed)
        core.ports.update({STORE: self.store, CLIENTS: self.front, NETWORK: self.network})
        core.ports[WEBHOOKS] = self.receivers
        self.checks.scene = Scene(
            core, self.network, self.memory, scenario, self.policy, self.receivers.received
        )
        self._plan()
        self._begin_calls()
        core.tell(BOOTH_DESK, SweepBooths())
        if scenario.cron_us is not None:
            self._cron(scenario.cron_us, chance(self.seed, "cron"))
        for part in scenario.people:
            self.network.add(part.name, part.person)
            init = PersonInit(part, BEGINS_US, scenario.lasts_us - STILL_US)
            core.spawn(f"person:{part.name}", init)
            core.tell(f"person:{part.name}", Begin())

        self._begin_audit()
        hook_owners.plan(core, scenario.receivers, BEGINS_US, lambda: self.network.server_away)
        for payer in scenario.payers:
            core.spawn(f"payer:{payer.name}", PayerInit(payer, BEGINS_US + scenario.heals_us))

    def _cron(self, every_us: int, stream: Chance) -> None:
        """Run the meter at a rhythm that is late, early, double, and never the same."""

        def run() -> None:
            if not self.network.server_away:
                for _ in range(stream.between(1, 3)):
                    self.core.ask(CALL_DESK, RunAllDue(), lambda _: None, timeout_us=8 * SECOND_US)
            self._cron(every_us, stream)

        self.core.timers.at(self.core.now_us + stream.between(1, 2 * every_us), run)

    def _begin_calls(self) -> None:
        """Wake the call desk, but not to look every minute for a month where nobody rings."""
        if self.scenario.rings or not self.scenario.subscribes:
            self.core.tell(CALL_DESK, Sweep())

    def _begin_audit(self) -> None:
        if self.scenario.payers:
            self.core.tell(AUDITOR, BeginAudit())
        if self.scenario.subscribes:
            self.core.tell(SUBSCRIPTIONS_DESK, BeginSubscriptions())
        if self.scenario.receivers:
            self.core.tell(HERALD, BeginHerald())

    def _all_kinds(self) -> list[Kind]:
        policy = replace(self.policy, recovery_grace_us=self.scenario.grace_us)
        kinds = list(self.kinds if self.kinds is not None else product_kinds(policy))
        if any(fault.kind == "passivation_storm" for fault in self._faults):
            self.struck["passivation_storm"] += 1
            kinds = [_restless(kind) for kind in kinds]
        return [*kinds, person_kind(), payer_kind()]

    def finished(self) -> Run:
        """Check what must hold at the end, and say what became of the run."""
        if self.checks.violation is None:
            self.checks.at_end()
        ledger = self.core.ledger
        happened = {
            "steps": self.checks.steps,
            "people": len(self.scenario.people),
            "sessions": sum(len(p.closed_by) + (p.view.socket_id != "") for p in self._people()),
            "connections lost": sum(len(p.closed_by) for p in self._people()),
            "lost before they opened": sum(p.cut_short for p in self._people()),
            "recovered": sum(p.recoveries for p in self._people()),
            "started over": self.front.resyncs,
            "events from people": self.front.events_in,
            "frames left out": self.front.snapshots_skipped,
            "events to people": self.front.events_out,
            "bytes from people": self.network.up.bytes,
            "bytes to people": self.network.down.bytes,
            "packets sent again": _both(self.network, "retransmissions"),
            "packets doubled": _both(self.network, "duplicates"),
            "packets overtaken": _both(self.network, "overtaken"),
            "most bytes waiting for one client": self.network.outbox_bytes_highest,
            "calls": len(self.memory.calls.calls),
            "tokens paid for calls": sum(c.facts.cost for c in self.memory.calls.calls.values()),
            "subscriptions granted": self.memory.subscriptions.grants.total(),
            "messages durable": sum(len(self.memory.messages_of(s)) for s in self._spaces()),
            "transfers durable": len(self.memory.ledger.entries),
            "webhooks received": len(self.receivers.received),
            "store requests": self.store.requests.total(),
            **{f"store {name}": n for name, n in sorted(self.store.requests.items())},
            "dead letters": ledger.dead.total(),
            "actor crashes": ledger.exits["crash"],
        }
        return Run(
            seed=self.number,
            digest=self._digest.hexdigest(),
            violation=self.checks.violation,
            checked={c.name: c.checked for c in self.checks.checkers},
            faults=dict(sorted((self.struck + self.store.faults).items())),
            happened=happened,
            virtual_us=self.core.now_us - BEGINS_US,
        )

    def _people(self) -> list[Any]:
        return self.checks.scene.people()

    def _spaces(self) -> Iterable[Any]:
        people = self.scenario.people
        return dict.fromkeys(
            [part.space for part in people] + [s for part in people for _, s in part.moves]
        )

    # Faults.

    def _plan(self) -> None:
        core, heals_us = self.core, self.scenario.heals_us
        for number, fault in enumerate(self._faults):
            if fault.kind == "crash":
                stream = chance(self.seed, "crash", str(number))
                times = moments(fault, self.seed, number, heals_us) if fault.at_us else [None]
                for at_us in times:
                    from_us = None if at_us is None else BEGINS_US + at_us
                    self._crashes.append(_Crashes(fault, stream, from_us))
            elif fault.kind in TIMED:
                stream = chance(self.seed, "victims", str(number))
                for at_us in moments(fault, self.seed, number, heals_us):
                    self._strike_at(at_us, fault, stream)
        core.timers.at(BEGINS_US + heals_us, self._heal)

    def _strike_at(self, at_us: int, fault: Fault, stream: Chance) -> None:
        self.core.timers.at(BEGINS_US + at_us, lambda: self._strike(fault, stream))

    def _strike(self, fault: Fault, stream: Chance) -> None:
        self.struck[fault.kind] += 1
        names = [part.name for part in self.scenario.people]
        who = fault.who or ((stream.choice(names),) if names else ())
        until_us = self.core.now_us + fault.lasts_us
        network = self.network
        match fault.kind:
            case "partition":
                network.partition(who, cut=True)
                self.core.timers.at(until_us, lambda: network.partition(who, cut=False))
            case "slow_reader":
                network.slow_down(who, fault.bytes_per_s)
                self.core.timers.at(until_us, lambda: network.slow_down(who, None))
            case "reset":
                network.reset(who)
            case "vanish":
                network.vanish(who)
            case "meter_usurped":
                for call_id in self.memory.calls.live(ReadLiveCalls()):
                    self.memory.answer(OpenCall(call_id=call_id))
            case "store_outage":
                self._outage(away=True)
                self.core.timers.at(until_us, lambda: self._outage(away=False))
            case "node_crash":
                self._node_crash()
                self.core.timers.at(until_us, self._node_back)

    def _outage(self, *, away: bool) -> None:
        self.store.away = away

    def _node_crash(self) -> None:
        """Everything the node holds in memory is gone; the store and the people are not."""
        network, core = self.network, self.core
        network.server_away = True
        # With the node go its sockets: nobody on it is told.
        self.front.crash()
        for address in [one for one in core.cells if not one.startswith(OUTSIDE)]:
            core.lifecycle.kill(address)
        network.reset(network.devices)

    def _node_back(self) -> None:
        self.network.server_away = False
        self._begin_calls()
        self.core.tell(BOOTH_DESK, SweepBooths())
        self._begin_audit()

    def _heal(self) -> None:
        self._crashes = []
        self.store.heal()
        self.network.partition(self.network.devices, cut=False)
        self.network.slow_down(self.network.devices, None)
        self._node_back()

    def _maybe_crash(self, cell: Cell, _message: Any) -> None:
        for one in self._crashes:
            if cell.kind.name != one.fault.actor:
                continue
            if one.from_us is not None:
                if self.core.now_us < one.from_us:
                    continue
                self._crashes.remove(one)
            elif not one.stream.happens(one.fault.chance):
                continue
            self.struck[f"crash of {cell.kind.name}"] += 1
            raise InjectedCrash(f"the simulator felled {cell.address}")


def _restless(kind: Kind) -> Kind:
    return kind if kind.idle_us is None else replace(kind, idle_us=STORM_IDLE_US)


def _both(network: Network, what: str) -> int:
    return int(getattr(network.up, what) + getattr(network.down, what))
