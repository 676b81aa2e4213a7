"""What may go wrong in a scenario, and what of it does in the run of one seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from engine.entropy import chance
from sim.reading import Table

ACTORS: Final = (
    "space", "chat", "session", "directory", "ledger", "wallet", "stream", "channel", "booth",
    "call", "calls", "user", "subscriber", "subscriptions", "herald", "webhook",
)  # fmt: skip

TIMED: Final = {
    "node_crash": "every actor ends at once, as by kill -9; the store remains",
    "partition": "nothing passes between some people and the server for a while",
    "reset": "connections break and both ends notice",
    "vanish": "connections break and only the people notice",
    "slow_reader": "people read so many bytes a second for a while",
    "meter_usurped": "another node takes every live call over and falls at once",
    "store_outage": "the store fails every request for a while",
}
CHANCED: Final = {
    "store_error": "a request fails before it does anything",
    "store_reply_lost": "a request is carried out, its reply is lost",
    "store_reply_twice": "a reply comes twice",
    "store_stall": "a request takes long",
}
KINDS: Final = ("crash", "passivation_storm", *TIMED, *CHANCED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One `[[faults]]` table; times are microseconds from the beginning.

    Attributes:
        kind: one of `KINDS`.
        chance: of each opportunity: a delivery for crash, a request for the store's.
        at_us: when, or between when and when.
        every_us: instead: again and again, about so far apart.
        lasts_us: how long, for what lasts.
        actor: whose deliveries crash.
        who: names of those it happens to; empty: one person drawn each time.
        bytes_per_s: how fast a slow reader reads.
    """

    kind: str
    chance: float = 0.0
    at_us: tuple[int, int] | None = None
    every_us: int | None = None
    lasts_us: int = 0
    actor: str | None = None
    who: tuple[str, ...] = ()
    bytes_per_s: int = 0


def read_fault(table: Table, names: Sequence[str]) -> Fault:
    """Return the fault a table describes.

    Raises:
        ScenarioError: names the key and what was expected.
    """
    kind = table.text("kind", one_of=KINDS)
    timed = kind in TIMED
    lasting = kind in {"partition", "slow_reader", "store_outage", "store_stall", "node_crash"}
    people = kind in {"partition", "reset", "vanish", "slow_reader"}
    fault = Fault(
        kind=kind,
        actor=table.text("actor", one_of=ACTORS) if kind == "crash" else None,
        chance=table.share("chance", 0.0 if kind == "crash" else 0.05)
        if kind == "crash" or kind in CHANCED
        else 0.0,
        at_us=table.seconds_between("at_s") if timed or kind == "crash" else None,
        every_us=table.maybe_seconds("every_s") if timed else None,
        lasts_us=table.seconds("lasts_s", 3) if lasting else 0,
        who=table.words("who", ()) if people else (),
        bytes_per_s=table.whole("bytes_per_s", 200, low=1, high=10**9)
        if kind == "slow_reader"
        else 0,
    )
    for name in fault.who:
        if name not in names:
            table.wrong("who", "names of [[people]]", name)
    if timed and (fault.at_us is None) == (fault.every_us is None):
        table.wrong("at_s", "either at_s or every_s", fault.at_us)
    if fault.every_us is not None and fault.every_us < 100_000:
        table.wrong("every_s", "at least 0.1", fault.every_us / 1e6)
    if kind == "crash" and not fault.chance and fault.at_us is None:
        table.wrong("chance", "a chance, or at_s", fault.chance)
    table.done()
    return fault


def drawn(faults: Sequence[Fault], seed: bytes, *, swarm: bool) -> tuple[Fault, ...]:
    """Return the faults that take part in this run.

    A swarm of runs in which each leaves some faults out finds more than runs that all have
    everything: faults hide each other.
    """
    if not swarm:
        return tuple(faults)
    return tuple(
        fault
        for number, fault in enumerate(faults)
        if chance(seed, "swarm", str(number)).happens(0.5)
    )


def moments(fault: Fault, seed: bytes, number: int, until_us: int) -> list[int]:
    """Return when a timed fault strikes, microseconds from the beginning, before `until_us`."""
    stream = chance(seed, "fault times", str(number))
    if fault.at_us is not None:
        at_us = stream.between(*fault.at_us)
        return [at_us] if at_us < until_us else []
    assert fault.every_us is not None
    times = []
    at_us = stream.between(fault.every_us // 2, fault.every_us * 3 // 2)
    while at_us < until_us:
        times.append(at_us)
        at_us += stream.between(fault.every_us // 2, fault.every_us * 3 // 2)
    return times
