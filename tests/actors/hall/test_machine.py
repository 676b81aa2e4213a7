"""The rules as a state machine: whatever people do, come, go and wait, these things stay true."""

from __future__ import annotations

from hypothesis import settings
from hypothesis.stateful import invariant

from actors.space.floor import SPEAKER_MODES
from actors.space.hall.state import DAY_US, GRACE_US, restored
from actors.space.microphones.queue import overtaken_max, queue_of
from actors.space.microphones.quota import used_us
from actors.store_hall import (
    SpeakerTurn,
    Usage,
)
from engine.clock import SECOND_US
from tests.actors.hall.story import PEOPLE, HallStory


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
        uses = [row for row in self.rows.values() if isinstance(row, Usage)]
        for one in uses:
            end_us = self.end_us(one)
            assert one.until_us is None or end_us <= one.until_us
            quota = self.quotas.get((one.microphone_id, one.number))
            if quota is None or self.hosts(one):
                continue  # Nothing limited it as it began.
            since_us = end_us - DAY_US
            used_us = sum(
                min(self.end_us(other), end_us) - max(other.started_at_us, since_us)
                for other in uses
                if (other.microphone_id, other.user_account)
                == (one.microphone_id, one.user_account)
                and self.end_us(other) > since_us
                and other.started_at_us < end_us
                and not self.hosts(other)
            )
            assert used_us <= quota * SECOND_US

    def end_us(self, usage: Usage) -> int:
        return self.now_us if usage.ended_at_us is None else usage.ended_at_us

    def hosts(self, usage: Usage) -> bool:
        return usage.until_us is None and usage.granted_by == usage.user_account

    @invariant()
    def what_was_used_is_the_same_after_a_restart(self) -> None:
        again = restored(self.stored())
        for microphone in self.hall.microphones:
            for name in PEOPLE:
                now, then = (
                    used_us(hall.spent.get(microphone, ()), name, self.now_us)
                    for hall in (self.hall, again)
                )
                assert now == then, f"{name} used {microphone}"

    @invariant()
    def a_running_queue_goes_on_as_soon_as_somebody_is_ready(self) -> None:
        hall, session = self.hall, self.hall.round
        if session is None or not session.running or hall.asker() is not None:
            return
        microphone = hall.microphones[session.microphone_id]
        quota_s = microphone.daily_quota_seconds
        for one in hall.questions.values():
            account = one.user_account
            if one.status != "waiting" or account not in self.here or account in hall.absent:
                continue
            if not self.abilities(hall, account).hold_floor:
                continue
            spent = used_us(hall.spent.get(microphone.id, ()), account, self.now_us)
            assert quota_s is not None
            assert (quota_s - min(quota_s, 10)) * SECOND_US < spent, f"{account} could ask"

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
    hall.what_was_used_is_the_same_after_a_restart()
    hall.a_running_queue_goes_on_as_soon_as_somebody_is_ready()


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
    hall.question(name="bob", number=None, which=0, on=False)
    hall.wait(DAY_US // 2)
    hall.question(name="bob", number=None, which=0, on=False)
    for wait_us in (DAY_US // 2, 7 * SECOND_US):
        hall.wait(wait_us)
        kept(hall)
        (usage,) = hall.hall.holding.values()
        assert usage.user_account == "ada", "the second question waits for more than some seconds"
    hall.wait(7 * SECOND_US)
    kept(hall)
    (usage,) = hall.hall.holding.values()
    assert usage.user_account == "bob", "nobody had to pick it"
    assert usage.until_us == usage.started_at_us + 10 * SECOND_US


def test_a_quota_that_is_set_later_counts_what_was_used_before() -> None:
    """Of uses without any limit, too; hosting does not count."""
    hall = HallMachine()
    hall.begin(limits=(None, None), quota=None)
    hall.request_microphone(who=["bob"], place=0)
    hall.wait(7 * SECOND_US)
    hall.handle_microphone(name="bob", place=0, other="bob", which=0, on=True)
    hall.set_quota(place=0, quota=5)
    hall.request_microphone(who=["bob", "cay"], place=0)
    kept(hall)
    (usage,) = hall.hall.holding.values()
    assert (usage.user_account, usage.until_us) == ("cay", hall.now_us + 5 * SECOND_US)
