"""Scenarios: who comes when, what goes wrong and what must hold, read from a short TOML file."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from actors.money.policy import MoneyPolicies, PolicyError, read_policies
from actors.settings import ActorSettings
from actors.space.entry import LOBBY
from actors.space.hall.refusals import AUDIO_MODES
from actors.store_hall import StandingRow
from actors.subscriptions.records import PromoCode
from adapters.realtime.recovery import LogBounds
from engine.clock import SECOND_US
from sim.faults import Fault, read_fault
from sim.link import LinkSettings
from sim.payers import PayerPart, read_payers
from sim.people.part import Part
from sim.reading import ScenarioError, Table, is_number
from sim.reading_people import read_people
from sim.receivers import ReceiverPart, read_receiver

QUIET_US = 50 * SECOND_US
"""The default calm before the end: longer than a heartbeat with its time-out, or any back-off.

Where connections are lost, the grace period is to be added.
"""
_PERMISSIONS = frozenset({"access", "moderate", "admin"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a scenario expects beyond the invariants; None where it does not say.

    Attributes:
        present: names of those who are in a space at the end, in any order.
        messages: durable chat messages at the end, all spaces together.
        met: pairs of names; each of the two was in the other's roster at some time.
        closed: name to the reason with which the server must have closed them at least once.
        calls: why the calls have ended, in the order in which they were made.
        audio_mode: of every space at the end.
        speakers: who had the speaker role, in order.
        held: who had a microphone, in order.
        asked: who asked a question aloud, in order.
        wallets: name to tokens.
        seats_sold: creator to the tickets that people hold.
    """

    present: tuple[str, ...] | None = None
    messages: int | None = None
    met: tuple[tuple[str, str], ...] = ()
    closed: tuple[tuple[str, str], ...] = ()
    calls: tuple[str, ...] | None = None
    audio_mode: str | None = None
    speakers: tuple[str, ...] | None = None
    held: tuple[str, ...] | None = None
    asked: tuple[str, ...] | None = None
    wallets: tuple[tuple[str, int], ...] = ()
    seats_sold: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One story. Times are microseconds from its beginning.

    Attributes:
        path: the file it was read from, as given; shown in the command that replays a failure.
        seeds: those that run when none are asked for.
        lasts_us: its whole length, with the calm at the end.
        heals_us: when every fault is over; what follows must end well.
        people: everybody, in the order of the file.
        payers: who sends money about; only in the simulator.
        network: between the people and the server.
        grace_us: how long the body of a lost connection stays.
        logs: what is kept of each connection's events, for its recovery.
        faults: what may go wrong.
        cron_us: a cron job runs the meter about so often; None: there is none.
        swarm: each seed draws which faults take part; else all do.
        standings: account to words: admin, moderate, subscriber, or types of tickets.
        promos: promo codes that there are from the beginning.
        money: who shares in what, and how long it waits; None: as by default.
        owner: whose the space is, by its profit-sharing row; None: nobody's.
        receivers: who is told of money by webhooks.
    """

    path: str
    title: str
    because: str
    seeds: range
    lasts_us: int
    heals_us: int
    people: tuple[Part, ...]
    payers: tuple[PayerPart, ...]
    network: LinkSettings
    grace_us: int
    logs: LogBounds
    faults: tuple[Fault, ...]
    cron_us: int | None
    swarm: bool
    expected: Expected
    standings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    promos: tuple[PromoCode, ...] = ()
    money: MoneyPolicies | None = None
    owner: str | None = None
    receivers: tuple[ReceiverPart, ...] = ()

    @property
    def rings(self) -> bool:
        """Whether anybody has a call to make."""
        return any(part.phones for part in self.people)

    @property
    def subscribes(self) -> bool:
        """Whether anybody buys a subscription."""
        return any(part.subscribes for part in self.people)

    @property
    def operators(self) -> tuple[str, ...]:
        """Who must be an operator for the scenario: those who are told everything."""
        return tuple(part.owner for part in self.receivers if part.all)

    def standing_rows(self) -> dict[tuple[str, str, str], StandingRow]:
        """Return what is written down about accounts, in every space of the scenario."""
        spaces = [part.space for part in self.people]
        spaces += [space for part in self.people for _at_us, space in part.moves]
        return {
            (space.type, space.id, account): StandingRow(
                account=account,
                permissions=tuple(sorted(_PERMISSIONS & set(words))),
                subscriber="subscriber" in words,
                tickets=tuple(sorted(set(words) - _PERMISSIONS - {"subscriber"})),
            )
            for space in spaces
            for account, words in self.standings
        }


def load(path: Path) -> Scenario:
    """Read a scenario.

    Raises:
        ScenarioError: names the file, the key and what was expected.
    """
    try:
        return read(path.read_text(encoding="utf-8"), path=str(path))
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: expected UTF-8 text") from None


def read(text: str, *, path: str) -> Scenario:
    """Return the scenario written in `text`.

    Raises:
        ScenarioError: names the file, the key and what was expected.
    """
    try:
        top = Table(tomllib.loads(text), "")
        scenario = _scenario(top, path)
        top.done()
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"{path}: not TOML: {error}") from None
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}") from None
    return scenario


def _scenario(top: Table, path: str) -> Scenario:
    title, because = top.text("title"), top.text("because")
    lasts_us = top.seconds("lasts_s")
    quiet_us = top.seconds("quiet_s", QUIET_US / SECOND_US)
    if quiet_us >= lasts_us:
        top.wrong("lasts_s", f"more than the {quiet_us / SECOND_US:g} s of quiet_s", lasts_us / 1e6)
    space = top.space("space", LOBBY)
    people = tuple(part for table in top.tables("people") for part in read_people(table, space))
    payers = read_payers(top.tables("payers"))
    if not people and not payers:
        raise ScenarioError("people: expected at least one [[people]] or [[payers]] table")
    names = [part.name for part in people]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ScenarioError(f"people: two are called {twice[0]}; names tell people apart")
    for part in people:
        for phone in part.phones:
            if phone.to == part.name or phone.to not in names:
                raise ScenarioError(f"phones: {part.name} rings {phone.to}, who is nobody else")
        for name in (name for case in part.disputes for name in (case.by, case.payee)):
            if name not in names:
                raise ScenarioError(f"disputes: {part.name} names {name}, who is nobody here")
        if part.arrives_us >= lasts_us - quiet_us:
            late = f"{part.name} arrives in the quiet at the end"
            raise ScenarioError(f"people: {late}; expected before {(lasts_us - quiet_us) / 1e6:g}")
    expect = top.table("expect")
    grace_us, logs = _recovery(top.table("recovery"))
    scenario = Scenario(
        path=path,
        title=title,
        because=because,
        seeds=_seeds(top.table("seeds")),
        lasts_us=lasts_us,
        heals_us=lasts_us - quiet_us,
        people=people,
        payers=payers,
        network=_network(top.table("network")),
        grace_us=grace_us,
        logs=logs,
        faults=tuple(read_fault(table, names) for table in top.tables("faults")),
        cron_us=top.maybe_seconds("cron_s"),
        swarm=top.flag("swarm", default=False),
        expected=_expected(expect.table("at_end"), names),
        standings=_standings(top.table("standings")),
        promos=tuple(_promo(table) for table in top.tables("promo_codes")),
        money=_money(top),
        owner=top.take("owner", None),
        receivers=tuple(read_receiver(table) for table in top.tables("webhooks")),
    )
    expect.done()
    _check_hall(scenario)
    return scenario


def _money(top: Table) -> MoneyPolicies | None:
    tables = top.values("money")
    if not tables:
        return None
    try:
        return read_policies(tables)
    except PolicyError as error:
        top.wrong("money", f"what PRESENCE_MONEY_POLICIES takes: {error}", tables)


def _check_hall(scenario: Scenario) -> None:
    accounts = {part.name for part in scenario.people if part.account}
    for account, _words in scenario.standings:
        if account not in accounts:
            raise ScenarioError(f"standings.{account}: expected the name of somebody with account")
    for part in scenario.people:
        if part.passes_to is not None and part.passes_to not in accounts:
            raise ScenarioError(
                f"people: {part.name} passes_to {part.passes_to!r}; expected a name with account"
            )


def _standings(table: Table) -> tuple[tuple[str, tuple[str, ...]], ...]:
    found = tuple((name, table.words(name)) for name in table.names())
    table.done()
    return found


def _seeds(table: Table) -> range:
    first = table.whole("first", 1, low=0, high=2**63)
    count = table.whole("count", 1, low=1, high=1_000_000)
    table.done()
    return range(first, first + count)


def _promo(table: Table) -> PromoCode:
    promo = PromoCode(
        code=table.text("code"),
        discount="percentage",
        value=table.whole("percent", low=1, high=100) * 100,
        max_uses=table.whole("max_uses", low=1, high=10**9),
        uses_per_user=table.whole("uses_per_user", 1, low=1, high=1_000),
        created_by="operator",
        created_at_us=0,
    )
    table.done()
    return promo


def _network(table: Table) -> LinkSettings:
    usual = LinkSettings()
    settings = LinkSettings(
        latency_us=_milliseconds(table, "latency_ms", usual.latency_us),
        jitter_us=_milliseconds(table, "jitter_ms", usual.jitter_us),
        loss=table.share("loss", usual.loss),
        duplicated=table.share("duplicated", usual.duplicated),
        reordered=table.share("reordered", usual.reordered),
        bytes_per_s=table.whole("bytes_per_s", usual.bytes_per_s, low=100, high=10**12),
        outbox_bytes_max=table.whole("outbox_bytes_max", usual.outbox_bytes_max, low=1, high=2**30),
        ping_interval_us=table.seconds("ping_interval_s", usual.ping_interval_us / 1e6),
        ping_timeout_us=table.seconds("ping_timeout_s", usual.ping_timeout_us / 1e6),
    )
    if settings.loss > 0.9:
        table.wrong("loss", "at most 0.9, or nothing would ever arrive", settings.loss)
    table.done()
    return settings


def _recovery(table: Table) -> tuple[int, LogBounds]:
    usual = LogBounds()
    grace_us = table.seconds("grace_s", ActorSettings().recovery_grace_us / 1e6)
    logs = LogBounds(
        events_max=table.whole("events_max", usual.events_max, low=1, high=2**30),
        bytes_max=table.whole("bytes_max", usual.bytes_max, low=1, high=2**40),
    )
    table.done()
    return grace_us, logs


def _milliseconds(table: Table, key: str, default_us: int) -> int:
    value: float = table.take(key, default_us / 1000)
    if not is_number(value) or not 0 <= value <= 60_000:
        table.wrong(key, "milliseconds from 0 to 60000", value)
    return round(value * 1000)


def _expected(table: Table, names: list[str]) -> Expected:
    present = table.take("present", None)
    if present is not None:
        if not isinstance(present, list) or not all(one in names for one in present):
            table.wrong("present", "a list of names of [[people]]", present)
        present = tuple(present)
    met = table.take("met", [])
    if not isinstance(met, list) or not all(_is_pair(one, names) for one in met):
        table.wrong("met", "a list of pairs of names of [[people]]", met)
    closed = table.take("closed", {})
    if not isinstance(closed, dict) or not all(one in names for one in closed):
        table.wrong("closed", "a table of name = reason", closed)
    calls = table.take("calls", None)
    if calls is not None and not isinstance(calls, list):
        table.wrong("calls", "a list of reasons", calls)
    wallets = _counts(table, "wallets", names)
    seats_sold = _counts(table, "seats_sold", names)
    messages = table.take("messages", None)
    if messages is not None and (type(messages) is not int or messages < 0):
        table.wrong("messages", "how many messages are in the store", messages)
    mode = table.take("audio_mode", None)
    if mode not in {None, *AUDIO_MODES}:
        table.wrong("audio_mode", f"one of {', '.join(AUDIO_MODES)}", mode)
    orders = {key: table.maybe_words(key) for key in ("speakers", "held", "asked")}
    table.done()
    return Expected(
        audio_mode=mode,
        **orders,
        present=present,
        messages=messages,
        met=tuple((one, other) for one, other in met),
        closed=tuple(closed.items()),
        calls=None if calls is None else tuple(calls),
        wallets=wallets,
        seats_sold=seats_sold,
    )


def _counts(table: Table, key: str, names: list[str]) -> tuple[tuple[str, int], ...]:
    counts = table.take(key, {})
    if not isinstance(counts, dict) or not all(
        name in names and type(number) is int and number >= 0 for name, number in counts.items()
    ):
        table.wrong(key, "a table of name = whole number, by names of [[people]]", counts)
    return tuple(counts.items())


def _is_pair(value: object, names: list[str]) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(one in names for one in value)
