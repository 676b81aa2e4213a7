"""Whatever people do, each client knows exactly whom its person hears, and it is never wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from actors.space.hall.deeds import (
    BarOne,
    CreateMicrophone,
    Deed,
    MuteAll,
    MuteOne,
    PassMicrophone,
    PassSpeaker,
    ReleaseMicrophone,
    ReleaseSpeaker,
    RequestMicrophone,
    SetAudioMode,
    TakeSpeaker,
    UnbarOne,
    UnmuteAll,
    UnmuteOne,
)
from actors.space.hall.people import name_of
from tests.actors.hall.talkers import Meeting
from tests.actors.support import HARBOUR

NAMES = ("ada", "mod", "bob", "cay", "guest1", "guest2")
names = st.sampled_from(NAMES)
accounts = st.sampled_from(NAMES[:4])
modes = st.sampled_from(["announcement", "stage", "ambient", "superambient"])


def person(name: str) -> str:
    return f"guest:{name}" if name.startswith("guest") else name


class HearingMachine(RuleBasedStateMachine):
    """People who walk, talk, mute, block, come, go and crash their space."""

    def __init__(self) -> None:
        super().__init__()
        self.meeting = Meeting(*NAMES)
        self.microphones: list[str] = []
        self.gone: list[Any] = []

    def start(self, name: str, deed: Deed) -> None:
        self.meeting.start(name, deed)

    @initialize()
    def make_microphones(self) -> None:
        for mode in ("full_volume", "spatial_only", "mixed"):
            deed = CreateMicrophone(microphone_name=mode, broadcast_mode=mode)
            self.microphones.append(self.meeting.do("ada", deed)["microphone"]["id"])

    @rule(name=names, x=st.integers(-90, 90))
    def walk(self, name: str, x: int) -> None:
        self.meeting.people[name].move(position={"x": x / 10, "y": 0, "z": 0})

    @rule(name=names, opened=st.sampled_from([True, False]))
    def open_microphone(self, name: str, *, opened: bool) -> None:
        self.meeting.people[name].move(voice_enabled=opened)

    @rule(mode=modes, count=st.integers(1, 2), speaker=st.none() | accounts)
    def switch(self, mode: str, count: int, speaker: str | None) -> None:
        named = speaker if mode in {"announcement", "stage"} else None
        self.start(
            "ada",
            SetAudioMode(audio_mode=mode, superambient_neighbor_count=count, current_speaker=named),
        )

    @rule(name=accounts, other=accounts, what=st.integers(0, 1))
    def speak(self, name: str, other: str, what: int) -> None:
        self.start(name, PassSpeaker(target_user=other) if what else ReleaseSpeaker())
        self.start("ada", TakeSpeaker())

    @rule(name=names, which=st.integers(0, 2), other=accounts, what=st.integers(0, 2))
    def use_microphone(self, name: str, which: int, other: str, what: int) -> None:
        microphone = self.microphones[which]
        self.start(
            name,
            (
                RequestMicrophone(microphone_id=microphone),
                ReleaseMicrophone(microphone_id=microphone),
                PassMicrophone(microphone_id=microphone, target_user=other),
            )[what],
        )

    @rule(name=names, mute=st.booleans())
    def silence(self, name: str, *, mute: bool) -> None:
        self.start("mod", MuteOne(person=person(name)) if mute else UnmuteOne(person=person(name)))

    @rule(mute=st.booleans())
    def silence_all(self, *, mute: bool) -> None:
        self.start("mod", MuteAll() if mute else UnmuteAll())

    @rule(name=names, other=names, what=st.integers(0, 2))
    def bar(self, name: str, other: str, what: int) -> None:
        deeds = (
            BarOne(person=person(other)),
            BarOne(person=person(other), blocks=True),
            UnbarOne(person=person(other)),
        )
        self.start(name, deeds[what])

    @rule(name=names, how=st.integers(0, 2))
    def go_and_come_back(self, name: str, how: int) -> None:
        """Leave, drop, or open a second connection as the same person."""
        client = self.meeting.people[name]
        if how == 0:
            client.leave()
        elif how == 1:
            client.disconnect()
        if client.connected and how:
            self.gone.append(client)
            if len(self.gone) > 2:
                self.gone.pop(0).disconnect()
        self.meeting.join(name)

    @rule()
    def crash(self) -> None:
        self.meeting.crash()
        self.meeting.world.run(10)  # Three in five seconds are what a space survives.

    @rule(tenths=st.integers(1, 120))
    def wait(self, tenths: int) -> None:
        self.meeting.world.run(tenths / 10)

    @invariant()
    def clients_know_what_was_decided(self) -> None:
        """The sum of what a client was told is what its space decided, and nothing forbidden."""
        world = self.meeting.world
        world.run(1)
        space = world.space(HARBOUR)
        assert space is not None
        roster, hall = space.state.roster, space.state.hall
        names = {body.pose_index: body for body in roster.bodies.values()}
        relation = space.hall.ears.rule.relation
        heard: dict[str, set[str]] = {one: set() for one in roster.bodies}
        heard_by: dict[str, set[str]] = {one: set() for one in roster.bodies}
        for listener, source, gain in zip(
            relation.listener.tolist(), relation.source.tolist(), relation.gain, strict=True
        ):
            ear, mouth = names[listener], names[source]
            heard[ear.socket_id].add(mouth.socket_id)
            heard_by[mouth.socket_id].add(ear.socket_id)
            one, other = name_of(ear.person), name_of(mouth.person)
            assert one != other
            assert space.hall.people.abilities(other, hall, world.core.now_us).speak
            bar, back = hall.bars.get((one, other)), hall.bars.get((other, one))
            assert bar is None
            assert back is None or not back.blocks
            self.check_mode(space, ear, mouth, int(gain))
        for socket_id, sources in heard.items():
            client = world.clients[socket_id]
            assert client.complaints == []
            assert set(client.links) == sources
            told = roster.bodies[socket_id].told_hearers
            assert told is (client.person.account != "ada")
            assert client.hearers == (heard_by[socket_id] if told else set())
        if hall.config.audio_mode == "superambient" and not hall.bars:
            people = {name_of(body.person) for body in roster.bodies.values()}
            if len(people) == len(roster.bodies) > 1:
                paired = set(space.hall.ears.rule.partners.pairs.ravel().tolist())
                assert paired == set(names)

    @staticmethod
    def check_mode(space: Any, ear: Any, mouth: Any, gain: int) -> None:
        hall = space.state.hall
        account = mouth.person.account
        speaker = account is not None and account == hall.speaker
        holds = any(one.user_account == account for one in hall.holding.values())
        rows = space.state.roster.table.rows["position_mm"]
        away = np.subtract(*(rows[body.pose_index].astype(int) for body in (ear, mouth)))
        near = int(away @ away) * 100 <= 121 * hall.config.range_mm**2
        match hall.config.audio_mode:
            case "announcement":
                assert (speaker, gain) == (True, 1_000)
            case "stage":
                assert speaker or holds or near
                assert gain == 1_000 or not speaker or len(space.hall.people.sockets(account)) > 1
            case "ambient":
                assert holds or near
            case _:
                partners = space.hall.ears.rule.partners.pairs.tolist()
                pair = sorted((ear.pose_index, mouth.pose_index))
                assert holds or pair in partners


HearingMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=25, deadline=None)
TestHearing = HearingMachine.TestCase
