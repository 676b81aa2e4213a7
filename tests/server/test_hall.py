"""Modes, roles and microphones on the running product, with stock clients and a killed server."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.server.accounts import Account
from tests.server.people import Crowd
from tests.support.live_server import LiveServer

ROOM = {"spaceType": "document", "spaceId": "the hall"}


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server with an administrator, which may be killed."""
    server = LiveServer(tmp_path_factory.mktemp("hall"), system_admins="ada")
    try:
        yield server.start()
    finally:
        server.stop()


async def test_a_queue_and_a_speaker_survive_a_killed_server(own: LiveServer, crowd: Crowd) -> None:
    """Issue 4 on Postgres: what was answered is there after `kill -9`, and the next is served."""
    tokens = {}
    async with httpx.AsyncClient(base_url=own.url, timeout=30) as http:
        for name in ("ada", "bob", "cay"):
            tokens[name] = await Account(own, name).log_in(http)
    people = {
        name: await crowd.connect(name, own.url, auth={"token": token})
        for name, token in tokens.items()
    }
    guest = await crowd.connect("guest", own.url)
    for person in (*people.values(), guest):
        await person.join(**ROOM)
    ada, bob, cay = people["ada"], people["bob"], people["cay"]

    refused = await guest.ask("audio-mode", {"audio_mode": "stage"})
    assert refused["code"] == "guests_listen_only"
    refused = await ada.ask("audio-mode", {"audio_mode": "loud"})
    assert refused["valid_modes"] == ["announcement", "stage", "ambient", "superambient"]
    assert (await ada.ask("audio-mode", {"audio_mode": "stage", "reason": "talk"}))["success"]
    assert (await guest.hear("audio-mode-changed"))["changed_by"] == "ada"
    await ada.ask("speaker-take")
    assert (await guest.hear("speaker-role-granted"))["speaker"] == "ada"
    made = await ada.ask("microphone-create", {"microphone_name": "main", "price_minor": 5})
    mic = {"microphone_id": made["microphone"]["id"]}
    assert (await bob.ask("microphone-request", mic))["granted"]
    assert (await cay.ask("microphone-request", mic))["position"] == 1
    assert (await guest.hear("microphone-taken"))["holder"] == "bob"
    await ada.ask("moderate-mute-all", {})

    own.kill()
    own.start()
    late = await crowd.connect("late", own.url)
    for person in people.values():
        await person.hear("connect", nth=2)
        await person.join(**ROOM)
    audio = (await late.join(**ROOM))["audio"]

    assert (audio["audio_mode"], audio["current_speaker"]) == ("stage", "ada")
    assert (audio["all_muted"], audio["unmute_locked"]) == (True, True)
    assert not audio["abilities"]["speak"]
    (shown,) = audio["microphones"]
    assert (shown["holder"], shown["waiting"], shown["price_minor"]) == ("bob", 1, 5)
    assert (await bob.ask("microphone-release", mic))["success"]
    assert (await late.hear("microphone-taken"))["holder"] == "cay"
