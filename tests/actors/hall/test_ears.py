"""Who hears whom, as the people in a space are told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from actors.person import Person
from actors.space.hall.deeds import (
    BarOne,
    CalculateConnections,
    CreateMicrophone,
    Deed,
    Look,
    MuteAll,
    MuteOne,
    ReleaseMicrophone,
    ReleaseSpeaker,
    RequestMicrophone,
    SetAudioMode,
    ShowConnections,
    TakeSpeaker,
    UnbarOne,
    UnmuteAll,
    UnmuteOne,
)
from actors.space.hall.messages import Act, ReloadStandings
from actors.space.hearing import ears
from actors.space.hearing.ears import Ears, Listen
from actors.store_hall import Bar, SaveHall, StandingRow
from engine.outcome import Ok
from engine.refusal import Refused
from tests.actors.hall.talkers import Meeting
from tests.actors.support import HARBOUR, LOBBY, World

UPDATE = "spatial-connections-updated"
TICK_S = 1 / 5


class Standing(Meeting):
    """A meeting whose people stand on a line, metres along x."""

    def __init__(self, **places_m: float | None) -> None:
        super().__init__(*places_m)
        self.stand(**{name: x for name, x in places_m.items() if x is not None})

    def stand(self, **places_m: float) -> None:
        for name, x in places_m.items():
            self.people[name].move(position={"x": x, "y": 1.6, "z": 0})
        self.world.run(3 * TICK_S)

    def do(self, name: str, deed: Deed | Look) -> dict[str, Any]:
        answer = super().do(name, deed)
        self.world.run(2 * TICK_S)
        return answer

    def mode(self, mode: str, **fields: Any) -> None:
        self.do("ada", SetAudioMode(audio_mode=mode, **fields))

    def hears(self, name: str) -> dict[str, str]:
        """Return the kind of each link of somebody, by the other's name."""
        for client in self.people.values():
            assert client.complaints == []
        names = {client.socket_id: one for one, client in self.people.items()}
        return {names[one]: kind for one, kind in self.people[name].links.items()}

    def forget(self) -> None:
        for client in self.people.values():
            client.inbox.clear()


def test_people_hear_who_comes_near_until_they_are_a_tenth_out_of_range() -> None:
    """SPEC 3: made within 5 m, kept to 5.5; each is told of their own links only."""
    meeting = Standing(ada=0.0, bob=6.0, cay=100.0)
    assert meeting.hears("ada") == {}
    meeting.forget()
    meeting.stand(bob=3.0)

    (told,) = meeting.people["ada"].got(UPDATE)
    bob = meeting.people["bob"].socket_id
    assert told.pop("timestamp")
    assert told == {
        "connections": [
            {"socketId": bob, "userAccount": "bob", "kind": "nearby", "gain": 0.5, "pan": 1.0}
        ],
        "ended": [],
        "audio_mode": "ambient",
        "resync": False,
    }
    assert meeting.hears("bob") == {"ada": "nearby"}
    assert meeting.people["cay"].got(UPDATE) == []
    meeting.stand(bob=5.4)
    assert meeting.hears("ada") == {"bob": "nearby"}
    meeting.stand(bob=5.6)
    assert meeting.hears("ada") == meeting.hears("bob") == {}


def test_walking_about_within_a_link_is_no_news() -> None:
    """Clients place voices themselves; what they can compute is not sent."""
    meeting = Standing(ada=0.0, bob=2.0)
    meeting.forget()
    for step in range(20):
        meeting.stand(bob=2.0 + step / 10)

    assert meeting.people["ada"].got(UPDATE) == []


def test_a_crowds_steps_count_less_often_than_what_people_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From so many people on every second period; who is muted falls silent within one."""
    monkeypatch.setattr(Ears, "_is_small", False)
    meeting = Standing(ada=0.0, bob=100.0, cay=1.0)
    space = meeting.world.space(HARBOUR)
    assert space is not None
    listening = space.hall.ears

    def answers() -> int:
        count = 0
        for step in range(20):
            before = listening._next_us
            meeting.people["bob"].move(position={"x": 100.0 + step, "y": 1.6, "z": 0})
            meeting.world.run(TICK_S)
            count += listening._next_us != before
        return count

    assert answers() >= 19
    monkeypatch.setattr(ears, "CROWD", 3)
    assert 9 <= answers() <= 10
    meeting.forget()
    meeting.start("ada", MuteOne(person="cay"))
    meeting.world.run(TICK_S)
    assert meeting.people["ada"].got(UPDATE)


def test_a_quiet_space_does_not_listen() -> None:
    """Nothing changes, so nothing is computed; the same pose again is no change."""
    meeting = Standing(ada=0.0, bob=2.0)
    space = meeting.world.space(HARBOUR)
    assert space is not None
    relation = space.hall.ears.rule.relation
    for _ in range(10):
        meeting.stand(bob=2.0)

    assert space.hall.ears.rule.relation is relation


def test_in_announcement_everybody_hears_exactly_the_speaker() -> None:
    """SPEC 3, however near others stand; the speaker hears nobody."""
    meeting = Standing(ada=0.0, bob=1.0, cay=2.0, guest1=500.0)
    meeting.mode("announcement", current_speaker="bob")

    for name in ("ada", "cay", "guest1"):
        assert meeting.hears(name) == {"bob": "speaker"}
    assert meeting.hears("bob") == {}
    meeting.do("ada", TakeSpeaker())
    assert meeting.hears("bob") == meeting.hears("cay") == {"ada": "speaker"}
    meeting.do("ada", ReleaseSpeaker())
    assert [meeting.hears(name) for name in ("ada", "bob", "cay")] == [{}, {}, {}]


def test_a_mode_switch_is_one_whole_set_for_each_after_its_event() -> None:
    """No update mixes two modes: it names one, and replaces what was heard before."""
    meeting = Standing(ada=0.0, bob=1.0, cay=2.0)
    meeting.forget()
    meeting.mode("stage", current_speaker="cay")

    for name in ("ada", "bob", "cay"):
        events = [event for event, _ in meeting.people[name].inbox]
        assert events.index("audio-mode-changed") < events.index(UPDATE)
        (told,) = meeting.people[name].got(UPDATE)
        assert (told["audio_mode"], told["resync"]) == ("stage", True)
    assert meeting.hears("ada") == {"bob": "nearby", "cay": "speaker"}
    assert meeting.hears("cay") == {"ada": "nearby", "bob": "nearby"}


def test_a_mode_switch_is_heard_within_a_tick_by_all() -> None:
    """Issue 4; those who hear the same are sent the same bytes."""
    names = {f"p{number}": number * 20.0 for number in range(30)}
    meeting = Standing(ada=-100.0, **names)
    meeting.world.run(2 * TICK_S)
    meeting.forget()
    meeting.start("ada", SetAudioMode(audio_mode="announcement", current_speaker="ada"))
    meeting.world.run(0.01)

    updates = [meeting.people[name].got(UPDATE) for name in names]
    assert all(update is updates[0][0] for (update,) in updates)
    assert meeting.people["ada"].got(UPDATE) == []


def test_nobody_is_alone_in_super_ambient_guests_neither() -> None:
    """SPEC 3: partners wherever they stand, mutual, and newcomers within a tick."""
    meeting = Standing(ada=0.0, bob=None, guest1=900.0)
    meeting.mode("superambient", superambient_neighbor_count=1)
    meeting.join("cay")
    meeting.world.run(TICK_S)

    heard = {name: set(meeting.hears(name)) for name in meeting.people}
    assert all(heard.values())
    assert all(name in heard[other] for name in heard for other in heard[name])
    assert {kind for name in heard for kind in meeting.hears(name).values()} == {"partner"}


def test_who_is_muted_is_heard_by_nobody_and_hears() -> None:
    """By name or with everybody; moderators and who has the floor go on."""
    meeting = Standing(ada=0.0, mod=1.0, bob=2.0)
    meeting.do("mod", MuteOne(person="bob"))
    assert meeting.hears("ada") == {"mod": "nearby"}
    assert meeting.hears("bob") == {"ada": "nearby", "mod": "nearby"}
    meeting.do("mod", UnmuteOne(person="bob"))
    assert meeting.hears("ada") == {"mod": "nearby", "bob": "nearby"}
    microphone = meeting.microphone()
    meeting.do("mod", MuteAll())
    assert meeting.hears("ada") == {"mod": "nearby"}
    meeting.do("bob", RequestMicrophone(microphone_id=microphone))
    assert meeting.hears("ada") == {"mod": "nearby", "bob": "microphone"}
    meeting.do("bob", ReleaseMicrophone(microphone_id=microphone))
    assert meeting.hears("ada") == {"mod": "nearby"}
    meeting.do("mod", UnmuteAll())
    assert meeting.hears("ada") == {"mod": "nearby", "bob": "nearby"}


def test_own_mutes_are_one_way_and_blocks_go_both_ways() -> None:
    """SPEC 3, for guests too; who is barred is told nothing of it."""
    meeting = Standing(ada=0.0, bob=1.0, guest1=2.0)
    answer = meeting.do("guest1", BarOne(person="bob"))
    assert answer == {"muted_people": ["bob"], "blocked_people": []}
    assert meeting.hears("guest1") == {"ada": "nearby"}
    assert meeting.hears("bob") == {"ada": "nearby", "guest1": "nearby"}
    meeting.do("bob", BarOne(person="ada", blocks=True))
    assert meeting.hears("bob") == {"guest1": "nearby"}
    assert meeting.hears("ada") == {"guest1": "nearby"}
    assert meeting.people["ada"].got("muted-people-changed") == []
    meeting.do("bob", UnbarOne(person="ada"))
    assert set(meeting.hears("bob")) == {"ada", "guest1"}
    meeting.mode("superambient", superambient_neighbor_count=2)
    assert "bob" not in meeting.hears("guest1")
    assert meeting.refused("bob", BarOne(person="bob")).field == "target_user"
    assert meeting.refused("bob", BarOne(person="zed")).code == "person_not_here"


def test_what_people_barred_survives_a_crash_and_is_shown_to_themselves() -> None:
    """Acknowledged, so durable: `space-joined` names it."""
    meeting = Standing(ada=0.0, bob=1.0)
    meeting.do("bob", BarOne(person="ada", blocks=True))
    meeting.crash()
    meeting.world.run(1)

    assert meeting.hears("bob") == meeting.hears("ada") == {}
    shown = meeting.people["bob"].got("space-joined")[-1]["audio"]
    assert (shown["muted_people"], shown["blocked_people"]) == ([], ["ada"])
    assert meeting.people["ada"].got("space-joined")[-1]["audio"]["blocked_people"] == []


def test_nobody_bars_more_than_a_space_keeps() -> None:
    """A bound with its reason, said in the refusal."""
    meeting = Meeting()
    bars = [
        Bar(person="ada", target=f"p{number}", blocks=False, barred_at_us=0)
        for number in range(100)
    ]
    meeting.world.memory.hall.save(
        SaveHall(actor=HARBOUR.address, epoch=0, space=HARBOUR, put=tuple(bars))
    )
    for name in ("ada", "bob", "p7"):
        meeting.join(name)

    refused = meeting.refused("ada", BarOne(person="bob"))
    assert (refused.code, refused.details) == ("too_many_bars", {"bars_max": 100})
    assert meeting.do("ada", BarOne(person="p7", blocks=True))["blocked_people"] == ["p7"]
    assert meeting.do("bob", BarOne(person="ada"))["muted_people"] == ["ada"]


def test_a_person_with_two_connections_does_not_hear_themself() -> None:
    """Never oneself; as speaker they speak with the body whose microphone is open."""
    meeting = Standing(ada=0.0, bob=1.0)
    first = meeting.people["bob"]
    second = meeting.join("bob")
    meeting.stand(bob=1.5)
    assert meeting.hears("bob") == {"ada": "nearby"}
    meeting.people["first"] = first
    assert set(meeting.hears("ada")) == {"first", "bob"}
    meeting.mode("announcement", current_speaker="bob")
    assert meeting.hears("ada") == {"first": "speaker"}
    second.move(voice_enabled=True)
    meeting.world.run(2 * TICK_S)
    assert meeting.hears("ada") == {"bob": "speaker"}
    assert meeting.hears("first") == {}


def test_microphones_are_heard_as_they_broadcast() -> None:
    """SPEC 4, on top of the nearest; the loudest way of several."""
    meeting = Standing(ada=0.0, bob=3.0, cay=100.0)
    made = {
        mode: meeting.do("ada", CreateMicrophone(microphone_name=mode, broadcast_mode=mode))
        for mode in ("spatial_only", "mixed", "full_volume")
    }
    for mode, far in (("spatial_only", None), ("mixed", 0.5), ("full_volume", 1.0)):
        meeting.forget()
        microphone = made[mode]["microphone"]["id"]
        meeting.do("bob", RequestMicrophone(microphone_id=microphone))
        (link,) = meeting.people["ada"].got(UPDATE)[-1]["connections"]
        assert (link["kind"], link["broadcast_mode"]) == ("microphone", mode)
        told = [
            one["gain"] for up in meeting.people["cay"].got(UPDATE) for one in up["connections"]
        ]
        assert told == ([] if far is None else [far])


def test_after_a_crash_everybody_is_told_all_they_hear() -> None:
    """The relation is found anew from what is durable, and replaces what clients knew."""
    meeting = Standing(ada=0.0, bob=1.0, cay=2.0, guest1=300.0)
    meeting.mode("stage", current_speaker="cay")
    before = {name: meeting.hears(name) for name in meeting.people}
    meeting.forget()
    meeting.crash()
    meeting.world.run(2)

    for name in meeting.people:
        whole = meeting.people[name].got(UPDATE)[0]
        assert whole["resync"]
        assert meeting.hears(name) == before[name]


def test_who_hears_nobody_is_told_so_after_a_crash() -> None:
    """Their client may remember links that ended while the space was down."""
    meeting = Standing(ada=0.0, bob=100.0)
    meeting.forget()
    meeting.crash()
    meeting.world.run(2)

    (whole,) = meeting.people["bob"].got(UPDATE)
    assert (whole["resync"], whole["connections"]) == (True, [])


def test_a_standing_that_changes_is_heard_without_reconnecting() -> None:
    """SPEC 4: while all are muted, whoever becomes a moderator speaks."""
    meeting = Standing(ada=0.0, bob=1.0)
    meeting.do("ada", MuteAll())
    assert meeting.hears("ada") == {}
    row = StandingRow(account="bob", permissions=("moderate",))
    meeting.world.memory.hall.standings[HARBOUR.type, HARBOUR.id, "bob"] = row
    meeting.world.core.tell(HARBOUR.address, ReloadStandings(accounts=("bob",)))
    meeting.world.run(1)

    assert meeting.hears("ada") == {"bob": "nearby"}


def test_whoever_takes_a_row_of_another_inherits_nothing() -> None:
    """One leaves and another comes between two ticks: a new link, not the old one."""
    meeting = Standing(ada=0.0, bob=1.0)
    meeting.people["bob"].leave()
    meeting.people["late"] = late = meeting.world.connect("late", Person(account="late"))
    late.join(HARBOUR, position={"x": 2, "y": 1.6, "z": 0})
    meeting.world.run(2 * TICK_S)

    del meeting.people["bob"]
    assert meeting.hears("ada") == {"late": "nearby"}
    assert meeting.hears("late") == {"ada": "nearby"}


def test_people_see_their_own_links_and_administrators_all() -> None:
    """SPEC 3: `GET connections`; as things are now, not as they were told."""
    meeting = Standing(ada=0.0, bob=1.0, cay=100.0, guest1=101.0)
    meeting.people["bob"].move(position={"x": 3, "y": 1.6, "z": 0})
    meeting.world.run(2 * TICK_S)
    everything = meeting.do("ada", ShowConnections())
    own = meeting.do("bob", ShowConnections())
    guests = meeting.do("guest1", ShowConnections())

    ada, bob, cay, guest = (meeting.people[one].socket_id for one in meeting.people)
    seen = [(one["listenerSocketId"], one["socketId"]) for one in everything["connections"]]
    assert seen == [(ada, bob), (bob, ada), (cay, guest), (guest, cay)]
    assert (everything["total"], everything["everybody"]) == (4, True)
    assert own["connections"] == [everything["connections"][1]]
    assert own["connections"][0]["gain"] == 0.5
    assert (own["everybody"], own["audio_mode"]) == (False, "ambient")
    assert guests["connections"] == [everything["connections"][3]]
    page = meeting.do("ada", ShowConnections(limit=1, offset=1))
    assert page["connections"] == everything["connections"][1:2]
    assert (page["total"], page["has_more"]) == (4, True)


def test_who_is_not_here_sees_nothing_unless_they_administer() -> None:
    """Over HTTP anybody may ask."""
    meeting = Standing(bob=0.0, cay=1.0)
    for person, found in ((Person(account="ada"), 2), (Person(account="eve"), None)):
        outcome = meeting.world.ask(HARBOUR.address, Act(person=person, deed=ShowConnections()))
        if found is None:
            assert isinstance(outcome, Refused)
            assert outcome.code == "not_in_space"
        else:
            assert isinstance(outcome, Ok)
            assert outcome.value["total"] == found


@pytest.mark.parametrize(("account", "found"), [("ada", 0), ("eve", None)])
def test_a_space_that_nobody_has_entered_is_silent(account: str, found: int | None) -> None:
    """Over HTTP anybody may ask, also first of all; it once crashed the space."""
    world = Standing().world
    act = Act(person=Person(account=account), deed=ShowConnections())
    outcome = world.ask(HARBOUR.address, act)
    if found is None:
        assert isinstance(outcome, Refused)
    else:
        assert isinstance(outcome, Ok)
        assert outcome.value["total"] == found


def test_what_would_be_heard_is_calculated_and_nothing_changes() -> None:
    """SPEC 3, under the mode in force; blocks count as far as the asker may know of them."""
    meeting = Standing(ada=0.0, bob=100.0, cay=200.0)
    meeting.mode("stage", current_speaker="ada")
    meeting.do("cay", BarOne(person="bob", blocks=True))
    meeting.forget()
    stand = (("bob", (0, 0, 0)), ("cay", (3_000, 0, 0)), ("zed", (0, 0, 9_000)))
    deed = CalculateConnections(positions=(*stand, ("ada", (50_000, 0, 0))))

    def heard(name: str) -> set[tuple[str, str, str, float]]:
        links = meeting.do(name, deed)["connections"]
        return {(one["listener"], one["userAccount"], one["kind"], one["gain"]) for one in links}

    loud = {(one, "ada", "speaker", 1.0) for one in ("bob", "cay", "zed")}
    near = {("bob", "cay", "nearby", 0.5), ("cay", "bob", "nearby", 0.5)}
    assert heard("bob") == loud | near
    assert heard("cay") == heard("ada") == loud
    assert meeting.refused("ada", replace(deed, positions=(stand[0], stand[0]))).field == (
        "user_positions"
    )
    assert meeting.do("ada", CalculateConnections(positions=()))["connections"] == []
    assert meeting.people["bob"].got(UPDATE) == []


def test_an_empty_space_forgets_to_listen_and_may_sleep() -> None:
    """The timer does not keep a space awake that nobody is in."""
    world = World()
    ada, bob = world.inside(LOBBY, "ada", "bob")
    ada.move(position={"x": 1, "y": 0, "z": 0})
    bob.leave()
    ada.leave()
    world.run(70)

    assert world.space(LOBBY) is None


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.4])
def test_a_late_timer_of_the_space_changes_nothing(seconds: float) -> None:
    """`Listen` is a wake-up: without news it is nothing."""
    meeting = Standing(ada=0.0, bob=1.0)
    meeting.forget()
    meeting.world.run(seconds)
    meeting.world.core.tell(HARBOUR.address, Listen())
    meeting.world.run(1)

    assert meeting.people["ada"].inbox == []
