"""Moderators at work: what they do holds, is told, and is written down."""

from __future__ import annotations

from typing import Any

import pytest

from actors.person import Person
from actors.space.hall.deeds import (
    BanPerson,
    Deed,
    Kick,
    MuteAll,
    MuteOne,
    RequestMicrophone,
    RequestSpeaker,
    SetAudioMode,
    ShowBans,
    TakeSpeaker,
    Unban,
    UnmuteAll,
    UnmuteOne,
)
from actors.space.messages import Admit, Say
from engine.refusal import Refused
from tests.actors.checks import check_everything
from tests.actors.hall.talkers import Meeting
from tests.actors.support import HARBOUR


def speaks(meeting: Meeting, name: str) -> bool:
    space = meeting.world.space(HARBOUR)
    assert space is not None
    hall = space.hall
    return hall.people.abilities(name, meeting.hall, meeting.world.core.now_us).speak


def audit(meeting: Meeting) -> list[tuple[str, str | None, Any]]:
    return [
        (one.action, one.account, one.details.get("person"))
        for one in meeting.world.memory.audit
        if "space" not in one.action
    ]


@pytest.mark.parametrize("target", ["bob", "guest:guest1"])
def test_a_muted_person_is_silent_until_unmuted(target: str) -> None:
    """Issue 4: mute one, guests too; told to them and to moderators, with an audit row."""
    meeting = Meeting("mod", "bob", "guest1", "cay")
    meeting.do("mod", MuteOne(person=target))
    assert not speaks(meeting, target)
    name = target.removeprefix("guest:")
    assert meeting.refused(name, UnmuteOne(person=target)).code == "unmute_locked"
    meeting.do("mod", UnmuteOne(person=target))

    assert speaks(meeting, target)
    for told in (name, "mod"):
        assert meeting.heard(told, "user-muted") == [{"user": target, "by": "mod", "locked": True}]
        assert meeting.heard(told, "user-unmuted") == [{"user": target, "by": "mod"}]
    assert meeting.heard("cay", "user-muted") == []
    assert audit(meeting) == [("mute", "mod", target), ("unmute", "mod", target)]


def test_an_unlocked_mute_may_be_lifted_by_oneself_alone() -> None:
    """A gentle mute asks; only a locked one holds."""
    meeting = Meeting("mod", "bob", "cay")
    meeting.do("mod", MuteOne(person="bob", locked=False))
    assert meeting.refused("cay", UnmuteOne(person="bob")).code == "not_permitted"
    meeting.do("bob", UnmuteOne(person="bob"))

    assert speaks(meeting, "bob")


def test_mute_all_holds_for_newcomers_and_not_for_who_has_the_floor() -> None:
    """REALTIME 3: mute-all that holds, with unmuting locked, through a crash too."""
    meeting = Meeting("ada", "mod", "bob", "guest1")
    meeting.do("mod", MuteAll(locked=True))
    meeting.join("cay")
    meeting.crash()
    for name in ("bob", "guest:guest1", "cay"):
        assert not speaks(meeting, name)
    assert speaks(meeting, "mod")
    assert meeting.refused("bob", UnmuteOne(person="bob")).code == "unmute_locked"
    mic = meeting.microphone()
    meeting.do("bob", RequestMicrophone(microphone_id=mic))
    assert speaks(meeting, "bob")
    meeting.do("mod", UnmuteOne(person="cay"))
    assert speaks(meeting, "cay")
    assert not speaks(meeting, "guest:guest1")
    meeting.do("mod", UnmuteAll())

    assert speaks(meeting, "guest:guest1")
    assert meeting.heard("guest1", "all-unmuted") == [{"by": "mod"}]


def test_after_an_open_mute_all_people_unmute_themselves() -> None:
    """Locked or not is the moderator's choice."""
    meeting = Meeting("mod", "bob", "cay")
    meeting.do("mod", MuteAll(locked=False))
    meeting.do("bob", UnmuteOne(person="bob"))

    assert speaks(meeting, "bob")
    assert not speaks(meeting, "cay")


def test_a_kicked_person_is_out_and_may_come_back() -> None:
    """Told why and by whom; roles end at once."""
    meeting = Meeting("ada", "mod", "bob", "cay")
    mic = meeting.microphone()
    meeting.do("bob", RequestMicrophone(microphone_id=mic))
    meeting.do("mod", Kick(person="bob", reason="shouting"))
    meeting.world.run(0.5)

    (told,) = meeting.heard("bob", "removed-from-space")
    assert (told["reason"], told["by"], told["text"]) == ("kicked", "mod", "shouting")
    bob = meeting.people["bob"]
    assert bob.space is None
    assert bob.connected
    assert meeting.people["cay"].left() == [bob.socket_id]
    assert not meeting.hall.holding
    joined = bob.join(HARBOUR)
    meeting.world.run(1)
    assert isinstance(bob.answer(joined), dict)
    check_everything(meeting.world, HARBOUR)


def test_a_ban_keeps_out_of_everything_until_it_is_over() -> None:
    """Socket, HTTP and chat alike; it outlives a crash, and ends by itself or by a moderator."""
    meeting = Meeting("mod", "bob", "cay")
    assert meeting.do("mod", BanPerson(person="bob", duration_us=60_000_000))["until"]
    meeting.world.run(0.5)
    bob, person = meeting.people["bob"], Person(account="bob")
    assert bob.space is None
    meeting.crash()
    refused = bob.join(HARBOUR)
    meeting.world.run(1)
    assert bob.code(refused) == "banned"
    for message in (
        Admit(person=person),
        Say(socket_id=None, person=person, content="hi", key="k"),
    ):
        answer = meeting.world.ask(HARBOUR.address, message)
        assert isinstance(answer, Refused)
        assert answer.code == "banned"
    meeting.world.run(60)
    joined = bob.join(HARBOUR)
    meeting.world.run(1)
    assert isinstance(bob.answer(joined), dict)
    meeting.do("mod", BanPerson(person="bob"))
    meeting.do("mod", Unban(person="bob"))
    meeting.world.run(0.5)
    meeting.join("bob")
    assert meeting.people["bob"].space == HARBOUR
    assert [one[0] for one in audit(meeting)] == ["ban", "ban", "unban"]


def test_a_ban_that_was_durable_when_the_space_crashed_holds() -> None:
    """Whoever was to be put out does not slip back in with those who re-enter."""
    meeting = Meeting("mod", "bob")
    meeting.start("mod", BanPerson(person="bob"))
    meeting.world.crash(HARBOUR.address, at_delivery=3)
    meeting.world.run(5)

    assert "bob" in meeting.hall.bans
    assert [one.split("-")[0] for one in meeting.world.roster(HARBOUR)] == ["mod"]


def test_moderators_see_who_is_banned_and_nobody_else_does() -> None:
    """Who was banned is nobody's business but theirs who may end it; a ban that is over is none."""
    meeting = Meeting("mod", "bob", "cay")
    meeting.do("mod", BanPerson(person="guest:g1", reason="noise", duration_us=60_000_000))
    meeting.do("mod", BanPerson(person="cay"))
    bans = meeting.do("mod", ShowBans())["bans"]
    assert [(one["user"], one["by"], one["reason"]) for one in bans] == [
        ("cay", "mod", None), ("guest:g1", "mod", "noise"),
    ]  # fmt: skip
    assert bans[0]["until"] is None
    assert bans[1]["until"] > bans[1]["since"]
    assert meeting.refused("bob", ShowBans()).code == "not_permitted"

    meeting.do("mod", Unban(person="cay"))
    meeting.world.run(61)
    assert meeting.do("mod", ShowBans()) == {"bans": []}


def test_who_comes_later_is_shown_what_concerns_them() -> None:
    """Requests and mutes were told once; newcomers read them, each what is theirs to know."""
    meeting = Meeting("mod", "bob", "cay")
    meeting.join("ada")
    meeting.do("ada", SetAudioMode(audio_mode="stage"))
    microphone = meeting.microphone()
    meeting.do("ada", RequestMicrophone(microphone_id=microphone))
    meeting.do("bob", RequestMicrophone(microphone_id=microphone))
    meeting.do("bob", RequestSpeaker())
    meeting.do("mod", MuteOne(person="cay", locked=False))
    shown = {}
    for name in ("ada", "bob", "cay"):
        meeting.people[name].disconnect()
        meeting.join(name)
        (joined,) = meeting.people[name].got("space-joined")
        shown[name] = joined["audio"]

    muted = [{"user": "cay", "by": "mod", "locked": False}]
    assert [shown[name]["mutes"] for name in ("ada", "bob", "cay")] == [muted, [], muted]
    requests = [shown[name]["speaker_requests"] for name in ("ada", "bob", "cay")]
    assert requests == [["bob"], ["bob"], []]
    places = [shown[name]["microphones"][0]["position"] for name in ("ada", "bob", "cay")]
    assert places == [None, 1, None]


def test_moderators_do_nothing_to_each_other_or_to_administrators() -> None:
    """Only somebody higher may."""
    meeting = Meeting("ada", "mod", "bob")
    deeds: list[Deed] = [
        MuteOne(person="ada"), Kick(person="ada"), BanPerson(person="ada"), MuteOne(person="mod"),
    ]  # fmt: skip
    for deed in deeds:
        assert meeting.refused("mod", deed).code == "not_permitted"
    meeting.do("ada", MuteOne(person="mod"))


@pytest.mark.parametrize(
    ("name", "code"), [("bob", "not_permitted"), ("guest1", "guests_listen_only")]
)
@pytest.mark.parametrize(
    "deed",
    [
        MuteOne(person="cay"), MuteAll(), UnmuteAll(), Kick(person="cay"), BanPerson(person="cay"),
        Unban(person="cay"), TakeSpeaker(), SetAudioMode(audio_mode="stage"),
    ],
)  # fmt: skip
def test_others_do_not_moderate(name: str, code: str, deed: Deed) -> None:
    """Issue 4: 401 or 403 with a reason; nothing changes."""
    meeting = Meeting("cay", name)
    before = meeting.hall

    assert meeting.refused(name, deed).code == code
    assert meeting.hall is before


def test_a_person_is_also_named_by_a_socket() -> None:
    """Guests have no account to name."""
    meeting = Meeting("mod", "guest1")
    socket_id = meeting.people["guest1"].socket_id
    meeting.do("mod", MuteOne(person=f"socket:{socket_id}"))

    assert list(meeting.hall.mutes) == ["guest:guest1"]
    assert meeting.refused("mod", Kick(person="socket:nobody")).code == "person_not_here"
