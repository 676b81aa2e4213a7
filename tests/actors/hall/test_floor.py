"""Audio modes and the speaker, as people in a space meet them."""

from __future__ import annotations

import pytest

from actors.space.hall.deeds import (
    DeclineSpeaker,
    Deed,
    GrantSpeaker,
    MuteOne,
    PassSpeaker,
    ReleaseSpeaker,
    RequestMicrophone,
    RequestSpeaker,
    SetAudioMode,
    TakeSpeaker,
)
from actors.space.messages import ConnectionBack, ConnectionLost
from actors.store_hall import AudioConfig, SaveHall, SpeakerTurn
from tests.actors.hall.talkers import Meeting
from tests.actors.support import HARBOUR, Fault

FAULTS: tuple[Fault, ...] = ("err", "unknown")
STAGE = SetAudioMode(audio_mode="stage", reason="the talk begins")


def on_stage(*names: str) -> Meeting:
    meeting = Meeting("ada", *names)
    meeting.do("ada", STAGE)
    return meeting


def test_a_mode_change_reaches_everybody_with_its_reason_and_who_did_it() -> None:
    """WIRE 2.1 and SPEC 3: one event, and newcomers are shown the mode as it is."""
    meeting = Meeting("ada", "bob", "guest1")
    meeting.do("ada", SetAudioMode(audio_mode="announcement", range_mm=8_000, reason="keynote"))

    for name in ("ada", "bob", "guest1"):
        (told,) = meeting.heard(name, "audio-mode-changed")
        assert (told["audio_mode"], told["changed_by"]) == ("announcement", "ada")
        assert (told["reason"], told["spatial_audio_range_meters"]) == ("keynote", 8.0)
    late = meeting.join("cay")
    assert late.got("space-joined")[-1]["audio"]["audio_mode"] == "announcement"


@pytest.mark.parametrize("mode", ["loud", "", "Stage"])
def test_an_unknown_mode_is_refused_with_those_there_are(mode: str) -> None:
    """Issue 4: `audio_mode:'loud'` gets `valid_modes`, whoever asks."""
    meeting = Meeting("ada")

    refused = meeting.refused("ada", SetAudioMode(audio_mode=mode))

    assert (refused.code, refused.field) == ("bad_audio_mode", "audio_mode")
    assert refused.details["valid_modes"] == ["announcement", "stage", "ambient", "superambient"]
    assert meeting.hall.config.audio_mode == "ambient"


@pytest.mark.parametrize(
    ("name", "code"), [("guest1", "guests_listen_only"), ("bob", "not_permitted"),
                       ("mod", "not_permitted")]
)  # fmt: skip
def test_only_administrators_change_the_mode(name: str, code: str) -> None:
    """SPEC 4: with a reason, and nothing changes."""
    meeting = Meeting("ada", name)

    assert meeting.refused(name, STAGE).code == code
    assert meeting.hall.config == AudioConfig()
    assert meeting.heard("ada", "audio-mode-changed") == []


def test_a_moderator_takes_the_free_role_and_others_wait_for_a_grant() -> None:
    """SPEC 3: request, then grant; only moderators hear of the request."""
    meeting = on_stage("mod", "bob", "cay")

    assert meeting.do("bob", RequestSpeaker()) == {"granted": False, "position": 1}
    assert meeting.do("bob", RequestSpeaker()) == {"granted": False, "position": 1}
    assert meeting.do("cay", RequestSpeaker()) == {"granted": False, "position": 2}
    assert [one["user"] for one in meeting.heard("mod", "speaker-requested")] == ["bob", "cay"]
    assert [one["user"] for one in meeting.heard("cay", "speaker-requested")] == ["cay"]
    meeting.do("mod", GrantSpeaker(target_user="cay"))

    assert meeting.heard("bob", "speaker-role-granted") == [{"speaker": "cay"}]
    assert meeting.hall.config.speaker_requests == ("bob",)
    assert meeting.refused("mod", GrantSpeaker(target_user="bob")).code == "speaker_taken"
    meeting.do("bob", DeclineSpeaker(target_user="bob"))
    assert not meeting.hall.with_roles() - {"cay"}
    meeting.do("cay", ReleaseSpeaker())
    assert meeting.do("mod", RequestSpeaker())["granted"]


def test_the_role_is_passed_taken_over_and_released() -> None:
    """WIRE 2.1: each with its event, and a row of audio_sessions for each turn."""
    meeting = on_stage("mod", "bob")
    meeting.do("mod", RequestSpeaker())
    meeting.do("mod", PassSpeaker(target_user="bob"))
    meeting.world.run(3)
    assert meeting.refused("mod", PassSpeaker(target_user="mod")).code == "not_speaker"
    meeting.do("ada", TakeSpeaker())
    meeting.do("ada", ReleaseSpeaker())

    assert meeting.heard("bob", "speaker-role-passed") == [
        {"from_user": "mod", "to_user": "bob", "taken": False},
        {"from_user": "bob", "to_user": "ada", "taken": True},
    ]
    assert meeting.heard("mod", "speaker-role-released") == [
        {"speaker": "ada", "reason": "released", "by": "ada"}
    ]
    turns = meeting.world.memory.hall.of(HARBOUR, SpeakerTurn)
    assert {one.listener_count for one in turns} == {2}
    assert [(one.user_account, one.passed_to, one.duration_seconds) for one in turns] == [
        ("mod", "bob", 0), ("bob", "ada", 3), ("ada", None, 0),
    ]  # fmt: skip


@pytest.mark.parametrize("mode", ["ambient", "superambient"])
def test_ambient_modes_have_no_speaker(mode: str) -> None:
    """SPEC 3: the role ends with the mode that has one, in the same step."""
    meeting = on_stage("bob")
    meeting.do("ada", TakeSpeaker())
    meeting.do("bob", RequestSpeaker())
    meeting.do("ada", SetAudioMode(audio_mode=mode))

    assert meeting.hall.speaker is None
    assert meeting.hall.config.speaker_requests == ()
    assert meeting.heard("bob", "speaker-role-released")[0]["reason"] == "mode changed"
    for deed in (RequestSpeaker(), TakeSpeaker(), GrantSpeaker(target_user="bob")):
        assert meeting.refused("ada", deed).code == "no_speaker_in_mode"


def test_a_mode_change_can_name_the_speaker() -> None:
    """WIRE 1.6: `current_speaker` in the request."""
    meeting = Meeting("ada", "bob")
    meeting.do("ada", SetAudioMode(audio_mode="stage", current_speaker="bob"))

    assert meeting.hall.speaker == "bob"
    named = SetAudioMode(audio_mode="stage", current_speaker="nobody")
    assert meeting.refused("ada", named).code == "person_not_here"
    silent = SetAudioMode(audio_mode="ambient", current_speaker="bob")
    assert meeting.refused("ada", silent).field == "current_speaker"


@pytest.mark.parametrize(
    ("target", "code"),
    [("guest:guest1", "guests_listen_only"), ("nobody", "person_not_here"), ("bob", "muted")],
)
def test_only_present_unmuted_accounts_can_be_given_the_role(target: str, code: str) -> None:
    """SPEC 4: guests listen, and who is muted would be a speaker nobody hears."""
    meeting = on_stage("bob", "guest1")
    meeting.do("ada", MuteOne(person="bob"))

    assert meeting.refused("ada", GrantSpeaker(target_user=target)).code == code


def test_a_speaker_who_drops_keeps_the_role_for_the_grace_and_no_longer() -> None:
    """SPEC 3: ten seconds; back in time, nothing happened."""
    meeting = on_stage("bob", "cay")
    meeting.do("ada", GrantSpeaker(target_user="bob"))
    for away_s, kept in ((9, True), (9.5, True), (11, False)):
        meeting.people["bob"].disconnect()
        meeting.world.run(away_s)
        assert (meeting.hall.speaker == "bob") is kept
        meeting.join("bob")
    meeting.world.run(20)

    assert meeting.hall.speaker is None
    assert meeting.heard("cay", "speaker-role-released") == [
        {"speaker": "bob", "reason": "connection lost", "by": None}
    ]


def lost(meeting: Meeting, name: str, kind: type[ConnectionLost | ConnectionBack]) -> None:
    client = meeting.people[name]
    assert client.session is not None
    message = kind(socket_id=client.socket_id, life=client.session.where.life)
    meeting.world.core.tell(HARBOUR.address, message)


def test_the_grace_begins_when_the_connection_is_lost_and_not_when_the_body_goes() -> None:
    """A session may wait longer for its client than ten seconds; the role does not."""
    meeting = on_stage("bob", "cay")
    meeting.do("ada", GrantSpeaker(target_user="bob"))
    lost(meeting, "bob", ConnectionLost)
    meeting.world.run(6)
    lost(meeting, "bob", ConnectionBack)
    meeting.world.run(6)
    lost(meeting, "bob", ConnectionLost)
    meeting.world.run(9)
    assert meeting.hall.speaker == "bob"
    meeting.people["bob"].disconnect()
    meeting.world.run(1.5)

    assert meeting.hall.speaker != "bob"
    assert len(meeting.heard("cay", "speaker-role-released")) == 1


def test_the_grace_of_a_role_is_shorter_than_that_of_a_body() -> None:
    """A session that waits half a minute for its client says at once that it waits."""
    meeting = on_stage("bob", "cay")
    meeting.do("ada", GrantSpeaker(target_user="bob"))
    bob = meeting.people["bob"]
    for away_s, kept in ((9.5, True), (11, False)):
        bob.drop()
        meeting.world.run(away_s)
        assert (meeting.hall.speaker == "bob") is kept
        bob.resume()
        meeting.world.run(1)
        assert meeting.people["cay"].left() == []


def test_a_space_that_crashes_meanwhile_learns_who_is_waited_for() -> None:
    """Who re-enters without a client has the grace from then on, and no longer."""
    meeting = on_stage("bob")
    meeting.do("ada", GrantSpeaker(target_user="bob"))
    meeting.people["bob"].drop()
    meeting.world.run(5)
    meeting.crash()
    meeting.world.run(8)
    assert meeting.hall.speaker == "bob"
    meeting.world.run(3)

    assert meeting.hall.speaker != "bob"


def test_another_connection_of_the_same_person_keeps_the_role() -> None:
    """Roles belong to people: the grace begins with the last connection that is lost."""
    meeting = on_stage("bob")
    meeting.do("ada", GrantSpeaker(target_user="bob"))
    first = meeting.people["bob"]
    meeting.join("bob")
    lost(meeting, "bob", ConnectionLost)
    meeting.world.run(15)
    assert meeting.hall.speaker == "bob"
    first.leave()
    meeting.world.run(9)
    assert meeting.hall.speaker == "bob"
    meeting.world.run(2)
    assert meeting.hall.speaker != "bob"


def test_who_is_given_a_role_while_away_has_the_grace_from_then_on() -> None:
    """A body that nobody attends to does not keep a role for good."""
    meeting = on_stage("bob")
    lost(meeting, "bob", ConnectionLost)
    meeting.world.run(1)
    meeting.do("ada", GrantSpeaker(target_user="bob"))
    meeting.world.run(9)
    assert meeting.hall.speaker == "bob"
    meeting.world.run(2)

    assert meeting.hall.speaker != "bob"


def test_a_connection_of_an_earlier_life_says_nothing_about_this_one() -> None:
    """What was queued behind a rejoin is late."""
    meeting = on_stage("bob")
    meeting.do("ada", GrantSpeaker(target_user="bob"))
    message = ConnectionLost(socket_id=meeting.people["bob"].socket_id, life=0)
    meeting.world.core.tell(HARBOUR.address, message)
    meeting.world.run(30)

    assert meeting.hall.speaker == "bob"


def test_another_timer_does_not_cut_a_grace_short() -> None:
    """What is due is told apart by when it is due, not by what woke the space."""
    meeting = on_stage("bob", "cay")
    mic = meeting.microphone(time_limit_seconds=60)
    meeting.do("bob", RequestMicrophone(microphone_id=mic))
    meeting.do("ada", GrantSpeaker(target_user="cay"))
    meeting.world.run(44)
    meeting.people["cay"].disconnect()
    meeting.world.run(9)

    assert len(meeting.heard("bob", "microphone-ending")) == 1
    assert meeting.hall.speaker == "cay"


def test_a_speaker_who_leaves_gives_the_role_up_at_once() -> None:
    """The grace is for lost connections only."""
    meeting = on_stage("bob")
    meeting.do("ada", GrantSpeaker(target_user="bob"))
    meeting.people["bob"].leave()
    meeting.world.run(0.5)

    assert meeting.hall.speaker is None


def test_a_second_tab_keeps_the_role() -> None:
    """Roles belong to people, not to sockets."""
    meeting = on_stage("bob")
    first = meeting.people["bob"]
    meeting.do("ada", GrantSpeaker(target_user="bob"))
    meeting.join("bob")
    first.disconnect()
    meeting.world.run(30)

    assert meeting.hall.speaker == "bob"


def test_mode_and_speaker_survive_a_crash_of_the_space_and_of_the_server() -> None:
    """Issue 4: durable; after a restart the speaker has the grace to be back."""
    meeting = on_stage("bob")
    meeting.do("ada", GrantSpeaker(target_user="bob"))
    meeting.crash()
    assert (meeting.hall.config.audio_mode, meeting.hall.speaker) == ("stage", "bob")
    meeting.world.run(20)
    assert meeting.hall.speaker == "bob"

    after = Meeting(memory=meeting.world.memory)
    after.join("ada")
    assert after.hall.speaker == "bob"
    after.world.run(11)
    assert after.hall.config.audio_mode == "stage"
    assert after.hall.turn is None


@pytest.mark.parametrize("fault", FAULTS)
def test_nothing_is_told_before_it_is_durable(fault: Fault) -> None:
    """SPEC, everywhere: what is acknowledged survives; a store that fails delays the answer."""
    meeting = on_stage("bob")
    meeting.world.fault = lambda request: fault if isinstance(request, SaveHall) else None
    ack = meeting.start("ada", TakeSpeaker())
    meeting.world.run(2.5)
    assert meeting.people["ada"].answers.get(ack) is None
    assert meeting.heard("bob", "speaker-role-granted") == []
    meeting.world.heal()
    meeting.world.run(2)

    assert meeting.people["ada"].answer(ack) == {"speaker": "ada"}
    assert meeting.heard("bob", "speaker-role-granted") == [{"speaker": "ada"}]


@pytest.mark.parametrize("deed", [RequestSpeaker(), TakeSpeaker(), ReleaseSpeaker()])
def test_who_is_in_no_space_has_no_floor(deed: Deed) -> None:
    """SPEC 1: only a body in the space acts in it."""
    meeting = on_stage("bob")
    meeting.people["bob"].leave()
    meeting.world.run(0.5)

    assert meeting.refused("bob", deed).code == "not_in_space"
