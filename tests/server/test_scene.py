"""Shared entities over real sockets, and what one who floods does to others: nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

import pytest
import trio

from adapters.postgres.cluster import DATABASE, SUPERUSER
from adapters.postgres.database import Database
from tests.server.people import Crowd, Payload, Person
from tests.support.live_server import LiveServer
from tests.support.postgres import execute
from tests.support.waiting import eventually

STAGE = {"spaceType": "document", "spaceId": "a stage"}
LAMP = {"light": {"color": "red"}, "position": {"x": 1.5, "y": 0, "z": -2}}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that may be killed."""
    server = LiveServer(tmp_path_factory.mktemp("scene"))
    try:
        yield server.start()
    finally:
        server.stop()


def database_of(server: LiveServer) -> Database:
    """Return the server's own Postgres, whose socket stands in its lock file."""
    (lock,) = server.data.glob("pg*/postmaster.pid")
    _pid, _data, _started, port, directory, *_rest = lock.read_text().splitlines()
    options = {"host": directory, "port": int(port), "user": SUPERUSER, "database": DATABASE}
    return Database({**options, "ssl": False}, "the server's own")


async def enter(crowd: Crowd, name: str, url: str, space: Payload) -> Person:
    person = await crowd.connect(name, url, reconnection=False)
    await person.join(**space)
    return person


async def test_an_entity_is_seen_taken_and_gone_with_its_owner(
    own: LiveServer, crowd: Crowd
) -> None:
    """The events as docs/rules/entities.md has them, with the stock client."""
    space = {**STAGE, "spaceId": "seen"}
    ann = await enter(crowd, "ann", own.url, space)
    ben = await enter(crowd, "ben", own.url, space)
    made = await ann.ask("entity-update", {"entityId": "lamp", "components": LAMP})
    (entity,) = (await ben.hear("entities-updated"))["entities"]
    assert (entity["owner"], entity["components"]) == (ann.id, LAMP)
    assert made["entity"]["time"] == entity["time"]

    change = {"entityId": "lamp", "components": {"light": None}}
    refused = await ben.ask("entity-update", change)
    assert (refused["code"], refused["entity"]["owner"]) == ("not_owner", ann.id)
    taken = await ben.ask("entity-update", {**change, "takeOwnership": True})
    assert taken["entity"]["owner"] == ben.id
    (entity,) = (await ann.hear("entities-updated"))["entities"]
    assert (entity["owner"], entity["components"]) == (ben.id, {"light": None})

    cay = await enter(crowd, "cay", own.url, space)
    (entity,) = cay.all("space-joined")[-1]["entities"]
    assert entity["components"] == {"position": LAMP["position"]}
    await ben.emit("leave-space")
    gone = await ann.hear("entities-removed")
    assert gone["entityIds"] == ["lamp"]


async def test_persistent_entities_survive_kill_minus_nine(own: LiveServer, crowd: Crowd) -> None:
    """They are in the store two seconds after a change, and there again for whoever comes first."""
    ann = await enter(crowd, "ann", own.url, STAGE)
    for number in range(20):
        update = {"entityId": f"chair {number}", "components": {"n": number}, "persistent": True}
        assert (await ann.ask("entity-update", update))["success"]
    await ann.ask("entity-update", {"entityId": "breath", "components": {"n": 1}})
    count = "select count(*) from space_entities"
    await eventually(lambda: execute(database_of(own), count) == [(20,)], within_s=5)
    await trio.to_thread.run_sync(own.kill)
    own.start()
    ben = await enter(crowd, "ben", own.url, STAGE)

    found = ben.all("space-joined")[-1]["entities"]
    assert {one["entityId"]: one["components"] for one in found} == {
        f"chair {number}": {"n": number} for number in range(20)
    }
    assert (await ben.ask("entity-update", {"entityId": "chair 3", "takeOwnership": True}))[
        "success"
    ]


async def test_a_flood_is_told_to_wait_and_others_do_not_notice(
    own: LiveServer, crowd: Crowd
) -> None:
    """SPEC 2: one who sends thousands is refused with the limit and the time; others talk on."""
    space = {**STAGE, "spaceId": "loud"}
    eve = await enter(crowd, "eve", own.url, space)
    ann = await enter(crowd, "ann", own.url, space)

    async def typical_ms() -> float:
        times = []
        for number in range(9):
            begin = time.perf_counter()
            answer = await ann.ask("entity-update", {"entityId": "a", "components": {"n": number}})
            assert answer["success"]
            times.append((time.perf_counter() - begin) * 1000)
        return median(times)

    calm_ms = await typical_ms()
    for _ in range(1500):
        await eve.emit("chat-message", {"content": "spam"})
    loud_ms = await typical_ms()
    error = await eve.hear("chat-error")

    limited = {"code": "rate_limited", "limit": "chat", "event": "chat-message", "retry_after_s": 1}
    assert limited.items() <= error.items()
    assert (await ann.say("still here"))["success"]
    assert len(ann.all("chat-message", content="spam")) < 60
    assert loud_ms < 10 * calm_ms + 100
