"""The hall as one frozen value, and a draft of the next one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from actors.space.permissions import Abilities
from actors.store_hall import (
    AudioConfig,
    Ban,
    Bar,
    HallRow,
    HallRows,
    Microphone,
    Mute,
    Question,
    QuestionRound,
    RowKey,
    SpeakerTurn,
    Usage,
    Vote,
    Waiting,
    row_key,
)
from engine.clock import SECOND_US

GRACE_US = 10 * SECOND_US
"""How long roles outlive a lost connection (SPEC 3)."""

DAY_US = 24 * 60 * 60 * SECOND_US

JsonObject = dict[str, Any]
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """Everything about voices that a space must not forget.

    People are named by account, since roles need one; mutes and bans also name `guest:<id>`.

    Attributes:
        holding: the open use of each microphone that somebody has, by its id.
        spent: uses that ended within a day, by microphone, in the order in which they ended.
        unsettled: uses that are over and not all paid, by microphone and number.
        paying: the waiting one of each microphone whose tokens are being reserved; not durable.
        absent: when those with a role lost their connection; not durable.
        warned: microphones whose holder has heard that time is nearly up; not durable.
    """

    config: AudioConfig = field(default_factory=AudioConfig)
    turn: SpeakerTurn | None = None
    mutes: Mapping[str, Mute] = field(default_factory=dict)
    bans: Mapping[str, Ban] = field(default_factory=dict)
    microphones: Mapping[str, Microphone] = field(default_factory=dict)
    holding: Mapping[str, Usage] = field(default_factory=dict)
    waiting: Mapping[tuple[str, str], Waiting] = field(default_factory=dict)
    spent: Mapping[str, tuple[Usage, ...]] = field(default_factory=dict)
    round: QuestionRound | None = None
    questions: Mapping[int, Question] = field(default_factory=dict)
    votes: Mapping[tuple[int, str], Vote] = field(default_factory=dict)
    bars: Mapping[tuple[str, str], Bar] = field(default_factory=dict)
    unsettled: Mapping[tuple[str, int], Usage] = field(default_factory=dict)
    paying: Mapping[str, Waiting] = field(default_factory=dict)
    absent: Mapping[str, int] = field(default_factory=dict)
    warned: frozenset[str] = frozenset()

    @property
    def speaker(self) -> str | None:
        return self.config.current_speaker

    def asker(self) -> Question | None:
        """Return the question whose asker has the microphone."""
        return next((one for one in self.questions.values() if one.status == "asking"), None)

    def with_roles(self) -> set[str]:
        """Return the accounts that lose something by being away for too long."""
        accounts = {one.user_account for one in self.holding.values()}
        accounts |= {one.user_account for one in self.waiting.values()}
        accounts |= {one.user_account for one in self.questions.values() if _live(one)}
        accounts |= set(self.config.speaker_requests)
        if self.speaker is not None:
            accounts.add(self.speaker)
        if self.round is not None:
            accounts.add(self.round.host)
        return accounts

    def holds_floor(self, account: str | None) -> bool:
        """Return whether this account is the speaker or holds a microphone."""
        if account is None:
            return False
        return account == self.speaker or any(
            one.user_account == account for one in self.holding.values()
        )


def _live(question: Question) -> bool:
    return question.status in {"waiting", "asking"}


def restored(rows: HallRows) -> Hall:
    """Return the hall that the store kept."""
    spent: dict[str, tuple[Usage, ...]] = {}
    live = {one.id for one in rows.microphones}
    for usage in rows.usages:
        if usage.ended_at_us is not None and usage.microphone_id in live:
            spent[usage.microphone_id] = (*spent.get(usage.microphone_id, ()), usage)
    return Hall(
        config=rows.config or AudioConfig(),
        turn=rows.turn,
        mutes={one.person: one for one in rows.mutes},
        bans={one.person: one for one in rows.bans},
        microphones={one.id: one for one in rows.microphones},
        holding={one.microphone_id: one for one in rows.usages if one.ended_at_us is None},
        unsettled={
            (one.microphone_id, one.number): one
            for one in rows.usages
            if one.ended_at_us is not None and one.holds
        },
        waiting={(one.microphone_id, one.user_account): one for one in rows.waiting},
        spent=spent,
        round=rows.round,
        questions={one.number: one for one in rows.questions},
        votes={(one.number, one.user_account): one for one in rows.votes},
        bars={(one.person, one.target): one for one in rows.bars},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An event for people in the space.

    `to`: accounts or `guest:<id>`; None for everybody. `moderators`: those who moderate, too.
    """

    event: str
    payload: JsonObject
    to: tuple[str, ...] | None = None
    moderators: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOut:
    """Take a person's bodies out of the space, in its place among the notices."""

    person: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What rules may ask about who is here.

    Attributes:
        present: whether an account or guest has a body here, or lost it within the grace.
        abilities: what an account or guest may do now.
        others: how many people are here besides one.
        id: makes an id that no other has.
    """

    present: Callable[[str], bool]
    abilities: Callable[[str], Abilities]
    others: Callable[[str], int]
    id: Callable[[], str]


class Draft:
    """The next hall in the making. A rule that refuses leaves it to be thrown away.

    Attributes:
        hall: as it would be.
        ended: rows that are no part of the hall any more and must be written as they ended.
    """

    def __init__(self, hall: Hall, room: Room, now_us: int) -> None:
        self.before = hall
        self.hall = hall
        self.room = room
        self.now_us = now_us
        self.notices: list[Notice | PutOut] = []
        self.audits: list[tuple[str, str | None, JsonObject]] = []
        self.ended: dict[RowKey, HallRow] = {}

    def set(self, **fields: Any) -> None:
        """Replace parts of the hall."""
        self.hall = replace(self.hall, **fields)

    def configure(self, **fields: Any) -> None:
        """Replace parts of the audio configuration."""
        self.set(config=replace(self.hall.config, **fields))

    def tell(
        self,
        event: str,
        payload: JsonObject,
        *,
        to: Iterable[str] | None = None,
        moderators: bool = False,
    ) -> None:
        """Send an event when all this is durable."""
        receivers = None if to is None else tuple(to)
        self.notices.append(
            Notice(event=event, payload=payload, to=receivers, moderators=moderators)
        )

    def audit(self, action: str, account: str | None, **details: Any) -> None:
        """Write down who did what."""
        self.audits.append((action, account, details))

    def end(self, row: HallRow) -> None:
        """Keep the last form of a row that leaves the hall."""
        self.ended[row_key(row)] = row

    def changes(self) -> dict[RowKey, HallRow | None]:
        """Return the rows to write; None for those to take away."""
        found: dict[RowKey, HallRow | None] = {}
        before, after = self.before, self.hall
        for one in ("config", "turn", "round"):
            row = getattr(after, one)
            if row is not None and row is not getattr(before, one):
                found[row_key(row)] = row
        for many in ("microphones", "holding", "questions"):
            _changed(getattr(before, many), getattr(after, many), found)
        for many in ("mutes", "bans", "waiting", "votes", "bars"):
            _changed(getattr(before, many), getattr(after, many), found)
            _removed(getattr(before, many), getattr(after, many), found)
        found.update(self.ended)
        return found


def _changed(
    before: Mapping[Any, HallRow], after: Mapping[Any, HallRow], found: dict[RowKey, HallRow | None]
) -> None:
    if before is not after:
        for key, row in after.items():
            if before.get(key) is not row:
                found[row_key(row)] = row


def _removed(
    before: Mapping[Any, HallRow], after: Mapping[Any, HallRow], found: dict[RowKey, HallRow | None]
) -> None:
    if before is not after:
        for key, row in before.items():
            if key not in after:
                found[row_key(row)] = None


def with_item(items: Mapping[K, V], key: K, value: V) -> dict[K, V]:
    """Return a copy with one item set."""
    return {**items, key: value}


def without(items: Mapping[K, V], *keys: K) -> dict[K, V]:
    """Return a copy that lacks some items."""
    return {key: value for key, value in items.items() if key not in keys}


def seconds(duration_us: int) -> int:
    """Return whole seconds, rounded down: nobody pays for what they did not have."""
    return duration_us // SECOND_US
