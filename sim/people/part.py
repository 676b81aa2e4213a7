"""What a scenario has one person do."""

from __future__ import annotations

from dataclasses import dataclass

from actors.person import Person
from actors.space.space_id import SpaceId


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Something to say, `at_us` microseconds after the scenario's beginning."""

    at_us: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """A call to make; times are microseconds after the scenario's beginning.

    Attributes:
        to: the account that is rung; the caller pays.
        rate: tokens a minute.
        pauses: when the caller pauses, and when they resume.
        ends_us: when they hang up; None: they talk until something else ends it.
    """

    at_us: int
    to: str
    rate: int
    pauses: tuple[tuple[int, int], ...]
    ends_us: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One person's part; times are microseconds from the scenario's beginning.

    Attributes:
        kind: how they behave, one of `sim.people.kinds.PEOPLE`.
        name: unique in the scenario.
        account: whether they have proven an account of this name; else they are a guest.
        space: where they go first.
        leaves_us: when they go home; None: they stay to the end.
        moves: later spaces and when they go there.
        walks_mm: corners of the way they walk to and fro, (x, z) in millimetres; empty: they stand.
        poses_hz: how often they send their pose while they walk.
        calls: how many of those they find on arrival they offer a WebRTC connection.
        tokens: what is in their wallet when the scenario begins.
        phones: the calls that a caller makes.
        answers: whether a caller takes calls.
    """

    kind: str
    name: str
    account: bool
    space: SpaceId
    arrives_us: int
    leaves_us: int | None
    moves: tuple[tuple[int, SpaceId], ...]
    walks_mm: tuple[tuple[int, int], ...]
    mm_per_s: int
    poses_hz: int
    says: tuple[Words, ...]
    calls: int
    tokens: int = 0
    phones: tuple[Phone, ...] = ()
    answers: bool = True

    @property
    def person(self) -> Person:
        """Who the server takes them for."""
        if self.account:
            return Person(account=self.name)
        return Person(guest_id=f"guest-{self.name}", name=self.name)

    @property
    def done_us(self) -> int:
        """When they have done everything that has a time."""
        times = [self.arrives_us, *(words.at_us for words in self.says)]
        times += [at_us for at_us, _space in self.moves]
        if self.leaves_us is not None:
            times.append(self.leaves_us)
        return max(times)
