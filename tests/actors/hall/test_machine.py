"""The rules as a state machine: whatever people do, come, go and wait, these things stay true."""

from __future__ import annotations

from hypothesis import settings
from hypothesis.stateful import invariant

from actors.space.floor import SPEAKER_MODES
from actors.space.hall.state import DAY_US, GRACE_US, restored
from actors.space.microphones.queue import overtaken_max, queue_of
from actors.store_hall import (
    Microphone,
    SpeakerTurn,
    Usage,
)
from engine.clock import SECOND_US
from tests.actors.hall.story import HallStory


class HallMachine(HallStory):
    """The story, and what is always true of it."""

    @invariant()
    def at_most_one_speaker_and_only_in_modes_with_one(self) -> None:
        hall = self.hall
        open_turns = [
            row
            for row in self.rows.values()
            if isinstance(row, SpeakerTurn) and row.session_end_us is None
        ]
        assert open_turns == ([] if hall.turn is None else [hall.turn])
        if hall.speaker is None:
            assert hall.turn is None
        else:
            assert hall.config.audio_mode in SPEAKER_MODES
            assert hall.turn is not None
            assert (hall.turn.user_account, hall.turn.audio_mode) == (
                hall.speaker, hall.config.audio_mode,
            )  # fmt: skip
        assert hall.config.audio_mode in SPEAKER_MODES or not hall.config.speaker_requests

    @invariant()
    def a_role_survives_the_grace_and_no_longer(self) -> None:
        for name in self.hall.with_roles():
            if name not in self.here:
                assert name in self.hall.absent
                assert self.hall.absent[name] == self.gone_since[name]
                assert self.now_us <= self.hall.absent[name] + GRACE_US
        assert not set(self.hall.absent) & self.here

    @invariant()
    def one_holder_a_microphone_and_every_use_on_record(self) -> None:
        opened: dict[str, Usage] = {}
        for row in self.rows.values():
            if isinstance(row, Usage) and row.ended_at_us is None:
                assert row.microphone_id not in opened
                opened[row.microphone_id] = row
        assert opened == dict(self.hall.holding)
        numbers: dict[str, list[int]] = {}
        for row in self.rows.values():
            if isinstance(row, Usage):
                numbers.setdefault(row.microphone_id, []).append(row.number)
        for found in numbers.values():
            assert sorted(found) == list(range(1, len(found) + 1))

    @invariant()
    def nobody_waits_for_a_microphone_they_could_have(self) -> None:
        in_round = self.hall.round.microphone_id if self.hall.round else None
        for one in self.hall.waiting.values():
            if one.microphone_id in self.hall.holding or one.microphone_id == in_round:
                continue
            able = self.abilities(self.hall, one.user_account).hold_floor
            assert one.user_account not in self.here or not able
        for usage in self.hall.holding.values():
            assert (usage.microphone_id, usage.user_account) not in self.hall.waiting

    @invariant()
    def the_queue_is_by_priority_and_arrival_within_the_bound(self) -> None:
        for microphone in self.hall.microphones:
            queue = queue_of(self.hall, microphone)
            for place, one in enumerate(queue):
                ahead = queue[:place]
                assert sum(other.arrival > one.arrival for other in ahead) <= overtaken_max(
                    one.priority
                )
                for other in ahead:
                    assert other.priority < one.priority or other.arrival < one.arrival

    @invariant()
    def nobody_has_a_microphone_beyond_time_limit_or_quota(self) -> None:
        held: dict[tuple[str, str], list[tuple[int, int]]] = {}
        for row in self.rows.values():
            if isinstance(row, Usage):
                end_us = row.ended_at_us if row.ended_at_us is not None else self.now_us
                assert row.until_us is None or end_us <= row.until_us
                if row.until_us is not None:
                    key = (row.microphone_id, row.user_account)
                    held.setdefault(key, []).append((row.started_at_us, end_us))
        for row in self.rows.values():
            if not isinstance(row, Microphone) or row.daily_quota_seconds is None:
                continue
            for (microphone, _account), uses in held.items():
                for _begin, end_us in uses if microphone == row.id else ():
                    since_us = end_us - DAY_US
                    used_us = sum(
                        min(end, end_us) - max(begin, since_us)
                        for begin, end in uses
                        if end > since_us and begin < end_us
                    )
                    assert used_us <= row.daily_quota_seconds * SECOND_US

    @invariant()
    def a_session_has_its_microphone_in_one_hand(self) -> None:
        hall = self.hall
        asking = [one for one in hall.questions.values() if one.status == "asking"]
        assert len(asking) <= 1
        if hall.round is None:
            assert not hall.questions
            assert not hall.votes
            return
        holder = hall.holding[hall.round.microphone_id].user_account
        assert holder == (asking[0].user_account if asking else hall.round.host)
        for number, one in hall.questions.items():
            assert one.votes == sum(key[0] == number for key in hall.votes)

    @invariant()
    def the_tables_hold_what_the_space_knows(self) -> None:
        again = restored(self.stored())
        assert again.config == self.hall.config
        assert again.holding == self.hall.holding
        assert again.waiting == self.hall.waiting
        assert again.mutes == self.hall.mutes


TestHallMachine = HallMachine.TestCase
TestHallMachine.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)


def kept(hall: HallMachine) -> None:
    """Check what is always true of microphones and of the session in a state made by hand."""
    hall.nobody_has_a_microphone_beyond_time_limit_or_quota()
    hall.a_session_has_its_microphone_in_one_hand()
    hall.one_holder_a_microphone_and_every_use_on_record()
    hall.the_tables_hold_what_the_space_knows()


def test_who_hosted_for_half_a_day_asks_with_the_whole_quota() -> None:
    """Found by the machine: hosting counted, so the use that followed was over before it began."""
    hall = HallMachine()
    hall.begin(limits=(None, None), quota=20)
    hall.open_questions(name="ada", place=0, running=True, tickets=False)
    hall.wait(DAY_US // 2)
    hall.question(name="ada", number=None, which=0, on=False)
    kept(hall)
    (usage,) = hall.hall.holding.values()
    assert (usage.user_account, usage.until_us) == ("ada", hall.now_us + 20 * SECOND_US)
    hall.wait(DAY_US // 2)
    kept(hall)
    (usage,) = hall.hall.holding.values()
    assert (usage.user_account, usage.until_us) == ("ada", None), "the host has it again"


def test_who_has_asked_for_the_whole_quota_asks_again_when_it_is_back() -> None:
    """A use without time would be over as it begins, and the question lost: it waits instead."""
    hall = HallMachine()
    hall.begin(limits=(None, None), quota=20)
    hall.open_questions(name="ada", place=0, running=True, tickets=False)
    for _ in range(2):
        hall.question(name="bob", number=None, which=0, on=False)
        hall.wait(7 * SECOND_US)
        hall.wait(DAY_US // 2)
        kept(hall)
    (usage,) = hall.hall.holding.values()
    assert usage.user_account == "ada", "the second question waits"
    hall.wait(DAY_US // 2)
    hall.question(name="ada", number=None, which=2, on=False)
    kept(hall)
    (usage,) = hall.hall.holding.values()
    assert (usage.user_account, usage.until_us) == ("bob", hall.now_us + 20 * SECOND_US)
