"""Q&A sessions, as people in a space meet them, and their record."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from actors.space.hall.deeds import (
    AskQuestion,
    CloseQuestions,
    Deed,
    MarkAnswered,
    OpenQuestions,
    PassMicrophone,
    PickQuestion,
    ReleaseMicrophone,
    RequestMicrophone,
    RevokeMicrophone,
    RunQuestions,
    VoteForQuestion,
    WithdrawQuestion,
)
from actors.space.questions.export import export_csv, export_json
from actors.store_hall import QuestionRecord, ReadQuestions, Usage
from engine.clock import SECOND_US
from engine.outcome import Ok
from tests.actors.hall.talkers import Meeting
from tests.actors.support import HARBOUR


def opened(*names: str, **fields: Any) -> tuple[Meeting, str]:
    meeting = Meeting("ada", "mod", *names)
    mic = meeting.microphone(**fields.pop("microphone", {}))
    meeting.do("mod", OpenQuestions(microphone_id=mic, title="Ask us", **fields))
    return meeting, mic


def holder(meeting: Meeting) -> str:
    (usage,) = meeting.hall.holding.values()
    return usage.user_account


def test_the_host_picks_and_the_microphone_returns_after_each() -> None:
    """SPEC 4: questions with or without a text, in any order the host likes."""
    meeting, _ = opened("bob", "cay", "guest1")
    assert meeting.do("bob", AskQuestion(text=" why? "))["question"]["text"] == "why?"
    assert meeting.do("cay", AskQuestion())["question"]["text"] is None
    meeting.do("mod", PickQuestion(number=2))
    assert holder(meeting) == "cay"
    meeting.do("mod", MarkAnswered())
    assert holder(meeting) == "mod"
    meeting.do("mod", PickQuestion())
    assert holder(meeting) == "bob"
    meeting.do("bob", MarkAnswered())
    assert holder(meeting) == "mod"

    assert [one["question"]["number"] for one in meeting.heard("guest1", "question-picked")] == [
        2, 1,
    ]  # fmt: skip
    reasons = [one.ended_reason for one in meeting.world.memory.hall.of(HARBOUR, Usage)]
    assert reasons == ["passed", "returned", "passed", "returned", None]


def test_a_running_queue_goes_on_by_itself() -> None:
    """SPEC 4: or lets the queue run; a time limit, a departure and an answer all go on."""
    meeting, mic = opened("bob", "cay", "dan", running=True, microphone={"time_limit_seconds": 30})
    for name in ("bob", "cay", "dan"):
        meeting.do(name, AskQuestion())
    assert holder(meeting) == "bob"
    meeting.world.run(30)
    assert holder(meeting) == "cay"
    meeting.people["cay"].leave()
    meeting.world.run(0.5)
    assert holder(meeting) == "dan"
    meeting.do("dan", ReleaseMicrophone(microphone_id=mic))
    assert holder(meeting) == "mod"
    meeting.do("mod", RunQuestions(running=False))
    meeting.do("bob", AskQuestion())
    assert holder(meeting) == "mod"

    statuses = [one.status for one in meeting.hall.questions.values()]
    assert statuses == ["answered", "dropped", "answered", "waiting"]


def test_a_host_who_asks_too_has_the_microphone_back_without_a_limit() -> None:
    """Found by the state machine: the asker's time limit had stayed on the host's next use."""
    meeting, _ = opened("bob", running=True, microphone={"time_limit_seconds": 5})
    meeting.do("mod", AskQuestion())
    meeting.world.run(12)

    assert [one.status for one in meeting.hall.questions.values()] == ["answered"]
    assert holder(meeting) == "mod"


def test_hosting_spends_no_quota_and_who_has_none_left_is_passed_over() -> None:
    """A host of hours may still ask; an asker without quota waits; no use ends before it begins."""
    meeting, _ = opened("bob", "cay", microphone={"daily_quota_seconds": 20})
    meeting.world.run(3_600)
    meeting.do("mod", AskQuestion())
    meeting.do("mod", PickQuestion())
    (usage,) = meeting.hall.holding.values()
    assert usage.until_us == usage.started_at_us + 20 * SECOND_US
    meeting.do("bob", AskQuestion())
    meeting.do("mod", PickQuestion())
    meeting.world.run(25)
    assert holder(meeting) == "mod"

    assert meeting.do("bob", AskQuestion())["question"]["number"] == 3
    assert meeting.refused("mod", PickQuestion(number=3)).code == "quota_exhausted"
    assert meeting.refused("mod", PickQuestion()).code == "no_such_question"
    meeting.do("cay", AskQuestion())
    meeting.do("mod", PickQuestion())
    assert holder(meeting) == "cay"


def test_a_running_queue_goes_on_when_a_quota_is_back() -> None:
    """Nobody has to pick: a day later the space wakes by itself, a restart in between or not."""
    for crashes in (False, True):
        meeting, _ = opened("bob", running=True, microphone={"daily_quota_seconds": 20})
        meeting.do("bob", AskQuestion())
        meeting.world.run(30)
        meeting.do("bob", AskQuestion())
        assert holder(meeting) == "mod"
        if crashes:
            meeting.crash()
        for _ in range(24):
            assert holder(meeting) == "mod"
            meeting.world.run(3_600)
            for person in meeting.people.values():
                person.move(position=None)
        assert holder(meeting) == "mod"
        asked = meeting.hall.questions[2]
        assert asked.picked_at_us is not None
        assert asked.ended_at_us is not None
        assert asked.ended_at_us - asked.picked_at_us == 10 * SECOND_US


def test_votes_order_the_queue_where_the_session_says_so() -> None:
    """One vote a person and question, and it can be taken back."""
    meeting, _ = opened("bob", "cay", "dan", by_votes=True)
    for name in ("bob", "cay"):
        meeting.do(name, AskQuestion())
    for _ in range(2):
        assert meeting.do("dan", VoteForQuestion(number=2))["votes"] == 1
    meeting.do("bob", VoteForQuestion(number=1))
    meeting.do("bob", VoteForQuestion(number=1, vote=False))
    meeting.crash()
    assert meeting.do("dan", VoteForQuestion(number=2))["votes"] == 1
    meeting.do("mod", PickQuestion())

    assert holder(meeting) == "cay"


def test_only_ticket_holders_ask_in_a_ticketed_session() -> None:
    """SPEC 4: and the refusal says why."""
    meeting, _ = opened("tom", "sue", "bob", "guest1", tickets_only=True)
    meeting.do("tom", AskQuestion())

    assert meeting.refused("sue", AskQuestion()).code == "ticket_needed"
    assert meeting.refused("bob", AskQuestion()).code == "ticket_needed"
    assert meeting.refused("guest1", AskQuestion()).code == "guests_listen_only"


def test_one_question_a_person_and_a_key_makes_a_repeat_harmless() -> None:
    """A client that never heard the answer asks again."""
    meeting, _ = opened("bob")
    first = meeting.do("bob", AskQuestion(text="why", key="k"))

    assert meeting.do("bob", AskQuestion(text="why", key="k")) == first
    assert meeting.refused("bob", AskQuestion(text="and how")).details == {"number": 1}
    meeting.do("bob", WithdrawQuestion(number=1))
    meeting.do("bob", AskQuestion(text="and how"))


@pytest.mark.parametrize(
    ("deed", "code"),
    [
        (OpenQuestions(microphone_id="x"), "not_permitted"), (PickQuestion(), "not_permitted"),
        (RunQuestions(), "not_permitted"), (CloseQuestions(), "not_permitted"),
        (MarkAnswered(), "not_permitted"), (WithdrawQuestion(number=1), "not_permitted"),
        (VoteForQuestion(number=9), "no_such_question"),
        (AskQuestion(text="x" * 501), "bad_input"),
    ],
)  # fmt: skip
def test_what_is_not_allowed_is_refused_and_changes_nothing(deed: Deed, code: str) -> None:
    """The session is its host's and the moderators'."""
    meeting, _ = opened("bob", "cay")
    meeting.do("cay", AskQuestion())
    meeting.do("mod", PickQuestion())
    meeting.do("mod", MarkAnswered())
    meeting.do("cay", AskQuestion())
    meeting.do("ada", AskQuestion())
    meeting.do("mod", PickQuestion(number=2))
    before = meeting.hall
    if isinstance(deed, WithdrawQuestion):
        deed = WithdrawQuestion(number=3)

    assert meeting.refused("bob", deed).code == code
    assert meeting.hall is before


def test_the_sessions_microphone_is_out_of_other_hands() -> None:
    """It goes only to askers and back; its ordinary queue stands still."""
    meeting, mic = opened("bob")
    for deed in (
        RequestMicrophone(microphone_id=mic),
        PassMicrophone(microphone_id=mic, target_user="bob"),
        RevokeMicrophone(microphone_id=mic),
    ):
        name = "mod" if isinstance(deed, PassMicrophone) else "ada"
        assert meeting.refused(name, deed).code == "microphone_in_use"


@pytest.mark.parametrize("how", ["close", "host drops"])
def test_a_closed_session_frees_its_microphone_and_drops_who_waits(how: str) -> None:
    """Without its host it ends after the grace."""
    meeting, mic = opened("bob", "cay")
    for name in ("bob", "cay"):
        meeting.do(name, AskQuestion())
    meeting.do("mod", PickQuestion())
    if how == "close":
        meeting.do("mod", CloseQuestions())
    else:
        meeting.people["mod"].disconnect()
        meeting.world.run(11)

    assert meeting.hall.round is None
    assert not meeting.hall.holding
    assert len(meeting.heard("cay", "questions-closed")) == 1
    assert meeting.do("cay", RequestMicrophone(microphone_id=mic))["granted"]
    assert meeting.refused("cay", AskQuestion()).code == "questions_closed"


def test_a_session_survives_crashes_and_its_record_is_exported_in_order() -> None:
    """SPEC 4: recorded in order; JSON and CSV tell the same."""
    meeting, _ = opened("bob", "cay", "dan")
    session = meeting.hall.round
    assert session is not None
    meeting.do("bob", AskQuestion(text='=1+"x", why'))
    meeting.do("cay", AskQuestion())
    meeting.do("mod", PickQuestion(number=2))
    meeting.crash()
    assert holder(meeting) == "cay"
    meeting.do("dan", AskQuestion(text="late"))
    meeting.do("mod", PickQuestion(number=1))
    meeting.do("mod", CloseQuestions())
    record = meeting.world.memory.answer(ReadQuestions(space=HARBOUR, round_id=session.id))
    assert isinstance(record, Ok)
    assert isinstance(record.value, QuestionRecord)

    told = export_json(record.value)
    rows = list(csv.DictReader(io.StringIO(export_csv(record.value))))
    assert [(one["number"], one["turn"], one["status"]) for one in told["questions"]] == [
        (2, 1, "answered"), (1, 2, "answered"), (3, None, "dropped"),
    ]  # fmt: skip
    assert [(row["user_account"], row["text"]) for row in rows] == [
        ("cay", ""), ("bob", "'=1+\"x\", why"), ("dan", "late"),
    ]  # fmt: skip
    assert told["closed_at"] is not None
