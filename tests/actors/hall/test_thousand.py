"""A change of mode in a space of a thousand."""

from __future__ import annotations

from actors.person import Person
from actors.space.hall.deeds import SetAudioMode, TakeSpeaker
from engine.clock import SECOND_US
from tests.actors.hall.talkers import Meeting
from tests.actors.support import HARBOUR

PEOPLE = 1_000
HZ = 15


def test_a_mode_switch_reaches_a_thousand_within_one_tick() -> None:
    """Issue 4: the new mode, and who one hears in it, for everybody in one tick."""
    meeting = Meeting("ada", tick_hz=HZ, space_users_max=2 * PEOPLE)
    world = meeting.world
    crowd = [world.connect(f"c{n}", Person(guest_id=f"guest{n}")) for n in range(PEOPLE - 1)]
    for n, client in enumerate(crowd):
        client.join(HARBOUR, position={"x": n % 40, "y": 0, "z": n // 40})
        world.engine.run_for(1_000)
    world.run(2)
    for client in crowd:
        client.inbox.clear()

    meeting.start("ada", SetAudioMode(audio_mode="announcement"))
    meeting.start("ada", TakeSpeaker())
    while not crowd[0].got("audio-mode-changed"):
        world.engine.run_for(1_000)
    world.engine.run_for(SECOND_US // HZ)

    for client in crowd:
        assert client.got("audio-mode-changed")[0]["audio_mode"] == "announcement"
        told = client.got("spatial-connections-updated")
        assert {one["audio_mode"] for one in told} == {"announcement"}
        assert told[0]["resync"]
