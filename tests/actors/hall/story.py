"""What people do in a hall, come, go and wait for, as the rules of a state machine."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from actors.space.hall import attendance
from actors.space.hall.decide import decide, settle
from actors.space.hall.deeds import (
    AskQuestion,
    CloseQuestions,
    ConfigureMicrophone,
    CreateMicrophone,
    DeclineSpeaker,
    Deed,
    DeleteMicrophone,
    GrantSpeaker,
    MarkAnswered,
    MuteAll,
    MuteOne,
    OpenQuestions,
    PassMicrophone,
    PassSpeaker,
    PickQuestion,
    ReleaseMicrophone,
    ReleaseSpeaker,
    RequestMicrophone,
    RequestSpeaker,
    RevokeMicrophone,
    RunQuestions,
    SetAudioMode,
    TakeSpeaker,
    UnmuteAll,
    UnmuteOne,
    VoteForQuestion,
    WithdrawQuestion,
)
from actors.space.hall.refusals import AUDIO_MODES
from actors.space.hall.state import DAY_US, GRACE_US, Draft, Hall, Room, restored
from actors.space.hall.who import Who
from actors.space.microphones.queue import queue_of
from actors.space.permissions import Abilities, PersonFacts, SpaceRules, abilities
from actors.store_hall import (
    AudioConfig,
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
)
from engine.clock import SECOND_US
from engine.refusal import Refusal

PEOPLE = {
    "ada": PersonFacts(account="ada", owner=True),
    "mod": PersonFacts(account="mod", permissions=frozenset({"moderate"})),
    "pia": PersonFacts(account="pia", tickets=frozenset({"premium"})),
    "sue": PersonFacts(account="sue", subscriber=True),
    "tom": PersonFacts(account="tom", tickets=frozenset({"qna_access"})),
    "bob": PersonFacts(account="bob"),
    "cay": PersonFacts(account="cay"),
}
names = st.sampled_from(sorted(PEOPLE))
staff = st.sampled_from(["ada", "ada", "ada", "mod", "bob"])
places = st.integers(0, 1)
numbers = st.integers(1, 4)
limits = st.sampled_from([None, 5, 30])


class HallStory(RuleBasedStateMachine):
    """A hall, its people and its tables; every step is durable at once."""

    def __init__(self) -> None:
        super().__init__()
        self.now_us = 1_700_000_000_000_000
        self.hall = Hall()
        self.here = set(PEOPLE)
        self.rows: dict[RowKey, HallRow] = {}
        self.ids = itertools.count(1)
        self.gone_since: dict[str, int] = {}
        self.quotas: dict[tuple[str, int], int | None] = {}  # of each use as it began
        self.arrived_after: dict[tuple[str, str, int], int] = {}

    # How a step is made.

    def abilities(self, hall: Hall, name: str) -> Abilities:
        facts = PEOPLE[name]
        return abilities(
            PersonFacts(
                account=facts.account,
                owner=facts.owner,
                permissions=facts.permissions,
                subscriber=facts.subscriber,
                tickets=facts.tickets,
                muted=name in hall.mutes,
                holds_floor=hall.holds_floor(name),
                exempt=name in hall.config.unmuted,
            ),
            SpaceRules(
                all_muted=hall.config.all_muted is not None,
                tickets_for_questions=hall.round is not None and hall.round.tickets_only,
            ),
        )

    def draft(self) -> Draft:
        room = Room(
            present=lambda name: name in self.here or name in draft.hall.absent,
            abilities=lambda name: self.abilities(draft.hall, name),
            others=lambda name: len(self.here - {name}),
            id=lambda: f"id{next(self.ids)}",
        )
        draft = Draft(self.hall, room, self.now_us)
        return draft

    def step(self, change: Callable[[Draft], Any]) -> None:
        draft = self.draft()
        change(draft)
        settle(draft)
        self.check_order_of_service(draft)
        self.hall = draft.hall
        for usage in self.hall.holding.values():
            quota = self.hall.microphones[usage.microphone_id].daily_quota_seconds
            self.quotas.setdefault((usage.microphone_id, usage.number), quota)
        for key, row in draft.changes().items():
            if row is None:
                del self.rows[key]
            else:
                self.rows[key] = row

    def do(self, name: str, deed: Deed) -> None:
        if name not in self.here:
            self.come_back(sorted(set(PEOPLE) - self.here).index(name))
        draft = self.draft()
        who = Who(name=name, account=name, abilities=self.abilities(self.hall, name))
        try:
            decide(draft, who, deed)
        except Refusal:
            return
        self.step(lambda again: decide(again, who, deed))

    def check_order_of_service(self, draft: Draft) -> None:
        """Check that who got a microphone from its queue was the first who could have it."""
        for microphone, usage in draft.hall.holding.items():
            before = draft.before.holding.get(microphone)
            key = (microphone, usage.user_account)
            if usage is before or usage.granted_by is not None or key not in draft.before.waiting:
                continue
            for one in queue_of(draft.before, microphone):
                if one.user_account == usage.user_account:
                    break
                account = one.user_account
                ready = account in self.here and account not in draft.hall.absent
                stays = (microphone, account) in draft.hall.waiting
                able = self.abilities(draft.hall, account).hold_floor
                assert not (ready and stays and able), f"{account} was passed over"

    def microphone(self, place: int) -> str:
        ids = sorted(self.hall.microphones)
        return ids[place % len(ids)] if ids else "none"

    # What people do.

    @rule(name=staff, mode=st.sampled_from(AUDIO_MODES), speaker=st.none() | names)
    def set_mode(self, name: str, mode: str, speaker: str | None) -> None:
        self.do(name, SetAudioMode(audio_mode=mode, current_speaker=speaker))

    @rule(name=names, other=names, which=st.integers(0, 6))
    def speak(self, name: str, other: str, which: int) -> None:
        deeds: tuple[Deed, ...] = (
            RequestSpeaker(),
            GrantSpeaker(target_user=other),
            PassSpeaker(target_user=other),
            ReleaseSpeaker(),
            TakeSpeaker(),
            DeclineSpeaker(target_user=other),
            RequestSpeaker(),
        )
        self.do(name, deeds[which])

    @initialize(limits=st.tuples(limits, limits), quota=st.sampled_from([None, 20]))
    def begin(self, limits: tuple[int | None, int | None], quota: int | None) -> None:
        self.do("ada", SetAudioMode(audio_mode="stage"))
        for limit in limits:
            self.create_microphone(limit, quota)

    @precondition(lambda self: len(self.hall.microphones) < 2)
    @rule(limit=limits, quota=st.sampled_from([None, 20]))
    def create_microphone(self, limit: int | None, quota: int | None) -> None:
        deed = CreateMicrophone(
            microphone_name="one", time_limit_seconds=limit, daily_quota_seconds=quota
        )
        self.do("ada", deed)

    @precondition(lambda self: self.hall.microphones)
    @rule(who=st.lists(names, min_size=1, max_size=4, unique=True), place=places)
    def request_microphone(self, who: list[str], place: int) -> None:
        for name in who:
            self.do(name, RequestMicrophone(microphone_id=self.microphone(place)))

    @precondition(lambda self: self.hall.microphones)
    @rule(place=places, quota=st.sampled_from([None, 5, 20]))
    def set_quota(self, place: int, quota: int | None) -> None:
        changes = (("daily_quota_seconds", quota),)
        self.do("ada", ConfigureMicrophone(microphone_id=self.microphone(place), changes=changes))

    @precondition(lambda self: self.hall.microphones)
    @rule(name=names, place=places, other=names, which=st.integers(0, 8), on=st.booleans())
    def handle_microphone(self, name: str, place: int, other: str, which: int, *, on: bool) -> None:
        one = self.microphone(place)
        deeds: tuple[Deed, ...] = (
            *[ReleaseMicrophone(microphone_id=one)] * 5,
            PassMicrophone(microphone_id=one, target_user=other),
            RevokeMicrophone(microphone_id=one),
            ConfigureMicrophone(microphone_id=one, changes=(("queue_enabled", on),)),
            DeleteMicrophone(microphone_id=one),
        )
        self.do(name, deeds[which])

    @precondition(lambda self: self.hall.microphones and self.hall.round is None)
    @rule(name=staff, place=places, running=st.booleans(), tickets=st.booleans())
    def open_questions(self, name: str, place: int, *, running: bool, tickets: bool) -> None:
        one = self.microphone(place)
        self.do(
            name,
            OpenQuestions(
                microphone_id=one, running=running, tickets_only=tickets, by_votes=running
            ),
        )

    @precondition(lambda self: self.hall.round is not None)
    @rule(name=names, number=st.none() | numbers, which=st.integers(0, 7), on=st.booleans())
    def question(self, name: str, number: int | None, which: int, *, on: bool) -> None:
        deeds: tuple[Deed, ...] = (
            AskQuestion(),
            AskQuestion(text="why", key="k"),
            PickQuestion(number=number),
            MarkAnswered(),
            WithdrawQuestion(number=number or 1),
            VoteForQuestion(number=number or 1, vote=on),
            RunQuestions(running=on),
            CloseQuestions(),
        )
        self.do(name, deeds[which])

    @rule(name=staff, other=names, which=st.integers(0, 3), locked=st.booleans())
    def moderate(self, name: str, other: str, which: int, *, locked: bool) -> None:
        deeds: tuple[Deed, ...] = (
            MuteOne(person=other, locked=locked),
            UnmuteOne(person=other),
            MuteAll(locked=locked),
            UnmuteAll(),
        )
        self.do(name, deeds[which])

    @rule(name=names)
    def lose_connection(self, name: str) -> None:
        if name in self.here and len(self.here) > 4:
            self.here.remove(name)
            self.gone_since[name] = self.now_us
            if name in self.hall.with_roles():
                self.step(lambda draft: attendance.lost(draft, name))

    @rule(name=names)
    def leave(self, name: str) -> None:
        if name in self.here and len(self.here) > 4:
            self.here.remove(name)
            self.gone_since[name] = self.now_us - GRACE_US
            self.step(lambda draft: attendance.gone(draft, name, "left"))

    @precondition(lambda self: len(self.here) < len(PEOPLE))
    @rule(which=st.integers(0, 6))
    def come_back(self, which: int) -> None:
        away = sorted(set(PEOPLE) - self.here)
        if away:
            name = away[which % len(away)]
            self.here.add(name)
            self.gone_since.pop(name)
            self.step(lambda draft: attendance.back(draft, name))

    @rule(wait_us=st.sampled_from([1, SECOND_US, 7 * SECOND_US, DAY_US // 2]))
    def wait(self, wait_us: int) -> None:
        """Let time pass; what becomes due on the way is done when it is due."""
        end_us = self.now_us + wait_us
        while True:
            due_us = attendance.next_due_us(self.hall, self.now_us)
            if due_us is None or due_us > end_us:
                break
            assert due_us >= self.now_us, "nothing is left undone"
            back = due_us in attendance.quotas_back_us(self.hall, self.now_us)
            self.now_us = due_us
            before = self.hall
            self.step(attendance.elapse)
            # Who has some quota again may be away or muted.
            assert self.hall is not before or back, "what is due changes something"
            for name in before.absent.keys() - self.hall.absent.keys():
                assert before.absent[name] + GRACE_US <= self.now_us, f"{name} had no full grace"
        self.now_us = end_us

    @rule()
    def crash(self) -> None:
        """Lose everything but the tables; all who have a role have the grace to be back."""
        kept, absent = self.hall, set(self.hall.absent)
        self.hall = restored(self.stored())
        for part in (
            "config", "turn", "mutes", "microphones", "holding", "waiting", "round", "votes",
        ):  # fmt: skip
            assert getattr(self.hall, part) == getattr(kept, part), part
        assert dict(self.hall.questions) == dict(kept.questions)
        away = {name: self.now_us for name in self.hall.with_roles() if name not in self.here}
        for name in away:
            self.gone_since[name] = self.now_us
        assert absent & self.hall.with_roles() <= set(away)
        self.step(lambda draft: draft.set(absent=away))
        self.step(attendance.elapse)  # Who was warned is forgotten: a second warning may be due.

    def stored(self) -> HallRows:
        """Return the tables as the store gives them back."""
        live = {
            row.id
            for row in self.rows.values()
            if isinstance(row, Microphone) and row.deleted_at_us is None
        }
        session = next(
            (
                row
                for row in self.rows.values()
                if isinstance(row, QuestionRound) and row.closed_at_us is None
            ),
            None,
        )
        round_id = session.id if session else None
        rows = self.rows.values()
        return HallRows(
            config=next((row for row in rows if isinstance(row, AudioConfig)), None),
            turn=next(
                (
                    row
                    for row in rows
                    if isinstance(row, SpeakerTurn) and row.session_end_us is None
                ),
                None,
            ),
            mutes=tuple(row for row in rows if isinstance(row, Mute)),
            microphones=tuple(
                row for row in rows if isinstance(row, Microphone) and row.id in live
            ),
            usages=tuple(
                row for row in rows if isinstance(row, Usage) and row.microphone_id in live
            ),
            waiting=tuple(
                row for row in rows if isinstance(row, Waiting) and row.microphone_id in live
            ),
            round=session,
            questions=tuple(
                row for row in rows if isinstance(row, Question) and row.round_id == round_id
            ),
            votes=tuple(row for row in rows if isinstance(row, Vote) and row.round_id == round_id),
        )
