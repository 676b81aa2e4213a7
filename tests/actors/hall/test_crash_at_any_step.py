"""A space that crashes anywhere, over a store that fails, loses nothing it has acknowledged."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.space.hall.deeds import (
    AskQuestion,
    Deed,
    MarkAnswered,
    MuteOne,
    OpenQuestions,
    PassSpeaker,
    PickQuestion,
    ReleaseMicrophone,
    RequestMicrophone,
    SetAudioMode,
    TakeSpeaker,
    UnmuteOne,
)
from actors.store_hall import ReadStandings, SaveHall, Usage
from engine.refusal import Refused
from tests.actors.checks import check_everything
from tests.actors.hall.talkers import Meeting
from tests.actors.support import HARBOUR, Fault

STORY: tuple[tuple[str, str], ...] = (
    ("ada", "stage"), ("ada", "take"), ("bob", "request"), ("cay", "request"), ("ada", "pass"),
    ("mod", "mute"), ("bob", "release"), ("mod", "unmute"), ("mod", "open"), ("tom", "ask"),
    ("mod", "pick"), ("cay", "release"), ("mod", "answered"), ("bob", "request"),
    ("ada", "announcement"),
)  # fmt: skip


def deed_of(word: str, mics: tuple[str, str]) -> Deed:
    deeds: dict[str, Deed] = {
        "stage": SetAudioMode(audio_mode="stage"),
        "announcement": SetAudioMode(audio_mode="announcement"),
        "take": TakeSpeaker(),
        "pass": PassSpeaker(target_user="bob"),
        "request": RequestMicrophone(microphone_id=mics[0]),
        "release": ReleaseMicrophone(microphone_id=mics[0]),
        "mute": MuteOne(person="tom"),
        "unmute": UnmuteOne(person="tom"),
        "open": OpenQuestions(microphone_id=mics[1], title="t"),
        "ask": AskQuestion(text="why", key="k"),
        "pick": PickQuestion(),
        "answered": MarkAnswered(),
    }
    return deeds[word]


def told(meeting: Meeting, name: str) -> dict[str, Any]:
    """Return what somebody believes of the hall from the events they were sent."""
    belief: dict[str, Any] = {"mode": "ambient", "speaker": None, "holders": {}}
    for event, payload in meeting.people[name].inbox:
        match event:
            case "space-joined":
                audio = payload["audio"]
                holders = {one["id"]: one["holder"] for one in audio["microphones"]}
                belief = {
                    "mode": audio["audio_mode"],
                    "speaker": audio["current_speaker"],
                    "holders": {mic: one for mic, one in holders.items() if one is not None},
                }
            case "audio-mode-changed":
                belief["mode"] = payload["audio_mode"]
            case "speaker-role-granted":
                belief["speaker"] = payload["speaker"]
            case "speaker-role-passed":
                belief["speaker"] = payload["to_user"]
            case "speaker-role-released":
                belief["speaker"] = None
            case "microphone-taken":
                belief["holders"][payload["microphone_id"]] = payload["holder"]
            case "microphone-released":
                belief["holders"].pop(payload["microphone_id"], None)
    return belief


@given(
    crashes=st.lists(st.integers(1, 40), max_size=3),
    faults=st.lists(st.sampled_from([None, None, "err", "unknown"]), max_size=30),
    pauses=st.lists(st.integers(0, 12), min_size=len(STORY), max_size=len(STORY)),
    reply_us=st.sampled_from([0, 3_000, 70_000]),
)
@settings(max_examples=150, deadline=None)
def test_nothing_acknowledged_is_lost_and_everybody_believes_what_is_so(
    crashes: list[int], faults: list[Fault | None], pauses: list[int], reply_us: int
) -> None:
    """Issue 4: a crash of the space at any step; what is acknowledged survives."""
    meeting = Meeting("ada", "mod", "bob", "cay", "tom", reply_us=reply_us)
    mics = meeting.microphone(), meeting.microphone(required_permission="admin")
    world, left, when = meeting.world, list(faults), list(crashes)

    def fault(request: Any) -> Fault | None:
        return left.pop() if left and isinstance(request, SaveHall | ReadStandings) else None

    world.fault = fault
    answers = []
    for (name, word), pause in zip(STORY, pauses, strict=True):
        if when:
            world.crash(HARBOUR.address, at_delivery=when.pop())
        answers.append((word, name, meeting.start(name, deed_of(word, mics))))
        world.run(pause / 10)
    world.heal()
    world.run(15)

    turns = [row.key for row in world.memory.hall.of(HARBOUR, Usage)]
    assert len(set(turns)) == len(turns)
    said = {word: meeting.people[name].answer(ack) for word, name, ack in answers}
    for word, answer in said.items():
        assert isinstance(answer, dict | Refused), word
    for name in meeting.people:
        belief, hall = told(meeting, name), meeting.hall
        assert belief["mode"] == hall.config.audio_mode
        assert belief["speaker"] == hall.speaker
        assert belief["holders"] == {mic: usage.user_account for mic, usage in hall.holding.items()}
    if isinstance(said["announcement"], dict):
        assert meeting.hall.config.audio_mode == "announcement"
    if isinstance(said["ask"], dict):
        assert said["ask"]["question"]["number"] == 1
    assert meeting.hall == meeting.world.space(HARBOUR).hall.commits.decided  # type: ignore[union-attr]
    before = meeting.hall
    meeting.crash()
    for part in ("config", "turn", "mutes", "microphones", "holding", "waiting", "round"):
        assert getattr(meeting.hall, part) == getattr(before, part)
    world.run(5)
    check_everything(world, HARBOUR)


@pytest.mark.parametrize("at", range(1, 12))
def test_an_answer_that_was_given_holds_wherever_the_space_crashes_next(at: int) -> None:
    """The place in a queue, for one, whichever delivery is the last of the incarnation."""
    meeting = Meeting("ada", "bob", "cay")
    mic = meeting.microphone()
    meeting.do("bob", RequestMicrophone(microphone_id=mic))
    meeting.world.crash(HARBOUR.address, at_delivery=at)
    ack = meeting.start("cay", RequestMicrophone(microphone_id=mic))
    meeting.world.run(30)
    answer = meeting.people["cay"].answer(ack)
    if isinstance(answer, dict):
        assert (mic, "cay") in meeting.hall.waiting
    again = meeting.do("cay", RequestMicrophone(microphone_id=mic))

    assert again["position"] == 1
