"""Stock clients lose their connections under traffic, and miss nothing that was in order."""

from __future__ import annotations

import os
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
import trio

from tests.server.people import Crowd, Payload, Person, Room, open_crowd, open_room, websocket_url
from tests.support.live_server import LiveServer

pytestmark = pytest.mark.alone

DROPS = int(os.environ.get("RECOVERY_DROPS", "200"))
TRANSPORTS = (["websocket"], ["polling"], ["polling", "websocket"])


@pytest.fixture
def space(request: pytest.FixtureRequest) -> Payload:
    """A space of the test's own on the shared server."""
    return {"spaceType": "document", "spaceId": f"drops {request.node.name}"}


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that waits a second for whoever is lost."""
    server = LiveServer(tmp_path_factory.mktemp("hasty"), recovery_grace_s="1")
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="module")
def forgetful(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that keeps as few events for those who are lost as it may."""
    server = LiveServer(tmp_path_factory.mktemp("forgetful"), recovery_events_max="16")
    try:
        yield server.start()
    finally:
        server.stop()


class Beats:
    """A page that sends numbered events to everybody in the space until it is told to stop."""

    def __init__(self, room: Room, witness: Person) -> None:
        self._room = room
        self._witness = witness
        self._stopping = False
        self._stopped = trio.Event()
        self.sent = 0

    async def run(self) -> None:
        """Send them, each when the witness has heard the one before."""
        while not self._stopping:
            self.sent += 1
            await self._room.send("beat", number=self.sent)
            await self._witness.hear("beat", number=self.sent)
        self._stopped.set()

    async def stop(self) -> None:
        """Send no more."""
        self._stopping = True
        await self._stopped.wait()


@asynccontextmanager
async def beating(url: str, space: Payload, witness: Person) -> AsyncIterator[Beats]:
    """Keep a space busy."""
    async with open_room("drum", websocket_url(url) + "/drum") as room, trio.open_nursery() as n:
        await room.send("join-space", **space)
        await room.hear("space-joined")
        beats = Beats(room, witness)
        n.start_soon(beats.run)
        yield beats


async def heard_in_a_row(person: Person, last: int) -> None:
    """See that somebody hears every beat from their first one to the last, once, in order."""
    await person.hear("beat", number=last)
    numbers = [beat["number"] for beat in person.all("beat")]
    assert numbers == list(range(numbers[0], last + 1)), person.name


async def suffer(person: Person, drops: int, chance: random.Random) -> None:
    """Lose the connection again and again, in every way, at any moment."""
    for number in range(drops):
        heard = len(person.all("beat"))
        await person.hear("beat", nth=heard + chance.randint(1, 6))
        await person.drop(chance.choice(["close", "cut", "vanish"]))
        back = await person.hear("connect", nth=number + 2)
        assert back["recovered"], f"{person.name}, drop {number}"
        assert back["id"] == person.all("connect")[0]["id"]


async def test_every_ordered_event_arrives_once_whatever_drops(
    server: LiveServer, crowd: Crowd, space: Payload
) -> None:
    """ISSUE 3: drops and resumes under traffic on real sockets; nobody is seen to go or come."""
    witness = await crowd.connect("witness", server.url)
    await witness.join(**space)
    people = []
    for number in range(6):
        transports = TRANSPORTS[number % len(TRANSPORTS)]
        people.append(await crowd.connect(f"p{number}", server.url, transports=transports))
        await people[-1].join(**space)
    chance = random.Random(3)
    async with beating(server.url, space, witness) as beats:
        async with trio.open_nursery() as nursery:
            for person in people:
                seed = random.Random(chance.random())
                nursery.start_soon(suffer, person, -(-DROPS // len(people)), seed)
        said = await witness.say("is everybody here?")
        assert said["success"]
        await beats.stop()
        for person in (witness, *people):
            await heard_in_a_row(person, beats.sent)
            await person.hear("chat-message", content="is everybody here?")
            assert len(person.all("chat-message")) == 1
            assert len(person.all("space-joined")) == 1
            assert not person.all("user-left")


async def test_who_returns_in_time_sees_where_others_are_now(
    server: LiveServer, crowd: Crowd, space: Payload
) -> None:
    """Poses are no part of the ordered stream: the newest one is shown again."""
    ann, ben = await crowd.connect("ann", server.url), await crowd.connect("ben", server.url)
    cay = await crowd.connect("cay", server.url)
    for one in (ann, ben, cay):
        await one.join(**space)
    await ann.drop(away=True)
    await ann.hear("disconnect")
    await ben.emit("aframe-update", {"position": {"x": 7, "y": 0, "z": 0}, "hat": "red"})
    await ben.emit("aframe-update", {"position": {"x": 8, "y": 0, "z": 0}, "hat": "red"})
    newest = {"position": {"x": 8, "y": 0, "z": 0}, "hat": "red"}
    await cay.hear("aframe-update", socketId=ben.id, entityData=newest)
    assert (await ben.say("Ann?"))["success"]
    assert (await ann.come_back())["recovered"]
    await ann.hear("chat-message", content="Ann?")
    seen = await ann.hear("aframe-update", socketId=ben.id)
    assert seen["entityData"] == newest


async def test_an_own_goodbye_is_no_lost_connection(
    server: LiveServer, crowd: Crowd, space: Payload
) -> None:
    """`socket.disconnect()` ends it at once; connecting again starts over."""
    ann, ben = await crowd.connect("ann", server.url), await crowd.connect("ben", server.url)
    await ann.join(**space)
    await ben.join(**space)
    gone = ann.id
    await ann.disconnect()
    await ben.hear("user-left", socketId=gone)
    back = await ann.come_back()
    assert not back["recovered"]
    assert back["id"] != gone


async def test_after_the_grace_period_the_body_leaves_and_the_client_starts_over(
    hasty: LiveServer, crowd: Crowd, space: Payload
) -> None:
    """SPEC 1: leaves within the grace period after a lost connection; nobody stands there twice."""
    ann, ben = await crowd.connect("ann", hasty.url), await crowd.connect("ben", hasty.url)
    await ann.join(**space)
    await ben.join(**space)
    gone = ann.id
    await ann.drop(away=True)
    await ben.hear("user-left", socketId=gone)
    back = await ann.come_back()
    assert not back["recovered"]
    users = (await ann.join(**space))["users"]
    assert sorted(user["socketId"] for user in users) == sorted([ann.id, ben.id])
    assert gone not in (ann.id, ben.id)
    assert len(ben.all("user-left")) == 1


async def test_a_guest_whose_log_was_too_short_is_the_same_guest(
    forgetful: LiveServer, crowd: Crowd, space: Payload
) -> None:
    """They must start over, and do so as who they were: what they repeat is said once."""
    ann = await crowd.connect("ann", forgetful.url, auth={"name": "Ann"})
    ben = await crowd.connect("ben", forgetful.url)
    await ann.join(**space)
    await ben.join(**space)
    words = {"content": "Hello?", "key": "k1"}
    first = await ann.ask("chat-message", words)
    before = next(one for one in ben.all("space-joined")[0]["users"] if one["socketId"] == ann.id)
    await ann.drop(away=True)
    for number in range(20):
        assert (await ben.say(f"{number}"))["success"]
    back = await ann.come_back()
    assert not back["recovered"]
    users = (await ann.join(**space))["users"]
    (after,) = [one for one in users if one["guestId"] == before["guestId"]]

    assert (after["socketId"], after["displayName"]) == (ann.id, before["displayName"])
    assert (await ben.hear("user-joined", socketId=ann.id))["guestId"] == before["guestId"]
    again = await ann.ask("chat-message", words)
    assert again == first
    assert first["success"]
    assert len(ben.all("chat-message", content="Hello?")) == 1


async def test_who_is_killed_leaves_once_when_the_grace_period_is_over(
    hasty: LiveServer, crowd: Crowd, space: Payload
) -> None:
    """SIGKILL of the other's process: the machine closes its sockets and we notice."""
    async with open_crowd() as doomed:
        ann = await crowd.connect("ann", hasty.url)
        await ann.join(**space)
        ben = await doomed.connect("ben", hasty.url, transports=["websocket"])
        await ben.join(**space)
        doomed.kill()
        await ann.hear("user-left", socketId=ben.id)
    assert (await ann.say("are you there?"))["success"]
    await ann.hear("chat-message", content="are you there?")
    assert len(ann.all("user-left")) == 1
