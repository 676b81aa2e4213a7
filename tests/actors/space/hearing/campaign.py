"""A million random operations on the rule of hearing; no property may break.

Run: python -m tests.actors.space.hearing.campaign [--operations 1000000] [--seed 1]
"""

from __future__ import annotations

import argparse
import random
from dataclasses import replace

from actors.space.hearing import nearby
from actors.space.hearing.crowd import Bars, Broadcast, Crowd, Mode, Terms
from actors.space.hearing.relation import Relation, apply, diff
from actors.space.hearing.rule import HearingRule
from tests.actors.space.hearing.crowds import Person, Room, barred, gains, plainly

OPERATIONS_A_TICK = 8
PEOPLE_MAX = 24


class Campaign:
    """A space that may crash, under people who join, leave, walk, mute, block and pass roles."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.room = Room([None] * PEOPLE_MAX)
        self.terms = Terms(mode=Mode.AMBIENT)
        self.rule, self.anew = HearingRule(), HearingRule()
        self.shown: Relation = self.rule.relation
        self.lives = 0
        self.last_lives = [0] * PEOPLE_MAX
        self.counts: dict[str, int] = {}

    def run(self, operations: int) -> None:
        """Do so many operations, and check after every tick."""
        kinds = [self.join] * 3 + [self.leave] * 2 + [self.walk] * 12
        kinds += [self.permit, self.permit, self.take_microphone, self.bar, self.unbar]
        kinds += [self.change_mode, self.pass_role, self.crash]
        for done in range(1, operations + 1):
            kind = self.chance.choice(kinds)
            self.counts[kind.__name__] = self.counts.get(kind.__name__, 0) + 1
            kind()
            if done % OPERATIONS_A_TICK == 0:
                self.tick()

    def row(self) -> int:
        return self.chance.randrange(PEOPLE_MAX)

    def place_mm(self) -> tuple[int, int, int] | None:
        across = self.chance.choice([500, 6_000, 30_000])
        spot = (self.chance.randint(-across, across), 0, self.chance.randint(-across, across))
        return self.chance.choice([spot] * 7 + [None])

    def join(self) -> None:
        row = self.row()
        if self.room.people[row] is None:
            self.lives += 1
            self.room.people[row] = Person(
                at_mm=self.place_mm(),
                yaw=self.chance.randrange(65_536),
                may_speak=self.chance.random() < 0.9,
                life=self.lives,
            )

    def leave(self) -> None:
        row = self.row()
        self.room.people[row] = None
        pairs = self.room.muted_pairs
        self.room.muted_pairs = [pair for pair in pairs if row not in pair]
        pairs = self.room.blocked_pairs
        self.room.blocked_pairs = [pair for pair in pairs if row not in pair]

    def change(self, row: int, **values: object) -> None:
        person = self.room.people[row]
        if person is not None:
            self.room.people[row] = replace(person, **values)  # type: ignore[arg-type]

    def walk(self) -> None:
        row = self.row()
        person = self.room.people[row]
        if person is not None and person.at_mm is not None and self.chance.random() < 0.8:
            x, y, z = person.at_mm
            step = self.chance.randint
            self.change(row, at_mm=(x + step(-400, 400), y, z + step(-400, 400)))
        else:
            self.change(row, at_mm=self.place_mm())

    def permit(self) -> None:
        self.change(self.row(), may_speak=self.chance.random() < 0.8)

    def take_microphone(self) -> None:
        self.change(self.row(), broadcast=self.chance.choice([Broadcast.NONE] * 3 + [*Broadcast]))

    def bar(self) -> None:
        one, other = self.chance.sample(range(PEOPLE_MAX), 2)
        self.chance.choice([self.room.muted_pairs, self.room.blocked_pairs]).append((one, other))

    def unbar(self) -> None:
        for pairs in (self.room.muted_pairs, self.room.blocked_pairs):
            del pairs[: max(len(pairs) // 2, 1)]

    def change_mode(self) -> None:
        self.terms = replace(
            self.terms,
            mode=self.chance.choice([*Mode]),
            range_mm=self.chance.choice([5_000] * 6 + [2_000, 20_000]),
            neighbor_count=self.chance.choice([1, 2, 2]),
            nearest_max=self.chance.choice([12] * 4 + [2]),
        )

    def pass_role(self) -> None:
        self.terms = replace(self.terms, speaker=self.chance.choice([None, self.row()]))

    def crash(self) -> None:
        """The space forgets whom anybody heard; its people are all there again."""
        self.rule, self.anew = HearingRule(), HearingRule()
        self.last_lives = [0] * PEOPLE_MAX

    def tick(self) -> None:
        """Take the answer of this tick and check all that must hold of it."""
        crowd = self.room.crowd()
        before = gains(self.rule.relation)
        same = {row for row in range(PEOPLE_MAX) if self.last_lives[row] == crowd.life[row]}
        self.last_lives = crowd.life.tolist()
        relation = self.rule.update(crowd, self.terms)
        self.shown = apply(self.shown, diff(self.shown, relation))
        assert self.shown == relation
        assert relation == self.anew.update(crowd, self.terms, anew=True)
        heard = gains(relation)
        bars = barred(crowd)
        for listener, source in heard:
            assert listener != source
            assert crowd.present[listener]
            assert crowd.heard[source]
            assert (listener, source) not in bars
        if self.terms.mode is Mode.SUPERAMBIENT:
            self.check_partners(crowd, bars)
        else:
            assert heard == plainly(crowd, self.terms, before, same)

    def check_partners(self, crowd: Crowd, bars: set[tuple[int, int]]) -> None:
        pairs = self.rule.partners.update(crowd, Bars.of(crowd), count=self.terms.neighbor_count)
        partners: dict[int, set[int]] = {
            row: set() for row in range(PEOPLE_MAX) if crowd.present[row]
        }
        for a, b in pairs.tolist():
            assert (a, b) not in bars
            assert (b, a) not in bars
            partners[a].add(b)
            partners[b].add(a)
        eligible = set(partners)
        barred_rows = {row for link in bars for row in link if eligible >= set(link)}
        over = [row for row, own in partners.items() if len(own) > self.terms.neighbor_count]
        assert all(len(own) <= self.terms.neighbor_count + 1 for own in partners.values())
        if not barred_rows and len(eligible) >= 2:
            assert all(partners.values())
            assert len(over) == (len(eligible) % 2 if self.terms.neighbor_count == 1 else 0)
        for row, own in partners.items():
            if not own:  # Alone only when nobody open to this person could be freed.
                assert row in barred_rows or len(eligible) < 2


def main() -> None:
    """Run a campaign and say what was done."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    campaign = Campaign(asked.seed)
    campaign.run(asked.operations // 2)
    nearby.FEW_PAIRS = 0  # The other half by the grid, as a crowd.
    campaign.run(asked.operations - asked.operations // 2)
    print(f"{asked.operations:,} operations, seed {asked.seed}, none broke a property")  # noqa: T201
    print(", ".join(f"{kind} {count:,}" for kind, count in sorted(campaign.counts.items())))  # noqa: T201


if __name__ == "__main__":
    main()
