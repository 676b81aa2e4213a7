"""What a scenario has one person do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from actors.money.dispute_records import DisputeKind
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
class Case:
    """A dispute that an operator opens, and what they decide; times as of a `Phone`.

    Attributes:
        by: who paid, and `number` counts what they paid of this kind, from 0.
        payee: who earned.
        decided_us: None: never.
    """

    at_us: int
    kind: DisputeKind
    by: str
    number: int
    payee: str
    decided_us: int | None
    won: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Doing:
    """An event of a hall to send, such as `audio-mode`; `microphone` in it is a name."""

    at_us: int
    event: str
    payload: dict[str, Any]


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
        binary_poses: whether their client reads `poses` frames.
        props: how many shared entities they bring, and play with twice a second.
        calls: how many of those they find on arrival they offer a WebRTC connection.
        does: what they do in the hall, in this order.
        talks_us: how long they keep a microphone or the speaker role; None: until it is taken.
        passes_to: whom they pass it to then; None: they give it back.
        visits: whether they come to the space at all; who does not only trades.
        creates: whether they enrol as a creator.
        sells: (price, seats) of the stream they announce, tokens.
        tokens: bought on arrival.
        tips: (when, to whom, tokens).
        seats: (when, whose stream) they buy a ticket for.
        gives_back: (when, whose stream) they give their ticket back for.
        ends_show_us: when they end their stream; None: never.
        cashes_out: (when, tokens).
        subscribes: (when, to which tier, with which promo code, percent of the price paid, and
            whether they call it off).
        sells_tickets: (when, price, seats) of the tickets to their space that they put on sale.
        calls_off_us: when they cancel that sale; None: never.
        buys_ticket_us: when they buy a ticket to their space; None: never.
        disputes: what an operator sees to.
        takes_out: (when, tokens) they ask to cash out.
        looks_us: when they look at their earnings.
        buys_premium_us: when they buy their space a month of premium.
        watches: creators whose channel they watch while they are in a space.
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
    binary_poses: bool
    says: tuple[Words, ...]
    calls: int
    props: int
    does: tuple[Doing, ...] = ()
    talks_us: int | None = None
    passes_to: str | None = None
    visits: bool = True
    creates: bool = False
    sells: tuple[int, int | None] | None = None
    tokens: int = 0
    tips: tuple[tuple[int, str, int], ...] = ()
    seats: tuple[tuple[int, str], ...] = ()
    gives_back: tuple[tuple[int, str], ...] = ()
    ends_show_us: int | None = None
    cashes_out: tuple[tuple[int, int], ...] = ()
    subscribes: tuple[tuple[int, str, str | None, int, bool], ...] = ()
    sells_tickets: tuple[int, int, int | None] | None = None
    calls_off_us: int | None = None
    buys_ticket_us: int | None = None
    disputes: tuple[Case, ...] = ()
    takes_out: tuple[tuple[int, int], ...] = ()
    looks_us: tuple[int, ...] = ()
    buys_premium_us: tuple[int, ...] = ()
    watches: tuple[str, ...] = ()
    phones: tuple[Phone, ...] = ()
    answers: bool = True

    @property
    def trades(self) -> bool:
        """Whether money has a part in it."""
        return bool(
            self.creates
            or self.tokens
            or self.tips
            or self.seats
            or self.watches
            or self.phones
            or self.subscribes
            or self.disputes
        )

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
        times += [at_us for at_us, _what in (*self.gives_back, *self.cashes_out)]
        times += [] if self.ends_show_us is None else [self.ends_show_us]
        times += [at_us for at_us, _space in self.moves]
        times += [doing.at_us for doing in self.does]
        times += [at_us for at_us, _to, _tokens in self.tips]
        times += [at_us for at_us, _creator in self.seats]
        times += [at_us for at_us, *_what in self.subscribes]
        times += [case.decided_us or case.at_us for case in self.disputes]
        times += [*self.looks_us, *(at_us for at_us, _tokens in self.takes_out)]
        times += self.buys_premium_us
        times += [at for at in (self.calls_off_us, self.buys_ticket_us) if at is not None]
        if self.leaves_us is not None:
            times.append(self.leaves_us)
        return max(times)
